/**
 * JSON texts that mean the same as one text: servers write the texts that they are given anew. Left out are spaces; members are sorted
 * by their keys; escapes in strings are undone; numbers keep all their digits, but not how they are written: `1.50`, `1.5` and `15e-1`
 * are one number, and `1` and `1.0`, an integer and a float to Milvus, are two.
 */
import { stringEnd } from '../json-string.ts';

/** Containers within containers, beyond which texts are compared as they are. */
const MAX_DEPTH = 200;

/** The canonical form of `text`; `undefined` when it is no JSON. */
export function canonicalJson(text: string): string | undefined {
  const parser = { text, at: 0 };
  const value = parseValue(parser, 0);
  skipSpace(parser);
  return value !== undefined && parser.at === text.length ? value : undefined;
}

interface Parser {
  readonly text: string;
  at: number;
}

function skipSpace(parser: Parser): void {
  const { text } = parser;
  while (true) {
    const code = text.charCodeAt(parser.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    parser.at++;
  }
}

function parseValue(parser: Parser, depth: number): string | undefined {
  skipSpace(parser);
  if (depth > MAX_DEPTH) return undefined;
  switch (parser.text[parser.at]) {
    case '{':
      return parseObject(parser, depth);
    case '[':
      return parseArray(parser, depth);
    case '"':
      return parseString(parser);
    default:
      return parseWord(parser) ?? parseNumber(parser);
  }
}

/** Takes `mark`, after spaces, if it comes next. */
function take(parser: Parser, mark: string): boolean {
  skipSpace(parser);
  if (parser.text[parser.at] !== mark) return false;
  parser.at++;
  return true;
}

function parseObject(parser: Parser, depth: number): string | undefined {
  parser.at++;
  const members: [key: string, text: string][] = [];
  if (take(parser, '}')) return '{}';
  do {
    skipSpace(parser);
    const key = parseString(parser);
    if (key === undefined || !take(parser, ':')) return undefined;
    const value = parseValue(parser, depth + 1);
    if (value === undefined) return undefined;
    members.push([key, `${key}:${value}`]);
  } while (take(parser, ','));
  if (!take(parser, '}')) return undefined;
  // Stable: of a key that is there twice, the order counts.
  members.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return `{${members.map(([, member]) => member)}}`;
}

function parseArray(parser: Parser, depth: number): string | undefined {
  parser.at++;
  const items: string[] = [];
  if (take(parser, ']')) return '[]';
  do {
    const value = parseValue(parser, depth + 1);
    if (value === undefined) return undefined;
    items.push(value);
  } while (take(parser, ','));
  return take(parser, ']') ? `[${items}]` : undefined;
}

// deno-lint-ignore no-control-regex -- JSON forbids them
const FORBIDDEN = /[\u0000-\u001f]/;

function parseString(parser: Parser): string | undefined {
  const { text, at } = parser;
  const end = text[at] === '"' ? stringEnd(text, at) : -1;
  if (end < 0) return undefined;
  const token = text.slice(at, end);
  parser.at = end;
  if (!token.includes('\\')) return FORBIDDEN.test(token) ? undefined : token;
  try {
    return JSON.stringify(JSON.parse(token));
  } catch {
    return undefined;
  }
}

const WORD = /true|false|null/y;

function parseWord(parser: Parser): string | undefined {
  return match(parser, WORD);
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function parseNumber(parser: Parser): string | undefined {
  const token = match(parser, NUMBER);
  return token === undefined || /^-?\d+$/.test(token) ? token : canonicalFraction(token);
}

/** `-1.50e3` as `-15e2`: the digits without zeros at either end, and their exponent. */
function canonicalFraction(token: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    token,
  )!;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return `${sign}0e0`;
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - kept.length);
  return `${sign}${kept}e${power}`;
}

function match(parser: Parser, pattern: RegExp): string | undefined {
  pattern.lastIndex = parser.at;
  const found = pattern.exec(parser.text)?.[0];
  if (found !== undefined) parser.at += found.length;
  return found;
}
