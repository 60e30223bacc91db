/** The manual inside the executable: `vts help TOPIC`. */
import { ERRORS } from '../errors.ts';
import { CHOICE_FLAGS, type FormatInfo } from '../formats/format.ts';
import { FORMATS } from '../formats/registry.ts';
import { ALL_OPTIONS, SERVER_VARIABLE } from './options/all.ts';
import { formatTable } from './report/format.ts';
import { DUMP_FORMAT } from './topic-dump.ts';
import { JOBS } from './topic-jobs.ts';
import { ENDPOINTS, GUARANTEES, MILVUS, RESUME } from './topic-texts.ts';

/** Topics by name. */
export type Topics = Readonly<Record<string, { readonly about: string; text(): string | Promise<string> }>>;

/** All topics. */
export const TOPICS: Topics = {
  endpoints: { about: 'how files and servers are named, and secrets given', text: () => ENDPOINTS },
  milvus: { about: 'how collections are read and written', text: () => MILVUS },
  jobs: {
    about: 'files of steps: those of vts, of MilvusDM, of the Vector Transport Service',
    text: () => JOBS,
  },
  resume: { about: 'how a command that was cut off goes on', text: () => RESUME },
  guarantees: { about: 'what to count on', text: () => GUARANTEES },
  'dump-format': {
    about: 'the files of a dump, for those who read them without vts',
    text: () => DUMP_FORMAT,
  },
  'exit-codes': { about: 'what the exit code of vts says', text: exitCodes },
  environment: { about: 'environment variables that stand for flags', text: environment },
  formats: { about: 'file formats and their extensions', text: formats },
  schema: { about: 'how a schema is written for --schema', text: schema },
};

function exitCodes(): string {
  const byExit = new Map<number, string[]>([[0, ['done']]]);
  for (const { exit, meaning } of Object.values(ERRORS)) {
    byExit.set(exit, [...byExit.get(exit) ?? [], meaning]);
  }
  const rows = [...byExit].sort(([a], [b]) => a - b);
  return formatTable(
    rows.flatMap(([exit, meanings]) => meanings.map((text, i) => [i === 0 ? String(exit) : '', text])),
  );
}

function environment(): string {
  const rows = ALL_OPTIONS.map((option) => [option.envVar ?? '', option.flags, option.description]);
  rows.push([SERVER_VARIABLE, '', 'the server, where a command line names none']);
  return `A flag goes before its environment variable, which goes before the default.\nA switch is set by any value but 0, false, no and nothing.\n\n${
    formatTable(rows)
  }`;
}

async function formats(): Promise<string> {
  const rows = FORMATS.map((format) => [format.name, format.title, format.extensions.join(' ')]);
  const choices = await Promise.all(FORMATS.map(choicesOf));
  return `${formatTable([['--from, --to', 'format', 'extensions'], ...rows])}

${formatTable(choices.flat(), '')}

FILE.h5::/group or FILE.h5::/group/dataset selects inside an HDF5 file.
A Faiss index is written as Flat, as IDMap2 over Flat when there is an id, or as their binary forms, unless
--faiss-index says another; --metric sets its metric (L2 unless the input says another). All but a few rare kinds of index are read.
One that keeps codes rather than vectors needs --allow-lossy, which decodes them as faiss does. Lists on disk are read from
the file of that name beside the index. Texts and metadata come along where LangChain's index.pkl or a docstore.json of
LangChain.js or LlamaIndex stands beside it; --ids FILE joins ids of an index or of vectors: a .npy array, or an id a line.`;
}

/** The flags of a format's output, a row for each choice. */
async function choicesOf(format: FormatInfo): Promise<string[][]> {
  const { writer } = await format.load();
  return Object.entries(writer?.choices ?? {}).flatMap(([flag, meanings]) =>
    Object.entries(meanings).map((
      [name, meaning],
      i,
    ) => [i === 0 ? format.title : '', `${CHOICE_FLAGS[flag as keyof typeof CHOICE_FLAGS]} ${name}`, meaning])
  );
}

function schema(): string {
  return `A schema is a JSON file:

  {"fields": [{"name": "id", "type": "Int64", "primaryKey": true},
              {"name": "title", "type": "VarChar", "maxLength": 512, "nullable": true},
              {"name": "tags", "type": "Array", "element": {"type": "VarChar"}, "maxCapacity": 8},
              {"name": "vector", "type": "FloatVector", "dim": 128}]}

Types: Bool, Int8, Int16, Int32, Int64, Float, Double, VarChar, JSON, Geometry, Timestamptz, Array, FloatVector, DoubleVector,
Float16Vector, BFloat16Vector, Int8Vector, BinaryVector (dim counts bits), SparseFloatVector, StructArray (with "fields").
What vts inspect FILE --json prints can be given as it is.`;
}
