/** A long list of numbers in pieces: 8 bytes each, and nothing is copied as it grows. */

const PIECE = 1 << 16;

/** A list that grows at its end. */
export class Numbers {
  readonly #pieces: Float64Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length % PIECE === 0) this.#pieces.push(new Float64Array(PIECE));
    this.#pieces[this.#pieces.length - 1][this.#length++ % PIECE] = value;
  }

  get(index: number): number {
    return this.#pieces[Math.floor(index / PIECE)][index % PIECE];
  }

  set(index: number, value: number): void {
    this.#pieces[Math.floor(index / PIECE)][index % PIECE] = value;
  }
}
