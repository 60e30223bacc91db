/** The dynamic field of a row (`$meta`): its own object and the keys that no field has, together in one JSON object. */
import { append, byteStore } from './byte-store.ts';
import type { Slot } from './object-reader.ts';
import { expectColon, skipValue } from './skip-value.ts';
import { duplicateKey, emptyText, PADDING, type Text, wrongType } from './text.ts';

/** Gathers the dynamic field of one row after the other. */
export interface DynamicKeys {
  readonly slot: Slot;
  /** Takes the object that the row has under the dynamic field's own name. */
  readOwn(text: Text): void;
  /** Takes the unknown key at `keyStart`; `text.pos` is behind it. */
  add(text: Text, name: string, keyStart: number): void;
  /** Ends the row. */
  finish(text: Text): void;
}

const ascii = (text: string) => new TextEncoder().encode(text);
const [OPEN, CLOSE, COMMA, END] = ['{', '}', ',', '\n'].map(ascii);

/** The gatherer for the column of `slot`. */
export function dynamicKeys(slot: Slot): DynamicKeys {
  const members = byteStore();
  const names = new Set<string>();
  let isObject = false;
  const addMembers = (bytes: Uint8Array, start: number, end: number) => {
    if (members.length > 0) append(members, COMMA, 0, 1);
    append(members, bytes, start, end);
  };
  return {
    slot,
    readOwn(text) {
      const start = text.pos;
      if (text.bytes[start] === 0x6e && slot.field.nullable) {
        skipValue(text);
        return;
      }
      if (text.bytes[start] !== 0x7b) throw wrongType(text, 'an object');
      isObject = true;
      skipValue(text);
      const inside = new TextDecoder().decode(text.bytes.subarray(start, text.pos));
      for (const name of Object.keys(JSON.parse(inside))) {
        if (names.has(name)) throw duplicateKey(text, name, start);
        names.add(name);
      }
      if (inside.slice(1, -1).trim() !== '') addMembers(text.bytes, start + 1, text.pos - 1);
    },
    add(text, name, keyStart) {
      if (names.has(name)) throw duplicateKey(text, name, keyStart);
      names.add(name);
      expectColon(text);
      skipValue(text);
      addMembers(text.bytes, keyStart, text.pos);
    },
    finish({ file }) {
      if (slot.builder !== undefined) {
        if (!isObject && names.size === 0 && slot.field.nullable) slot.builder.pushNull();
        else {
          const object = byteStore(members.length + 3 + PADDING);
          append(object, OPEN, 0, 1);
          append(object, members.bytes, 0, members.length);
          append(object, CLOSE, 0, 1);
          append(object, END, 0, 1);
          slot.builder.read({
            ...emptyText(file),
            bytes: object.bytes,
            view: new DataView(object.bytes.buffer),
          });
        }
      }
      members.length = 0;
      names.clear();
      isObject = false;
    },
  };
}
