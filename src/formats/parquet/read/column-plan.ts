/** Which logical type each column becomes, and why. */
import { many } from '../../../core/many.ts';
import { type Field, findField, type Roles, type Schema } from '../../../core/schema.ts';
import {
  type DenseVectorType,
  formatType,
  isDenseVector,
  isScalar,
  type LogicalType,
  type ScalarType,
} from '../../../core/types.ts';
import { isVtsError, VtsError } from '../../../errors.ts';
import type { ArrowFacts } from './arrow-schema.ts';
import type { ParquetFile } from './footer.ts';
import { meaningOf, naturalType } from './leaf-type.ts';
import { shapeHolds, type VectorLayout, vectorLayout } from './nest-column.ts';
import { firstRowLengths } from './row-lengths.ts';
import type { SchemaNode } from './schema-tree.ts';
import { type LeafShape, type ListShape, type Shape, shapeOf } from './shape.ts';

/** A column and the field that it becomes. */
export interface ColumnPlan {
  readonly field: Field;
  readonly shape: Shape;
  /** How vectors lie in lists, for the columns that have the fast path. */
  readonly vector?: VectorLayout;
}

/** What decides types. */
export interface TypeSources {
  /** Types that the user gives. */
  readonly given: Schema | undefined;
  /** Types that vts wrote into the file. */
  readonly own: Schema | undefined;
  /** What Arrow wrote into the file. */
  readonly arrow: ArrowFacts;
  readonly roles: Roles;
}

/** The plans of all columns, in order, and sentences on what was inferred. */
export interface Plans {
  readonly columns: readonly ColumnPlan[];
  readonly notes: readonly string[];
}

/**
 * Plans all columns of `file`; looks into the first pages of lists that may be vectors.
 * @throws VtsError PlanRefused when a given type does not fit its column
 */
export async function planColumns(file: ParquetFile, sources: TypeSources): Promise<Plans> {
  const notes: string[] = [];
  const columns: ColumnPlan[] = [];
  for (const node of file.columns) {
    try {
      columns.push(await planColumn(file, node, sources, notes));
    } catch (error) {
      throw isVtsError(error) ? error.at({ file: file.source.name, field: node.name }) : error;
    }
  }
  for (const { name } of sources.given?.fields ?? []) {
    if (!file.columns.some((node) => node.name === name)) {
      notes.push(`"${name}" is in the schema, but not in the file`);
    }
  }
  return { columns, notes };
}

/** How pandas names an index that has no name of its own. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

async function planColumn(
  file: ParquetFile,
  node: SchemaNode,
  sources: TypeSources,
  notes: string[],
): Promise<ColumnPlan> {
  const { name } = node;
  const shape = shapeOf(node);
  const nullable = node.element.repetition_type === 'OPTIONAL';
  const declared = declaredField(name, shape, sources, notes);
  if (declared !== undefined) return planned({ ...declared, nullable: nullable || declared.nullable }, shape);
  const { type, note } = await inferredType(file, name, shape, sources);
  if (note !== undefined) notes.push(`"${name}" ${note}`);
  if (PANDAS_INDEX.test(name)) notes.push(`"${name}" is the index of a pandas DataFrame`);
  return planned({ name, type, nullable }, shape);
}

function planned(field: Field, shape: Shape): ColumnPlan {
  if (!isDenseVector(field.type) || shape.kind !== 'list' || shape.element.kind !== 'leaf') {
    return { field, shape };
  }
  const vector = vectorLayout(shape.element.node.element, field.type);
  return vector === undefined ? { field, shape } : { field, shape, vector };
}

/** The field that the user or vts itself declared. */
function declaredField(name: string, shape: Shape, sources: TypeSources, notes: string[]): Field | undefined {
  const given = sources.given && findField(sources.given, name);
  if (given !== undefined) {
    if (shapeHolds(shape, given.type)) return given;
    throw new VtsError('PlanRefused', `"${name}" cannot be read as ${formatType(given.type)}`, {
      field: name,
      expected: `a type for ${describeShape(shape)}`,
      remedy: 'mend the schema, or leave the column out of it and use --cast',
    });
  }
  const own = sources.own && findField(sources.own, name);
  if (own === undefined || shapeHolds(shape, own.type)) return own;
  notes.push(
    `"${name}" was ${formatType(own.type)} when vts wrote it, but has been changed since to ${
      describeShape(shape)
    }`,
  );
  return undefined;
}

function describeShape(shape: Shape): string {
  if (shape.kind === 'struct') return 'a struct';
  if (shape.kind === 'list') return `a ${shape.map ? 'map' : 'list'} of ${describeShape(shape.element)}`;
  const { type, converted_type: converted, logical_type: logical } = shape.node.element;
  const annotation = logical?.type ?? converted;
  return annotation === undefined ? `${type}` : `${type} (${annotation})`;
}

async function inferredType(
  file: ParquetFile,
  name: string,
  shape: Shape,
  sources: TypeSources,
): Promise<{ type: LogicalType; note?: string }> {
  if (shape.kind === 'leaf') {
    const natural = naturalType(shape.node.element);
    const unit = natural.type.kind === 'Int64' ? sources.arrow.durations.get(name) : undefined;
    return unit === undefined ? natural : { ...natural, note: `is a duration: ${unit} as Int64` };
  }
  if (shape.kind === 'struct' || shape.map || shape.element.kind !== 'leaf') {
    return { type: { kind: 'JSON' }, note: 'is nested: read as JSON text' };
  }
  const size = sources.arrow.listSizes.get(name);
  const role = sources.roles.vector === name;
  const kind = vectorKind(shape, role || size !== undefined);
  if (kind !== undefined) {
    if (size !== undefined) return { type: { kind, dim: size } };
    const { lists, length, odd } = await firstRowLengths(file, shape);
    if (length !== undefined) {
      const type: LogicalType = { kind, dim: length };
      return {
        type,
        note: `is taken for a ${formatType(type)}, as its first ${lists} lists have ${
          many(length, 'element')
        } each`,
      };
    }
    if (lists > 0) {
      const { type } = arrayType(shape);
      const why = odd?.message;
      return {
        type,
        note: why === undefined
          ? 'is an Array and no vector: its first lists differ in length or hold nulls'
          : `is an Array: ${why}`,
      };
    }
  }
  return arrayType(shape, await byteVector(file, shape, { role, size }));
}

/** The vector that lists of bytes may be besides, as `--schema` has it. */
async function byteVector(
  file: ParquetFile,
  shape: ListShape,
  { role, size }: { role: boolean; size: number | undefined },
): Promise<string | undefined> {
  const meaning = meaningOf((shape.element as LeafShape).node.element);
  if (meaning.kind !== 'integer' || meaning.bits !== 8) return undefined;
  const length = size ?? (await firstRowLengths(file, shape)).length;
  if (length !== undefined && (length >= 2 || role)) {
    return meaning.signed ? `Int8Vector(${length})` : `BinaryVector(${length * 8})`;
  }
  return role && !meaning.signed ? 'BinaryVector' : undefined;
}

/** The vector that lists of these elements are; bytes only where they are `known` to be a vector. */
function vectorKind(shape: ListShape, known: boolean): DenseVectorType['kind'] | undefined {
  if (shape.element.kind !== 'leaf') return undefined;
  const meaning = meaningOf(shape.element.node.element);
  switch (meaning.kind) {
    case 'float':
      return 'FloatVector';
    case 'double':
      return 'DoubleVector';
    case 'half':
      return 'Float16Vector';
    case 'integer':
      return known && meaning.bits === 8 && meaning.signed ? 'Int8Vector' : undefined;
    default:
      return undefined;
  }
}

function arrayType(shape: ListShape, vector?: string): { type: LogicalType; note?: string } {
  const { element } = (shape.element as LeafShape).node;
  const natural = naturalType(element);
  const scalar: ScalarType = isScalar(natural.type) ? natural.type : { kind: 'VarChar' };
  const notes: string[] = [];
  if (natural.note !== undefined) notes.push(natural.note);
  else if (!isScalar(natural.type)) notes.push(`has lists of ${natural.type.kind}: read as Array<VarChar>`);
  if (vector !== undefined) notes.push(`may be a vector: --schema can name it ${vector}`);
  const type: LogicalType = { kind: 'Array', element: scalar };
  return notes.length === 0 ? { type } : { type, note: notes.join('; it ') };
}
