/** What a dump would do. */
import { formatMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import type { CollectionSight } from '../connectors/milvus/inspect.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import { LEAST_SHARE } from '../connectors/file/part-file.ts';
import { isDenseVector } from '../core/types.ts';
import { VtsError } from '../errors.ts';
import { openCollectionSource } from './collection-source.ts';
import type { DumpJob } from './dump.ts';
import { freeBytesAt, rowBytesOf } from './dump-space.ts';
import type { DumpFlags } from './options/dump.ts';
import { refusePlan, timeText } from './plan-transfer.ts';
import { type FirstRows, readFirst } from './read-first.ts';
import { formatBytes, formatMany, formatTable } from './report/format.ts';

/** A collection as it would be dumped. */
interface Planned extends CollectionName {
  readonly rows?: number;
  readonly rowsExact?: boolean;
  readonly bytes?: number;
  /** What the rows take at least on disk. */
  readonly leastBytes?: number;
  readonly load: string;
  /** What is lost, and what is done beside reading. */
  readonly notes: readonly string[];
}

/** Says what would be dumped. Writes nothing, here or there. @throws VtsError PlanRefused when something stands in the way */
export async function planDump(job: DumpJob, names: readonly CollectionName[]): Promise<void> {
  const { connection, directory, flags, report } = job;
  const { lookAtCollection } = await import('../connectors/milvus/inspect.ts');
  const collections: Planned[] = [];
  const problems: VtsError[] = [];
  for (const name of names) {
    const sight = await lookAtCollection(connection, name);
    collections.push(planned(name, sight, flags));
    problems.push(...problemsOf(name, sight, flags));
  }
  const rows = collections.reduce((sum, one) => sum + (one.rows ?? 0), 0);
  const bytes = collections.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  // Vectors hardly compress, all else may.
  const least = collections.reduce((sum, one) => sum + (one.leastBytes ?? 0), 0);
  const free = freeBytesAt(directory);
  if (least > free) problems.push(tooLittleSpace(directory, least, free));
  const measured = problems.length > 0 ? undefined : await measure(job, collections);
  const seconds = measured && bytes / measured.bytes * measured.seconds;
  report.inspection({
    json: () =>
      JSON.stringify({
        type: 'plan',
        command: 'dump',
        from: connection.name,
        to: directory,
        rows,
        bytes,
        freeBytes: free,
        ...(measured === undefined ? {} : { seconds, rowsMeasured: measured.rows }),
        collections,
      }),
    text: () =>
      [
        `${directory}: ${formatMany(collections.length, 'collection')}, ${formatMany(rows, 'row')}, about ${
          formatBytes(bytes)
        }; nothing was written`,
        ...measured === undefined ? [] : [`  time: ${timeText(seconds!, measured.rows)}`],
        ...collections.length === 0 ? [] : [formatTable(collections.map(cells))],
        ...collections.flatMap((one) => one.notes.map((note) => `  ${one.database}/${one.name}: ${note}`)),
      ].join('\n'),
  });
  refusePlan(problems);
}

/** Reads some rows of the largest collection that is loaded. */
async function measure(job: DumpJob, collections: readonly Planned[]): Promise<FirstRows | undefined> {
  const { connection, address, flags, retries, report, signal } = job;
  const loaded = collections.filter(({ load, rows }) => load === 'loaded' && rows !== undefined && rows > 0);
  const [largest] = loaded.toSorted((a, b) => b.bytes! - a.bytes!);
  if (largest === undefined) return undefined;
  const { database, name: collection } = largest;
  const name = formatMilvusUrl({ ...address.url, database, collection });
  const end = { connection, database, collection, name };
  const source = await openCollectionSource(end, flags, retries.policy, report, signal);
  try {
    const found = await readFirst(source, { signal });
    return found.rows === 0 ? undefined : found;
  } finally {
    await source.close();
  }
}

function tooLittleSpace(directory: string, needed: number, free: number): VtsError {
  return new VtsError(
    'DiskFull',
    `${directory}: about ${formatBytes(needed)} are needed, and ${formatBytes(free)} are free`,
    {
      remedy: 'free some space, choose with --collection, or write elsewhere',
    },
  );
}

function problemsOf(
  name: CollectionName,
  { info, load, count }: CollectionSight,
  flags: DumpFlags,
): VtsError[] {
  const what = `${name.database}/${name.name}`;
  const problems: VtsError[] = [];
  if (load === 'not loaded' && count?.rows !== 0 && !flags.load) {
    problems.push(new VtsError('NotLoaded', `${what} is not loaded`, { remedy: 'add --load' }));
  }
  if (info.unsupported.length > 0 && !flags.dropUnsupported) {
    const fields = info.unsupported.map((field) => `"${field.name}"`).join(', ');
    problems.push(
      new VtsError('PlanRefused', `${what}: vts does not know the types of ${fields}`, {
        remedy: 'add --drop-unsupported to leave them out',
      }),
    );
  }
  return problems;
}

function planned(
  name: CollectionName,
  { info, load, count, partitions }: CollectionSight,
  flags: DumpFlags,
): Planned {
  const chosen = flags.partition;
  const rows = chosen === undefined
    ? count?.rows
    : partitions.filter((one) => chosen.includes(one.name)).reduce(
      (sum, one) => sum + (one.count?.rows ?? 0),
      0,
    );
  const { fields } = info.schema;
  const leastRowBytes = LEAST_SHARE * rowBytesOf(fields.filter(({ type }) => isDenseVector(type)));
  const notes: string[] = [];
  if (load === 'not loaded' && rows !== 0 && flags.load) {
    notes.push('it is not loaded: it is going to be loaded, and released afterwards');
  }
  for (const field of flags.dropUnsupported ? info.unsupported : []) {
    notes.push(
      `the field "${field.name}" is of a type (${field.typeNumber}) that vts does not know: it is lost`,
    );
  }
  if (flags.filter !== undefined) notes.push('--filter leaves out rows; how many is not counted');
  return {
    ...name,
    ...(rows === undefined ? {} : {
      rows,
      rowsExact: count?.exact ?? false,
      bytes: rows * rowBytesOf(fields),
      // How many rows a filter leaves is not known.
      leastBytes: flags.filter === undefined ? Math.ceil(rows * leastRowBytes) : 0,
    }),
    load,
    notes,
  };
}

function cells({ database, name, rows, rowsExact, bytes, load }: Planned): string[] {
  return [
    `${database}/${name}`,
    rows === undefined ? 'rows unknown' : `${rowsExact ? '' : 'about '}${formatMany(rows, 'row')}`,
    bytes === undefined ? '' : formatBytes(bytes),
    load,
  ];
}
