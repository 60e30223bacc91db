/** What runs in a thread: see `threads.ts`. */
import { rowsPerBatch } from '../../core/batch.ts';
import { columnBuffers } from '../../core/column-buffers.ts';
import { columnBytes } from '../../core/column.ts';
import { projectSchema } from '../../core/endpoint.ts';
import { release } from '../../core/garbage.ts';
import { isVtsError } from '../../errors.ts';
import { emptyText } from '../json-values/text.ts';
import { lineWriter } from './line-writer.ts';
import { rowBatches } from './row-batches.ts';
import type { DecodeAnswer, DecodeJob, EncodeAnswer, EncodeJob } from './threads.ts';

const thread = globalThis as unknown as {
  onmessage: (event: { readonly data: EncodeJob | DecodeJob }) => void;
  postMessage(answer: EncodeAnswer | DecodeAnswer, buffers: ArrayBuffer[]): void;
};

thread.onmessage = ({ data: job }) => 'task' in job ? decode(job) : encode(job);

function encode({ fields, columns, rows, room }: EncodeJob): void {
  const out = { bytes: room, view: new DataView(room.buffer), length: 0 };
  const done = succeeds(() => {
    const writeRow = lineWriter(out, fields, columns);
    for (let row = 0; row < rows; row++) writeRow(row);
  });
  thread.postMessage({ room: out.bytes, length: done ? out.length : undefined }, [out.bytes.buffer]);
  release(columns.reduce((sum, column) => sum + columnBytes(column), 0));
}

function decode({ task, bytes, end }: DecodeJob): void {
  const text = {
    ...emptyText(''),
    bytes,
    view: new DataView(bytes.buffer),
    end,
    typesGiven: task.typesGiven,
  };
  const firstLine = bytes.indexOf(0x0a) + 1;
  const most = rowsPerBatch(projectSchema(task.schema, task.columns), task.batchBytes);
  const batches = rowBatches(task.schema, { ...task, capacity: Math.min(most, Math.ceil(end / firstLine)) });
  const done = succeeds(() => batches.fill(text)) && text.pos === end;
  const columns = done ? batches.take().columns : undefined;
  thread.postMessage(
    { bytes, rows: text.row, lines: text.line, columns },
    [bytes.buffer, ...columns?.flatMap(columnBuffers) ?? []],
  );
}

/** Whether `work` ends without fault; it is done again elsewhere if not. */
function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (!isVtsError(error)) throw error;
    return false;
  }
}
