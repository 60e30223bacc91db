/** What the live tests of export share: reading a collection whole, and rows as text that two sides can agree on. */
import { Buffer } from 'node:buffer';
import { withRetry } from '../../src/core/retry.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { type Batch, concatBatches } from '../../src/core/batch.ts';
import { isNull } from '../../src/core/column.ts';
import { transfer, type TransferOptions } from '../../src/core/transfer.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { type Value, valueAt } from '../../src/core/values.ts';
import type { Column } from '../../src/core/column.ts';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import {
  type MilvusSource,
  type MilvusSourceOptions,
  openMilvusSource,
} from '../../src/connectors/milvus/scan/milvus-source.ts';
import type { TestServer } from '../support/milvus.ts';

/** A row: each field's value as text. */
export type TextRow = Readonly<Record<string, unknown>>;

export type ScanOptions = Partial<MilvusSourceOptions>;

/** Opens `collection`, hands it to `use`, and closes it. */
export async function withSource<T>(
  server: TestServer,
  collection: string,
  options: ScanOptions,
  use: (source: MilvusSource, connection: MilvusConnection) => Promise<T>,
): Promise<T> {
  // A proxy in this process stands still while Python runs, and its connections may not survive that.
  const connect = () => openMilvus({ url: `milvus://${server.address}` });
  const connection = await withRetry({ maxTimeMs: 30_000 }, connect);
  try {
    const source = await openMilvusSource({
      connection,
      database: 'default',
      collection,
      parallel: 1,
      load: 'refuse',
      onStage: () => {},
      retry: { maxTimeMs: 20_000 },
      ...options,
    });
    try {
      return await use(source, connection);
    } finally {
      await source.close();
    }
  } finally {
    await connection.close();
  }
}

/** For sources that are only opened. */
export const nothing = () => Promise.resolve();

/** What `promise` fails with. (`rejects` of bun:test holds up the connections on which the promise waits.) */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing failed');
}

/** What a transfer of a whole collection gave. */
export interface Scanned {
  readonly rows: readonly TextRow[];
  readonly notes: readonly string[];
  readonly source: MilvusSource;
}

/** Moves `collection` into memory, proof included. */
export function scan(
  server: TestServer,
  collection: string,
  options: ScanOptions = {},
  transferOptions: TransferOptions = {},
): Promise<Scanned> {
  return withSource(server, collection, options, async (source) => {
    const sink = memorySink();
    const notes: string[] = [];
    const mapping = compileMapping(source.dataset, sink, {});
    await transfer(source, sink, mapping, {
      parallel: options.parallel ?? 1,
      ...transferOptions,
      onNote: (note) => notes.push(note),
    });
    const parts = [...sink.parts.values()].filter((part) => part !== undefined);
    return { rows: parts.length === 0 ? [] : textRows(concatBatches(parts)), notes, source };
  });
}

/** The rows of `batch` as text. */
export function textRows({ schema, columns, length }: Batch): TextRow[] {
  return Array.from(
    { length },
    (_, row) => Object.fromEntries(schema.fields.map((field, i) => [field.name, textOf(columns[i], row)])),
  );
}

function textOf(column: Column, row: number): unknown {
  return isNull(column, row) ? null : valueText(column.type, valueAt(column, row));
}

function valueText(type: LogicalType, value: Value): unknown {
  switch (type.kind) {
    case 'Float':
      return hex(new Float32Array([value as number]));
    case 'Double':
      return hex(new Float64Array([value as number]));
    case 'JSON':
      return JSON.parse(value as string);
    case 'Array':
      return (value as readonly Value[]).map((element) => valueText(type.element, element));
    default:
      return ArrayBuffer.isView(value) ? hex(value) : String(value);
  }
}

function hex(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
}

/** Python: `text_rows(name, rows)` says the rows of a pymilvus query as {@linkcode textRows} does. */
export const TEXT_ROWS = `
import struct, datetime
def text_value(field, value):
    if value is None: return None
    kind = field['type'].name if 'type' in field else field
    if kind == 'FLOAT': return struct.pack('<f', value).hex()
    if kind == 'DOUBLE': return struct.pack('<d', value).hex()
    if kind == 'BOOL': return 'true' if value else 'false'
    if kind == 'JSON': return value
    if kind == 'ARRAY': return [text_value({'type': DataType(field['element_type'])}, v) for v in value]
    if kind == 'FLOAT_VECTOR': return np.array(value, np.float32).tobytes().hex()
    if kind == 'BINARY_VECTOR': return (value[0] if isinstance(value, list) else value).hex()
    if kind == 'SPARSE_FLOAT_VECTOR': return b''.join(struct.pack('<If', i, v) for i, v in sorted(value.items())).hex()
    if kind == 'TIMESTAMPTZ':
        at = datetime.datetime.fromisoformat(value.replace('Z', '+00:00'))
        return str((at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1))
    return str(value)
def text_rows(name, rows):
    about = client.describe_collection(name)
    fields = {f['name']: f for f in about['fields']}
    result = []
    for row in rows:
        text = {n: text_value(f, row[n]) for n, f in fields.items() if n in row}
        if about['enable_dynamic_field']: text['$meta'] = {k: v for k, v in row.items() if k not in fields}
        result.append(text)
    return result
def read_all(name, expression, **more):
    return text_rows(name, client.query(name, filter=expression, output_fields=['*'], limit=16384, **more))
`;
