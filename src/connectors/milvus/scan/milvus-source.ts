/**
 * A Milvus collection as a source. It is read by queries in the order of its primary key, as of one moment where the server
 * has such a thing, several key ranges at the same time; the end compares the rows with `count(*)`.
 */
import { createHash } from 'node:crypto';
import { makeBatch } from '../../../core/batch.ts';
import { bytesColumn, type Column } from '../../../core/column.ts';
import {
  type OnStage,
  type PositionedBatch,
  projectSchema,
  type Range,
  type ReadRequest,
  type Source,
} from '../../../core/endpoint.ts';
import type { RetryPolicy } from '../../../core/retry.ts';
import { type Dataset, estimatedRowBytes, type Field, type Schema } from '../../../core/schema.ts';
import { schemaToJson } from '../../../core/schema-json.ts';
import { isVector } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import type { MilvusConnection } from '../connection.ts';
import { formatMilvusUrl } from '../endpoint-url.ts';
import { listIndexes } from '../metadata-index.ts';
import { describeCollection } from '../metadata.ts';
import type { CollectionInfo } from '../model.ts';
import { metricOf, readableFields } from './columns.ts';
import { type Key, type KeyKind, keyText, parseKey } from './keys.ts';
import { ensureLoaded } from './loading.ts';
import { readPages } from './pages.ts';
import { findPartitions, type ScanPartitions } from './partitions.ts';
import { planRanges } from './plan.ts';
import { proveRanges } from './proof.ts';
import type { ScanTarget } from './query.ts';
import { type ReadTime, readTime } from './read-time.ts';
import { decodeRange, encodeRange, type ScanRange } from './scan-range.ts';
import { isPast, pastMoment, snapshotOf } from './snapshot.ts';

/** What to read, and how. */
export interface MilvusSourceOptions {
  readonly connection: MilvusConnection;
  readonly database: string;
  /** A name or an alias. */
  readonly collection: string;
  readonly partitions?: readonly string[];
  /** An expression of Milvus. */
  readonly filter?: string;
  /** Adds a column of this name with the partition of each row. */
  readonly partitionColumn?: string;
  /** The fields that the user chose, where known: only these must be readable. */
  readonly fields?: readonly string[];
  /** Ranges that may be read at the same time. */
  readonly parallel: number;
  /** Partitions with fewer rows are read in one piece. */
  readonly splitRows?: number;
  /** What to do about a collection that is not loaded. */
  readonly load: 'load' | 'refuse' | 'ask';
  readonly confirmLoad?: (text: string) => Promise<boolean>;
  readonly onStage: OnStage;
  readonly retry: RetryPolicy;
  readonly signal?: AbortSignal;
}

/** A collection as a source. */
export interface MilvusSource extends Source {
  readonly collection: CollectionInfo;
  /** The moment that a plan made now is for. */
  readonly time?: ReadTime;
  /** What a user should know where the target keeps no partitions; absent where nothing is lost. */
  readonly placementNote?: string;
}

const SPLIT_ROWS = 50_000;

/**
 * Opens a collection for reading, and loads it if that is allowed.
 * @throws VtsError InputMissing, NotLoaded, PlanRefused, InputUnsupported; what the connection raises
 */
export async function openMilvusSource(options: MilvusSourceOptions): Promise<MilvusSource> {
  const { connection, database, collection, signal } = options;
  const retry = signal === undefined ? options.retry : { ...options.retry, signal };
  const info = await describeCollection(connection, { database, name: collection }, retry);
  const { schema, notes } = readableFields(info, options.fields, options.partitionColumn);
  const indexes = await listIndexes(connection, info, retry);
  const target = { ...targetOf(connection, info, options.filter), retry };
  const restore = await ensureLoaded(connection, info, indexes, { ...options, retry });
  try {
    const time = await readTime(target);
    const found = await findPartitions(target, time?.timestamp, options.partitions);
    const metric = metricOf(schema, indexes);
    const dataset: Dataset = {
      schema,
      ...(found.rows === undefined ? {} : { rows: found.rows }),
      ...(metric === undefined ? {} : { metric }),
      roles: rolesOf(schema, target.key),
      notes: [...notes, ...(time?.snapshot ? [] : [NO_SNAPSHOT])],
    };
    return new CollectionScan(options, target, dataset, { ...found, time }, restore);
  } catch (error) {
    await restore().catch(() => {});
    throw error;
  }
}

const NO_SNAPSHOT =
  'this server has no snapshots: rows that others write or delete during the transfer may or may not be part of it';

const NOT_COUNTED =
  'Milvus Lite does not count the rows of single partitions, so the rows that were read are not compared with a count';

function targetOf(
  connection: MilvusConnection,
  info: CollectionInfo,
  filter: string | undefined,
): Omit<ScanTarget, 'retry'> {
  const key = info.schema.fields.find((field) => field.primaryKey);
  const kind = key?.type.kind;
  if (key === undefined || (kind !== 'Int64' && kind !== 'VarChar')) {
    throw new VtsError(
      'InputUnsupported',
      `the primary key of collection "${info.name}" is of a type that vts cannot read`,
    );
  }
  return { connection, info, key, keyKind: kind as KeyKind, ...(filter === undefined ? {} : { filter }) };
}

function rolesOf({ fields }: Schema, key: Field): Dataset['roles'] {
  const vectors = fields.filter((field) => isVector(field.type));
  return { id: key.name, ...(vectors.length === 1 ? { vector: vectors[0].name } : {}) };
}

class CollectionScan implements MilvusSource {
  readonly name: string;
  readonly dataset: Dataset;
  readonly fingerprint: string;
  readonly parallel: number;
  readonly collection: CollectionInfo;
  readonly time?: ReadTime;
  readonly placementNote?: string;
  readonly #options: MilvusSourceOptions;
  readonly #target: ScanTarget;
  readonly #scan: ScanPartitions & { readonly time: ReadTime | undefined };
  readonly #restore: () => Promise<void>;
  /** Ranges read in this process, those without rows among them. */
  readonly #begun = new Set<string>();

  constructor(
    options: MilvusSourceOptions,
    target: ScanTarget,
    dataset: Dataset,
    scan: ScanPartitions & { readonly time: ReadTime | undefined },
    restore: () => Promise<void>,
  ) {
    const { connection, info } = target;
    const { host, port, tls } = connection.url;
    this.name = formatMilvusUrl({ host, port, tls, database: info.database, collection: info.name });
    this.dataset = dataset;
    this.collection = info;
    if (scan.time !== undefined) this.time = scan.time;
    // One process in Python, which evaluates an expression for all rows, is not made faster by several questions.
    this.parallel = connection.lite ? 1 : options.parallel;
    this.fingerprint = fingerprintOf(options, target);
    this.#options = options;
    this.#target = target;
    this.#scan = scan;
    this.#restore = restore;
    const holding = scan.partitions.filter(({ name, rows }) => name !== undefined && rows !== 0);
    if (holding.length > 1 && options.partitionColumn === undefined) {
      this.placementNote =
        `the rows are in ${holding.length} partitions; which is where gets lost without --partition-column`;
    }
  }

  async plan(): Promise<readonly Range[]> {
    const { parallel } = this;
    const { splitRows = SPLIT_ROWS } = this.#options;
    const ranges = await planRanges(this.#target, { ...this.#scan, parallel, splitRows });
    return ranges.map((range) => ({
      id: encodeRange(range),
      name: this.name,
      ...(range.planned === undefined ? {} : { rows: range.planned }),
      ...(range.partition === undefined ? {} : { partition: range.partition }),
    }));
  }

  goOn(ranges: readonly Range[]): void {
    const moment = snapshotOf(ranges.map(({ id }) => id));
    if (moment !== undefined && isPast(this, moment)) throw pastMoment(this.name, 'begin anew');
  }

  async *read({ id }: Range, request: ReadRequest): AsyncGenerator<PositionedBatch> {
    this.#begun.add(id);
    const range = decodeRange(id, this.#target.keyKind);
    const { columns: names, limit, batchBytes, signal } = request;
    const schema = projectSchema(this.dataset.schema, names);
    const fields = schema.fields.filter((field) => field.name !== this.#options.partitionColumn);
    const after = request.after === undefined ? undefined : this.#readCursor(request.after);
    const pages = readPages(this.#withSignal(signal), range, {
      fields,
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined ? {} : { limit }),
      // One page is with the caller while the next one is on its way.
      pageBytes: batchBytes / 2,
      rowBytes: schema.fields.reduce((sum, field) => sum + estimatedRowBytes(field.type), 0),
    });
    for await (const { columns, rows, last } of pages) {
      const batch = makeBatch(
        schema,
        fields.length === schema.fields.length ? columns : [...columns, partitionColumn(range, rows)],
      );
      yield { batch, cursor: keyText(last) };
    }
  }

  async prove(read: ReadonlyMap<string, number>): Promise<readonly string[]> {
    const ids = [...new Set([...this.#begun, ...read.keys()])];
    const ranges = ids.map((id) => ({
      range: decodeRange(id, this.#target.keyKind),
      read: read.get(id) ?? 0,
    }));
    const { partitions, rows } = this.#scan;
    const countable = partitions.every((partition) => partition.rows !== undefined);
    if (countable) return await proveRanges(this.#target, this.name, ranges);
    if (rows === undefined) return [NOT_COUNTED];
    // Counted are all partitions together.
    const sum = ranges.reduce((total, one) => total + one.read, 0);
    return await proveRanges(this.#target, this.name, [{ range: { planned: rows }, read: sum }]);
  }

  async close(): Promise<void> {
    try {
      await this.#restore();
    } catch (error) {
      // Where reading failed, that error says more; where it did not, the rows are safe.
      const { message } = error as Error;
      this.#options.onStage(`the collection stays loaded: ${message}`);
    }
  }

  #readCursor(cursor: unknown): Key {
    const key = typeof cursor === 'string' ? parseKey(this.#target.keyKind, cursor) : undefined;
    if (key !== undefined) return key;
    throw new VtsError('JournalConflict', 'the journal has a position that is no key of the collection', {
      remedy: 'begin anew with --overwrite instead of --resume',
    });
  }

  #withSignal(signal: AbortSignal | undefined): ScanTarget {
    const target = this.#target;
    if (signal === undefined) return target;
    const own = target.retry.signal;
    const both = own === undefined ? signal : AbortSignal.any([own, signal]);
    return { ...target, retry: { ...target.retry, signal: both } };
  }
}

/** Every row's partition. */
function partitionColumn({ partition = '' }: ScanRange, rows: number): Column {
  const name = new TextEncoder().encode(partition);
  const values = new Uint8Array(rows * name.length);
  const offsets = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    values.set(name, row * name.length);
    offsets[row + 1] = (row + 1) * name.length;
  }
  return bytesColumn({ kind: 'VarChar' }, offsets, values);
}

function fingerprintOf(
  { partitions, filter }: MilvusSourceOptions,
  { connection, info }: ScanTarget,
): string {
  const schema = createHash('sha256').update(JSON.stringify(schemaToJson(info.schema))).digest('hex').slice(
    0,
    16,
  );
  return JSON.stringify({
    server: connection.name,
    database: info.database,
    collection: info.name,
    id: String(info.id),
    schema,
    filter: filter ?? null,
    partitions: partitions ?? null,
  });
}
