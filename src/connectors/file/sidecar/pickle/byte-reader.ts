/** The bytes of a pickle from front to back, through a window; earlier ones can be had again. */
import { VtsError } from '../../../../errors.ts';
import type { ByteSource } from '../../../../stores/bytes.ts';

const WINDOW = 1 << 20;
const PAGE = 1 << 14;

/** Reads fields one after the other. */
export class ByteReader {
  readonly source: ByteSource;
  readonly size: number;
  #position = 0;
  #window = new Uint8Array(0);
  #view = new DataView(this.#window.buffer);
  #from = 0;
  /** Where in the window the field at hand is. */
  #place = 0;
  /** Some bytes elsewhere: what is asked for again is often near what was asked for before. */
  #page = new Uint8Array(0);
  #pageFrom = 0;

  constructor(source: ByteSource) {
    if (source.size === undefined) throw new TypeError('Cannot read a pickle from a stream');
    this.source = source;
    this.size = source.size;
  }

  /** Byte offset of the next field. */
  get position(): number {
    return this.#position;
  }

  get remaining(): number {
    return this.size - this.#position;
  }

  u8(): number {
    return this.#read(1).getUint8(this.#place);
  }

  u16(): number {
    return this.#read(2).getUint16(this.#place, true);
  }

  i32(): number {
    return this.#read(4).getInt32(this.#place, true);
  }

  u32(): number {
    return this.#read(4).getUint32(this.#place, true);
  }

  /** A length of 64 bits, which the file must have. */
  length(): number {
    const length = this.#read(8).getBigUint64(this.#place, true);
    if (length > BigInt(this.remaining)) throw this.truncated();
    return Number(length);
  }

  f64(): number {
    return this.#read(8).getFloat64(this.#place, false);
  }

  /** Goes on after `bytes` bytes. */
  skip(bytes: number): void {
    if (bytes > this.remaining) throw this.truncated();
    this.#position += bytes;
  }

  /** The text up to the next line feed, which ends it. */
  line(): string {
    let text = '';
    for (let byte = this.u8(); byte !== 0x0a; byte = this.u8()) {
      text += String.fromCharCode(byte);
      if (text.length > 256) throw this.malformed('A name has no end');
    }
    return text;
  }

  /**
   * Bytes [`position`, `position + length`), which were passed already; of the file's end, as many as there are. They are valid until the next
   * call.
   */
  at(position: number, length: number): Uint8Array<ArrayBuffer> {
    const from = position - this.#from;
    if (from >= 0 && from + length <= this.#window.length) return this.#window.subarray(from, from + length);
    const inPage = position - this.#pageFrom;
    if (inPage >= 0 && inPage + length <= this.#page.length) {
      return this.#page.subarray(inPage, inPage + length);
    }
    const page = new Uint8Array(Math.min(Math.max(length, PAGE), this.size - position));
    const read = this.source.readSync(page, position);
    if (read < Math.min(length, this.size - position)) throw this.truncated();
    if (length > PAGE) return page;
    this.#page = page.subarray(0, read);
    this.#pageFrom = position;
    return this.#page.subarray(0, length);
  }

  malformed(message: string, byte = this.#position): VtsError {
    return new VtsError('InputMalformed', message, { file: this.source.name, byte });
  }

  truncated(): VtsError {
    return new VtsError('InputTruncated', 'The pickle ends too early', {
      file: this.source.name,
      byte: this.#position,
      expected: 'more bytes, up to the opcode STOP',
      remedy: 'copy the file again',
    });
  }

  /** Makes `bytes` bytes ready at {@linkcode #place} of the window, which is returned. */
  #read(bytes: number): DataView {
    if (bytes > this.remaining) throw this.truncated();
    let at = this.#position - this.#from;
    if (at + bytes > this.#window.length) {
      this.#window = new Uint8Array(Math.min(WINDOW, this.remaining));
      this.#view = new DataView(this.#window.buffer);
      this.#from = this.#position;
      if (this.source.readSync(this.#window, this.#position) < bytes) throw this.truncated();
      at = 0;
    }
    this.#position += bytes;
    this.#place = at;
    return this.#view;
  }
}
