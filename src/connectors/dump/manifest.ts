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

/** One Parquet file of a partition. */
export interface DumpPart {
  /** Relative to the dump, with `/`. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Keys of the first and the last row, as text; absent in a part without rows. */
  readonly firstKey?: string;
  readonly lastKey?: string;
}

/** One partition: its rows are in its parts, in key order within each range that was read. */
export interface DumpPartition {
  readonly name: string;
  readonly rows: number;
  readonly parts: readonly DumpPart[];
}

/** What is promised of the rows of a collection taken together. */
export type Guarantee = 'one timestamp' | 'none: rows written during the dump may be in it or not';

/** One collection. */
export interface DumpCollection {
  readonly database: string;
  readonly name: string;
  /** `schema.json`, relative to the dump. */
  readonly schema: string;
  /** The server's number of the collection. */
  readonly id: string;
  /** The timestamp at which all rows were read (hybrid, as Milvus counts); absent where the server gives none. */
  readonly timestamp?: string;
  readonly guarantee: Guarantee;
  readonly rows: number;
  /** What count(*) said at the end, which counts duplicate primary keys. */
  readonly counted?: string;
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
  readonly filter?: string;
  readonly databases: readonly DumpDatabase[];
  readonly collections: readonly DumpCollection[];
}

/** The manifest's text, its hash in it. */
export function manifestText(manifest: Manifest): string {
  const text = (sha256: string) => `${JSON.stringify({ ...manifest, sha256 }, null, 1)}\n`;
  return text(createHash('sha256').update(text('')).digest('hex'));
}

/**
 * Reads the text of a manifest.
 * @throws VtsError DumpDamaged when it is not what was written; InputUnsupported, with the version that is needed, when it is
 *   newer than this vts
 */
export function parseManifest(text: string, file: string): Manifest {
  const found = parseObject(text, file);
  if (found.format !== 'vts-dump' || typeof found.version !== 'number') {
    throw damaged(file, 'it is no manifest of a dump');
  }
  // A newer manifest may count its hash in another way: its version is believed first.
  if (found.version > DUMP_VERSION) {
    throw new VtsError('InputUnsupported', `${file}: the dump has format ${found.version}`, {
      file,
      expected: `format ${DUMP_VERSION} or older`,
      remedy: `use vts ${typeof found.vts === 'string' ? found.vts : ''} or newer, which wrote it`,
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
  checkPaths(manifest as unknown as Manifest, file);
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

/** The hash tells damage, not intent: whoever makes up a manifest can hash it. */
function checkPaths({ collections }: Manifest, file: string): void {
  const seen = new Set<string>();
  const take = (path: unknown) => {
    if (seen.has(safePath(path, file))) throw damaged(file, `it names ${path} twice`);
    seen.add(path as string);
  };
  try {
    for (const collection of collections) {
      take(collection.schema);
      for (const partition of collection.partitions) for (const part of partition.parts) take(part.path);
    }
  } catch (error) {
    throw error instanceof VtsError ? error : damaged(file, 'fields are missing', error);
  }
}

function damaged(file: string, why: string, cause?: unknown): VtsError {
  return new VtsError('DumpDamaged', `${file} is damaged: ${why}`, {
    file,
    remedy: 'take another copy of the dump; its parts are Parquet files that vts convert and others read',
    cause,
  });
}
