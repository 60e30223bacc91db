/**
 * Assignments become values: later ones go before earlier ones, objects are merged, `+=` appends, and variables stand for
 * other keys of the document, else for those of the environment.
 */
import type { Position, Problems } from '../problems.ts';
import type { Entry, ListNode, Node, ObjectNode, ScalarNode } from './node.ts';
import type { Piece, RawField, RawValue, Reference } from './raw.ts';
import { expandText, type Variables } from './variables.ts';

/** How a document is understood. */
export interface ResolveOptions {
  readonly variables: Variables;
  readonly problems: Problems;
  /** The keys of the root in whose objects a key may be repeated: `source { Milvus {} Milvus {} }`. */
  readonly repeatable: ReadonlySet<string>;
}

/** One assignment to a key; what it holds is a value, or further keys of a path. */
interface Assignment {
  readonly at: Position;
  readonly append: boolean;
  readonly content: RawValue | readonly RawField[];
}

type Scope = Map<string, Assignment[]>;

/** A value that is being worked out, so that one that needs itself is found. */
interface Frame {
  readonly path: string;
  /** The assignment at hand: those before it are what `path` means within it. */
  readonly index: number;
}

/** Values that a document may have; variables that double themselves would fill the memory. */
const MAX_NODES = 100_000;
/** Variables that lead to variables, when a key within their objects is looked for. */
const MAX_LINKS = 16;

/** The document of `fields`. Problems are added to the options' list. */
export function resolveDocument(fields: readonly RawField[], options: ResolveOptions): ObjectNode {
  return new Resolver(fields, options).document();
}

class Resolver {
  readonly #root: Scope;
  readonly #options: ResolveOptions;
  readonly #frames: Frame[] = [];
  #nodes = 0;

  constructor(fields: readonly RawField[], options: ResolveOptions) {
    this.#root = scopeOf(fields);
    this.#options = options;
  }

  document(): ObjectNode {
    const entries = [...this.#root].flatMap(([key, assignments]): Entry[] => {
      if (this.#options.repeatable.has(key)) {
        const value = this.#repeated(key, assignments);
        if (value !== undefined) return [{ key, at: assignments[0].at, value }];
      }
      return this.#entry(key, key, assignments);
    });
    return { kind: 'object', at: { line: 1, column: 1 }, entries };
  }

  /** The object of all blocks under `key`, repeated ones apart; `undefined` when it is no object. */
  #repeated(key: string, assignments: readonly Assignment[]): ObjectNode | undefined {
    const fields = assignments.map(({ content }) => fieldsOf(content));
    if (fields.some((list) => list === undefined)) return undefined;
    const entries = fields.flatMap((list) =>
      list!.flatMap((field) => {
        const [[name, own]] = [...scopeOf([field])];
        return this.#entry(name, `${key}.${name}`, own);
      })
    );
    return { kind: 'object', at: assignments[0].at, entries };
  }

  #entry(key: string, path: string, assignments: readonly Assignment[]): Entry[] {
    const value = this.#value(path, assignments);
    return value === undefined ? [] : [{ key, at: assignments.at(-1)!.at, value }];
  }

  /** What `assignments` to `path` give together; `undefined` when they are optional and name nothing. */
  #value(path: string, assignments: readonly Assignment[]): Node | undefined {
    let value: Node | undefined;
    assignments.forEach(({ at, append, content }, index) => {
      this.#frames.push({ path, index });
      const next = 'pieces' in content ? this.#join(path, content) : this.#object(path, at, scopeOf(content));
      this.#frames.pop();
      if (next === undefined) return;
      value = append ? this.#append(value, next, at) : merge(value, next);
    });
    return value;
  }

  #append(value: Node | undefined, next: Node, at: Position): Node {
    if (value !== undefined && value.kind !== 'list') {
      this.#options.problems.add(at, '+= adds to a list, and this is none', 'write = with the whole value');
      return value;
    }
    return { kind: 'list', at: value?.at ?? at, items: [...value?.items ?? [], next] };
  }

  #object(path: string, at: Position, scope: Scope): ObjectNode {
    this.#count(at);
    const entries = [...scope].flatMap(([key, assignments]) =>
      this.#entry(key, `${path}.${key}`, assignments)
    );
    return { kind: 'object', at, entries };
  }

  /** The pieces of a value together: texts are joined, objects merged, lists put behind each other. */
  #join(path: string, { at, pieces }: RawValue): Node | undefined {
    const [first] = pieces;
    if (pieces.length === 1 && first.kind !== 'space') return this.#piece(path, first);
    let value: Node | undefined;
    let space = '';
    for (const piece of pieces) {
      if (piece.kind === 'space') {
        space = piece.text;
        continue;
      }
      const next = this.#piece(path, piece);
      if (next === undefined) continue;
      this.#count(piece.at);
      value = value === undefined ? next : this.#concat(value, space, next, piece.at);
      space = '';
    }
    this.#count(at);
    return value;
  }

  #concat(left: Node, space: string, right: Node, at: Position): Node {
    if (left.kind === 'scalar' && right.kind === 'scalar') {
      return { ...left, text: left.text + space + right.text, quoted: left.quoted || right.quoted };
    }
    if (left.kind === 'list' && right.kind === 'list') {
      return { ...left, items: [...left.items, ...right.items] };
    }
    if (left.kind === 'object' && right.kind === 'object') return merge(left, right);
    this.#options.problems.add(
      at,
      `${NAMES[right.kind]} cannot follow ${NAMES[left.kind].toLowerCase()}`,
      'put a comma, or a line end, between two values',
    );
    return left;
  }

  #piece(path: string, piece: Exclude<Piece, { kind: 'space' }>): Node | undefined {
    const { at } = piece;
    this.#count(at);
    switch (piece.kind) {
      case 'text': {
        const { variables, problems } = this.#options;
        const text = piece.quoted ? expandText(piece.text, variables, at, problems) : piece.text;
        return { kind: 'scalar', at, text, quoted: piece.quoted };
      }
      case 'object':
        return this.#object(path, at, scopeOf(piece.fields));
      case 'list':
        return this.#list(path, at, piece.items);
      case 'reference':
        return this.#reference(piece);
    }
  }

  #list(path: string, at: Position, items: readonly RawValue[]): ListNode {
    return {
      kind: 'list',
      at,
      items: items.flatMap((item, i) => this.#join(`${path}[${i}]`, item) ?? []),
    };
  }

  #reference(reference: Reference): Node | undefined {
    const { at, name, path, optional, otherwise } = reference;
    const key = path.join('.');
    const frame = this.#frames.findLastIndex((one) => one.path === key);
    const found = this.#find(path);
    if (frame >= 0 && found !== undefined) {
      // Within its own value a key means what it was before; within that of a later key the two need each other.
      const { index } = this.#frames[frame];
      if (index > 0) return this.#value(key, found.slice(0, index));
      if (frame < this.#frames.length - 1 || !Object.hasOwn(this.#options.variables, name)) {
        if (!optional) {
          this.#options.problems.add(at, `\${${name}} needs itself`, 'give one of the keys a value');
        }
        return undefined;
      }
    } else if (found !== undefined) return this.#at(this.#value(key, found), at);
    const { variables, problems } = this.#options;
    const value = (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? otherwise;
    if (value !== undefined) return scalar(value, at);
    if (!optional) {
      problems.add(
        at,
        `\${${name}} is not set`,
        `set ${name} in the environment, or write \${${name}:default}`,
      );
    }
    return undefined;
  }

  /** `node` with the place of the variable that stands for it, where that is one text. */
  #at(node: Node | undefined, at: Position): Node | undefined {
    return node?.kind === 'scalar' ? { ...node, at } : node;
  }

  /** The assignments to the key that `path` leads to; `depth` counts the variables that led here. */
  #find(path: readonly string[], depth = 0): Assignment[] | undefined {
    let scope: Scope | undefined = this.#root;
    let found: Assignment[] | undefined;
    path.forEach((key, i) => {
      found = scope?.get(key);
      scope = found === undefined || i === path.length - 1 ? undefined : this.#scope(found, depth);
    });
    return found;
  }

  /** The keys below `assignments`, those of objects that variables name included. */
  #scope(assignments: readonly Assignment[], depth: number): Scope {
    const fields = assignments.flatMap(({ at, content }): readonly RawField[] => {
      this.#count(at);
      if (!('pieces' in content)) return content;
      return content.pieces.flatMap((piece) => piece.kind === 'object' ? piece.fields : []);
    });
    const named = assignments.flatMap(({ content }) =>
      'pieces' in content ? content.pieces.filter((piece) => piece.kind === 'reference') : []
    );
    const scope: Scope = new Map();
    const add = (keys: Scope) => {
      for (const [key, list] of keys) scope.set(key, [...scope.get(key) ?? [], ...list]);
    };
    for (const { path } of depth < MAX_LINKS ? named : []) {
      const target = this.#find(path, depth + 1);
      if (target !== undefined) add(this.#scope(target, depth + 1));
    }
    add(scopeOf(fields));
    return scope;
  }

  #count(at: Position): void {
    if (++this.#nodes <= MAX_NODES) return;
    this.#options.problems.add(at, `The variables of this document stand for more than ${MAX_NODES} values`);
    this.#options.problems.throwIfAny();
  }
}

const NAMES = { object: 'An object', list: 'A list', scalar: 'A text' } as const;

function scalar(text: string, at: Position): ScalarNode {
  return { kind: 'scalar', at, text, quoted: true };
}

/** The fields of a value that is nothing but objects. */
function fieldsOf(content: Assignment['content']): readonly RawField[] | undefined {
  if (!('pieces' in content)) return content;
  const pieces = content.pieces.filter((piece) => piece.kind !== 'space');
  return pieces.every((piece) => piece.kind === 'object')
    ? pieces.flatMap((piece) => piece.kind === 'object' ? piece.fields : [])
    : undefined;
}

/** Assignments by the first key of their paths. */
function scopeOf(fields: readonly RawField[]): Scope {
  const scope: Scope = new Map();
  for (const { path: [key, ...rest], at, append, value } of fields) {
    const assignment: Assignment = rest.length === 0
      ? { at, append, content: value }
      : { at, append: false, content: [{ path: rest, at, append, value }] };
    scope.set(key, [...scope.get(key) ?? [], assignment]);
  }
  return scope;
}

/** Objects together, key by key; of anything else the later one. */
function merge(earlier: Node | undefined, later: Node): Node {
  if (earlier?.kind !== 'object' || later.kind !== 'object') return later;
  const entries = new Map(earlier.entries.map((entry) => [entry.key, entry]));
  for (const entry of later.entries) {
    const before = entries.get(entry.key);
    entries.set(entry.key, { ...entry, value: merge(before?.value, entry.value) });
  }
  return { kind: 'object', at: later.at, entries: [...entries.values()] };
}
