/**
 * The Arrow schema that Arrow's writers keep in the metadata `ARROW:schema`: a base64 IPC message
 * (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format), a flatbuffer. All that is of use here
 * is the length of fixed-size lists, which Parquet itself does not know.
 */
import { isVtsError, VtsError } from '../../../errors.ts';

/** The type `FixedSizeList` in the union `Type` of Arrow's Schema.fbs. */
const FIXED_SIZE_LIST = 16;
/** Length prefixes of a message: a marker and the message's size. */
const PREFIX = 8;

/** The lengths of the top-level fixed-size lists, by name; empty when `text` is missing or cannot be understood. */
export function fixedListSizes(text: string | undefined): Map<string, number> {
  const sizes = new Map<string, number>();
  if (text === undefined) return sizes;
  try {
    const bytes = Buffer.from(text, 'base64');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = view.getUint32(0, true) === 0xffff_ffff ? PREFIX : PREFIX / 2;
    const message = table(view, start + view.getUint32(start, true));
    const schema = message.table(2);
    for (const field of schema?.tables(1) ?? []) {
      const name = field.text(0);
      const size = field.byte(2) === FIXED_SIZE_LIST ? field.table(3)?.int(0) : undefined;
      if (name !== undefined && size !== undefined && size > 0) sizes.set(name, size);
    }
  } catch (error) {
    // A schema that is broken, or newer than this, is no loss: types are then inferred.
    if (!(error instanceof RangeError) && !isVtsError(error)) throw error;
    sizes.clear();
  }
  return sizes;
}

/** Fields of a flatbuffer's table by their number (https://flatbuffers.dev/internals). */
interface Table {
  byte(field: number): number | undefined;
  int(field: number): number | undefined;
  text(field: number): string | undefined;
  table(field: number): Table | undefined;
  tables(field: number): Table[];
}

/** More fields than any schema has; a broken count must not take memory. */
const MOST_TABLES = 100_000;

function table(view: DataView, at: number): Table {
  const vtable = at - view.getInt32(at, true);
  const size = view.getUint16(vtable, true);
  const place = (field: number): number | undefined => {
    const slot = 4 + 2 * field;
    const offset = slot + 2 <= size ? view.getUint16(vtable + slot, true) : 0;
    return offset === 0 ? undefined : at + offset;
  };
  const target = (field: number): number | undefined => {
    const from = place(field);
    return from === undefined ? undefined : from + view.getUint32(from, true);
  };
  return {
    byte(field) {
      const from = place(field);
      return from === undefined ? undefined : view.getUint8(from);
    },
    int(field) {
      const from = place(field);
      return from === undefined ? undefined : view.getInt32(from, true);
    },
    text(field) {
      const from = target(field);
      if (from === undefined) return undefined;
      const length = view.getUint32(from, true);
      if (from + 4 + length > view.byteLength) throw malformed();
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from + 4, length));
    },
    table(field) {
      const from = target(field);
      return from === undefined ? undefined : table(view, from);
    },
    tables(field) {
      const from = target(field);
      if (from === undefined) return [];
      const count = view.getUint32(from, true);
      if (count > MOST_TABLES) throw malformed();
      return Array.from({ length: count }, (_, i) => {
        const item = from + 4 + 4 * i;
        return table(view, item + view.getUint32(item, true));
      });
    },
  };
}

function malformed(): VtsError {
  return new VtsError('InputMalformed', 'the Arrow schema cannot be understood');
}
