/** What a command line compares: files, collections of a server, collections of a dump. */
import { tmpdir } from 'node:os';
import { dumpKind } from '../connectors/dump/dump.ts';
import { chooseCollections } from '../connectors/dump/choose.ts';
import type { DumpCollection, Manifest } from '../connectors/dump/manifest.ts';
import { formatMilvusUrl, parseMilvusUrl } from '../connectors/milvus/endpoint-url.ts';
import type { CollectionName } from '../connectors/dump/dump-journal.ts';
import type { MilvusConnection } from '../connectors/milvus/connection.ts';
import type { Source } from '../core/endpoint.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { VtsError } from '../errors.ts';
import { openCollectionSource } from './collection-source.ts';
import { defined } from './defined.ts';
import { holdsNothing } from './dump-collection.ts';
import { chosenCollections } from './dump-collections.ts';
import { isServer } from './endpoints.ts';
import { openInputs } from './open-inputs.ts';
import { connectionFlags, targetFlags } from './options/connection.ts';
import type { CompareFlags } from './options/compare.ts';
import type { Report } from './report/report.ts';
import type { Retries } from './retries.ts';
import { type Address, addressOf, connect, ofTarget, targetAddress } from './server-ends.ts';

/** One data set of an end. */
export interface Item {
  /** What a file has not. */
  readonly collection?: CollectionName;
  /** What messages call it. */
  readonly name: string;
  open(): Promise<Source>;
}

/** One of the two ends that are compared. */
export interface End {
  readonly name: string;
  /** Whether it may hold several data sets. */
  readonly many: boolean;
  /** The database that the address names. */
  readonly database?: string | undefined;
  /** All that is to be compared. */
  list(): Promise<readonly Item[]>;
  /** What an item of the other end is to be compared with; `undefined` where there is nothing of that name. */
  find(other: Item): Promise<Item | undefined>;
  /** Whether it were to hold a collection of the other end, which has it in a database that its address may name. */
  covers(name: CollectionName, named: string | undefined): boolean;
  close(): Promise<void>;
}

/** What both ends are opened with. */
export interface EndContext {
  readonly flags: CompareFlags;
  readonly retries: Retries;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Opens both ends. A server of the second is reached by `--target-` flags where the first is a server too. */
export async function openEnds(
  endpoints: readonly [string, string],
  context: EndContext,
): Promise<readonly [End, End]> {
  const { collection: _, fields, ...flags } = context.flags;
  const first = isServer(endpoints[0]) ? addressOf(endpoints[0], connectionFlags(flags)) : undefined;
  const a = await openEnd(endpoints[0], first, context, fields);
  try {
    const second = !isServer(endpoints[1])
      ? undefined
      : first === undefined
      ? addressOf(endpoints[1], connectionFlags(flags))
      : targetAddress(endpoints[1], targetFlags(flags), first);
    const renamed = fields?.map((name) => flags.rename?.[name] ?? name);
    const b = openEnd(endpoints[1], second, context, renamed);
    return [a, await (first === undefined ? b : b.catch((error) => Promise.reject(ofTarget(error))))];
  } catch (error) {
    await a.close();
    throw error;
  }
}

async function openEnd(
  endpoint: string,
  address: Address | undefined,
  context: EndContext,
  fields: readonly string[] | undefined,
): Promise<End> {
  if (address !== undefined) return await serverEnd(address, context, fields);
  return dumpKind(endpoint) === undefined ? fileEnd(endpoint, context) : await dumpEnd(endpoint, context);
}

function fileEnd(path: string, { flags }: EndContext): End {
  const { fields: _f, rename: _r, cast: _c, id: _i, ...others } = flags;
  const item: Item = { name: path, open: () => openInputs([path], undefined, others) };
  return {
    name: path,
    many: false,
    list: () => Promise.resolve([item]),
    find: () => Promise.resolve(item),
    covers: () => false,
    close: () => Promise.resolve(),
  };
}

async function serverEnd(
  address: Address,
  { flags, retries, report, signal }: EndContext,
  fields: readonly string[] | undefined,
): Promise<End> {
  const connection = await connect(address, report, signal);
  const { host, port, tls, database, collection } = address.url;
  const item = (name: CollectionName): Item => {
    const shown = formatMilvusUrl({ host, port, tls, database: name.database, collection: name.name });
    const end = { connection, database: name.database, collection: name.name, name: shown };
    const { fields: _, ...others } = flags;
    return {
      collection: name,
      name: shown,
      async open() {
        const { policy } = retries;
        if (await holdsNothing(connection, name, policy)) return await openEmpty(connection, name, policy);
        return await openCollectionSource(end, { ...others, ...defined({ fields }) }, policy, report, signal);
      },
    };
  };
  return {
    name: formatMilvusUrl({ host, port, tls, ...defined({ database, collection }) }),
    many: collection === undefined,
    database,
    list: async () => {
      if (collection !== undefined) return [item({ database: database ?? 'default', name: collection })];
      return (await chosenCollections(connection, address.url, flags.collection, retries.policy)).map(item);
    },
    async find(other) {
      if (collection !== undefined) return item({ database: database ?? 'default', name: collection });
      if (other.collection === undefined) throw await whichCollection(address, other);
      const { findCollection } = await import('../connectors/milvus/metadata.ts');
      const name = { ...other.collection, ...defined({ database }) };
      return await findCollection(connection, name, retries.policy) === undefined ? undefined : item(name);
    },
    covers: (name, named) =>
      collection === undefined && flags.collection === undefined &&
      (database === undefined || named !== undefined || name.database === database),
    close: () => connection.close(),
  };
}

/** What has no rows is compared without being loaded, which it could not be without an index. */
async function openEmpty(
  connection: MilvusConnection,
  name: CollectionName,
  retry: RetryPolicy,
): Promise<Source> {
  const [{ describeCollection }, { emptySource }] = await Promise.all([
    import('../connectors/milvus/metadata.ts'),
    import('../connectors/milvus/scan/empty-source.ts'),
  ]);
  return emptySource(connection, await describeCollection(connection, name, retry));
}

function whichCollection({ url }: Address, other: Item): VtsError {
  const server = formatMilvusUrl({ ...url, database: url.database ?? 'default' });
  return new VtsError('Usage', `${server}: which collection is to be compared with ${other.name}?`, {
    remedy: `write ${server}/COLLECTION`,
  });
}

async function dumpEnd(path: string, { flags, signal }: EndContext): Promise<End> {
  const [{ openDump, readDescription }, { openDumpSource }, { FORMATS }] = await Promise.all([
    import('../connectors/dump/dump.ts'),
    import('../connectors/dump/dump-source.ts'),
    import('../formats/registry.ts'),
  ]);
  const dump = openDump(path);
  const parquet = await FORMATS.find((format) => format.name === 'parquet')!.load();
  signal.throwIfAborted();
  const all = dump.manifest.collections;
  const chosen = flags.collection === undefined ? all : chooseCollections(all, flags.collection, path);
  const item = (collection: DumpCollection): Item => ({
    collection: { database: collection.database, name: collection.name },
    name: `${path}: ${collection.database}/${collection.name}`,
    // deno-lint-ignore require-await
    open: async () =>
      openDumpSource({
        dump,
        collection,
        description: readDescription(dump, collection),
        ...defined({ partitions: flags.partition }),
        parquet,
        parallel: flags.parallel,
        tempDir: flags.tempDir ?? tmpdir(),
      }),
  });
  return {
    name: path,
    many: chosen.length !== 1,
    list: () => Promise.resolve(chosen.map(item)),
    // deno-lint-ignore require-await
    async find({ collection: wanted, name }) {
      if (chosen.length === 1) return item(chosen[0]);
      if (wanted === undefined) {
        throw new VtsError('Usage', `${path}: which collection is to be compared with ${name}?`, {
          remedy: 'choose one with --collection',
        });
      }
      const named = chosen.filter((one) => one.name === wanted.name);
      const found = named.length === 1 ? named[0] : named.find((one) => one.database === wanted.database);
      return found && item(found);
    },
    covers: (name, named) =>
      flags.collection === undefined && holdsAll(dump.manifest) &&
      (named !== undefined || dump.manifest.databases.some((one) => one.name === name.database)),
    close: () => Promise.resolve(),
  };
}

/** Whether a dump was made of all collections that there were. */
function holdsAll({ job, source }: Manifest): boolean {
  return job.collections === JSON.stringify(['*']) && parseMilvusUrl(source).collection === undefined;
}
