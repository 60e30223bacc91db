/** Jobs of the Vector Transport Service against servers and files that are made up. */
import { type Field, field } from '../../src/core/schema.ts';
import { VtsError } from '../../src/errors.ts';
import type { Job, Step } from '../../src/jobs/job.ts';
import { readVtsJob } from '../../src/jobs/vts/read.ts';
import type { Survey } from '../../src/jobs/survey.ts';

/** The collection `docs` and the file `/data/docs.parquet`. */
export const DOCS: readonly Field[] = [
  field('id', { kind: 'Int64' }, { primaryKey: true }),
  field('title', { kind: 'VarChar', maxLength: 100 }, { nullable: true }),
  field('year', { kind: 'Int32' }),
  field('v', { kind: 'FloatVector', dim: 8 }),
  field('parts', { kind: 'StructArray', fields: [field('n', { kind: 'Int64' })] }),
  field('$meta', { kind: 'JSON' }, { dynamic: true }),
];

/** A world with a server of two collections, and a directory with a file. */
export const WORLD: Survey = {
  resuming: false,
  collections: () => Promise.resolve(['docs', 'made']),
  fields: (_, __, name) =>
    Promise.resolve(
      name === 'docs'
        ? DOCS
        : name === 'made'
        ? [field('key', { kind: 'Int64' }, { primaryKey: true, autoId: true }), DOCS[3]]
        : undefined,
    ),
  files: () => Promise.resolve({ fields: DOCS.slice(1, 4), hasMetric: false }),
  partitions: () => Promise.resolve(undefined),
  fileNames: (directory) => directory === '/full' ? ['docs.parquet', 'docs_2.parquet'] : undefined,
};

/** The job that `text` is. */
export function readVts(text: string, world: Survey = WORLD): Promise<Job> {
  return readVtsJob({ name: 'job.conf', text, variables: { TOKEN: 'secret', YEAR: '2020' } }, world);
}

/** What is wrong with `text`, a line each without remedies. */
export async function problemsOf(text: string, world: Survey = WORLD): Promise<string[]> {
  try {
    await readVts(text, world);
    return [];
  } catch (error) {
    if (!(error instanceof VtsError)) throw error;
    return error.message.split('\n').filter((line) => line.startsWith('  job.conf:'))
      .map((line) => line.slice('  job.conf:'.length));
  }
}

const HERE = 'url = "http://here:19530", token = ""';
const THERE = 'url = "https://there", token = "${TOKEN}"';

/** A job from Milvus to Milvus, with `source`, `sink` and `env` keys and the `transform` blocks given. */
export function copyJob(
  { source = 'collections = [docs]', sink = '', transform = '', env = '' }: {
    source?: string;
    sink?: string;
    transform?: string;
    env?: string;
  },
): string {
  return `env { ${env} }\nsource { Milvus { ${HERE}\n${source} } }\ntransform { ${transform} }\nsink { Milvus { ${THERE}\n${sink} } }\n`;
}

/** The only step of `text`. */
export async function stepOf(text: string, world: Survey = WORLD): Promise<Step> {
  const { steps } = await readVts(text, world);
  if (steps.length !== 1) throw new TypeError(`${steps.length} steps`);
  return steps[0];
}
