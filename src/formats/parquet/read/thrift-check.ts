/**
 * A walk over Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md)
 * that allocates nothing. hyparquet's parser trusts counts and depths, so what it is handed has passed here before.
 */

/** Deeper than any structure of Parquet. */
const DEEPEST = 32;
/** Bytes of a 64-bit varint at most. */
const LONGEST_VARINT = 10;

/** Where the struct that begins at `start` ends. @throws RangeError when it does not end within `bytes`, or breaks the rules */
export function thriftEnd(bytes: Uint8Array, start: number): number {
  let at = start;

  function varint(): number {
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      if (at >= bytes.length) break;
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number does not end');
  }

  function skip(count: number): void {
    if (!(count <= bytes.length - at)) throw new RangeError(`${count} bytes are not there`);
    at += count;
  }

  function list(depth: number): void {
    skip(1);
    const head = bytes[at - 1];
    const count = head >>> 4 === 15 ? varint() : head >>> 4;
    // Each element takes a byte at least.
    if (count > bytes.length - at) throw new RangeError(`a list of ${count} elements`);
    for (let i = 0; i < count; i++) {
      if ((head & 15) <= 2) skip(1);
      else value(head & 15, depth);
    }
  }

  function value(type: number, depth: number): void {
    if (depth > DEEPEST) throw new RangeError('structures are nested too deep');
    switch (type) {
      case 1: // true and false have no bytes of their own
      case 2:
        return;
      case 3:
        return skip(1);
      case 4:
      case 5:
      case 6:
        varint();
        return;
      case 7:
        return skip(8);
      case 8:
        return skip(varint());
      case 9:
        return list(depth + 1);
      case 12:
        return struct(depth + 1);
      default:
        throw new RangeError(`a value of type ${type}`);
    }
  }

  function struct(depth: number): void {
    for (;;) {
      skip(1);
      const head = bytes[at - 1];
      if ((head & 15) === 0) return;
      if (head >>> 4 === 0) varint();
      value(head & 15, depth);
    }
  }

  struct(0);
  return at;
}
