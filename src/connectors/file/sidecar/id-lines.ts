/** Lines of a text file, one id each. */
import { decodeUtf8 } from '../../../core/values.ts';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';

/** The longest id that is read. */
const MAX_LINE = 1 << 16;

/** The lines of `source` without their ends; each is valid only until the next one. @throws VtsError InputMalformed */
export async function* idLines(source: ByteSource): AsyncGenerator<Uint8Array> {
  let rest = new Uint8Array(0);
  let line = 0;
  for await (const chunk of source.stream()) {
    let start = line === 0 && rest.length === 0 ? markLength(chunk) : 0;
    for (let end = chunk.indexOf(LINE_FEED, start); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const piece = chunk.subarray(start, end);
      yield checked(source, rest.length === 0 ? piece : join(rest, piece), ++line);
      rest = new Uint8Array(0);
      start = end + 1;
    }
    rest = join(rest, chunk.subarray(start));
    if (rest.length > MAX_LINE) throw invalid(source, line + 1, `has more than ${MAX_LINE} bytes`);
  }
  if (rest.length > 0) yield checked(source, rest, line + 1);
}

const LINE_FEED = 0x0a;

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** A byte order mark is no part of the first line. */
function markLength(chunk: Uint8Array): number {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
}

function checked(source: ByteSource, line: Uint8Array, number: number): Uint8Array {
  const text = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  if (text.length === 0) throw invalid(source, number, 'is empty');
  if (text.length > MAX_LINE) throw invalid(source, number, `has more than ${MAX_LINE} bytes`);
  if (decodeUtf8(text) === undefined) throw invalid(source, number, 'is not valid UTF-8');
  return text;
}

function invalid(source: ByteSource, line: number, what: string): VtsError {
  return new VtsError('InputMalformed', `Line ${line} ${what}`, {
    file: source.name,
    line,
    expected: 'one id a line',
  });
}

/** The 64-bit integer that `line` is in its one usual form; `undefined` for any other text (`007`, `+1`, `1.0`). */
export function parseLong(line: Uint8Array): bigint | undefined {
  const negative = line[0] === 0x2d;
  const first = negative ? 1 : 0;
  const digits = line.length - first;
  if (digits < 1 || digits > 19 || (line[first] === 0x30 && line.length > 1)) return undefined;
  let high = 0;
  let low = 0;
  for (let i = first; i < line.length; i++) {
    const digit = line[i] - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    if (digits - (i - first) > 10) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  const value = high === 0 ? BigInt(low) : BigInt(high) * 10_000_000_000n + BigInt(low);
  const signed = negative ? -value : value;
  return BigInt.asIntN(64, signed) === signed ? signed : undefined;
}
