/**
 * Protocol Buffers on the wire (https://protobuf.dev/programming-guides/encoding/), reading side.
 *
 * A reader walks the fields of one message and gives the place of each value; values are not decoded, so unknown fields cost
 * nothing. As protobuf wants it, what occurs twice is merged: callers collect the {@linkcode Spans} of all occurrences.
 */
import { VtsError } from '../../../errors.ts';
import { decodeUtf8 } from '../../../core/values.ts';

/** Bytes of a reply. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Places in a reply: start, end, start, end, ... A value of a repeated number is a span, and so is a packed run of them. */
export type Spans = number[];

/** Wire types. */
export const VARINT = 0;
export const FIXED64 = 1;
export const DELIMITED = 2;
export const FIXED32 = 5;

/** The error for bytes that are no such message; `byte` counts from the start of the reply. */
export function malformed(what: string, byte?: number): VtsError {
  return new VtsError('InputMalformed', `the server's reply cannot be understood: ${what}`, { byte });
}

/** `bytes` as a plain array over the same memory (a Buffer's `slice` does not copy). */
export function plainBytes(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** Walks the fields of a message: `while (reader.next()) switch (reader.field) ...` */
export class ProtoReader {
  readonly bytes: Bytes;
  /** Number and wire type of the field at hand. */
  field = 0;
  wire = 0;
  /** Where it begins. */
  tag = 0;
  /** Where its value lies; of a delimited one the content. */
  start = 0;
  end = 0;
  #first = 0;
  #limit = 0;

  /** Reads `bytes` from `start` to `end`, the message without its length. */
  constructor(bytes: Bytes, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.reset(start, end);
  }

  /** Starts anew with the message from `start` to `end`. */
  reset(start: number, end: number): void {
    this.#first = this.end = start;
    this.#limit = end;
  }

  /** Goes back before the first field. */
  rewind(): void {
    this.end = this.#first;
  }

  /** Goes to the next field; false at the end of the message. */
  next(): boolean {
    const { bytes } = this;
    let at = this.end;
    if (at >= this.#limit) return false;
    this.tag = at;
    let tag = bytes[at++];
    if (tag > 0x7f) [tag, at] = this.#uint32(at - 1);
    this.field = tag >>> 3;
    this.wire = tag & 7;
    if (this.field === 0) throw malformed('a field has the number 0', at - 1);
    this.start = at;
    switch (this.wire) {
      case VARINT:
        this.end = this.#varintEnd(at);
        break;
      case DELIMITED: {
        let length = at < this.#limit ? bytes[at++] : 0x80;
        if (length > 0x7f) [length, at] = this.#uint32(this.start);
        this.start = at;
        this.end = at + length;
        break;
      }
      case FIXED64:
        this.end = at + 8;
        break;
      case FIXED32:
        this.end = at + 4;
        break;
      default:
        throw malformed(`field ${this.field} has wire type ${this.wire}`, at - 1);
    }
    if (this.end > this.#limit) {
      throw malformed(`field ${this.field} reaches past the end of its message`, this.start);
    }
    return true;
  }

  /** Adds the place of a delimited value (a message, a text) to `spans`. */
  span(spans: Spans): void {
    this.expectDelimited();
    spans.push(this.start, this.end);
  }

  /** Adds the place of values of a repeated number to `spans`: one, or a packed run. */
  packed(spans: Spans, wire: number): void {
    if (this.wire !== DELIMITED) this.#expect(wire);
    if (this.end > this.start) spans.push(this.start, this.end);
  }

  /** The delimited value at hand as a message of its own. */
  message(): ProtoReader {
    this.expectDelimited();
    return new ProtoReader(this.bytes, this.start, this.end);
  }

  /** The bytes of the delimited value at hand, shared. */
  raw(): Bytes {
    this.expectDelimited();
    return this.bytes.subarray(this.start, this.end);
  }

  /** The text at hand. */
  text(): string {
    const text = decodeUtf8(this.raw());
    if (text === undefined) throw malformed('a text is not valid UTF-8', this.start);
    return text;
  }

  /** The number at hand, as int32 reads it: enums, counts, flags. */
  int32(): number {
    return Number(BigInt.asIntN(32, this.int64()));
  }

  /** The flag at hand. */
  bool(): boolean {
    return this.int64() !== 0n;
  }

  /** The number at hand as int64. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** The number at hand as uint64. */
  uint64(): bigint {
    this.#expect(VARINT);
    let value = 0n;
    for (let at = this.end - 1; at >= this.start; at--) value = value << 7n | BigInt(this.bytes[at] & 0x7f);
    return BigInt.asUintN(64, value);
  }

  /** Fails unless the number at hand is one of `size` bytes, 4 or 8. */
  fixed(size: 4 | 8): void {
    this.#expect(size === 4 ? FIXED32 : FIXED64);
  }

  /** Fails unless the field at hand is a message, a text or a packed run. */
  expectDelimited(): void {
    this.#expect(DELIMITED);
  }

  #expect(wire: number): void {
    if (this.wire !== wire) {
      throw malformed(`field ${this.field} has wire type ${this.wire}, not ${wire}`, this.start);
    }
  }

  #varintEnd(start: number): number {
    const last = Math.min(start + 10, this.#limit);
    for (let at = start; at < last; at++) if (this.bytes[at] < 0x80) return at + 1;
    throw malformed('a number has no end', start);
  }

  /** A tag or a length from `at` on, and where it ends. */
  #uint32(at: number): [number, number] {
    const end = this.#varintEnd(at);
    let value = 0;
    for (let i = end - 1; i >= at; i--) value = value * 128 + (this.bytes[i] & 0x7f);
    if (value > 0xffffffff) throw malformed('a tag or a length is larger than 2^32', at);
    return [value, end];
  }
}
