/** BYTE_STREAM_SPLIT: first the first bytes of all values, then all second bytes, and so on. */
import { fixedSource, tooFewValues, type ValueSource } from './value-source.ts';

/** Values of `width` bytes, one stream for each byte. */
export function byteStreamSplitSource(bytes: Uint8Array, width: number): ValueSource {
  const total = Math.floor(bytes.length / width);
  let from = 0;
  return fixedSource((target, at, count) => {
    if (from + count > total) throw tooFewValues();
    const streams = Array.from(
      { length: width },
      (_, b) => bytes.subarray(b * total + from, b * total + from + count),
    );
    if (width === 4 && (target.byteOffset + at) % 4 === 0) {
      joinFour(streams, new Int32Array(target.buffer, target.byteOffset + at, count));
    } else {
      streams.forEach((stream, b) => {
        for (let i = 0, to = at + b; i < count; i++, to += width) target[to] = stream[i];
      });
    }
    from += count;
  });
}

function joinFour([a, b, c, d]: Uint8Array[], target: Int32Array): void {
  for (let i = 0; i < target.length; i++) target[i] = a[i] | b[i] << 8 | c[i] << 16 | d[i] << 24;
}
