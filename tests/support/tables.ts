/** Seeded random tables with the values that break tools: the input of contract, matrix and property tests. */
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { encodingOf, fixedColumnFromBytes } from '../../src/core/column.ts';
import type { Column } from '../../src/core/column.ts';
import { type Field, field, type Schema } from '../../src/core/schema.ts';
import type { LogicalType } from '../../src/core/types.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { clearBit, makeBitmap } from '../../src/core/bitmap.ts';

/** A small repeatable generator (mulberry32): numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One field of every kind (nullable ones end with `_null`); vectors of dimension `dim`. */
export function everyKind(dim = 8): Schema {
  const types: Record<string, LogicalType> = {
    id: { kind: 'Int64' },
    bool: { kind: 'Bool' },
    int8: { kind: 'Int8' },
    int16: { kind: 'Int16' },
    int32: { kind: 'Int32' },
    float: { kind: 'Float' },
    double: { kind: 'Double' },
    text: { kind: 'VarChar', maxLength: 256 },
    json: { kind: 'JSON' },
    place: { kind: 'Geometry' },
    time: { kind: 'Timestamptz' },
    ints: { kind: 'Array', element: { kind: 'Int64' }, maxCapacity: 16 },
    words: { kind: 'Array', element: { kind: 'VarChar', maxLength: 64 }, maxCapacity: 16 },
    flags: { kind: 'Array', element: { kind: 'Bool' }, maxCapacity: 16 },
    floats: { kind: 'Array', element: { kind: 'Float' }, maxCapacity: 16 },
    vector: { kind: 'FloatVector', dim },
    vector64: { kind: 'DoubleVector', dim },
    vector16: { kind: 'Float16Vector', dim },
    vectorb16: { kind: 'BFloat16Vector', dim },
    vector8: { kind: 'Int8Vector', dim },
    bits: { kind: 'BinaryVector', dim: dim * 8 },
    sparse: { kind: 'SparseFloatVector' },
    structs: {
      kind: 'StructArray',
      fields: [field('n', { kind: 'Int64' }), field('s', { kind: 'VarChar', maxLength: 64 }), {
        ...field('v', { kind: 'FloatVector', dim }),
      }],
      maxCapacity: 8,
    },
  };
  const fields: Field[] = Object.entries(types).map(([name, type]) =>
    field(name, type, name === 'id' ? { primaryKey: true } : {})
  );
  for (const [name, type] of Object.entries(types)) {
    if (name !== 'id') fields.push(field(`${name}_null`, type, { nullable: true }));
  }
  return { fields };
}

/** `schema` with the fields that `keep` accepts. */
export function filterFields(schema: Schema, keep: (field: Field) => boolean): Schema {
  return { ...schema, fields: schema.fields.filter(keep) };
}

/** What a random table may contain. */
export interface TableOptions {
  readonly rows: number;
  readonly seed?: number;
  /** Null rows in nullable fields (default true). */
  readonly nulls?: boolean;
  /** NaNs with payloads, else only the canonical NaN (default true). */
  readonly nanPayloads?: boolean;
  /** The NUL character in texts (default true). */
  readonly nul?: boolean;
}

/** A batch of random values with edge values strewn in. Primary keys are unique. */
export function randomTable(schema: Schema, options: TableOptions): Batch {
  const next = random(options.seed ?? 1);
  return makeBatch(schema, schema.fields.map((f) => randomColumn(f, options, next)));
}

function randomColumn(f: Field, options: TableOptions, next: () => number): Column {
  const { rows } = options;
  const nullable = f.nullable && options.nulls !== false;
  const encoding = encodingOf(f.type);
  if (encoding.layout === 'fixed' && !f.primaryKey) {
    const validity = nullable ? makeBitmap(rows, true) : null;
    const bytes = new Uint8Array(rows * encoding.stride * encoding.array.BYTES_PER_ELEMENT);
    fillFixed(f.type, bytes, next, options.nanPayloads !== false);
    if (validity !== null) {
      const rowBytes = bytes.length / Math.max(1, rows);
      for (let row = 0; row < rows; row++) {
        if (next() >= 0.3) continue;
        clearBit(validity, row);
        bytes.fill(0, row * rowBytes, (row + 1) * rowBytes);
      }
    }
    return fixedColumnFromBytes(f.type, bytes, validity);
  }
  const values: Value[] = [];
  for (let row = 0; row < rows; row++) {
    if (f.primaryKey) values.push(uniqueKey(f.type, row));
    else values.push(nullable && next() < 0.3 ? null : randomValue(f.type, next, options.nul));
  }
  return columnFromValues(f.type, values);
}

/** Keys that are unique, in no order, and include the extremes of their type. */
function uniqueKey(type: LogicalType, row: number): Value {
  if (type.kind === 'VarChar') return row === 0 ? '' : `k"'\\\n${row}`;
  const extremes = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n, 0n, -1n];
  return extremes[row] ?? BigInt(row) * 7919n;
}

const FLOAT_BITS = [0, 0x80000000, 0x7f800000, 0xff800000, 1, 0x80000001, 0x7f7fffff, 0x3f800000, 0x00800000];
const NAN_BITS = [0x7fc00001, 0xffc12345, 0x7f800001];
const HALF_BITS = [0, 0x8000, 0x7c00, 0xfc00, 1, 0x3c00, 0x7bff];
const LONGS = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n];
/** Years 1 to 9999, what an RFC 3339 time can say. */
const TIMES = [0n, -1n, 253402300799999999n, -62135596800000000n, 1700000000123456n];

function fillFixed(type: LogicalType, bytes: Uint8Array, next: () => number, nanPayloads: boolean): void {
  const view = new DataView(bytes.buffer);
  const encoding = encodingOf(type);
  if (encoding.layout !== 'fixed') return;
  const size = encoding.array.BYTES_PER_ELEMENT;
  for (let at = 0; at < bytes.length; at += size) {
    const edge = next() < 0.1;
    const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
    switch (encoding.array as unknown) {
      case Float32Array:
        if (!edge) view.setFloat32(at, (next() - 0.5) * 10 ** Math.floor(next() * 8 - 4), true);
        else {view.setUint32(
            at,
            next() < 0.25 ? (nanPayloads ? pick(NAN_BITS) : 0x7fc00000) : pick(FLOAT_BITS),
            true,
          );}
        break;
      case Float64Array:
        if (!edge) view.setFloat64(at, (next() - 0.5) * 10 ** Math.floor(next() * 40 - 20), true);
        else {view.setFloat64(
            at,
            pick([0, -0, Infinity, -Infinity, NaN, 5e-324, Number.MAX_VALUE, 0.1]),
            true,
          );}
        break;
      case Uint16Array:
        view.setUint16(at, edge ? pick(HALF_BITS) : 0x3000 + Math.floor(next() * 0x0c00), true);
        break;
      case BigInt64Array:
        if (type.kind === 'Timestamptz') {
          view.setBigInt64(at, edge ? pick(TIMES) : BigInt(Math.floor(next() * 2 ** 50)), true);
        } else view.setBigInt64(at, edge ? pick(LONGS) : BigInt(Math.floor((next() - 0.5) * 2 ** 53)), true);
        break;
      case Int32Array:
        view.setInt32(
          at,
          edge ? pick([2147483647, -2147483648, 0, -1]) : Math.floor((next() - 0.5) * 2e6),
          true,
        );
        break;
      case Int16Array:
        view.setInt16(at, edge ? pick([32767, -32768, 0, -1]) : Math.floor((next() - 0.5) * 2000), true);
        break;
      default:
        view.setUint8(at, Math.floor(next() * 256));
    }
  }
}

const TEXTS = [
  '',
  'a',
  'käse',
  '日本語',
  '"quoted"',
  "it's",
  'back\\slash',
  'line\nbreak',
  '\u0000',
  '👍🏽',
  ' ',
  'null',
];
const JSONS = [
  '{}',
  '{"a":1}',
  '{"big":9007199254740993,"e":1.50}',
  '[1,2,{"x":null}]',
  '"text"',
  'null',
  'true',
  '-0.0',
];
const PLACES = ['POINT (1 2)', 'LINESTRING (0 0, 1 1.5)', 'POLYGON ((0 0, 1 0, 1 1, 0 0))'];

function randomValue(type: LogicalType, next: () => number, nul = true): Value {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)];
  switch (type.kind) {
    case 'Bool':
      return next() < 0.5;
    case 'VarChar':
      return next() < 0.5
        ? pick(nul ? TEXTS : TEXTS.filter((text) => text !== '\u0000'))
        : `text ${Math.floor(next() * 1e6)}`;
    case 'JSON':
      return pick(JSONS);
    case 'Geometry':
      return pick(PLACES);
    case 'Array':
      return Array.from({ length: Math.floor(next() * 5) }, () => randomValue(type.element, next, nul));
    case 'SparseFloatVector':
      return randomSparse(next);
    case 'StructArray':
      return Array.from(
        { length: Math.floor(next() * 4) },
        () => Object.fromEntries(type.fields.map((f) => [f.name, randomValue(f.type, next, nul)])),
      );
    default: {
      const encoding = encodingOf(type);
      if (encoding.layout !== 'fixed') throw new TypeError(`no random value of ${type.kind}`);
      const bytes = new Uint8Array(encoding.stride * encoding.array.BYTES_PER_ELEMENT);
      fillFixed(type, bytes, next, false);
      const values = new encoding.array(bytes.buffer, 0, encoding.stride);
      return type.kind.endsWith('Vector') ? values : values[0];
    }
  }
}

function randomSparse(next: () => number): Uint8Array<ArrayBuffer> {
  const indices = new Set<number>();
  for (let i = Math.floor(next() * 6); i > 0; i--) indices.add(Math.floor(next() * 4294967294));
  const sorted = [...indices].sort((a, b) => a - b);
  const bytes = new Uint8Array(sorted.length * 8);
  const view = new DataView(bytes.buffer);
  sorted.forEach((index, i) => {
    view.setUint32(i * 8, index, true);
    view.setFloat32(i * 8 + 4, next() + 0.001, true);
  });
  return bytes;
}
