/** One block of a job as keys and values, each asked for once; what nobody asked for is a problem. */
import { flatten, get, type Node, type ObjectNode } from '../hocon/node.ts';
import type { Position, Problems } from '../problems.ts';

/** The keys of one source, transform or sink, of `env`, or of an object in one of them. */
export class Block {
  /** `sink Milvus`, for messages. */
  readonly title: string;
  readonly at: Position;
  readonly problems: Problems;
  readonly #node: ObjectNode;
  readonly #asked = new Set<string>();

  constructor(title: string, node: ObjectNode, at: Position, problems: Problems) {
    this.title = title;
    this.#node = node;
    this.at = at;
    this.problems = problems;
  }

  /** Where the value of `key` is, or the block. */
  placeOf(key: string): Position {
    return get(this.#node, ...key.split('.'))?.value.at ?? this.at;
  }

  /** Whether `key` is there. */
  has(key: string): boolean {
    return get(this.#node, ...key.split('.')) !== undefined;
  }

  /** What `key` holds; undefined for one that is left out, or null. */
  node(key: string): Node | undefined {
    this.#asked.add(key);
    const value = get(this.#node, ...key.split('.'))?.value;
    return value?.kind === 'scalar' && value.text === 'null' && !value.quoted ? undefined : value;
  }

  /** The text of `key`. */
  text(key: string): string | undefined {
    const value = this.node(key);
    if (value === undefined || value.kind === 'scalar') return value?.text;
    this.refuse(key, `"${key}" is one value, not ${NAMES[value.kind]}`);
    return undefined;
  }

  /** The text of `key`; '' and a problem where it is missing or empty. */
  required(key: string, example: string): string {
    const text = this.text(key);
    if (text !== undefined && text !== '') return text;
    if (!this.has(key) || text === '') {
      this.problems.add(this.at, `${this.title}: "${key}" is missing`, `add ${key} = ${example}`);
    }
    return '';
  }

  /** The whole number of `key`. */
  integer(key: string, least = 0): number | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : NaN;
    if (value >= least) return value;
    this.refuse(key, `"${key}" is a whole number from ${least} on, not "${text}"`);
    return undefined;
  }

  /** The truth value of `key`. */
  truth(key: string): boolean | undefined {
    const text = this.text(key)?.toLowerCase();
    if (text === undefined) return undefined;
    if (text === 'true' || text === 'yes' || text === 'on') return true;
    if (text === 'false' || text === 'no' || text === 'off') return false;
    this.refuse(key, `"${key}" is true or false, not "${text}"`);
    return undefined;
  }

  /** The one of `choices`, in upper case or lower, that `key` names. */
  choice<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
    if (found === undefined) this.refuse(key, `"${key}" is no "${text}"`, `one of ${choices.join(', ')}`);
    return found;
  }

  /** The texts of `key`: a list, or one text with commas. */
  list(key: string): readonly string[] | undefined {
    const value = this.node(key);
    if (value === undefined) return undefined;
    if (value.kind === 'scalar') {
      return value.text.split(',').map((item) => item.trim()).filter((item) => item !== '');
    }
    if (value.kind === 'list') {
      const texts = value.items.flatMap((item) => item.kind === 'scalar' ? [item.text] : []);
      if (texts.length === value.items.length) return texts;
    }
    this.refuse(key, `"${key}" is a list of names`);
    return undefined;
  }

  /** The pairs of `key`, those of objects in it under names with dots. */
  pairs(key: string): readonly (readonly [name: string, text: string, at: Position])[] | undefined {
    const value = this.node(key);
    if (value === undefined) return undefined;
    if (value.kind === 'object') {
      return flatten(value).flatMap(({ key: name, at, value: text }) => {
        if (text.kind === 'scalar') return [[name, text.text, at] as const];
        this.problems.add(at, `"${key}" is a map of names, and ${name} is ${NAMES[text.kind]}`);
        return [];
      });
    }
    this.refuse(key, `"${key}" is a map of names: { old = new }`);
    return undefined;
  }

  /** The objects of `key`, each as a block. */
  blocks(key: string): readonly Block[] | undefined {
    const value = this.node(key);
    if (value === undefined) return undefined;
    const items = value.kind === 'list' ? value.items : [value];
    return items.flatMap((item) => {
      if (item.kind === 'object') return [new Block(`${this.title}: ${key}`, item, item.at, this.problems)];
      this.problems.add(item.at, `"${key}" is a list of objects`);
      return [];
    });
  }

  /** Adds a problem about the value of `key`. */
  refuse(key: string, message: string, remedy?: string): void {
    this.problems.add(this.placeOf(key), message, remedy);
  }

  /** Refuses keys that that tool has and vts has no counterpart for, each with the way round. */
  unsupported(keys: Readonly<Record<string, string>>): void {
    for (const [key, remedy] of Object.entries(keys)) {
      if (this.node(key) === undefined) continue;
      this.problems.add(keyPlace(this.#node, key), `${this.title}: "${key}" is not supported`, remedy);
    }
  }

  /** Those of `keys` that are there, which mean nothing for vts. */
  passOver(...keys: readonly string[]): readonly string[] {
    return keys.filter((key) => this.node(key) !== undefined);
  }

  /** Keys that nobody asked for are problems. */
  end(): void {
    const known = [...this.#asked];
    for (const { key, at } of flatten(this.#node)) {
      if (known.some((name) => key === name || key.startsWith(`${name}.`))) continue;
      const near = known.find((name) => bare(name) === bare(key));
      this.problems.add(
        at,
        `${this.title} has no key "${key}"`,
        near === undefined ? `it knows ${known.join(', ')}` : `is it ${near}?`,
      );
    }
    for (const { key, at, value } of this.#node.entries) {
      const isEmpty = value.kind === 'object' && value.entries.length === 0;
      if (isEmpty && !this.#asked.has(key)) this.problems.add(at, `${this.title} has no key "${key}"`);
    }
  }
}

const NAMES = { object: 'an object', list: 'a list', scalar: 'a text' } as const;

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function keyPlace(node: ObjectNode, key: string): Position {
  return get(node, ...key.split('.'))!.at;
}
