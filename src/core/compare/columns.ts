/** Which columns of two data sets are compared with each other, and as what. */
import { compileCast } from '../cast.ts';
import type { Cast } from '../cast-context.ts';
import { type Dataset, type Field, findField, idField } from '../schema.ts';
import { formatType, type LogicalType, sameLayout } from '../types.ts';
import { VtsError } from '../../errors.ts';

/** A column that both sides have. */
export interface MatchedColumn {
  readonly name: string;
  /** Bring the columns of the two sides to one type. */
  readonly casts: readonly [Cast, Cast];
}

/** A column that is not compared: only one side has it, or the types have nothing in common. */
export interface SchemaDifference {
  readonly field: string;
  /** The types, as people read them; absent where the column is. */
  readonly a?: string;
  readonly b?: string;
}

/** What is compared. */
export interface Matching {
  /** What identifies rows; the number of the row where neither side has a key. */
  readonly key: MatchedColumn | undefined;
  /** All others. */
  readonly columns: readonly MatchedColumn[];
  readonly differences: readonly SchemaDifference[];
  readonly notes: readonly string[];
}

/** What a column of keys is called as a rule. */
const USUAL_KEY = 'id';
const INTEGERS = ['Int8', 'Int16', 'Int32', 'Int64'];

/**
 * Matches the columns of two data sets by their names.
 * @throws VtsError PlanRefused where rows cannot be told apart, or nothing is left to compare
 */
export function matchColumns(a: Dataset, b: Dataset): Matching {
  const notes: string[] = [];
  const key = keyOf(a, b, notes);
  const differences: SchemaDifference[] = [];
  const columns: MatchedColumn[] = [];
  for (const field of a.schema.fields) {
    const other = findField(b.schema, field.name);
    if (other === undefined) differences.push({ field: field.name, a: formatType(field.type) });
    else {
      const matched = match(field, other, notes);
      if (matched !== undefined) columns.push(matched);
      else differences.push({ field: field.name, a: formatType(field.type), b: formatType(other.type) });
    }
  }
  for (const field of b.schema.fields) {
    if (findField(a.schema, field.name) === undefined) {
      differences.push({ field: field.name, b: formatType(field.type) });
    }
  }
  const found = columns.find(({ name }) => name === key);
  if (key !== undefined && found === undefined) throw unlikeKeys(key, a, b);
  if (columns.length === 0) {
    throw new VtsError('PlanRefused', 'the two sides have no column in common', {
      expected: `${names(a)} on the one side, ${names(b)} on the other`,
      remedy: '--rename OLD=NEW gives columns of the first side the names of the second',
    });
  }
  return { key: found, columns: columns.filter((column) => column !== found), differences, notes };
}

/**
 * The name of the column that identifies rows on both sides: that of one side where the other names none, and where neither does,
 * the one called "id".
 */
function keyOf(a: Dataset, b: Dataset, notes: string[]): string | undefined {
  const [left, right] = [idField(a)?.name, idField(b)?.name];
  const key = left ?? right ?? (findField(a.schema, USUAL_KEY) && findField(b.schema, USUAL_KEY))?.name;
  if (left === undefined && right === undefined) {
    const by = key === undefined ? 'where they are: the first with the first' : `"${key}"`;
    notes.push(
      `neither side says what identifies a row, so rows are told apart by ${by}; --id FIELD names a key`,
    );
  }
  if (key === undefined) return undefined;
  if (left !== undefined && right !== undefined && left !== right) {
    throw new VtsError(
      'PlanRefused',
      `rows are told apart by "${left}" on the one side, by "${right}" on the other`,
      {
        remedy: `--id ${left}, or --rename ${left}=${right} where they are the same`,
      },
    );
  }
  for (const side of [a, b]) {
    if (findField(side.schema, key) !== undefined) continue;
    throw new VtsError('PlanRefused', `rows are told apart by "${key}", which one side lacks`, {
      field: key,
      expected: `a column "${key}" beside ${names(side)}`,
      remedy:
        '--rename OLD=NEW gives columns of the first side the names of the second; --id FIELD names another key',
    });
  }
  const { type } = findField(a.schema, key)!;
  if (!INTEGERS.includes(type.kind) && type.kind !== 'VarChar') {
    throw new VtsError('PlanRefused', `"${key}" of type ${formatType(type)} cannot tell rows apart`, {
      field: key,
      expected: 'integers or texts',
      remedy: '--id FIELD names another key',
    });
  }
  return key;
}

function unlikeKeys(key: string, a: Dataset, b: Dataset): VtsError {
  const [left, right] = [a, b].map(({ schema }) => formatType(findField(schema, key)!.type));
  return new VtsError('PlanRefused', `the key "${key}" is ${left} on the one side, ${right} on the other`, {
    field: key,
    remedy: `--cast ${key}:varchar compares both as texts`,
  });
}

function names({ schema }: Dataset): string {
  return schema.fields.map((field) => field.name).join(', ') || 'no columns';
}

function match(a: Field, b: Field, notes: string[]): MatchedColumn | undefined {
  const type = commonType(a.type, b.type);
  if (type === undefined) return undefined;
  const casts = [a, b].map((field) => compileCast(field.name, field.type, type)!) as [Cast, Cast];
  if (rounds(a.type, b.type)) {
    const [left, right] = [formatType(a.type), formatType(b.type)];
    notes.push(
      `"${a.name}" is ${left} on the one side, ${right} on the other: compared as ${formatType(type)}`,
    );
  }
  return { name: a.name, casts };
}

/** The type that values of both types are compared as; `undefined` when they have nothing in common. */
function commonType(a: LogicalType, b: LogicalType): LogicalType | undefined {
  if (sameLayout(a, b)) return a;
  if (INTEGERS.includes(a.kind) && INTEGERS.includes(b.kind)) return { kind: 'Int64' };
  if (a.kind === 'Array' && b.kind === 'Array') {
    const element = commonType(a.element, b.element) as typeof a.element | undefined;
    return element && { kind: 'Array', element };
  }
  const kinds = [a.kind, b.kind];
  // Files without types hold floats with the fewest digits that tell them apart from other floats.
  if (kinds.includes('Float') && kinds.includes('Double')) return { kind: 'Float' };
  if (kinds.includes('Geometry') && kinds.includes('VarChar')) return { kind: 'Geometry' };
  return undefined;
}

function rounds(a: LogicalType, b: LogicalType): boolean {
  if (a.kind === 'Array' && b.kind === 'Array') return rounds(a.element, b.element);
  return a.kind !== b.kind && [a, b].some(({ kind }) => kind === 'Double');
}
