/** Imports that end before their time, and go on: no row twice, none lost, at whatever step it was. */
import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { liteServer, milvusServer, runPymilvus, type TestServer, uniqueName } from '../support/milvus.ts';
import { VtsError } from '../../src/errors.ts';
import { type Batch, makeBatch } from '../../src/core/batch.ts';
import { field } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { type MilvusConnection, openMilvus } from '../../src/connectors/milvus/connection.ts';
import type { MilvusSink } from '../../src/connectors/milvus/sink/milvus-sink.ts';
import {
  dropAll,
  failureOf,
  type ImportOptions,
  importRows,
  journalFile,
  readRows,
} from './import-support.ts';

const RANGES = 4;
const ROWS = 100;

function ranges(autoId: boolean): Batch[] {
  const fields = [
    field('id', { kind: 'Int64' }, { primaryKey: true, ...(autoId ? { autoId } : {}) }),
    field('n', { kind: 'Int64' }),
    field('v', { kind: 'FloatVector', dim: 4 }),
  ];
  return Array.from({ length: RANGES }, (_, range) => {
    const ids = Array.from({ length: ROWS }, (_, i) => BigInt(range * ROWS + i));
    return makeBatch({ fields }, [
      columnFromValues(fields[0].type, ids),
      columnFromValues(fields[1].type, ids),
      columnFromValues(fields[2].type, ids.map((id) => Float32Array.of(Number(id), 1, 2, 3))),
    ]);
  });
}

const killed = () => new VtsError('Terminated', 'killed');

/** A sink that dies at commit number `at` after its rows are stored, so that the journal does not know of them. */
function dyingSink(at: number): (sink: MilvusSink) => MilvusSink {
  let commits = 0;
  return (sink) => ({
    ...sink,
    get parallel() {
      return sink.parallel!;
    },
    async begin(dataset, plan) {
      const writer = await sink.begin(dataset, plan);
      return {
        ...writer,
        async commit() {
          const receipt = await writer.commit();
          if (commits++ === at) throw killed();
          return receipt;
        },
      };
    },
  });
}

/** A connection that dies before (even) or after (odd) step number `at / 2` of a replacement. */
function dyingConnection(server: TestServer, at: number): () => Promise<MilvusConnection> {
  return async () => {
    const connection = await openMilvus({ url: `milvus://${server.address}` });
    let steps = 0;
    return {
      ...connection,
      async rpc(method, request, options) {
        if (!['RenameCollection', 'AlterAlias', 'DropCollection'].includes(method)) {
          return await connection.rpc(method, request, options);
        }
        if (steps++ === at) throw killed();
        const reply = await connection.rpc(method, request, options);
        if (steps++ === at) throw killed();
        return reply;
      },
    };
  };
}

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)('resuming on %s', (kind, start) => {
  let server: TestServer;
  const made: string[] = [];
  const newName = (stem: string) => {
    const name = uniqueName(`e_${stem}`);
    made.push(name);
    return name;
  };
  beforeAll(async () => {
    server = await start();
  });
  afterEach(() => dropAll(server, ...made.splice(0)));

  const run = (
    name: string,
    journal: ReturnType<typeof journalFile>,
    autoId: boolean,
    options: ImportOptions = {},
  ) =>
    importRows(server, name, ranges(autoId), {
      ...options,
      ...(autoId ? { create: { autoId: 'new' } } : {}),
      transfer: { ...options.transfer, journal: journal.open() },
    });

  const numbers = (name: string) =>
    readRows(server, name, 'n >= 0').map((row) => Number(row.n)).sort((a, b) => a - b);
  const all = Array.from({ length: RANGES * ROWS }, (_, i) => i);

  test('rows with keys are written again, in place of what may be there', async () => {
    const name = newName('keyed');
    const journal = journalFile();
    expect(await failureOf(run(name, journal, false, { wrap: dyingSink(1) }))).toMatchObject({
      code: 'Terminated',
    });
    const { summary } = await run(name, journal, false);
    expect(summary).toMatchObject({ rowsWritten: 400, rowsCounted: 400 });
    expect(summary.rowsResumed).toBeGreaterThan(0);
    expect(numbers(name)).toEqual(all);
  });

  test('rows whose ids the server makes are counted first, and deleted if the user says so', async () => {
    const name = newName('server_ids');
    const journal = journalFile();
    expect(await failureOf(run(name, journal, true, { wrap: dyingSink(1) }))).toMatchObject({
      code: 'Terminated',
    });
    expect(await failureOf(run(name, journal, true))).toMatchObject({
      code: 'JournalConflict',
      message: expect.stringContaining('holds 100 rows that the interrupted run sent'),
      details: { remedy: expect.stringContaining('--redo-uncertain') },
    });
    const { summary } = await run(name, journal, true, { sink: { redoUncertain: true } });
    expect(summary).toMatchObject({ rowsWritten: 400, rowsCounted: 400 });
    expect(numbers(name)).toEqual(all);
  });

  test('a job that ended before anything was stored goes on without a question', async () => {
    const name = newName('nothing');
    const journal = journalFile();
    const dead = (sink: MilvusSink): MilvusSink => ({ ...sink, begin: () => Promise.reject(killed()) });
    expect(await failureOf(run(name, journal, true, { wrap: dead }))).toMatchObject({ code: 'Terminated' });
    const { summary } = await run(name, journal, true);
    expect(summary).toMatchObject({ rowsWritten: 400, rowsCounted: 400 });
  });

  test('a target that was dropped and made anew is not the one of the job', async () => {
    const name = newName('other');
    const journal = journalFile();
    expect(await failureOf(run(name, journal, false, { wrap: dyingSink(1) }))).toMatchObject({
      code: 'Terminated',
    });
    runPymilvus(server, 'client.drop_collection(args[0])', name);
    expect(await failureOf(run(name, journal, false))).toMatchObject({
      code: 'JournalConflict',
      details: { remedy: expect.stringContaining('--restart') },
    });
  });

  // Each step takes seconds on Milvus; the most dangerous is the one between the two renames.
  test.each(kind === 'milvus' ? [1, 2] : [0, 1, 2, 3, 4, 5, 6, 7])(
    'a replacement that ends at step %d',
    async (at) => {
      const name = newName(`replace${at}`);
      const alias = `${name}_alias`;
      await importRows(server, name, ranges(false).slice(0, 1));
      runPymilvus(server, 'client.create_alias(args[0], args[1])', name, alias);
      const journal = journalFile();
      const replace = { sink: { mode: 'replace' as const } };
      expect(await failureOf(run(name, journal, false, { ...replace, connect: dyingConnection(server, at) })))
        .toMatchObject({ code: 'Terminated' });
      const { summary } = await run(name, journal, false, replace);
      expect(summary).toMatchObject({ rowsWritten: 400, rowsCounted: 400 });
      expect(numbers(name)).toEqual(all);
      expect(numbers(alias)).toEqual(all);
      expect(
        runPymilvus(server, 'answer([c for c in client.list_collections() if c.startswith(args[0])])', name),
      )
        .toEqual([name]);
    },
    60_000,
  );
});
