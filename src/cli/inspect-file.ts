/** What is in files, for `vts inspect`. */
import type { FileSource } from '../connectors/file/file-source.ts';
import { factsToJson, schemaToJson } from '../core/schema-json.ts';
import type { Dataset } from '../core/schema.ts';
import type { Source } from '../core/endpoint.ts';
import { jsonText } from '../core/json-text.ts';
import type { Facts } from '../formats/format.ts';
import { isVtsError } from '../errors.ts';
import { factLines, fieldTable, shortRow } from './inspect-text.ts';
import { formatBytes, formatCount } from './report/format.ts';
import type { Inspection } from './report/report.ts';

const SAMPLE_ROWS = 3;

/** The first rows, and why there are no more. */
export type Sample = Pick<Seen, 'sample' | 'sampleError'>;

/** What is known of a file. */
interface Seen {
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

/** Looks into `source`. */
export async function inspectFile(source: FileSource): Promise<Inspection> {
  const facts = await source.inspect();
  const seen: Seen = {
    name: source.name,
    files: source.files.length,
    format: source.format.title,
    ...(source.bytes === undefined ? {} : { bytes: source.bytes }),
    dataset: source.dataset,
    facts,
    ...(await sampleRows(source)),
  };
  return { json: () => seenJson(seen), text: () => seenText(seen) };
}

/** The first rows; where one cannot be read, those before it and the reason. */
export async function sampleRows(
  source: Source,
): Promise<Sample> {
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

/** Rows of JSON texts as JSON. */
export function sampleJson(sample: Seen['sample']): string {
  return `[${sample.map((row) => `{${Object.entries(row).map(([k, v]) => `${JSON.stringify(k)}:${v}`)}}`)}]`;
}

/** The inspection as one JSON line; integers keep all digits. */
function seenJson(
  { name, files, format, bytes, dataset, facts, sample, sampleError }: Seen,
): string {
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
  return `${text.slice(0, -1)},"sample":${sampleJson(sample)}}`;
}

/** The inspection as people read it. */
function seenText(
  { name, files, format, bytes, dataset, facts, sample, sampleError }: Seen,
): string {
  const head = [
    files > 1 ? `${format} in ${files} files` : format,
    dataset.rows === undefined ? 'rows unknown until read' : `${formatCount(dataset.rows)} rows`,
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
    ...(dataset.metric === undefined ? [] : [`metric ${dataset.metric}`]),
  ];
  const parts = [
    `${name}: ${head.join(', ')}`,
    ['fields:', fieldTable(dataset.schema.fields)].join('\n'),
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
