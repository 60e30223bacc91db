/** What the block codecs share: copies of bytes that were unpacked before, and complaints. */
import { VtsError } from '../../../errors.ts';

/** Copies `count` bytes of `target` from `distance` before `out` to `out`; where they overlap, the copy repeats itself. */
export function copyWithin(
  codec: string,
  target: Uint8Array,
  out: number,
  distance: number,
  count: number,
): void {
  if (distance === 0 || distance > out) {
    throw new VtsError('InputMalformed', `${codec} data refer to bytes before their start`);
  }
  if (out + count > target.length) throw tooLong(codec, out + count, target.length);
  const from = out - distance;
  if (count > 32 && distance >= count) target.copyWithin(out, from, from + count);
  else for (let i = 0; i < count; i++) target[out + i] = target[from + i];
}

/** The compressed data stop too soon. */
export function endsEarly(codec: string): VtsError {
  return new VtsError('InputMalformed', `${codec} data end early`);
}

/** The compressed data hold more, or other, than the page header says. */
export function tooLong(codec: string, found: number, expected: number): VtsError {
  return new VtsError('InputMalformed', `${codec} data unpack to ${found} bytes`, {
    expected: `${expected}, as the page header says`,
  });
}
