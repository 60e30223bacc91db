/** Whether a dump is what was written: every file there, unchanged, and readable. */
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';
import { isVtsError } from '../../errors.ts';
import type { Format } from '../../formats/format.ts';
import { sha256Of } from '../../stores/digest.ts';
import { createScratch } from '../../stores/file.ts';
import { CHECKSUMS, parseChecksums } from './checksums.ts';
import { type Dump, readDescription } from './dump.ts';
import { decodeText, openDumpFile, readBytes } from './dump-file.ts';
import { openDumpSource, requireContent } from './dump-source.ts';
import { type DumpCollection, type DumpFile, type DumpPart, filesOf, MANIFEST } from './manifest.ts';

/** One slice of several: 3 of 10. */
export interface Subset {
  readonly slice: number;
  readonly of: number;
}

/** What is wrong with a file, or odd. */
export interface Finding {
  readonly path: string;
  readonly kind: 'missing' | 'damaged' | 'swapped' | 'extra';
  readonly text: string;
}

/** The result. */
export interface Verification {
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  /** What makes the dump unfit to be restored. */
  readonly faults: readonly Finding[];
  /** What is there beside the dump. */
  readonly extras: readonly Finding[];
}

/** How to verify. */
export interface VerifyOptions {
  readonly parquet: Format;
  readonly tempDir: string;
  /** Only these files are read; all are looked at. */
  readonly subset?: Subset;
  readonly signal?: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

/** Checks all files of `dump`, or a subset. */
export async function verifyDump(dump: Dump, options: VerifyOptions): Promise<Verification> {
  const { subset, onProgress } = options;
  const files = filesOf(dump.manifest);
  const chosen = files.filter((_, i) => subset === undefined || i % subset.of === subset.slice - 1);
  const total = chosen.reduce((sum, file) => sum + file.bytes, 0);
  const check = new Checker(dump, options);
  check.checksums();
  for (const collection of dump.manifest.collections) {
    const own = new Set(filesOf({ ...dump.manifest, collections: [collection] }).map(({ path }) => path));
    await check.collection(
      collection,
      new Set(chosen.filter(({ path }) => own.has(path)).map(({ path }) => path)),
      () => onProgress?.(total === 0 ? 1 : Math.min(1, check.bytes / total)),
    );
  }
  const faults = nameSwapped(check.faults, files, check.found);
  return { files: check.files, bytes: check.bytes, rows: check.rows, faults, extras: extrasOf(dump, files) };
}

/** Private to this file: {@linkcode verifyDump} is the way in. */
class Checker {
  files = 0;
  bytes = 0;
  rows = 0;
  readonly faults: Finding[] = [];
  /** SHA-256 of the files that are not as they should be. */
  readonly found = new Map<string, string>();
  readonly #dump: Dump;
  readonly #options: VerifyOptions;

  constructor(dump: Dump, options: VerifyOptions) {
    this.#dump = dump;
    this.#options = options;
  }

  /** `SHA256SUMS` itself, and that it says what the manifest says. */
  checksums(): void {
    const { path, ops, manifest } = this.#dump;
    this.#attempt(CHECKSUMS, () => {
      this.files++;
      const bytes = readBytes(path, CHECKSUMS, ops);
      const sum = createHash('sha256').update(bytes).digest('hex');
      if (sum !== manifest.checksums) {
        // Which lines differ tells more than that they do.
        const sums = parseChecksums(decodeText(bytes, CHECKSUMS), CHECKSUMS);
        const wrong = filesOf(manifest).find((file) => sums.get(file.path) !== file.sha256);
        this.#fault(
          CHECKSUMS,
          'damaged',
          wrong === undefined ? 'it is not what was written' : `it differs from ${MANIFEST} on ${wrong.path}`,
        );
      }
    });
  }

  /** All files of a collection are looked at, `chosen` ones are read. */
  async collection(
    collection: DumpCollection,
    chosen: ReadonlySet<string>,
    onFile: () => void,
  ): Promise<void> {
    const description = this.#attempt(collection.schema.path, () => {
      const read = readDescription(this.#dump, collection);
      this.#count(collection.schema);
      return read;
    });
    const { parquet, tempDir } = this.#options;
    const schema = description === undefined
      ? undefined
      : openDumpSource({ dump: this.#dump, collection, description, parquet, parallel: 1, tempDir }).dataset
        .schema;
    for (const part of collection.partitions.flatMap((partition) => partition.parts)) {
      this.#options.signal?.throwIfAborted();
      await this.#part(part, chosen.has(part.path), schema);
      onFile();
    }
  }

  async #part(
    part: DumpPart,
    read: boolean,
    schema: Parameters<typeof requireContent>[2] | undefined,
  ): Promise<void> {
    const { path, ops } = this.#dump;
    const source = this.#attempt(part.path, () => openDumpFile(path, part, ops));
    if (source === undefined || !read) return void await source?.close();
    try {
      const sum = await sha256Of(source.stream());
      this.#count(part);
      if (sum !== part.sha256) {
        this.found.set(part.path, sum);
        return this.#fault(part.path, 'damaged', 'its SHA-256 differs');
      }
      const reader = await this.#options.parquet.reader!.open(source, {
        roles: {},
        order: 'stored',
        scratch: () => createScratch(this.#options.tempDir),
      });
      await reader.close();
      if (schema !== undefined) requireContent(reader, part, schema, join(path, part.path));
      this.rows += part.rows;
    } catch (error) {
      this.#take(part.path, error);
    } finally {
      await source.close();
    }
  }

  #count({ bytes }: DumpFile): void {
    this.files++;
    this.bytes += bytes;
  }

  #attempt<T>(path: string, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      this.#take(path, error);
      return undefined;
    }
  }

  #take(path: string, error: unknown): void {
    if (!isVtsError(error)) throw error;
    const text = error.message.startsWith(`${path} is `)
      ? error.message.slice(path.length + 4)
      : error.message;
    if (text === 'missing') this.#fault(path, 'missing', 'it is not there');
    else this.#fault(path, 'damaged', text);
  }

  #fault(path: string, kind: Finding['kind'], text: string): void {
    this.faults.push({ path, kind, text });
  }
}

/** Says of damaged files that hold what another should. */
function nameSwapped(
  faults: readonly Finding[],
  files: readonly DumpFile[],
  found: ReadonlyMap<string, string>,
): Finding[] {
  return faults.map((fault) => {
    const sum = found.get(fault.path);
    const owner = files.find(({ sha256, path }) => sha256 === sum && path !== fault.path);
    return owner === undefined
      ? fault
      : { ...fault, kind: 'swapped', text: `it holds what belongs to ${owner.path}` };
  });
}

/** Files that the manifest does not name. */
function extrasOf({ path, ops }: Dump, files: readonly DumpFile[]): Finding[] {
  const known = new Set([MANIFEST, CHECKSUMS, ...files.map((file) => file.path)]);
  const extras: Finding[] = [];
  const visit = (directory: string) => {
    for (const name of ops.list(directory).toSorted()) {
      const file = join(directory, name);
      const { kind } = ops.linkStat(file);
      const shown = relative(path, file).replaceAll('\\', '/');
      if (kind === 'directory') visit(file);
      else if (!known.has(shown)) extras.push({ path: shown, kind: 'extra', text: 'not part of the dump' });
    }
  };
  visit(path);
  return extras;
}
