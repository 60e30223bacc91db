/** One output file: a format's writer over a byte sink, as a part of a transfer. */
import type { PartWriter } from '../../core/endpoint.ts';
import { type Dataset, estimatedRowBytes } from '../../core/schema.ts';
import { isDenseVector } from '../../core/types.ts';
import { shellQuote } from '../../core/shell.ts';
import { VtsError } from '../../errors.ts';
import {
  CHOICE_FLAGS,
  type FormatInfo,
  type ReaderFactory,
  type WriteOptions,
  type WriterFactory,
} from '../../formats/format.ts';
import { meterStream } from './meter-stream.ts';
import type { ByteSink, RandomAccessSink } from '../../stores/bytes.ts';
import { createScratch, openFileSource } from '../../stores/file.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';

/** What a user may say about an output. */
export interface OutputOptions extends Omit<WriteOptions, 'scratch'> {
  readonly overwrite: boolean;
  /** Where scratch files go. */
  readonly tempDir: string;
}

/** A format's code, loaded for writing. */
export interface OutputFormat {
  readonly info: FormatInfo;
  readonly writer: WriterFactory;
  readonly reader: ReaderFactory | undefined;
}

/**
 * Loads the writer of `info`.
 * @throws VtsError Usage when the format is only read, or does not know what a flag says
 */
export async function loadOutputFormat(info: FormatInfo, options: OutputOptions): Promise<OutputFormat> {
  const { reader, writer } = await info.load();
  if (writer === undefined) throw new VtsError('Usage', `vts reads ${info.title} but does not write it`);
  for (const [option, flag] of Object.entries(CHOICE_FLAGS)) {
    const choices = Object.keys(writer.choices?.[option as keyof typeof CHOICE_FLAGS] ?? {});
    const chosen = options[option as keyof typeof CHOICE_FLAGS];
    if (chosen === undefined || choices.includes(chosen)) continue;
    throw new VtsError('Usage', `${flag} ${chosen}: ${info.title} output has no such ${flag.slice(2)}`, {
      expected: choices.length === 0
        ? `no ${flag} for this format`
        : `one of ${choices.map(shellQuote).join(', ')}`,
    });
  }
  return { info, writer, reader };
}

/** Begins a part in `target`, which is committed or aborted with it. */
export async function openPart(
  factory: WriterFactory,
  target: ByteSink,
  dataset: Dataset,
  options: WriteOptions,
): Promise<PartWriter> {
  let rows = 0;
  const size = () => (target as Partial<RandomAccessSink>).size ?? target.position;
  const writer = await factory.open(target, dataset, options).catch(async (error) => {
    await target.abort();
    throw error;
  });
  return {
    get bytes() {
      return size() + (writer.pendingBytes ?? 0);
    },
    async write(batch) {
      await writer.write(batch);
      rows += batch.length;
    },
    async commit() {
      await writer.finish();
      await target.commit();
      return { rows, bytes: size() };
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

/** Rows that `file` holds when it is opened afresh; `undefined` when its format cannot tell. */
export async function countRows(
  { reader: factory }: OutputFormat,
  file: string,
  { tempDir, path, layout }: OutputOptions,
): Promise<number | undefined> {
  if (factory === undefined) return undefined;
  const source = meterStream(openFileSource(file), () => {});
  try {
    const counted = await factory.countRows?.(source, layout, path);
    if (counted !== undefined) return counted;
    const reader = await factory.open(source, {
      roles: {},
      ...(path === undefined ? {} : { path }),
      order: 'stored',
      // Only the count is asked for.
      inspectOnly: true,
      scratch: () => createScratch(tempDir),
    });
    await reader.close();
    return reader.dataset.rows;
  } finally {
    await source.close();
  }
}

/** Vectors hardly compress: an output takes at least this share of their bytes. */
export const LEAST_SHARE = 0.8;

/** Refuses to begin what cannot end. @throws VtsError DiskFull */
export function refuseFullDisk(dataset: Dataset, directory: string): void {
  if (dataset.rows === undefined) return;
  const vectors = dataset.schema.fields.filter((field) => isDenseVector(field.type));
  const needed = dataset.rows * vectors.reduce((sum, field) => sum + estimatedRowBytes(field.type), 0) *
    LEAST_SHARE;
  const free = nodeFileOps.freeBytes(directory);
  if (needed <= free) return;
  throw new VtsError('DiskFull', `${directory} has too little space`, {
    file: directory,
    expected: `about ${Math.ceil(needed / 1e6)} MB; ${Math.floor(free / 1e6)} MB are free`,
    remedy: 'free some space or write elsewhere',
  });
}
