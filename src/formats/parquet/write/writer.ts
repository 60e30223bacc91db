/** Writes Parquet files (https://parquet.apache.org/docs/file-format/) with the columns of `layout.ts`. */
import type { RowGroup } from 'hyparquet';
import { type Batch, batchBytes, concatBatches, sliceBatch } from '../../../core/batch.ts';
import type { Dataset, Field } from '../../../core/schema.ts';
import { shellQuote } from '../../../core/shell.ts';
import { type Kind, KINDS } from '../../../core/types.ts';
import type { ByteSink } from '../../../stores/bytes.ts';
import type { FormatWriter, Problem, WriteOptions, WriterFactory } from '../../format.ts';
import { checkRows } from './check-rows.ts';
import { compressionByName, MEANINGS } from './compression.ts';
import { footer, MAGIC } from './footer.ts';
import { ROW_GROUP_BYTES, rowGroupWriter } from './row-group.ts';

/** Smaller batches wait for each other, so that pages do not get tiny, */
const MIN_STRETCH_BYTES = 4 * 1024 * 1024;
/** and larger ones are cut, so that a row group does not get much larger than it should. */
const MAX_STRETCH_BYTES = 16 * 1024 * 1024;

/** Writes Parquet. */
export const parquetWriter: WriterFactory = {
  access: 'stream',
  features: { kinds: new Set(KINDS), nulls: true, keepsSchema: true, keepsNaN: true },
  choices: { compression: MEANINGS },
  check: ({ schema }) => fieldProblems(schema.fields),
  notes: ({ schema }) => formNotes(schema.fields),
  open: openWriter,
};

/** What columns look like to other readers, where that may surprise: the forms that Milvus bulk import takes. */
function formNotes(fields: readonly Field[]): string[] {
  const named = (...kinds: Kind[]) =>
    fields.filter(({ type }) => kinds.includes(type.kind)).map(({ name }) => `"${name}"`);
  const times = named('Timestamptz');
  const bytes = named('Float16Vector', 'BFloat16Vector', 'BinaryVector');
  return [
    ...(times.length > 0 ? [`${times.join(', ')} in RFC 3339 text, as Milvus imports times`] : []),
    ...(bytes.length > 0 ? [`${bytes.join(', ')} in binary, as Milvus imports such vectors`] : []),
  ];
}

function fieldProblems(fields: readonly Field[]): Problem[] {
  return fields.flatMap(({ name, type }, i) => {
    const problems: Problem[] = [];
    if (fields.findIndex((field) => field.name === name) < i) {
      problems.push({
        field: name,
        message: `two columns are called "${name}"`,
        remedy: `--rename ${shellQuote(name)}=NEW`,
      });
    }
    if (type.kind !== 'StructArray') return problems;
    if (type.fields.length > 0) return [...problems, ...fieldProblems(type.fields)];
    const message = 'Parquet has no struct without fields';
    return [...problems, { field: name, message, remedy: 'name the other fields with --fields' }];
  });
}

async function openWriter(sink: ByteSink, dataset: Dataset, options: WriteOptions): Promise<FormatWriter> {
  const { fields } = dataset.schema;
  const aside = (options.threads ?? 1) > 1;
  const group = rowGroupWriter(fields, compressionByName(options.compression), { aside });
  const groups: RowGroup[] = [];
  let rowsWritten = 0;
  let pending: Batch[] = [];
  let pendingBytes = 0;

  async function writePending(): Promise<void> {
    if (pending.length === 0) return;
    const batch = concatBatches(pending);
    const rows = Math.ceil(batch.length / Math.ceil(pendingBytes / MAX_STRETCH_BYTES));
    pending = [];
    pendingBytes = 0;
    for (let row = 0; row < batch.length; row += rows) {
      await writeStretch(sliceBatch(batch, row, Math.min(batch.length, row + rows)));
    }
  }

  async function writeStretch(batch: Batch): Promise<void> {
    checkRows(fields, batch, rowsWritten);
    await group.add(batch);
    rowsWritten += batch.length;
    if (group.size >= ROW_GROUP_BYTES) groups.push(await group.finish(sink));
  }

  await sink.write(MAGIC);
  return {
    get pendingBytes() {
      return pendingBytes + group.size;
    },
    async write(batch) {
      if (batch.length === 0) return;
      pending.push(batch);
      pendingBytes += batchBytes(batch);
      if (pendingBytes >= MIN_STRETCH_BYTES) await writePending();
    },
    async finish() {
      await writePending();
      // Without rows there is one empty group, as pyarrow has it: the footer's library writes no proper empty list.
      if (group.rows > 0 || groups.length === 0) groups.push(await group.finish(sink));
      await group.settle();
      await sink.write(footer(dataset, groups));
    },
    abort: () => group.settle().catch(() => {}),
  };
}
