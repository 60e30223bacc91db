/** What a comparison found, for people and for programs. */
import type { Comparison, Difference } from '../core/compare/compare.ts';
import { formatCount, formatSeconds } from './report/format.ts';
import type { Inspection } from './report/report.ts';

/** A comparison and what was compared. */
export interface ComparedPair extends Comparison {
  readonly a: string;
  readonly b: string;
  readonly missing?: undefined;
  readonly seconds: number;
  /** Some of the differences. */
  readonly shown: readonly Difference[];
}

/** A comparison; or a collection that one side lacks, of which the name is that of the whole end. */
export type NamedComparison = ComparedPair | {
  readonly a: string;
  readonly b: string;
  readonly missing: 'A' | 'B';
};

const MARKS = { onlyA: '-', onlyB: '+', differ: '*' } as const;

/** Whether nothing differs. */
export function isEqual(one: NamedComparison): boolean {
  return one.missing === undefined && one.onlyA + one.onlyB + one.differ + one.schema.length === 0;
}

/** `= 199990 equal  - 3 only in A  + 5 only in B  * 2 differ (field year)`. */
export function comparisonText(one: NamedComparison): string {
  if (one.missing !== undefined) {
    return one.missing === 'A' ? `${one.b}, which is not in ${one.a}` : `no such collection in ${one.b}`;
  }
  const parts = [
    `= ${one.equal} equal`,
    `- ${one.onlyA} only in A`,
    `+ ${one.onlyB} only in B`,
    `* ${one.differ} differ${fieldsText(one.fields)}`,
  ];
  if (one.schema.length > 0) parts.push(`! ${one.schema.map(({ field }) => field).join(', ')} not compared`);
  return parts.join('  ');
}

function fieldsText(fields: Readonly<Record<string, number>>): string {
  const names = Object.keys(fields);
  if (names.length === 0) return '';
  if (names.length === 1) return ` (field ${names[0]})`;
  return ` (fields ${names.map((name) => `${name} ${fields[name]}`).join(', ')})`;
}

/** The result of a comparison. */
export function describeComparison(one: NamedComparison): Inspection {
  return { json: () => jsonOf(one), text: () => textOf(one) };
}

function textOf(one: NamedComparison): string {
  const head = `A ${one.a}\nB ${one.b}`;
  if (one.missing !== undefined) return `${head}\n! there is no such collection in ${one.missing}`;
  const { shown, rowsA, rowsB, schema, seconds } = one;
  const all = one.onlyA + one.onlyB + one.differ;
  return [
    `A ${one.a}: ${formatCount(rowsA)} rows`,
    `B ${one.b}: ${formatCount(rowsB)} rows`,
    ...schema.map(({ field, a, b }) =>
      `! "${field}" is not compared: ${a ?? 'absent'} in A, ${b ?? 'absent'} in B${
        a !== undefined && b !== undefined ? ` (--cast ${field}:TYPE compares both as TYPE)` : ''
      }`
    ),
    ...shown.map(({ kind, key, fields }) =>
      `${MARKS[kind]} ${keyText(key)}${fields === undefined ? '' : ` (${fields.join(', ')})`}`
    ),
    ...(all > shown.length ? [`... and ${formatCount(all - shown.length)} more`] : []),
    `${comparisonText(one)}  in ${formatSeconds(seconds)}`,
  ].join('\n');
}

function jsonOf(one: NamedComparison): string {
  if (one.missing !== undefined) {
    const { a, b, missing } = one;
    return JSON.stringify({ type: 'comparison', a: { name: a }, b: { name: b }, missing });
  }
  const { a, b, rowsA, rowsB, shown, missing: _, notes: _notes, ...rest } = one;
  const facts = JSON.stringify({
    type: 'comparison',
    a: { name: a, rows: rowsA },
    b: { name: b, rows: rowsB },
    ...rest,
  });
  return `${facts.slice(0, -1)},"differences":[${shown.map((difference) => differenceJson(difference))}]}`;
}

/** A difference as a line of JSON; integers with all their digits. */
export function differenceJson({ kind, key, fields }: Difference, of?: string): string {
  const named = fields === undefined ? '' : `,"fields":${JSON.stringify(fields)}`;
  const owner = of === undefined ? '' : `,"of":${JSON.stringify(of)}`;
  return `{"kind":"${kind}","key":${keyText(key)}${named}${owner}}`;
}

function keyText(key: Difference['key']): string {
  return typeof key === 'bigint' ? String(key) : JSON.stringify(key);
}
