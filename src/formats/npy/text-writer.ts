/**
 * Writes text as an array of Unicode strings. Each takes as many characters as the longest has, which is known at the end: until then the
 * text waits in a scratch file.
 */
import type { Column } from '../../core/column.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import type { ByteSink } from '../../stores/bytes.ts';
import type { FormatWriter, WriteOptions } from '../format.ts';
import { refuseNulls } from '../single-column.ts';
import { encodeHeader } from './header.ts';

/** Bytes of text that are turned into characters at a time, and of characters that are written. */
const CHUNK = 1 << 20;

/** Opens an array of the texts of column `name`. */
export function openTextWriter(sink: ByteSink, name: string, options: WriteOptions): FormatWriter {
  const scratch = options.scratch();
  let rows = 0;
  let width = 1;
  return {
    // deno-lint-ignore require-await
    async write(batch) {
      const [column] = batch.columns;
      refuseNulls(column, name, rows, 'A NumPy array');
      for (const text of textsOf(column, name, rows)) width = Math.max(width, text.length);
      scratch.append(behindLengths(column));
      rows += batch.length;
    },
    async finish() {
      await sink.write(encodeHeader(`<U${width}`, [rows]));
      const writeRows = Math.max(1, Math.floor(CHUNK / (width * 4)));
      let at = 0;
      for (let row = 0; row < rows; row += writeRows) {
        const points = new Uint32Array(Math.min(writeRows, rows - row) * width);
        for (let i = 0; i < points.length; i += width) {
          const length = new Uint32Array(1);
          scratch.readSync(new Uint8Array(length.buffer), at);
          const bytes = new Uint8Array(length[0]);
          scratch.readSync(bytes, at + 4);
          points.set(codePoints(bytes)!, i);
          at += 4 + bytes.length;
        }
        await sink.write(new Uint8Array(points.buffer));
      }
      scratch.close();
    },
    // deno-lint-ignore require-await
    async abort() {
      scratch.close();
    },
  };
}

/** The characters of each row. @throws VtsError RowInvalid */
function* textsOf(
  { offsets, values, length }: Column,
  field: string,
  firstRow: number,
): Iterable<readonly number[]> {
  for (let row = 0; row < length; row++) {
    const points = codePoints((values as Uint8Array).subarray(offsets![row], offsets![row + 1]));
    if (points === undefined) {
      throw new VtsError('RowInvalid', 'text is not valid UTF-8', { row: firstRow + row, field });
    }
    if (points.at(-1) === 0) {
      throw new VtsError(
        'RowInvalid',
        'text that ends with the character U+0000 would lose it in a NumPy array',
        {
          row: firstRow + row,
          field,
          remedy: 'write .parquet or .jsonl',
        },
      );
    }
    yield points;
  }
}

function codePoints(bytes: Uint8Array): readonly number[] | undefined {
  const text = decodeUtf8(bytes);
  return text === undefined ? undefined : Array.from(text, (character) => character.codePointAt(0)!);
}

/** The texts of `column`, each behind its length. */
function behindLengths({ offsets, values, length }: Column): Uint8Array {
  const bytes = new Uint8Array(offsets![length] - offsets![0] + 4 * length);
  const view = new DataView(bytes.buffer);
  for (let row = 0, at = 0; row < length; row++) {
    const text = (values as Uint8Array).subarray(offsets![row], offsets![row + 1]);
    view.setUint32(at, text.length, true);
    bytes.set(text, at + 4);
    at += 4 + text.length;
  }
  return bytes;
}
