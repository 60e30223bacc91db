/** A part of a transfer on its way into a collection: rows are sent as they come, and the part is safe when all are answered. */
import { type Batch, batchBytes, concatBatches, sliceBatch } from '../../../core/batch.ts';
import type { PartPlan, PartWriter, Receipt } from '../../../core/endpoint.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import { distinctRuns, type KeyGuard, keysOf } from './key-guard.ts';
import type { KeySpool } from './key-spool.ts';
import { partitionNames, type Partitions } from './partitions.ts';
import { reasonOf, refusal } from './refused.ts';
import { type RejectFile, rejectLine } from './reject-file.ts';
import { rowsByKey, type Slice, slices } from './requests.ts';
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
  readonly guard: KeyGuard;
  readonly signal: AbortSignal | undefined;
}

/** How the rows of one part are written. */
export interface PartMode {
  /** Whether rows of the same key are replaced. */
  readonly upsert: boolean;
  /** Where rows go that name no partition; the default partition when absent. */
  readonly partition: string | undefined;
}

/** What is journaled with a part. */
export interface Mark {
  /** The highest id that the server made. */
  readonly id?: string;
  /** The size of the reject file. */
  readonly rejects?: number;
}

/** Rows as they came, all for one partition. */
interface Source {
  readonly batch: Batch;
  readonly partition: string | undefined;
  /** The place in the part of row `row`. */
  place(row: number): number;
}

/** Begins a part. */
export function openPart(options: PartOptions, plan: PartPlan, mode: PartMode): PartWriter {
  return new Part(options, plan, mode);
}

class Part implements PartWriter {
  readonly #options: PartOptions;
  readonly #plan: PartPlan;
  readonly #mode: PartMode;
  /** Ends waits, but no call on its way: as little as can be is to be uncertain afterwards. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  readonly #refused: { readonly place: number; readonly line: string }[] = [];
  #outcome: Outcome = { accepted: 0 };
  #received = 0;
  bytes = 0;

  constructor(options: PartOptions, plan: PartPlan, mode: PartMode) {
    this.#options = options;
    this.#plan = plan;
    this.#mode = mode;
    const { signal } = this.#stop;
    this.#signal = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
  }

  async write(batch: Batch): Promise<void> {
    this.#throwIfFailed();
    const first = this.#received;
    this.#received += batch.length;
    this.bytes += batchBytes(batch);
    try {
      for (const source of this.#byPartition(batch, first)) await this.#dispatch(source);
    } catch (error) {
      await this.#settle();
      this.#throwIfFailed();
      throw this.#placed(error, first);
    }
  }

  async commit(): Promise<Receipt> {
    await this.#settle();
    this.#throwIfFailed();
    const { accepted, lastId } = this.#outcome;
    this.#refused.sort((a, b) => a.place - b.place);
    const size = this.#options.rejects?.append(this.#refused.map(({ line }) => line));
    const mark: Mark = {
      ...(lastId === undefined ? {} : { id: String(lastId) }),
      ...(size === undefined ? {} : { rejects: size }),
    };
    return {
      rows: accepted,
      bytes: this.bytes,
      ...(this.#refused.length === 0 ? {} : { rejected: this.#refused.length }),
      ...(Object.keys(mark).length === 0 ? {} : { mark: JSON.stringify(mark) }),
    };
  }

  async abort(): Promise<void> {
    this.#stop.abort(new VtsError('Interrupted', 'the part was given up'));
    await this.#settle();
  }

  *#byPartition(batch: Batch, first: number): Generator<Source> {
    const { partitionColumn } = this.#options.rows;
    if (partitionColumn === undefined) {
      yield { batch, partition: this.#mode.partition, place: (row) => first + row };
      return;
    }
    for (const [partition, runs] of rowsByKey(partitionNames(batch, partitionColumn))) {
      const places = runs.flatMap(([from, to]) =>
        Array.from({ length: to - from }, (_, i) => first + from + i)
      );
      const own = concatBatches(runs.map(([from, to]) => sliceBatch(batch, from, to)));
      yield { batch: own, partition, place: (row) => places[row] };
    }
  }

  async #dispatch(source: Source): Promise<void> {
    const { rows, partitions, window } = this.#options;
    if (source.partition !== undefined) await partitions.ensure(source.partition);
    for (const slice of slices(conform(rows, source.batch), window.bytes)) {
      for (const piece of this.#withDistinctKeys(slice)) await this.#launch(source, piece);
    }
  }

  /** Rows that are upserted must not have the key of another one of their request. */
  *#withDistinctKeys(slice: Slice): Generator<Slice & { readonly keys: ReturnType<typeof keysOf> }> {
    if (!this.#mode.upsert) {
      yield { ...slice, keys: [] };
      return;
    }
    const keys = keysOf(slice.batch.columns[this.#options.rows.key!]);
    let from = 0;
    for (const to of distinctRuns(keys)) {
      yield {
        batch: sliceBatch(slice.batch, from, to),
        start: slice.start + from,
        keys: keys.slice(from, to),
      };
      from = to;
    }
  }

  /** Sends `piece` of `source` as soon as there is a place in the window; does not wait for the answer. */
  async #launch(
    source: Source,
    { batch, start, keys }: Slice & { readonly keys: ReturnType<typeof keysOf> },
  ): Promise<void> {
    const { window, guard, send, keys: spool, rows } = this.#options;
    await window.enter(this.#signal);
    const letGo = await guard.take(keys);
    const request = {
      batch,
      partition: source.partition,
      upsert: this.#mode.upsert,
      onRefused: (row: number, reason: VtsError) => this.#refuse(source, start + row, reason),
      onStored: spool && ((stored: Batch) => spool.add(stored.columns[rows.key!])),
    };
    const run = send(request, this.#signal)
      .then((outcome) => void (this.#outcome = addOutcomes(this.#outcome, outcome)))
      .catch((error) => {
        this.#failures.push(error);
        this.#stop.abort(error);
      })
      .finally(() => {
        this.#running.delete(run);
        letGo();
        window.leave();
      });
    this.#running.add(run);
  }

  /** Puts a row aside, or ends the part with it. */
  #refuse({ batch, place }: Source, row: number, reason: VtsError): void {
    const { rejects, rows } = this.#options;
    if (rejects === undefined) throw refusal(batch, row, rows, reason, this.#plan.from, place(row));
    this.#refused.push({ place: place(row), line: rejectLine(batch, row, reasonOf(reason)) });
  }

  async #settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #throwIfFailed(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  /** `error` with its row counted from the start of the range. */
  #placed(error: unknown, first: number): unknown {
    const { from } = this.#plan;
    if (!isVtsError(error) || error.details.row === undefined || from === undefined) return error;
    const row = error.details.row + from.firstRow + first;
    return new VtsError(error.code, error.message, { file: from.name, ...error.details, row });
  }
}
