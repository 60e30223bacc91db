/** The engine: rows flow from a source through a mapping into the parts of a sink, and are counted at every step. */
import { VtsError } from '../errors.ts';
import { type Batch, batchBytes as sizeOf, DEFAULT_BATCH_BYTES, sliceBatch } from './batch.ts';
import { firstNull } from './column.ts';
import type { PartWriter, PositionedBatch, Range, Sink, Source } from './endpoint.ts';
import { release } from './garbage.ts';
import { forgetfulJournal, type Journal } from './journal.ts';
import type { Mapping } from './mapping.ts';
import { shellQuote } from './shell.ts';
import { isVector } from './types.ts';

/** How a transfer goes on; all optional. */
export interface TransferOptions {
  /** At most this many rows in all. */
  readonly limit?: number;
  /** Cuts a new part when one holds this many bytes; one part for all when absent. */
  readonly partBytes?: number;
  readonly batchBytes?: number;
  readonly journal?: Journal;
  readonly signal?: AbortSignal;
  /** Called after every batch. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What is done so far, earlier runs of a resumed job included. */
export interface Progress {
  readonly rows: number;
  /** Of {@linkcode rows}, those of earlier runs. */
  readonly rowsResumed: number;
  /** Bytes of the rows in memory. */
  readonly bytes: number;
  readonly parts: number;
  /** Share of the source read, from 0 to 1, where it is not told by rows. */
  readonly fraction?: number;
}

/** What a transfer did. */
export interface TransferSummary {
  readonly rowsRead: number;
  readonly rowsWritten: number;
  /** Rows that the target holds, read back from it; absent when it cannot tell. */
  readonly rowsCounted?: number;
  /** Of {@linkcode rowsWritten}, those of earlier runs. */
  readonly rowsResumed: number;
  readonly bytesWritten: number;
  readonly parts: number;
}

/**
 * Moves all rows of `source` into `sink`.
 * @throws VtsError whatever an end raises, with rows counted over the whole run; RowsMissing when the counts disagree;
 *   Interrupted when the signal is raised. The part at hand is dropped first.
 */
export async function transfer(
  source: Source,
  sink: Sink,
  mapping: Mapping,
  options: TransferOptions = {},
): Promise<TransferSummary> {
  const state = new TransferState(source, sink, mapping, options);
  try {
    for (const range of source.ranges) {
      if (state.limitReached) break;
      await state.moveRange(range);
      if (options.partBytes !== undefined) await state.commit();
    }
    await state.commit(true);
  } catch (error) {
    await state.abort();
    throw error;
  }
  return await prove(sink, state.summary());
}

async function prove(
  sink: Sink,
  summary: TransferSummary & { numbers: readonly number[] },
): Promise<TransferSummary> {
  const { numbers, ...facts } = summary;
  const counted = await sink.count(numbers);
  if (facts.rowsRead !== facts.rowsWritten || (counted !== undefined && counted !== facts.rowsWritten)) {
    throw new VtsError('RowsMissing', `${sink.name} does not hold all rows`, {
      file: sink.name,
      expected: `${facts.rowsRead} rows as read; written ${facts.rowsWritten}, counted ${counted ?? 'not'}`,
      remedy: 'do not use the output; report this as a bug',
    });
  }
  return counted === undefined ? facts : { ...facts, rowsCounted: counted };
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

/** The part at hand and all counts. Private to this file: {@linkcode transfer} is the way in. */
class TransferState {
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #mapping: Mapping;
  readonly #options: TransferOptions;
  readonly #journal: Journal;
  #writer: PartWriter | undefined;
  /** The position after the last row handed to the writer. */
  #at: { range: string; after: unknown; last: boolean } | undefined;
  #rowsInPart = 0;
  /** Rows of the range at hand that were read before, in this run or an earlier one. */
  #rowsInRange = 0;
  #rowsRead: number;
  #rowsWritten: number;
  #bytesWritten: number;
  #bytesMoved = 0;
  readonly #rowsResumed: number;
  /** Numbers of the committed parts. */
  readonly #parts: number[];

  constructor(source: Source, sink: Sink, mapping: Mapping, options: TransferOptions) {
    this.#source = source;
    this.#sink = sink;
    this.#mapping = mapping;
    this.#options = options;
    this.#journal = options.journal ?? forgetfulJournal();
    this.#parts = this.#journal.parts.map((part) => part.part);
    this.#rowsResumed = this.#journal.parts.reduce((sum, part) => sum + part.rows, 0);
    this.#rowsRead = this.#rowsWritten = this.#rowsResumed;
    this.#bytesWritten = this.#journal.parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  get limitReached(): boolean {
    return this.#options.limit !== undefined && this.#rowsRead >= this.#options.limit;
  }

  async moveRange(range: Range): Promise<void> {
    const { batchBytes = DEFAULT_BATCH_BYTES, signal, limit } = this.#options;
    const done = this.#journal.parts.filter((part) => part.range === range.id);
    if (done.some((part) => part.last)) return;
    const after = done.at(-1)?.after;
    this.#rowsInRange = done.reduce((sum, part) => sum + part.rows, 0);
    const batches = this.#source.read(range, {
      columns: this.#mapping.columns,
      batchBytes,
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined ? {} : { limit: limit - this.#rowsRead }),
      ...(signal === undefined ? {} : { signal }),
    });
    for await (const positioned of batches) {
      if (signal?.aborted) throw signal.reason;
      await this.#move(range, positioned);
      await breathe();
      if (this.limitReached) break;
    }
    if (this.#writer !== undefined) {
      this.#at = { range: range.id, after: this.#at?.after, last: !this.limitReached };
    }
  }

  async #move(range: Range, { batch, cursor }: PositionedBatch): Promise<void> {
    const { limit, partBytes, onProgress } = this.#options;
    const wanted = limit === undefined ? batch.length : Math.min(batch.length, limit - this.#rowsRead);
    const mapped = inFile(range.name, () => {
      const rows = this.#mapping.apply(sliceBatch(batch, 0, wanted), this.#rowsInRange);
      if (!this.#sink.features.nulls) this.#refuseNulls(rows);
      return rows;
    });
    this.#writer ??= await this.#begin();
    await this.#writer.write(mapped);
    this.#at = { range: range.id, after: cursor, last: false };
    this.#rowsRead += wanted;
    this.#rowsInRange += wanted;
    this.#rowsInPart += wanted;
    const bytes = sizeOf(mapped);
    this.#bytesMoved += bytes;
    release(bytes);
    const fraction = this.#source.fraction?.();
    onProgress?.({
      rows: this.#rowsRead,
      rowsResumed: this.#rowsResumed,
      bytes: this.#bytesMoved,
      parts: this.#parts.length,
      ...(fraction === undefined ? {} : { fraction }),
    });
    if (partBytes !== undefined && this.#writer.bytes >= partBytes) await this.commit();
  }

  #begin(): Promise<PartWriter> {
    const { dataset } = this.#mapping;
    const { limit = Infinity } = this.#options;
    const rows = dataset.rows === undefined ? {} : { rows: Math.min(dataset.rows, limit) };
    return this.#sink.begin({ ...dataset, ...rows }, (this.#parts.at(-1) ?? -1) + 1);
  }

  /** Makes the part at hand safe; with `force`, a part without rows too, so that an empty data set has a file. */
  async commit(force = false): Promise<void> {
    if (force && this.#parts.length === 0) this.#writer ??= await this.#begin();
    if (this.#writer === undefined) return;
    const receipt = await this.#writer.commit();
    const part = (this.#parts.at(-1) ?? -1) + 1;
    this.#journal.append({
      type: 'part',
      part,
      ...(this.#at ?? { range: '', after: null, last: true }),
      rows: receipt.rows,
      bytes: receipt.bytes,
    });
    if (receipt.rows !== this.#rowsInPart) {
      throw new VtsError('RowsMissing', `part ${part} of ${this.#sink.name} has ${receipt.rows} rows`, {
        expected: `${this.#rowsInPart} rows as read`,
        remedy: 'do not use the output; report this as a bug',
      });
    }
    this.#parts.push(part);
    this.#rowsWritten += receipt.rows;
    this.#bytesWritten += receipt.bytes;
    this.#rowsInPart = 0;
    this.#writer = undefined;
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
    this.#writer = undefined;
  }

  #refuseNulls(batch: Batch): void {
    batch.columns.forEach((column, i) => {
      const row = firstNull(column);
      if (row < 0) return;
      const { name } = batch.schema.fields[i];
      const { type } = batch.schema.fields[i];
      const others = batch.schema.fields.filter((field) => field.name !== name).map((field) => field.name);
      throw new VtsError('RowInvalid', `${this.#sink.name} cannot hold a null, and "${name}" has one`, {
        row: this.#rowsInRange + row,
        field: name,
        remedy: isVector(type)
          ? 'write Parquet or JSON lines, which hold nulls'
          : `leave the column out with --fields ${
            shellQuote(others.join(','))
          }, or write Parquet or JSON lines`,
      });
    });
  }

  summary(): TransferSummary & { numbers: readonly number[] } {
    return {
      rowsRead: this.#rowsRead,
      rowsWritten: this.#rowsWritten,
      rowsResumed: this.#rowsResumed,
      bytesWritten: this.#bytesWritten,
      parts: this.#parts.length,
      numbers: this.#parts,
    };
  }
}
