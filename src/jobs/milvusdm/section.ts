/** One task of a MilvusDM file as keys and values, each asked for once; what nobody asked for is a problem. */
import type { Position, Problems } from '../problems.ts';
import type { Entry, Tree, TreeMap } from '../yaml-tree.ts';

/** The keys of one task. */
export class Section {
  readonly at: Position;
  readonly #title: string;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #asked = new Set<string>();
  readonly #problems: Problems;

  constructor(title: string, { at, entries }: TreeMap, problems: Problems) {
    this.at = at;
    this.#title = title;
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.#problems = problems;
  }

  /** Where the value of `key` is, or the task. */
  placeOf(key: string): Position {
    return this.#entries.get(key)?.value.at ?? this.at;
  }

  /** What `key` holds; undefined where it is left out or empty, which MilvusDM takes for the same. */
  get(key: string): Tree | undefined {
    this.#asked.add(key);
    const value = this.#entries.get(key)?.value;
    return value === undefined || isEmpty(value) ? undefined : value;
  }

  /** The text of `key`. */
  text(key: string): string | undefined {
    const value = this.get(key);
    if (value === undefined || value.kind === 'text') return value?.text;
    this.#problems.add(value.at, `"${key}" is one value, not a ${value.kind}`);
    return undefined;
  }

  /** The texts of `key`: a list, or one alone. */
  texts(key: string): readonly string[] | undefined {
    const value = this.get(key);
    return value === undefined ? undefined : textsOf(value, key, this.#problems);
  }

  /** The text of `key`; '' and a problem where it is missing. */
  required(key: string, example: string): string {
    const given = this.get(key) !== undefined;
    const found = this.text(key);
    if (!given) this.missing(key, example);
    return found ?? '';
  }

  /** The map that `key` holds, as a section of its own. */
  section(key: string): Section | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    if (value.kind === 'map') return new Section(`${this.#title}: ${key}`, value, this.#problems);
    this.#problems.add(value.at, `"${key}" is a map of names and values`);
    return undefined;
  }

  /** Adds a problem about the value of `key`. */
  refuse(key: string, message: string, remedy?: string): void {
    this.#problems.add(this.placeOf(key), message, remedy);
  }

  /** Says that `key` is missing. */
  missing(key: string, example: string): void {
    this.#problems.add(this.placeOf(key), `${this.#title}: "${key}" is missing`, `add ${key}: ${example}`);
  }

  /** Keys that nobody asked for are problems. */
  end(): void {
    for (const { key, at } of this.#entries.values()) {
      if (this.#asked.has(key)) continue;
      this.#problems.add(at, `${this.#title} has no key "${key}"`, `it knows ${[...this.#asked].join(', ')}`);
    }
  }
}

/** The texts of a list, or of one value. */
export function textsOf(value: Tree, key: string, problems: Problems): readonly string[] {
  const items = value.kind === 'list' ? value.items : [value];
  return items.flatMap((item) => {
    if (item.kind === 'text' && !isEmpty(item)) return [item.text];
    problems.add(item.at, `"${key}" is a list of names`);
    return [];
  });
}

function isEmpty(value: Tree): boolean {
  if (value.kind === 'text') return value.type === 'null' || value.text === '';
  return (value.kind === 'list' ? value.items : value.entries).length === 0;
}
