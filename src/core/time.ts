/** Timestamptz values as text: RFC 3339 with microseconds (https://www.rfc-editor.org/rfc/rfc3339). */

const MICROS_PER_DAY = 86_400_000_000n;
/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what RFC 3339 can say, less the year 0. */
const FIRST = -62_135_596_800_000_000n;
const LAST = 253_402_300_799_999_999n;

/** What messages expect of a time. */
export const TIME_RULE =
  'an RFC 3339 time such as "2024-05-01T12:30:00.123456Z" or "2024-05-01T14:30:00+02:00"';

/** `micros` since 1970 in UTC, `2024-05-01T12:00:00.5Z`, without trailing zeros; `undefined` outside the years 1 to 9999. */
export function formatTimestamp(micros: bigint): string | undefined {
  if (micros < FIRST || micros > LAST) return undefined;
  const millis = Number((micros - floorMod(micros, 1000n)) / 1000n);
  const fraction = Number(floorMod(micros, 1_000_000n));
  const date = new Date(millis).toISOString();
  const seconds = date.slice(date.length === 24 ? 0 : 3, -5).padStart(19, '0');
  return fraction === 0
    ? `${seconds}Z`
    : `${seconds}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}Z`;
}

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,18}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** Microseconds since 1970 of an RFC 3339 time with an offset; `undefined` when `text` is none or says more than microseconds. */
export function parseTimestamp(text: string): bigint | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  if (year === 0 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) {
    return undefined;
  }
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCDate() !== day) return undefined;
  const offset = offsetMinutes(match[8]);
  const fraction = (match[7] ?? '').padEnd(6, '0');
  if (offset === undefined || /[1-9]/.test(fraction.slice(6))) return undefined;
  const seconds = BigInt(hour * 3600 + minute * 60 + second - offset * 60);
  const micros = BigInt(date.getTime()) * 1000n + seconds * 1_000_000n +
    BigInt(fraction.slice(0, 6));
  return micros < FIRST || micros > LAST ? undefined : micros;
}

function offsetMinutes(text: string): number | undefined {
  if (text.length === 1) return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (text[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

function floorMod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Days since 1970 as `YYYY-MM-DD`; `undefined` outside the years 1 to 9999. */
export function formatDate(days: number): string | undefined {
  return formatTimestamp(BigInt(days) * MICROS_PER_DAY)?.slice(0, 10);
}
