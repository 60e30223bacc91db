/** Reads rows behind two counts. */
import { type Column, fixedColumnFromBytes, listColumn } from '../../core/column.ts';
import { field } from '../../core/schema.ts';
import { isDenseVector } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { type FixedRows, readFixedRows, refuseHugeRows, sizeOf } from '../fixed-rows.ts';
import { readFully, readFullyAside } from '../read-fully.ts';
import type { ReaderFactory } from '../format.ts';
import { INT32, type VectorElement } from '../vector-elements.ts';

const HEADER = 8;

/** Opens files of `element`. */
export function binReader(element: VectorElement): ReaderFactory {
  return {
    access: 'seek',
    // deno-lint-ignore require-await
    async open(source) {
      const { columns, dim, trailing } = openColumns(source, element);
      const [{ field, count }] = columns;
      const notes = ['there are no ids: a row is known by its number, from 0 on'];
      if (element.note !== undefined) notes.push(element.note);
      if (trailing > 0) notes.push(`${trailing} bytes follow the last row; they are passed over`);
      return {
        dataset: {
          schema: { fields: columns.map((column) => column.field) },
          rows: count,
          roles: isDenseVector(field.type) ? { vector: field.name } : {},
          notes,
        },
        // deno-lint-ignore require-await
        inspect: async () => ({ rows: count, dim, bytesPerNumber: element.size, trailingBytes: trailing }),
        read: (request) => readFixedRows(columns, request),
        async close() {},
      };
    },
  };
}

function openColumns(
  source: ByteSource,
  element: VectorElement,
): { columns: readonly FixedRows[]; dim: number; trailing: number } {
  const size = sizeOf(source);
  const head = new DataView(new ArrayBuffer(HEADER));
  if (size < HEADER) throw truncated(source, size, `${HEADER} bytes with two counts; there are ${size}`);
  readFully(source, new Uint8Array(head.buffer), 0);
  const [rows, dim] = [head.getUint32(0, true), head.getUint32(4, true)];
  if (dim === 0) {
    throw new VtsError('InputMalformed', 'The file says that its rows have 0 dimensions', {
      file: source.name,
      byte: 4,
      expected: 'at least 1',
    });
  }
  const row = dim * element.size;
  refuseHugeRows(source, row);
  const bytes = rows * row;
  if (bytes > size - HEADER) {
    throw truncated(
      source,
      size,
      `${rows} rows of ${dim} dimensions, ${HEADER + bytes} bytes in all; there are ${size}`,
    );
  }
  const memory = Math.max(row, dim * element.memory);
  const columns: FixedRows[] = [{
    field: element.field(dim),
    count: rows,
    rowBytes: memory,
    read: async (start, count) =>
      element.decode(await readRows(source, HEADER + start * row, count * row), dim),
  }];
  const trailing = size - HEADER - bytes;
  if (element !== INT32 || rows === 0 || trailing !== bytes) return { columns, dim, trailing };
  columns.push({
    field: field('distances', { kind: 'Array', element: { kind: 'Float' }, maxCapacity: dim }),
    count: rows,
    rowBytes: memory,
    read: async (start, count) =>
      floatLists(await readRows(source, HEADER + bytes + start * row, count * row), dim),
  });
  return { columns, dim, trailing: 0 };
}

async function readRows(
  source: ByteSource,
  position: number,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new Uint8Array(bytes);
  await readFullyAside(source, target, position);
  return target;
}

function floatLists(bytes: Uint8Array<ArrayBuffer>, dim: number): Column {
  const elements = fixedColumnFromBytes({ kind: 'Float' }, bytes);
  const offsets = Int32Array.from({ length: elements.length / dim + 1 }, (_, row) => row * dim);
  return listColumn({ kind: 'Array', element: { kind: 'Float' }, maxCapacity: dim }, offsets, [elements]);
}

function truncated(source: ByteSource, size: number, expected: string): VtsError {
  return new VtsError('InputTruncated', 'The file ends before its rows do', {
    file: source.name,
    byte: size,
    expected,
    remedy:
      'copy or download the file again; where it is the first part of a larger one, its first four bytes have to ' +
      'say how many rows it has itself',
  });
}
