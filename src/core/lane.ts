/** A lane of a transfer: rows come in, parts come out one after the other, each journaled when it is safe. */
import { VtsError } from '../errors.ts';
import { type Batch, batchBytes } from './batch.ts';
import type { Cursor, PartPlan, PartWriter, Range, Sink } from './endpoint.ts';
import type { Journal } from './journal.ts';
import type { Dataset } from './schema.ts';
import type { Tally } from './tally.ts';

/** What all lanes of a transfer share. */
export interface LaneOptions {
  readonly sink: Sink;
  readonly dataset: Dataset;
  readonly journal: Journal;
  readonly tally: Tally;
  /** Cuts a new part when one holds this many bytes. One part for all, rows of any range, when absent. */
  readonly partBytes: number | undefined;
  /** Whether a resumed job reads the same rows in the same order again. */
  readonly repeatable: boolean;
}

/** A part may become this much longer, in rows, than its first rows let expect. */
const SLACK = 2;

/** Writes go one at a time, whoever calls. */
export class Lane {
  readonly #options: LaneOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #writer: PartWriter | undefined;
  #part = 0;
  #rowsInPart = 0;
  /** Rows at which the part is cut, whatever its bytes, as the journal promised. */
  #rowsAtMost = Infinity;
  /** Rows from the start of the range up to which the journal knows that the part at hand may reach. */
  #promised = Infinity;
  /** The position after the last row handed to the writer. */
  #at: { range: string; after: Cursor; last: boolean } | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Writes rows of `range`, `firstRow` rows after its first; `cursor` goes on after them. */
  write(range: Range, firstRow: number, batch: Batch, cursor: Cursor): Promise<void> {
    return this.#inTurn(async () => {
      this.#writer ??= await this.#begin(range, firstRow, batch);
      // Rows that follow much larger ones come in batches longer than expected.
      const end = firstRow + batch.length;
      if (end > this.#promised) this.#promise(range, end + this.#rowsAtMost);
      await this.#writer.write(batch);
      this.#at = { range: range.id, after: cursor, last: false };
      this.#rowsInPart += batch.length;
      const { partBytes } = this.#options;
      if (partBytes === undefined) return;
      if (this.#writer.bytes >= partBytes || this.#rowsInPart >= this.#rowsAtMost) await this.#commit();
    });
  }

  /** The rows of `range` are at their end. */
  endRange(range: Range): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#writer === undefined || this.#at === undefined) return;
      this.#at = { ...this.#at, last: this.#at.range === range.id };
      if (this.#options.partBytes !== undefined) await this.#commit();
    });
  }

  /** Makes the part at hand safe; with `evenEmpty`, one without rows too, so that an empty data set has a file. */
  commit(evenEmpty: boolean): Promise<void> {
    return this.#inTurn(async () => {
      if (evenEmpty) this.#writer ??= await this.#open({});
      await this.#commit();
    });
  }

  async abort(): Promise<void> {
    await this.#queue;
    await this.#writer?.abort();
    this.#writer = undefined;
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(action);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /** Begins a part, after the journal has how far into the range it may reach. */
  async #begin(range: Range, firstRow: number, batch: Batch): Promise<PartWriter> {
    const { partBytes, journal, repeatable } = this.#options;
    if (partBytes === undefined) return await this.#open({});
    const uncertain = firstRow < journal.reach(range.id);
    const expected = Math.ceil(batch.length * partBytes / Math.max(1, batchBytes(batch)));
    this.#rowsAtMost = SLACK * Math.max(batch.length, expected);
    // Where rows may come in another order next time, nothing behind this part is certain either.
    this.#promise(range, repeatable ? firstRow + this.#rowsAtMost + batch.length : Infinity);
    const { partition, name } = range;
    return await this.#open({
      range: range.id,
      from: { name, firstRow },
      uncertain,
      ...(partition === undefined ? {} : { partition }),
    });
  }

  /** Has the journal know, before rows of `range` up to `end` are written, that they may be. */
  #promise(range: Range, end: number): void {
    this.#promised = end;
    this.#options.journal.reaches(range.id, end);
  }

  #open(plan: Partial<PartPlan>): Promise<PartWriter> {
    const { sink, dataset, tally } = this.#options;
    this.#part = tally.takeNumber();
    this.#rowsInPart = 0;
    return sink.begin(dataset, { uncertain: false, ...plan, part: this.#part });
  }

  async #commit(): Promise<void> {
    if (this.#writer === undefined) return;
    const { sink, journal, tally } = this.#options;
    const receipt = await this.#writer.commit();
    this.#writer = undefined;
    const { rows, bytes, rejected, mark } = receipt;
    if (rows + (rejected ?? 0) !== this.#rowsInPart) {
      throw new VtsError('RowsMissing', `part ${this.#part} of ${sink.name} has ${rows} rows`, {
        expected: `${this.#rowsInPart - (rejected ?? 0)} rows as read`,
        remedy: 'do not use the output; report this as a bug',
      });
    }
    journal.append({
      type: 'part',
      part: this.#part,
      ...(this.#at ?? { range: '', after: null, last: true }),
      rows,
      bytes,
      ...(rejected === undefined ? {} : { rejected }),
      ...(mark === undefined ? {} : { mark }),
    });
    tally.commit(this.#part, receipt);
  }
}
