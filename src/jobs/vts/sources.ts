/** Source blocks: collections of a Milvus server, and local files. */
import type { Field } from '../../core/schema.ts';
import type { FlagValue } from '../job.ts';
import type { Block } from './block.ts';
import { readFileSchema } from './file-schema.ts';
import { collectionAddress, readServer } from './server.ts';
import type { Survey } from '../survey.ts';
import type { Table, TableColumn } from './table.ts';

/** A source that is read: its tables are known once servers and files are looked at. */
export type SourcePlan = (survey: Survey) => Promise<readonly Table[]>;

const UNNAMED = 'default';

/** Reads the source block `kind`; what is wrong with it becomes problems. */
export function readSource(
  kind: string,
  block: Block,
  parallelism: number | undefined,
): SourcePlan | undefined {
  if (/^milvus$/i.test(kind)) return readMilvus(block, parallelism);
  if (/^localfile$/i.test(kind)) return readLocalFile(block);
  block.problems.add(
    block.at,
    `The source ${kind} is not supported`,
    SOURCES[kind.toLowerCase()] ?? SOURCES.other,
  );
  return undefined;
}

const SOURCES: Readonly<Record<string, string>> = {
  other: 'vts reads Milvus and LocalFile; let that tool write parquet files, and read these with LocalFile',
  fakesource: 'it makes test data; give real data with LocalFile',
  s3file: 'copy the files here first, and read them with LocalFile',
  hdfsfile: 'copy the files here first, and read them with LocalFile',
};

function readMilvus(block: Block, parallelism: number | undefined): SourcePlan {
  const server = readServer(block);
  const database = block.text('database') || UNNAMED;
  const one = block.text('collection');
  const listed = block.list('collections') ?? [];
  const wanted = one === undefined || one === '' ? listed : [...listed, one];
  const parallel = block.integer('parallelism', 1) ?? parallelism;
  const batchRows = block.integer('batch_size', 1);
  block.passOver('rate_limit');
  block.end();
  const flags: Record<string, FlagValue> = {
    ...server.flags,
    load: true,
    ...(parallel === undefined ? {} : { parallel: Math.min(parallel, 64) }),
  };
  return async (survey) => {
    const names = wanted.length > 0 ? wanted : await survey.collections(server, database);
    const tables = await Promise.all(names.map(async (name): Promise<Table | undefined> => {
      const fields = await survey.fields(server, database, name);
      if (fields === undefined) {
        block.refuse(
          wanted.length > 0 && listed.includes(name) ? 'collections' : 'collection',
          `There is no collection "${name}" in the database "${database}" of ${server.address}`,
          `vts inspect ${server.address} lists them`,
        );
        return undefined;
      }
      const from = [collectionAddress(server, database, name)];
      const columns = columnsOf(fields);
      return { kind: 'milvus', database, name, from, flags, columns, chosen: false, batchRows, at: block.at };
    }));
    return tables.filter((table) => table !== undefined);
  };
}

/** The columns of `fields`, those that the server computes aside. */
function columnsOf(fields: readonly Field[]): readonly TableColumn[] {
  return fields.filter((field) => !field.functionOutput).map((
    { name, type, primaryKey, autoId, dynamic },
  ) => ({
    name,
    source: name,
    type,
    ...(primaryKey ? { primaryKey } : {}),
    ...(autoId ? { autoId } : {}),
    ...(dynamic ? { dynamic } : {}),
  }));
}

/** The formats of files by the names that that tool has for them. */
export const FILE_FORMATS: Readonly<Record<string, string>> = {
  parquet: 'parquet',
  json: 'jsonl',
  csv: 'csv',
};

const NO_FORMAT =
  'vts knows parquet, json and csv there; vts convert makes parquet of Faiss and HDF5 files, DuckDB or pandas of others';

function readLocalFile(block: Block): SourcePlan | undefined {
  const several = block.blocks('tables_configs');
  if (several === undefined) return readFiles(block);
  block.end();
  const plans = several.map(readFiles);
  if (plans.some((plan) => plan === undefined)) return undefined;
  return async (survey) => (await Promise.all(plans.map((plan) => plan!(survey)))).flat();
}

function readFiles(block: Block): SourcePlan | undefined {
  const path = block.required('path', '"/data/vectors.parquet"');
  const format = readFormat(block, block.required('file_format_type', '"parquet"'));
  const columns = block.list('read_columns');
  const { schema, table, id } = readFileSchema(block);
  readFileDetails(block, format);
  block.unsupported({
    file_filter_pattern: 'put a pattern into the path: /data/*.parquet',
    filename_extension: 'put a pattern into the path: /data/*.csv',
    null_format: 'in a csv file nothing between two commas is null',
    archive_compress_codec: 'unpack the archive first',
    sheet_name: 'save the sheet as csv',
    excel_engine: 'save the sheet as csv',
    xml_row_tag: 'vts reads parquet, json and csv',
    xml_use_attr_format: 'vts reads parquet, json and csv',
  });
  block.passOver('parse_partition_from_path', 'date_format', 'datetime_format', 'time_format');
  block.end();
  if (format === undefined || path === '') return undefined;
  const flags: Record<string, FlagValue> = {
    from: format,
    ...(schema === undefined ? {} : { schema }),
    ...(id === undefined ? {} : { id }),
  };
  return async (survey) => {
    const { fields, hasMetric } = await survey.files([path], flags);
    const found = columnsOf(fields);
    const chosen = columns === undefined ? found : columns.flatMap((name) => {
      const column = found.find((one) => one.name === name);
      if (column !== undefined) return [column];
      block.refuse('read_columns', `There is no column "${name}" in ${path}`, namesOf(found));
      return [];
    });
    const keyed = chosen.map((column) => column.name === id ? { ...column, primaryKey: true } : column);
    const name = table ?? UNNAMED;
    return [{
      kind: 'file',
      database: 'default',
      name,
      from: [path],
      flags,
      columns: keyed,
      chosen: columns !== undefined,
      hasMetric,
      at: block.at,
    }];
  };
}

/** The names of columns, for remedies. */
export function namesOf(columns: readonly TableColumn[]): string {
  return `it has ${columns.map((column) => column.name).join(', ')}`;
}

/** The format of vts for the one that `block` names. */
export function readFormat(block: Block, name: string): string | undefined {
  if (name === '') return undefined;
  const format = FILE_FORMATS[name.toLowerCase()];
  if (format === undefined) {
    block.refuse('file_format_type', `Files of the format ${name} are not supported`, NO_FORMAT);
  }
  return format;
}

/** Keys on text files that vts has one answer for. */
function readFileDetails(block: Block, format: string | undefined): void {
  const encoding = block.text('encoding');
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
    block.refuse(
      'encoding',
      `The encoding ${encoding} is not supported`,
      `iconv -f ${encoding} -t UTF-8 converts files`,
    );
  }
  const codec = block.text('compress_codec');
  if (codec !== undefined && format !== 'parquet' && !/^(none|gzip|zstd)$/i.test(codec)) {
    block.refuse(
      'compress_codec',
      `The codec ${codec} is not supported`,
      'vts reads plain, gzip and zstd files, and tells which',
    );
  }
  for (const key of ['field_delimiter', 'delimiter']) {
    const delimiter = block.text(key);
    if (delimiter === undefined || [',', ';', '\t', '|'].includes(delimiter)) continue;
    block.refuse(
      key,
      `The delimiter ${JSON.stringify(delimiter)} is not supported`,
      'a comma, a semicolon, a tab or a bar',
    );
  }
  const skipped = block.integer('skip_header_row_number');
  if (skipped !== undefined && skipped > 1) {
    block.refuse(
      'skip_header_row_number',
      `${skipped} lines before the rows are not supported`,
      'leave one line, with the names',
    );
  }
}
