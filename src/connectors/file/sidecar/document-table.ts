/**
 * Documents (an id, a text, metadata as JSON) beside an index, and which of them belongs to which number that Faiss answers with. Texts wait in
 * scratch files; memory is some 30 bytes a document.
 */
import { field } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import type { Scratch } from '../../../stores/bytes.ts';
import { IdIndex } from './id-index.ts';
import { Numbers } from './pickle/numbers.ts';
import { TextTable } from './scratch-tables.ts';
import { countOf, type Keys, type SideTable } from './side-table.ts';

/** The columns of documents. */
const DOCUMENT_FIELDS = [
  field('id', { kind: 'VarChar' }, { primaryKey: true }),
  field('text', { kind: 'VarChar' }),
  field('metadata', { kind: 'JSON' }),
] as const;

/** What an index's number, or the position of a row, leads to. */
interface Link {
  readonly number: number;
  readonly entry: number;
}

/** Takes documents as a file gives them, then the numbers that lead to them. */
export class DocumentTable {
  readonly #texts: TextTable;
  readonly #metadata: TextTable;
  readonly #ids: TextTable;
  /** Which document an id stands for. */
  readonly #documents = new Numbers();
  readonly #index: IdIndex;
  readonly #numbers = new Numbers();
  readonly #entries = new Numbers();
  /** Whether the numbers are 0, 1, 2, ... */
  #dense = true;
  /** Else their order, by number. */
  #order: readonly Link[] | undefined;

  constructor(scratch: () => Scratch) {
    this.#texts = new TextTable(scratch);
    this.#metadata = new TextTable(scratch);
    this.#ids = new TextTable(scratch);
    this.#index = new IdIndex(this.#ids);
  }

  /** Bytes of all metadata so far. */
  get metadataBytes(): number {
    return this.#metadata.bytes;
  }

  /** Bytes [`start`, `end`) of all metadata. */
  metadataRange(start: number, end: number): Uint8Array {
    return this.#metadata.range(start, end);
  }

  /** Adds a document and returns its number. */
  addDocument(text: Uint8Array, metadata: Uint8Array): number {
    this.#texts.append(text);
    this.#metadata.append(metadata);
    return this.#texts.rows - 1;
  }

  /** Says that `id` stands for a document. */
  addId(id: Uint8Array, document: number): void {
    this.#ids.append(id);
    this.#documents.push(document);
  }

  /** Says that the index's `number` leads to `id`. Returns false when no document has that id. */
  link(number: number, id: Uint8Array): boolean {
    const entry = this.#index.find(id);
    if (entry === undefined) return false;
    if (number !== this.#numbers.length) this.#dense = false;
    this.#numbers.push(number);
    this.#entries.push(entry);
    return true;
  }

  /** How many numbers lead to documents. */
  get links(): number {
    return this.#numbers.length;
  }

  close(): void {
    for (const table of [this.#texts, this.#metadata, this.#ids]) table.close();
  }

  /** The table, complete. @throws VtsError InputMalformed when a number leads to two documents */
  finish(name: string, fingerprint: string, notes: readonly string[]): SideTable {
    if (!this.#dense) this.#sort(name);
    const bytes = this.#texts.bytes + this.#metadata.bytes + this.#ids.bytes;
    return {
      name,
      fields: DOCUMENT_FIELDS,
      rows: this.links,
      rowBytes: 12 + bytes / Math.max(1, this.#ids.rows),
      fingerprint,
      notes,
      gather: (keys, names) => {
        const entries = this.#entriesOf(keys, name);
        const documents = { numbers: entries.map((entry) => BigInt(this.#documents.get(Number(entry)))) };
        const [id, text, metadata] = DOCUMENT_FIELDS;
        const columns = [];
        if (names.has(id.name)) columns.push(this.#ids.column(id.type, { numbers: entries }));
        if (names.has(text.name)) columns.push(this.#texts.column(text.type, documents));
        if (names.has(metadata.name)) columns.push(this.#metadata.column(metadata.type, documents));
        return columns;
      },
      close: () => this.close(),
    };
  }

  #sort(file: string): void {
    const links = Array.from({ length: this.links }, (_, i) => ({
      number: this.#numbers.get(i),
      entry: this.#entries.get(i),
    }));
    links.sort((a, b) => a.number - b.number);
    const twin = links.find(({ number }, i) => i > 0 && links[i - 1].number === number);
    if (twin !== undefined) {
      throw new VtsError('InputMalformed', `Number ${twin.number} leads to two documents`, { file });
    }
    // A shuffled list of all numbers is as good as a sorted one.
    this.#order = links;
  }

  #entriesOf(keys: Keys, file: string): BigInt64Array {
    const entries = new BigInt64Array(countOf(keys));
    for (let i = 0; i < entries.length; i++) {
      const number = 'numbers' in keys ? Number(keys.numbers[i]) : keys.start + i;
      const entry = this.#entryOf(number);
      if (entry === undefined) {
        throw new VtsError('InputMalformed', `${file} has no document for number ${number} of the index`, {
          file,
          expected: 'a document for each vector',
          remedy: 'check that both files belong together',
        });
      }
      entries[i] = BigInt(entry);
    }
    return entries;
  }

  #entryOf(number: number): number | undefined {
    const order = this.#order;
    if (order === undefined) {
      return number >= 0 && number < this.links ? this.#entries.get(number) : undefined;
    }
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order[middle].number < number) low = middle + 1;
      else high = middle;
    }
    return order[low]?.number === number ? order[low].entry : undefined;
  }
}
