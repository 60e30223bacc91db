/** One collection of a dump as a source: a range for each part, which is read only if it is what was written. */
import { join } from 'node:path';
import { columnsByName, makeBatch } from '../../core/batch.ts';
import {
  type PositionedBatch,
  projectSchema,
  type Range,
  type ReadRequest,
  type Source,
} from '../../core/endpoint.ts';
import { type Dataset, findField, type Metric, METRICS, type Schema } from '../../core/schema.ts';
import { isVector, sameLayout } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { Format, FormatReader } from '../../formats/format.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { sha256Of } from '../../stores/digest.ts';
import { createScratch } from '../../stores/file.ts';
import type { Description } from './description.ts';
import type { Dump } from './dump.ts';
import { damage, openDumpFile } from './dump-file.ts';
import type { DumpCollection, DumpPart } from './manifest.ts';

/** Which rows of a dump are read. */
export interface DumpSourceOptions {
  readonly dump: Dump;
  readonly collection: DumpCollection;
  readonly description: Description;
  /** All where absent. */
  readonly partitions?: readonly string[];
  readonly parquet: Format;
  readonly parallel: number;
  /** Where scratch files go. */
  readonly tempDir: string;
}

/** The rows of one collection. */
export function openDumpSource(options: DumpSourceOptions): Source {
  const { dump, collection, description, partitions: wanted } = options;
  const partitions = collection.partitions.filter(({ name }) => wanted?.includes(name) ?? true);
  const parts = new Map(
    partitions.flatMap(({ name, parts }) =>
      parts.map((part) => [part.path, { ...part, partition: name }] as const)
    ),
  );
  const dataset = datasetOf(
    collection,
    description,
    [...parts.values()].reduce((sum, part) => sum + part.rows, 0),
  );
  return {
    name: `${dump.path}: ${collection.database}/${collection.name}`,
    dataset,
    fingerprint: JSON.stringify([
      collection.schema.sha256,
      ...[...parts.values()].map(({ sha256 }) => sha256),
    ]),
    parallel: options.parallel,
    repeatable: true,
    bytes: [...parts.values()].reduce((sum, part) => sum + part.bytes, 0),
    // deno-lint-ignore require-await
    async plan(): Promise<readonly Range[]> {
      return [...parts.values()].map(({ path, rows, partition }) => ({
        id: path,
        name: join(dump.path, path),
        rows,
        partition,
      }));
    },
    async *read({ id }, request) {
      const part = parts.get(id);
      if (part === undefined) {
        throw new VtsError(
          'JournalConflict',
          `the journal has a part that is not in the dump: ${id.slice(0, 200)}`,
        );
      }
      yield* readPart(part, dataset.schema, request, options);
    },
    async close() {},
  };
}

/** All fields but those that are not in the dump; the server computes some of them again. */
function datasetOf(
  { dropped = [] }: DumpCollection,
  { collection, indexes, columns }: Description,
  rows: number,
): Dataset {
  const fields = collection.schema.fields.filter(({ name }) =>
    columns.includes(name) && !dropped.includes(name)
  );
  const schema: Schema = { ...collection.schema, fields };
  const vectors = fields.filter(({ type }) => isVector(type));
  const metrics = new Set(
    vectors.map(({ name }) => indexes.find(({ field }) => field === name)?.params.metric_type?.toUpperCase()),
  );
  const metric: Metric | undefined = metrics.size === 1
    ? METRICS.find((one) => one.toUpperCase() === [...metrics][0])
    : undefined;
  const key = fields.find((field) => field.primaryKey);
  return {
    schema,
    rows,
    ...(metric === undefined ? {} : { metric }),
    roles: key === undefined ? {} : { id: key.name },
    notes: [],
  };
}

async function* readPart(
  part: DumpPart,
  schema: Schema,
  request: ReadRequest,
  { dump, parquet, tempDir }: DumpSourceOptions,
): AsyncGenerator<PositionedBatch> {
  const file = join(dump.path, part.path);
  const source = openDumpFile(dump.path, part, dump.ops);
  try {
    await requireSum(source, part, request.signal);
    const reader = await parquet.reader!.open(source, {
      roles: {},
      order: 'stored',
      scratch: () => createScratch(tempDir),
    });
    try {
      requireContent(reader, part, schema, file);
      const projected = projectSchema(schema, request.columns);
      for await (const { batch, cursor } of reader.read(request)) {
        const byName = columnsByName(batch);
        const columns = projected.fields.map(({ name, type }) => ({ ...byName.get(name)!, type }));
        yield { batch: makeBatch(projected, columns), cursor };
      }
    } finally {
      await reader.close();
    }
  } finally {
    await source.close();
  }
}

/** @throws VtsError DumpDamaged before a single row of the part is read */
async function requireSum(source: ByteSource, part: DumpPart, signal?: AbortSignal): Promise<void> {
  const found = await sha256Of(interruptible(source.stream(), signal));
  if (found === part.sha256) return;
  throw damage(part.path, 'not what was written: its SHA-256 differs', source.name);
}

async function* interruptible<T>(
  chunks: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
    // Files are read without waiting: signals have their turn here.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** @throws VtsError DumpDamaged for a part that does not fit its manifest: a dump that was made up, or by a faulty tool */
export function requireContent(
  { dataset }: Pick<FormatReader, 'dataset'>,
  { path, rows }: DumpPart,
  schema: Schema,
  file: string,
): void {
  if (dataset.rows !== rows) throw damage(path, `of ${dataset.rows} rows instead of ${rows}`, file);
  for (const { name, type } of schema.fields) {
    const found = findField(dataset.schema, name);
    if (found === undefined) throw damage(path, `without the field "${name}" of its collection`, file);
    if (!sameLayout(found.type, type)) throw damage(path, `of another type in the field "${name}"`, file);
  }
}
