/**
 * Primary keys: their order and how an expression of Milvus says them. The literals here are read alike by Milvus 2.3 and
 * later and by Milvus Lite; `expr_template_values` would need Milvus 2.5.
 */
import { Buffer } from 'node:buffer';

/** An Int64 or a VarChar key. */
export type Key = bigint | string;

/** The kinds that a primary key may have. */
export type KeyKind = 'Int64' | 'VarChar';

export const INT64_MIN = -(2n ** 63n);
export const INT64_MAX = 2n ** 63n - 1n;

/** The keys after `from` (all when absent) up to and including `to` (to the last when absent). */
export interface KeyRange {
  readonly from?: Key;
  readonly to?: Key;
}

/** Negative, 0 or positive, as Milvus orders keys: integers by value, text by its UTF-8 bytes. */
export function compareKeys(a: Key, b: Key): number {
  if (typeof a === 'bigint') return a < (b as bigint) ? -1 : a > (b as bigint) ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
}

/** `key` as JSON text can hold it. */
export function keyText(key: Key): string {
  return String(key);
}

/** The key that {@linkcode keyText} wrote; `undefined` when `text` is none. */
export function parseKey(kind: KeyKind, text: string): Key | undefined {
  if (kind === 'VarChar') return text;
  if (!/^-?\d{1,19}$/.test(text)) return undefined;
  const key = BigInt(text);
  return key < INT64_MIN || key > INT64_MAX ? undefined : key;
}

/** `key` as people read it. */
export function showKey(key: Key): string {
  if (typeof key === 'bigint') return String(key);
  return key.length <= 60 ? JSON.stringify(key) : `${JSON.stringify(key.slice(0, 60))}...`;
}

/** What must be escaped within double quotes. All else, control characters included, every server takes as it is. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** `key` as a literal of an expression. INT64_MIN has none: servers read the digits before the sign. */
export function keyLiteral(key: Key): string {
  if (key === INT64_MIN) throw new TypeError('INT64_MIN has no literal');
  return typeof key === 'bigint' ? String(key) : `"${key.replace(/["\\\n\r\t]/g, (c) => ESCAPES[c])}"`;
}

/** The condition that `field` is within `range`, and `filter` holds, where given; empty when there is nothing to ask. */
export function rangeExpression(field: string, range: KeyRange, filter?: string): string {
  const conditions: string[] = [];
  const { from, to } = range;
  if (from !== undefined) {
    conditions.push(
      from === INT64_MIN ? `${field} >= ${INT64_MIN + 1n}` : `${field} > ${keyLiteral(from)}`,
    );
  }
  if (to !== undefined) {
    conditions.push(to === INT64_MIN ? `${field} < ${INT64_MIN + 1n}` : `${field} <= ${keyLiteral(to)}`);
  }
  if (filter !== undefined) conditions.push(`(${filter})`);
  return conditions.join(' and ');
}

/** The condition that `field` is one of `keys`. */
export function keysExpression(field: string, keys: readonly Key[], filter?: string): string {
  const listed = keys.filter((key) => key !== INT64_MIN).map(keyLiteral);
  const oneOf = `${field} in [${listed.join(', ')}]`;
  const either = listed.length === keys.length ? oneOf : `(${oneOf} or ${field} < ${INT64_MIN + 1n})`;
  return filter === undefined ? either : `${either} and (${filter})`;
}

/** `range` as people read it. */
export function showRange({ from, to }: KeyRange): string {
  if (from === undefined && to === undefined) return 'all keys';
  if (from === undefined) return `keys up to ${showKey(to!)}`;
  return to === undefined
    ? `keys above ${showKey(from)}`
    : `keys above ${showKey(from)} up to ${showKey(to)}`;
}
