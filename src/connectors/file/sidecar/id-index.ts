/** Finds an id among those of a scratch table: 8 bytes an id in memory. Where ids come in the table's order, nothing is built at all. */
import type { TextTable } from './scratch-tables.ts';

/** An index over a table to which nothing is added any more once something was found. */
export class IdIndex {
  readonly #ids: TextTable;
  /** Row numbers plus 1, by hash; 0 is free. */
  #slots: Uint32Array | undefined;
  #expected = 0;

  constructor(ids: TextTable) {
    this.#ids = ids;
  }

  /** The first row that holds `id`. */
  find(id: Uint8Array): number | undefined {
    if (this.#slots === undefined && this.#expected < this.#ids.rows && this.#equals(this.#expected, id)) {
      return this.#expected++;
    }
    const slots = this.#slots ??= this.#build();
    for (let at = hash(id) & (slots.length - 1); slots[at] !== 0; at = (at + 1) & (slots.length - 1)) {
      if (this.#equals(slots[at] - 1, id)) return slots[at] - 1;
    }
    return undefined;
  }

  #build(): Uint32Array {
    const slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(8, this.#ids.rows * 2))));
    for (let row = 0; row < this.#ids.rows; row++) {
      let at = hash(this.#ids.text(row)) & (slots.length - 1);
      while (slots[at] !== 0) at = (at + 1) & (slots.length - 1);
      slots[at] = row + 1;
    }
    return slots;
  }

  #equals(row: number, id: Uint8Array): boolean {
    const text = this.#ids.text(row);
    return text.length === id.length && text.every((byte, i) => byte === id[i]);
  }
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), stirred once more at the end. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) value = Math.imul(value ^ bytes[i], 0x01000193);
  return Math.imul(value ^ value >>> 15, 0x2c1b3c6d) >>> 0;
}
