/** The flags of files, columns, work and talk: each with its name, its environment twin and its check. */
import { Option } from '@commander-js/extra-typings';
import { fieldChanges } from './index-request.ts';
import { bytes, count, countUpTo, list, metric, pairs } from './parse.ts';

/** What is read and how. */
export const input = {
  from: new Option('--from <format>', 'format of the input, where its name does not say').env('VTS_FROM'),
  schema: new Option('--schema <file>', 'types of the columns, as JSON (see vts help schema)').env(
    'VTS_SCHEMA',
  ),
  order: new Option('--order <order>', 'row order of indexes that keep rows elsewhere than in id order')
    .choices(['stored', 'id'] as const).default('stored' as const).env('VTS_ORDER'),
  rowIds: new Option(
    '--row-ids <name>',
    'number rows from 0 on in a column of this name, where they have no ids of their own',
  ).env('VTS_ROW_IDS'),
  allowLossy: new Option(
    '--allow-lossy',
    'decode vectors of which an index keeps codes only; they come near those that were added',
  ).env('VTS_ALLOW_LOSSY'),
  ids: new Option('--ids <file>', 'the ids of the rows: a .npy array, or an id a line').env('VTS_IDS'),
  documents: new Option(
    '--documents <file>',
    'texts and metadata of a Faiss index: index.pkl, docstore.json (found by itself where it is beside it)',
  ).env('VTS_DOCUMENTS'),
  noDocuments: new Option('--no-documents', 'leave out documents beside a Faiss index').env(
    'VTS_NO_DOCUMENTS',
  ),
};

/** Which columns, under which names and types. */
export const columns = {
  fields: new Option(
    '--fields <names>',
    'only these columns, by their names in the input (a comma in a name: \\,)',
  ).argParser(list)
    .env('VTS_FIELDS'),
  rename: new Option('--rename <old=new>', 'give a column another name; repeatable').argParser(pairs('='))
    .env('VTS_RENAME'),
  add: new Option(
    '--add <new=old>',
    'another column: a copy of one, or a key of a JSON one (title=$meta.title:varchar(200)); repeatable',
  ).argParser(pairs('=')).env('VTS_ADD'),
  set: new Option(
    '--set <field{...}>',
    'properties of a field of the output: title{nullable:true,default:none}; repeatable',
  ).argParser(fieldChanges).env('VTS_SET'),
  cast: new Option('--cast <field:type>', 'change a type: v:float16, price:double; repeatable').argParser(
    pairs(':'),
  )
    .env('VTS_CAST'),
  geometry: new Option(
    '--geometry <order>',
    'columns cast to geometry may be WKT, EWKT, GeoJSON, WKB in hex, or points, whose pairs are in this order',
  ).choices(['lat_lon', 'lon_lat'] as const).env('VTS_GEOMETRY'),
  id: new Option('--id <field>', 'the column that identifies rows').env('VTS_ID'),
  vector: new Option('--vector <field>', 'the column that is the vector').env('VTS_VECTOR'),
  metric: new Option('--metric <metric>', 'how distances are measured; goes before what the input says')
    .argParser(metric)
    .env('VTS_METRIC'),
  normalize: new Option('--normalize', 'scale vectors to the length 1; metric COSINE becomes IP').env(
    'VTS_NORMALIZE',
  ),
  limit: new Option('--limit <rows>', 'at most this many rows').argParser(count).env('VTS_LIMIT'),
};

/** What is written and how. */
export const output = {
  to: new Option('--to <format>', 'format of the output, where its name does not say').env('VTS_TO'),
  overwrite: new Option('--overwrite', 'replace an output that exists').env('VTS_OVERWRITE'),
  parents: new Option('--parents', 'make the folders above the output that are missing').env('VTS_PARENTS'),
  compression: new Option('--compression <codec>', 'see vts help formats').env('VTS_COMPRESSION'),
  partSize: new Option('--part-size <size>', 'write a directory of part files of about this size').argParser(
    bytes,
  )
    .env('VTS_PART_SIZE'),
  resume: new Option('--resume', 'go on with the same command where it was cut off').env('VTS_RESUME'),
  breakLock: new Option('--break-lock', 'take over from a vts on another machine that is surely gone').env(
    'VTS_BREAK_LOCK',
  ),
  dryRun: new Option('--dry-run', 'say what would be done and what would be lost; write nothing').env(
    'VTS_DRY_RUN',
  ),
  recipe: new Option(
    '--recipe <file>',
    'with --layout milvusdm, write the job (H2M) by which vts run imports the output again',
  ).env('VTS_RECIPE'),
  layout: new Option(
    '--layout <layout>',
    'HDF5: columns, milvusdm or ann-benchmarks; CSV: header or no-header',
  ).env('VTS_LAYOUT'),
  faissIndex: new Option('--faiss-index <index>', 'Faiss: Flat, SQfp16, SQ8, BFlat; IDMap2,Flat with ids')
    .env(
      'VTS_FAISS_INDEX',
    ),
};

/** How the work is done. */
export const work = {
  batchBytes: new Option('--batch-bytes <size>', 'size of a batch in memory').argParser(bytes).env(
    'VTS_BATCH_BYTES',
  ),
  parallel: new Option(
    '--parallel <number>',
    'threads for JSON lines and compression (default: a core each, up to 4)',
  )
    .argParser(countUpTo(64)).env('VTS_PARALLEL'),
  tempDir: new Option('--temp-dir <directory>', 'where scratch files go').env('VTS_TEMP_DIR'),
};

/** What is said and how. */
export const talk = {
  json: new Option('--json', 'one JSON object per event, for programs').env('VTS_JSON'),
  quiet: new Option('--quiet', 'print errors only').env('VTS_QUIET'),
  verbose: new Option('--verbose', 'print causes and stack traces of errors').env('VTS_VERBOSE'),
  progress: new Option('--progress <when>', 'progress on stderr').choices(
    ['auto', 'always', 'never'] as const,
  )
    .default('auto' as const).env('VTS_PROGRESS'),
  color: new Option('--color <when>', 'colours on stderr').choices(['auto', 'always', 'never'] as const)
    .default('auto' as const).env('VTS_COLOR'),
};
