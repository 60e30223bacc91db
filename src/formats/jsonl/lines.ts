/** Whole lines from chunks of bytes, in one buffer that grows to the longest line and no further. */
import { VtsError } from '../../errors.ts';
import type { Feed } from '../json-values/feed.ts';
import { emptyText, PADDING, type Text } from '../json-values/text.ts';

/** The longest line that is read, so that a file without line ends cannot fill the memory. */
const MAX_LINE = 256 * 1024 * 1024;

/** Bytes that are read at once. */
const PIECE = 1 << 20;

/** Lines as they come in. */
export interface Lines {
  readonly text: Text;
  /** Drops the bytes before `text.pos` and adds at least one whole line behind those left; false at the end. */
  fill(): Promise<boolean>;
  close(): Promise<void>;
}

/** Where in the decompressed stream a reader stands: a byte, and the lines and rows before it. */
export interface Mark {
  readonly byte: number;
  readonly line: number;
  readonly row: number;
}

/** Where `text` stands. */
export function markOf({ base, pos, line, row }: Text): Mark {
  return { byte: base + pos, line, row };
}

export const START: Mark = { byte: 0, line: 0, row: 0 };

/** The lines of `feed`, which begins at `mark`. */
export function openLines(feed: Feed, file: string, mark: Mark = START): Lines {
  const text: Text = { ...emptyText(file), base: mark.byte, line: mark.line, row: mark.row };
  let filled = 0;
  let ended = false;

  return {
    text,
    async fill() {
      if (text.pos > 0) text.bytes.copyWithin(0, text.pos, filled);
      filled -= text.pos;
      text.end -= text.pos;
      text.base += text.pos;
      text.pos = 0;
      while (!ended) {
        const before = filled;
        const room = filled + PIECE + PADDING;
        if (room > text.bytes.length) resize(text, Math.max(room, Math.min(filled * 2, MAX_LINE)), filled);
        filled += await feed.read(text.bytes.subarray(filled, filled + PIECE));
        if (filled === before) {
          ended = true;
          if (filled === text.end) return false;
          text.cut = true;
          text.bytes[filled++] = 0x0a;
        }
        if (text.base === 0 && before < 3) skipByteOrderMark(text, filled);
        const last = text.bytes.subarray(before, filled).lastIndexOf(0x0a);
        if (last >= 0) {
          text.end = before + last + 1;
          return true;
        }
        if (filled - text.end > MAX_LINE) throw tooLong(text);
      }
      return false;
    },
    async close() {
      ended = true;
      await feed.close();
    },
  };
}

function resize(text: Text, size: number, filled: number): void {
  const bytes = new Uint8Array(size);
  bytes.set(text.bytes.subarray(0, filled));
  text.bytes = bytes;
  text.view = new DataView(bytes.buffer);
}

function skipByteOrderMark(text: Text, filled: number): void {
  const { bytes } = text;
  if (filled >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) text.pos = 3;
}

function tooLong({ file, line, row, base }: Text): VtsError {
  return new VtsError('MemoryLimit', `Line ${line + 1} has more than ${MAX_LINE / 1048576} MiB`, {
    file,
    line: line + 1,
    row,
    byte: base,
    expected: 'one JSON object a line',
    remedy: 'if the file is one JSON array, write its elements a line each, say with `jq -c .[]`',
  });
}
