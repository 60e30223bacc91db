/** Columns in scratch files: written once from front to back, then read in any order. Memory does not depend on their length. */
import { bytesColumn, type Column, fixedColumn, MAX_OFFSET } from '../../../core/column.ts';
import type { LogicalType } from '../../../core/types.ts';
import { VtsError } from '../../../errors.ts';
import type { Scratch } from '../../../stores/bytes.ts';
import { countOf, type Keys, runsOf } from './side-table.ts';

/** Small writes are gathered up to this many bytes. */
const BUFFER = 1 << 16;

/** Appends to a scratch file by the buffer. */
class Appender {
  readonly scratch: Scratch;
  readonly #buffer = new Uint8Array(BUFFER);
  #filled = 0;

  constructor(scratch: Scratch) {
    this.scratch = scratch;
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.scratch.size + this.#filled;
  }

  append(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > BUFFER) this.flush();
    if (bytes.length > BUFFER) return this.scratch.append(bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  flush(): void {
    if (this.#filled > 0) this.scratch.append(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  /** Bytes [`start`, `end`). */
  read(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (end > this.scratch.size) this.flush();
    const bytes = new Uint8Array(end - start);
    this.scratch.readSync(bytes, start);
    return bytes;
  }
}

/** A column of 64-bit integers. */
export class LongTable {
  readonly #values: Appender;

  constructor(scratch: Scratch) {
    this.#values = new Appender(scratch);
  }

  get rows(): number {
    return this.#values.size / 8;
  }

  append(values: BigInt64Array<ArrayBuffer>): void {
    this.#values.append(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }

  column(type: LogicalType, keys: Keys): Column {
    const values = new BigInt64Array(countOf(keys));
    let at = 0;
    for (const { start, count } of runsOf(keys)) {
      values.set(new BigInt64Array(this.#values.read(start * 8, (start + count) * 8).buffer), at);
      at += count;
    }
    return fixedColumn(type, values);
  }

  close(): void {
    this.#values.scratch.close();
  }
}

/** Rows at a time whose ends are kept in memory while single rows are read. */
const PAGE_ROWS = 1024;
/** Bytes that are read for a single one. */
const PIECE = 1 << 14;

/** A column of texts. */
export class TextTable {
  readonly #data: Appender;
  readonly #ends: Appender;
  #page: Float64Array = new Float64Array(0);
  #pageRow = 0;
  #pieceBytes = new Uint8Array(0);
  #piece = 0;

  constructor(scratch: () => Scratch) {
    this.#data = new Appender(scratch());
    this.#ends = new Appender(scratch());
  }

  get rows(): number {
    return this.#ends.size / 8;
  }

  /** Bytes of all texts so far. */
  get bytes(): number {
    return this.#data.size;
  }

  append(text: Uint8Array): void {
    this.#data.append(text);
    this.#ends.append(new Uint8Array(Float64Array.of(this.#data.size).buffer));
  }

  /** Bytes [`start`, `end`) of all texts. */
  range(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#data.read(start, end);
  }

  /** One text. Fast for rows near each other. */
  text(row: number): Uint8Array<ArrayBuffer> {
    if (row < this.#pageRow || row - this.#pageRow + 1 >= this.#page.length) {
      this.#page = this.#endsOf(row, Math.min(PAGE_ROWS, this.rows - row));
      this.#pageRow = row;
    }
    const at = row - this.#pageRow;
    return this.#near(this.#page[at], this.#page[at + 1]);
  }

  /** Bytes [`start`, `end`), read with some that follow. */
  #near(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (start < this.#piece || end > this.#piece + this.#pieceBytes.length) {
      this.#pieceBytes = this.#data.read(start, Math.min(Math.max(end, start + PIECE), this.bytes));
      this.#piece = start;
    }
    return this.#pieceBytes.subarray(start - this.#piece, end - this.#piece);
  }

  column(type: LogicalType, keys: Keys): Column {
    const offsets = new Int32Array(countOf(keys) + 1);
    const pieces: Uint8Array[] = [];
    let row = 0;
    for (const { start, count } of runsOf(keys)) {
      const ends = this.#endsOf(start, count);
      const shift = offsets[row] - ends[0];
      if (ends[count] + shift > MAX_OFFSET) {
        throw new VtsError('MemoryLimit', 'A batch holds more than 2 GiB of text', {
          remedy: 'make batches smaller with --batch-bytes',
        });
      }
      for (let i = 1; i <= count; i++) offsets[row + i] = ends[i] + shift;
      pieces.push(this.#data.read(ends[0], ends[count]));
      row += count;
    }
    const values = new Uint8Array(offsets[row]);
    let at = 0;
    for (const piece of pieces) {
      values.set(piece, at);
      at += piece.length;
    }
    return bytesColumn(type, offsets, values);
  }

  close(): void {
    this.#data.scratch.close();
    this.#ends.scratch.close();
  }

  /** Where text `start` begins, and where it and the next ones end. */
  #endsOf(start: number, count: number): Float64Array {
    if (start > 0) return new Float64Array(this.#ends.read((start - 1) * 8, (start + count) * 8).buffer);
    const ends = new Float64Array(count + 1);
    ends.set(new Float64Array(this.#ends.read(0, count * 8).buffer), 1);
    return ends;
  }
}
