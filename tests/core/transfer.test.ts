import { describe, expect, test } from 'bun:test';
import { memorySink, memorySource } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches, makeBatch } from '../../src/core/batch.ts';
import { fixedColumn } from '../../src/core/column.ts';
import type { Sink, Source } from '../../src/core/endpoint.ts';
import { type JournalStore, openJournal } from '../../src/core/journal.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { field, type Schema } from '../../src/core/schema.ts';
import { transfer } from '../../src/core/transfer.ts';
import { columnFromValues } from '../../src/core/values.ts';
import { VtsError } from '../../src/errors.ts';
import { expectSameRows } from '../support/compare.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';

const SCHEMA = filterFields(everyKind(4), (f) => ['id', 'text_null', 'vector'].includes(f.name));
const TABLES = [40, 0, 25, 60].map((rows, seed) => randomTable(SCHEMA, { rows, seed }));
/** The same rows under keys of their own. */
const KEYED = TABLES.map((table, i): Batch => {
  const keys = BigInt64Array.from({ length: table.length }, (_, row) => BigInt(1000 * i + row));
  return { ...table, columns: [fixedColumn({ kind: 'Int64' }, keys), ...table.columns.slice(1)] };
});
const JOB = { source: 'memory', target: 'memory' };

/** A journal that outlives its process, as a file does. */
function textStore(initial = ''): JournalStore & { text: string } {
  return {
    text: initial,
    read() {
      return this.text;
    },
    append(text, replace) {
      this.text = replace ? text : this.text + text;
    },
  };
}

function rowsOf(parts: ReadonlyMap<number, Batch | undefined>): Batch {
  const filled = [...parts].sort(([a], [b]) => a - b).flatMap(([, table]) =>
    table === undefined ? [] : [table]
  );
  return concatBatches(filled);
}

/** Throws from the `n`th operation on either end, counted from 1: a process that was killed there does nothing more. */
function killAt(n: number, source: Source, sink: Sink, journal: JournalStore) {
  let operations = 0;
  const step = () => {
    if (++operations >= n) throw new Error('killed');
  };
  const killedSource: Source = {
    ...source,
    async *read(range, request) {
      for await (const positioned of source.read(range, request)) {
        step();
        yield positioned;
      }
    },
  };
  const killedSink: Sink = {
    ...sink,
    async begin(dataset, plan) {
      step();
      const writer = await sink.begin(dataset, plan);
      return {
        get bytes() {
          return writer.bytes;
        },
        async write(batch) {
          step();
          await writer.write(batch);
        },
        async commit() {
          step();
          const receipt = await writer.commit();
          step();
          return receipt;
        },
        async abort() {},
      };
    },
  };
  const killedJournal: JournalStore = {
    read: () => journal.read(),
    append(text, replace) {
      step();
      // Half of the line reaches the disk before the kill.
      if (operations + 1 === n) journal.append(text.slice(0, text.length / 2), replace);
      step();
      journal.append(text, replace);
    },
  };
  return { source: killedSource, sink: killedSink, journal: killedJournal };
}

/** A sink like a server: rows are there when they are written, and there twice when written twice, unless the part is uncertain. */
function rowsSink(stored: Map<bigint, number>): Sink {
  return {
    ...memorySink(),
    // deno-lint-ignore require-await
    async begin(_dataset, { uncertain }) {
      let rows = 0;
      return {
        get bytes() {
          return rows;
        },
        // deno-lint-ignore require-await
        async write(batch) {
          for (const id of batch.columns[0].values as BigInt64Array) {
            stored.set(id, uncertain ? 1 : (stored.get(id) ?? 0) + 1);
          }
          rows += batch.length;
        },
        commit: () => Promise.resolve({ rows, bytes: rows }),
        async abort() {},
      };
    },
    count: () => Promise.resolve(undefined),
  };
}

describe('transfer()', () => {
  test('moves every row in order and counts it three times', async () => {
    const source = memorySource(TABLES);
    const sink = memorySink();
    const summary = await transfer(source, sink, compileMapping(source.dataset, sink, {}), {
      batchBytes: 500,
    });
    expect(summary).toMatchObject({
      rowsRead: 125,
      rowsWritten: 125,
      rowsCounted: 125,
      rowsResumed: 0,
      parts: 1,
    });
    expectSameRows(rowsOf(sink.parts), concatBatches(TABLES));
  });

  test('cuts parts by bytes and at the end of every range', async () => {
    const source = memorySource(TABLES);
    const sink = memorySink();
    const mapping = compileMapping(source.dataset, sink, {});
    // The memory sink calls a row a byte.
    const summary = await transfer(source, sink, mapping, { batchBytes: 300, partBytes: 16 });
    expect(summary.parts).toBeGreaterThan(6);
    expectSameRows(rowsOf(sink.parts), concatBatches(TABLES));
  });

  test('an empty source still makes one part', async () => {
    const source = memorySource([randomTable(SCHEMA, { rows: 0 })]);
    const sink = memorySink();
    const summary = await transfer(source, sink, compileMapping(source.dataset, sink, {}));
    expect(summary).toMatchObject({ rowsRead: 0, rowsCounted: 0, parts: 1 });
  });

  test('stops at the limit, across ranges and resumed runs', async () => {
    const source = memorySource(TABLES);
    const sink = memorySink();
    const mapping = compileMapping(source.dataset, sink, {});
    const store = textStore();
    const options = { batchBytes: 300, partBytes: 10 };
    await transfer(source, sink, mapping, { ...options, limit: 30, journal: openJournal(store, JOB, false) });
    const summary = await transfer(source, sink, mapping, {
      ...options,
      limit: 55,
      journal: openJournal(store, JOB, true),
    });
    expect(summary).toMatchObject({ rowsRead: 55, rowsResumed: 30, rowsCounted: 55 });
    expect(rowsOf(sink.parts).length).toBe(55);
  });

  test.each([1, 3])(
    'a kill at any operation loses and doubles nothing once resumed, %p at once',
    async (parallel) => {
      const expected = concatBatches(TABLES);
      let kills = 0;
      for (let n = 1;; n++) {
        const parts = new Map<number, Batch | undefined>();
        const store = textStore();
        const source = memorySource(TABLES);
        const mapping = compileMapping(source.dataset, memorySink(), {});
        const options = { batchBytes: 700, partBytes: 16, parallel };
        const killed = killAt(n, source, memorySink(parts), store);
        try {
          const journal = openJournal(killed.journal, JOB, false);
          await transfer(killed.source, killed.sink, mapping, { ...options, journal });
          break;
        } catch (error) {
          expect((error as Error).message).toBe('killed');
          kills++;
        }
        await transfer(source, memorySink(parts), mapping, {
          ...options,
          journal: openJournal(store, JOB, true),
        });
        const { parts: lines } = openJournal(store, JOB, true);
        const inOrder = TABLES.flatMap((_, i) => lines.filter((line) => line.range === `range-${i}`));
        // What no line names was committed just before the kill; a directory removes such parts.
        expectSameRows(concatBatches(inOrder.map(({ part }) => parts.get(part)!)), expected);
      }
      expect(kills).toBeGreaterThan(50);
    },
  );

  test.each([[1, true], [3, true], [3, false]])(
    'a target whose rows are there at once gets none twice: %p at once, repeatable %p',
    async (parallel, repeatable) => {
      for (let n = 1;; n++) {
        const stored = new Map<bigint, number>();
        const store = textStore();
        const source: Source = { ...memorySource(KEYED), repeatable };
        const mapping = compileMapping(source.dataset, memorySink(), {});
        const killed = killAt(n, source, rowsSink(stored), store);
        let done = false;
        try {
          const journal = openJournal(killed.journal, JOB, false);
          await transfer(killed.source, killed.sink, mapping, {
            batchBytes: 700,
            partBytes: 16,
            parallel,
            journal,
          });
          done = true;
        } catch {
          // Where rows need not come the same again, they may come in other batches too.
          const batchBytes = repeatable ? 700 : 300;
          const journal = openJournal(store, JOB, true);
          await transfer(source, rowsSink(stored), mapping, { batchBytes, partBytes: 16, parallel, journal });
        }
        expect([...stored.values()].every((times) => times === 1)).toBe(true);
        expect(stored.size).toBe(125);
        if (done) break;
      }
    },
  );

  test('reads several ranges at once, each into parts of its own', async () => {
    const source = memorySource(TABLES);
    for (const parallel of [2, 3, 9]) {
      const sink = memorySink();
      const mapping = compileMapping(source.dataset, sink, {});
      const store = textStore();
      const journal = openJournal(store, JOB, false);
      const summary = await transfer(source, sink, mapping, {
        batchBytes: 300,
        partBytes: 16,
        parallel,
        journal,
      });
      expect(summary).toMatchObject({ rowsRead: 125, rowsWritten: 125, rowsCounted: 125 });
      // Part numbers have no gaps, and the rows of each range are in order over its parts.
      expect([...sink.parts.keys()].sort((a, b) => a - b)).toEqual([...Array(summary.parts).keys()]);
      const inRangeOrder = TABLES.flatMap((_, i) => journal.parts.filter((p) => p.range === `range-${i}`));
      const rows = concatBatches(inRangeOrder.map(({ part }) => sink.parts.get(part)!));
      expectSameRows(rows, concatBatches(TABLES));
    }
  });

  test('reads several ranges at once into one part', async () => {
    const source = memorySource(TABLES);
    const sink = memorySink();
    const mapping = compileMapping(source.dataset, sink, {});
    const summary = await transfer(source, sink, mapping, { batchBytes: 300, parallel: 3 });
    expect(summary).toMatchObject({ rowsRead: 125, rowsCounted: 125, parts: 1 });
    const ids = (batch: Batch) => [...batch.columns[0].values as BigInt64Array].sort();
    expect(ids(rowsOf(sink.parts))).toEqual(ids(concatBatches(TABLES)));
  });

  test('one range that fails stops the others, and no part is left open', async () => {
    const memory = memorySource(TABLES);
    let open = 0;
    const source: Source = {
      ...memory,
      async *read(range, request) {
        if (range.id === 'range-2') throw new VtsError('InputMalformed', 'broken');
        yield* memory.read(range, request);
      },
    };
    const base = memorySink();
    const sink: Sink = {
      ...base,
      async begin(dataset, plan) {
        open++;
        const writer = await base.begin(dataset, plan);
        return {
          ...writer,
          bytes: 0,
          commit: () => (open--, writer.commit()),
          abort: () => (open--, writer.abort()),
        };
      },
    };
    const mapping = compileMapping(source.dataset, sink, {});
    const run = transfer(source, sink, mapping, { batchBytes: 100, partBytes: 1e9, parallel: 4 });
    expect(await run.catch((e) => e)).toMatchObject({ code: 'InputMalformed' });
    expect(open).toBe(0);
  });

  test('the plan of the first run holds when the job is resumed', async () => {
    const store = textStore();
    const source = memorySource(TABLES);
    const mapping = compileMapping(source.dataset, memorySink(), {});
    const parts = new Map<number, Batch | undefined>();
    const failing: Source = {
      ...source,
      async *read(range, request) {
        if (range.id === 'range-3') throw new VtsError('Unreachable', 'gone');
        yield* source.read(range, request);
      },
    };
    const options = { batchBytes: 300, partBytes: 16 };
    const first = openJournal(store, JOB, false);
    await transfer(failing, memorySink(parts), mapping, { ...options, journal: first }).catch(() => {});
    const other: Source = { ...source, plan: () => Promise.reject(new Error('planned again')) };
    const second = openJournal(store, JOB, true);
    await transfer(other, memorySink(parts), mapping, { ...options, journal: second });
    expectSameRows(rowsOf(parts), concatBatches(TABLES));
  });

  test('rows that were put aside are counted apart', async () => {
    const source = memorySource(TABLES);
    const base = memorySink();
    const sink: Sink = {
      ...base,
      async begin(dataset, plan) {
        const writer = await base.begin(dataset, plan);
        return {
          ...writer,
          bytes: 0,
          async commit() {
            const { rows, bytes } = await writer.commit();
            return { rows: rows - 1, bytes, rejected: 1, mark: 'last' };
          },
        };
      },
      count: () => Promise.resolve(124),
    };
    const store = textStore();
    const journal = openJournal(store, JOB, false);
    const summary = await transfer(source, sink, compileMapping(source.dataset, sink, {}), { journal });
    expect(summary).toMatchObject({ rowsRead: 125, rowsWritten: 124, rowsRejected: 1, rowsCounted: 124 });
    expect(journal.parts[0]).toMatchObject({ rows: 124, rejected: 1, mark: 'last' });
  });

  test('finishes, counts, proves and only then seals', async () => {
    const steps: string[] = [];
    const source: Source = {
      ...memorySource(TABLES),
      async prove(read) {
        steps.push(`prove ${[...read.values()]}`);
        return await Promise.resolve(['proven']);
      },
    };
    const base = memorySink();
    const sink: Sink = {
      ...base,
      prepare: async () => void await steps.push('prepare'),
      finish: async () => (await steps.push('finish'), ['finished']),
      count: (parts) => (steps.push('count'), base.count(parts)),
      seal: async () => void await steps.push('seal'),
    };
    const mapping = compileMapping(source.dataset, sink, {});
    await transfer(source, sink, mapping, { onNote: (note) => steps.push(note) });
    expect(steps).toEqual(['prepare', 'finish', 'finished', 'count', 'prove 40,25,60', 'proven', 'seal']);
  });

  test('a sink that miscounts is found out', async () => {
    const source = memorySource(TABLES);
    const sink: Sink = { ...memorySink(), count: () => Promise.resolve(124) };
    const error = await transfer(source, sink, compileMapping(source.dataset, sink, {})).catch((e) => e);
    expect(error).toMatchObject({ code: 'RowsMissing', exitCode: 3 });
  });

  test('an abort drops the part at hand', async () => {
    const controller = new AbortController();
    const source = memorySource(TABLES);
    const sink = memorySink();
    const run = transfer(source, sink, compileMapping(source.dataset, sink, {}), {
      batchBytes: 300,
      signal: controller.signal,
      onProgress: () => controller.abort(new VtsError('Interrupted', 'stopped')),
    });
    expect(await run.catch((e) => e)).toMatchObject({ code: 'Interrupted', exitCode: 130 });
    expect(sink.parts.size).toBe(0);
  });

  test('a null is refused with its row where the sink holds none', async () => {
    const source = memorySource(TABLES);
    const sink: Sink = { ...memorySink(), features: { ...memorySink().features, nulls: false } };
    const error = await transfer(source, sink, compileMapping(source.dataset, sink, {}), { batchBytes: 300 })
      .catch((e) => e);
    expect(error).toMatchObject({ code: 'RowInvalid', details: { field: 'text_null', file: 'memory' } });
    expect(error.details.remedy).toContain('--fields id,vector');
  });

  test('so is one among the elements of a list', async () => {
    const type = { kind: 'Array', element: { kind: 'Int32' } } as const;
    const schema: Schema = { fields: [field('l', type)] };
    const lists = makeBatch(schema, [columnFromValues(type, [[1, 2], [], [3], [4, null]])]);
    const source = memorySource([lists]);
    const sink: Sink = { ...memorySink(), features: { ...memorySink().features, nulls: false } };
    for (const batchBytes of [1, 1000]) {
      const error = await transfer(source, sink, compileMapping(source.dataset, sink, {}), { batchBytes })
        .catch((e) => e);
      expect(error).toMatchObject({ code: 'RowInvalid', details: { field: 'l', row: 3 } });
    }
  });
});

/** The name of the reach and its rows, of all that a journal keeps. */
const reaches = (store: { text: string }) =>
  store.text.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type }) => type === 'reach');

describe('what an interrupted run may have sent', () => {
  test('is known before it is sent, also where rows get much smaller', async () => {
    const [wide, narrow] = [40_000, 10].map((letters) => {
      const schema: Schema = { fields: [field('t', { kind: 'VarChar' })] };
      const texts = Array.from({ length: letters === 10 ? 5000 : 3 }, () => 'x'.repeat(letters));
      return makeBatch(schema, [columnFromValues({ kind: 'VarChar' }, texts)]);
    });
    const inner = memorySource([wide]);
    const source: Source = {
      ...inner,
      repeatable: true,
      async *read() {
        yield { batch: wide, cursor: 3 };
        yield { batch: narrow, cursor: 5003 };
      },
    };
    const store = textStore();
    let sent = 0;
    const inMemory = memorySink();
    const sink: Sink = {
      ...inMemory,
      async begin(dataset, plan) {
        const writer = await inMemory.begin(dataset, plan);
        const write = (batch: Batch) => {
          sent += batch.length;
          expect(reaches(store).at(-1)?.rows).toBeGreaterThanOrEqual(sent);
          return writer.write(batch);
        };
        return { ...writer, bytes: 0, write };
      },
    };
    const mapping = compileMapping(source.dataset, sink, {});
    await transfer(source, sink, mapping, { partBytes: 200_000, journal: openJournal(store, JOB, false) });
    expect(sent).toBe(5003);
  });

  test('is not forgotten when a later run promises less', () => {
    const store = textStore();
    openJournal(store, JOB, false).reaches('a', 200_000);
    openJournal(store, JOB, true).reaches('a', 9000);
    expect(openJournal(store, JOB, true).reach('a')).toBe(200_000);
  });

  test('that was nothing, as there are no rows, is gone on with', async () => {
    const empty = randomTable(SCHEMA, { rows: 0, seed: 1 });
    const proved: unknown[] = [];
    const source: Source = {
      ...memorySource([empty]),
      prove: (read) => {
        proved.push([...read]);
        return Promise.resolve([]);
      },
    };
    const store = textStore();
    for (const resume of [false, true]) {
      const mapping = compileMapping(source.dataset, memorySink(), {});
      await transfer(source, memorySink(), mapping, {
        partBytes: 100,
        journal: openJournal(store, JOB, resume),
      });
    }
    expect(proved).toEqual([[], []]);
  });
});

describe('openJournal()', () => {
  const part = { type: 'part', part: 0, range: 'a', after: 3, last: false, rows: 3, bytes: 30 } as const;

  test('keeps what was appended and ignores a torn last line', () => {
    const store = textStore();
    openJournal(store, JOB, false).append(part);
    store.text += '{"type":"part","part":1,"ra';
    expect(openJournal(store, JOB, true).parts).toEqual([part]);
    expect(store.text.endsWith('\n')).toBe(true);
  });

  test('refuses to start over an unfinished job, to resume another one, and damage before the end', () => {
    const store = textStore();
    openJournal(store, JOB, false).append(part);
    expect(() => openJournal(store, JOB, false)).toThrow('not finished');
    expect(() => openJournal(store, { ...JOB, limit: '5' }, true)).toThrow('another one');
    store.text = store.text.replace('"part":0', '"part":');
    expect(() => openJournal(store, JOB, true)).toThrow('damaged');
  });
});
