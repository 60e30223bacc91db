/** YAML as a tree of maps, lists and texts that know where they are, for the translators of jobs. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ParsedNode,
  type Scalar,
} from 'yaml';
import type { JobText } from './job.ts';
import type { Position, Problems } from './problems.ts';
import { substitute } from './variables.ts';

/** A value of a YAML text and where it is. */
export type Tree = TreeMap | TreeList | TreeText;

/** Keys and values in their order. */
export interface TreeMap {
  readonly kind: 'map';
  readonly at: Position;
  readonly entries: readonly Entry[];
}

/** One key of a map. */
export interface Entry {
  readonly key: string;
  readonly at: Position;
  readonly value: Tree;
}

/** A list. */
export interface TreeList {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Tree[];
}

/** A single value as its text, variables replaced. Numbers keep all their digits, as they never are numbers of JavaScript. */
export interface TreeText {
  readonly kind: 'text';
  readonly at: Position;
  readonly text: string;
  /** What it was written as; `null` for nothing at all. */
  readonly type: 'string' | 'number' | 'boolean' | 'null';
}

/** Lists and maps in lists and maps, at most. */
const DEEPEST = 32;
/** Values that aliases may stand for, at most: a few lines of aliases of aliases can mean billions. */
const MOST_VALUES = 100_000;
/** Each is looked for in the whole text. */
const MOST_ALIASES = 1000;

/**
 * The documents of `job` that hold anything. Values that cannot be taken become problems.
 * @throws VtsError Usage for what is no YAML
 */
export function parseYaml(job: JobText, problems: Problems): readonly Tree[] {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const documents = readDocuments(job.text, lines, problems);
  const context = { job, problems, position, values: 0, aliases: 0 };
  const trees: Tree[] = [];
  for (const { pos, message } of documents.flatMap(({ errors }) => errors)) {
    problems.add(position(pos[0]), `this is no YAML: ${message.trim()}`);
  }
  problems.throwIfAny();
  for (const document of documents) {
    if (document.contents === null) continue;
    const tree = treeOf(document.contents, { line: 1, column: 1 }, 0, { ...context, document });
    if (tree.kind !== 'text' || tree.type !== 'null') trees.push(tree);
  }
  return trees;
}

function readDocuments(text: string, lineCounter: LineCounter, problems: Problems): Document.Parsed[] {
  try {
    const options = { lineCounter, intAsBigInt: true, prettyErrors: false, logLevel: 'silent' } as const;
    return parseAllDocuments<ParsedNode>(text, options) as Document.Parsed[];
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The parser calls itself for each level.
    problems.add({ line: 1, column: 1 }, `lists and maps lie more than ${DEEPEST} deep in each other`);
    return [];
  }
}

interface TreeContext {
  readonly job: JobText;
  readonly document: Document.Parsed;
  readonly problems: Problems;
  readonly position: (offset: number) => Position;
  values: number;
  aliases: number;
}

/** The tree of `node`; `near` is where it is, where it does not say. */
function treeOf(node: Node | null | undefined, near: Position, depth: number, context: TreeContext): Tree {
  const { problems, position } = context;
  const at = node?.range ? position(node.range[0]) : near;
  const refuse = (message: string): Tree => {
    problems.add(at, message);
    return { kind: 'text', at, text: '', type: 'null' };
  };
  context.values++;
  if (context.values > MOST_VALUES) return refuse(`there are more than ${MOST_VALUES} values`);
  if (depth > DEEPEST) return refuse(`lists and maps lie more than ${DEEPEST} deep in each other`);
  if (isAlias(node)) {
    if (context.aliases++ > MOST_ALIASES) return refuse(`there are more than ${MOST_ALIASES} aliases`);
    const target = node.resolve(context.document);
    if (target === undefined) return refuse(`*${node.source} stands for nothing`);
    return treeOf(target as Node, at, depth + 1, context);
  }
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }): Entry => {
      const keyAt = (key as Node).range ? position((key as Node).range![0]) : at;
      if (!isScalar(key)) problems.add(keyAt, 'a key has to be a name');
      const name = isScalar(key) ? key.source ?? String(key.value) : '';
      return { key: name, at: keyAt, value: treeOf(value as Node | null, keyAt, depth + 1, context) };
    });
    return { kind: 'map', at, entries };
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => treeOf(item as Node | null, at, depth + 1, context));
    return { kind: 'list', at, items };
  }
  return textOf(node as Scalar | null | undefined, at, context);
}

function textOf(node: Scalar | null | undefined, at: Position, { job, problems }: TreeContext): TreeText {
  const value = node?.value;
  if (node === null || node === undefined || value === null || value === undefined) {
    return { kind: 'text', at, text: '', type: 'null' };
  }
  if (typeof value === 'string') {
    return { kind: 'text', at, text: substitute(value, job.variables, at, problems), type: 'string' };
  }
  if (typeof value === 'boolean') return { kind: 'text', at, text: String(value), type: 'boolean' };
  const text = typeof value === 'bigint' ? String(value) : node.source ?? String(value);
  return { kind: 'text', at, text, type: 'number' };
}
