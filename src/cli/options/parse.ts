/** How the values of flags are written. Each parser refuses what it does not understand. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Metric, METRICS } from '../../core/schema.ts';
import type { Rate } from '../../core/throttle.ts';

/** `a,b` as a list; a comma inside a name is written `\,`. */
export function list(text: string): string[] {
  const items = text.split(/(?<!\\),/).map((item) => item.replaceAll('\\,', ',').trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('A name is empty.');
  return items;
}

/** {@linkcode list} over repeated flags. */
export function lists(text: string, before: readonly string[] = []): string[] {
  return [...before, ...list(text)];
}

/** Collects `KEY<separator>VALUE` over repeated flags; values may be comma-separated lists of pairs too. */
export function pairs(
  separator: string,
): (text: string, before?: Record<string, string>) => Record<string, string> {
  return (text, before = {}) => {
    const found = { ...before };
    for (const item of list(text)) {
      const at = item.lastIndexOf(separator);
      if (at <= 0 || at === item.length - 1) {
        throw new InvalidArgumentError(`Write NAME${separator}VALUE, not "${item}".`);
      }
      found[item.slice(0, at)] = item.slice(at + 1);
    }
    return found;
  };
}

/** A whole number, 0 or more. */
export function count(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError('Write a whole number, 0 or more.');
  }
  return Number(text);
}

/** A whole number from 1 to `most`. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= 1 && value <= most)) {
      throw new InvalidArgumentError(`Write a whole number from 1 to ${most}.`);
    }
    return value;
  };
}

/** One slice of several: `3/10`. */
export function slice(text: string): { slice: number; of: number } {
  const [, slice, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (slice === undefined || Number(slice) < 1 || Number(slice) > Number(of)) {
    throw new InvalidArgumentError('Write a slice of several: 3/10 for the third of ten.');
  }
  return { slice: Number(slice), of: Number(of) };
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
};

/** Bytes: `8MiB`, `64MB`, `1048576`. */
export function bytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?)?b?$/i.exec(text.trim());
  const value = match === null ? NaN : Number(match[1]) * UNITS[(match[2] ?? '').toLowerCase()];
  if (!(value >= 1)) throw new InvalidArgumentError('Write a size such as 8MiB, 64MB or 1048576.');
  return Math.floor(value);
}

/** `5000`, `5000rows/s`, `20MB/s`, `20MiB/s`; both kinds separated by a comma. */
export function rate(text: string): Rate {
  const found: { rows?: number; bytes?: number } = {};
  for (const item of text.split(',').map((part) => part.trim())) {
    const rows = /^(\d+(?:\.\d+)?)\s*([kmg])?\s*(?:rows?)?(?:\/s)?$/i.exec(item);
    const size = /^(\d.*b)(?:\/s)?$/i.exec(item);
    if (rows !== null) found.rows = Number(rows[1]) * UNITS[(rows[2] ?? '').toLowerCase()];
    else if (size !== null) found.bytes = bytes(size[1]);
    if ((rows === null && size === null) || found.rows === 0) {
      throw new InvalidArgumentError('Write rows or bytes a second: 5000rows/s, 20MB/s, 20MiB/s.');
    }
  }
  return found;
}

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds: `90s`, `10m`, `1h30m`, `500ms`; a bare number counts seconds. */
export function duration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw new InvalidArgumentError('Write a time such as 30s, 10m or 1h30m.');
  }
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * TIME_UNITS[unit], 0);
}

/** A metric by its name, in any case. */
export function metric(text: string): Metric {
  return oneOf(METRICS)(text);
}

/** One of `choices`, in any case. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError(`Choose one of ${choices.join(', ')}.`);
    return found;
  };
}
