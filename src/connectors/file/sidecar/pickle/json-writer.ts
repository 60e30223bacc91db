/** Values of a pickle as JSON text, as `json.dumps` would write them; digits of integers stay. */
import { VtsError } from '../../../../errors.ts';
import { type Handle, handle, NONE, TAG, tagOf, TRUE } from './handle.ts';
import type { Heap } from './heap.ts';
import type { Values } from './values.ts';

/** The most bytes of one document's metadata. */
const MAX_JSON = 16 << 20;
const MAX_DEPTH = 100;

/** The empty tuple, which needs no container. */
export const EMPTY_TUPLE: Handle = handle(TAG.constant, 3);

const encoder = new TextEncoder();

/** Writes one value after the other. */
export class JsonWriter {
  readonly #heap: Heap;
  readonly #values: Values;
  /** Bytes of all texts that were written before: what is frozen is copied from there. */
  readonly #written: (start: number, end: number) => Uint8Array;
  #bytes = new Uint8Array(1024);
  #length = 0;
  /** What is written of this value, with where its text begins and ends. */
  readonly #done = new Map<Handle, readonly [start: number, end: number]>();
  readonly #open = new Set<Handle>();

  constructor(heap: Heap, values: Values, written: (start: number, end: number) => Uint8Array) {
    this.#heap = heap;
    this.#values = values;
    this.#written = written;
  }

  /** The text of `value`, which will be at `start` of all texts; its containers are frozen. */
  write(value: Handle, start: number): Uint8Array {
    this.#length = 0;
    this.#done.clear();
    this.#open.clear();
    this.#value(value, 0);
    for (const [container, [from, to]] of this.#done) this.#heap.freeze(container, start + from, start + to);
    return this.#bytes.subarray(0, this.#length);
  }

  #value(value: Handle, depth: number): void {
    switch (tagOf(value)) {
      case TAG.constant:
        if (value === EMPTY_TUPLE) return this.#put('[]');
        return this.#put(value === NONE ? 'null' : value === TRUE ? 'true' : 'false');
      case TAG.int:
      case TAG.long:
        return this.#put(String(this.#values.integerOf(value)));
      case TAG.float:
        return this.#put(floatText(this.#values.floatOf(value)));
      case TAG.text:
        return this.#put(JSON.stringify(this.#values.textOf(value)));
      case TAG.container:
        return this.#container(value, depth);
      default:
        throw unsupported(tagOf(value) === TAG.bytes ? 'bytes' : 'a class');
    }
  }

  #container(value: Handle, depth: number): void {
    const range = this.#heap.rangeOf(value);
    if (range !== undefined) return this.#append(this.#written(...range));
    const twin = this.#done.get(value);
    if (twin !== undefined) return this.#append(this.#bytes.slice(...twin));
    const container = this.#heap.get(value);
    if (container === undefined) throw unsupported('a reference into another document');
    if (depth >= MAX_DEPTH) throw unsupported(`values nested ${MAX_DEPTH} deep`);
    if (this.#open.has(value)) throw unsupported('a value that holds itself');
    this.#open.add(value);
    const start = this.#length;
    switch (container.kind) {
      case 'list':
      case 'set':
        this.#list(container.items, depth);
        break;
      case 'dict':
        this.#dict(container.items, depth);
        break;
      case 'scalar':
        if (container.value.as !== 'json') throw unsupported(`a value of type ${container.value.as}`);
        this.#put(container.value.text);
        break;
      default:
        throw unsupported(`an object of type ${container.role}`);
    }
    this.#open.delete(value);
    this.#done.set(value, [start, this.#length]);
  }

  #list(items: readonly Handle[], depth: number): void {
    this.#put('[');
    items.forEach((item, i) => {
      if (i > 0) this.#put(',');
      this.#value(item, depth + 1);
    });
    this.#put(']');
  }

  #dict(items: readonly Handle[], depth: number): void {
    const mixed = items.some((key, i) => i % 2 === 0 && tagOf(key) !== TAG.text);
    const names = new Set<string>();
    this.#put('{');
    for (let i = 0; i < items.length; i += 2) {
      if (i > 0) this.#put(',');
      const name = this.#key(items[i]);
      if (mixed && names.size === names.add(name).size) {
        throw unsupported(`two keys that JSON writes as "${name}"`);
      }
      this.#put(`${JSON.stringify(name)}:`);
      this.#value(items[i + 1], depth + 1);
    }
    this.#put('}');
  }

  /** As `json.dumps` writes keys. */
  #key(value: Handle): string {
    switch (tagOf(value)) {
      case TAG.text:
        return this.#values.textOf(value);
      case TAG.int:
      case TAG.long:
        return String(this.#values.integerOf(value));
      case TAG.float:
        return floatText(this.#values.floatOf(value)).replaceAll('"', '');
      case TAG.constant:
        if (value !== EMPTY_TUPLE) return value === NONE ? 'null' : value === TRUE ? 'true' : 'false';
    }
    throw unsupported('a key that is neither text nor number');
  }

  #put(text: string): void {
    this.#append(encoder.encode(text));
  }

  #append(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > MAX_JSON) {
      throw new VtsError('MemoryLimit', `The metadata of a document take more than ${MAX_JSON} bytes`, {});
    }
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = end;
  }
}

/** A double with the fewest digits; whole ones keep their point, and what JSON lacks is text. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

function unsupported(what: string): VtsError {
  return new VtsError('InputUnsupported', `The metadata of a document hold ${what}`, {
    expected:
      'what JSON has: text, numbers, true, false, null, lists and dictionaries; dates, UUIDs and paths',
    remedy: 'load the store in Python, make its metadata plain and save it again',
  });
}
