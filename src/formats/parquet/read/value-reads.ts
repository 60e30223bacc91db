/** Values that need no unpacking: read from the file straight to where they belong, the pages of a batch at once. */
import type { ByteSource } from '../../../stores/bytes.ts';
import { endsWithinPage } from './page-heads.ts';
import { tooFewValues, type ValueSource } from './value-source.ts';

/** Bytes of the file and their place in memory. */
interface Read {
  readonly position: number;
  readonly target: Uint8Array<ArrayBuffer>;
}

/** Collects reads, and does them. */
export class ValueReads {
  readonly #source: ByteSource;
  #reads: Read[] = [];

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Values of `width` bytes that lie in `bytes` bytes at `position`. What they are copied to has them once {@linkcode settle} is done. */
  values(position: number, bytes: number, width: number): ValueSource {
    let from = 0;
    return {
      copy: (target, at, count) => {
        const size = count * width;
        if (from + size > bytes) throw tooFewValues();
        this.#add(position + from, target, at, size);
        from += size;
      },
      read() {
        throw new TypeError('these values have a place of their own');
      },
    };
  }

  /** Waits for all. @throws VtsError InputTruncated */
  async settle(): Promise<void> {
    const reads = this.#reads;
    this.#reads = [];
    const outcomes = await Promise.allSettled(reads.map((read) => this.#read(read)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** What follows the read before it, in the file and in memory, is one with it. */
  #add(position: number, target: Uint8Array<ArrayBuffer>, at: number, size: number): void {
    const last = this.#reads.at(-1);
    const start = target.byteOffset + at;
    const follows = last !== undefined && last.target.buffer === target.buffer &&
      last.target.byteOffset + last.target.length === start &&
      last.position + last.target.length === position;
    if (follows) this.#reads.pop();
    const before = follows ? last.target.length : 0;
    this.#reads.push({
      position: position - before,
      target: new Uint8Array(target.buffer, start - before, before + size),
    });
  }

  async #read({ position, target }: Read): Promise<void> {
    if (await this.#source.readAt(target, position) === target.length) return;
    throw endsWithinPage(position);
  }
}
