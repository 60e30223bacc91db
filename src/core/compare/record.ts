/**
 * The record of a row: what is kept of it to compare it. Unsigned 32-bit words:
 *
 *     0 1        the key: an integer as it is, or the hash of a text; a row number where there is no key
 *     2 3        a second hash of the text; for integers 0
 *     4 5, ...   the digest of each column
 *     last two   where the text of the key is kept (bytes, little-endian); not compared
 */
import type { Batch } from '../batch.ts';
import type { Column } from '../column.ts';
import { digestColumn, type DigestSeeds, hashRows } from './digest.ts';

/** Words of the key. */
export const KEY_WORDS = 4;
/** Words at the end. */
export const TAIL_WORDS = 2;

/** A key as people know it. */
export type Key = bigint | string | null;

/** Words of a record with `columns` columns. */
export function recordWords(columns: number): number {
  return KEY_WORDS + columns * 2 + TAIL_WORDS;
}

/** What the records of a batch are made of. */
export interface RecordInput {
  /** `undefined` where rows are told apart by their number. */
  readonly key: Column | undefined;
  readonly columns: readonly Column[];
  /** The digest of a further column that is the same in all rows. */
  readonly constant: Uint32Array | undefined;
  readonly length: Batch['length'];
  /** The number of the first row. */
  readonly firstRow: number;
  /** Where the texts of the keys begin, when they are texts. */
  readonly textsAt: number;
}

/** The records of a batch, one after another. */
export function makeRecords(input: RecordInput, seeds: DigestSeeds): Uint32Array<ArrayBuffer> {
  const { columns, constant, length } = input;
  const width = recordWords(columns.length + (constant === undefined ? 0 : 1));
  const records = new Uint32Array(length * width);
  writeKeys(input, records, width, seeds);
  columns.forEach((column, i) => scatter(digestColumn(column, seeds), records, width, KEY_WORDS + i * 2));
  if (constant !== undefined) {
    for (let at = width - TAIL_WORDS - 2; at < records.length; at += width) records.set(constant, at);
  }
  return records;
}

function writeKeys(
  { key, length, firstRow, textsAt }: RecordInput,
  records: Uint32Array,
  width: number,
  seeds: DigestSeeds,
): void {
  if (key === undefined) {
    for (let row = 0; row < length; row++) writeNumber(records, row * width, firstRow + row);
    return;
  }
  scatter(digestColumn(key, seeds), records, width, 0);
  if (key.offsets === null) return;
  const second = new Uint32Array(length * 2);
  hashRows(key, second, seeds.keys);
  scatter(second, records, width, 2);
  for (let row = 0; row < length; row++) {
    writeNumber(
      records,
      (row + 1) * width - TAIL_WORDS,
      textsAt + key.offsets[row] - key.offsets[0] + row * TEXT_HEAD,
    );
  }
}

/** Copies pairs of words into each record at `at`. */
function scatter(words: Uint32Array, records: Uint32Array, width: number, at: number): void {
  for (let from = 0, to = at; from < words.length; from += 2, to += width) {
    records[to] = words[from];
    records[to + 1] = words[from + 1];
  }
}

function writeNumber(records: Uint32Array, at: number, value: number): void {
  records[at] = value;
  records[at + 1] = Math.floor(value / 2 ** 32);
}

/** Bytes before each text of a key: its length. */
export const TEXT_HEAD = 4;

/** The number of the two words at `at`. */
export function readNumber(records: Uint32Array, at: number): number {
  return records[at] + records[at + 1] * 2 ** 32;
}

/** The integer key of the two words at `at`. */
export function readInteger(records: Uint32Array, at: number): bigint {
  return BigInt.asIntN(64, (BigInt(records[at + 1]) << 32n) | BigInt(records[at]));
}
