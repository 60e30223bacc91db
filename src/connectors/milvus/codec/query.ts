/** `Query` of Milvus: the request, and its reply straight from the wire into columns (milvus-proto, milvus.proto). */
import type { Column } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { columnFromValues } from '../../../core/values.ts';
import { isVtsError } from '../../../errors.ts';
import { decodeField, type FieldData, readFieldData } from './decode-field.ts';
import { boolField, encodeMessage, pairFields, stringField, stringFields, uintField } from './encode.ts';
import { OK, readStatus, type Status } from './status.ts';
import { malformed, plainBytes, ProtoReader } from './wire.ts';

/** What to ask for. */
export interface QueryMessage {
  readonly database: string;
  readonly collection: string;
  /** A boolean expression; empty for all rows, which then needs a limit. */
  readonly expr: string;
  readonly outputFields: readonly string[];
  /** All partitions, when absent. */
  readonly partitions?: readonly string[];
  /** `limit`, `iterator`, `reduce_stop_for_best`, `collection_id`, ... */
  readonly params?: Readonly<Record<string, string>>;
  readonly guaranteeTimestamp?: bigint;
  /** A number of CONSISTENCY_LEVELS; absent, 0 (Strong). */
  readonly consistency?: number;
  readonly useDefaultConsistency?: boolean;
}

/** Rows of a reply. */
export interface QueryReply {
  readonly status: Status;
  readonly rows: number;
  /** A column for each field asked for, in the order of the question. */
  readonly columns: readonly Column[];
  /** The point in time that the rows were read at; 0n where the server does not say. */
  readonly sessionTs: bigint;
}

/** Encodes a `QueryRequest`. */
export function encodeQuery(message: QueryMessage): Uint8Array {
  return encodeMessage([
    stringField(2, message.database),
    stringField(3, message.collection),
    stringField(4, message.expr),
    stringFields(5, message.outputFields),
    stringFields(6, message.partitions ?? []),
    uintField(8, message.guaranteeTimestamp ?? 0n),
    pairFields(9, message.params ?? {}),
    uintField(11, BigInt(message.consistency ?? 0)),
    boolField(12, message.useDefaultConsistency ?? false),
  ]);
}

/**
 * Decodes `QueryResults`: the columns of `fields`, matched by name, as the order of a reply changes from call to call.
 * @throws VtsError InputMalformed when a column is missing, or is not what its field says
 */
export function decodeQueryReply(reply: Uint8Array, fields: readonly Field[]): QueryReply {
  const bytes = plainBytes(reply);
  const { status, found, sessionTs } = readResults(bytes);
  const datas = fields.map((field) => findData(found, field));
  const columns: (Column | undefined)[] = fields.map((field, i) => {
    const data = datas[i];
    try {
      return data && decodeField(bytes, data, field);
    } catch (error) {
      throw isVtsError(error) ? error.at({ field: field.name }) : error;
    }
  });
  const first = columns.findIndex((column) => column !== undefined);
  const rows = columns[first]?.length ?? 0;
  return {
    status,
    rows,
    sessionTs,
    columns: columns.map((column, i) => {
      if (column === undefined && rows > 0) {
        throw malformed('the column is missing').at({ field: fields[i].name });
      }
      if (column === undefined) return columnFromValues(fields[i].type, []);
      if (column.length === rows) return column;
      throw malformed(
        `column "${fields[i].name}" has ${column.length} rows, column "${fields[first].name}" ${rows}`,
      ).at({ field: fields[i].name });
    }),
  };
}

/** Decodes the reply to a query for `count(*)`; the count is `undefined` where the reply has none. */
export function decodeCount(reply: Uint8Array): { status: Status; count: bigint | undefined } {
  const field: Field = { name: 'count(*)', type: { kind: 'Int64' }, nullable: false };
  const { status, columns: [column] } = decodeQueryReply(reply, [field]);
  return { status, count: (column.values as BigInt64Array)[0] };
}

function readResults(bytes: Uint8Array<ArrayBuffer>) {
  const reader = new ProtoReader(bytes);
  const found: FieldData[] = [];
  let status = OK;
  let sessionTs = 0n;
  while (reader.next()) {
    if (reader.field === 1) status = readStatus(reader.message());
    if (reader.field === 2) found.push(readFieldData(reader.message()));
    if (reader.field === 5) sessionTs = reader.uint64();
  }
  return { status, found, sessionTs };
}

function findData(found: readonly FieldData[], field: Field): FieldData | undefined {
  return found.find(({ name }) => name === field.name) ??
    (field.dynamic ? found.find(({ dynamic }) => dynamic) : undefined);
}
