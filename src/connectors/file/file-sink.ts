/** One file, or standard output, as a sink. */
import { dirname } from 'node:path';
import type { Sink } from '../../core/endpoint.ts';
import type { WriteOptions } from '../../formats/format.ts';
import { createFileSink, createScratch } from '../../stores/file.ts';
import { spoolSink } from '../../stores/spool.ts';
import { openStdout } from '../../stores/stdio.ts';
import { countRows, openPart, type OutputFormat, type OutputOptions, refuseFullDisk } from './part-file.ts';

/**
 * A sink of one file at `path`.
 * @throws VtsError OutputExists, OutputUnwritable, now rather than after hours
 */
export function openFileSink(
  path: string,
  format: OutputFormat,
  options: OutputOptions,
): Sink {
  const target = createFileSink(path, options.overwrite);
  const writeOptions: WriteOptions = {
    ...options,
    scratch: () => createScratch(options.tempDir),
  };
  return {
    name: path,
    features: format.writer.features,
    resume: 'whole',
    check: (dataset) => format.writer.check?.(dataset, writeOptions) ?? [],
    notes: (dataset) => format.writer.notes?.(dataset, writeOptions) ?? [],
    // deno-lint-ignore require-await
    async begin(dataset) {
      refuseFullDisk(dataset, dirname(path));
      return openPart(format.writer, target, dataset, writeOptions);
    },
    count: () => countRows(format, path, options),
    // Drops the file unless it was committed.
    close: () => target.abort(),
  };
}

/** A sink that sends one file to standard output. */
export function openStdoutSink(format: OutputFormat, options: OutputOptions): Sink {
  const writeOptions: WriteOptions = { ...options, scratch: () => createScratch(options.tempDir) };
  return {
    name: 'stdout',
    features: format.writer.features,
    resume: 'whole',
    check: (dataset) => format.writer.check?.(dataset, writeOptions) ?? [],
    notes: (dataset) => format.writer.notes?.(dataset, writeOptions) ?? [],
    // deno-lint-ignore require-await
    async begin(dataset) {
      const stdout = openStdout();
      const target = format.writer.access === 'stream'
        ? stdout
        : spoolSink(stdout, createScratch(options.tempDir));
      return openPart(format.writer, target, dataset, writeOptions);
    },
    count: () => Promise.resolve(undefined),
    async close() {},
  };
}
