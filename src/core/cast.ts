/**
 * Casts of whole columns, as `--cast FIELD:TYPE` asks for. Floats are rounded to the nearest value of the new type; everything else is
 * exact or an error: a value that does not fit is never cut, wrapped or turned into an infinity.
 */
import { type Cast, inRows } from './cast-context.ts';
import { castNumbers, checkJson, fromText, mapRows, plainText } from './cast-scalar.ts';
import { arrayToVector, castVector, elementOf, vectorToArray } from './cast-vector.ts';
import { type Column, listColumn, listElements, rowOfElement } from './column.ts';
import { jsonText } from './json-text.ts';
import { isDenseVector, isScalar, type LogicalType, sameLayout } from './types.ts';

/** The cast of `name` from one type to another, or `undefined` when there is none. */
export function compileCast(name: string, from: LogicalType, to: LogicalType): Cast | undefined {
  const context = { name, to };
  if (sameLayout(from, to)) return (column) => ({ ...column, type: to });
  if (isDenseVector(from) && isDenseVector(to)) {
    if (from.kind === 'BinaryVector' || to.kind === 'BinaryVector') return undefined;
    return (column) => castVector(column, to, context);
  }
  if (isDenseVector(from) && to.kind === 'Array') {
    const element = elementOf(from);
    const inner = element && compileCast(name, element, to.element);
    return inner && vectorToArray(from.dim, to, inner);
  }
  if (from.kind === 'Array' && isDenseVector(to)) return arrayToVector(to, context);
  if (from.kind === 'Array' && to.kind === 'Array') {
    const inner = compileCast(name, from.element, to.element);
    return inner && ((column) => castElements(column, to, inner));
  }
  if (to.kind === 'JSON' && from.kind !== 'VarChar' && from.kind !== 'Geometry') return mapRows(to, jsonText);
  if (isText(from) && isText(to)) {
    const check = to.kind === 'JSON' ? checkJson(context) : undefined;
    return (column) => {
      check?.(column);
      return { ...column, type: to };
    };
  }
  if (isText(from)) return fromText(context);
  if (to.kind === 'VarChar') {
    return isScalar(from) || from.kind === 'Timestamptz' ? mapRows(to, plainText) : undefined;
  }
  if (from.kind === 'Int64' && to.kind === 'Timestamptz') return (column) => ({ ...column, type: to });
  if (from.kind === 'Timestamptz' && to.kind === 'Int64') return (column) => ({ ...column, type: to });
  if (isScalar(from) && isScalar(to)) return (column) => castNumbers(column, context);
  return undefined;
}

/** Casts the elements of lists, those of other rows that share their memory left out. */
function castElements(column: Column, to: LogicalType, inner: Cast): Column {
  const offsets = column.offsets!.map((offset, _, all) => offset - all[0]);
  const elements = inRows(
    () => inner(listElements(column, column.children[0])),
    (element) => rowOfElement(offsets, element),
  );
  return listColumn(to, offsets, [elements], column.validity);
}

function isText(type: LogicalType): boolean {
  return type.kind === 'VarChar' || type.kind === 'JSON' || type.kind === 'Geometry';
}
