/** The counts of a transfer, which all its lanes share. */
import type { Receipt } from './endpoint.ts';
import type { Journal } from './journal.ts';

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
  /** Rows that the target refused and that were put aside. */
  readonly rowsRejected?: number;
  /** Rows that the target holds, read back from it; absent when it cannot tell. */
  readonly rowsCounted?: number;
  /** Of {@linkcode rowsRead}, those of earlier runs. */
  readonly rowsResumed: number;
  readonly bytesWritten: number;
  readonly parts: number;
}

/** Counts rows as they are read, and again as parts become safe. */
export class Tally {
  readonly rowsResumed: number;
  rowsRead: number;
  #rowsWritten: number;
  #rowsRejected: number;
  #bytesWritten: number;
  bytesMoved = 0;
  /** Rows read of each range, by its id. */
  readonly byRange = new Map<string, number>();
  /** Numbers of the committed parts. */
  readonly parts: number[];
  readonly #taken: Set<number>;

  constructor(journal: Journal) {
    const sum = (of: (part: Journal['parts'][number]) => number) =>
      journal.parts.reduce((total, part) => total + of(part), 0);
    this.#rowsWritten = sum((part) => part.rows);
    this.#rowsRejected = sum((part) => part.rejected ?? 0);
    this.#bytesWritten = sum((part) => part.bytes);
    this.rowsRead = this.rowsResumed = this.#rowsWritten + this.#rowsRejected;
    this.parts = journal.parts.map((part) => part.part);
    this.#taken = new Set(this.parts);
    for (const part of journal.parts) {
      // The one part of an empty source is of no range.
      if (part.range !== '') this.countRange(part.range, part.rows + (part.rejected ?? 0));
    }
  }

  countRange(range: string, rows: number): void {
    this.byRange.set(range, (this.byRange.get(range) ?? 0) + rows);
  }

  /** The lowest number that no part has. */
  takeNumber(): number {
    let number = 0;
    while (this.#taken.has(number)) number++;
    this.#taken.add(number);
    return number;
  }

  commit(part: number, { rows, bytes, rejected = 0 }: Receipt): void {
    this.parts.push(part);
    this.#rowsWritten += rows;
    this.#rowsRejected += rejected;
    this.#bytesWritten += bytes;
  }

  progress(fraction: number | undefined): Progress {
    return {
      rows: this.rowsRead,
      rowsResumed: this.rowsResumed,
      bytes: this.bytesMoved,
      parts: this.parts.length,
      ...(fraction === undefined ? {} : { fraction }),
    };
  }

  summary(): TransferSummary {
    return {
      rowsRead: this.rowsRead,
      rowsWritten: this.#rowsWritten,
      ...(this.#rowsRejected === 0 ? {} : { rowsRejected: this.#rowsRejected }),
      rowsResumed: this.rowsResumed,
      bytesWritten: this.#bytesWritten,
      parts: this.parts.length,
    };
  }
}
