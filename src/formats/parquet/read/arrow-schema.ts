/**
 * The Arrow schema that Arrow's writers keep in the metadata `ARROW:schema`: a base64 IPC message
 * (https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format), a flatbuffer. Of use here
 * are the length of fixed-size lists and the unit of durations, which Parquet itself does not know.
 */
import { isVtsError, VtsError } from '../../../errors.ts';

/** Types in the union `Type` of Arrow's Schema.fbs. */
const TYPE = { fixedSizeList: 16, duration: 18 } as const;
/** Its enum `TimeUnit`; a field that is absent means milliseconds. */
const UNITS = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'];
const MILLISECONDS = 1;
/** Length prefixes of a message: a marker and the message's size. */
const PREFIX = 8;

/** What Arrow's schema tells of top-level columns, by their names. */
export interface ArrowFacts {
  /** Lengths of fixed-size lists. */
  readonly listSizes: ReadonlyMap<string, number>;
  /** Units of durations. */
  readonly durations: ReadonlyMap<string, string>;
}

/** What the schema `text` tells; nothing when it is missing or cannot be understood. */
export function arrowFacts(text: string | undefined): ArrowFacts {
  const listSizes = new Map<string, number>();
  const durations = new Map<string, string>();
  if (text === undefined) return { listSizes, durations };
  try {
    for (const field of schemaFields(text)) {
      const name = field.text(0);
      if (name === undefined) continue;
      const type = field.byte(2);
      const size = type === TYPE.fixedSizeList ? field.table(3)?.int(0) : undefined;
      if (size !== undefined && size > 0) listSizes.set(name, size);
      const unit = type === TYPE.duration ? UNITS[field.table(3)?.byte(0) ?? MILLISECONDS] : undefined;
      if (unit !== undefined) durations.set(name, unit);
    }
  } catch (error) {
    // A schema that is broken, or newer than this, is no loss: types are then inferred.
    if (!(error instanceof RangeError) && !isVtsError(error)) throw error;
    return { listSizes: new Map(), durations: new Map() };
  }
  return { listSizes, durations };
}

function schemaFields(text: string): Table[] {
  const bytes = Buffer.from(text, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = view.getUint32(0, true) === 0xffff_ffff ? PREFIX : PREFIX / 2;
  const message = table(view, start + view.getUint32(start, true));
  return message.table(2)?.tables(1) ?? [];
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
