/**
 * What becomes of rows, files and collections that were there before, when a server does what no real one does on demand: it is
 * hand-built, and what is written to it goes through the executable.
 */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { status } from '@grpc/grpc-js';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMilvus } from '../../src/connectors/milvus/connection.ts';
import { renameCollection } from '../../src/connectors/milvus/metadata.ts';
import { VTS } from '../support/cli.ts';
import { collectionAnswers, type MilvusFake, startMilvusFake } from '../support/milvus-fake.ts';
import { decodeRequest, encodeRefusal, encodeReply, grpcFailure } from '../support/milvus-grpc.ts';

const SCHEMA = {
  fields: [
    { fieldID: '100', name: 'id', dataType: 5, isPrimaryKey: true },
    { fieldID: '101', name: 'v', dataType: 101, typeParams: [{ key: 'dim', value: '4' }] },
  ],
};

type Answers = Parameters<typeof startMilvusFake>[0];

let folder: string;
let fake: MilvusFake;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-sink-faults-'));
  const rows = Array.from({ length: 200 }, (_, i) => JSON.stringify({ id: 1000 + i, v: [i, 1, 2, 3] }));
  writeFileSync(join(folder, 'rows.jsonl'), `${rows.join('\n')}\n`);
});
afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (answers: Answers) =>
  fake = await startMilvusFake({ ...collectionAnswers({ name: 'docs', schema: SCHEMA }), ...answers });

/** Imports the rows into `docs`. */
async function importRows(...flags: string[]): Promise<{ exit: number; stderr: string }> {
  const command = [
    VTS,
    'import',
    'rows.jsonl',
    `milvus://${fake.address}/default/docs`,
    '--id',
    'id',
    ...flags,
  ];
  const child = Bun.spawn(command, {
    ...{ cwd: folder, stdout: 'ignore', stderr: 'pipe' },
    env: { HOME: folder, PATH: process.env.PATH! },
  });
  const stderr = await new Response(child.stderr).text();
  return { exit: await child.exited, stderr };
}

/** The ids that a call of `method` writes. */
function idsOf(method: string, request: Uint8Array): number[] {
  const { fieldsData } = decodeRequest(method, request) as {
    fieldsData: { fieldName: string; scalars: { longData: { data: string[] } } }[];
  };
  return fieldsData.find(({ fieldName }) => fieldName === 'id')!.scalars.longData.data.map(Number);
}

test('a reject file of another job is not cut by a resume that names it', async () => {
  const stored = new Set([1, 2, 3]);
  await start({
    Insert: ({ request }) => {
      const ids = idsOf('Insert', request);
      if (ids.includes(1077)) return encodeRefusal('Insert', { code: 1100, reason: 'bad row' });
      for (const id of ids) stored.add(id);
      return encodeReply('Insert', { status: {}, insertCnt: String(ids.length) });
    },
    Upsert: ({ request }) => {
      const ids = idsOf('Upsert', request);
      if (ids.includes(1077)) return encodeRefusal('Upsert', { code: 1100, reason: 'bad row' });
      for (const id of ids) stored.add(id);
      return encodeReply('Upsert', { status: {}, upsertCnt: String(ids.length) });
    },
    Flush: {},
    Query: () =>
      encodeReply('Query', {
        fieldsData: [{ fieldName: 'count(*)', type: 5, scalars: { longData: { data: [`${stored.size}`] } } }],
      }),
  });
  const earlier = '{"id":1,"v":[1,2,3,4],"reject_reason":"of last week"}\n'.repeat(50);
  const rejects = join(folder, 'rejected.jsonl');
  writeFileSync(rejects, earlier);
  const aside = (file: string) => ['--mode', 'append', '--on-error', 'reject', '--reject-file', file];
  expect(await importRows('--mode', 'append')).toMatchObject({ exit: 6 });
  expect(await importRows(...aside('rejected.jsonl'), '--resume')).toEqual({
    exit: 7,
    stderr: expect.stringContaining('holds rows already'),
  });
  expect(readFileSync(rejects, 'utf8')).toBe(earlier);
  expect(await importRows(...aside('own.jsonl'), '--resume')).toMatchObject({ exit: 3 });
  expect(readFileSync(join(folder, 'own.jsonl'), 'utf8')).toStartWith('{"id":1077,');
  expect(stored.size).toBe(3 + 199);
});

test('a collection is not replaced by one that is not loaded and has not got the rows', async () => {
  const collections = new Map([['docs', { id: '1', rows: 5000 }]]);
  const named = (method: string, request: Uint8Array) =>
    decodeRequest(method, request) as Record<string, string>;
  const { DescribeCollection } = collectionAnswers({ name: 'docs', schema: SCHEMA }) as Record<
    string,
    object
  >;
  await start({
    DescribeCollection: ({ request }) => {
      const { collectionName } = named('DescribeCollection', request);
      const found = collections.get(collectionName);
      if (found === undefined) {
        return encodeRefusal('DescribeCollection', { code: 100, reason: "can't find collection" });
      }
      const schema = { name: collectionName, ...SCHEMA };
      return { ...DescribeCollection, schema, collectionName, collectionID: found.id };
    },
    CreateCollection: ({ request }) => {
      collections.set(named('CreateCollection', request).collectionName, { id: '2', rows: 0 });
      return {};
    },
    RenameCollection: () => {
      throw grpcFailure(status.INTERNAL, 'nothing is to be renamed');
    },
    DropCollection: () => {
      throw grpcFailure(status.INTERNAL, 'nothing is to be dropped');
    },
    GetLoadState: () => ({ state: 1 }),
    CreateIndex: {},
    Flush: {},
    GetCollectionStatistics: ({ request }) => {
      const { rows } = collections.get(named('GetCollectionStatistics', request).collectionName)!;
      return { stats: [{ key: 'row_count', value: String(rows) }] };
    },
    Insert: ({ request }) =>
      encodeReply('Insert', { status: {}, insertCnt: String(idsOf('Insert', request).length) }),
  });
  const flags = ['--cast', 'v:FloatVector(4)', '--metric', 'L2', '--mode', 'replace', '--no-load'];
  expect(await importRows(...flags)).toEqual({ exit: 3, stderr: expect.stringContaining('has 0 rows') });
  expect(collections.get('docs')).toEqual({ id: '1', rows: 5000 });
});

test('a rename whose answer was lost is not one of a collection that is not there', async () => {
  let calls = 0;
  await start({
    RenameCollection: () => {
      if (calls++ === 0) throw grpcFailure(status.UNAVAILABLE, 'Connection dropped');
      return encodeRefusal('RenameCollection', { code: 100, reason: "can't find collection" });
    },
  });
  const connection = await openMilvus({ url: `milvus://${fake.address}` });
  await renameCollection(connection, { database: 'default', name: 'old' }, 'docs', {
    maxTimeMs: 5000,
    sleep: () => Promise.resolve(),
  });
  expect(calls).toBe(2);
  await connection.close();
});
