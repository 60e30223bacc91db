/** The values behind handles: those that lie in the file are read there. */
import { decodeUtf8 } from '../../../../core/values.ts';
import { VtsError } from '../../../../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { type Handle, intOf, payloadOf, TAG, tagOf } from './handle.ts';
import { OP } from './opcodes.ts';

/** The most bytes of one text. */
const MAX_TEXT = 1 << 28;
/** The most bytes of an integer: 2,500 digits. */
const MAX_LONG = 1024;
/** Texts that are compared with names: keys, mostly the same ones. */
const MAX_NAME = 128;
const MAX_CACHED = 4096;

/** Reads the values of one pickle. */
export class Values {
  readonly #reader: ByteReader;
  readonly #names = new Map<Handle, string>();

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  /** The bytes of a text or of bytes, valid until the next value is read. @throws VtsError MemoryLimit */
  bytesOf(value: Handle): Uint8Array<ArrayBuffer> {
    const [position, length] = this.#extent(value);
    if (length <= MAX_TEXT) return this.#reader.at(position, length);
    throw new VtsError('MemoryLimit', `A text in the pickle has ${length} bytes`, {
      file: this.#reader.source.name,
      byte: position,
      expected: `at most ${MAX_TEXT}`,
    });
  }

  /** A text that is short enough to be a name; `undefined` for all else. */
  nameOf(value: Handle): string | undefined {
    if (tagOf(value) !== TAG.text) return undefined;
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const [position, length] = this.#extent(value);
    if (length > MAX_NAME) return undefined;
    const name = decodeUtf8(this.#reader.at(position, length));
    if (name !== undefined && this.#names.size < MAX_CACHED) this.#names.set(value, name);
    return name;
  }

  /** The whole text. @throws VtsError InputMalformed for half a surrogate pair, which UTF-8 cannot hold */
  textOf(value: Handle): string {
    const text = decodeUtf8(this.bytesOf(value));
    if (text !== undefined) return text;
    throw this.#reader.malformed('A text in the pickle holds half a surrogate pair', payloadOf(value));
  }

  /** An integer; `undefined` for all else. */
  integerOf(value: Handle): bigint | undefined {
    if (tagOf(value) === TAG.int) return BigInt(intOf(value));
    if (tagOf(value) !== TAG.long) return undefined;
    const [position, length] = this.#extent(value);
    if (length > MAX_LONG) throw this.#reader.malformed(`An integer has ${length} bytes`, position);
    let integer = 0n;
    const bytes = this.#reader.at(position, length);
    for (let i = length - 1; i >= 0; i--) integer = integer << 8n | BigInt(bytes[i]);
    return BigInt.asIntN(length * 8, integer);
  }

  /** A number in floating point. */
  floatOf(value: Handle): number {
    const bytes = this.#reader.at(payloadOf(value), 8);
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, false);
  }

  /** Where the contents behind an opcode with a length are. */
  #extent(value: Handle): readonly [position: number, length: number] {
    const position = payloadOf(value);
    const head = this.#reader.at(position, 9);
    switch (head[0]) {
      case OP.SHORT_BINUNICODE:
      case OP.SHORT_BINBYTES:
      case OP.LONG1:
        return [position + 2, head[1]];
      case OP.BINUNICODE:
      case OP.BINBYTES:
      case OP.LONG4:
        return [position + 5, u32(head, 1)];
      default:
        return [position + 9, u32(head, 1) + u32(head, 5) * 2 ** 32];
    }
  }
}

function u32(bytes: Uint8Array, at: number): number {
  return bytes[at] + bytes[at + 1] * 2 ** 8 + bytes[at + 2] * 2 ** 16 + bytes[at + 3] * 2 ** 24;
}
