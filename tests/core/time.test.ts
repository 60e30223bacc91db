import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatDate, formatTimestamp, parseTimestamp } from '../../src/core/time.ts';

test('formatTimestamp() gives RFC 3339 in UTC without trailing zeros', () => {
  expect(formatTimestamp(0n)).toBe('1970-01-01T00:00:00Z');
  expect(formatTimestamp(-1n)).toBe('1969-12-31T23:59:59.999999Z');
  expect(formatTimestamp(1_500_000n)).toBe('1970-01-01T00:00:01.5Z');
  expect(formatTimestamp(-62135596800000000n)).toBe('0001-01-01T00:00:00Z');
  expect(formatTimestamp(253402300799999999n)).toBe('9999-12-31T23:59:59.999999Z');
  expect(formatTimestamp(253402300800000000n)).toBeUndefined();
});

test('parseTimestamp() takes offsets and refuses what is no time', () => {
  expect(parseTimestamp('1970-01-01T01:00:00+01:00')).toBe(0n);
  expect(parseTimestamp('1969-12-31 20:30:00.250-03:30')).toBe(250_000n);
  expect(parseTimestamp('2024-02-29T00:00:00Z')).toBe(1709164800000000n);
  expect(parseTimestamp('0099-01-01T00:00:00Z')).toBe(-59042995200000000n);
  for (
    const text of ['2023-02-29T00:00:00Z', '2024-01-01', '2024-01-01T24:00:00Z', '2024-01-01T00:00:00', 'now']
  ) {
    expect(parseTimestamp(text)).toBeUndefined();
  }
  expect(parseTimestamp('2024-01-01T00:00:00.1234567Z')).toBeUndefined();
  expect(parseTimestamp('2024-01-01T00:00:00.123456000Z')).toBe(1704067200123456n);
});

test('every time of the years 1 to 9999 comes back', () => {
  fc.assert(fc.property(fc.bigInt(-62135596800000000n, 253402300799999999n), (micros) => {
    expect(parseTimestamp(formatTimestamp(micros)!)).toBe(micros);
  }));
});

test('formatDate() counts days', () => {
  expect(formatDate(0)).toBe('1970-01-01');
  expect(formatDate(-1)).toBe('1969-12-31');
  expect(formatDate(19782)).toBe('2024-02-29');
});
