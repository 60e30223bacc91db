/** The values of JSON members as values of a type, exact or an error. */
import { fromText } from './cast-scalar.ts';
import { VtsError } from '../errors.ts';
import { jsonTokens } from './json-string.ts';
import { formatType, type LogicalType } from './types.ts';
import { columnFromValues, type Value, valueAt } from './values.ts';

/** The JSON text `member` as a value of `type`. @throws VtsError RowInvalid */
export function castAdded(member: string, type: LogicalType, name: string, row: number): Value {
  if (type.kind === 'JSON') return member;
  if (type.kind === 'VarChar' || type.kind === 'Geometry') {
    return member.startsWith('"') ? JSON.parse(member) as string : member;
  }
  if (type.kind === 'Array') {
    if (!member.startsWith('[')) throw misfit(member, type, name, row);
    const { element } = type;
    return elements(member).map((item) => {
      if (item === 'null' || /^[[{]/.test(item)) throw misfit(member, type, name, row);
      return castAdded(item, element, name, row);
    });
  }
  const cast = fromText({ name, to: type });
  if (cast === undefined) throw misfit(member, type, name, row);
  const text = member.startsWith('"') ? JSON.parse(member) as string : member;
  try {
    return valueAt(cast(columnFromValues({ kind: 'VarChar' }, [text])), 0);
  } catch (error) {
    throw error instanceof VtsError ? misfit(member, type, name, row) : error;
  }
}

/** The texts of the elements of a JSON array, with brackets for those that are none of scalars. */
function elements(text: string): string[] {
  return [...jsonTokens(text.slice(1, -1))].map((token) => token.text).filter((token) => token !== ',');
}

function misfit(member: string, type: LogicalType, field: string, row: number): VtsError {
  const shown = member.length > 60 ? `${member.slice(0, 60)}...` : member;
  return new VtsError('RowInvalid', `${shown} is no ${formatType(type)}`, {
    row,
    field,
    expected: formatType(type),
    remedy: 'add the key with another type, or as JSON',
  });
}
