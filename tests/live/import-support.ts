/** What the live tests of import share: moving rows in memory into a collection, and what pymilvus then reads. */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withRetry } from '../../src/core/retry.ts';
import type { Batch } from '../../src/core/batch.ts';
import type { Source } from '../../src/core/endpoint.ts';
import { type Journal, openJournal } from '../../src/core/journal.ts';
import { compileMapping, type MappingOptions } from '../../src/core/mapping.ts';
import type { Dataset } from '../../src/core/schema.ts';
import { transfer, type TransferOptions, type TransferSummary } from '../../src/core/transfer.ts';
import { memorySource } from '../../src/connectors/memory/memory.ts';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import type { CreateOptions, MilvusSinkOptions } from '../../src/connectors/milvus/sink/options.ts';
import { type MilvusSink, openMilvusSink } from '../../src/connectors/milvus/sink/milvus-sink.ts';
import { runPymilvus, type TestServer } from '../support/milvus.ts';
import { TEXT_ROWS, type TextRow } from './scan-support.ts';

/** How rows are imported; all optional. */
export interface ImportOptions {
  readonly sink?: Partial<Omit<MilvusSinkOptions, 'create'>>;
  readonly create?: Partial<CreateOptions>;
  readonly mapping?: MappingOptions;
  readonly transfer?: TransferOptions;
  readonly dataset?: Partial<Dataset>;
  /** Stands in for the sink, or spoils it. */
  readonly wrap?: (sink: MilvusSink) => MilvusSink;
  readonly connect?: () => Promise<MilvusConnection>;
}

/** What an import gave. */
export interface Imported {
  readonly summary: TransferSummary;
  /** Of the plan, then of the end. */
  readonly notes: readonly string[];
}

/** Imports `rows`, a range each, into `collection`. */
export function importRows(
  server: TestServer,
  collection: string,
  rows: readonly Batch[],
  options: ImportOptions = {},
): Promise<Imported> {
  return importFrom(server, collection, memorySource(rows, options.dataset), options);
}

/** Imports all of `source` into `collection`. */
export async function importFrom(
  server: TestServer,
  collection: string,
  source: Source,
  options: ImportOptions = {},
): Promise<Imported> {
  // A proxy in this process stands still while Python runs, and its connections may not survive that.
  const connect = () => openMilvus({ url: `milvus://${server.address}` });
  const connection = await (options.connect ?? (() => withRetry({ maxTimeMs: 30_000 }, connect)))();
  try {
    const opened = await openMilvusSink({
      connection,
      database: 'default',
      collection,
      mode: 'create',
      modeGiven: options.sink?.mode !== undefined,
      inFlight: 4,
      onError: 'stop',
      resume: options.transfer?.journal?.resumed ?? false,
      redoUncertain: false,
      retry: { maxTimeMs: 20_000 },
      tempDir: tmpdir(),
      ...options.sink,
      create: { indexes: [], ...options.create },
    });
    const sink = options.wrap?.(opened) ?? opened;
    try {
      const mapping = compileMapping(source.dataset, sink, { metric: 'L2', ...options.mapping });
      const notes = [...mapping.notes];
      const summary = await transfer(source, sink, mapping, {
        partBytes: 1 << 20,
        parallel: 2,
        ...options.transfer,
        onNote: (note) => notes.push(note),
      });
      return { summary, notes };
    } finally {
      await opened.close();
    }
  } finally {
    await connection.close();
  }
}

/** All rows of `collection` as text, by pymilvus; with partitions in `partition` when asked for. */
export function readRows(server: TestServer, collection: string, expression: string): readonly TextRow[] {
  const code = `${TEXT_ROWS}\nanswer(read_all(args[0], args[1], consistency_level='Strong'))`;
  return runPymilvus(server, code, collection, expression) as TextRow[];
}

/** Drops collections that may be there, whatever it takes. */
export function dropAll(server: TestServer, ...names: readonly string[]): void {
  runPymilvus(
    server,
    `
for c in client.list_collections():
    if any(c == n or c.startswith(n + '__vts') for n in args):
        for a in client.list_aliases(c).get('aliases', []): client.drop_alias(a)
        client.drop_collection(c)
`,
    ...names,
  );
}

/** The lines of a journal, which survive a run as a file does. */
export interface JournalFile {
  /** Opens it, as the next run of the job does. */
  open(): Journal;
}

/** A journal in memory. */
export function journalFile(): JournalFile {
  let text = '';
  const store = {
    read: () => text,
    append(lines: string, replace: boolean) {
      text = replace ? lines : text + lines;
    },
  };
  return { open: () => openJournal(store, { job: 'test' }, text !== '') };
}

/** A path for a file that is removed at the end of a `using` block. */
export function temporaryFile(name: string): { readonly path: string } & Disposable {
  const path = join(tmpdir(), `${name}-${process.pid}-${Math.random().toString(36).slice(2)}`);
  return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** What `promise` fails with. `expect(...).rejects` of Bun holds up everything else while it waits. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return { resolved: await promise };
  } catch (error) {
    return error;
  }
}
