/**
 * A walk over Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md)
 * that allocates nothing. hyparquet's parser trusts counts and depths, so what it is handed has passed here before.
 */

/** Deeper than any structure of Parquet. */
const DEEPEST = 32;
/** Bytes of a 64-bit varint at most. */
const LONGEST_VARINT = 10;

/** Where the struct at the front of `bytes` ends; `undefined` when it does not end within `bytes`, or breaks the rules. */
export function thriftEnd(bytes: Uint8Array): number | undefined {
  let at = 0;

  /** The next number; Infinity when it does not end. */
  function varint(): number {
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT && at < bytes.length; i++) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    return Infinity;
  }

  function skip(count: number): boolean {
    at += count;
    return at <= bytes.length;
  }

  function skipList(depth: number): boolean {
    if (!skip(1)) return false;
    const head = bytes[at - 1];
    const count = head >>> 4 === 15 ? varint() : head >>> 4;
    // Each element takes a byte at least.
    if (count > bytes.length - at) return false;
    if ((head & 15) <= 2) return skip(count);
    for (let i = 0; i < count; i++) if (!skipValue(head & 15, depth)) return false;
    return true;
  }

  function skipValue(type: number, depth: number): boolean {
    if (depth > DEEPEST) return false;
    switch (type) {
      case 1: // true and false have no bytes of their own
      case 2:
        return true;
      case 3:
        return skip(1);
      case 4:
      case 5:
      case 6:
        return varint() < Infinity;
      case 7:
        return skip(8);
      case 8:
        return skip(varint());
      case 9:
        return skipList(depth + 1);
      case 12:
        return skipStruct(depth + 1);
      default:
        return false;
    }
  }

  function skipStruct(depth: number): boolean {
    while (skip(1)) {
      const head = bytes[at - 1];
      if ((head & 15) === 0) return true;
      if (head >>> 4 === 0 && varint() === Infinity) return false;
      if (!skipValue(head & 15, depth)) return false;
    }
    return false;
  }

  return skipStruct(0) ? at : undefined;
}
