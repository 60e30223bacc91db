/** `Status`, with which every reply of Milvus begins (milvus-proto, common.proto). */
import type { ProtoReader } from './wire.ts';

/** What a server says of a request. */
export interface Status {
  /** The code that servers since 2.3 send; 0 is success (or an older server). */
  readonly code: number;
  /** The enum of older servers; 0 is success. */
  readonly errorCode: number;
  readonly reason: string;
  /** Whether the server thinks that the same request may succeed later. */
  readonly retriable: boolean;
  readonly detail: string;
  readonly extra: Readonly<Record<string, string>>;
}

/** The status of a reply that has none, which means success. */
export const OK: Status = { code: 0, errorCode: 0, reason: '', retriable: false, detail: '', extra: {} };

/** Whether the request succeeded. */
export function isOk(status: Status): boolean {
  return status.code === 0 && status.errorCode === 0;
}

/** Reads the message that `reader` stands before. */
export function readStatus(reader: ProtoReader): Status {
  const status = { ...OK, extra: {} as Record<string, string> };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        status.errorCode = reader.int32();
        break;
      case 2:
        status.reason = reader.text();
        break;
      case 3:
        status.code = reader.int32();
        break;
      case 4:
        status.retriable = reader.bool();
        break;
      case 5:
        status.detail = reader.text();
        break;
      case 6: {
        const [key, value] = readPair(reader.message());
        status.extra[key] = value;
        break;
      }
    }
  }
  return status;
}

/** Reads a KeyValuePair, or an entry of a map of texts: the same on the wire. */
export function readPair(reader: ProtoReader): [string, string] {
  const pair: [string, string] = ['', ''];
  while (reader.next()) {
    if (reader.field === 1) pair[0] = reader.text();
    if (reader.field === 2) pair[1] = reader.text();
  }
  return pair;
}
