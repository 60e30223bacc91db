/** Columns that a source does not have as such: copies of its columns, and keys of its JSON columns. */
import { VtsError } from '../errors.ts';
import { castAdded } from './added-values.ts';
import type { Batch } from './batch.ts';
import { parseCastType } from './cast-type.ts';
import { type Column, isNull } from './column.ts';
import { jsonMember } from './json-member.ts';
import type { Field, Schema } from './schema.ts';
import { type LogicalType, sameLayout } from './types.ts';
import { columnFromValues, valueAt } from './values.ts';

/** A column to add. */
export interface AddedColumn {
  readonly field: Field;
  /** The column of the source that it is made of. */
  readonly source: string;
  /** Its values for a batch that has `source`. */
  make(batch: Batch): Column;
}

/**
 * The columns that `requests` name, `NEW` -> `OLD[.KEY...][:TYPE]`; a column goes before a key of the same name.
 * @throws VtsError Usage
 */
export function compileAdded(schema: Schema, requests: Readonly<Record<string, string>>): AddedColumn[] {
  return Object.entries(requests).map(([name, request]) => {
    const whole = schema.fields.find((field) => field.name === request);
    if (whole !== undefined) return copyOf(name, whole);
    const [path, type] = splitType(request);
    const source = schema.fields.filter((field) => path === field.name || path.startsWith(`${field.name}.`))
      .toSorted((a, b) => b.name.length - a.name.length)[0];
    if (source === undefined) throw unknownSource(name, path, schema);
    const keys = path.slice(source.name.length + 1);
    if (keys === '') return typed(name, source, type);
    if (source.type.kind !== 'JSON') {
      throw new VtsError(
        'Usage',
        `--add ${name}=${request}: "${source.name}" is no JSON column, so it has no keys`,
        {
          field: source.name,
        },
      );
    }
    return keyOf(name, source, keys.split('.'), type);
  });
}

function splitType(request: string): readonly [path: string, type: string | undefined] {
  const at = request.lastIndexOf(':');
  return at < 0 ? [request, undefined] : [request.slice(0, at), request.slice(at + 1)];
}

/** A column of another name is neither the key nor what the server computes or makes. */
function plainField(
  name: string,
  { primaryKey: _, autoId: _a, partitionKey: _p, dynamic: _d, functionOutput: _f, ...rest }: Field,
): Field {
  return { ...rest, name };
}

function copyOf(name: string, source: Field): AddedColumn {
  return {
    field: plainField(name, source),
    source: source.name,
    make: (batch) => columnOf(batch, source.name),
  };
}

function typed(name: string, source: Field, type: string | undefined): AddedColumn {
  const copy = copyOf(name, source);
  if (type === undefined || sameLayout(parseCastType(type, name, source.type), source.type)) return copy;
  throw new VtsError('Usage', `--add ${name}: a copy has the type of "${source.name}"`, {
    field: name,
    remedy: `add --cast ${name}:${type}`,
  });
}

function keyOf(name: string, source: Field, keys: readonly string[], text: string | undefined): AddedColumn {
  const type: LogicalType = text === undefined
    ? { kind: 'JSON' }
    : parseCastType(text, name, { kind: 'JSON' });
  return {
    field: { name, type, nullable: true },
    source: source.name,
    make(batch) {
      const column = columnOf(batch, source.name);
      const values = Array.from({ length: column.length }, (_, row) => {
        const member = isNull(column, row) ? undefined : jsonMember(valueAt(column, row) as string, keys);
        return member === undefined || member === 'null' ? null : castAdded(member, type, name, row);
      });
      return columnFromValues(type, values);
    },
  };
}

function columnOf({ schema, columns }: Batch, name: string): Column {
  return columns[schema.fields.findIndex((field) => field.name === name)];
}

function unknownSource(name: string, path: string, { fields }: Schema): VtsError {
  return new VtsError('Usage', `--add ${name}: there is no column "${path.split('.')[0]}"`, {
    field: name,
    expected: `one of ${fields.map((field) => field.name).join(', ')}`,
  });
}
