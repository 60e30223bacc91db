/** A part of a transfer on its way into a collection: rows are sent as they come, and the part is safe when all are answered. */
import { type Batch, batchBytes, concatBatches, sliceBatch } from '../../../core/batch.ts';
import type { PartPlan, PartWriter, Receipt } from '../../../core/endpoint.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import { distinctRuns, type KeyGuard, keysOf } from './key-guard.ts';
import type { KeySpool } from './key-spool.ts';
import { partitionNames, type Partitions } from './partitions.ts';
import { refusal } from './refused.ts';
import { type RejectFile, rejectLine } from './reject-file.ts';
import { rowsByKey, slices } from './requests.ts';
import { conform, type RowPlan } from './row-plan.ts';
import { addOutcomes, type Outcome, type Send } from './sender.ts';
import type { Window } from './window.ts';

/** What the parts of one collection share. */
export interface PartOptions {
  readonly rows: RowPlan;
  readonly send: Send;
  readonly window: Window;
  readonly partitions: Partitions;
  /** Where refused rows go; absent when one ends the job. */
  readonly rejects: RejectFile | undefined;
  /** Takes the keys that are written, for the proof. */
  readonly keys: KeySpool | undefined;
  /** Keeps upserts of the same key apart. */
  readonly guard: KeyGuard | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What is journaled with a part. */
export interface Mark {
  /** The highest id that the server made. */
  readonly id?: string;
  /** The size of the reject file. */
  readonly rejects?: number;
}

/** Begins a part. @param upsert whether rows of the same key are replaced; @param partition where rows go that name none */
export function openPart(
  options: PartOptions,
  plan: PartPlan,
  { upsert, partition }: { readonly upsert: boolean; readonly partition: string | undefined },
): PartWriter {
  const { rows, send, window, partitions, rejects, keys, guard } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let outcome: Outcome = { accepted: 0 };
  let bytes = 0;
  let received = 0;
  /** Lines of refused rows, by the place of the row in the part. */
  const refused: { readonly row: number; readonly line: string }[] = [];

  /** Sends `batch`, conformed, to one partition; `source` are the same rows as they came, `firstRow` their places in the part. */
  async function dispatch(
    source: Batch,
    to: string | undefined,
    placeOf: (row: number) => number,
  ): Promise<void> {
    if (to !== undefined) await partitions.ensure(to);
    for (const slice of slices(conform(rows, source), window.bytes)) {
      for (
        const { batch, start } of guard === undefined ? [slice] : distinctSlices(slice.batch, slice.start)
      ) {
        await launch(source, batch, start, to, placeOf);
      }
    }
  }

  function* distinctSlices(batch: Batch, start: number) {
    let from = 0;
    for (const end of distinctRuns(keysOf(batch.columns[rows.key!]))) {
      yield { batch: sliceBatch(batch, from, end), start: start + from };
      from = end;
    }
  }

  async function launch(
    source: Batch,
    batch: Batch,
    start: number,
    to: string | undefined,
    placeOf: (row: number) => number,
  ): Promise<void> {
    const held = guard === undefined ? [] : keysOf(batch.columns[rows.key!]);
    await guard?.free(held);
    await window.enter(signal);
    if (failures.length > 0) {
      window.leave();
      throw failures[0];
    }
    const onRefused = (row: number, reason: VtsError) => {
      const place = placeOf(start + row);
      if (rejects === undefined) throw refusal(source, start + row, rows, reason, plan.from, place);
      refused.push({ row: place, line: rejectLine(source, start + row, reason.message) });
    };
    const onStored = keys && ((stored: Batch) => keys.add(stored.columns[rows.key!]));
    const run = send({ batch, partition: to, upsert, onRefused, onStored }, signal).then((sent) => {
      outcome = addOutcomes(outcome, sent);
    }).catch((error) => {
      // Requests on their way come to their end, so that as little as can be is uncertain.
      failures.push(error);
      stop.abort(error);
    }).finally(() => {
      running.delete(run);
      window.leave();
    });
    running.add(run);
    guard?.hold(held, run);
  }

  async function settle(): Promise<void> {
    while (running.size > 0) await Promise.all(running);
  }

  return {
    get bytes() {
      return bytes;
    },
    async write(batch) {
      if (failures.length > 0) throw failures[0];
      const first = received;
      received += batch.length;
      bytes += batchBytes(batch);
      try {
        if (rows.partitionColumn === undefined) {
          await dispatch(batch, partition, (row) => first + row);
          return;
        }
        for (const [name, runs] of rowsByKey(partitionNames(batch, rows.partitionColumn))) {
          const places = runs.flatMap(([from, to]) =>
            Array.from({ length: to - from }, (_, i) => first + from + i)
          );
          const own = concatBatches(runs.map(([from, to]) => sliceBatch(batch, from, to)));
          await dispatch(own, name, (row) => places[row]);
        }
      } catch (error) {
        await settle();
        throw failures.length > 0 ? failures[0] : placed(error, plan, first);
      }
    },
    async commit(): Promise<Receipt> {
      await settle();
      if (failures.length > 0) throw failures[0];
      const { accepted, lastId } = outcome;
      refused.sort((a, b) => a.row - b.row);
      const size = rejects?.append(refused.map(({ line }) => line));
      const mark: Mark = {
        ...(lastId === undefined ? {} : { id: String(lastId) }),
        ...(size === undefined ? {} : { rejects: size }),
      };
      return {
        rows: accepted,
        bytes,
        ...(refused.length === 0 ? {} : { rejected: refused.length }),
        ...(Object.keys(mark).length === 0 ? {} : { mark: JSON.stringify(mark) }),
      };
    },
    async abort() {
      stop.abort(new VtsError('Interrupted', 'the part was given up'));
      await settle();
    },
  };
}

/** `error` with its row counted from the start of the range. */
function placed(error: unknown, { from }: PartPlan, first: number): unknown {
  if (!isVtsError(error) || error.details.row === undefined || from === undefined) return error;
  return new VtsError(error.code, error.message, {
    file: from.name,
    ...error.details,
    row: error.details.row + from.firstRow + first,
  });
}
