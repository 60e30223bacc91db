/** RFC 3339 times and microseconds since 1970-01-01T00:00:00Z. */

const PATTERN =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,18}))?(?:([Zz])|([+-])(\d\d):(\d\d))$/;

/** What messages expect. */
export const TIME_RULE =
  'an RFC 3339 time such as "2024-05-01T12:30:00.123456Z" or "2024-05-01T14:30:00+02:00"';

/** The microseconds of `text`; `undefined` when it is no RFC 3339 time or finer than a microsecond. */
export function parseTime(text: string): bigint | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const fraction = (match[7] ?? '').padEnd(6, '0');
  const [offsetHour, offsetMinute] = [Number(match[10] ?? 0), Number(match[11] ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!exists || hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) {
    return undefined;
  }
  if (/[1-9]/.test(fraction.slice(6))) return undefined;
  const offset = (offsetHour * 60 + offsetMinute) * (match[9] === '-' ? -60 : 60);
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6));
}

const FIRST = parseTime('0001-01-01T00:00:00Z')!;
const LAST = parseTime('9999-12-31T23:59:59.999999Z')!;

/** `micros` as text; `undefined` outside of the years 1 to 9999. */
export function formatTime(micros: bigint): string | undefined {
  if (micros < FIRST || micros > LAST) return undefined;
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  const digits = fraction === 0n ? '' : `.${fraction.toString().padStart(6, '0')}`;
  return `${date.toISOString().slice(0, 19)}${digits}Z`;
}
