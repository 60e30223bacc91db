/** Schemas, facts and rows as `vts inspect` shows them to people. */
import type { Field } from '../core/schema.ts';
import { formatType } from '../core/types.ts';
import type { Fact, Facts } from '../formats/format.ts';
import { formatCount, formatTable } from './report/format.ts';

/** Elements and characters that a sample row shows of one value. */
const SHOWN_ELEMENTS = 4;
const SHOWN_CHARACTERS = 100;

/** A line for each field: name, type, attributes. */
export function fieldTable(fields: readonly Field[], indent?: string): string {
  return formatTable(fields.map((f) => [f.name, formatType(f.type), attributes(f)]), indent);
}

function attributes(field: Field): string {
  const words = [
    field.primaryKey ? 'primary key' : '',
    field.autoId ? 'made by the server' : '',
    field.partitionKey ? 'partition key' : '',
    field.clusteringKey ? 'clustering key' : '',
    field.dynamic ? 'dynamic' : '',
    field.functionOutput ? 'computed' : '',
    field.nullable ? 'nullable' : '',
    field.defaultValue === undefined ? '' : `default ${field.defaultValue}`,
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** Facts, a line each; nested ones further in. */
export function factLines(facts: Facts, indent: string): string[] {
  return Object.entries(facts).flatMap(([name, fact]) => {
    if (Array.isArray(fact) && fact.some((item) => typeof item === 'object')) {
      return [`${indent}${name}:`, ...fact.map((item) => `${indent}  - ${inlineFact(item)}`)];
    }
    if (typeof fact === 'object' && fact !== null && !Array.isArray(fact)) {
      return [`${indent}${name}:`, ...factLines(fact as Facts, `${indent}  `)];
    }
    return [`${indent}${name}: ${inlineFact(fact)}`];
  });
}

function inlineFact(fact: Fact): string {
  if (Array.isArray(fact)) return fact.map(inlineFact).join(', ');
  if (typeof fact === 'object' && fact !== null) {
    return Object.entries(fact).map(([name, value]) => `${name} ${inlineFact(value)}`).join('  ');
  }
  return typeof fact === 'number' && Number.isInteger(fact) ? formatCount(fact) : String(fact);
}

/** A row of JSON texts, long values cut. */
export function shortRow(row: Readonly<Record<string, string>>): string {
  return `{${Object.entries(row).map(([name, text]) => `${name}: ${shortValue(text)}`).join(', ')}}`;
}

function shortValue(text: string): string {
  const elements = text.startsWith('[') && !/[[{"]/.test(text.slice(1)) ? text.slice(1, -1).split(',') : [];
  if (elements.length > SHOWN_ELEMENTS + 1) {
    return `[${elements.slice(0, SHOWN_ELEMENTS).join(', ')}, ... ${elements.length} in all]`;
  }
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
}
