/**
 * A file's footer (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift), read by hyparquet
 * and checked against the bytes that exist, so that what follows can trust it.
 */
import { type ColumnMetaData, type FileMetaData, parquetMetadata } from 'hyparquet';
import { isVtsError, VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { type SchemaNode, schemaTree } from './schema-tree.ts';
import { thriftEnd } from './thrift-check.ts';

/** What the footer of a file says. */
export interface ParquetFile {
  readonly source: ByteSource;
  readonly size: number;
  readonly version: number;
  readonly createdBy: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly columns: readonly SchemaNode[];
  readonly leaves: readonly SchemaNode[];
  readonly rows: number;
  readonly groups: readonly RowGroup[];
}

/** Some rows. */
export interface RowGroup {
  readonly firstRow: number;
  readonly rows: number;
  /** One for each leaf. */
  readonly chunks: readonly Chunk[];
}

/** The pages of one leaf in one row group: bytes [`start`, `end`). */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  /** Values, nulls and empty lists included. */
  readonly values: number;
  /** Bytes of all pages uncompressed. */
  readonly unpacked: number;
  readonly codec: string;
  readonly encodings: readonly string[];
}

const MAGIC = 'PAR1';
/** Magic bytes before and after, and the footer's length. */
const FRAME = 12;
/** A larger footer would take gigabytes when unpacked. */
const LARGEST_FOOTER = 256 * 1024 * 1024;

/**
 * Reads the footer.
 * @throws VtsError InputMalformed, InputTruncated, InputUnsupported, MemoryLimit
 */
export async function readFooter(source: ByteSource): Promise<ParquetFile> {
  const file = source.name;
  const { size } = source;
  if (size === undefined) throw new TypeError('Parquet needs random access');
  const metadata = await readMetadata(source, size);
  try {
    return checkedFile(source, size, metadata);
  } catch (error) {
    if (isVtsError(error)) throw error.at({ file });
    throw brokenFooter(file, size, error);
  }
}

async function readMetadata(source: ByteSource, size: number): Promise<FileMetaData> {
  const file = source.name;
  const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
  const head = text(await source.read(0, Math.min(4, size)));
  if (head !== MAGIC) {
    if (head === 'PARE') throw encrypted(file);
    if (MAGIC.startsWith(head)) throw truncated(file, size);
    throw new VtsError('InputMalformed', `${file} is no Parquet file`, {
      file,
      byte: 0,
      expected: `the bytes ${MAGIC}`,
    });
  }
  if (size < FRAME) throw truncated(file, size);
  const tail = await source.read(size - 8, 8);
  const magic = text(tail.subarray(4));
  if (magic === 'PARE') throw encrypted(file);
  if (magic !== MAGIC) throw truncated(file, size);
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > size - FRAME) {
    throw new VtsError('InputMalformed', `the footer says it has ${length} bytes`, {
      file,
      byte: size - 8,
      expected: `at most ${size - FRAME}`,
    });
  }
  if (length > LARGEST_FOOTER) {
    throw new VtsError('MemoryLimit', `the footer has ${length} bytes`, {
      file,
      expected: `at most ${LARGEST_FOOTER}`,
      remedy: 'write the file again with larger row groups',
    });
  }
  const bytes = await source.read(size - 8 - length, length + 8);
  if (thriftEnd(bytes.subarray(0, length)) === undefined) throw brokenFooter(file, size);
  try {
    return parquetMetadata(bytes, { geoparquet: false });
  } catch (error) {
    throw brokenFooter(file, size, error);
  }
}

function checkedFile(source: ByteSource, size: number, metadata: FileMetaData): ParquetFile {
  const { columns, leaves } = schemaTree(metadata.schema);
  const footer = size - 8 - metadata.metadata_length;
  let rows = 0;
  const groups = metadata.row_groups.map((group, g): RowGroup => {
    const count = wholeNumber(group.num_rows, `the rows of row group ${g}`);
    if (group.columns.length !== leaves.length) {
      throw broken(
        `row group ${g} has ${group.columns.length} column chunks`,
        `${leaves.length}, as the schema`,
      );
    }
    const chunks = group.columns.map((column, leaf) => {
      if (column.crypto_metadata !== undefined || column.encrypted_column_metadata !== undefined) {
        throw encrypted(source.name);
      }
      if (column.file_path) {
        throw new VtsError('InputUnsupported', `a column is kept in another file: ${column.file_path}`);
      }
      const place = `column chunk ${leaf} of row group ${g}`;
      if (column.meta_data === undefined) throw broken(`${place} has no metadata`, 'metadata');
      return checkedChunk(column.meta_data, leaves[leaf], { place, rows: count, footer });
    });
    rows += count;
    return { firstRow: rows - count, rows: count, chunks };
  });
  const total = wholeNumber(metadata.num_rows, 'the row count');
  if (total !== rows) throw broken(`the footer says ${total} rows, its row groups ${rows}`, 'the same count');
  return {
    source,
    size,
    version: metadata.version,
    createdBy: metadata.created_by,
    metadata: new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value ?? ''])),
    columns,
    leaves,
    rows,
    groups,
  };
}

function checkedChunk(
  meta: ColumnMetaData,
  node: SchemaNode,
  { place, rows, footer }: { place: string; rows: number; footer: number },
): Chunk {
  if (meta.type !== node.element.type) throw broken(`${place} holds ${meta.type}`, `${node.element.type}`);
  const values = wholeNumber(meta.num_values, `the values of ${place}`);
  if (node.rep === 0 ? values !== rows : values < rows) {
    throw broken(`${place} has ${values} values`, `${node.rep === 0 ? '' : 'at least '}${rows}, a row each`);
  }
  const data = wholeNumber(meta.data_page_offset, `the place of ${place}`);
  const dictionary = wholeNumber(meta.dictionary_page_offset ?? 0n, `the dictionary of ${place}`);
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const length = wholeNumber(meta.total_compressed_size, `the size of ${place}`);
  if (values > 0 && (start < 4 || start + length > footer)) {
    throw broken(`${place} lies at bytes ${start} to ${start + length}`, `bytes 4 to ${footer}`);
  }
  return {
    start,
    end: start + length,
    values,
    unpacked: wholeNumber(meta.total_uncompressed_size, `the size of ${place}`),
    codec: meta.codec ?? 'unknown',
    encodings: meta.encodings ?? [],
  };
}

function wholeNumber(value: bigint | number | undefined, what: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw broken(`${what} is ${value}`, 'a whole number');
}

function broken(message: string, expected: string): VtsError {
  return new VtsError('InputMalformed', message, { expected });
}

function brokenFooter(file: string, size: number, cause?: unknown): VtsError {
  return new VtsError('InputMalformed', 'the Parquet footer cannot be understood', {
    file,
    byte: size - 8,
    remedy: 'copy or make the file again',
    cause,
  });
}

function truncated(file: string, size: number): VtsError {
  return new VtsError('InputTruncated', `${file} does not end as a Parquet file does`, {
    file,
    byte: size,
    expected: `the bytes ${MAGIC} at its end`,
    remedy: 'copy the file again: the writer did not finish, or the copy is cut off',
  });
}

function encrypted(file: string): VtsError {
  return new VtsError('InputUnsupported', `${file} is encrypted`, {
    file,
    remedy: 'write it without encryption',
  });
}
