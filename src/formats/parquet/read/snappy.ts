/** Snappy blocks (https://github.com/google/snappy/blob/main/format_description.txt). */
import { copyWithin, endsEarly, tooLong } from './block-copy.ts';

/** Unpacks `input` into all of `target`. @throws VtsError InputMalformed */
export function unpackSnappy(input: Uint8Array, target: Uint8Array): void {
  let at = 0;
  let length = 0;
  for (let shift = 0;; shift += 7) {
    if (at >= input.length || shift > 28) throw endsEarly('snappy');
    const byte = input[at++];
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length !== target.length) throw tooLong('snappy', length, target.length);
  let out = 0;
  while (at < input.length) {
    const tag = input[at++];
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >>> 2) + 1;
      if (count > 60) {
        const bytes = count - 60;
        count = 1;
        for (let i = 0; i < bytes; i++) count += input[at + i] * 2 ** (8 * i);
        at += bytes;
      }
      if (!(at + count <= input.length)) throw endsEarly('snappy');
      if (out + count > target.length) throw tooLong('snappy', out + count, target.length);
      if (count <= 16) { for (let i = 0; i < count; i++) target[out + i] = input[at + i]; }
      else target.set(input.subarray(at, at + count), out);
      at += count;
      out += count;
    } else {
      let count = (tag >>> 2) + 1;
      let distance: number;
      if (kind === 1) {
        count = (tag >>> 2 & 7) + 4;
        distance = (tag >>> 5) << 8 | input[at];
        at += 1;
      } else if (kind === 2) {
        distance = input[at] | input[at + 1] << 8;
        at += 2;
      } else {
        distance = (input[at] | input[at + 1] << 8 | input[at + 2] << 16 | input[at + 3] << 24) >>> 0;
        at += 4;
      }
      if (at > input.length) throw endsEarly('snappy');
      copyWithin('snappy', target, out, distance, count);
      out += count;
    }
  }
  if (out !== target.length) throw endsEarly('snappy');
}
