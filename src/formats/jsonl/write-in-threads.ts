/** Writes JSON lines in threads: batches are cut into jobs, whose text goes into the file in order. */
import { type Batch, batchBytes, sliceBatch } from '../../core/batch.ts';
import { columnBuffers, ownColumn } from '../../core/column-buffers.ts';
import type { Field } from '../../core/schema.ts';
import type { Encoder } from '../json-values/compression.ts';
import type { TextWriter } from '../json-values/text-writer.ts';
import { type EncodeAnswer, type EncodeJob, JOB_BYTES, JOBS_PER_THREAD, shareThreads } from './threads.ts';

/** Rows that a thread writes. */
interface Pending {
  readonly batch: Batch;
  readonly rowsBefore: number;
  readonly bytes: number;
  readonly answer: Promise<EncodeAnswer>;
}

/** The writer in threads. */
export interface ThreadedWriter extends TextWriter {
  close(): void;
}

/** Writes batches of `fields` into `encoded`. What threads leave undone goes through `plain`, which says what is wrong. */
export function threadedWriter(
  encoded: Encoder,
  plain: TextWriter,
  count: number,
  fields: readonly Field[],
): ThreadedWriter {
  const threads = shareThreads(count);
  const pending: Pending[] = [];
  /** Buffers of texts that were written. */
  const rooms: Uint8Array<ArrayBuffer>[] = [];

  const writeOldest = async () => {
    const { batch, rowsBefore, answer } = pending.shift()!;
    const { room, length } = await answer;
    if (length !== undefined) await encoded.write(room.subarray(0, length));
    else {
      await plain.write(batch, rowsBefore);
      await plain.flush();
    }
    rooms.push(room);
  };
  return {
    get pendingBytes() {
      return pending.reduce((sum, { bytes }) => sum + bytes, 0);
    },
    async write(batch, rowsBefore) {
      const jobs = Math.ceil(batchBytes(batch) / JOB_BYTES);
      const rows = Math.max(1, Math.ceil(batch.length / Math.max(1, jobs)));
      for (let start = 0; start < batch.length; start += rows) {
        if (pending.length === count * JOBS_PER_THREAD) await writeOldest();
        const part = sliceBatch(batch, start, Math.min(start + rows, batch.length));
        const columns = part.columns.map(ownColumn);
        const room = rooms.pop() ?? new Uint8Array(4 * JOB_BYTES);
        const buffers = [room.buffer, ...columns.flatMap(columnBuffers)];
        const job: EncodeJob = { fields, columns, rows: part.length, room };
        const answer = threads.run<EncodeAnswer>(job, buffers);
        pending.push({ batch: part, rowsBefore: rowsBefore + start, bytes: batchBytes(part), answer });
      }
    },
    async flush() {
      while (pending.length > 0) await writeOldest();
    },
    close: () => threads.close(),
  };
}
