/** The columns of a table as flags: which ones, under which names, and those that are made of others. */
import { estimatedRowBytes } from '../../core/schema.ts';
import type { FlagValue } from '../job.ts';
import type { Table, TableColumn } from './table.ts';

/** The bounds of what is moved at once, whatever a job says. */
const LEAST_BYTES = 64 * 1024;
const MOST_BYTES = 64 * 1024 * 1024;

/** The flags; `batchRows` is how many rows the sink takes at once, where the job says it. */
export function columnFlags(table: Table, batchRows: number | undefined): Record<string, FlagValue> {
  const plain = table.columns.filter((column) => column.keys === undefined && !column.copied);
  const made = table.columns.filter((column) => !plain.includes(column));
  const renames = plain.filter(({ name, source }) => name !== source).map((
    { name, source },
  ) => [source, name]);
  const rows = [table.batchRows, batchRows].filter((count) => count !== undefined);
  return {
    ...(table.chosen ? { fields: plain.map((column) => column.source) } : {}),
    ...(renames.length === 0 ? {} : { rename: Object.fromEntries(renames) as Record<string, string> }),
    ...(made.length === 0
      ? {}
      : { add: Object.fromEntries(made.map((column) => [column.name, requestOf(column)])) }),
    ...(table.filter === undefined ? {} : { filter: table.filter }),
    ...(rows.length === 0 ? {} : { 'batch-bytes': bytesOf(table, Math.min(...rows)) }),
  };
}

/** `OLD.KEY:TYPE`. */
function requestOf({ source, keys = [], readAs }: TableColumn): string {
  return `${[source, ...keys].join('.')}${readAs === undefined ? '' : `:${readAs}`}`;
}

function bytesOf({ columns }: Table, rows: number): number {
  const row = columns.reduce((sum, { type }) => sum + estimatedRowBytes(type), 0);
  return Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, rows * row)));
}
