/** Casts of scalars: numbers, text, times, truth values. */
import { bitmapBytes, setBit } from './bitmap.ts';
import { type Cast, type Context, misfit } from './cast-context.ts';
import { boolColumn, type Column, encodingOf, fixedColumn, isNull, type Values } from './column.ts';
import { roundText } from './exact-numbers.ts';
import { jsonText } from './json-text.ts';
import { formatTimestamp, parseTimestamp } from './time.ts';
import type { LogicalType } from './types.ts';
import { columnFromValues, type Value, valueAt } from './values.ts';

/** A cast to text that takes the rows one by one. */
export function mapRows(to: LogicalType, text: (column: Column, row: number) => string): Cast {
  return (column) =>
    columnFromValues(
      to,
      Array.from({ length: column.length }, (_, row) => isNull(column, row) ? null : text(column, row)),
    );
}

/** The text of a number, time or truth value. */
export function plainText(column: Column, row: number): string {
  const value = valueAt(column, row);
  if (column.type.kind === 'Timestamptz') return formatTimestamp(value as bigint) ?? String(value);
  if (typeof value === 'number') return jsonText(column, row).replaceAll('"', '');
  return String(value);
}

/** Refuses text that is no JSON. */
export function checkJson(context: Context): (column: Column) => void {
  return (column) => {
    for (let row = 0; row < column.length; row++) {
      const text = valueAt(column, row);
      if (text === null) continue;
      try {
        JSON.parse(text as string);
      } catch {
        throw misfit(context, row, JSON.stringify(text));
      }
    }
  };
}

/** The cast of text to a type, or `undefined` when there is none. */
export function fromText(context: Context): Cast | undefined {
  const { to } = context;
  const parse = textParser(to);
  if (parse === undefined) return undefined;
  return (column) =>
    columnFromValues(
      to,
      Array.from({ length: column.length }, (_, row) => {
        const text = valueAt(column, row) as string | null;
        if (text === null) return null;
        const value = parse(text.trim());
        if (value === undefined) throw misfit(context, row, JSON.stringify(text));
        return value;
      }),
    );
}

function textParser(to: LogicalType): ((text: string) => Value | undefined) | undefined {
  switch (to.kind) {
    case 'Bool':
      return (text) => text === 'true' ? true : text === 'false' ? false : undefined;
    case 'Timestamptz':
      return parseTimestamp;
    case 'Int64':
      return (text) => integerIn(text, 64n);
    case 'Int8':
    case 'Int16':
    case 'Int32': {
      const bits = BigInt(to.kind.slice(3));
      return (text) => {
        const value = integerIn(text, bits);
        return value === undefined ? undefined : Number(value);
      };
    }
    case 'Float':
    case 'Double':
      return (text) => {
        if (/^-?Infinity$|^NaN$/.test(text)) return Number(text);
        if (!DECIMAL.test(text)) return undefined;
        const value = to.kind === 'Float' ? roundText(text, Math.fround) : Number(text);
        return Number.isFinite(value) ? value : undefined;
      };
    default:
      return undefined;
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function integerIn(text: string, bits: bigint): bigint | undefined {
  if (!/^[+-]?\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  const limit = 1n << (bits - 1n);
  return value >= -limit && value < limit ? value : undefined;
}

/** Casts between numbers and truth values. */
export function castNumbers(column: Column, context: Context): Column {
  const { to } = context;
  const encoding = encodingOf(to);
  const bits = to.kind === 'Bool' ? new Uint8Array(bitmapBytes(column.length)) : undefined;
  const values = encoding.layout === 'fixed' ? new encoding.array(column.length) : undefined;
  for (let row = 0; row < column.length; row++) {
    if (isNull(column, row)) continue;
    const value = integer(column.type, valueAt(column, row) as number | bigint | boolean);
    if (bits !== undefined) {
      const number = Number(value);
      if (number !== 0 && number !== 1) throw misfit(context, row, String(value));
      if (number === 1) setBit(bits, row);
      continue;
    }
    if (!place(values!, row, value)) throw misfit(context, row, String(value));
  }
  return bits !== undefined
    ? boolColumn(column.length, bits, column.validity)
    : fixedColumn(to, values!, column.validity);
}

/** Stores `value` at `index` and tells whether it survived: integers (given as bigint) exactly, floats in range. */
export function place(values: Values, index: number, value: number | bigint | boolean): boolean {
  if (values instanceof BigInt64Array) {
    if (typeof value !== 'bigint' && !Number.isInteger(Number(value))) return false;
    const wide = BigInt(value);
    values[index] = wide;
    return values[index] === wide;
  }
  const number = Number(value);
  values[index] = number;
  if (values instanceof Float32Array || values instanceof Float64Array) {
    if (typeof value === 'bigint') return Number.isFinite(values[index]) && BigInt(values[index]) === value;
    return Number.isFinite(values[index]) === Number.isFinite(number);
  }
  return values[index] === number;
}

/** A value of an integer type as bigint, so that {@linkcode place} keeps it exact; others as they are. */
export function integer({ kind }: LogicalType, value: number | bigint | boolean): number | bigint | boolean {
  return typeof value === 'number' && kind.startsWith('Int') ? BigInt(value) : value;
}
