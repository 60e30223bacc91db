import { describe, expect, test } from 'bun:test';
import { memorySink, memorySource } from '../../src/connectors/memory/memory.ts';
import { type Batch, concatBatches } from '../../src/core/batch.ts';
import type { Sink, Source } from '../../src/core/endpoint.ts';
import { type JournalStore, openJournal } from '../../src/core/journal.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { transfer } from '../../src/core/transfer.ts';
import { VtsError } from '../../src/errors.ts';
import { expectSameRows } from '../support/compare.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';

const SCHEMA = filterFields(everyKind(4), (f) => ['id', 'text_null', 'vector'].includes(f.name));
const TABLES = [40, 0, 25, 60].map((rows, seed) => randomTable(SCHEMA, { rows, seed }));
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

/** Throws at the `n`th operation on either end, counted from 1, as a kill would end the process there. */
function killAt(n: number, source: Source, sink: Sink, journal: JournalStore) {
  let operations = 0;
  const step = () => {
    if (++operations === n) throw new Error('killed');
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
    async begin(dataset, part) {
      step();
      const writer = await sink.begin(dataset, part);
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

  test('a kill at any operation loses and doubles nothing once resumed', async () => {
    const expected = concatBatches(TABLES);
    let kills = 0;
    for (let n = 1;; n++) {
      const parts = new Map<number, Batch | undefined>();
      const store = textStore();
      const source = memorySource(TABLES);
      const mapping = compileMapping(source.dataset, memorySink(), {});
      const options = { batchBytes: 700, partBytes: 16 };
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
      expectSameRows(rowsOf(parts), expected);
    }
    expect(kills).toBeGreaterThan(50);
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
