/** Reads an array: a column `value`, or `vector` where its rows are vectors. */
import { estimatedRowBytes } from '../../core/schema.ts';
import { isDenseVector } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { type FixedRows, readFixedRows, refuseHugeRows, sizeOf } from '../fixed-rows.ts';
import type { ReaderFactory } from '../format.ts';
import { parseArrayType } from './array-type.ts';
import { type ColumnPlan, planColumn } from './column-plan.ts';
import { decodeRows } from './decode.ts';
import { readHeader } from './header.ts';
import { rowBytesOf } from './rows.ts';
import { knowsTimeUnit } from './times.ts';

/** Opens arrays. */
export const npyReader: ReaderFactory = {
  access: 'seek',
  // deno-lint-ignore require-await
  async open(source, options) {
    const { descr, fortranOrder, shape, start } = readHeader(source);
    const type = parseArrayType(descr, source.name);
    if (type.timeUnit !== undefined && !knowsTimeUnit(type.timeUnit)) {
      throw new VtsError('InputUnsupported', `Times in units of ${type.timeUnit} are not read`, {
        file: source.name,
        byte: 10,
        remedy: "save array.astype('datetime64[us]')",
      });
    }
    const plan = planColumn(type, shape, source.name, options);
    const { field, width, notes } = plan;
    const [count] = shape;
    const trailing = trailingBytes(source, start, count, width * type.size);
    const column: FixedRows = {
      field,
      count,
      rowBytes: memoryBytes(plan),
      async read(first, rows) {
        return decodeRows(plan, await rowBytes(first, rows), { file: source.name, firstRow: first });
      },
    };
    const rowBytes = rowBytesOf({ source, start, type, rows: count, width, fortranOrder });
    return {
      dataset: {
        schema: { fields: [field] },
        rows: count,
        roles: isDenseVector(field.type) ? { vector: field.name } : {},
        notes: [
          ...(isDenseVector(field.type) ? ['there are no ids: a row is known by its number, from 0 on'] : []),
          ...notes,
          ...(trailing > 0
            ? [`${trailing} bytes follow the array; they are passed over, as numpy does`]
            : []),
        ],
      },
      // deno-lint-ignore require-await
      inspect: async () => ({
        type: typeof descr === 'string' ? descr : '',
        shape,
        order: fortranOrder ? 'Fortran (column by column)' : 'C (row by row)',
        trailingBytes: trailing,
      }),
      read: (request) => readFixedRows([column], request),
      async close() {},
    };
  },
};

/** Bytes after the array. @throws VtsError InputTruncated, MemoryLimit */
function trailingBytes(source: ByteSource, start: number, rows: number, rowBytes: number): number {
  const size = sizeOf(source);
  const bytes = rows * rowBytes;
  if (bytes <= size - start) {
    refuseHugeRows(source, rowBytes);
    return size - start - bytes;
  }
  throw new VtsError('InputTruncated', 'The file ends before its array does', {
    file: source.name,
    byte: size,
    expected: `${rows} rows of ${rowBytes} bytes; there are ${size - start} bytes`,
    remedy: 'copy or download the file again',
  });
}

/** Bytes of a row in the file or in memory, whichever is more. */
function memoryBytes({ field, type, width, layout }: ColumnPlan): number {
  const memory = layout === 'list'
    ? 4 + width * estimatedRowBytes((field.type as { element: typeof field.type }).element)
    : estimatedRowBytes(field.type);
  return Math.max(memory, width * type.size);
}
