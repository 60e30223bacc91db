/** Values that vts has no type for, as exact text: decimals, dates, times, UUIDs. */
import { formatDate, formatTimestamp } from '../../../core/time.ts';
import type { Meaning } from './leaf-type.ts';
import type { LeafValues } from './values.ts';

/** The text of value `i`; `undefined` when it lies outside what text can say. */
export type TextOf = (i: number) => string | undefined;

/** How values of `meaning` become text; `undefined` for those that are text, numbers or binary. */
export function textOf(meaning: Meaning, values: LeafValues): TextOf | undefined {
  const { bytes, width, offsets } = values;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const integer = (i: number): bigint =>
    width === 8 ? view.getBigInt64(i * 8, true) : BigInt(view.getInt32(i * 4, true));
  switch (meaning.kind) {
    case 'date':
      return (i) => formatDate(view.getInt32(i * 4, true));
    case 'time':
      return (i) => timeText(integer(i), meaning.unit);
    case 'timestamp':
      return (i) => instantText(integer(i), meaning.unit, meaning.utc ? 'Z' : '');
    case 'int96':
      return (i) => int96Text(view, i * 12);
    case 'decimal':
      if (width === 4 || width === 8) return (i) => decimalText(integer(i), meaning.scale);
      return (i) => {
        const from = width === 0 ? offsets[i] : i * width;
        const to = width === 0 ? offsets[i + 1] : from + width;
        return decimalText(bigEndian(bytes.subarray(from, to)), meaning.scale);
      };
    case 'nothing':
      return () => undefined;
    case 'uuid':
      return (i) => uuidText(bytes.subarray(i * 16, i * 16 + 16));
    case 'interval':
      return (i) => intervalText(view, i * 12);
  }
  return undefined;
}

function instantText(ticks: bigint, unit: number, zone: string): string | undefined {
  const perSecond = BigInt(unit);
  const fraction = (ticks % perSecond + perSecond) % perSecond;
  const second = formatTimestamp((ticks - fraction) / perSecond * 1_000_000n);
  return second && second.slice(0, -1) + fractionText(fraction, unit) + zone;
}

function timeText(ticks: bigint, unit: number): string | undefined {
  const perSecond = BigInt(unit);
  if (ticks < 0n || ticks >= 86_400n * perSecond) return undefined;
  const seconds = Number(ticks / perSecond);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':') + fractionText(ticks % perSecond, unit);
}

function fractionText(fraction: bigint, unit: number): string {
  if (fraction === 0n) return '';
  return `.${String(fraction).padStart(String(unit).length - 1, '0').replace(/0+$/, '')}`;
}

/** Nanoseconds of the day, then the Julian day. */
function int96Text(view: DataView, at: number): string | undefined {
  const nanos = view.getBigInt64(at, true);
  const days = BigInt(view.getInt32(at + 8, true)) - 2_440_588n;
  return instantText(days * 86_400_000_000_000n + nanos, 1e9, '');
}

function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A two's complement integer, the highest byte first. */
function bigEndian(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const value = BigInt(`0x${hex(bytes)}`);
  return bytes[0] >= 0x80 ? value - (1n << BigInt(8 * bytes.length)) : value;
}

function uuidText(bytes: Uint8Array): string {
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Months, days and milliseconds, unsigned. */
function intervalText(view: DataView, at: number): string {
  const [months, days, millis] = [0, 4, 8].map((offset) => view.getUint32(at + offset, true));
  const seconds = `${Math.floor(millis / 1000)}${fractionText(BigInt(millis % 1000), 1000)}`;
  return `P${months}M${days}DT${seconds}S`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
