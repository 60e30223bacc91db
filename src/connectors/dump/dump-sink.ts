/** One collection of a dump as a sink: Parquet parts in a directory per partition, each with its SHA-256 and its keys. */
import { join } from 'node:path';
import type { Batch } from '../../core/batch.ts';
import type { PartWriter, Sink } from '../../core/endpoint.ts';
import type { Journal } from '../../core/journal.ts';
import { valueAt } from '../../core/values.ts';
import { digestSink } from '../../stores/digest.ts';
import { createFileSink, createScratch } from '../../stores/file.ts';
import { countRows, openPart, type OutputFormat, refuseFullDisk } from '../file/part-file.ts';
import { DEFAULT_PARTITION } from '../milvus/model.ts';
import { type DumpDirectory, FILE_MODE } from './dump-directory.ts';
import { collectionPath, partsOf } from './dump-journal.ts';
import type { DumpPart } from './manifest.ts';
import { escapeName } from './names.ts';

/** What a part's receipt leaves in the journal. */
export interface PartMark extends Omit<DumpPart, 'rows' | 'bytes'> {
  readonly partition: string;
}

/** What a collection's parts are written with. */
export interface DumpSinkOptions {
  readonly dump: DumpDirectory;
  readonly database: string;
  readonly collection: string;
  /** The journal of this collection. */
  readonly journal: Journal;
  readonly parquet: OutputFormat;
  readonly compression?: string;
  /** Where scratch files go. */
  readonly tempDir: string;
}

/** The sink of one collection. */
export function openDumpSink(options: DumpSinkOptions): Sink {
  const { dump, parquet, journal, tempDir, database, collection } = options;
  const folder = collectionPath({ database, name: collection });
  const writeOptions = {
    ...(options.compression === undefined ? {} : { compression: options.compression }),
    scratch: () => createScratch(tempDir),
  };
  return {
    name: join(dump.path, folder),
    features: parquet.writer.features,
    resume: 'keyed',
    parallel: Infinity,
    check: (dataset) => parquet.writer.check?.(dataset, writeOptions) ?? [],
    // deno-lint-ignore require-await
    async prepare(dataset) {
      if (dataset.rows === undefined) return;
      const done = journal.parts.reduce((sum, part) => sum + part.rows, 0);
      refuseFullDisk({ ...dataset, rows: Math.max(0, dataset.rows - done) }, dump.path);
    },
    async begin(dataset, { part, partition = DEFAULT_PARTITION }) {
      const path = `${folder}/${escapeName(partition)}/part-${String(part).padStart(5, '0')}.parquet`;
      const target = digestSink(createFileSink(dump.place(path), true, dump.ops, FILE_MODE));
      const writer = await openPart(parquet.writer, target, dataset, writeOptions);
      return keyedPart(writer, { path, partition }, () => target.sha256());
    },
    async count(parts) {
      const written = new Map(partsOf(journal).map(({ number, path }) => [number, path]));
      let rows = 0;
      for (const part of parts) {
        const file = dump.place(written.get(part)!);
        rows += await countRows(parquet, file, { overwrite: false, tempDir }) ?? 0;
      }
      return rows;
    },
    async close() {},
  };
}

/** `writer`, whose receipt says which keys the part begins and ends with. */
function keyedPart(
  writer: PartWriter,
  place: { path: string; partition: string },
  sha256: () => string,
): PartWriter {
  let keys: { firstKey?: string; lastKey?: string } = {};
  return {
    get bytes() {
      return writer.bytes;
    },
    async write(batch) {
      await writer.write(batch);
      if (batch.length > 0) {
        keys = { firstKey: keys.firstKey ?? keyText(batch, 0), lastKey: keyText(batch, batch.length - 1) };
      }
    },
    async commit() {
      const receipt = await writer.commit();
      const mark: PartMark = { ...place, sha256: sha256(), ...keys };
      return { ...receipt, mark: JSON.stringify(mark) };
    },
    abort: () => writer.abort(),
  };
}

function keyText(batch: Batch, row: number): string {
  const index = batch.schema.fields.findIndex((field) => field.primaryKey);
  return index < 0 ? '' : String(valueAt(batch.columns[index], row));
}
