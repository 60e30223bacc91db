/** Types of fields from the first rows, where no schema says them. */
import { type Field, field, type Roles, type Schema } from '../../core/schema.ts';
import { shellQuote } from '../../core/shell.ts';
import { formatType, type LogicalType, type ScalarType } from '../../core/types.ts';
import { VtsError } from '../../errors.ts';
import type { ReadOptions } from '../format.ts';
import { type Head, SAMPLE_LINES } from './head.ts';
import {
  ARRAY,
  BOOL,
  FLOAT,
  INT,
  NULL,
  NUMERIC,
  PAIRS,
  sampleRow,
  type Seen,
  SPECIAL,
  TEXT,
} from './sample.ts';
import { beginRow, endRow } from './text.ts';

/** The schema of the sampled rows, and notes that state it. @throws VtsError InputMalformed when there are none */
export function inferSchema(
  { sample }: Head,
  { roles, casts = {} }: Pick<ReadOptions, 'roles' | 'casts'>,
): { schema: Schema; notes: readonly string[] } {
  const seen = new Map<string, Seen>();
  const text = { ...sample };
  while (text.pos < text.end && text.row < SAMPLE_LINES) {
    if (!beginRow(text)) continue;
    sampleRow(text, seen);
    endRow(text);
  }
  if (seen.size === 0) {
    const what = text.row === 0 ? 'no rows' : 'only rows without keys, which';
    throw new VtsError(
      'InputMalformed',
      `There are ${what} ${text.row === 0 ? 'that could' : 'cannot'} tell the types`,
      {
        file: text.file,
        remedy: 'give the types of all fields with --schema FILE',
      },
    );
  }
  const fields = [...seen].map(([name, facts]) => inferField(name, facts, text.row, roles, casts[name]));
  const types = fields.map((f) => `${f.name} ${formatType(f.type)}`).join(', ');
  const notes = [`types inferred from the first ${text.row} rows: ${types}`];
  for (const { name, type } of fields) {
    if (type.kind !== 'FloatVector' || !seen.get(name)!.rounds) continue;
    notes.push(
      `"${name}" is read as float32, which rounds its digits; --cast ${shellQuote(name)}:float64 keeps them`,
    );
  }
  return { schema: { fields }, notes };
}

/** A field that later rows may leave out or set to null, the id aside: a sample cannot tell that they do not. */
function inferField(name: string, seen: Seen, rows: number, roles: Roles, cast: string | undefined): Field {
  const hasNulls = seen.rows < rows || (seen.kinds & NULL) !== 0;
  const nullable = hasNulls || name !== roles.id;
  const elementNullable = seen.kinds === ARRAY && (seen.elements & NULL) !== 0;
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

function inferType(
  name: string,
  { kinds, elements, shortest, longest }: Seen,
  isVector: boolean,
): LogicalType {
  if (kinds === ARRAY) {
    const numeric = elements !== 0 && (elements & ~NUMERIC) === 0;
    const decimal = (elements & (FLOAT | SPECIAL)) !== 0 && longest >= 2;
    if (numeric && shortest === longest && longest > 0 && (isVector || decimal)) {
      return { kind: 'FloatVector', dim: longest };
    }
    const element = scalarType(elements & ~NULL);
    return element === undefined ? { kind: 'JSON' } : { kind: 'Array', element };
  }
  if (kinds === PAIRS && (isVector || /sparse/i.test(name))) return { kind: 'SparseFloatVector' };
  return scalarType(kinds) ?? { kind: 'JSON' };
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
