/** Types of fields from the values of the first rows, where no schema says them. */
import { many } from '../../core/many.ts';
import { type Field, field, type Roles, type Schema } from '../../core/schema.ts';
import { shellQuote } from '../../core/shell.ts';
import { formatType, type LogicalType, type ScalarType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ReadOptions } from '../format.ts';
import { ARRAY, BOOL, FLOAT, INT, NULL, NUMERIC, PAIRS, type Seen, SPECIAL, TEXT } from './sample.ts';

/** The sample ends after this many bytes of text, */
export const SAMPLE_BYTES = 8 * 1024 * 1024;
/** or after this many rows. */
export const SAMPLE_ROWS = 1000;

/** The share of lists that, being of one length, lets expect a vector. */
const MOST = 0.9;

/** The schema of `rows` sampled rows, and notes that state it. @throws VtsError InputMalformed when nothing was seen */
export function inferredSchema(
  seen: ReadonlyMap<string, Seen>,
  rows: number,
  file: string,
  { roles, casts = {} }: Pick<ReadOptions, 'roles' | 'casts'>,
): { schema: Schema; notes: readonly string[] } {
  if (seen.size === 0 || rows === 0) {
    const reason = rows === 0
      ? 'There are no rows that could tell the types'
      : 'There are only rows without keys, which cannot tell the types';
    throw new VtsError('InputMalformed', reason, {
      file,
      remedy: 'give the types of all fields with --schema FILE',
    });
  }
  const fields = [...seen].map(([name, facts]) => inferField(name, facts, rows, roles, casts[name]));
  const types = fields.map((f) => `${f.name} ${formatType(f.type)}`).join(', ');
  const notes = [`types inferred from the first ${rows === 1 ? 'row' : `${rows} rows`}: ${types}`];
  for (const { name, type } of fields) {
    const note = noteOn(name, type, seen.get(name)!);
    if (note !== undefined) notes.push(note);
  }
  return { schema: { fields }, notes };
}

/** What may surprise about a field of `type`: digits that it rounds, or that it is no vector. */
function noteOn(name: string, type: LogicalType, seen: Seen): string | undefined {
  if (type.kind === 'FloatVector' && seen.rounds) {
    return `"${name}" is read as float32, which rounds its digits; --cast ${
      shellQuote(name)
    }:float64 keeps them`;
  }
  if (type.kind !== 'Array' || !areVectors(seen)) return undefined;
  const lists = [...seen.lengths.values()].reduce((sum, { count }) => sum + count, 0);
  const usual = usualLength(seen);
  if (seen.lengths.get(usual)!.count < MOST * lists) return undefined;
  const [odd, { row }] = [...seen.lengths].find(([length]) => length !== usual)!;
  return `"${name}" is an Array: row ${row} has ${many(odd, 'element')}, most have ${usual}`;
}

/** A field that later rows may leave out or set to null, the id aside: a sample cannot tell that they do not. */
function inferField(name: string, seen: Seen, rows: number, roles: Roles, cast: string | undefined): Field {
  const hasNulls = seen.rows < rows || (seen.kinds & NULL) !== 0;
  const nullable = hasNulls || name !== roles.id;
  const elementNullable = (seen.elements & NULL) !== 0;
  const inferred = inferType(name, { ...seen, kinds: seen.kinds & ~NULL }, name === roles.vector);
  const type = inferred.kind === 'FloatVector' && isDouble(cast)
    ? { ...inferred, kind: 'DoubleVector' } as const
    : inferred;
  return field(name, type, {
    nullable,
    ...(elementNullable && type.kind === 'Array' ? { elementNullable } : {}),
    ...(name === roles.id && !nullable && (type.kind === 'Int64' || type.kind === 'VarChar')
      ? { primaryKey: true }
      : {}),
  });
}

/** Whether `--cast` asks for all digits of a vector. */
function isDouble(cast: string | undefined): boolean {
  return cast !== undefined && /^(float64|double|doublevector)(\(\d+\))?$/i.test(cast);
}

function inferType(name: string, seen: Seen, isVector: boolean): LogicalType {
  const { kinds, elements, lengths } = seen;
  if (kinds === ARRAY) {
    // Of the lists of a vector that the user names, reading refuses those of another length, with their rows.
    if (isVector ? areNumbers(elements) : areVectors(seen) && lengths.size === 1) {
      return { kind: 'FloatVector', dim: usualLength(seen) };
    }
    const element = scalarType(elements & ~NULL);
    return element === undefined ? { kind: 'JSON' } : { kind: 'Array', element };
  }
  if (kinds === PAIRS && (isVector || /sparse/i.test(name))) return { kind: 'SparseFloatVector' };
  return scalarType(kinds) ?? { kind: 'JSON' };
}

function areNumbers(kinds: number): boolean {
  return kinds !== 0 && (kinds & ~NUMERIC) === 0;
}

/** Whether lists look like vectors, their lengths aside: decimals, and more than one. */
function areVectors(seen: Seen): boolean {
  const decimal = (seen.elements & (FLOAT | SPECIAL)) !== 0;
  return decimal && areNumbers(seen.elements) && usualLength(seen) >= 2;
}

/** The length that most lists have, the empty ones aside; of several the first. */
function usualLength({ lengths }: Seen): number {
  let usual = 0;
  let most = 0;
  for (const [length, { count }] of lengths) if (length > 0 && count > most) [usual, most] = [length, count];
  return usual;
}

/** The type that holds scalars of all `kinds`, if any does. */
function scalarType(kinds: number): ScalarType | undefined {
  if (kinds === BOOL) return { kind: 'Bool' };
  if (kinds === INT) return { kind: 'Int64' };
  if (kinds === TEXT || kinds === SPECIAL || kinds === (TEXT | SPECIAL)) return { kind: 'VarChar' };
  const decimal = (kinds & (FLOAT | SPECIAL)) !== 0;
  if (decimal && (kinds & ~NUMERIC) === 0) return { kind: 'Double' };
  return undefined;
}
