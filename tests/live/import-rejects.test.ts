/** Rows that a real server refuses: named, or put aside so that they import again when they are mended. */
import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { liteServer, milvusServer, type TestServer, uniqueName } from '../support/milvus.ts';
import { makeBatch } from '../../src/core/batch.ts';
import { field } from '../../src/core/schema.ts';
import { columnFromValues, type Value } from '../../src/core/values.ts';
import { dropAll, failureOf, importRows, readRows, temporaryFile } from './import-support.ts';

const ROWS = 3000;
/** One at the start, two side by side, one at the end of a batch. */
const TOO_LONG = [0, 1234, 1235, 2999];

function rows() {
  const ids = Array.from({ length: ROWS }, (_, i) => BigInt(i));
  const texts: Value[] = ids.map((id) => TOO_LONG.includes(Number(id)) ? 'much too long' : 'short');
  const fields = [
    field('id', { kind: 'Int64' }, { primaryKey: true }),
    field('t', { kind: 'VarChar', maxLength: 8 }),
    field('n', { kind: 'Int32' }, { nullable: true }),
    field('v', { kind: 'FloatVector', dim: 4 }),
  ];
  return makeBatch({ fields }, [
    columnFromValues(fields[0].type, ids),
    columnFromValues(fields[1].type, texts),
    columnFromValues(fields[2].type, ids.map((id) => id === 77n ? null : Number(id))),
    columnFromValues(fields[3].type, ids.map((id) => Float32Array.of(id === 500n ? NaN : 1, 2, 3, 4))),
  ]);
}

describe.each([['milvus', milvusServer], ['lite', liteServer]] as const)(
  'rows that %s refuses',
  (kind, start) => {
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

    /** Milvus 2.3 has no nulls; Milvus Lite takes NaN. */
    const refused = kind === 'milvus' ? [...TOO_LONG, 77, 500] : TOO_LONG;

    test('go to the reject file, and all others in exactly once', async () => {
      const name = newName('rejects');
      using file = temporaryFile('rejects.jsonl');
      const { summary } = await importRows(server, name, [rows()], {
        sink: { onError: 'reject', rejectFile: file.path, requestBytes: 16 * 1024 },
      });
      const kept = ROWS - refused.length;
      expect(summary).toMatchObject({
        rowsRead: ROWS,
        rowsWritten: kept,
        rowsRejected: refused.length,
        rowsCounted: kept,
      });
      const lines = readFileSync(file.path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
      expect(lines.map(({ id }) => id)).toEqual([...refused].sort((a, b) => a - b));
      for (const line of lines) expect(line.$reject).toMatch(/length|NaN|null/i);
      expect(
        await failureOf(importRows(server, newName('other'), [rows()], {
          sink: { onError: 'reject', rejectFile: file.path },
        })),
      ).toMatchObject({ code: 'OutputExists' });
      const found = new Set(readRows(server, name, 'id >= 0').map((row) => Number(row.id)));
      expect(found.size).toBe(kept);
      for (const row of refused) expect(found.has(row)).toBe(false);
    });

    test('end the job, which says where the first one is, and why', async () => {
      const name = newName('stop');
      expect(
        await failureOf(
          importRows(server, name, [rows()], { sink: { requestBytes: 16 * 1024, inFlight: 1 } }),
        ),
      ).toMatchObject({
        code: 'RowInvalid',
        message: expect.stringMatching(/length.*\(id: 0\)/),
        details: { file: 'memory', row: 0, remedy: expect.stringContaining('--on-error reject') },
      });
    });
  },
);
