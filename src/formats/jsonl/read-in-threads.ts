/** Reads JSON lines in threads: the text is cut at line ends into jobs, whose rows come back in order. */
import { type Batch, batchBytes as sizeOf, concatBatches, makeBatch } from '../../core/batch.ts';
import { release } from '../../core/garbage.ts';
import { projectSchema } from '../../core/endpoint.ts';
import type { PositionedBatch } from '../format.ts';
import { type Lines, type Mark, markOf } from './lines.ts';
import type { RowBatches } from './row-batches.ts';
import { emptyText, PADDING, type Text } from '../json-values/text.ts';
import {
  type DecodeAnswer,
  type DecodeJob,
  type DecodeTask,
  JOB_BYTES,
  JOBS_PER_THREAD,
  shareThreads,
} from './threads.ts';

/** Text that a thread reads. */
interface Pending {
  readonly answer: Promise<DecodeAnswer>;
  /** Where it ends in the stream. */
  readonly end: number;
  /** Whether the file's last line is in it, which had no line feed. */
  readonly cut: boolean;
}

/** The rows of `lines` from `text.pos` on. What threads leave undone goes through `batches`, which must be empty. */
export async function* readInThreads(
  lines: Lines,
  batches: RowBatches,
  count: number,
  task: DecodeTask,
  signal: AbortSignal | undefined,
): AsyncGenerator<PositionedBatch> {
  const { text } = lines;
  const mark = { ...markOf(text) };
  const schema = projectSchema(task.schema, task.columns);
  const threads = shareThreads(count);
  const pending: Pending[] = [];
  /** Buffers of jobs that were done. */
  const rooms: Uint8Array<ArrayBuffer>[] = [];
  let parts: Batch[] = [];
  let bytes = 0;
  const take = (): PositionedBatch => {
    const batch = concatBatches(parts);
    if (parts.length > 1) release(bytes);
    parts = [];
    bytes = 0;
    return { batch, cursor: { ...mark } satisfies Mark };
  };
  try {
    for (;;) {
      while (pending.length < count * JOBS_PER_THREAD && await moreText(lines)) {
        const job: DecodeJob = { task, ...nextJob(text, rooms) };
        const answer = threads.run<DecodeAnswer>(job, [job.bytes.buffer]);
        pending.push({ answer, end: text.base + text.pos, cut: text.cut && text.pos === text.end });
      }
      const next = pending.shift();
      if (next === undefined) break;
      const { columns, rows, lines: read, bytes: room } = await next.answer;
      signal?.throwIfAborted();
      if (columns !== undefined) rooms.push(room);
      else {
        if (parts.length > 0) yield take();
        yield* readAgain(room, next, mark, batches, text);
        continue;
      }
      Object.assign(mark, { byte: next.end, line: mark.line + read, row: mark.row + rows });
      parts.push(makeBatch(schema, columns));
      bytes += sizeOf(parts[parts.length - 1]);
      if (bytes >= task.batchBytes) yield take();
    }
    if (parts.length > 0) yield take();
  } finally {
    threads.close();
  }
}

/** Gets text for a whole job, or up to the end. */
async function moreText(lines: Lines): Promise<boolean> {
  const { text } = lines;
  while (text.end - text.pos < JOB_BYTES && await lines.fill());
  return text.pos < text.end;
}

/** Takes the next lines out of `text`. Where it cuts depends on the bytes alone, not on how they came in. */
function nextJob(
  text: Text,
  rooms: Uint8Array<ArrayBuffer>[],
): { bytes: Uint8Array<ArrayBuffer>; end: number } {
  const { bytes, pos } = text;
  const most = Math.min(pos + JOB_BYTES, text.end);
  const last = bytes.lastIndexOf(0x0a, most - 1);
  const end = (last >= pos ? last : bytes.indexOf(0x0a, most)) + 1;
  const size = end - pos + PADDING;
  const used = rooms.pop();
  const room = used !== undefined && used.length >= size
    ? used
    : new Uint8Array(Math.max(size, JOB_BYTES + PADDING));
  room.set(bytes.subarray(pos, end));
  text.pos = end;
  return { bytes: room, end: end - pos };
}

/** Reads text that a thread could not, with the place of each row in the file. */
function* readAgain(
  bytes: Uint8Array<ArrayBuffer>,
  { end, cut }: Pending,
  mark: { byte: number; line: number; row: number },
  batches: RowBatches,
  { file, typesGiven }: Text,
): Generator<PositionedBatch> {
  const text: Text = {
    ...emptyText(file),
    bytes,
    view: new DataView(bytes.buffer),
    end: end - mark.byte,
    base: mark.byte,
    line: mark.line,
    row: mark.row,
    cut,
    typesGiven,
  };
  for (let full = true; full;) {
    full = batches.fill(text);
    Object.assign(mark, markOf(text));
    if (batches.rows > 0) yield { batch: batches.take(), cursor: { ...mark } satisfies Mark };
  }
}
