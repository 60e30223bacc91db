/** One file as a sink. */
import { dirname } from 'node:path';
import type { PartWriter, Sink } from '../../core/endpoint.ts';
import { type Dataset, estimatedRowBytes } from '../../core/schema.ts';
import { isDenseVector } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { Format, FormatInfo, WriteOptions, WriterFactory } from '../../formats/format.ts';
import type { ByteSink, RandomAccessSink } from '../../stores/bytes.ts';
import { createFileSink, createScratch, openFileSource } from '../../stores/file.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { openStdout } from '../../stores/stdio.ts';
import { detectOutput } from './detect.ts';
import { parseEndpoint } from './paths.ts';

/** What a user may say about an output. */
export interface FileSinkOptions extends Omit<WriteOptions, 'scratch' | 'path'> {
  /** The format's name, as `--to` takes it. */
  readonly format?: string;
  readonly overwrite: boolean;
  readonly tempDir: string;
}

/** A sink and its format. */
export interface FileSink extends Sink {
  readonly format: FormatInfo;
}

/**
 * Opens `endpoint` for one output file, or for standard output (`-`).
 * @throws VtsError Usage, OutputExists
 */
export async function openFileSink(endpoint: string, options: FileSinkOptions): Promise<FileSink> {
  const { path, inside } = parseEndpoint(endpoint);
  const format = detectOutput(path, options.format);
  const code = await format.load();
  const { writer: factory } = code;
  if (factory === undefined) throw new VtsError('Usage', `vts reads ${format.title} but does not write it`);
  const { overwrite, tempDir } = options;
  const writeOptions: WriteOptions = {
    ...options,
    ...(inside === undefined ? {} : { path: inside }),
    scratch: () => createScratch(tempDir),
  };
  const toStdout = path === '-';
  // Fails now, not after hours, when the output cannot be created.
  const first = toStdout ? undefined : createFileSink(path, overwrite);
  let unused = first;
  return {
    name: toStdout ? 'stdout' : path,
    format,
    features: factory.features,
    resume: 'whole',
    check: (dataset) => factory.check?.(dataset, writeOptions) ?? [],
    ...(toStdout ? {} : { freeBytes: () => nodeFileOps.freeBytes(dirname(path)) }),
    async begin(dataset) {
      refuseFullDisk(dataset, toStdout ? tempDir : dirname(path), toStdout && factory.access === 'stream');
      unused = undefined;
      const target = first ?? (factory.access === 'seek' ? spoolToStdout(tempDir) : openStdout());
      return await openPart(factory, target, dataset, writeOptions);
    },
    count: () => toStdout ? Promise.resolve(undefined) : countRows(code, path, options),
    async close() {
      await unused?.abort();
    },
  };
}

async function openPart(
  factory: WriterFactory,
  target: ByteSink,
  dataset: Dataset,
  options: WriteOptions,
): Promise<PartWriter> {
  let rows = 0;
  const writer = await factory.open(target, dataset, options).catch(async (error) => {
    await target.abort();
    throw error;
  });
  return {
    get bytes() {
      return target.position;
    },
    async write(batch) {
      await writer.write(batch);
      rows += batch.length;
    },
    async commit() {
      await writer.finish();
      await target.commit();
      return { rows, bytes: (target as Partial<RandomAccessSink>).size ?? target.position };
    },
    async abort() {
      try {
        await writer.abort();
      } finally {
        await target.abort();
      }
    },
  };
}

/** A file that is sent to standard output when committed, for formats whose headers are written last. */
function spoolToStdout(tempDir: string): RandomAccessSink {
  const scratch = createScratch(tempDir);
  let position = 0;
  let size = 0;
  return {
    name: 'stdout',
    seekable: true,
    get position() {
      return position;
    },
    get size() {
      return size;
    },
    // deno-lint-ignore require-await
    async write(bytes) {
      this.writeSync(bytes, position);
      position += bytes.length;
    },
    writeSync(bytes, at) {
      scratch.writeSync(bytes, at);
      size = Math.max(size, at + bytes.length);
    },
    readSync: (target, at) => scratch.readSync(target, at),
    truncateSync(bytes) {
      size = bytes;
    },
    async commit() {
      const stdout = openStdout();
      const chunk = new Uint8Array(1 << 20);
      for (let at = 0; at < size; at += chunk.length) {
        const wanted = chunk.subarray(0, Math.min(chunk.length, size - at));
        scratch.readSync(wanted, at);
        await stdout.write(wanted);
      }
      scratch.close();
    },
    // deno-lint-ignore require-await
    async abort() {
      scratch.close();
    },
  };
}

/** Refuses to begin what cannot end: dense vectors hardly compress, so their bytes are the least that is needed. */
function refuseFullDisk(dataset: Dataset, directory: string, streamed: boolean): void {
  if (streamed || dataset.rows === undefined) return;
  const vectors = dataset.schema.fields.filter((field) => isDenseVector(field.type));
  const needed = dataset.rows * vectors.reduce((sum, field) => sum + estimatedRowBytes(field.type), 0) * 0.8;
  const free = nodeFileOps.freeBytes(directory);
  if (needed <= free) return;
  throw new VtsError('DiskFull', `${directory} has too little space`, {
    file: directory,
    expected: `about ${Math.ceil(needed / 1e6)} MB; ${Math.floor(free / 1e6)} MB are free`,
    remedy: 'free some space or write elsewhere',
  });
}

/** Rows that the file at `path` holds when it is opened afresh. */
async function countRows(
  format: Format,
  path: string,
  options: FileSinkOptions,
): Promise<number | undefined> {
  const source = openFileSource(path);
  try {
    const reader = await format.reader?.open(source, {
      roles: {},
      order: 'stored',
      scratch: () => createScratch(options.tempDir),
    });
    const rows = reader?.dataset.rows;
    await reader?.close();
    return rows;
  } finally {
    await source.close();
  }
}
