/** Every flag of every command, once: its name, its environment twin, its check. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { type Metric, METRICS } from '../core/schema.ts';

/** `--fields a,b` as a list; a comma inside a name is written `\,`. */
function list(text: string): string[] {
  const items = text.split(/(?<!\\),/).map((item) => item.replaceAll('\\,', ',').trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('A name is empty.');
  return items;
}

/** Collects `KEY<separator>VALUE` over repeated flags; values may be comma-separated lists of pairs too. */
function pairs(separator: string): (text: string, before?: Record<string, string>) => Record<string, string> {
  return (text, before = {}) => {
    const found = { ...before };
    for (const item of list(text)) {
      const at = item.lastIndexOf(separator);
      if (at <= 0 || at === item.length - 1) {
        throw new InvalidArgumentError(`Write NAME${separator}VALUE, not "${item}".`);
      }
      found[item.slice(0, at)] = item.slice(at + 1);
    }
    return found;
  };
}

function count(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('Write a whole number, 0 or more.');
  }
  return Number(text);
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text.trim());
  const value = match === null ? NaN : Number(match[1]) * UNITS[(match[2] ?? '').toLowerCase()];
  if (!(value >= 1)) throw new InvalidArgumentError('Write a size such as 8MiB, 64MB or 1048576.');
  return Math.floor(value);
}

function metric(text: string): Metric {
  const found = METRICS.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found === undefined) throw new InvalidArgumentError(`Choose one of ${METRICS.join(', ')}.`);
  return found;
}

/** What is read and how. */
export const input = {
  from: new Option('--from <format>', 'format of the input, where its name does not say').env('VTS_FROM'),
  schema: new Option('--schema <file>', 'types of the columns, as JSON (see vts help schema)').env(
    'VTS_SCHEMA',
  ),
  order: new Option('--order <order>', 'row order of indexes that keep rows elsewhere than in id order')
    .choices(['stored', 'id'] as const).default('stored' as const).env('VTS_ORDER'),
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
  cast: new Option('--cast <field:type>', 'change a type: v:float16, price:double; repeatable').argParser(
    pairs(':'),
  )
    .env('VTS_CAST'),
  id: new Option('--id <field>', 'the column that identifies rows').env('VTS_ID'),
  vector: new Option('--vector <field>', 'the column that is the vector').env('VTS_VECTOR'),
  metric: new Option('--metric <metric>', 'how distances are measured; goes before what the input says')
    .argParser(metric)
    .env('VTS_METRIC'),
  limit: new Option('--limit <rows>', 'at most this many rows').argParser(count).env('VTS_LIMIT'),
};

/** What is written and how. */
export const output = {
  to: new Option('--to <format>', 'format of the output, where its name does not say').env('VTS_TO'),
  overwrite: new Option('--overwrite', 'replace an output that exists').env('VTS_OVERWRITE'),
  compression: new Option('--compression <codec>', 'see vts help formats').env('VTS_COMPRESSION'),
  partSize: new Option('--part-size <size>', 'write a directory of part files of about this size').argParser(
    bytes,
  )
    .env('VTS_PART_SIZE'),
  resume: new Option('--resume', 'go on with a run into a directory that was cut off').env('VTS_RESUME'),
  layout: new Option('--layout <layout>', 'HDF5: columns, milvusdm or ann-benchmarks').env('VTS_LAYOUT'),
};

/** How the work is done. */
export const work = {
  batchBytes: new Option('--batch-bytes <size>', 'size of a batch in memory').argParser(bytes).env(
    'VTS_BATCH_BYTES',
  ),
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

/** All flags, by what they concern. */
export const ALL_OPTIONS: readonly Option[] = [input, columns, output, work, talk].flatMap((group) =>
  Object.values(group)
) as unknown as readonly Option[];

/** Takes `VTS_JSON=0`, `false`, `no` and an empty value out of `environment`: of a switch they mean that it is not set. */
export function unsetFalseSwitches(environment: Record<string, string | undefined>): void {
  for (const { envVar, flags } of ALL_OPTIONS) {
    if (envVar === undefined || flags.includes('<')) continue;
    if (['0', 'false', 'no', ''].includes(environment[envVar]?.toLowerCase() ?? 'unset')) {
      delete environment[envVar];
    }
  }
}
