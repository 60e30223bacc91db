/** The LocalFile sink: from a table to an export or a conversion. */
import { join } from 'node:path';
import type { FlagValue, Step } from '../job.ts';
import type { Block } from './block.ts';
import { columnFlags } from './column-flags.ts';
import { DATA_MODES, SCHEMA_MODES } from './save-mode.ts';
import type { SinkPlan } from './sinks.ts';
import { findSinkColumns } from './sink-columns.ts';
import { FILE_FORMATS, readFormat } from './sources.ts';
import type { Survey } from '../survey.ts';
import type { Table } from './table.ts';

const PART_SIZE = '256MiB';
const EXTENSIONS: Readonly<Record<string, string>> = { parquet: '.parquet', jsonl: '.jsonl', csv: '.csv' };

/** Where files go and what they are called. */
interface Naming {
  readonly path: string;
  readonly format: string;
  /** The name of the one file, where one is asked for. */
  readonly fileName: string | undefined;
  readonly extension: string;
}

/** Reads a LocalFile sink; what is wrong with it becomes problems. */
export function readFileSink(block: Block): SinkPlan | undefined {
  const path = block.required('path', '"/data/out"');
  const format = readFormat(block, block.text('file_format_type') ?? 'csv');
  const columns = block.list('sink_columns');
  const header = block.truth('enable_header_write') ?? false;
  const compression = readCompression(block, format);
  const fileName = readFileName(block);
  const extension = block.text('filename_extension');
  const schema = block.choice('schema_save_mode', SCHEMA_MODES) ?? 'CREATE_SCHEMA_WHEN_NOT_EXIST';
  const data = block.choice('data_save_mode', DATA_MODES) ?? 'APPEND_DATA';
  readDetails(block);
  block.end();
  if (format === undefined || path === '') return undefined;
  const naming: Naming = {
    path,
    format,
    fileName,
    extension: extension === undefined ? EXTENSIONS[format] : `.${extension.replace(/^\./, '')}`,
  };
  const own: Record<string, FlagValue> = {
    to: format,
    ...(compression === undefined ? {} : { compression }),
    ...(format === 'csv' && !header ? { layout: 'no-header' } : {}),
  };
  // deno-lint-ignore require-await
  return async (table, survey) => {
    const directory = fill(naming.path, table);
    const there = survey.fileNames(directory);
    if (there === undefined && (schema === 'ERROR_WHEN_SCHEMA_NOT_EXIST' || schema === 'IGNORE')) {
      block.refuse(
        'schema_save_mode',
        `There is no directory ${directory}, and ${schema} makes none`,
        `mkdir -p ${directory}`,
      );
      return undefined;
    }
    const isFull = !survey.resuming && (there ?? []).some((name) => !name.startsWith('.'));
    const drops = schema === 'RECREATE_SCHEMA' || data === 'DROP_DATA';
    if (isFull && !drops && data === 'ERROR_WHEN_DATA_EXISTS') {
      block.refuse(
        'data_save_mode',
        `There are files in ${directory} already`,
        'name another path, or write APPEND_DATA or DROP_DATA',
      );
      return undefined;
    }
    const chosen = columns === undefined ? table : findSinkColumns(table, columns, block);
    const step: Step = {
      verb: table.kind === 'milvus' ? 'export' : 'convert',
      from: table.from,
      ...target(naming, directory, table, { drops, isFull, survey }),
      at: block.at,
      places: { from: table.at, to: block.placeOf('path') },
    };
    const made: Record<string, FlagValue> = there === undefined ? { parents: true } : {};
    const flags = { ...table.flags, ...columnFlags(chosen, undefined), ...own, ...step.flags, ...made };
    return { ...step, flags };
  };
}

/** A directory of part files; a file of its own where one is named, or where others are to stay. */
function target(
  { fileName, extension }: Naming,
  directory: string,
  table: Table,
  { drops, isFull, survey }: { readonly drops: boolean; readonly isFull: boolean; readonly survey: Survey },
): Pick<Step, 'to' | 'flags'> {
  if (fileName === undefined && (!isFull || drops)) {
    return {
      to: `${directory.replace(/\/+$/, '')}/`,
      flags: { 'part-size': PART_SIZE, ...(isFull ? { overwrite: true } : {}) },
    };
  }
  const name = fill(fileName ?? table.name, table);
  const there = new Set(survey.resuming ? [] : survey.fileNames(directory));
  let file = `${name}${extension}`;
  for (let count = 2; !drops && there.has(file); count++) file = `${name}_${count}${extension}`;
  return { to: join(directory, file), flags: there.has(file) ? { overwrite: true } : {} };
}

/** `text` with the names of the table in it. */
function fill(text: string, { database, name }: Table): string {
  return text.replaceAll('${table_name}', name).replaceAll('${database_name}', database).replaceAll(
    '${schema_name}',
    database,
  );
}

function readFileName(block: Block): string | undefined {
  const isCustom = block.truth('custom_filename') ?? false;
  const expression = block.text('file_name_expression');
  const isSingle = block.truth('single_file_mode') ?? false;
  block.passOver('filename_time_format');
  if (!isCustom || expression === undefined) return isSingle ? '${table_name}' : undefined;
  const varying = /\$\{(now|uuid)\}/.exec(expression);
  if (varying !== null) {
    block.refuse(
      'file_name_expression',
      `A name with ${varying[0]} is another one in each run, so none could be resumed`,
      'name the file after ${table_name}',
    );
  }
  const fixed = expression.replaceAll(/\$\{transactionId\}_?/g, '');
  return fixed === '' ? '${table_name}' : fixed;
}

function readCompression(block: Block, format: string | undefined): string | undefined {
  const codec = block.text('compress_codec')?.toLowerCase();
  if (codec === undefined || codec === 'none') return undefined;
  const known = format === 'parquet' ? ['snappy', 'gzip', 'zstd'] : ['gzip', 'zstd'];
  if (known.includes(codec)) return codec;
  block.refuse('compress_codec', `The codec ${codec} is not supported`, `one of none, ${known.join(', ')}`);
  return undefined;
}

/** Keys that vts has one answer for, or none. */
function readDetails(block: Block): void {
  const encoding = block.text('encoding');
  if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) {
    block.refuse(
      'encoding',
      `The encoding ${encoding} is not supported`,
      `iconv -f UTF-8 -t ${encoding} converts files`,
    );
  }
  const delimiter = block.text('field_delimiter');
  if (delimiter !== undefined && delimiter !== ',') {
    block.refuse(
      'field_delimiter',
      'Only commas are written between cells',
      `leave it out; known formats: ${Object.keys(FILE_FORMATS).join(', ')}`,
    );
  }
  if (block.truth('have_partition')) {
    block.refuse('have_partition', 'Directories by the values of a column are not supported', 'leave it out');
  }
  const quotes = block.choice('csv_string_quote_mode', ['MINIMAL', 'ALL', 'NONE']);
  if (quotes !== undefined && quotes !== 'MINIMAL') {
    block.refuse(
      'csv_string_quote_mode',
      `Quotes are written as MINIMAL says, not ${quotes}`,
      'leave it out',
    );
  }
  block.unsupported({
    partition_by: 'leave it out',
    partition_dir_expression: 'leave it out',
    is_partition_field_write_in_file: 'leave it out',
    parquet_avro_write_timestamp_as_int96: 'leave it out: times are written as microseconds in 64 bits',
    parquet_avro_write_fixed_as_int96: 'leave it out',
    sheet_name: 'write csv',
    max_rows_in_memory: 'write csv',
    xml_root_tag: 'write json',
    xml_row_tag: 'write json',
    xml_use_attr_format: 'write json',
  });
  block.passOver(
    'tmp_path',
    'is_enable_transaction',
    'batch_size',
    'row_delimiter',
    'create_empty_file_when_no_data',
    'date_format',
    'datetime_format',
    'time_format',
  );
}
