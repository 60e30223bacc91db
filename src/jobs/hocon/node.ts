/** A HOCON document as it is understood: objects, lists and scalars, each with its place in the text. */
import type { Position } from '../problems.ts';

/** A value. */
export type Node = ObjectNode | ListNode | ScalarNode;

/** Keys in the order of the text; one occurs twice only where {@linkcode HoconOptions.repeatable} says so. */
export interface ObjectNode {
  readonly kind: 'object';
  readonly at: Position;
  readonly entries: readonly Entry[];
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Node[];
}

/** A string, a number, a boolean or null: its text, with all digits. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly text: string;
  /** Whether it was written in quotes, at least in part; `null` without them is no value. */
  readonly quoted: boolean;
}

/** A key and its value. */
export interface Entry {
  readonly key: string;
  /** Where the key is; of a value that is merged from several places where the last one is. */
  readonly at: Position;
  readonly value: Node;
}

/** The value of `key`, whose dots lead into objects: `get(env, 'job.mode')`. */
export function get(node: ObjectNode, ...path: readonly string[]): Entry | undefined {
  let found: Entry | undefined;
  let scope: Node | undefined = node;
  for (const key of path) {
    found = scope?.kind === 'object' ? scope.entries.findLast((entry) => entry.key === key) : undefined;
    scope = found?.value;
  }
  return found;
}

/** All values below `node` that are no objects, under their keys joined by dots. */
export function flatten(node: ObjectNode, prefix = ''): Entry[] {
  return node.entries.flatMap((entry): Entry[] => {
    const key = prefix + entry.key;
    return entry.value.kind === 'object' ? flatten(entry.value, `${key}.`) : [{ ...entry, key }];
  });
}
