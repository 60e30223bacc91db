/**
 * Records set aside in a scratch file, in buckets by their keys: rows of one key are in the same bucket on both sides, so that two
 * sides of any size are compared bucket by bucket in memory that does not grow with them.
 */
import { VtsError } from '../../errors.ts';

/** A scratch file, as stores make them. */
export interface ScratchFile {
  readonly size: number;
  append(bytes: Uint8Array): void;
  readSync(target: Uint8Array, position: number): number;
  close(): void;
}

/** How many buckets there are. */
export const BUCKETS = 64;

const BLOCK_BYTES = 32 * 1024;

/** Mixes the words of a key. */
export function mixKey(records: Uint32Array, at: number): number {
  let mixed = Math.imul(records[at] ^ 0x9e3779b9, 0x85ebca6b) ^ records[at + 1];
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35) ^ records[at + 2];
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0x27d4eb2f);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

interface Bucket {
  readonly block: Uint32Array<ArrayBuffer>;
  /** Words in `block`. */
  filled: number;
  /** Where in the scratch file the full blocks are. */
  readonly written: number[];
  /** Records in all. */
  records: number;
}

/** Records of `width` words in buckets. */
export class RecordSpool {
  readonly width: number;
  readonly #scratch: ScratchFile;
  readonly #blockWords: number;
  readonly #buckets: Bucket[] = [];

  constructor(scratch: ScratchFile, width: number) {
    this.width = width;
    this.#scratch = scratch;
    this.#blockWords = Math.max(1, Math.floor(BLOCK_BYTES / 4 / width)) * width;
  }

  /** Records in bucket `index`. */
  count(index: number): number {
    return this.#buckets[index]?.records ?? 0;
  }

  add(records: Uint32Array): void {
    const { width } = this;
    for (let at = 0; at < records.length; at += width) {
      const bucket = this.#bucket(mixKey(records, at) % BUCKETS);
      const { block, filled } = bucket;
      for (let i = 0; i < width; i++) block[filled + i] = records[at + i];
      bucket.filled += width;
      bucket.records++;
      if (bucket.filled === this.#blockWords) {
        bucket.written.push(this.#scratch.size);
        this.#scratch.append(new Uint8Array(block.buffer));
        bucket.filled = 0;
      }
    }
  }

  /** Bucket `index` block by block; a block is good until the next one is asked for. */
  *blocks(index: number): Iterable<Uint32Array> {
    const bucket = this.#buckets[index];
    if (bucket === undefined) return;
    const block = new Uint32Array(this.#blockWords);
    for (const position of bucket.written) {
      if (this.#scratch.readSync(new Uint8Array(block.buffer), position) < block.byteLength) {
        throw new VtsError('InputUnreadable', 'a scratch file has lost its end');
      }
      yield block;
    }
    yield bucket.block.subarray(0, bucket.filled);
  }

  close(): void {
    this.#scratch.close();
  }

  #bucket(index: number): Bucket {
    return this.#buckets[index] ??= {
      block: new Uint32Array(this.#blockWords),
      filled: 0,
      written: [],
      records: 0,
    };
  }
}
