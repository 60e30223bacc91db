/** The engine: rows flow from a source through a mapping into the parts of a sink, and are counted at every step. */
import { VtsError } from '../errors.ts';
import { type Batch, batchBytes as sizeOf, DEFAULT_BATCH_BYTES, sliceBatch } from './batch.ts';
import { keepShared } from './batch-memory.ts';
import { firstWithNull } from './column.ts';
import type { OnStage, PositionedBatch, Range, Sink, Source } from './endpoint.ts';
import { release } from './garbage.ts';
import { forgetfulJournal, type Journal, plannedRanges } from './journal.ts';
import { oneAhead } from './one-ahead.ts';
import { Lane } from './lane.ts';
import type { Mapping } from './mapping.ts';
import { shellQuote } from './shell.ts';
import { type Progress, Tally, type TransferSummary } from './tally.ts';
import { createThrottle, type Rate, type Throttle } from './throttle.ts';
import { isVector } from './types.ts';

export type { Progress, TransferSummary } from './tally.ts';

/** How a transfer goes on; all optional. */
export interface TransferOptions {
  /** At most this many rows in all. */
  readonly limit?: number;
  /** Cuts a new part when one holds this many bytes; one part for all when absent. */
  readonly partBytes?: number;
  readonly batchBytes?: number;
  /** Ranges read at the same time, where source and sink allow it. */
  readonly parallel?: number;
  readonly rate?: Rate;
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
  /** Called after every batch. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called during long steps that move no rows. */
  readonly onStage?: OnStage;
  /** Called for what a user should know, found at the end. */
  readonly onNote?: (text: string) => void;
}

/**
 * Moves all rows of `source` into `sink`.
 * @throws VtsError whatever an end raises, with rows counted over the whole run; RowsMissing when the counts disagree;
 *   Interrupted when the signal is raised. The parts at hand are dropped first.
 */
export async function transfer(
  source: Source,
  sink: Sink,
  mapping: Mapping,
  options: TransferOptions = {},
): Promise<TransferSummary> {
  const journal = options.journal ?? forgetfulJournal();
  const tally = new Tally(journal);
  await sink.prepare?.(mapping.dataset, journal);
  const ranges = await plannedRanges(journal, source);
  const workers = workerCount(source, sink, ranges, options);
  const { partBytes, limit = Infinity } = options;
  const rows = mapping.dataset.rows === undefined ? {} : { rows: Math.min(mapping.dataset.rows, limit) };
  const dataset = { ...mapping.dataset, ...rows };
  const repeatable = source.repeatable ?? false;
  const lanes = Array.from(
    { length: partBytes === undefined ? 1 : workers },
    () => new Lane({ sink, dataset, journal, tally, partBytes, repeatable }),
  );
  const move = new Mover(source, sink, mapping, { ...options, journal, workers }, tally);
  try {
    const queue = ranges[Symbol.iterator]();
    await allOrStop(lanes, workers, async (lane) => {
      for (const range of queue) {
        if (move.stopped) return;
        await move.range(range, lane);
      }
    }, () => move.stop());
    for (const [i, lane] of lanes.entries()) await lane.commit(i === 0 && tally.parts.length === 0);
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.abort()));
    throw error;
  }
  return await prove(source, sink, tally, options);
}

function workerCount(
  source: Source,
  sink: Sink,
  ranges: readonly Range[],
  { parallel = 1, limit, partBytes }: TransferOptions,
): number {
  if (limit !== undefined) return 1;
  const writers = partBytes === undefined ? Infinity : sink.parallel ?? 1;
  return Math.max(1, Math.min(parallel, source.parallel ?? 1, writers, ranges.length));
}

/** Runs `workers` workers over `lanes`; when one fails, `stop` is called and the others are waited for. */
async function allOrStop(
  lanes: readonly Lane[],
  workers: number,
  work: (lane: Lane) => Promise<void>,
  stop: () => void,
): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(Array.from({ length: workers }, (_, i) =>
    work(lanes[i % lanes.length]).catch((error) => {
      failures.push(error);
      stop();
    })));
  if (failures.length > 0) throw failures[0];
}

/** Compares what was read, written and counted. */
async function prove(
  source: Source,
  sink: Sink,
  tally: Tally,
  { limit, onStage = () => {}, onNote = () => {} }: TransferOptions,
): Promise<TransferSummary> {
  for (const note of await sink.finish?.(onStage) ?? []) onNote(note);
  const summary = tally.summary();
  const counted = await sink.count(tally.parts);
  const written = summary.rowsWritten + (summary.rowsRejected ?? 0);
  if (summary.rowsRead !== written || (counted !== undefined && counted !== summary.rowsWritten)) {
    throw new VtsError('RowsMissing', `${sink.name} does not hold all rows`, {
      file: sink.name,
      expected: `${summary.rowsRead} rows as read; written ${summary.rowsWritten}, counted ${
        counted ?? 'not'
      }`,
      remedy: 'do not use the output; report this as a bug',
    });
  }
  if (limit === undefined) {
    for (const note of await source.prove?.(tally.byRange) ?? []) onNote(note);
  }
  await sink.seal?.();
  return counted === undefined ? summary : { ...summary, rowsCounted: counted };
}

/** Names `file` in errors of `action` that name none. */
function inFile<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw error instanceof VtsError ? error.at({ file }) : error;
  }
}

/** Lets signals and timers have their turn: files are read and written without waiting. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** As the transfer's own. */
interface MoverOptions extends TransferOptions {
  readonly journal: Journal;
  /** Ranges that are read at the same time. */
  readonly workers: number;
}

/** Moves the rows of ranges into lanes. Private to this file: {@linkcode transfer} is the way in. */
class Mover {
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #mapping: Mapping;
  readonly #options: MoverOptions;
  readonly #tally: Tally;
  readonly #throttle: Throttle;
  /** Ends reads that other workers are waiting for when one has failed. */
  readonly #reads = new AbortController();

  constructor(
    source: Source,
    sink: Sink,
    mapping: Mapping,
    options: MoverOptions,
    tally: Tally,
  ) {
    this.#source = source;
    this.#sink = sink;
    this.#mapping = mapping;
    this.#options = options;
    this.#tally = tally;
    this.#throttle = createThrottle(options.rate, options.signal);
  }

  get #limitReached(): boolean {
    return this.#options.limit !== undefined && this.#tally.rowsRead >= this.#options.limit;
  }

  /** Whether no more ranges are to be begun. */
  get stopped(): boolean {
    return this.#reads.signal.aborted || this.#limitReached;
  }

  /** Lets the ranges at hand end early, as the transfer has failed. */
  stop(): void {
    this.#reads.abort();
  }

  async range(range: Range, lane: Lane): Promise<void> {
    const { batchBytes = DEFAULT_BATCH_BYTES, signal, limit, journal, workers } = this.#options;
    const done = journal.parts.filter((part) => part.range === range.id);
    if (done.some((part) => part.last)) return;
    const after = done.at(-1)?.after;
    const batches = this.#source.read(range, {
      columns: this.#mapping.columns,
      batchBytes,
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined ? {} : { limit: limit - this.#tally.rowsRead }),
      signal: signal === undefined ? this.#reads.signal : AbortSignal.any([signal, this.#reads.signal]),
    });
    // Not ahead with several workers: others read meanwhile, and each batch takes memory.
    for await (const positioned of workers > 1 || limit !== undefined ? batches : oneAhead(batches)) {
      if (signal?.aborted) throw signal.reason;
      if (this.#reads.signal.aborted) return;
      await Promise.all([this.#move(range, positioned, lane), breathe()]);
      if (this.#limitReached) break;
    }
    if (!this.#limitReached) await lane.endRange(range);
  }

  async #move(range: Range, { batch, cursor }: PositionedBatch, lane: Lane): Promise<void> {
    const { limit, onProgress } = this.#options;
    const tally = this.#tally;
    const wanted = limit === undefined ? batch.length : Math.min(batch.length, limit - tally.rowsRead);
    const firstRow = tally.byRange.get(range.id) ?? 0;
    const mapped = inFile(range.name, () => {
      const rows = this.#mapping.apply(sliceBatch(batch, 0, wanted), firstRow);
      if (!this.#sink.features.nulls) this.#refuseNulls(rows, firstRow);
      return rows;
    });
    keepShared(mapped);
    const bytes = sizeOf(mapped);
    await this.#throttle.take(wanted, bytes);
    await lane.write(range, firstRow, mapped, cursor);
    tally.rowsRead += wanted;
    tally.countRange(range.id, wanted);
    tally.bytesMoved += bytes;
    release(bytes);
    onProgress?.(tally.progress(this.#source.fraction?.()));
  }

  #refuseNulls(batch: Batch, firstRow: number): void {
    batch.columns.forEach((column, i) => {
      const row = firstWithNull(column);
      if (row < 0) return;
      const { name, type } = batch.schema.fields[i];
      const others = batch.schema.fields.filter((field) => field.name !== name).map((field) => field.name);
      throw new VtsError('RowInvalid', `${this.#sink.name} cannot hold a null, and "${name}" has one`, {
        row: firstRow + row,
        field: name,
        remedy: isVector(type)
          ? 'write Parquet or JSON lines, which hold nulls'
          : `leave the column out with --fields ${
            shellQuote(others.join(','))
          }, or write Parquet or JSON lines`,
      });
    });
  }
}
