/**
 * How a column nests: lists, maps and structs as
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#nested-types says, with its rules for old files.
 */
import type { SchemaNode } from './schema-tree.ts';

/** A value that may be null: what is below a row or a list's element. */
export type Shape = LeafShape | ListShape | StructShape;

/** A leaf: one column chunk a row group. */
export interface LeafShape {
  readonly kind: 'leaf';
  readonly node: SchemaNode;
}

/** A list, of key and value structs when it is a map. */
export interface ListShape {
  readonly kind: 'list';
  readonly map: boolean;
  /** From this definition level on the list is not null. */
  readonly def: number;
  /** From this definition level on the list has an element. */
  readonly elementDef: number;
  /** Repetition level of a second and later element. */
  readonly rep: number;
  /** Whether elements may be null. */
  readonly elementNullable: boolean;
  readonly element: Shape;
  /** Some leaf below, whose levels tell the list's. */
  readonly leaf: number;
}

/** A struct. */
export interface StructShape {
  readonly kind: 'struct';
  readonly def: number;
  readonly names: readonly string[];
  readonly fields: readonly Shape[];
  readonly leaf: number;
}

/** The shape of a column. */
export function shapeOf(node: SchemaNode): Shape {
  if (node.element.repetition_type !== 'REPEATED') return bareShape(node);
  return {
    kind: 'list',
    map: false,
    def: node.def - 1,
    elementDef: node.def,
    rep: node.rep,
    elementNullable: false,
    element: bareShape(node),
    leaf: node.leaf,
  };
}

/** The shape of `node`, its own repetition aside. */
function bareShape(node: SchemaNode): Shape {
  const [child] = node.children;
  if (child === undefined) return { kind: 'leaf', node };
  const { converted_type: converted, logical_type: logical } = node.element;
  const repeatedChild = node.children.length === 1 && child.element.repetition_type === 'REPEATED';
  if (repeatedChild && (converted === 'LIST' || logical?.type === 'LIST')) return listShape(node, child);
  const map = converted === 'MAP' || converted === 'MAP_KEY_VALUE' || logical?.type === 'MAP';
  if (repeatedChild && map && child.children.length === 2) {
    return list(node, child, structShape(child), { map: true, elementNullable: false });
  }
  return structShape(node);
}

function listShape(node: SchemaNode, repeated: SchemaNode): Shape {
  const [element] = repeated.children;
  const twoLevels = repeated.children.length !== 1 || element.element.repetition_type === 'REPEATED' ||
    repeated.name === 'array' || repeated.name === `${node.name}_tuple`;
  if (twoLevels) return list(node, repeated, bareShape(repeated), { map: false, elementNullable: false });
  const elementNullable = element.element.repetition_type === 'OPTIONAL';
  return list(node, repeated, shapeOf(element), { map: false, elementNullable });
}

function list(
  node: SchemaNode,
  repeated: SchemaNode,
  element: Shape,
  how: { map: boolean; elementNullable: boolean },
): ListShape {
  return {
    kind: 'list',
    ...how,
    def: node.def,
    elementDef: repeated.def,
    rep: repeated.rep,
    element,
    leaf: node.leaf,
  };
}

function structShape(node: SchemaNode): StructShape {
  return {
    kind: 'struct',
    def: node.def,
    names: node.children.map((child) => child.name),
    fields: node.children.map(shapeOf),
    leaf: node.leaf,
  };
}

/** All leaves below `shape`, in order. */
export function leavesOf(shape: Shape): SchemaNode[] {
  if (shape.kind === 'leaf') return [shape.node];
  return shape.kind === 'list' ? leavesOf(shape.element) : shape.fields.flatMap(leavesOf);
}
