/** Whole lines from chunks of bytes, in one buffer that grows to the longest line and no further. */
import { VtsError } from '../../errors.ts';
import { emptyText, PADDING, type Text } from '../json-values/text.ts';

/** The longest line that is read, so that a file without line ends cannot fill the memory. */
export const MAX_LINE = 256 * 1024 * 1024;

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

/** The lines of `chunks`, which begin at `mark`. */
export function openLines(chunks: AsyncIterable<Uint8Array>, file: string, mark: Mark = START): Lines {
  const text: Text = { ...emptyText(file), base: mark.byte, line: mark.line, row: mark.row };
  const iterator = chunks[Symbol.asyncIterator]();
  let filled = 0;
  let ended = false;

  const add = (chunk: Uint8Array) => {
    if (filled + chunk.length + PADDING > text.bytes.length) {
      resize(text, Math.max(filled + chunk.length + PADDING, Math.min(filled * 2, MAX_LINE)), filled);
    }
    text.bytes.set(chunk, filled);
    filled += chunk.length;
  };
  return {
    text,
    async fill() {
      text.bytes.copyWithin(0, text.pos, filled);
      filled -= text.pos;
      text.end -= text.pos;
      text.base += text.pos;
      text.pos = 0;
      while (!ended) {
        const { done, value } = await iterator.next();
        const before = filled;
        if (!done) add(value);
        else {
          ended = true;
          if (filled === text.end) return false;
          text.cut = true;
          add(LINE_FEED);
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
      await iterator.return?.();
    },
  };
}

const LINE_FEED = Uint8Array.of(0x0a);

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
