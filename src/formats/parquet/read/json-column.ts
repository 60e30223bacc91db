/**
 * Nested columns that have no type of their own as JSON text: lists as arrays, structs and maps with text keys as objects,
 * other maps as arrays of {"key", "value"}. Numbers keep all digits, decimals too.
 */
import { getBit } from '../../../core/bitmap.ts';
import { bytesColumn, type Column } from '../../../core/column.ts';
import { jsonText } from '../../../core/json-text.ts';
import { valueAt } from '../../../core/values.ts';
import { elementReject, leafColumn, type Reject } from './leaf-column.ts';
import { meaningOf, naturalType } from './leaf-type.ts';
import type { LeafNest, ListNest, Nest, StructNest } from './nest.ts';
import { copyBytes } from './value-source.ts';
import { ValuesBuilder } from './values.ts';

type TextOf = (slot: number) => string;

/** The JSON of each slot of `nest`; null slots are null. @throws VtsError RowInvalid, InputUnsupported */
export function jsonColumn(nest: Nest, reject: Reject): Column {
  const text = writer(nest, reject);
  const encoder = new TextEncoder();
  const builder = new ValuesBuilder(0);
  for (let slot = 0; slot < nest.length; slot++) {
    const bytes = encoder.encode(isNull(nest, slot) ? '' : text(slot));
    copyBytes(bytes, 0, builder, bytes.length);
  }
  const { bytes, offsets } = builder.finish();
  return bytesColumn({ kind: 'JSON' }, offsets, bytes, nest.validity);
}

function isNull({ validity }: Nest, slot: number): boolean {
  return validity !== null && !getBit(validity, slot);
}

function writer(nest: Nest, reject: Reject): TextOf {
  const text = nest.kind === 'leaf'
    ? leafWriter(nest, reject)
    : nest.kind === 'list'
    ? listWriter(nest, reject)
    : structWriter(nest, reject);
  return (slot) => isNull(nest, slot) ? 'null' : text(slot);
}

function leafWriter(nest: LeafNest, reject: Reject): TextOf {
  const column = leafColumn(nest, naturalType(nest.element).type, reject);
  if (meaningOf(nest.element).kind === 'decimal') return (slot) => valueAt(column, slot) as string;
  return (slot) => jsonText(column, slot);
}

function listWriter(nest: ListNest, reject: Reject): TextOf {
  const { child, offsets } = nest;
  const inner = elementReject(nest, reject);
  const each = (slot: number, item: TextOf): string[] => {
    const items: string[] = [];
    for (let i = offsets[slot]; i < offsets[slot + 1]; i++) items.push(item(i));
    return items;
  };
  if (nest.map && child.kind === 'struct') {
    const [key, value] = child.children;
    const valueText = writer(value, inner);
    if (key.kind === 'leaf' && naturalType(key.element).type.kind === 'VarChar') {
      const keys = leafColumn(key, { kind: 'VarChar' }, inner);
      return (slot) => `{${each(slot, (i) => `${JSON.stringify(valueAt(keys, i))}:${valueText(i)}`)}}`;
    }
    const keyText = writer(key, inner);
    return (slot) => `[${each(slot, (i) => `{"key":${keyText(i)},"value":${valueText(i)}}`)}]`;
  }
  const item = writer(child, inner);
  return (slot) => `[${each(slot, item)}]`;
}

function structWriter(nest: StructNest, reject: Reject): TextOf {
  const fields = nest.children.map((child, i) => ({
    name: JSON.stringify(nest.names[i]),
    text: writer(child, reject),
  }));
  return (slot) => `{${fields.map(({ name, text }) => `${name}:${text(slot)}`)}}`;
}
