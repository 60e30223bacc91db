/**
 * Protocol Buffers on the wire, writing side. A message is made of parts that know their size, so that a request is
 * written once, into one buffer of the right length, whatever is nested in it.
 */
import { varintBytes, writeVarint } from './varint.ts';
import { DELIMITED, VARINT } from './wire.ts';

/** Some bytes of a message. */
export interface Part {
  readonly size: number;
  /** Writes the part into `out` from `at` on; returns where it ends. */
  write(out: Uint8Array, at: number): number;
}

const encoder = new TextEncoder();
/** No bytes. */
export const NOTHING: Part = { size: 0, write: (_, at) => at };

/** The bytes of a message made of `parts`. */
export function encodeMessage(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const all = group(parts);
  const out = new Uint8Array(all.size);
  const end = all.write(out, 0);
  if (end !== all.size) throw new TypeError(`a message of ${all.size} bytes took ${end}`);
  return out;
}

/** `parts`, one after the other. */
export function group(parts: readonly Part[]): Part {
  return {
    size: parts.reduce((sum, part) => sum + part.size, 0),
    write: (out, at) => parts.reduce((end, part) => part.write(out, end), at),
  };
}

/** `bytes` as they are. */
export function rawPart(bytes: Uint8Array): Part {
  return {
    size: bytes.length,
    write(out, at) {
      out.set(bytes, at);
      return at + bytes.length;
    },
  };
}

/** A delimited field: a message, a packed run, a text. */
export function delimited(field: number, ...parts: readonly Part[]): Part {
  const content = group(parts);
  return {
    size: delimitedBytes(field, content.size),
    write: (out, at) => content.write(out, writeDelimiter(out, at, field, content.size)),
  };
}

/** Bytes of a delimited field with `length` bytes of content. */
export function delimitedBytes(field: number, length: number): number {
  return varintBytes(field << 3, 0) + varintBytes(length, 0) + length;
}

/** Writes what stands before the content of a delimited field; returns where the content begins. */
export function writeDelimiter(out: Uint8Array, at: number, field: number, length: number): number {
  return writeVarint(out, writeVarint(out, at, field << 3 | DELIMITED, 0), length, 0);
}

/** A number, also when it is 0 (in a oneof, say); negative ones as 64-bit two's complement. */
export function varintField(field: number, value: bigint | number): Part {
  const bits = BigInt.asUintN(64, BigInt(value));
  const low = Number(bits & 0xffffffffn) | 0;
  const high = Number(bits >> 32n) | 0;
  const tag = field << 3 | VARINT;
  return {
    size: varintBytes(tag, 0) + varintBytes(low, high),
    write: (out, at) => writeVarint(out, writeVarint(out, at, tag, 0), low, high),
  };
}

/** A number; 0 is left out, as protobuf does. */
export function uintField(field: number, value: bigint | number): Part {
  return BigInt(value) === 0n ? NOTHING : varintField(field, value);
}

/** A flag; false is left out. */
export function boolField(field: number, value: boolean): Part {
  return value ? varintField(field, 1) : NOTHING;
}

/** A text; the empty one is left out. */
export function stringField(field: number, text: string): Part {
  return text === '' ? NOTHING : delimited(field, rawPart(encoder.encode(text)));
}

/** A repeated text. */
export function stringFields(field: number, texts: readonly string[]): Part {
  return group(texts.map((text) => delimited(field, rawPart(encoder.encode(text)))));
}

/** Repeated KeyValuePairs. */
export function pairFields(field: number, pairs: Readonly<Record<string, string>>): Part {
  return group(
    Object.entries(pairs).map(([key, value]) => delimited(field, stringField(1, key), stringField(2, value))),
  );
}
