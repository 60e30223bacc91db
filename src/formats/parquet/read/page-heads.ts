/** The headers of pages, and levels where they are read apart from values: with one read for both, where pages are alike. */
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { pageBuffer } from './codecs.ts';

/** Bytes in which a header is sought first; it is longer only when it has long minima and maxima. */
export const HEADER = 1024;
/** More than this is not read in advance. */
const MOST = 1 << 18;

/** The first bytes of one page after the other. */
export class PageHeads {
  readonly #source: ByteSource;
  readonly #buffer = pageBuffer();
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #start = 0;
  #usual = HEADER;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Bytes [`start`, `end`) of the file, until the next call; those up to `most` may be read with them. @throws VtsError InputTruncated */
  take(start: number, end: number, most: number): Uint8Array<ArrayBuffer> {
    const at = start - this.#start;
    const length = end - start;
    if (at >= 0 && at + length <= this.#bytes.length) return this.#bytes.subarray(at, at + length);
    const bytes = this.#buffer.take(Math.max(length, Math.min(this.#usual, most - start)));
    this.#bytes = bytes.subarray(0, 0);
    const count = this.#source.readSync(bytes, start);
    if (count < length) throw endsWithinPage(start);
    this.#bytes = bytes.subarray(0, count);
    this.#start = start;
    return bytes.subarray(0, length);
  }

  /** Tells that the head of a page had `bytes` bytes: that of the next one will. */
  expect(bytes: number): void {
    this.#usual = Math.max(HEADER, Math.min(MOST, bytes));
  }
}

/** The file is shorter than its pages; `byte` is where those begin that it does not have. */
export function endsWithinPage(byte: number): VtsError {
  return new VtsError('InputTruncated', 'the file ends within a page', { byte });
}
