/** The room that a dump takes on disk. */
import { dirname, resolve } from 'node:path';
import { partsOf } from '../connectors/dump/dump-journal.ts';
import type { Source } from '../core/endpoint.ts';
import type { Journal } from '../core/journal.ts';
import { estimatedRowBytes, type Field } from '../core/schema.ts';
import { VtsError } from '../errors.ts';
import { nodeFileOps } from '../stores/file-ops.ts';
import { formatBytes, formatCount } from './report/format.ts';

/** What a row of `fields` takes, roughly and before compression. */
export function rowBytesOf(fields: readonly Pick<Field, 'type'>[]): number {
  return fields.reduce((sum, { type }) => sum + estimatedRowBytes(type), 0);
}

/** `error` of a full disk, with the room that the rest of a collection takes, going by its parts so far. */
export function withBytesNeeded(error: VtsError, { dataset, name }: Source, journal: Journal): VtsError {
  if (error.details.expected !== undefined || dataset.rows === undefined) return error;
  const parts = partsOf(journal);
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const left = Math.max(0, dataset.rows - rows);
  const needed = Math.ceil(left * (rows > 0 ? bytes / rows : rowBytesOf(dataset.schema.fields)));
  return new VtsError(error.code, error.message, {
    ...error.details,
    expected: `about ${formatBytes(needed)} more for the ${formatCount(left)} rows of ${name} that are left`,
    cause: error.cause ?? error,
  });
}

/** Bytes that can be written to `directory`, which need not be there yet. */
export function freeBytesAt(directory: string): number {
  const path = resolve(directory);
  return nodeFileOps.exists(path) || dirname(path) === path
    ? nodeFileOps.freeBytes(path)
    : freeBytesAt(dirname(path));
}
