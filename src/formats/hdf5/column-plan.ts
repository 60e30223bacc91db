/** How a data set becomes a column: its logical type and where its values lie once the library has read them. */
import { shellQuote } from '../../core/shell.ts';
import { formatType, isVector, type LogicalType, sameLayout } from '../../core/types.ts';
import { type Field, field } from '../../core/schema.ts';
import { VtsError } from '../../errors.ts';
import { type Element, elementOf, isPair, TYPE_CLASS, typeName } from './h5-type.ts';
import type { H5File } from './h5-file.ts';
import type { DataInfo } from './data-info.ts';
import { supportedFilters } from './filters.ts';

/** The values of one row, as the library reads them. */
export type RowLayout =
  /** One value. */
  | { readonly as: 'scalar'; readonly element: Element }
  /** `width` values: a vector whose bytes stay as they are. */
  | { readonly as: 'vector'; readonly width: number; readonly size: number }
  /** `width` booleans of `size` bytes: a binary vector to be packed. */
  | { readonly as: 'packed'; readonly width: number; readonly size: number }
  /** `width` values: a list of the same length in every row. */
  | { readonly as: 'list'; readonly width: number; readonly element: Element }
  /** A length and a pointer to values. */
  | { readonly as: 'varList'; readonly element: Element }
  /** A length and a pointer to (u32, f32) pairs. */
  | { readonly as: 'sparse' };

/** What reading a data set takes. */
export interface ColumnPlan {
  readonly field: Field;
  readonly path: string;
  readonly rows: number;
  readonly layout: RowLayout;
  /** The extents after the first: none or the width. */
  readonly inner: readonly number[];
  /** Bytes of a row in the library's memory; what pointers lead to not counted. */
  readonly rowBytes: number;
  /** Whether the bytes of the file are those of the column: nothing is to be converted or decompressed. */
  readonly asStored: boolean;
  /** Rows that are stored as one piece; 1 where rows can be read one by one. */
  readonly chunkRows: number;
  /** What the user should know of how the values are understood. */
  readonly note?: string | undefined;
}

/** What is known of a column besides its data set. */
export interface Hint {
  /** The field as our own metadata has it. */
  readonly declared?: Field | undefined;
  /** Whether it is known to be a vector, where the type alone does not tell. */
  readonly vector: boolean;
}

/** The largest row and the largest stored piece that are read into memory. */
export const MOST_BYTES_AT_ONCE = 512 * 2 ** 20;

/** What a byte of deflate's output costs at least: 1032 to 1 is its best. */
const BEST_DEFLATE = 1032;

/** How the data set at `path` is read as column `name`, or why it cannot be. */
export function planColumn(
  file: H5File,
  name: string,
  path: string,
  info: DataInfo,
  hint: Hint,
): ColumnPlan | string {
  if (info.shape === null || info.shape.length === 0) return 'it is a single value, not one a row';
  const [rows, ...inner] = info.shape;
  const readings = readingsOf(info, inner);
  if (typeof readings === 'string') return readings;
  const { declared } = hint;
  const fitting = declared && readings.find((reading) => sameLayout(reading.type, declared.type));
  const reading = fitting ?? (hint.vector ? readings.find((r) => isVector(r.type)) : undefined) ??
    readings[0];
  const rowBytes = bytesOfRow(reading.layout);
  checkExtent(file, path, info, rowBytes);
  return {
    ...{ path, rows, inner, rowBytes, layout: reading.layout },
    field: fitting === undefined ? field(name, reading.type) : declared!,
    asStored: isAsStored(info, reading.layout) && supportedFilters(file, path).length === 0,
    chunkRows: isVariable(reading.layout) ? 1 : chunkRows(file, path, info),
    note: declared !== undefined && fitting === undefined
      ? `${path} is ${typeName(info)} and not ${formatType(declared.type)}, as vts.schema says: read as ${
        formatType(reading.type)
      }`
      : fitting === undefined
      ? reading.note
      : undefined,
  };
}

interface Reading {
  readonly type: LogicalType;
  readonly layout: RowLayout;
  readonly note?: string;
}

/** All ways to read a data set; the first is taken unless something speaks for another. */
function readingsOf(info: DataInfo, inner: readonly number[]): readonly Reading[] | string {
  if (info.type === TYPE_CLASS.array) {
    return readingsOf({ ...info, ...info.array_type! } as DataInfo, [...inner, ...info.array_type!.shape]);
  }
  if (inner.length > 1) return `it has ${inner.length + 1} dimensions`;
  if (inner.length === 1) return rowReadings(info, inner[0]);
  if (info.type === TYPE_CLASS.vlen) {
    if (isPair(info.vlen_type)) return [{ type: { kind: 'SparseFloatVector' }, layout: { as: 'sparse' } }];
    const element = elementOf(info.vlen_type!);
    if (element === undefined) return `it holds lists of ${typeName(info.vlen_type!)}`;
    return [{ type: { kind: 'Array', element: element.type }, layout: { as: 'varList', element } }];
  }
  const element = elementOf(info);
  if (element === undefined) return `its type is ${typeName(info)}`;
  const layout: RowLayout = { as: 'scalar', element };
  const more: LogicalType[] = element.type.kind === 'VarChar'
    ? [{ kind: 'JSON' }, { kind: 'Geometry' }]
    : element.type.kind === 'Int64'
    ? [{ kind: 'Timestamptz' }]
    : [];
  return [element.type, ...more].map((type) => ({ type, layout }));
}

/** The ways to read rows of `width` values. */
function rowReadings(info: DataInfo, width: number): readonly Reading[] | string {
  const element = elementOf(info);
  if (element === undefined) return `its type is ${typeName(info)}`;
  if (width === 0) return 'its rows hold no values';
  const list: Reading = {
    type: { kind: 'Array', element: element.type, maxCapacity: width },
    layout: { as: 'list', width, element },
  };
  const vector = (type: LogicalType): Reading => ({
    type,
    layout: { as: 'vector', width, size: element.size },
  });
  switch (element.read) {
    case 'float16':
      return [vector({ kind: 'Float16Vector', dim: width }), list];
    case 'bool': {
      if (width % 8 !== 0) return [list];
      const note = 'booleans are packed 8 to a byte, the first in the highest bit, as numpy.packbits does';
      const layout: RowLayout = { as: 'packed', width, size: element.size };
      return [{ type: { kind: 'BinaryVector', dim: width }, layout, note }, list];
    }
    case 'widened':
      if (element.size === 1) {
        const bits = vector({ kind: 'BinaryVector', dim: width * 8 });
        return [list, { ...bits, note: `its bytes are packed bits: binary vectors of ${width * 8} bits` }];
      }
      return element.size === 2 ? [list, vector({ kind: 'BFloat16Vector', dim: width })] : [list];
    case 'same':
      if (element.type.kind === 'Float') return [vector({ kind: 'FloatVector', dim: width }), list];
      if (element.type.kind === 'Double') return [vector({ kind: 'DoubleVector', dim: width }), list];
      return element.size === 1 ? [list, vector({ kind: 'Int8Vector', dim: width })] : [list];
    default:
      return [list];
  }
}

/** Whether rows hold pointers to values of any length. */
export function isVariable(layout: RowLayout): boolean {
  return layout.as === 'varList' || layout.as === 'sparse' ||
    (layout.as !== 'vector' && layout.as !== 'packed' && layout.element.read === 'text');
}

function isAsStored(info: DataInfo, layout: RowLayout): boolean {
  const sameBytes = layout.as === 'vector' || (layout.as === 'scalar' && layout.element.read === 'same');
  return sameBytes && info.type !== TYPE_CLASS.array && (info.littleEndian || info.size === 1);
}

function bytesOfRow(layout: RowLayout): number {
  switch (layout.as) {
    case 'scalar':
      return layout.element.size;
    case 'vector':
    case 'packed':
      return layout.width * layout.size;
    case 'list':
      return layout.width * layout.element.size;
    case 'varList':
    case 'sparse':
      return 8;
  }
}

/** Refuses extents that the bytes of the file cannot hold, before anything is allocated. */
function checkExtent(file: H5File, path: string, info: DataInfo, rowBytes: number): void {
  const claimed = info.shape![0] * rowBytes;
  const possible = mostValueBytes(file, path);
  if (claimed > possible || !Number.isSafeInteger(claimed)) {
    throw tooMany(
      { file, path, possible },
      `(${info.shape!.join(', ')}) takes ${claimed}`,
      'if parts of it were never written, fill them or make the file again',
    );
  }
  if (rowBytes > MOST_BYTES_AT_ONCE) throw tooLarge(file, path, `a row of ${rowBytes} bytes`);
}

/** Bytes of values that a file of this size can hold after the filters of a data set. */
function mostValueBytes(file: H5File, path: string): number {
  const filters = supportedFilters(file, path).filter((name) => name !== 'shuffle' && name !== 'fletcher32');
  if (filters.length === 0) return file.size;
  return filters.every((name) => name === 'gzip') ? file.size * BEST_DEFLATE : Infinity;
}

/** Rows of a chunk. Filtered chunks can only be read as a whole; others are worth it while they are small. */
function chunkRows(file: H5File, path: string, info: DataInfo): number {
  if (info.chunks === null) return 1;
  // Chunks may be wider than the data set.
  const bytes = info.chunks.reduce((product, extent) => product * extent, info.size);
  const filtered = supportedFilters(file, path).length > 0;
  if (filtered && bytes > MOST_BYTES_AT_ONCE) {
    const possible = mostValueBytes(file, path);
    if (bytes <= possible) throw tooLarge(file, path, `chunks of ${bytes} bytes`);
    throw tooMany(
      { file, path, possible },
      `chunks of (${info.chunks.join(', ')}) take ${bytes}`,
      'copy or download the file again; if it was made so, make it with smaller chunks',
    );
  }
  return filtered || bytes <= WORTH_WHOLE ? info.chunks[0] : 1;
}

const WORTH_WHOLE = 4 * 2 ** 20;

function tooMany(
  { file, path, possible }: { file: H5File; path: string; possible: number },
  claim: string,
  remedy: string,
): VtsError {
  return new VtsError(
    'InputMalformed',
    `${path} in ${file.name} claims more values than the file can hold`,
    { file: file.name, field: path, expected: `at most ${possible} bytes of values; ${claim}`, remedy },
  );
}

function tooLarge(file: H5File, path: string, what: string): VtsError {
  const layout = shellQuote(`${path}:CHUNK=1024x...`);
  return new VtsError('MemoryLimit', `${path} in ${file.name} has ${what}`, {
    file: file.name,
    field: path,
    expected: `at most ${MOST_BYTES_AT_ONCE} bytes`,
    remedy: `rewrite it with smaller chunks: h5repack -l ${layout} ${shellQuote(file.name)} OUT`,
  });
}
