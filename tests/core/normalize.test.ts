import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { faissWriter } from '../../src/formats/faiss/writer.ts';
import { memorySink } from '../../src/connectors/memory/memory.ts';
import { makeBatch } from '../../src/core/batch.ts';
import { fixedColumn } from '../../src/core/column.ts';
import type { Sink } from '../../src/core/endpoint.ts';
import { compileMapping } from '../../src/core/mapping.ts';
import { normalizeColumn } from '../../src/core/normalize.ts';
import { type Dataset, field } from '../../src/core/schema.ts';
import { columnFromValues } from '../../src/core/values.ts';

const TYPE = { kind: 'FloatVector', dim: 3 } as const;
const VECTOR = field('v', TYPE);

function dataset(more: Partial<Dataset> = {}): Dataset {
  return { schema: { fields: [field('id', { kind: 'Int64' }), VECTOR] }, roles: {}, notes: [], ...more };
}

/** What Faiss can hold, without a file. */
const faissSink: Sink = {
  ...memorySink(),
  name: 'out.faiss',
  features: faissWriter.features,
  check: (data) => faissWriter.check!(data, {} as never),
};

describe('normalizeColumn()', () => {
  test('every vector gets the length 1, rounded once', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(fc.array(fc.tuple(float, float, float), { maxLength: 9 }), (rows) => {
      const kept = rows.filter((row) => row.some((x) => x !== 0));
      const { values } = normalizeColumn(fixedColumn(TYPE, Float32Array.from(kept.flat())), 'v');
      kept.forEach((row, i) => {
        const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
        expect([...values.slice(3 * i, 3 * i + 3)]).toEqual(row.map((x) => Math.fround(x / length)));
      });
    }));
  });

  test('nulls stay null; zeros and what is no number are refused with their row', () => {
    const { validity } = normalizeColumn(columnFromValues(TYPE, [null, Float32Array.of(3, 0, 4)]), 'v');
    expect(validity?.[0]).toBe(0b10);
    for (const bad of [[0, -0, 0], [NaN, 1, 1], [Infinity, 0, 0]]) {
      expect(() => normalizeColumn(fixedColumn(TYPE, Float32Array.from([1, 0, 0, ...bad])), 'v')).toThrow(
        expect.objectContaining({
          code: 'RowInvalid',
          details: expect.objectContaining({ row: 1, field: 'v' }),
        }),
      );
    }
  });
});

describe('--normalize', () => {
  test('lets COSINE data into Faiss as inner product, and says so', () => {
    const source = dataset({ metric: 'COSINE', roles: { id: 'id' } });
    expect(() => compileMapping(source, faissSink, {})).toThrow(
      expect.objectContaining({
        code: 'PlanRefused',
        details: expect.objectContaining({ remedy: '--normalize' }),
      }),
    );
    const mapping = compileMapping(source, faissSink, { normalize: true });
    expect(mapping.dataset.metric).toBe('IP');
    expect(mapping.notes.join()).toContain('metric COSINE; the output gets IP');
    const batch = makeBatch(source.schema, [
      columnFromValues({ kind: 'Int64' }, [1n]),
      fixedColumn(TYPE, Float32Array.of(0, 3, 4)),
    ]);
    expect([...mapping.apply(batch, 0).columns[1].values as Float32Array]).toEqual(
      [0, 0.6, 0.8].map(Math.fround),
    );
    expect(compileMapping(source, faissSink, { metric: 'IP' }).dataset.metric).toBe('IP');
  });

  test('a row that has no length is counted over the whole run', () => {
    const mapping = compileMapping(dataset(), memorySink(), { normalize: true });
    const batch = makeBatch(dataset().schema, [
      columnFromValues({ kind: 'Int64' }, [1n]),
      fixedColumn(TYPE, new Float32Array(3)),
    ]);
    expect(() => mapping.apply(batch, 500)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ row: 500 }) }),
    );
  });

  test('asks for the vector where there are several, and for float32', () => {
    const two = dataset({ schema: { fields: [VECTOR, { ...VECTOR, name: 'w' }] } });
    expect(() => compileMapping(two, memorySink(), { normalize: true })).toThrow(
      expect.objectContaining({
        code: 'Usage',
        details: expect.objectContaining({ remedy: '--vector v' }),
      }),
    );
    const half = dataset({ schema: { fields: [field('v', { kind: 'Float16Vector', dim: 2 })] } });
    expect(() => compileMapping(half, memorySink(), { normalize: true })).toThrow('Float16Vector(2)');
  });
});

test('a list beside a vector is not proposed as another vector, and commas in names are escaped', () => {
  const fields = [
    field('id', { kind: 'Int64' }),
    field('a,b', TYPE),
    field('tags', { kind: 'Array', element: { kind: 'Float' }, maxCapacity: 8 }),
  ];
  expect(() => compileMapping(dataset({ schema: { fields }, roles: { id: 'id' } }), faissSink, {})).toThrow(
    expect.objectContaining({
      details: expect.objectContaining({ remedy: "--fields 'id,a\\,b'" }),
    }),
  );
});
