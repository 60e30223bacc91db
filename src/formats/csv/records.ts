/**
 * Records of cells from chunks of bytes (RFC 4180): cells in quotes hold delimiters, line ends and doubled quotes. A
 * record is scanned once it is whole in the buffer, which grows to the longest record and no further.
 */
import { VtsError } from '../../errors.ts';

/** The longest record that is read, so that a quote that is never closed cannot fill the memory. */
const MAX_RECORD = 256 * 1024 * 1024;

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

/** The cells of one record, as places in {@linkcode Records.bytes}: arrays that are filled anew for each. */
export interface Cells {
  count: number;
  /** The content of each cell, without the quotes around it. */
  starts: Int32Array;
  ends: Int32Array;
  /** 0 for a bare cell, {@linkcode QUOTED}, and with {@linkcode DOUBLED} for quotes in it. */
  flags: Uint8Array;
}

export const QUOTED = 1;
export const DOUBLED = 2;

/** A buffer of records with the reading position. */
export interface Records {
  readonly file: string;
  delimiter: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next record begins, and the end of what is filled. */
  pos: number;
  filled: number;
  /** The last line feed before `filled`; -1 when there is none. */
  lastLine: number;
  /** Where `bytes[0]` lies in the decompressed stream. */
  base: number;
  /** Lines and rows before `pos`; the line of the record scanned last is `recordLine`. */
  line: number;
  row: number;
  recordLine: number;
  /** Where the record scanned last begins. */
  recordStart: number;
  /** Whether a line feed was added because the file ends without one. */
  cut: boolean;
  readonly cells: Cells;
  /** Scans the record at `pos` and moves past it; false when it is not whole in the buffer. @throws VtsError */
  scan(): boolean;
  /** Drops the bytes before `pos` and adds more; false at the end. @throws VtsError MemoryLimit */
  fill(): Promise<boolean>;
  /** {@linkcode scan} after as many bytes as it takes; false at the end. @throws VtsError when a record is cut off there */
  next(): Promise<boolean>;
  close(): Promise<void>;
}

/** Whether the record scanned last is a line with nothing on it. */
export function isBlank({ cells }: Records): boolean {
  return cells.count === 1 && cells.flags[0] === 0 && cells.starts[0] === cells.ends[0];
}

/** Where in the decompressed stream a reader stands: a byte, and the lines and rows before it. */
export interface Mark {
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

const START: Mark = { byte: 0, line: 0, row: 0 };

/** The records of `chunks`, which begin at `mark`. */
export function openRecords(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
  delimiter: number,
  mark: Mark = START,
): Records {
  const iterator = chunks[Symbol.asyncIterator]();
  let ended = false;
  /** A record that is not whole is looked at again only when there is twice as much of it. */
  let wanted = 0;
  const records: Records = {
    file,
    delimiter,
    bytes: new Uint8Array(0),
    pos: 0,
    filled: 0,
    lastLine: -1,
    base: mark.byte,
    line: mark.line,
    row: mark.row,
    recordLine: mark.line,
    recordStart: 0,
    cut: false,
    cells: {
      count: 0,
      starts: new Int32Array(16),
      ends: new Int32Array(16),
      flags: new Uint8Array(16),
    },
    scan() {
      const left = records.filled - records.pos;
      if (left < wanted && !ended) return false;
      const isWhole = scanRecord(records);
      wanted = isWhole ? 0 : 2 * left;
      return isWhole;
    },
    async fill() {
      discard(records);
      const before = records.filled;
      if (before > MAX_RECORD) throw tooLong(records);
      while (!ended && (records.filled < wanted || records.filled === before)) {
        const { done, value } = await iterator.next();
        if (!done) add(records, value);
        else end();
      }
      return records.filled > before;
    },
    async next() {
      while (!records.scan()) {
        if (await records.fill()) continue;
        // What is wanted twice over may have come to its end.
        if (records.scan()) return true;
        if (records.filled > 0) throw openQuote(records);
        return false;
      }
      return true;
    },
    async close() {
      ended = true;
      await iterator.return?.();
    },
  };
  const end = () => {
    ended = true;
    const { bytes, filled, pos } = records;
    if (filled === pos || bytes[filled - 1] === LINE_FEED) return;
    add(records, Uint8Array.of(LINE_FEED));
    records.cut = true;
  };
  return records;
}

function discard(records: Records): void {
  records.bytes.copyWithin(0, records.pos, records.filled);
  records.filled -= records.pos;
  records.lastLine = Math.max(-1, records.lastLine - records.pos);
  records.base += records.pos;
  records.pos = 0;
}

function add(records: Records, chunk: Uint8Array): void {
  const needed = records.filled + chunk.length;
  if (needed > records.bytes.length) {
    const grown = new Uint8Array(Math.max(needed, Math.min(records.bytes.length * 2, MAX_RECORD)));
    grown.set(records.bytes.subarray(0, records.filled));
    records.bytes = grown;
  }
  records.bytes.set(chunk, records.filled);
  const feed = chunk.lastIndexOf(LINE_FEED);
  if (feed >= 0) records.lastLine = records.filled + feed;
  records.filled = needed;
}

/** Whether the record at `pos` is whole; its cells are those of `records` then. */
function scanRecord(records: Records): boolean {
  const { bytes, filled, lastLine, delimiter, cells } = records;
  if (lastLine < records.pos) return false;
  cells.count = 0;
  let at = records.pos;
  let lines = 1;
  // The first line feed that is not counted yet.
  let feed = -1;
  for (;;) {
    let start = at;
    let flags = 0;
    let end: number;
    if (bytes[at] === QUOTE) {
      flags = QUOTED;
      start = ++at;
      for (;;) {
        at = bytes.indexOf(QUOTE, at);
        if (at < 0 || at + 1 >= filled) return false;
        if (bytes[at + 1] !== QUOTE) break;
        flags |= DOUBLED;
        at += 2;
      }
      end = at++;
      if (feed < start) feed = bytes.indexOf(LINE_FEED, start);
      for (; feed >= 0 && feed < end; lines++) feed = bytes.indexOf(LINE_FEED, feed + 1);
      if (feed < 0) return false;
      if (bytes[at] === RETURN && at + 1 >= filled) return false;
      if (bytes[at] === RETURN && bytes[at + 1] === LINE_FEED) at++;
      if (bytes[at] !== delimiter && bytes[at] !== LINE_FEED) throw textAfterQuote(records, at, lines);
    } else {
      let byte = bytes[at];
      while (byte !== delimiter && byte !== LINE_FEED) byte = bytes[++at];
      end = byte === LINE_FEED && at > start && bytes[at - 1] === RETURN ? at - 1 : at;
      if (bytes[start] === 0x20) checkSpaceBeforeQuote(records, start, end, lines);
    }
    push(cells, start, end, flags);
    if (bytes[at++] === LINE_FEED) break;
    if (at > lastLine) return false;
  }
  records.recordLine = records.line;
  records.recordStart = records.pos;
  records.line += lines;
  records.pos = at;
  return true;
}

function push(cells: Cells, start: number, end: number, flags: number): void {
  const { count } = cells;
  if (count === cells.starts.length) {
    cells.starts = doubled(cells.starts, new Int32Array(count * 2));
    cells.ends = doubled(cells.ends, new Int32Array(count * 2));
    cells.flags = doubled(cells.flags, new Uint8Array(count * 2));
  }
  cells.starts[count] = start;
  cells.ends[count] = end;
  cells.flags[count] = flags;
  cells.count++;
}

function doubled<T extends Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

function textAfterQuote(records: Records, at: number, lines: number): VtsError {
  const byte = records.bytes[at];
  const found = byte > 0x20 && byte < 0x7f
    ? `"${String.fromCharCode(byte)}"`
    : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  return new VtsError('InputMalformed', `After the quote that ends a cell comes ${found}`, {
    file: records.file,
    line: records.line + lines,
    byte: records.base + at,
    expected: `"${String.fromCharCode(records.delimiter)}" or the end of the line`,
    remedy: 'double the quotes that belong to the text of the cell: ""',
  });
}

/** A bare cell such as ` "a, b"` would be cut at its comma. */
function checkSpaceBeforeQuote(records: Records, start: number, end: number, lines: number): void {
  let at = start;
  while (at < end && records.bytes[at] === 0x20) at++;
  if (at === end || records.bytes[at] !== QUOTE) return;
  throw new VtsError('InputMalformed', 'There is a space before the quote that begins a cell', {
    file: records.file,
    line: records.line + lines,
    byte: records.base + start,
    expected: 'the quote right behind the delimiter',
    remedy: 'take the spaces out',
  });
}

function tooLong(records: Records): VtsError {
  const size = `${MAX_RECORD / 1048576} MiB`;
  return new VtsError(
    'MemoryLimit',
    `The row that begins on line ${records.line + 1} has more than ${size}`,
    {
      file: records.file,
      line: records.line + 1,
      byte: records.base,
      remedy: 'look for a quote that is not closed',
    },
  );
}

function openQuote(records: Records): VtsError {
  return new VtsError('InputTruncated', 'The file ends within a cell in quotes', {
    file: records.file,
    line: records.line + 1,
    byte: records.base,
    expected: 'a closing quote in the row that begins here',
    remedy: 'copy or make the file again, or close the quote',
  });
}
