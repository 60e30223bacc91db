/** What a dump would do. */
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { CollectionSight } from '../connectors/milvus/inspect.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import { estimatedRowBytes } from '../core/schema.ts';
import type { DumpFlags } from './options/dump.ts';
import { formatBytes, formatCount, formatTable } from './report/format.ts';
import type { Inspection } from './report/report.ts';

/** A collection as it would be dumped. */
interface Planned extends CollectionName {
  readonly rows?: number;
  readonly rowsExact?: boolean;
  readonly bytes?: number;
  readonly load: string;
  /** What stands in the way, or is lost. */
  readonly notes: readonly string[];
}

/** Looks at what would be dumped. Writes nothing, here or there. */
export async function planDump(
  connection: MilvusConnection,
  names: readonly CollectionName[],
  directory: string,
  flags: DumpFlags,
): Promise<Inspection> {
  const { lookAtCollection } = await import('../connectors/milvus/inspect.ts');
  const collections: Planned[] = [];
  for (const name of names) collections.push(planned(name, await lookAtCollection(connection, name), flags));
  const rows = collections.reduce((sum, one) => sum + (one.rows ?? 0), 0);
  const bytes = collections.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  return {
    json: () =>
      JSON.stringify({
        type: 'plan',
        command: 'dump',
        from: connection.name,
        to: directory,
        rows,
        bytes,
        collections,
      }),
    text: () =>
      [
        `${directory}: ${formatCount(collections.length)} collections, ${formatCount(rows)} rows, about ${
          formatBytes(bytes)
        }; nothing was written`,
        ...collections.length === 0 ? [] : [formatTable(collections.map(cells))],
        ...collections.flatMap((one) => one.notes.map((note) => `  ${one.database}/${one.name}: ${note}`)),
      ].join('\n'),
  };
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
  const rowBytes = info.schema.fields.reduce((sum, { type }) => sum + estimatedRowBytes(type), 0);
  const notes: string[] = [];
  if (load === 'not loaded' && rows !== 0) {
    notes.push(
      `it is not loaded: ${flags.load ? 'it will be loaded, and released afterwards' : 'add --load'}`,
    );
  }
  for (const field of info.unsupported) {
    notes.push(
      `the field "${field.name}" is of a type (${field.typeNumber}) that vts does not know: ${
        flags.dropUnsupported ? 'it is lost' : 'add --drop-unsupported to leave it out'
      }`,
    );
  }
  if (flags.filter !== undefined) notes.push('--filter leaves out rows; how many is not counted');
  return {
    ...name,
    ...(rows === undefined ? {} : { rows, rowsExact: count?.exact ?? false, bytes: rows * rowBytes }),
    load,
    notes,
  };
}

function cells({ database, name, rows, rowsExact, bytes, load }: Planned): string[] {
  return [
    `${database}/${name}`,
    rows === undefined ? 'rows unknown' : `${rowsExact ? '' : 'about '}${formatCount(rows)} rows`,
    bytes === undefined ? '' : formatBytes(bytes),
    load,
  ];
}
