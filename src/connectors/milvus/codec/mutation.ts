/** `MutationResult`, the reply to inserts, upserts and deletes (milvus-proto, milvus.proto). */
import { valueAt } from '../../../core/values.ts';
import { textColumn } from './decode-scalars.ts';
import { OK, readStatus, type Status } from './status.ts';
import { decodeInt64s } from './varint.ts';
import { type Bytes, plainBytes, ProtoReader, type Spans, VARINT } from './wire.ts';

/** What a server did with the rows of a request. */
export interface MutationReply {
  readonly status: Status;
  readonly inserted: number;
  readonly deleted: number;
  readonly upserted: number;
  /** The primary keys of the rows, those that the server made too; absent when it tells none. */
  readonly ids?: BigInt64Array<ArrayBuffer> | readonly string[];
  /** Which rows of the request were refused. */
  readonly errorIndexes: readonly number[];
  readonly timestamp: bigint;
}

/**
 * Decodes a `MutationResult`; its keys, as many as rows were sent, only if they are wanted.
 * @throws VtsError InputMalformed
 */
export function decodeMutation(reply: Uint8Array, { withIds }: { withIds: boolean }): MutationReply {
  const bytes = plainBytes(reply);
  const reader = new ProtoReader(bytes);
  const counts = { inserted: 0, deleted: 0, upserted: 0 };
  let status: Status = OK;
  let timestamp = 0n;
  const idSpans: Spans = [];
  const errors: Spans = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        status = readStatus(reader.message());
        break;
      case 2:
        reader.span(idSpans);
        break;
      case 4:
        reader.packed(errors, VARINT);
        break;
      case 6:
        counts.inserted = Number(reader.int64());
        break;
      case 7:
        counts.deleted = Number(reader.int64());
        break;
      case 8:
        counts.upserted = Number(reader.int64());
        break;
      case 9:
        timestamp = reader.uint64();
        break;
    }
  }
  const ids = withIds ? decodeIds(bytes, idSpans) : undefined;
  return {
    status,
    ...counts,
    ...(ids === undefined ? {} : { ids }),
    errorIndexes: Array.from(decodeInt64s(bytes, errors), Number),
    timestamp,
  };
}

function decodeIds(bytes: Bytes, spans: Spans): BigInt64Array<ArrayBuffer> | readonly string[] | undefined {
  const [ints, texts]: [Spans, Spans] = [[], []];
  for (let s = 0; s < spans.length; s += 2) {
    const reader = new ProtoReader(bytes, spans[s], spans[s + 1]);
    while (reader.next()) {
      if (reader.field > 2) continue;
      const inner = reader.message();
      while (inner.next()) {
        if (inner.field !== 1) continue;
        if (reader.field === 1) inner.packed(ints, VARINT);
        else inner.span(texts);
      }
    }
  }
  if (ints.length > 0) return decodeInt64s(bytes, ints);
  if (texts.length === 0) return undefined;
  const column = textColumn(bytes, { kind: 'VarChar' }, texts);
  return Array.from({ length: column.length }, (_, row) => valueAt(column, row) as string);
}
