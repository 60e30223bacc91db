/**
 * The documents that LangChain (Python) saves beside an index: `index.pkl`, a pickle of `(InMemoryDocstore, {row: docstore id})`.
 */
import { release } from '../../../core/garbage.ts';
import { decodeUtf8 } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import type { DocumentTable } from './document-table.ts';
import { ByteReader } from './pickle/byte-reader.ts';
import { type Handle, NONE, TAG, tagOf } from './pickle/handle.ts';
import type { Container } from './pickle/heap.ts';
import { JsonWriter } from './pickle/json-writer.ts';
import { PickleMachine } from './pickle/machine.ts';
import { itemsOf } from './pickle/reduce.ts';

const encoder = new TextEncoder();
const NO_METADATA = encoder.encode('{}');
/** About what reading a document leaves behind in memory. */
const GARBAGE = 4096;

/** JSON texts may be this much larger than the pickle, whose values may be shared. */
const MOST_METADATA = { times: 100, bytes: 64 << 20 };

/** Reads the pickle `source` into `table`. @throws VtsError InputUnsupported, InputMalformed, ... */
export function readLangChainPickle(source: ByteSource, table: DocumentTable): void {
  const pickle = new DocumentPickle(source, table);
  pickle.read();
}

class DocumentPickle {
  readonly #file: string;
  readonly #table: DocumentTable;
  readonly #machine: PickleMachine;
  readonly #json: JsonWriter;

  constructor(source: ByteSource, table: DocumentTable) {
    this.#file = source.name;
    this.#table = table;
    this.#machine = new PickleMachine(new ByteReader(source), {
      onDocument: (value, state) => this.#addDocument(value, state),
    });
    const { heap, values } = this.#machine;
    this.#json = new JsonWriter(heap, values, (start, end) => table.metadataRange(start, end));
  }

  read(): void {
    const parts = itemsOf(this.#machine, this.#machine.run());
    const docstore = parts?.length === 2 ? this.#container(parts[0]) : undefined;
    if (parts === undefined || docstore?.kind !== 'object' || docstore.role !== 'docstore') {
      throw this.#other('it holds something else than a docstore and the ids of rows');
    }
    this.#addIds(docstore.state);
    this.#addLinks(parts[1]);
  }

  /** Keeps a document's text and metadata, and lets go of what else was built of it. */
  #addDocument(value: Handle, state: Handle): void {
    const { heap, values, reader } = this.#machine;
    const attributes = this.#entry(state, '__dict__') ?? state;
    const text = this.#entry(attributes, 'page_content');
    if (text === undefined || tagOf(text) !== TAG.text) throw this.#other('a document has no text');
    const metadata = this.#entry(attributes, 'metadata') ?? NONE;
    if (metadata !== NONE && heap.rangeOf(metadata) === undefined && heap.get(metadata)?.kind !== 'dict') {
      throw this.#other('the metadata of a document are no dictionary');
    }
    const start = this.#table.metadataBytes;
    const json = metadata === NONE ? NO_METADATA : this.#json.write(metadata, start);
    if (start + json.length > reader.size * MOST_METADATA.times + MOST_METADATA.bytes) {
      throw new VtsError('MemoryLimit', `${this.#file} grows to more than a hundred times its size`, {
        file: this.#file,
      });
    }
    const bytes = values.bytesOf(text);
    if (decodeUtf8(bytes) === undefined) {
      throw this.#other('the text of a document holds half a surrogate pair');
    }
    heap.finishDocument(value, this.#table.addDocument(bytes, json));
    this.#release(state, 0);
    release(GARBAGE);
  }

  #release(value: Handle, depth: number): void {
    const { heap } = this.#machine;
    const container = heap.get(value);
    if (container === undefined || container.kind === 'object' || depth > 4) return;
    if (container.kind !== 'scalar') { for (const item of container.items) this.#release(item, depth + 1); }
    heap.drop(value);
  }

  #addIds(state: Handle | undefined): void {
    const dictionary = state === undefined ? undefined : this.#dictionary(this.#entry(state, '_dict'));
    if (dictionary === undefined) throw this.#other('its docstore holds no documents');
    for (let i = 0; i < dictionary.length; i += 2) {
      const document = this.#machine.heap.documentOf(dictionary[i + 1]);
      if (document === undefined) throw this.#other('its docstore holds something else than documents');
      this.#table.addId(this.#id(dictionary[i]), document);
    }
  }

  #addLinks(value: Handle): void {
    const dictionary = this.#dictionary(value);
    if (dictionary === undefined) throw this.#other('it does not say which row has which id');
    for (let i = 0; i < dictionary.length; i += 2) {
      const row = this.#machine.values.integerOf(dictionary[i]);
      if (row === undefined || row < 0n || row > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw this.#other('a row has no number');
      }
      const id = this.#id(dictionary[i + 1]);
      if (this.#table.link(Number(row), id)) continue;
      throw new VtsError('InputMalformed', `Row ${row} has the id ${decodeUtf8(id)}, which no document has`, {
        file: this.#file,
        row: Number(row),
        remedy: 'save the store again with save_local',
      });
    }
  }

  #id(value: Handle): Uint8Array {
    const { heap, values } = this.#machine;
    if (tagOf(value) === TAG.text) {
      const id = values.bytesOf(value);
      if (decodeUtf8(id) === undefined) throw this.#other('an id holds half a surrogate pair');
      return id;
    }
    const integer = values.integerOf(value);
    if (integer !== undefined) return encoder.encode(String(integer));
    const container = heap.get(value);
    // A UUID.
    if (container?.kind === 'scalar' && container.value.as === 'json') {
      return encoder.encode(JSON.parse(container.value.text));
    }
    throw this.#other('an id is no text');
  }

  #container(value: Handle): Container | undefined {
    return this.#machine.heap.get(value);
  }

  #dictionary(value: Handle | undefined): readonly Handle[] | undefined {
    const container = value === undefined ? undefined : this.#container(value);
    return container?.kind === 'dict' ? container.items : undefined;
  }

  /** The value of `key` in a dictionary. */
  #entry(value: Handle, key: string): Handle | undefined {
    const items = this.#dictionary(value) ?? [];
    for (let i = items.length - 2; i >= 0; i -= 2) {
      if (this.#machine.values.nameOf(items[i]) === key) return items[i + 1];
    }
    return undefined;
  }

  #other(what: string): VtsError {
    return new VtsError(
      'InputUnsupported',
      `${this.#file} is no store of LangChain's that vts reads: ${what}`,
      {
        file: this.#file,
        expected: 'the pair that FAISS.save_local writes: index.faiss and index.pkl',
      },
    );
  }
}
