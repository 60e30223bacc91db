/**
 * A walk through one large JSON document: objects and lists are entered, and single values taken out as the text they are, so that numbers keep
 * their digits and memory holds one value at a time.
 */
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';

const CHUNK = 1 << 18;
/** The most bytes of one value that is taken out. */
const MAX_VALUE = 1 << 28;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Stands at some place of a document. */
export class JsonCursor {
  readonly #source: ByteSource;
  #bytes = new Uint8Array(0);
  /** Where in the file the bytes begin, and where in them the cursor is. */
  #from = 0;
  #at = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    if (this.#peek(3) && this.#bytes[0] === 0xef && this.#bytes[1] === 0xbb) this.#at = 3;
  }

  /** The next character that is no space; `''` at the end. */
  next(): string {
    for (;;) {
      if (!this.#peek(1)) return '';
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return String.fromCharCode(byte);
      this.#at++;
    }
  }

  /** The keys of the object that comes; the value of each has to be taken or passed before the next one. */
  *keys(): Iterable<string> {
    this.#expect('{');
    if (this.#take('}')) return;
    do {
      const key = this.text();
      this.#expect(':');
      yield key;
    } while (this.#take(','));
    this.#expect('}');
  }

  /** Steps through the list that comes; each item has to be taken or passed. */
  *items(): Iterable<number> {
    this.#expect('[');
    if (this.#take(']')) return;
    let index = 0;
    do {
      yield index++;
    } while (this.#take(','));
    this.#expect(']');
  }

  /** The string that comes. */
  text(): string {
    if (this.next() !== '"') throw this.malformed('a string is expected');
    return this.parsed() as string;
  }

  /** The value that comes, parsed. Numbers may lose digits. */
  parsed(): unknown {
    const at = this.#from + this.#at;
    const raw = this.raw();
    try {
      return JSON.parse(decoder.decode(raw));
    } catch {
      throw this.malformed('a value is no JSON', at);
    }
  }

  /** The text of the value that comes, as it is. */
  raw(): Uint8Array<ArrayBuffer> {
    const length = this.#scan(false);
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  /** Passes the value that comes. */
  skip(): void {
    const rest = this.#scan(true);
    this.#at += rest;
  }

  /** @throws VtsError InputMalformed when something follows */
  end(): void {
    if (this.next() !== '') throw this.malformed('something follows the document');
  }

  malformed(what: string, byte = this.#from + this.#at): VtsError {
    return new VtsError('InputMalformed', `${this.#source.name} is not the JSON that is expected: ${what}`, {
      file: this.#source.name,
      byte,
    });
  }

  /** Bytes of the value that comes, all of them in memory; those left over, when they need not be kept. */
  #scan(discard: boolean): number {
    if (!'"{['.includes(this.next() || '-')) return this.#scanScalar();
    let end = 0;
    let depth = 0;
    let inString = false;
    do {
      if (discard && end >= CHUNK) {
        this.#at += end;
        end = 0;
      } else if (end > MAX_VALUE) throw this.#tooLarge();
      if (!this.#peek(end + 2) && !this.#peek(end + 1)) throw this.#truncated();
      const byte = this.#bytes[this.#at + end++];
      if (inString) {
        if (byte === BACKSLASH) end++;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
    } while (depth > 0 || inString);
    return end;
  }

  #scanScalar(): number {
    let end = 0;
    while (this.#peek(end + 1) && !DELIMITERS.includes(this.#bytes[this.#at + end])) {
      if (++end > 4096) throw this.malformed('a value has no end');
    }
    if (end > 0) return end;
    throw this.#peek(1) ? this.malformed('a value is missing') : this.#truncated();
  }

  #take(character: string): boolean {
    if (this.next() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (this.#take(character)) return;
    if (this.next() === '') throw this.#truncated();
    throw this.malformed(`"${character}" is expected`);
  }

  /** Whether there are `count` bytes more; they are then in memory. */
  #peek(count: number): boolean {
    if (this.#at + count <= this.#bytes.length) return true;
    const position = this.#from + this.#at;
    const kept = this.#bytes.subarray(this.#at);
    const available = this.#source.size! - position;
    if (available < count) return false;
    const bytes = new Uint8Array(Math.min(available, Math.max(count * 2, CHUNK)));
    bytes.set(kept);
    const read = this.#source.readSync(bytes.subarray(kept.length), position + kept.length);
    this.#bytes = bytes.subarray(0, kept.length + read);
    this.#from = position;
    this.#at = 0;
    return this.#bytes.length >= count;
  }

  #truncated(): VtsError {
    return new VtsError('InputTruncated', `${this.#source.name} ends too early`, {
      file: this.#source.name,
      byte: this.#from + this.#bytes.length,
    });
  }

  #tooLarge(): VtsError {
    return new VtsError('MemoryLimit', `${this.#source.name} has a value of more than ${MAX_VALUE} bytes`, {
      file: this.#source.name,
      byte: this.#from + this.#at,
    });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What ends a number or a word: space, comma, colon, brackets. */
const DELIMITERS = [0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x3a, 0x5d, 0x7d, 0x5b, 0x7b, 0x22];
