/** Where the leaves of a file are in its schema. */
import type { ParquetType, SchemaElement } from 'hyparquet';
import type { Field } from '../../../core/schema.ts';
import { isDenseVector, type LogicalType } from '../../../core/types.ts';
import { columnElements } from '../layout.ts';

/** A leaf of the schema. */
export interface LeafPlace {
  /** The names from the field's column down. */
  readonly path: readonly string[];
  readonly type: ParquetType;
  /** Whether its values are indices of `INT8_DICTIONARY`. */
  readonly hasDictionary: boolean;
  readonly maxRep: number;
  readonly maxDef: number;
  /** Whether it is all or part of a dense vector. */
  readonly isDense: boolean;
}

/** The leaves of the column of `field`, depth first. */
export function leafPlaces(field: Field): LeafPlace[] {
  const dense = denseLeaves(field.type);
  const places: LeafPlace[] = [];
  const elements = columnElements(field);
  let next = 0;

  function visit(above: Pick<LeafPlace, 'path' | 'maxRep' | 'maxDef'>): void {
    const element: SchemaElement = elements[next++];
    const { name, type, repetition_type: repetition, num_children: children = 0 } = element;
    const place = {
      path: [...above.path, name],
      maxRep: above.maxRep + (repetition === 'REPEATED' ? 1 : 0),
      maxDef: above.maxDef + (repetition === 'REQUIRED' ? 0 : 1),
    };
    if (type === undefined) { for (let i = 0; i < children; i++) visit(place); }
    else {
      const hasDictionary = element.converted_type === 'INT_8';
      places.push({ ...place, type, hasDictionary, isDense: dense[places.length] });
    }
  }

  visit({ path: [], maxRep: 0, maxDef: 0 });
  return places;
}

function denseLeaves(type: LogicalType): boolean[] {
  switch (type.kind) {
    case 'SparseFloatVector':
      return [false, false];
    case 'Array':
      return denseLeaves(type.element);
    case 'StructArray':
      return type.fields.flatMap((field) => denseLeaves(field.type));
    default:
      return [isDenseVector(type)];
  }
}
