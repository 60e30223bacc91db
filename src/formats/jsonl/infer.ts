/** Types of fields from the first rows, where no schema says them. */
import { shortestFloat } from '../../core/json-text.ts';
import { type Field, field, type Roles, type Schema } from '../../core/schema.ts';
import { shellQuote } from '../../core/shell.ts';
import { formatType, type LogicalType, type ScalarType } from '../../core/types.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import type { ReadOptions } from '../format.ts';
import { byteStore } from './byte-store.ts';
import { type Head, SAMPLE_LINES } from './head.ts';
import { numberText } from './numbers.ts';
import { scanNumber } from './scan-number.ts';
import { expectColon, nextItem, skipValue } from './skip-value.ts';
import { readString } from './strings.ts';
import {
  atWord,
  beginRow,
  duplicateKey,
  endRow,
  skipSpace,
  syntaxError,
  type Text,
  wrongType,
} from './text.ts';

/** The kinds of values seen, as bits. */
const NULL = 1;
const BOOL = 2;
const INT = 4;
/** A number with a point or an exponent, or a bare NaN or Infinity. */
const FLOAT = 8;
const TEXT = 16;
/** "NaN", "Infinity", "-Infinity": numbers among numbers, text among texts. */
const SPECIAL = 32;
const ARRAY = 64;
/** {"12": 0.5} or {"indices": [...], "values": [...]} */
const PAIRS = 128;
const OBJECT = 256;
/** An integer that takes more than 64 bits: a number among decimals, else JSON, which keeps its digits. */
const HUGE = 512;
const NUMERIC = INT | FLOAT | SPECIAL | HUGE;

/** What the sampled values of one key were. */
interface Seen {
  kinds: number;
  rows: number;
  /** Of arrays: the kinds of their elements, and the least and greatest length. */
  elements: number;
  shortest: number;
  longest: number;
  /** Whether float32 rounds an element, among the first rows. */
  rounds: boolean;
}

/** Rows whose vectors are looked at for digits that float32 does not hold. */
const ROUNDING_ROWS = 16;

/** The schema of the sampled rows, and notes that state it. @throws VtsError InputMalformed when there are none */
export function inferSchema(
  { sample }: Head,
  { roles, casts = {} }: Pick<ReadOptions, 'roles' | 'casts'>,
): { schema: Schema; notes: readonly string[] } {
  const seen = new Map<string, Seen>();
  const text = { ...sample };
  while (text.pos < text.end && text.row < SAMPLE_LINES) {
    if (!beginRow(text)) continue;
    sampleRow(text, seen);
    endRow(text);
  }
  if (seen.size === 0) {
    const what = text.row === 0 ? 'no rows' : 'only rows without keys, which';
    throw new VtsError(
      'InputMalformed',
      `There are ${what} ${text.row === 0 ? 'that could' : 'cannot'} tell the types`,
      {
        file: text.file,
        remedy: 'give the types of all fields with --schema FILE',
      },
    );
  }
  const fields = [...seen].map(([name, facts]) => inferField(name, facts, text.row, roles, casts[name]));
  const types = fields.map((f) => `${f.name} ${formatType(f.type)}`).join(', ');
  const notes = [`types inferred from the first ${text.row} rows: ${types}`];
  for (const { name, type } of fields) {
    if (type.kind !== 'FloatVector' || !seen.get(name)!.rounds) continue;
    notes.push(
      `"${name}" is read as float32, which rounds its digits; --cast ${shellQuote(name)}:float64 keeps them`,
    );
  }
  return { schema: { fields }, notes };
}

/** A field that later rows may leave out or set to null, the id aside: a sample cannot tell that they do not. */
function inferField(name: string, seen: Seen, rows: number, roles: Roles, cast: string | undefined): Field {
  const hasNulls = seen.rows < rows || (seen.kinds & NULL) !== 0;
  const nullable = hasNulls || name !== roles.id;
  const elementNullable = seen.kinds === ARRAY && (seen.elements & NULL) !== 0;
  const inferred = inferType(name, { ...seen, kinds: seen.kinds & ~NULL }, name === roles.vector);
  const type = inferred.kind === 'FloatVector' && isDouble(cast)
    ? { ...inferred, kind: 'DoubleVector' } as const
    : inferred;
  return field(name, type, {
    nullable,
    ...(elementNullable && type.kind === 'Array' ? { elementNullable } : {}),
    ...(name === roles.id && !nullable && (type.kind === 'Int64' || type.kind === 'VarChar')
      ? { primaryKey: true }
      : {}),
  });
}

/** Whether `--cast` asks for all digits of a vector. */
function isDouble(cast: string | undefined): boolean {
  return cast !== undefined && /^(float64|double|doublevector)(\(\d+\))?$/i.test(cast);
}

function inferType(
  name: string,
  { kinds, elements, shortest, longest }: Seen,
  isVector: boolean,
): LogicalType {
  if (kinds === ARRAY) {
    const numeric = elements !== 0 && (elements & ~NUMERIC) === 0;
    const decimal = (elements & (FLOAT | SPECIAL)) !== 0 && longest >= 2;
    if (numeric && shortest === longest && longest > 0 && (isVector || decimal)) {
      return { kind: 'FloatVector', dim: longest };
    }
    const element = scalarType(elements & ~NULL);
    return element === undefined ? { kind: 'JSON' } : { kind: 'Array', element };
  }
  if (kinds === PAIRS && (isVector || /sparse/i.test(name))) return { kind: 'SparseFloatVector' };
  return scalarType(kinds) ?? { kind: 'JSON' };
}

/** The type that holds scalars of all `kinds`, if any does. */
function scalarType(kinds: number): ScalarType | undefined {
  if (kinds === BOOL) return { kind: 'Bool' };
  if (kinds === INT) return { kind: 'Int64' };
  if (kinds === TEXT || kinds === SPECIAL || kinds === (TEXT | SPECIAL)) return { kind: 'VarChar' };
  const decimal = (kinds & (FLOAT | SPECIAL)) !== 0;
  if (decimal && (kinds & ~NUMERIC) === 0) return { kind: 'Double' };
  return undefined;
}

function sampleRow(text: Text, seen: Map<string, Seen>): void {
  if (text.bytes[text.pos] !== 0x7b) throw wrongType(text, 'an object');
  text.pos++;
  if (skipSpace(text) === 0x7d) {
    text.pos++;
    return;
  }
  const inRow = new Set<string>();
  do {
    if (skipSpace(text) !== 0x22) throw syntaxError(text, 'a key in double quotes');
    const start = text.pos;
    const name = readText(text);
    if (inRow.has(name)) throw duplicateKey(text, name, start);
    inRow.add(name);
    expectColon(text);
    let facts = seen.get(name);
    if (facts === undefined) {
      facts = { kinds: 0, rows: 0, elements: 0, shortest: Infinity, longest: 0, rounds: false };
      seen.set(name, facts);
    }
    facts.rows++;
    facts.kinds |= sampleValue(text, facts);
  } while (nextItem(text, 0x7d));
}

/** Moves past the value at `pos` and returns its kind; adds the elements of an array to `facts`. */
function sampleValue(text: Text, facts: Seen): number {
  const byte = text.bytes[text.pos];
  if (byte === 0x7b) return sampleObject(text);
  if (byte !== 0x5b) return sampleScalar(text);
  text.pos++;
  let length = 0;
  if (skipSpace(text) === 0x5d) text.pos++;
  else {
    do {
      const first = skipSpace(text);
      const start = text.pos;
      if (first === 0x7b || first === 0x5b) {
        skipValue(text);
        facts.elements |= OBJECT;
      } else {
        const kind = sampleScalar(text);
        facts.elements |= kind;
        if (text.row < ROUNDING_ROWS && (kind & (INT | FLOAT)) !== 0) {
          facts.rounds ||= isRounded(numberText(text, start));
        }
      }
      length++;
    } while (nextItem(text, 0x5d));
  }
  facts.shortest = Math.min(facts.shortest, length);
  facts.longest = Math.max(facts.longest, length);
  return ARRAY;
}

/** Whether the digits of a number are others once it was a float32. */
function isRounded(digits: string): boolean {
  const value = Number(digits);
  return Number.isFinite(value) && Number(shortestFloat(Math.fround(value))) !== value;
}

function sampleScalar(text: Text): number {
  const start = text.pos;
  const byte = text.bytes[start];
  if (byte === 0x22) return /^(NaN|-?Infinity)$/.test(readText(text)) ? SPECIAL : TEXT;
  for (const word of ['NaN', 'Infinity', '-Infinity']) {
    if (!atWord(text, word)) continue;
    text.pos += word.length;
    return FLOAT;
  }
  if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) {
    scanNumber(text);
    if (!text.number.whole) return FLOAT;
    if (text.pos - start < 19) return INT;
    const value = BigInt(numberText(text, start));
    return value === BigInt.asIntN(64, value) ? INT : HUGE;
  }
  skipValue(text);
  return byte === 0x6e ? NULL : BOOL;
}

/** Whether the object at `pos` could be a sparse vector. */
function sampleObject(text: Text): number {
  const start = text.pos;
  skipValue(text);
  const value: Record<string, unknown> = JSON.parse(decodeUtf8(text.bytes.subarray(start, text.pos))!);
  const entries = Object.entries(value);
  const pairs = entries.every(([key, v]) =>
    /^\d{1,10}$/.test(key) && Number(key) <= 0xffffffff && typeof v === 'number'
  );
  const lists = entries.length === 2 && Array.isArray(value.indices) && Array.isArray(value.values);
  return pairs || lists ? PAIRS : OBJECT;
}

const textStore = byteStore();

function readText(text: Text): string {
  textStore.length = 0;
  readString(text, textStore);
  return decodeUtf8(textStore.bytes.subarray(0, textStore.length))!;
}
