/** Snappy blocks (https://github.com/google/snappy/blob/main/format_description.txt). */
import { badCopy, endsEarly, tooLong } from './codec-errors.ts';

/** Literals up to this length are copied faster byte by byte than by a call. */
const SHORT = 64;

/** Unpacks `input` into all of `target`. @throws VtsError InputMalformed */
export function unpackSnappy(input: Uint8Array, target: Uint8Array): void {
  const inputEnd = input.length;
  let at = 0;
  let length = 0;
  for (let shift = 0;; shift += 7) {
    if (at >= inputEnd || shift > 28) throw endsEarly('snappy');
    const byte = input[at++];
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (length !== target.length) throw tooLong('snappy', length >>> 0, target.length);
  let out = 0;
  while (at < inputEnd) {
    const tag = input[at++];
    const kind = tag & 3;
    let count = (tag >>> 2) + 1;
    if (kind === 0) {
      if (count > 60) {
        const bytes = count - 60;
        count = 0;
        for (let i = 0; i < bytes; i++) count |= input[at + i] << (8 * i);
        count++;
        at += bytes;
      }
      if (count <= 0 || at + count > inputEnd) throw endsEarly('snappy');
      if (out + count > target.length) throw tooLong('snappy', out + count, target.length);
      if (count > SHORT) {
        target.set(input.subarray(at, at + count), out);
        at += count;
        out += count;
      } else for (const end = out + count; out < end;) target[out++] = input[at++];
      continue;
    }
    let distance: number;
    if (kind === 1) {
      count = (tag >>> 2 & 7) + 4;
      distance = (tag >>> 5) << 8 | input[at];
      at += 1;
    } else if (kind === 2) {
      distance = input[at] | input[at + 1] << 8;
      at += 2;
    } else {
      distance = input[at] | input[at + 1] << 8 | input[at + 2] << 16 | input[at + 3] << 24;
      at += 4;
    }
    if (at > inputEnd) throw endsEarly('snappy');
    if (distance <= 0 || distance > out || out + count > target.length) throw badCopy('snappy');
    // Where the two overlap, the copy repeats itself.
    let from = out - distance;
    for (const end = out + count; out < end;) target[out++] = target[from++];
  }
  if (out !== target.length) throw endsEarly('snappy');
}
