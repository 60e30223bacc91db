/**
 * HOCON (https://github.com/lightbend/config/blob/main/HOCON.md) read into assignments. Includes are refused: a job is
 * one file.
 */
import type { Piece, RawField, RawValue, Reference } from './raw.ts';
import { describe, type Scanner } from './scanner.ts';
import { readString } from './strings.ts';

/** Objects and lists may be nested this deep. */
const MAX_DEPTH = 64;

/** The fields of a whole document, with braces around them or without. @throws SyntaxFault */
export function parseDocument(scan: Scanner): readonly RawField[] {
  scan.lines();
  if (scan.peek() === '[') {
    scan.fail('The file is a list', 'a job is an object: env { ... } source { ... } sink { ... }');
  }
  const fields = scan.peek() === '{' ? parseObject(scan, 0) : parseFields(scan, 0, '');
  scan.lines();
  if (scan.peek() !== '') scan.fail(`There is ${describe(scan)} behind the end of the document`);
  return fields;
}

function parseObject(scan: Scanner, depth: number): readonly RawField[] {
  const start = scan.pos;
  if (depth > MAX_DEPTH) scan.fail(`Objects are nested more than ${MAX_DEPTH} levels deep`);
  scan.pos++;
  const fields = parseFields(scan, depth, '}');
  if (scan.peek() !== '}') scan.fail('The brace that begins here is not closed', undefined, start);
  scan.pos++;
  return fields;
}

/** Fields up to `close`, which is not passed, or to the end. */
function parseFields(scan: Scanner, depth: number, close: string): RawField[] {
  const fields: RawField[] = [];
  scan.lines();
  while (scan.peek() !== close && scan.peek() !== '') {
    fields.push(parseField(scan, depth));
    separate(scan, close);
  }
  return fields;
}

/** Passes the comma or the line end between two fields or elements. */
function separate(scan: Scanner, close: string): void {
  const ended = scan.lines();
  if (scan.peek() === ',') {
    scan.pos++;
    scan.lines();
    if (scan.peek() === ',') scan.fail('There are two commas', 'take one out');
  } else if (!ended && scan.peek() !== close && scan.peek() !== '') {
    scan.fail(`Found ${describe(scan)}, expected a comma or the end of the line`, quotesRemedy(scan));
  }
}

function parseField(scan: Scanner, depth: number): RawField {
  const at = scan.place();
  if (/^include\b(?!\s*[:={+.])/.test(scan.text.slice(scan.pos, scan.pos + 40))) {
    scan.fail('Includes are not read', 'put what the other file says into this one');
  }
  const path = parsePath(scan);
  scan.lines();
  let append = false;
  if (scan.startsWith('+=')) {
    append = true;
    scan.pos += 2;
  } else if (scan.peek() === '=' || scan.peek() === ':') scan.pos++;
  else if (scan.peek() !== '{') {
    scan.fail(
      `Found ${describe(scan)} behind the key ${path.join('.')}, expected "=" or "{"`,
      'write KEY = VALUE',
    );
  }
  scan.lines();
  return { path, at, append, value: parseValue(scan, depth) };
}

/** Keys joined by dots, each bare or in quotes. */
function parsePath(scan: Scanner): string[] {
  const start = scan.pos;
  const path = [''];
  let isNamed = false;
  for (;;) {
    if (scan.peek() === '"') {
      path[path.length - 1] += readString(scan);
      isNamed = true;
    } else {
      const word = scan.word();
      if (word === '') break;
      const [first, ...rest] = word.split('.');
      path[path.length - 1] += first;
      path.push(...rest);
      isNamed = true;
    }
    // Spaces within a key belong to it.
    const before = scan.pos;
    const spaces = scan.spaces();
    const next = scan.peek();
    if (next === '' || '\n:={+#'.includes(next) || scan.startsWith('//')) break;
    if (spaces === '') continue;
    if (next !== '"' && scan.word() === '') break;
    scan.pos = before + spaces.length;
    path[path.length - 1] += spaces;
  }
  if (!isNamed) scan.fail(`Found ${describe(scan)}, expected a key`);
  if (path.some((key) => key === '') && !scan.text.slice(start, scan.pos).includes('""')) {
    scan.fail('A key is empty between its dots', undefined, start);
  }
  return path;
}

function parseValue(scan: Scanner, depth: number): RawValue {
  const at = scan.place();
  const pieces: Piece[] = [];
  for (;;) {
    const piece = parsePiece(scan, depth);
    if (piece === undefined) break;
    pieces.push(piece);
    const place = scan.place();
    const spaces = scan.spaces();
    if (spaces !== '') pieces.push({ kind: 'space', at: place, text: spaces });
  }
  if (pieces.at(-1)?.kind === 'space') pieces.pop();
  if (pieces.length === 0) scan.fail(`Found ${describe(scan)}, expected a value`, quotesRemedy(scan));
  return { at, pieces };
}

function parsePiece(scan: Scanner, depth: number): Piece | undefined {
  const at = scan.place();
  const char = scan.peek();
  if (char === '{') return { kind: 'object', at, fields: parseObject(scan, depth + 1) };
  if (char === '[') return { kind: 'list', at, items: parseList(scan, depth + 1) };
  if (char === '"') return { kind: 'text', at, text: readString(scan), quoted: true };
  if (scan.startsWith('${')) return parseReference(scan);
  // A colon or an equals sign within a value is part of a text only in quotes; say so rather than guess.
  const text = scan.word();
  if (text !== '') return { kind: 'text', at, text, quoted: false };
  if (char === '' || '\n,}]#'.includes(char) || scan.startsWith('//')) return undefined;
  return scan.fail(`${describe(scan)} cannot be in a text without quotes`, quotesRemedy(scan));
}

function parseList(scan: Scanner, depth: number): RawValue[] {
  const start = scan.pos;
  if (depth > MAX_DEPTH) scan.fail(`Lists are nested more than ${MAX_DEPTH} levels deep`);
  scan.pos++;
  const items: RawValue[] = [];
  scan.lines();
  while (scan.peek() !== ']') {
    if (scan.peek() === '') scan.fail('The bracket that begins here is not closed', undefined, start);
    items.push(parseValue(scan, depth));
    separate(scan, ']');
  }
  scan.pos++;
  return items;
}

/** `${a.b}`, `${?a.b}`, `${NAME:otherwise}`. */
function parseReference(scan: Scanner): Reference {
  const at = scan.place();
  const match = /^\$\{(\??)([^}:\n]*)(?::([^}\n]*))?\}/.exec(scan.text.slice(scan.pos, scan.pos + 4096));
  if (match === null) {
    scan.fail('The variable that begins here is not closed', 'write ${NAME} or ${NAME:default}');
  }
  const [whole, mark, inside, otherwise] = match!;
  const name = inside.trim();
  if (name === '') scan.fail('The variable has no name', 'write ${NAME} or ${NAME:default}');
  scan.pos += whole.length;
  const path = name.split('.').map((key) => key.replace(/^"(.*)"$/, '$1'));
  return {
    kind: 'reference',
    at,
    name,
    path,
    optional: mark === '?',
    otherwise: otherwise?.trim().replace(/^"(.*)"$/, '$1'),
  };
}

function quotesRemedy(scan: Scanner): string | undefined {
  return scan.peek() === '' ? undefined : 'put texts with such characters in double quotes';
}
