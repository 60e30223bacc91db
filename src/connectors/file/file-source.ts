/** One or many files of one data set as a source. */
import { basename, dirname, join } from 'node:path';
import { columnsByName, makeBatch } from '../../core/batch.ts';
import { projectSchema, type Range, type ReadRequest, type Source } from '../../core/endpoint.ts';
import type { Dataset, Field, Metric, Schema } from '../../core/schema.ts';
import { formatType, sameLayout } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { FormatInfo, FormatReader, ReadOptions } from '../../formats/format.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { nodeFileOps } from '../../stores/file-ops.ts';
import { createScratch, openFileSource as openFile, statInput } from '../../stores/file.ts';
import { spoolSource } from '../../stores/spool.ts';
import { openStdin } from '../../stores/stdio.ts';
import { meterStream } from './meter-stream.ts';
import { detectInput } from './detect.ts';
import { expandInput, parseEndpoint } from './paths.ts';

/** What a user may say about an input. */
export interface FileSourceOptions extends Omit<ReadOptions, 'scratch' | 'path' | 'sibling'> {
  /** The format's name, as `--from` takes it. */
  readonly format?: string;
  /** The metric that the user gives, which settles it when files disagree. */
  readonly metric?: Metric;
  /** The output, which is no input even where a directory or pattern takes it in. */
  readonly output?: string;
  /** Where scratch files go. */
  readonly tempDir: string;
}

/** An open file and its reader. */
interface OpenFile {
  readonly reader: FormatReader;
  readonly format: FormatInfo;
  /** Bytes that were streamed out of the file; a format that reads at random tells its rows instead. */
  streamed(): number;
  close(): Promise<void>;
}

/** A source of files, and what `vts inspect` needs beside it. */
export interface FileSource extends Source {
  readonly files: readonly string[];
  readonly format: FormatInfo;
  /** The format's own facts about the first file. */
  inspect(): ReturnType<FormatReader['inspect']>;
}

/**
 * Opens `endpoints` (files, directories, globs, `-`) as one source; a range per file.
 * @throws VtsError when a file cannot be read, or when files do not fit together
 */
export async function openFileSource(
  endpoints: readonly string[],
  options: FileSourceOptions,
): Promise<FileSource> {
  const inputs = endpoints.map(parseEndpoint).flatMap(({ path, inside }) =>
    expandInput(path, options.output).map((file) => ({ file, ...(inside === undefined ? {} : { inside }) }))
  );
  const first = await open(inputs[0], options);
  const datasets = [first.reader.dataset];
  try {
    for (const input of inputs.slice(1)) {
      const { reader, close } = await open(input, options);
      datasets.push(reader.dataset);
      await close();
    }
    return new FileSourceOver(inputs, first, datasets, options);
  } catch (error) {
    await first.close();
    throw error;
  }
}

interface Input {
  readonly file: string;
  readonly inside?: string;
}

class FileSourceOver implements FileSource {
  readonly name: string;
  readonly files: readonly string[];
  readonly format: FormatInfo;
  readonly dataset: Dataset;
  readonly fingerprint: string;
  readonly bytes?: number;
  readonly repeatable = true;
  readonly #ranges: readonly Range[];
  readonly #inputs: readonly Input[];
  readonly #first: OpenFile;
  readonly #options: FileSourceOptions;
  /** Bytes of the files that are done, and the file at hand. */
  #bytesDone = 0;
  #current: OpenFile | undefined;

  constructor(
    inputs: readonly Input[],
    first: OpenFile,
    datasets: readonly Dataset[],
    options: FileSourceOptions,
  ) {
    this.#inputs = inputs;
    this.#first = first;
    this.#options = options;
    this.files = inputs.map((input) => input.file);
    this.format = first.format;
    this.name = inputs.length === 1
      ? displayName(inputs[0].file)
      : `${inputs.length} files (${inputs[0].file} ...)`;
    this.dataset = mergeDatasets(this.files, datasets, options);
    this.#ranges = inputs.map(({ file }, i) => ({
      id: `${i}:${file}`,
      name: displayName(file),
      ...(datasets[i].rows === undefined ? {} : { rows: datasets[i].rows }),
    }));
    const stats = this.files.map((file) => file === '-' ? undefined : statInput(file));
    this.fingerprint = stats.map((stat, i) => `${this.files[i]}:${stat?.size ?? '-'}:${stat?.mtimeMs ?? '-'}`)
      .join(' ');
    if (stats.every((stat) => stat !== undefined)) {
      this.bytes = stats.reduce((sum, stat) => sum + stat!.size, 0);
    }
  }

  plan(): Promise<readonly Range[]> {
    return Promise.resolve(this.#ranges);
  }

  async *read({ id }: Range, request: ReadRequest): ReturnType<Source['read']> {
    const index = Number(id.slice(0, id.indexOf(':')));
    const opened = index === 0 ? this.#first : await open(this.#inputs[index], this.#options);
    const schema = projectSchema(this.dataset.schema, request.columns);
    this.#current = opened;
    try {
      for await (const { batch, cursor } of opened.reader.read(request)) {
        const byName = columnsByName(batch);
        const columns = schema.fields.map((field) => byName.get(field.name)!);
        yield { batch: makeBatch(schema, columns), cursor };
      }
    } finally {
      this.#bytesDone += opened.streamed();
      this.#current = undefined;
      if (index > 0) await opened.close();
    }
  }

  fraction(): number | undefined {
    if (this.bytes === undefined || this.dataset.rows !== undefined) return undefined;
    return (this.#bytesDone + (this.#current?.streamed() ?? 0)) / this.bytes;
  }

  inspect(): ReturnType<FormatReader['inspect']> {
    return this.#first.reader.inspect();
  }

  close(): Promise<void> {
    return this.#first.close();
  }
}

function displayName(file: string): string {
  return file === '-' ? 'stdin' : file;
}

async function open({ file, inside }: Input, options: FileSourceOptions): Promise<OpenFile> {
  let streamed = 0;
  let source = file === '-' ? openStdin() : meterStream(openFile(file), (bytes) => streamed += bytes);
  try {
    const format = await detectInput(source, options.format);
    const { reader: factory } = await format.load();
    if (factory === undefined) throw new VtsError('Usage', `vts writes ${format.title} but does not read it`);
    if (inside !== undefined && factory.selects !== true) {
      throw new VtsError('Usage', `${file}::${inside}: there is nothing to choose inside ${format.title}`);
    }
    if (factory.access === 'seek' && source.size === undefined) {
      source = await spoolSource(source, createScratch(options.tempDir));
    }
    const reader = await factory.open(source, {
      ...options,
      ...(inside === undefined ? {} : { path: inside }),
      sibling: (name) => openSibling(file, name),
      scratch: () => createScratch(options.tempDir),
    });
    return {
      reader,
      format,
      streamed: () => streamed,
      async close() {
        await reader.close();
        await source.close();
      },
    };
  } catch (error) {
    await source.close();
    throw error instanceof VtsError ? error.at({ file: source.name }) : error;
  }
}

/** The file called `name` in the folder of `file`; what stands in an input never leads anywhere else. */
function openSibling(file: string, name: string): ByteSource | undefined {
  const path = join(dirname(file), basename(name));
  if (file === '-' || basename(name) !== name || !nodeFileOps.exists(path)) return undefined;
  return openFile(path);
}

/** The data set of all files together. Files without rows need not agree: their types may be guesses. */
function mergeDatasets(
  files: readonly string[],
  datasets: readonly Dataset[],
  { metric }: FileSourceOptions,
): Dataset {
  const filled = datasets.findIndex((dataset) => dataset.rows !== 0);
  const base = Math.max(0, filled);
  let schema = datasets[base].schema;
  datasets.forEach((dataset, i) => {
    if (metric === undefined && dataset.metric !== datasets[base].metric && dataset.rows !== 0) {
      throw new VtsError(
        'InputMalformed',
        `The files have different metrics: ${files[base]} ${datasets[base].metric ?? 'none'}, ${files[i]} ${
          dataset.metric ?? 'none'
        }`,
        {
          file: files[i],
          remedy: 'say which one holds with --metric',
        },
      );
    }
    if (i !== base && dataset.rows !== 0) {
      schema = mergeSchemas(files[base], schema, files[i], dataset.schema);
    }
  });
  const rows = datasets.reduce<number | undefined>(
    (sum, dataset) => sum === undefined || dataset.rows === undefined ? undefined : sum + dataset.rows,
    0,
  );
  const { rows: _, ...first } = datasets[base];
  const notes = [...new Set(datasets.flatMap((dataset) => dataset.notes)), ...partitionNote(files)];
  return { ...first, schema, notes, ...(rows === undefined ? {} : { rows }) };
}

/** Tools like Spark put values into the names of folders, which is where they stay. */
function partitionNote(files: readonly string[]): readonly string[] {
  const names = new Set(
    files.flatMap((file) => [...file.matchAll(/(?:^|\/)([^/=]+)=[^/]+(?=\/)/g)].map((m) => m[1])),
  );
  if (names.size === 0) return [];
  return [`values in the names of folders (${[...names].map((name) => `${name}=`).join(', ')}) are not read`];
}

function mergeSchemas(fileA: string, a: Schema, fileB: string, b: Schema): Schema {
  const extra = b.fields.find((field) => !a.fields.some((other) => other.name === field.name));
  if (extra !== undefined) throw disagree(fileB, extra.name, `has a column that ${fileA} lacks`);
  return { ...a, fields: a.fields.map((field) => mergeFields(field, b, fileA, fileB)) };
}

function mergeFields(field: Field, b: Schema, fileA: string, fileB: string): Field {
  const other = b.fields.find((candidate) => candidate.name === field.name);
  if (other === undefined) throw disagree(fileB, field.name, `lacks a column that ${fileA} has`);
  if (!sameLayout(field.type, other.type)) {
    throw disagree(
      fileB,
      field.name,
      `has ${formatType(other.type)} where ${fileA} has ${formatType(field.type)}`,
    );
  }
  const wider = field.type.kind === 'VarChar' && other.type.kind === 'VarChar' &&
      (other.type.maxLength ?? Infinity) > (field.type.maxLength ?? Infinity)
    ? other.type
    : field.type;
  return { ...field, type: wider, nullable: field.nullable || other.nullable };
}

function disagree(file: string, name: string, what: string): VtsError {
  return new VtsError('InputMalformed', `The files are not one data set: ${file} ${what}`, {
    file,
    field: name,
    remedy: 'convert them one by one, or leave the odd ones out',
  });
}
