/** Dumps of collections in memory. */
import { hostname } from 'node:os';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Description, descriptionText } from '../../src/connectors/dump/description.ts';
import { openDumpDirectory } from '../../src/connectors/dump/dump-directory.ts';
import {
  begunOf,
  collectionJournal,
  collectionPath,
  filesSoFar,
  manifestEntry,
  provenOf,
  recordBegun,
  recordProven,
} from '../../src/connectors/dump/dump-journal.ts';
import { openDumpSink } from '../../src/connectors/dump/dump-sink.ts';
import { DUMP_VERSION, GUARANTEES } from '../../src/connectors/dump/manifest.ts';
import { loadOutputFormat } from '../../src/connectors/file/part-file.ts';
import { memorySource } from '../../src/connectors/memory/memory.ts';
import type { Batch } from '../../src/core/batch.ts';
import type { Source } from '../../src/core/endpoint.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { schemaToJson } from '../../src/core/schema-json.ts';
import { transfer } from '../../src/core/transfer.ts';
import { FORMATS } from '../../src/formats/registry.ts';
import { type FileOps, nodeFileOps } from '../../src/stores/file-ops.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';

/** A collection in memory: its rows by partition. */
export interface MemoryCollection {
  readonly database: string;
  readonly name: string;
  readonly partitions: Readonly<Record<string, Batch>>;
}

const SCHEMA = filterFields(
  everyKind(4),
  (f) => ['id', 'text', 'json', 'words_null', 'vector', 'float_null'].includes(f.name),
);
const EMPTY = randomTable(SCHEMA, { rows: 0, seed: 1 });

/** Names that need escaping, partitions without rows, a collection without any. */
export const COLLECTIONS: readonly MemoryCollection[] = [
  {
    database: 'default',
    name: 'docs',
    partitions: {
      _default: randomTable(SCHEMA, { rows: 300, seed: 2 }),
      'p/1': randomTable(SCHEMA, { rows: 120, seed: 3 }),
      none: EMPTY,
    },
  },
  { database: 'other', name: '..', partitions: { _default: EMPTY } },
  {
    database: 'other',
    name: 'Wörter',
    partitions: { _default: randomTable(SCHEMA, { rows: 150, seed: 4 }) },
  },
];

/** How a dump is made. */
export interface MakeOptions {
  readonly ops?: FileOps;
  readonly resume?: boolean;
  readonly job?: Record<string, string>;
  readonly parallel?: number;
  readonly collections?: readonly MemoryCollection[];
}

export const JOB = { command: 'dump', source: 'memory' };

/** Dumps `collections` into `path`, as the command does. */
export async function makeDump(path: string, options: MakeOptions = {}): Promise<void> {
  const { ops = nodeFileOps, resume = false, job = JOB, collections = COLLECTIONS } = options;
  const target = openDumpDirectory(path, job, { resume }, ops);
  try {
    if (target.complete !== undefined) return;
    const { journal } = target;
    if (journal.fact('collections') === undefined) {
      journal.record('collections', collections.map(({ database, name }) => ({ database, name })));
    }
    const known = collections.flatMap((one) => filesSoFar(collectionJournal(journal, one)));
    target.requireFiles(known);
    target.removeStrays(new Set(known.map((file) => file.path)));
    for (const one of collections) await dumpOne(target, one, options);
    await target.finish({
      format: 'vts-dump',
      version: DUMP_VERSION,
      vts: '0.0.0',
      source: 'memory',
      serverVersion: 'none',
      began: '2026-01-01T00:00:00.000Z',
      ended: '2026-01-01T00:00:01.000Z',
      job,
      databases: [{ name: 'default', properties: {} }, { name: 'other', properties: { a: 'b' } }],
      collections: collections.map((one) => manifestEntry(collectionJournal(journal, one), one)),
    });
  } finally {
    target.close();
  }
}

async function dumpOne(
  target: ReturnType<typeof openDumpDirectory>,
  collection: MemoryCollection,
  { parallel = 1 }: MakeOptions,
): Promise<void> {
  const journal = collectionJournal(target.journal, collection);
  if (provenOf(journal) !== undefined) return;
  const description = descriptionOf(collection);
  if (begunOf(journal) === undefined) {
    recordBegun(journal, {
      id: String(description.collection.id),
      schema: schemaToJson(description.collection.schema),
      file: await target.writeText(`${collectionPath(collection)}/schema.json`, descriptionText(description)),
      partitions: description.partitions,
    });
  }
  const source = sourceOf(collection);
  const info = FORMATS.find((format) => format.name === 'parquet')!;
  const tempDir = target.path;
  const sink = openDumpSink({
    dump: target,
    database: collection.database,
    collection: collection.name,
    journal,
    parquet: await loadOutputFormat(info, { overwrite: false, tempDir }),
    tempDir,
  });
  await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
    journal,
    parallel,
    batchBytes: 2000,
    partBytes: 12_000,
  });
  recordProven(journal, { guarantee: GUARANTEES[1], counted: source.dataset.rows ?? 0 });
}

/** All that rebuilds `collection`. */
export function descriptionOf({ database, name, partitions }: MemoryCollection): Description {
  const { schema } = Object.values(partitions)[0];
  return {
    collection: {
      database,
      name,
      id: 2n ** 62n,
      schema: { ...schema, description: 'with "quotes"' },
      dynamic: false,
      functions: [{
        name: 'f',
        description: '',
        type: 1,
        inputs: ['text'],
        outputs: ['s'],
        params: { a: '1' },
      }],
      shards: 2,
      partitionCount: 0,
      consistency: 'Bounded',
      properties: { 'collection.ttl.seconds': '60' },
      aliases: ['alias'],
      unsupported: [{ name: 'new', typeNumber: 99 }],
      rawSchema: new Uint8Array([1, 2, 255]),
    },
    columns: schema.fields.map((field) => field.name),
    partitions: Object.keys(partitions),
    indexes: [{ name: 'i', field: 'vector', params: { index_type: 'FLAT', metric_type: 'L2' } }],
    load: { loaded: true, replicas: 1 },
  };
}

function sourceOf({ partitions }: MemoryCollection): Source {
  const names = Object.keys(partitions);
  const source = memorySource(Object.values(partitions));
  const plan = async () => (await source.plan()).map((range, i) => ({ ...range, partition: names[i] }));
  return { ...source, plan };
}

/** What a killed process's file operations throw. */
export class Killed extends Error {}

/** Operations of a process that is killed at its `n`th: half of a write may be done, and nothing is after that. */
export function mortalOps(n: number): FileOps & { readonly calls: number } {
  let calls = 0;
  const wrapped = Object.fromEntries(
    Object.entries(nodeFileOps).map(([name, operation]) => [name, (...args: unknown[]) => {
      const act = (...given: unknown[]) => (operation as (...args: unknown[]) => unknown)(...given);
      // A process that is gone has closed its files.
      if (name === 'close') return act(...args);
      if (++calls < n) return act(...args);
      if (calls === n && name === 'write') {
        const bytes = args[1] as Uint8Array;
        act(args[0], bytes.subarray(0, bytes.length >> 1), args[2]);
      }
      throw new Killed(`killed at ${name}`);
    }]),
  ) as unknown as FileOps;
  return Object.defineProperty(wrapped, 'calls', { get: () => calls }) as FileOps & {
    readonly calls: number;
  };
}

/** Makes the lock of a run in this process that of one which is gone. */
export function buryLock(directory: string): void {
  const lock = join(directory, '.vts-lock');
  if (existsSync(lock)) writeFileSync(lock, `4194304 ${hostname()}`);
}
