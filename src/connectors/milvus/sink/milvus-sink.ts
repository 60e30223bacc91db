/** A Milvus collection as a sink: made or found, filled by inserts or upserts, flushed, indexed, loaded, counted. */
import { resolve } from 'node:path';
import type { PartWriter, Sink } from '../../../core/endpoint.ts';
import type { Journal } from '../../../core/journal.ts';
import type { Dataset } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import { createScratch } from '../../../stores/file.ts';
import { createPartition, describeCollection, findCollection, listPartitions } from '../metadata.ts';
import { describeName } from '../metadata-call.ts';
import { loadCollection, releaseCollection } from '../metadata-load.ts';
import type { CollectionInfo } from '../model.ts';
import type { KeyKind } from '../scan/keys.ts';
import { buildAndLoad, type FinishRequest, flushRows, isLoaded } from './finish.ts';
import { KeyGuard } from './key-guard.ts';
import { createKeySpool } from './key-spool.ts';
import type { MilvusSinkOptions } from './options.ts';
import { type Mark, openPart, type PartOptions } from './part-writer.ts';
import { createPartitions } from './partitions.ts';
import { isSpread, keyOf, madeBy, planTarget, type TargetPlan } from './plan.ts';
import { provenRows } from './proof.ts';
import { mendDuplicates } from './mend.ts';
import { openRejectFile, type RejectFile } from './reject-file.ts';
import { replaceCollection, swapped } from './replace.ts';
import { planRows, refuseNullsForDefaults } from './row-plan.ts';
import { createSender } from './sender.ts';
import { CASTS, traitsOf } from './server-traits.ts';
import { statisticalRows, storedRows } from './stored-rows.ts';
import { prepareTarget, refuseRows, type Target } from './target.ts';
import { recordIdsBefore, settleUncertain } from './uncertain.ts';
import { Window } from './window.ts';

export type { CollectionTemplate, CreateOptions, MilvusSinkOptions, WriteMode } from './options.ts';

/** A collection as a sink. */
export interface MilvusSink extends Sink {
  /** What is going to be made on the server for `dataset`, as people read it. */
  makes(dataset: Dataset): readonly string[];
}

/** Bytes of a request unless the options say otherwise. */
const REQUEST_BYTES = 4 * 1024 * 1024;

/** A target that is ready for rows. */
interface Ready {
  readonly target: Target;
  readonly plan: TargetPlan;
  readonly parts: PartOptions;
  readonly journal: Journal;
  readonly finish: FinishRequest;
  /** Whether the server makes the ids. */
  readonly serverIds: boolean;
  /** What an interrupted run left is looked into once. */
  settled: Promise<void> | undefined;
  /** Whether the collection was loaded to look into it, and is not to stay so. */
  loadedEarly: boolean;
  written: number;
}

/**
 * Opens a collection for writing; nothing is written yet.
 * @throws VtsError OutputExists when it has rows and nobody said what to do with them; InputMissing when rows are to be added to a
 *   collection that is not there
 */
export async function openMilvusSink(asked: MilvusSinkOptions): Promise<MilvusSink> {
  const { connection, database, collection, mode } = asked;
  const existing = await findTarget(asked);
  const options = await likeItself(asked, existing);
  const plan = memoized((dataset: Dataset) => planTarget(dataset, options, existing));
  let ready: Ready | undefined;
  const begun = (): Ready => {
    if (ready === undefined) throw new TypeError('a sink is prepared before rows are written');
    return ready;
  };
  return {
    name: `${connection.name}/${encodeURIComponent(database)}/${encodeURIComponent(collection)}`,
    // Which field may be null is looked at row by row, so that a row with a null elsewhere can be put aside.
    features: { kinds: traitsOf(connection).kinds, casts: CASTS, nulls: true },
    get resume() {
      return ready?.serverIds ? 'none' : 'keyed';
    },
    // What is uncertain after a crash is told by ids in the order of time, which parts side by side would mix up.
    get parallel() {
      return ready?.serverIds ? 1 : Infinity;
    },
    check: (dataset) => plan(dataset).problems,
    notes: (dataset) => plan(dataset).notes,
    makes: (dataset) => existing === undefined || mode === 'replace' ? madeBy(plan(dataset), options) : [],
    async prepare(dataset, journal) {
      ready = await prepare(dataset, journal, options, plan(dataset), existing);
    },
    begin: (_, part) => begin(begun(), options, part),
    async finish(onStage) {
      const { finish, target } = begun();
      await flushRows(finish, onStage);
      const notes = target.fact.created ? await buildAndLoad(finish, onStage) : [];
      if (begun().loadedEarly && !finish.load) {
        await releaseCollection(connection, finish.collection, options.retry);
      }
      return [...target.notes, ...notes];
    },
    count: () => count(begun(), options),
    async seal() {
      if (mode !== 'replace') return;
      const { target, journal, finish } = begun();
      const name = { database, name: collection };
      const loaded = await isLoaded(finish);
      if (!loaded && !swapped(journal)) await refuseTooFew(begun(), options);
      await replaceCollection(connection, name, target.fact.name, journal, options.retry);
      // Milvus Lite releases what is renamed.
      if (loaded) await loadCollection(connection, name, () => {}, options.retry, [], finish.replicas);
    },
    // deno-lint-ignore require-await
    async close() {
      ready?.parts.keys?.close();
    },
  };
}

/** The collection under the target's name. */
async function findTarget(options: MilvusSinkOptions): Promise<CollectionInfo | undefined> {
  const { connection, database, collection, mode, resume, retry } = options;
  const name = { database, name: collection };
  const existing = await findCollection(connection, name, retry);
  if (existing === undefined && (mode === 'append' || mode === 'upsert')) {
    // Asked once more for the error, which knows names that are near.
    await describeCollection(connection, name, retry);
  }
  if (existing !== undefined && mode === 'create' && !resume) {
    refuseRows(await storedRows(connection, name, retry), options);
  }
  return existing;
}

/** `options` with the collection that is there as the one that the new one is to equal, where it keeps its schema. */
async function likeItself(
  options: MilvusSinkOptions,
  existing: CollectionInfo | undefined,
): Promise<MilvusSinkOptions> {
  const { connection, create, retry } = options;
  if (!create.keepSchema || existing === undefined) return options;
  const { templateOf } = await import('./template.ts');
  return { ...options, create: { ...create, like: await templateOf(connection, existing, retry) } };
}

async function prepare(
  dataset: Dataset,
  journal: Journal,
  options: MilvusSinkOptions,
  plan: TargetPlan,
  existing: CollectionInfo | undefined,
): Promise<Ready> {
  const { connection, database, create, retry } = options;
  const rejects = openRejects(journal, options);
  const target = await prepareTarget(dataset, journal, options, plan.schema, existing);
  const { info, fact } = target;
  const { plan: rows, problems } = planRows(dataset, info, options);
  if (problems.length > 0) {
    throw new VtsError(
      'PlanRefused',
      `${describeName(connection, { database, name: fact.name })} has changed: ${problems[0].message}`,
    );
  }
  const serverIds = rows.key === undefined;
  if (serverIds) await recordIdsBefore(target, journal, options);
  const collection = { database, name: fact.name };
  const window = new Window(options.inFlight, options.requestBytes ?? REQUEST_BYTES);
  const known = isSpread(info) ? [] : await listPartitions(connection, collection, retry);
  return {
    target,
    plan,
    journal,
    serverIds,
    settled: undefined,
    loadedEarly: false,
    written: journal.parts.reduce((sum, part) => sum + part.rows, 0),
    finish: {
      connection,
      collection,
      info,
      indexes: plan.indexes,
      load: !create.noLoad && !create.noIndex,
      replicas: create.like?.replicas,
      retry,
    },
    parts: {
      rows,
      window,
      rejects,
      send: createSender({
        connection,
        collection,
        window,
        retry,
        keyed: !serverIds,
        check: (batch) => refuseNullsForDefaults(rows, batch),
        signal: options.signal,
      }),
      partitions: createPartitions(known, (name) => createPartition(connection, collection, name, retry)),
      keys: fact.created || serverIds ? undefined : createKeySpool(createScratch(options.tempDir)),
      guard: new KeyGuard(),
      signal: options.signal,
    },
  };
}

function openRejects(journal: Journal, { onError, rejectFile }: MilvusSinkOptions): RejectFile | undefined {
  if (onError !== 'reject' || rejectFile === undefined) return undefined;
  const file = resolve(rejectFile);
  const kept = journal.fact(REJECTS) as Rejects | undefined;
  if (kept?.file !== file) {
    const rejects = openRejectFile(rejectFile, undefined);
    journal.record(REJECTS, { file, parts: journal.parts.length } satisfies Rejects);
    return rejects;
  }
  const sizes = journal.parts.slice(kept.parts).map(({ mark }) =>
    mark === undefined ? 0 : (JSON.parse(mark) as Mark).rejects ?? 0
  );
  return openRejectFile(rejectFile, Math.max(0, ...sizes));
}

/** What the journal keeps of the reject file: only one that the job has made is cut when the job goes on. */
interface Rejects {
  readonly file: string;
  /** Parts that were written before there was this file. */
  readonly parts: number;
}

const REJECTS = 'rejects';

async function begin(
  ready: Ready,
  options: MilvusSinkOptions,
  plan: Parameters<Sink['begin']>[1],
): Promise<PartWriter> {
  const { parts, target, serverIds, journal } = ready;
  if (plan.uncertain && serverIds) {
    ready.settled ??= settleUncertain(target, journal, options, () => makeReadable(ready, options));
    await ready.settled;
  }
  const upsert = !serverIds && (options.mode === 'upsert' || plan.uncertain);
  const partition = isSpread(target.info) ? undefined : options.partition ?? plan.partition;
  const writer = openPart(parts, plan, { upsert, partition });
  return {
    get bytes() {
      return writer.bytes;
    },
    write: (batch) => writer.write(batch),
    abort: () => writer.abort(),
    async commit() {
      const receipt = await writer.commit();
      ready.written += receipt.rows;
      return receipt;
    },
  };
}

/** Loads the collection before its time, as rows in it have to be deleted. */
async function makeReadable(ready: Ready, { create }: MilvusSinkOptions): Promise<void> {
  const { finish, target } = ready;
  if (await isLoaded(finish)) return;
  const { connection, collection } = finish;
  if (!target.fact.created || create.noIndex) {
    throw new VtsError(
      'NotLoaded',
      `${describeName(connection, collection)} is not loaded, and rows can be deleted from a loaded one only`,
      { remedy: 'load it, or drop it and begin anew with --restart' },
    );
  }
  await buildAndLoad({ ...finish, load: true }, () => {});
  ready.loadedEarly = true;
}

async function count(
  ready: Ready,
  options: MilvusSinkOptions,
): Promise<number | undefined> {
  const { finish, target, parts, written, serverIds } = ready;
  const { counted } = target.fact;
  if (counted === null || !await isLoaded(finish)) return undefined;
  const proof = () =>
    provenRows({
      connection: options.connection,
      collection: finish.collection,
      key: keyOf(target.info),
      written,
      before: counted,
      keys: parts.keys,
      retry: options.retry,
    });
  const found = await proof();
  // Nobody else writes to a collection that the job has made.
  if (!target.fact.created || serverIds || found === undefined || found <= written) return found;
  return await mend(ready) === 0 ? found : await proof();
}

/** What cannot be counted as it is not loaded must not take the place of rows, unless the server's statistics have it. */
async function refuseTooFew(
  { finish, written }: Ready,
  { connection, retry }: MilvusSinkOptions,
): Promise<void> {
  const stored = await statisticalRows(connection, finish.collection, retry);
  if (stored >= written) return;
  throw new VtsError('RowsMissing', `${describeName(connection, finish.collection)} has ${stored} rows`, {
    expected: `${written} rows, as accepted; what it was to replace is left as it was`,
    remedy: 'look at the logs of the server, and begin anew with --restart',
  });
}

/** Makes one of rows that are there twice. @returns how many there were too many */
async function mend({ finish, parts, target }: Ready): Promise<number> {
  const { connection, collection, info, retry } = finish;
  const key = keyOf(info);
  const partitions = isSpread(info) ? [undefined] : await listPartitions(connection, collection, retry);
  const scanned = { connection, info: target.info, key, keyKind: key.type.kind as KeyKind, retry };
  const unrefused = (_: number, reason: VtsError) => {
    throw reason;
  };
  const surplus = await mendDuplicates(scanned, partitions, async (batch, partition) => {
    await parts.send({ batch, partition, upsert: true, onRefused: unrefused }, new AbortController().signal);
  });
  await flushRows(finish, () => {});
  return surplus;
}

/** `plan`, called once for the same data set. */
function memoized<A extends object, B>(plan: (argument: A) => B): (argument: A) => B {
  const known = new WeakMap<A, B>();
  return (argument) => {
    const found = known.get(argument);
    if (found !== undefined) return found;
    const made = plan(argument);
    known.set(argument, made);
    return made;
  };
}
