/** Reads rows that each begin with their number of dimensions. */
import type { Column } from '../../core/column.ts';
import type { Schema } from '../../core/schema.ts';
import { isDenseVector } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { type FixedRows, readFixedRows, refuseHugeRows, sizeOf } from '../fixed-rows.ts';
import { readFully, readFullyAside } from '../read-fully.ts';
import type { ReaderFactory } from '../format.ts';
import type { VectorElement } from '../vector-elements.ts';

/** What Faiss reads at most, too. */
const MAX_DIM = 2 ** 20;

/** Opens files of `element`. */
export function vecsReader(element: VectorElement): ReaderFactory {
  return {
    access: 'seek',
    // deno-lint-ignore require-await
    async open(source, { schema }) {
      const rows = openRows(source, element, schema);
      const { field, count, dim } = rows;
      return {
        dataset: {
          schema: { fields: [field] },
          rows: count,
          roles: isDenseVector(field.type) ? { vector: field.name } : {},
          notes: [
            'there are no ids: a row is known by its number, from 0 on',
            ...(element.note === undefined ? [] : [element.note]),
          ],
        },
        // deno-lint-ignore require-await
        inspect: async () => ({ rows: count, dim, bytesPerNumber: element.size }),
        read: (request) => readFixedRows([rows], request),
        async close() {},
      };
    },
    // deno-lint-ignore require-await
    async countRows(source) {
      return sizeOf(source) === 0 ? 0 : openRows(source, element, undefined).count;
    },
  };
}

function openRows(
  source: ByteSource,
  element: VectorElement,
  schema: Schema | undefined,
): FixedRows & { readonly dim: number } {
  const size = sizeOf(source);
  const dim = size === 0 ? emptyDim(source, element, schema) : firstDim(source, size);
  const stored = 4 + dim * element.size;
  refuseHugeRows(source, stored);
  if (size % stored !== 0) throw partialRow(source, size, stored, dim);
  return {
    field: element.field(dim),
    count: size / stored,
    dim,
    rowBytes: Math.max(stored, dim * element.memory),
    read: (start, count) => readRows(source, element, dim, start, count),
  };
}

function firstDim(source: ByteSource, size: number): number {
  const head = new DataView(new ArrayBuffer(4));
  if (size < 4) throw partialRow(source, size, 4, 0);
  readFully(source, new Uint8Array(head.buffer), 0);
  const dim = head.getInt32(0, true);
  if (dim >= 1 && dim <= MAX_DIM) return dim;
  const swapped = head.getInt32(0, false);
  throw new VtsError('InputMalformed', `The first row has ${dim} dimensions`, {
    file: source.name,
    byte: 0,
    expected: `1 to ${MAX_DIM}`,
    ...(swapped >= 1 && swapped <= MAX_DIM
      ? { remedy: `the file seems to be big-endian (${swapped} dimensions); swap its bytes` }
      : {}),
  });
}

/** An empty file says nothing; what the user says of it may. */
function emptyDim(source: ByteSource, element: VectorElement, schema: Schema | undefined): number {
  const { name, type } = element.field(1);
  if (!isDenseVector(type)) return 0;
  const given = schema?.fields.find((f) => f.name === name)?.type;
  if (given !== undefined && isDenseVector(given)) return given.dim;
  throw new VtsError('InputMalformed', 'The file is empty: without a row nothing tells the dimension', {
    file: source.name,
    byte: 0,
    remedy: 'copy or download the file again, or leave it out',
  });
}

function partialRow(source: ByteSource, size: number, stored: number, dim: number): VtsError {
  return new VtsError('InputTruncated', 'The file ends in the middle of a row', {
    file: source.name,
    byte: size - size % stored,
    expected: dim === 0
      ? 'a row'
      : `rows of ${stored} bytes each (${dim} dimensions, as the first row says); ${size % stored} are left`,
    remedy: 'copy or download the file again; if its size is right, its rows are of another kind of number',
  });
}

async function readRows(
  source: ByteSource,
  element: VectorElement,
  dim: number,
  start: number,
  count: number,
): Promise<Column> {
  const row = dim * element.size;
  const stored = new Uint8Array(count * (4 + row));
  await readFullyAside(source, stored, start * (4 + row));
  const view = new DataView(stored.buffer);
  const bytes = new Uint8Array(count * row);
  for (let i = 0, at = 0; i < count; i++, at += 4 + row) {
    const own = view.getInt32(at, true);
    if (own !== dim) throw otherDim(source, start + i, own, dim, (start + i) * (4 + row));
    bytes.set(stored.subarray(at + 4, at + 4 + row), i * row);
  }
  return element.decode(bytes, dim);
}

function otherDim(source: ByteSource, row: number, own: number, dim: number, byte: number): VtsError {
  return new VtsError('InputMalformed', `Row ${row} says that it has ${own} dimensions`, {
    file: source.name,
    row,
    byte,
    expected: `${dim}, as the first row has`,
    remedy: 'copy or download the file again; rows of different lengths are not read',
  });
}
