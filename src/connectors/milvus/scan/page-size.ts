/** How many rows to ask a server for at once: as many as make a page of the wanted bytes, and never more than it can send. */

/** Milvus allows no larger limit (`proxy.maxResultWindow`). */
export const MAX_PAGE_ROWS = 16_384;

/** Rows of the first page, whose size is a guess. */
const FIRST_PAGE_ROWS = 1024;
/** A page asks for at most this many times the rows of the one before. */
const GROWTH = 4;
/** Pages after which a size that was too large once is tried again, a little larger. */
const PATIENCE = 16;

/** The size of the next page of a scan. */
export class PageSize {
  readonly #targetBytes: number;
  #rows: number;
  /** What the server could not send, less than which is asked for. */
  #tooLarge = MAX_PAGE_ROWS + 1;
  #pagesSinceTooLarge = 0;

  /** `rowBytes` is a guess. */
  constructor(targetBytes: number, rowBytes: number) {
    this.#targetBytes = targetBytes;
    this.#rows = clamp(targetBytes / Math.max(1, rowBytes), FIRST_PAGE_ROWS);
  }

  /** Rows to ask for. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Asked for `asked` rows, the server sent `rows` in `bytes`. Some send several times the rows, as many from each segment of a
   * collection whose rows came lately. Then pages may have twice the wanted bytes: with fewer rows they are dearer for the server.
   */
  arrived(asked: number, rows: number, bytes: number): void {
    if (rows === 0) return;
    if (++this.#pagesSinceTooLarge > PATIENCE && this.#tooLarge <= MAX_PAGE_ROWS) {
      this.#tooLarge = Math.min(MAX_PAGE_ROWS + 1, Math.ceil(this.#tooLarge * 1.5));
      this.#pagesSinceTooLarge = 0;
    }
    const wanted = this.#targetBytes * Math.min(2 * asked, rows) / Math.max(1, bytes);
    this.#rows = clamp(wanted, Math.min(this.#rows * GROWTH, this.#tooLarge - 1));
  }

  /** A page of `rows` rows was too large to send. @returns whether a smaller one can be asked for */
  tooLarge(rows: number): boolean {
    if (rows <= 1) return false;
    this.#tooLarge = Math.min(this.#tooLarge, rows);
    this.#pagesSinceTooLarge = 0;
    this.#rows = clamp(rows / 2, MAX_PAGE_ROWS);
    return true;
  }
}

function clamp(rows: number, most: number): number {
  return Math.max(1, Math.min(MAX_PAGE_ROWS, most, Math.floor(rows)));
}
