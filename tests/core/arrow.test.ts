/** Columns are Arrow: the reference library reads our buffers as they are, and IPC made of them opens in pyarrow. */
import { describe, expect, test } from 'bun:test';
import * as arrow from 'apache-arrow';
import { type Column, sliceColumn } from '../../src/core/column.ts';
import { formatType, isDenseVector, type LogicalType } from '../../src/core/types.ts';
import { valueAt } from '../../src/core/values.ts';
import { everyKind, randomTable } from '../support/tables.ts';

/** Our column as an Arrow vector over the same memory. */
function arrowData(column: Column): arrow.Data {
  const { type, length, validity, offsets, values, children } = column;
  const base = { length, nullBitmap: validity ?? undefined, nullCount: validity === null ? 0 : -1 };
  const make = (more: object) => arrow.makeData({ ...base, ...more } as never) as unknown as arrow.Data;
  if (isDenseVector(type)) {
    const child = arrow.makeData({ type: elementType(type), length: values.length, data: values } as never);
    const list = new arrow.FixedSizeList(
      values.length / Math.max(1, length),
      new arrow.Field('item', elementType(type), false),
    );
    return make({ type: list, child });
  }
  switch (type.kind) {
    case 'Bool':
      return make({ type: new arrow.Bool(), data: values });
    case 'Int8':
    case 'Int16':
    case 'Int32':
      return make({ type: new arrow[type.kind](), data: values });
    case 'Int64':
      return make({ type: new arrow.Int64(), data: values });
    case 'Timestamptz':
      return make({ type: new arrow.TimestampMicrosecond('UTC'), data: values });
    case 'Float':
      return make({ type: new arrow.Float32(), data: values });
    case 'Double':
      return make({ type: new arrow.Float64(), data: values });
    case 'SparseFloatVector':
      return make({ type: new arrow.Binary(), valueOffsets: offsets, data: values });
    case 'Array':
      return make({
        type: listOf(arrowData(children[0])),
        valueOffsets: offsets,
        child: arrowData(children[0]),
      });
    case 'StructArray': {
      const inner = children.map(arrowData);
      const fields = inner.map((data, i) => new arrow.Field(type.fields[i].name, data.type, true));
      const struct = arrow.makeData(
        { type: new arrow.Struct(fields), length: children[0].length, children: inner } as never,
      ) as unknown as arrow.Data;
      return make({ type: listOf(struct), valueOffsets: offsets, child: struct });
    }
    default:
      return make({ type: new arrow.Utf8(), valueOffsets: offsets, data: values });
  }
}

function listOf(child: arrow.Data): arrow.DataType {
  return new arrow.List(new arrow.Field('item', child.type, true));
}

function elementType(type: LogicalType): arrow.DataType {
  switch (type.kind) {
    case 'FloatVector':
      return new arrow.Float32();
    case 'DoubleVector':
      return new arrow.Float64();
    case 'Int8Vector':
      return new arrow.Int8();
    case 'BinaryVector':
      return new arrow.Uint8();
    default:
      return new arrow.Uint16();
  }
}

/** A value that compares equal exactly when ours does. */
function plain(value: unknown): unknown {
  if (value instanceof arrow.Vector) return Array.from(value, plain);
  if (value instanceof arrow.StructRow || value instanceof arrow.MapRow) {
    return Object.fromEntries(Object.entries(value.toJSON()).map(([name, item]) => [name, plain(item)]));
  }
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
  }
  return typeof value === 'bigint' ? value.toString() : Object.is(value, -0) ? '-0' : value;
}

describe('a column is what the Arrow library reads over the same memory', () => {
  const table = randomTable(everyKind(3), { rows: 61, seed: 5 });
  table.schema.fields.forEach(({ name, type }, i) => {
    // Arrow's times are numbers of milliseconds in this library: compare the integers beneath.
    const comparable = (column: Column): Column =>
      type.kind === 'Timestamptz' ? { ...column, type: { kind: 'Int64' } } : column;
    test(`${name}: ${formatType(type)}`, () => {
      for (const [start, end] of [[0, 61], [3, 40], [8, 8]]) {
        const column = comparable(sliceColumn(table.columns[i], start, end));
        const vector = new arrow.Vector([arrowData(column)]);
        expect(vector.length).toBe(end - start);
        for (let row = 0; row < column.length; row++) {
          expect([row, plain(vector.get(row))]).toEqual([row, plain(valueAt(column, row))]);
        }
      }
    });
  });
});
