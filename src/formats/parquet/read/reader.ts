/** Reads Parquet files (https://parquet.apache.org/docs/file-format/): footer first, then page by page. */
import type { DatasetFacts, Json } from '../../../core/schema-json.ts';
import { factsFromJson, schemaFromJson } from '../../../core/schema-json.ts';
import type { Dataset, Schema } from '../../../core/schema.ts';
import { isVtsError } from '../../../errors.ts';
import type { Facts, FormatReader, ReaderFactory, ReadOptions } from '../../format.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { DATASET_KEY, SCHEMA_KEY } from '../layout.ts';
import { arrowFacts } from './arrow-schema.ts';
import { planColumns } from './column-plan.ts';
import { type ParquetFile, readFooter } from './footer.ts';
import { readRows } from './rows.ts';

/** Opens Parquet files. */
export const parquetReader: ReaderFactory = { access: 'seek', open };

async function open(source: ByteSource, options: ReadOptions): Promise<FormatReader> {
  const file = await readFooter(source);
  const metadataNotes: string[] = [];
  const facts = ownFacts(file, metadataNotes);
  const roles = { ...facts.roles, ...options.roles };
  const { columns, notes } = await planColumns(file, {
    given: options.schema,
    own: facts.schema,
    arrow: arrowFacts(file.metadata.get('ARROW:schema')),
    roles,
  });
  const description = facts.schema?.description;
  const dataset: Dataset = {
    schema: {
      ...(description === undefined ? {} : { description }),
      fields: columns.map(({ field }) => field),
    },
    rows: file.rows,
    ...(facts.metric === undefined ? {} : { metric: facts.metric }),
    ...(facts.metricArg === undefined ? {} : { metricArg: facts.metricArg }),
    ...(facts.lossy === undefined ? {} : { lossy: facts.lossy }),
    roles,
    notes: [...metadataNotes, ...notes],
  };
  return {
    dataset,
    inspect: () => Promise.resolve(inspect(file)),
    read: (request) => readRows(file, { columns, schema: dataset.schema, request }),
    close: () => Promise.resolve(),
  };
}

/** What vts itself wrote into the metadata. */
function ownFacts({ metadata, source }: ParquetFile, notes: string[]): DatasetFacts & { schema?: Schema } {
  const parsed = (key: string): Json | undefined => {
    const text = metadata.get(key);
    return text === undefined ? undefined : JSON.parse(text) as Json;
  };
  try {
    const schema = parsed(SCHEMA_KEY);
    const facts = parsed(DATASET_KEY);
    return {
      ...(facts === undefined ? { roles: {} } : factsFromJson(facts)),
      ...(schema === undefined ? {} : { schema: schemaFromJson(schema, source.name) }),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !isVtsError(error)) throw error;
    notes.push(`the metadata ${SCHEMA_KEY} cannot be understood (${error.message}): types are inferred`);
    return { roles: {} };
  }
}

function inspect(file: ParquetFile): Facts {
  const { groups, leaves } = file;
  const rows = groups.map((group) => group.rows);
  const sum = (pick: (chunk: { start: number; end: number; unpacked: number }) => number, leaf?: number) =>
    groups.reduce(
      (total, { chunks }) =>
        total +
        (leaf === undefined ? chunks : [chunks[leaf]]).reduce((bytes, chunk) => bytes + pick(chunk), 0),
      0,
    );
  const distinct = (values: readonly string[]) => [...new Set(values)];
  return {
    version: file.version,
    createdBy: file.createdBy ?? null,
    rowGroups: {
      count: groups.length,
      ...(groups.length === 0 ? {} : { rowsMin: Math.min(...rows), rowsMax: Math.max(...rows) }),
      bytes: sum(({ start, end }) => end - start),
      bytesUncompressed: sum(({ unpacked }) => unpacked),
    },
    columns: leaves.map((node, leaf) => ({
      name: node.path.join('.'),
      type: node.element.type ?? 'unknown',
      codecs: distinct(groups.map(({ chunks }) => chunks[leaf].codec)),
      encodings: distinct(groups.flatMap(({ chunks }) => chunks[leaf].encodings)),
      bytes: sum(({ start, end }) => end - start, leaf),
    })),
    metadata: [...file.metadata.keys()],
  };
}
