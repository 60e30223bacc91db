/**
 * Columns put together from the levels of their leaves
 * (https://github.com/apache/parquet-format/blob/master/README.md#nested-encoding): the same tree as the column's shape, with
 * Arrow's validity and offsets.
 */
import type { SchemaElement } from 'hyparquet';
import { bitmapBytes, makeBitmap, setBit } from '../../../core/bitmap.ts';
import { VtsError } from '../../../errors.ts';
import type { LeafLevels } from './leaf-rows.ts';
import type { SchemaNode } from './schema-tree.ts';
import type { LeafShape, ListShape, Shape, StructShape } from './shape.ts';
import type { LeafValues } from './values.ts';

/** Rows, or elements of a list, of one shape. */
export type Nest = LeafNest | ListNest | StructNest;

interface Slots {
  readonly length: number;
  /** A bit a slot, clear for null; `null` when none is null. */
  readonly validity: Uint8Array | null;
}

/** Values; those of null slots are zeros or empty. */
export interface LeafNest extends Slots {
  readonly kind: 'leaf';
  readonly element: SchemaElement;
  readonly values: LeafValues;
}

/** Slot i has the slots [`offsets[i]`, `offsets[i + 1]`) of `child`. */
export interface ListNest extends Slots {
  readonly kind: 'list';
  readonly map: boolean;
  readonly offsets: Int32Array;
  readonly child: Nest;
}

/** Each child has a slot for each slot. */
export interface StructNest extends Slots {
  readonly kind: 'struct';
  readonly names: readonly string[];
  readonly children: readonly Nest[];
}

/** The entries of each leaf, by the leaf's number. */
export type LeafEntries = ReadonlyMap<number, LeafLevels>;

/** Where slots are: entries that begin one have a repetition level of at most `rep` and a definition level of at least `def`. */
interface Level {
  readonly def: number;
  readonly rep: number;
}

/** Puts whole rows together. @throws VtsError InputMalformed when leaves contradict each other */
export function assemble(shape: Shape, leaves: LeafEntries, level: Level = { def: 0, rep: 0 }): Nest {
  switch (shape.kind) {
    case 'leaf':
      return assembleLeaf(shape, leaves, level);
    case 'list':
      return assembleList(shape, leaves, level);
    case 'struct':
      return assembleStruct(shape, leaves, level);
  }
}

function assembleLeaf({ node }: LeafShape, leaves: LeafEntries, { def }: Level): LeafNest {
  const { count, defs, values } = leaves.get(node.leaf)!;
  const { element } = node;
  if (values.count === count) return { kind: 'leaf', element, length: count, validity: null, values };
  let length = 0;
  for (let i = 0; i < count; i++) if (defs[i] >= def) length++;
  if (length === values.count) return { kind: 'leaf', element, length, validity: null, values };
  const validity = makeBitmap(length, false);
  for (let i = 0, slot = 0; i < count; i++) {
    if (defs[i] < def) continue;
    if (defs[i] === node.def) setBit(validity, slot);
    slot++;
  }
  return {
    kind: 'leaf',
    element,
    length,
    validity,
    values: spread(values, node, { count, defs, def, length }),
  };
}

/** `values` with zeros or empty byte arrays for the slots that are null. */
function spread(
  values: LeafValues,
  node: SchemaNode,
  { count, defs, def, length }: { count: number; defs: Uint8Array; def: number; length: number },
): LeafValues {
  const { width, bytes } = values;
  if (width === 0) {
    const offsets = new Int32Array(length + 1);
    let value = 0;
    for (let i = 0, slot = 0; i < count; i++) {
      if (defs[i] < def) continue;
      if (defs[i] === node.def) value++;
      offsets[++slot] = values.offsets[value];
    }
    return { count: length, width, bytes, offsets };
  }
  const target = new Uint8Array(length * width);
  const words = width % 4 === 0;
  const perValue = words ? width / 4 : width;
  const from = words ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) : bytes;
  const to = words ? new Uint32Array(target.buffer) : target;
  let read = 0;
  let write = 0;
  for (let i = 0; i < count; i++) {
    if (defs[i] < def) continue;
    if (defs[i] === node.def) { for (let k = 0; k < perValue; k++) to[write + k] = from[read++]; }
    write += perValue;
  }
  return { count: length, width, bytes: target, offsets: values.offsets };
}

function assembleList(shape: ListShape, leaves: LeafEntries, level: Level): ListNest {
  const { count, reps, defs } = leaves.get(shape.leaf)!;
  let length = 0;
  for (let i = 0; i < count; i++) if (reps[i] <= level.rep && defs[i] >= level.def) length++;
  const offsets = new Int32Array(length + 1);
  let validity: Uint8Array | null = null;
  let slot = -1;
  let elements = 0;
  for (let i = 0; i < count; i++) {
    if (reps[i] > shape.rep || defs[i] < level.def) continue;
    if (reps[i] <= level.rep) {
      slot++;
      offsets[slot] = elements;
      if (defs[i] < shape.def) {
        validity ??= makeBitmap(length, true);
        validity[slot >>> 3] &= ~(1 << (slot & 7));
      }
    }
    if (defs[i] >= shape.elementDef) elements++;
  }
  offsets[length] = elements;
  const child = assemble(shape.element, leaves, { def: shape.elementDef, rep: shape.rep });
  if (child.length !== elements) throw contradiction();
  return { kind: 'list', map: shape.map, length, validity, offsets, child };
}

function assembleStruct(shape: StructShape, leaves: LeafEntries, level: Level): StructNest {
  const children = shape.fields.map((field) => assemble(field, leaves, level));
  const [{ length }] = children;
  if (children.some((child) => child.length !== length)) throw contradiction();
  return {
    kind: 'struct',
    names: shape.names,
    children,
    length,
    validity: structValidity(shape, leaves, level, length),
  };
}

function structValidity(
  shape: StructShape,
  leaves: LeafEntries,
  level: Level,
  length: number,
): Uint8Array | null {
  if (shape.def <= level.def) return null;
  const { count, reps, defs } = leaves.get(shape.leaf)!;
  const validity = new Uint8Array(bitmapBytes(length));
  let nulls = false;
  let slot = 0;
  for (let i = 0; i < count; i++) {
    if (defs[i] < level.def || (reps.length > 0 && reps[i] > level.rep)) continue;
    if (defs[i] >= shape.def) setBit(validity, slot);
    else nulls = true;
    slot++;
  }
  if (slot !== length) throw contradiction();
  return nulls ? validity : null;
}

function contradiction(): VtsError {
  return new VtsError('InputMalformed', 'the levels of a nested column contradict each other');
}
