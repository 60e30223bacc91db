/** Rows of a range, page by page: each page asks for what lies above the last key of the one before. */
import { type Column, sliceColumn } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import { checkKeys, keyAt, keysOf } from './key-column.ts';
import { compareKeys, INT64_MAX, type Key, type KeyRange, rangeExpression, showKey } from './keys.ts';
import { MAX_PAGE_ROWS, PageSize } from './page-size.ts';
import { askPage, countRows, pageColumns, type RawPage, type ScanTarget } from './query.ts';
import type { ScanRange } from './scan-range.ts';

/** Which columns to read, and how much. */
export interface PagesRequest {
  readonly fields: readonly Field[];
  /** Goes on above this key. */
  readonly after?: Key;
  readonly limit?: number;
  /** About this many bytes a page. */
  readonly pageBytes: number;
  /** A guess. */
  readonly rowBytes: number;
}

/** Rows with rising keys. */
export interface Page {
  /** One for each field that was asked for. */
  readonly columns: readonly Column[];
  readonly rows: number;
  readonly last: Key;
}

/**
 * The rows of `range`. While a page is with the caller, the next one is on its way.
 * @throws VtsError InputMalformed when the server sends other rows than asked for; what queries raise
 */
export async function* readPages(
  target: ScanTarget,
  range: ScanRange,
  request: PagesRequest,
): AsyncGenerator<Page> {
  const { fields, limit = Infinity } = request;
  const abort = new AbortController();
  const { signal } = target.retry;
  const retry = {
    ...target.retry,
    signal: signal === undefined ? abort.signal : AbortSignal.any([signal, abort.signal]),
  };
  const reader = new PageReader({ ...target, retry }, range, request);
  let from = request.after ?? range.from;
  let left = limit;
  let next: Promise<RawPage> | undefined = reader.page(from, left);
  try {
    while (next !== undefined) {
      let raw: RawPage = await next;
      if (raw.keys.length === 0) {
        const more = await reader.beyondEmptyPage(from);
        if (more === undefined) return;
        raw = more;
      }
      checkKeys(raw.keys, { ...range, ...(from === undefined ? {} : { from }) });
      const rows = Math.min(raw.keys.length, left);
      const last = keyAt(raw.keys, rows - 1);
      left -= rows;
      from = last;
      const done = left === 0 || last === INT64_MAX ||
        (range.to !== undefined && compareKeys(last, range.to) === 0);
      next = done ? undefined : reader.page(from, left);
      // Raised where it is awaited.
      next?.catch(() => {});
      const columns = pageColumns(raw, fields).map((column) => sliceColumn(column, 0, rows));
      yield { columns, rows, last };
    }
  } finally {
    abort.abort();
  }
}

/** Asks for pages of a range. */
class PageReader {
  readonly #target: ScanTarget;
  readonly #range: ScanRange;
  readonly #fields: readonly Field[];
  readonly #size: PageSize;

  constructor(target: ScanTarget, range: ScanRange, { fields, pageBytes, rowBytes }: PagesRequest) {
    this.#target = target;
    this.#range = range;
    // The key tells where to go on, wanted or not.
    this.#fields = fields.some((field) => field.name === target.key.name) ? fields : [target.key, ...fields];
    this.#size = new PageSize(pageBytes, rowBytes);
  }

  /** The page above `from`, as large as the server can send it. */
  async page(from: Key | undefined, limit: number): Promise<RawPage> {
    for (;;) {
      const rows = Math.min(this.#size.rows, limit);
      try {
        const request = { ...this.#rowsAbove(from), fields: this.#fields, limit: rows };
        const page = await askPage(this.#target, request);
        this.#size.arrived(rows, page.keys.length, page.reply.byteLength);
        return page;
      } catch (error) {
        if (!isVtsError(error, 'MessageTooLarge')) throw error;
        if (!this.#size.tooLarge(rows)) throw rowTooLarge(error, from);
      }
    }
  }

  /**
   * After an empty page: `undefined` when the range is at its end, else the rows that follow after all. Rows that came
   * meanwhile are there now; and pages may be empty where a limit is reached by rows of the same key.
   */
  async beyondEmptyPage(from: Key | undefined): Promise<RawPage | undefined> {
    const above = this.#rowsAbove(from);
    if (await countRows(this.#target, above) === 0) return undefined;
    const again = await this.page(from, MAX_PAGE_ROWS);
    if (again.keys.length > 0) return again;
    const { key } = this.#target;
    const some = await askPage(this.#target, {
      ...above,
      fields: [key],
      limit: MAX_PAGE_ROWS,
      unordered: true,
    });
    // Counted, but not to be had: the proof at the end finds out why.
    if (some.keys.length === 0) return undefined;
    const lowest = keysOf(some.keys).reduce((a, b) => compareKeys(a, b) <= 0 ? a : b);
    // Without a limit, all rows up to that key.
    const rest = await askPage(this.#target, { ...this.#rowsAbove(from, lowest), fields: this.#fields });
    return rest.keys.length === 0 ? undefined : rest;
  }

  #rowsAbove(from: Key | undefined, to: Key | undefined = this.#range.to) {
    const { partition, timestamp } = this.#range;
    const { key, filter } = this.#target;
    return { expression: rangeExpression(key.name, keyRange(from, to), filter), partition, timestamp };
  }
}

function keyRange(from: Key | undefined, to: Key | undefined): KeyRange {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function rowTooLarge(error: VtsError, from: Key | undefined): VtsError {
  const where = from === undefined ? 'the first row' : `the row after key ${showKey(from)}`;
  return new VtsError('MessageTooLarge', `${where} is too large: ${error.message}`, {
    remedy: 'leave out the largest fields with --fields, or raise the limits of the server',
    cause: error,
  });
}
