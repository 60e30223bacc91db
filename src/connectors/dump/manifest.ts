/**
 * `manifest.json`: what a complete dump holds. It is written last, so a directory without it is an unfinished dump. Its own
 * SHA-256 is over its text with that field empty.
 */
import { createHash } from 'node:crypto';
import { VtsError } from '../../errors.ts';
import { safePath } from './names.ts';

/** The file's name. */
export const MANIFEST = 'manifest.json';

/** The version of the dump format that this vts writes; it reads this and every older one. */
export const DUMP_VERSION = 1;

/** A file of a dump. */
export interface DumpFile {
  /** Relative to the dump, with `/`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One Parquet file of a partition. */
export interface DumpPart extends DumpFile {
  readonly rows: number;
  /** Keys of the first and the last row, as text; absent in a part without rows. */
  readonly firstKey?: string;
  readonly lastKey?: string;
}

/** One partition: its rows are in its parts, in key order within each part. */
export interface DumpPartition {
  readonly name: string;
  readonly rows: number;
  readonly parts: readonly DumpPart[];
}

/** What is promised of the rows of a collection taken together. */
export const GUARANTEES = [
  'one timestamp',
  'none: rows written during the dump may be in it or not',
] as const;

/** One of {@linkcode GUARANTEES}. */
export type Guarantee = typeof GUARANTEES[number];

/** One collection. */
export interface DumpCollection {
  readonly database: string;
  readonly name: string;
  /** `schema.json`. */
  readonly schema: DumpFile;
  /** The server's number of the collection. */
  readonly id: string;
  /** The timestamp at which all rows were read (hybrid, as Milvus counts); absent where the server gives none. */
  readonly timestamp?: string;
  readonly guarantee: Guarantee;
  readonly rows: number;
  /** What count(*) said when reading began, which counts duplicate primary keys; absent where the server did not tell. */
  readonly counted?: number;
  /** Fields that the collection has and the dump has not. */
  readonly dropped?: readonly string[];
  readonly partitions: readonly DumpPartition[];
}

/** A database and its properties. */
export interface DumpDatabase {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** The whole manifest, but for its own hash. */
export interface Manifest {
  readonly format: 'vts-dump';
  readonly version: number;
  /** The version of vts that wrote it. */
  readonly vts: string;
  /** The server, without secrets. */
  readonly source: string;
  readonly serverVersion: string;
  /** When the dump began and ended: ISO 8601, UTC. */
  readonly began: string;
  readonly ended: string;
  /** The flags that shaped it. */
  readonly job: Readonly<Record<string, string>>;
  readonly databases: readonly DumpDatabase[];
  readonly collections: readonly DumpCollection[];
  /** The SHA-256 of `SHA256SUMS`. */
  readonly checksums: string;
}

/** The manifest's text, its hash in it. */
export function manifestText(manifest: Manifest): string {
  const text = (sha256: string) => `${JSON.stringify({ ...manifest, sha256 }, null, 1)}\n`;
  return text(createHash('sha256').update(text('')).digest('hex'));
}

/** The files that `manifest` names, but for itself and `SHA256SUMS`. */
export function filesOf({ collections }: Manifest): (DumpFile & { readonly rows?: number })[] {
  return collections.flatMap(({ schema, partitions }) => [schema, ...partitions.flatMap((p) => p.parts)]);
}

/**
 * Reads the text of a manifest.
 * @throws VtsError DumpDamaged when it is not what was written; InputUnsupported, with the version that is needed, when it is
 *   newer than this vts
 */
export function parseManifest(text: string, file: string): Manifest {
  const found = parseObject(text, file);
  if (found.format !== 'vts-dump' || !Number.isSafeInteger(found.version)) {
    throw damaged(file, 'it is no manifest of a dump');
  }
  // A newer manifest may count its hash in another way: its version is believed first.
  if ((found.version as number) > DUMP_VERSION) {
    throw new VtsError('InputUnsupported', `${file}: the dump has format ${found.version}`, {
      file,
      expected: `format ${DUMP_VERSION} or older`,
      remedy: `use vts ${typeof found.vts === 'string' ? `${found.vts} ` : ''}or newer, which wrote it`,
    });
  }
  const { sha256 } = found;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) {
    throw damaged(file, 'its hash is missing');
  }
  const at = text.lastIndexOf(sha256);
  const emptied = text.slice(0, at) + text.slice(at + sha256.length);
  if (createHash('sha256').update(emptied).digest('hex') !== sha256) {
    throw damaged(file, 'its text does not fit its hash');
  }
  const { sha256: _, ...manifest } = found;
  // The hash tells damage, not intent: whoever makes up a manifest can hash it.
  try {
    checkManifest(manifest as unknown as Manifest, file);
  } catch (error) {
    throw error instanceof VtsError ? error : damaged(file, (error as Error).message, error);
  }
  return manifest as unknown as Manifest;
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    const found = JSON.parse(text);
    if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found;
  } catch (cause) {
    throw damaged(file, 'it is no JSON', cause);
  }
  throw damaged(file, 'it is no JSON object');
}

/** @throws TypeError for a value that is none of its kind; VtsError for a path that is none of a dump */
function checkManifest(manifest: Manifest, file: string): void {
  for (const name of ['vts', 'source', 'serverVersion', 'began', 'ended'] as const) {
    need(typeof manifest[name] === 'string', name);
  }
  needSum(manifest.checksums, 'checksums');
  for (const { name, properties } of manifest.databases) {
    need(typeof name === 'string', 'databases.name');
    need(Object.values(properties).every((value) => typeof value === 'string'), 'databases.properties');
  }
  const seen = new Set<string>();
  const take = ({ path, bytes, sha256 }: DumpFile) => {
    safePath(path, file);
    need(!seen.has(path), `${path}, once`);
    seen.add(path);
    needCount(bytes, `${path}: bytes`);
    needSum(sha256, `${path}: sha256`);
  };
  const names = new Set<string>();
  for (const collection of manifest.collections) {
    const { database, name, schema, guarantee, rows, partitions } = collection;
    need(typeof database === 'string' && typeof name === 'string', 'names of collections');
    need(!names.has(JSON.stringify([database, name])), `collection "${name}", once`);
    names.add(JSON.stringify([database, name]));
    need(
      typeof collection.id === 'string' && GUARANTEES.includes(guarantee),
      `id and guarantee of "${name}"`,
    );
    take(schema);
    for (const partition of partitions) {
      need(typeof partition.name === 'string', 'names of partitions');
      for (const part of partition.parts) {
        take(part);
        needCount(part.rows, `${part.path}: rows`);
      }
      needSumOf(partition.rows, partition.parts, `rows of partition "${partition.name}" of "${name}"`);
    }
    needSumOf(rows, partitions, `rows of "${name}"`);
  }
}

function need(holds: boolean, what: string): void {
  if (!holds) throw new TypeError(`it lacks ${what}`);
}

function needCount(value: unknown, what: string): void {
  need(Number.isSafeInteger(value) && (value as number) >= 0, what);
}

function needSum(value: unknown, what: string): void {
  need(typeof value === 'string' && /^[0-9a-f]{64}$/.test(value), what);
}

function needSumOf(rows: number, pieces: readonly { readonly rows: number }[], what: string): void {
  need(rows === pieces.reduce((sum, piece) => sum + piece.rows, 0), what);
}

function damaged(file: string, why: string, cause?: unknown): VtsError {
  return new VtsError('DumpDamaged', `${file} is damaged: ${why}`, {
    file,
    remedy: 'take another copy of the dump; its parts are Parquet files that vts convert and others read',
    cause,
  });
}
