/** How each logical type lies in a file we write. */
import type { LogicalType } from '../../../core/types.ts';
import { type FileType, typeSize } from './file-type.ts';

/** The type of a data set and the values in a row of it, if there is a second extent. */
export interface StoredType {
  readonly type: FileType;
  readonly width?: number;
}

const int = (size: 1 | 2 | 4 | 8, signed = true): FileType => ({ class: 'int', size, signed });
const float = (size: 2 | 4 | 8): FileType => ({ class: 'float', size });

/** How `type` is stored. */
export function storedType(type: LogicalType): StoredType {
  switch (type.kind) {
    case 'Bool':
      return { type: { class: 'bool' } };
    case 'Int8':
      return { type: int(1) };
    case 'Int16':
      return { type: int(2) };
    case 'Int32':
      return { type: int(4) };
    case 'Int64':
    case 'Timestamptz':
      return { type: int(8) };
    case 'Float':
      return { type: float(4) };
    case 'Double':
      return { type: float(8) };
    case 'VarChar':
    case 'JSON':
    case 'Geometry':
      return { type: { class: 'string' } };
    case 'FloatVector':
      return { type: float(4), width: type.dim };
    case 'DoubleVector':
      return { type: float(8), width: type.dim };
    case 'Float16Vector':
      return { type: float(2), width: type.dim };
    case 'BFloat16Vector':
      // HDF5 before 2.0 and NumPy have no name for these 16 bits.
      return { type: int(2, false), width: type.dim };
    case 'Int8Vector':
      return { type: int(1), width: type.dim };
    case 'BinaryVector':
      return { type: int(1, false), width: type.dim / 8 };
    case 'Array':
      return { type: { class: 'list', element: storedType(type.element).type } };
    case 'SparseFloatVector':
      return { type: { class: 'list', element: { class: 'pair' } } };
    case 'StructArray':
      throw new TypeError('arrays of structs are not written to HDF5');
  }
}

/** A data set's type and how its rows are cut into chunks. */
export interface DatasetShape extends StoredType {
  readonly rowBytes: number;
  readonly chunkRows: number;
}

/** The data set for a column of `type`; `rows` where they are known. */
export function datasetShape(type: LogicalType, rows: number | undefined): DatasetShape {
  const stored = storedType(type);
  const rowBytes = typeSize(stored.type) * (stored.width ?? 1);
  // Vectors are read and written by the megabyte; narrow columns would then fill a chunk only after very many rows.
  const bytes = stored.width === undefined ? 64 * 1024 : 1024 * 1024;
  const chunkRows = Math.max(1, Math.min(Math.floor(bytes / rowBytes), rows ?? Infinity));
  return { ...stored, rowBytes, chunkRows };
}
