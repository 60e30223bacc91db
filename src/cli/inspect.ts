/** `vts inspect`: what is in a file. */
import { Command } from '@commander-js/extra-typings';
import { tmpdir } from 'node:os';
import { type FileSource, openFileSource } from '../connectors/file/file-source.ts';
import { jsonText } from '../core/json-text.ts';
import type { Dataset, Field } from '../core/schema.ts';
import { factsToJson, schemaToJson } from '../core/schema-json.ts';
import { formatType } from '../core/types.ts';
import type { Fact, Facts } from '../formats/format.ts';
import { isVtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { defined } from './defined.ts';
import { formatExamples, INSPECT_EXAMPLES } from './examples.ts';
import { columns, input, talk, work } from './options.ts';
import { formatBytes, formatCount, formatTable } from './report/format.ts';
import { readSchemaFile } from './schema-file.ts';

const SAMPLE_ROWS = 3;
/** Elements and characters that a sample row shows of one value. */
const SHOWN_ELEMENTS = 4;
const SHOWN_CHARACTERS = 100;

/** What is known of a file. */
export interface Inspection {
  readonly name: string;
  readonly files: number;
  readonly format: string;
  readonly bytes?: number;
  readonly dataset: Dataset;
  readonly facts: Facts;
  /** The first rows: the JSON text of each column's value. */
  readonly sample: readonly Readonly<Record<string, string>>[];
  /** Why there are fewer first rows than rows. */
  readonly sampleError?: string;
}

/** The command. */
export function inspectCommand(context: Context) {
  return new Command('inspect')
    .summary('what is in a file: schema, rows, sizes, metric, sample rows')
    .description('Shows what is in a file, a directory of files or a glob, without changing anything.')
    .argument('<file...>', 'files, directories, globs, FILE::INSIDE for HDF5, or - for stdin')
    .addOption(input.from).addOption(input.schema).addOption(columns.id).addOption(columns.vector)
    .addOption(work.tempDir).addOption(talk.json).addOption(talk.verbose).addOption(talk.color)
    .addHelpText('after', formatExamples(INSPECT_EXAMPLES))
    .action(async (files, options) => {
      const report = context.report({ ...options, quiet: false, progress: 'never', dataOnStdout: false });
      const schema = options.schema === undefined ? undefined : readSchemaFile(options.schema);
      const source = await openFileSource(files, {
        ...defined({ format: options.from, schema }),
        roles: defined({ id: options.id, vector: options.vector }),
        order: 'stored',
        tempDir: options.tempDir ?? tmpdir(),
      });
      try {
        report.inspection(await inspect(source));
      } finally {
        await source.close();
      }
    });
}

async function inspect(source: FileSource): Promise<Inspection> {
  const facts = await source.inspect();
  return {
    name: source.name,
    files: source.files.length,
    format: source.format.title,
    ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
    dataset: source.dataset,
    facts,
    ...(await sampleRows(source)),
  };
}

/** The first rows; where one cannot be read, those before it and the reason. */
async function sampleRows(source: FileSource): Promise<Pick<Inspection, 'sample' | 'sampleError'>> {
  const sample: Record<string, string>[] = [];
  try {
    for (const range of await source.plan()) {
      for await (
        const { batch } of source.read(range, { batchBytes: 1 << 16, limit: SAMPLE_ROWS - sample.length })
      ) {
        for (let row = 0; row < batch.length && sample.length < SAMPLE_ROWS; row++) {
          sample.push(
            Object.fromEntries(batch.schema.fields.map((f, i) => [f.name, jsonText(batch.columns[i], row)])),
          );
        }
        if (sample.length === SAMPLE_ROWS) return { sample };
      }
    }
  } catch (error) {
    if (!isVtsError(error)) throw error;
    return { sample, sampleError: error.message };
  }
  return { sample };
}

/** The inspection as one JSON line; integers keep all digits. */
export function inspectionJson(
  { name, files, format, bytes, dataset, facts, sample, sampleError }: Inspection,
): string {
  const rows = sample.map((row) => `{${Object.entries(row).map(([k, v]) => `${JSON.stringify(k)}:${v}`)}}`);
  const head = {
    type: 'inspection',
    name,
    files,
    format,
    ...(bytes === undefined ? {} : { bytes }),
    ...(dataset.rows === undefined ? {} : { rows: dataset.rows }),
    ...factsToJson(dataset),
    schema: schemaToJson(dataset.schema),
    notes: dataset.notes,
    facts,
    ...(sampleError === undefined ? {} : { sampleError }),
  };
  const text = JSON.stringify(head, (_, value) => typeof value === 'bigint' ? value.toString() : value);
  return `${text.slice(0, -1)},"sample":[${rows}]}`;
}

/** The inspection as people read it. */
export function inspectionText(
  { name, files, format, bytes, dataset, facts, sample, sampleError }: Inspection,
): string {
  const head = [
    files > 1 ? `${format} in ${files} files` : format,
    dataset.rows === undefined ? 'rows unknown until read' : `${formatCount(dataset.rows)} rows`,
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
    ...(dataset.metric === undefined ? [] : [`metric ${dataset.metric}`]),
  ];
  const parts = [
    `${name}: ${head.join(', ')}`,
    ['fields:', formatTable(dataset.schema.fields.map((f) => [f.name, formatType(f.type), attributes(f)]))]
      .join('\n'),
  ];
  const lines = factLines(facts, '  ');
  if (lines.length > 0) parts.push([`${format}:`, ...lines].join('\n'));
  if (sample.length > 0) {
    parts.push(['first rows:', ...sample.map((row) => `  ${shortRow(row)}`)].join('\n'));
  }
  if (sampleError !== undefined) parts.push(`these rows cannot be read: ${sampleError}`);
  if (dataset.notes.length > 0) {
    parts.push(['notes:', ...dataset.notes.map((note) => `  ${note}`)].join('\n'));
  }
  return parts.join('\n');
}

function attributes(field: Field): string {
  const words = [
    field.primaryKey ? 'primary key' : '',
    field.partitionKey ? 'partition key' : '',
    field.dynamic ? 'dynamic' : '',
    field.nullable ? 'nullable' : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

function factLines(facts: Facts, indent: string): string[] {
  return Object.entries(facts).flatMap(([name, fact]) => {
    if (Array.isArray(fact) && fact.some((item) => typeof item === 'object')) {
      return [`${indent}${name}:`, ...fact.map((item) => `${indent}  - ${inlineFact(item)}`)];
    }
    if (typeof fact === 'object' && fact !== null && !Array.isArray(fact)) {
      return [`${indent}${name}:`, ...factLines(fact as Facts, `${indent}  `)];
    }
    return [`${indent}${name}: ${inlineFact(fact)}`];
  });
}

function inlineFact(fact: Fact): string {
  if (Array.isArray(fact)) return fact.map(inlineFact).join(', ');
  if (typeof fact === 'object' && fact !== null) {
    return Object.entries(fact).map(([name, value]) => `${name} ${inlineFact(value)}`).join('  ');
  }
  return typeof fact === 'number' && Number.isInteger(fact) ? formatCount(fact) : String(fact);
}

function shortRow(row: Readonly<Record<string, string>>): string {
  return `{${Object.entries(row).map(([name, text]) => `${name}: ${shortValue(text)}`).join(', ')}}`;
}

function shortValue(text: string): string {
  const elements = text.startsWith('[') && !/[[{"]/.test(text.slice(1)) ? text.slice(1, -1).split(',') : [];
  if (elements.length > SHOWN_ELEMENTS + 1) {
    return `[${elements.slice(0, SHOWN_ELEMENTS).join(', ')}, ... ${elements.length} in all]`;
  }
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
