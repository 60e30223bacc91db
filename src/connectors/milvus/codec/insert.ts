/** `InsertRequest`, which is an `UpsertRequest` too: both have these fields under the same numbers (milvus-proto, milvus.proto). */
import type { Batch } from '../../../core/batch.ts';
import { encodeField } from './encode-field.ts';
import { delimited, group, type Part, stringField, uintField } from './encode.ts';

/** Rows for a collection. */
export interface InsertMessage {
  readonly database: string;
  readonly collection: string;
  /** The default partition, when absent; to be left out where the collection has a partition key. */
  readonly partition?: string;
  /** Its schema is the target's: names, whether a field is nullable, which one is dynamic. */
  readonly batch: Batch;
  /** When the schema was last changed, as describe tells; newer servers then refuse rows of an older schema. */
  readonly schemaTimestamp?: bigint;
}

/**
 * The rows of a batch for `Insert` or `Upsert`; they are read when the message is written.
 * @throws VtsError RowInvalid for a null that the target does not allow, and for a time that cannot be written
 */
export function insertMessage(message: InsertMessage): Part {
  const { schema, columns, length } = message.batch;
  return group([
    stringField(2, message.database),
    stringField(3, message.collection),
    stringField(4, message.partition ?? ''),
    ...columns.map((column, i) => delimited(5, encodeField(schema.fields[i], column))),
    uintField(7, length),
    uintField(8, message.schemaTimestamp ?? 0n),
  ]);
}
