/** JSON objects read into one column builder per field: the rows of a file and the structs of a StructArray. */
import type { Field } from '../../core/schema.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { byteStore } from './byte-store.ts';
import type { ColumnBuilder } from './column-builders.ts';
import { type DynamicKeys, dynamicKeys } from './dynamic-keys.ts';
import { expectColon, nextItem, skipValue } from './skip-value.ts';
import { readString } from './strings.ts';
import {
  atWord,
  duplicateKey,
  misfit,
  rowError,
  skipSpace,
  syntaxError,
  type Text,
  wrongType,
} from './text.ts';

/** One field of an object. */
export interface Slot {
  readonly field: Field;
  /** What messages call it. */
  readonly path: string;
  /** The name's UTF-8 bytes and the closing quote; `undefined` for a name that JSON must write in another way. */
  readonly key: Uint8Array | undefined;
  /** `undefined` for a field whose values are passed over. */
  readonly builder: ColumnBuilder | undefined;
  /** The last object that had it. */
  seenIn: number;
}

/** What the objects look like. */
export interface ObjectShape {
  readonly slots: readonly Slot[];
  readonly byName: ReadonlyMap<string, Slot>;
  readonly dynamic: DynamicKeys | undefined;
  /** Objects read so far. */
  objects: number;
}

/** A shape of `fields`; `build` makes the builder of each, or says to pass over it. `path` comes before names in messages. */
export function objectShape(
  fields: readonly Field[],
  build: (field: Field) => ColumnBuilder | undefined,
  path = '',
): ObjectShape {
  const encoder = new TextEncoder();
  const slots = fields.map((field): Slot => ({
    field,
    path: path + field.name,
    key: JSON.stringify(field.name) === `"${field.name}"` ? encoder.encode(`${field.name}"`) : undefined,
    builder: build(field),
    seenIn: 0,
  }));
  const dynamic = slots.find((slot) => slot.field.dynamic);
  return {
    slots,
    byName: new Map(slots.map((slot) => [slot.field.name, slot])),
    dynamic: dynamic && dynamicKeys(dynamic),
    objects: 0,
  };
}

/** Reads the object at `pos` as the next row of all builders. @throws VtsError RowInvalid, InputMalformed */
export function readObject(text: Text, shape: ObjectShape): void {
  const { slots } = shape;
  const start = text.pos;
  const stamp = ++shape.objects;
  if (text.bytes[start] !== 0x7b) throw wrongType(text, 'an object');
  text.pos++;
  let found = 0;
  if (skipSpace(text) === 0x7d) text.pos++;
  else {
    do {
      if (skipSpace(text) !== 0x22) throw syntaxError(text, 'a key in double quotes');
      const keyStart = text.pos;
      // Nearly always the keys of all rows are in the order of the fields.
      const guess = slots[found];
      if (guess?.key !== undefined && passKey(text, guess.key)) {
        readField(text, guess, stamp, shape, keyStart);
      } else {
        const name = readKey(text);
        const slot = shape.byName.get(name);
        if (slot !== undefined) readField(text, slot, stamp, shape, keyStart);
        else {
          readUnknown(text, name, shape, keyStart);
          continue;
        }
      }
      found++;
    } while (nextItem(text, 0x7d));
  }
  shape.dynamic?.finish(text);
  if (found < slots.length) fillMissing(text, shape, stamp, start);
}

function passKey(text: Text, key: Uint8Array): boolean {
  const { bytes, pos } = text;
  for (let i = 0; i < key.length; i++) if (bytes[pos + 1 + i] !== key[i]) return false;
  text.pos = pos + 1 + key.length;
  return true;
}

const keyStore = byteStore(256);

function readKey(text: Text): string {
  keyStore.length = 0;
  readString(text, keyStore);
  return decodeUtf8(keyStore.bytes.subarray(0, keyStore.length))!;
}

function readField(text: Text, slot: Slot, stamp: number, shape: ObjectShape, keyStart: number): void {
  text.field = slot.path;
  if (slot.seenIn === stamp) throw duplicateKey(text, slot.field.name, keyStart);
  slot.seenIn = stamp;
  expectColon(text);
  const { builder } = slot;
  if (shape.dynamic?.slot === slot) shape.dynamic.readOwn(text);
  else if (text.bytes[text.pos] === 0x6e && slot.field.nullable) readNull(text, slot);
  else if (builder === undefined) skipValue(text, true);
  else builder.read(text);
  text.field = undefined;
}

/**
 * Reads the null of a nullable field. In a JSON field it is a missing value, unless a space follows it: so the writer
 * marks the JSON value null, which is another thing.
 */
function readNull(text: Text, { field, builder }: Slot): void {
  if (!atWord(text, 'null')) throw syntaxError(text, 'null');
  if (field.type.kind === 'JSON' && text.bytes[text.pos + 4] === 0x20) {
    if (builder === undefined) skipValue(text);
    else builder.read(text);
    return;
  }
  text.pos += 4;
  builder?.pushNull();
}

function readUnknown(text: Text, name: string, { dynamic }: ObjectShape, keyStart: number): void {
  if (dynamic !== undefined) return dynamic.add(text, name, keyStart);
  throw rowError(text, 'RowInvalid', `The key ${JSON.stringify(name)} is not a field`, {
    remedy: text.typesGiven
      ? 'correct the row, or the schema: a dynamic field in it takes any further keys'
      : 'give the types of all fields with --schema FILE; a dynamic field in it takes any further keys',
  }, keyStart);
}

function fillMissing(text: Text, shape: ObjectShape, stamp: number, start: number): void {
  for (const slot of shape.slots) {
    if (slot.seenIn === stamp || slot === shape.dynamic?.slot) continue;
    if (!slot.field.nullable) {
      text.field = slot.path;
      throw misfit(text, 'The value is missing', 'a value in every row, as the field is not nullable', start);
    }
    slot.builder?.pushNull();
  }
}
