/** Rows in memory: the reference source and sink, which tests hold all others against. */
import { type Batch, concatBatches, rowsPerBatch, sliceBatch } from '../../core/batch.ts';
import { projectSchema, type Receipt, type Sink, type Source } from '../../core/endpoint.ts';
import type { Dataset } from '../../core/schema.ts';
import { KINDS } from '../../core/types.ts';

/** A source over `ranges`, one batch each; cursors count rows within a range. */
export function memorySource(ranges: readonly Batch[], more: Partial<Dataset> = {}): Source {
  const rows = ranges.reduce((sum, batch) => sum + batch.length, 0);
  return {
    name: 'memory',
    dataset: { schema: ranges[0].schema, rows, roles: {}, notes: [], ...more },
    fingerprint: `memory:${rows}`,
    parallel: Infinity,
    repeatable: true,
    // deno-lint-ignore require-await
    async plan() {
      return ranges.map((batch, i) => ({ id: `range-${i}`, name: 'memory', rows: batch.length }));
    },
    async *read({ id }, { columns, after, limit = Infinity, batchBytes }) {
      const table = project(ranges[Number(id.slice('range-'.length))], columns);
      const step = rowsPerBatch(table.schema, batchBytes);
      const start = (after as number | undefined) ?? 0;
      const end = Math.min(table.length, start + limit);
      for (let row = start; row < end; row += step) {
        const next = Math.min(row + step, end);
        yield { batch: sliceBatch(table, row, next), cursor: next };
      }
    },
    async close() {},
  };
}

function project(batch: Batch, columns: readonly string[] | undefined): Batch {
  const schema = projectSchema(batch.schema, columns);
  const kept = schema.fields.map((field) => batch.columns[batch.schema.fields.indexOf(field)]);
  return { ...batch, schema, columns: kept };
}

/** A sink that keeps its committed parts. */
export interface MemorySink extends Sink {
  /** By part number; survives the sink, as files survive a process. */
  readonly parts: Map<number, Batch | undefined>;
}

/** A keyed sink over `parts`, which may hold those of an earlier run. */
export function memorySink(parts: Map<number, Batch | undefined> = new Map()): MemorySink {
  return {
    name: 'memory',
    features: { kinds: new Set(KINDS), nulls: true },
    resume: 'keyed',
    parallel: Infinity,
    parts,
    check: () => [],
    // deno-lint-ignore require-await
    async begin(_dataset, { part }) {
      const batches: Batch[] = [];
      let bytes = 0;
      return {
        get bytes() {
          return bytes;
        },
        // deno-lint-ignore require-await
        async write(batch) {
          batches.push(batch);
          bytes += batch.length;
        },
        // deno-lint-ignore require-await
        async commit(): Promise<Receipt> {
          const table = batches.length === 0 ? undefined : concatBatches(batches);
          parts.set(part, table);
          return { rows: table?.length ?? 0, bytes };
        },
        async abort() {},
      };
    },
    // deno-lint-ignore require-await
    async count(numbers) {
      return numbers.reduce((sum, part) => sum + (parts.get(part)?.length ?? 0), 0);
    },
    async close() {},
  };
}
