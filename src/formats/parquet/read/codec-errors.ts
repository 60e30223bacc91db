/** What the block codecs complain of. */
import { VtsError } from '../../../errors.ts';

/** A copy of bytes unpacked before reaches before the start or past the end. */
export function badCopy(codec: string): VtsError {
  return new VtsError('InputMalformed', `${codec} data copy bytes that are not there`);
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
