/**
 * Values as JSON text, for people (sample rows) and for `--cast FIELD:json`. Integers keep all digits, float32 values have their
 * shortest digits, NaN and infinities are strings, embedded JSON stays as it is. Exact, not fast: bulk JSON lines have their own writer.
 */
import { type Column, encodingOf, isNull } from './column.ts';
import { roundText } from './exact-numbers.ts';
import { bfloatToNumber, halfToNumber } from './half.ts';
import { formatTimestamp } from './time.ts';
import { valueAt } from './values.ts';

/** The JSON text of row `row`. */
export function jsonText(column: Column, row: number): string {
  if (isNull(column, row)) return 'null';
  const { type, offsets, children } = column;
  if (type.kind === 'Array' || type.kind === 'StructArray') {
    const items: string[] = [];
    for (let i = offsets![row]; i < offsets![row + 1]; i++) {
      if (type.kind === 'Array') items.push(jsonText(children[0], i));
      else {items.push(`{${
          type.fields.map((f, c) => `${JSON.stringify(f.name)}:${jsonText(children[c], i)}`)
        }}`);}
    }
    return `[${items}]`;
  }
  const value = valueAt(column, row);
  switch (type.kind) {
    case 'Bool':
    case 'Int64':
      return String(value);
    case 'Float':
      return numberText(value as number, shortestFloat);
    case 'VarChar':
    case 'Geometry':
      return JSON.stringify(value);
    case 'JSON':
      return value as string;
    case 'Timestamptz':
      return JSON.stringify(formatTimestamp(value as bigint) ?? String(value));
    case 'SparseFloatVector':
      return sparseText(value as Uint8Array<ArrayBuffer>);
    case 'FloatVector':
      return `[${Array.from(value as Float32Array, (v) => numberText(v, shortestFloat))}]`;
    case 'Float16Vector':
      return `[${Array.from(value as Uint16Array, (v) => numberText(halfToNumber(v), shortestFloat))}]`;
    case 'BFloat16Vector':
      return `[${Array.from(value as Uint16Array, (v) => numberText(bfloatToNumber(v), shortestFloat))}]`;
    default:
      return encodingOf(type).layout === 'fixed' && typeof value === 'object'
        ? `[${Array.from(value as Float64Array, (v) => numberText(v, String))}]`
        : numberText(value as number, String);
  }
}

/** The fewest digits that read back to the float32 `value`. */
export function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (roundText(text, Math.fround) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

function numberText(value: number, digits: (value: number) => string): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isFinite(value) ? digits(value) : `"${value}"`;
}

function sparseText(pairs: Uint8Array<ArrayBuffer>): string {
  const view = new DataView(pairs.buffer, pairs.byteOffset, pairs.byteLength);
  const items: string[] = [];
  for (let at = 0; at < pairs.length; at += 8) {
    items.push(`"${view.getUint32(at, true)}":${numberText(view.getFloat32(at + 4, true), shortestFloat)}`);
  }
  return `{${items}}`;
}
