/**
 * The tree of a file's schema elements with the levels of each node
 * (https://github.com/apache/parquet-format/blob/master/README.md#nested-encoding).
 */
import type { SchemaElement } from 'hyparquet';
import { VtsError } from '../../../errors.ts';

/** An element of the schema and what is below it. */
export interface SchemaNode {
  readonly name: string;
  /** Names from the column down to here. */
  readonly path: readonly string[];
  readonly element: SchemaElement;
  readonly children: readonly SchemaNode[];
  /** Values whose definition level is at least this have this node. */
  readonly def: number;
  /** REPEATED nodes from the root to here. */
  readonly rep: number;
  /** Number among all leaves (column chunks); of a group, that of its first leaf. */
  readonly leaf: number;
}

/** No writer nests deeper; levels then fit a byte and recursion the stack. */
const DEEPEST = 100;

/**
 * The children of the schema's root, whose own repetition is ignored: some writers mark it REPEATED.
 * @throws VtsError InputMalformed, InputUnsupported
 */
export function schemaTree(
  elements: readonly SchemaElement[],
): { columns: SchemaNode[]; leaves: SchemaNode[] } {
  const leaves: SchemaNode[] = [];
  let next = 1;

  function children(count: number, def: number, rep: number, parents: readonly string[]): SchemaNode[] {
    if (parents.length >= DEEPEST) {
      throw new VtsError('InputUnsupported', `columns are nested deeper than ${DEEPEST} levels`);
    }
    const nodes: SchemaNode[] = [];
    for (let i = 0; i < count; i++) nodes.push(node(def, rep, parents));
    return nodes;
  }

  function node(parentDef: number, parentRep: number, parents: readonly string[]): SchemaNode {
    const element = elements[next++];
    if (element === undefined) throw malformedSchema('ends before the last column');
    const { name, repetition_type: repetition, num_children: count = 0 } = element;
    if (typeof name !== 'string') throw malformedSchema('has a column without a name');
    if (![element.num_children, element.type_length, element.scale].every(isCount)) {
      throw malformedSchema('has a count that is none', name);
    }
    if (repetition === undefined) throw malformedSchema('has a column without a repetition', name);
    const def = parentDef + (repetition === 'REQUIRED' ? 0 : 1);
    const rep = parentRep + (repetition === 'REPEATED' ? 1 : 0);
    const path = [...parents, name];
    const leaf = leaves.length;
    if (count > 0) return { name, path, element, def, rep, leaf, children: children(count, def, rep, path) };
    if (element.type === undefined) throw malformedSchema('has a column without a type', name);
    const result: SchemaNode = { name, path, element, def, rep, leaf, children: [] };
    leaves.push(result);
    return result;
  }

  const count = elements[0]?.num_children;
  if (!isCount(count)) throw malformedSchema('has a count that is none');
  const columns = children(count ?? 0, 0, 0, []);
  if (next !== Math.max(1, elements.length)) throw malformedSchema('has elements that belong to no column');
  const names = new Set<string>();
  for (const { name } of columns) {
    if (names.has(name)) {
      throw new VtsError('InputMalformed', `two columns are called "${name}"`, {
        field: name,
        expected: 'names that differ',
        remedy: 'rename one of them where the file was made',
      });
    }
    names.add(name);
  }
  return { columns, leaves };
}

function isCount(value: unknown): boolean {
  return value === undefined || (Number.isInteger(value) && (value as number) >= 0);
}

function malformedSchema(message: string, field?: string): VtsError {
  return new VtsError('InputMalformed', `the Parquet schema ${message}`, { field });
}
