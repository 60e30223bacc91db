/**
 * Values of a pickle as numbers, so that a million of them take 8 MB: what is small is in the number, what is in the file is known by its
 * place there, what is built by its number.
 */

/** A value: 16 times something, and which kind it is. */
export type Handle = number;

/** What a handle's number says, by its lowest digit in base 16. */
export const TAG = {
  /** 0 None, 1 True, 2 False. */
  constant: 0,
  /** The integer: twice it, or for a negative one less than twice its opposite. */
  int: 1,
  /** Where the 8 bytes are. */
  float: 2,
  /** Where the opcode of an integer of many bytes is. */
  long: 3,
  /** Where the opcode of a text is. */
  text: 4,
  /** Where the opcode of bytes is. */
  bytes: 5,
  /** Which of the containers. */
  container: 6,
  /** Which of the known names. */
  global: 7,
} as const;

/** One of {@linkcode TAG}. */
export type Tag = (typeof TAG)[keyof typeof TAG];

export const NONE: Handle = 0;
export const TRUE: Handle = 16;
export const FALSE: Handle = 32;

/** The handle of `payload`, at least 0 and below 2^49. */
export const handle = (tag: Tag, payload: number): Handle => payload * 16 + tag;

/** The handle of a small integer. */
export const intHandle = (value: number): Handle => handle(TAG.int, value < 0 ? -2 * value - 1 : 2 * value);

export const tagOf = (value: Handle): Tag => (value % 16) as Tag;

export const payloadOf = (value: Handle): number => Math.floor(value / 16);

/** The small integer of `value`. */
export function intOf(value: Handle): number {
  const payload = payloadOf(value);
  return payload % 2 === 1 ? -(payload + 1) / 2 : payload / 2;
}
