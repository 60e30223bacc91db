/** Rows that the server refused, as JSON lines with the reason, in a form that imports again. */
import { Buffer } from 'node:buffer';
import type { Batch } from '../../../core/batch.ts';
import { jsonText } from '../../../core/json-text.ts';
import { VtsError } from '../../../errors.ts';
import { nodeFileOps, writeFully } from '../../../stores/file-ops.ts';
import { REJECT_COLUMN } from './reject-column.ts';

/** The line for row `row` of `batch`. */
export function rejectLine(batch: Batch, row: number, reason: string): string {
  const members = batch.schema.fields.map((field, i) =>
    `${JSON.stringify(field.name)}:${jsonText(batch.columns[i], row)}`
  );
  return `{${[...members, `${JSON.stringify(REJECT_COLUMN)}:${JSON.stringify(reason)}`].join(',')}}\n`;
}

/** The file that takes the lines of all parts; it is made with the first of them. */
export interface RejectFile {
  /** Appends `lines` and waits until they are on disk; returns the size of the file. */
  append(lines: readonly string[]): number;
}

/**
 * Opens the reject file `path`. What it holds beyond `size` bytes are lines of parts that were not finished, which come again.
 * @param size `undefined` for a new job
 * @throws VtsError OutputExists when it has lines of another job
 */
export function openRejectFile(path: string, size: number | undefined): RejectFile {
  const ops = nodeFileOps;
  const found = ops.exists(path) ? ops.stat(path) : undefined;
  if (size === undefined && found !== undefined && found.size > 0) {
    throw new VtsError('OutputExists', `${path} holds rows already`, {
      file: path,
      remedy: 'import them, or name another --reject-file',
    });
  }
  let end = size ?? 0;
  if (found !== undefined && found.kind === 'file' && found.size > end) {
    const fd = ops.open(path, 'r+');
    ops.truncate(fd, end);
    ops.close(fd);
  }
  return {
    append(lines) {
      if (lines.length === 0) return end;
      try {
        const fd = ops.open(path, 'a');
        try {
          const bytes = Buffer.from(lines.join(''));
          writeFully(ops, fd, bytes, null);
          ops.fsync(fd);
          end += bytes.length;
        } finally {
          ops.close(fd);
        }
      } catch (cause) {
        const full = (cause as NodeJS.ErrnoException).code === 'ENOSPC';
        throw new VtsError(full ? 'DiskFull' : 'OutputUnwritable', `Cannot write ${path}`, {
          file: path,
          cause,
        });
      }
      return end;
    },
  };
}
