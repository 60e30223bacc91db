/** Values of a pickle as JSON text, as `json.dumps` would write them; digits of integers stay. */
import { VtsError } from '../../../../errors.ts';
import { type Handle, handle, NONE, TAG, tagOf, TRUE } from './handle.ts';
import type { Heap } from './heap.ts';
import type { Values } from './values.ts';

/** The most bytes of one document's metadata. */
const MAX_JSON = 16 << 20;
const MAX_DEPTH = 100;
const MAX_CACHED_KEY = 128;
const MAX_CACHED_KEYS = 4096;

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
  readonly #keys = new Map<Handle, Uint8Array>();

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
        return this.#text(value);
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
      this.#append(this.#keyBytes(items[i]));
      if (mixed) {
        const name = this.#key(items[i]);
        if (names.has(name)) throw unsupported(`two keys that JSON writes as "${name}"`);
        names.add(name);
      }
      this.#value(items[i + 1], depth + 1);
    }
    this.#put('}');
  }

  /** The key with its quotes and colon. Documents mostly have the same ones. */
  #keyBytes(value: Handle): Uint8Array {
    const known = this.#keys.get(value);
    if (known !== undefined) return known;
    const bytes = encoder.encode(`${JSON.stringify(this.#key(value))}:`);
    if (bytes.length <= MAX_CACHED_KEY && this.#keys.size < MAX_CACHED_KEYS) this.#keys.set(value, bytes);
    return bytes;
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

  /** Most texts need no escapes and are copied as they are. */
  #text(value: Handle): void {
    const bytes = this.#values.bytesOf(value);
    if (!bytes.every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c)) {
      return this.#put(JSON.stringify(this.#values.textOf(value)));
    }
    this.#put('"');
    this.#append(bytes);
    this.#put('"');
  }

  #put(text: string): void {
    if (text.length > 1) return this.#append(encoder.encode(text));
    this.#room(1);
    this.#bytes[this.#length++] = text.charCodeAt(0);
  }

  #append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    const end = this.#length + bytes;
    if (end > MAX_JSON) {
      throw new VtsError('MemoryLimit', `The metadata of a document take more than ${MAX_JSON} bytes`, {});
    }
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
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
