/** `--index FIELD:TYPE{params}`: `vector:HNSW{M:16,efConstruction:200}`, `year:STL_SORT{name=by_year}`. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { IndexRequest } from '../../connectors/milvus/model.ts';

const FORM = 'Write FIELD:TYPE or FIELD:TYPE{KEY:VALUE,...}, such as vector:HNSW{M:16,efConstruction:200}.';

/** Collects indexes over repeated flags, and over commas outside of braces. */
export function indexes(text: string, before: readonly IndexRequest[] = []): IndexRequest[] {
  const found = [...before];
  for (const item of splitOutside(text, ',')) {
    const request = parseIndex(item.trim());
    if (found.some((other) => other.field === request.field && other.name === request.name)) {
      throw new InvalidArgumentError(`"${request.field}" gets two indexes; give them names with {name=...}.`);
    }
    found.push(request);
  }
  return found;
}

/** Collects `FIELD{KEY:VALUE,...}` over repeated flags, and over commas outside of braces. */
export function fieldChanges(
  text: string,
  before: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Record<string, Readonly<Record<string, string>>> {
  const found = { ...before };
  for (const item of splitOutside(text, ',')) {
    const [, name, params] = /^\s*([^{]+?)\s*\{(.*)\}\s*$/s.exec(item) ??
      fail(item, 'Write FIELD{KEY:VALUE,...}, such as title{nullable:true,default:none}.');
    found[name] = { ...found[name], ...parseParams(params) };
  }
  return found;
}

function parseIndex(text: string): IndexRequest {
  const brace = text.indexOf('{');
  const head = brace === -1 ? text : text.slice(0, brace);
  const colon = head.lastIndexOf(':');
  const [field, type] = [head.slice(0, Math.max(0, colon)).trim(), head.slice(colon + 1).trim()];
  if (colon <= 0 || field === '' || !/^\w+$/.test(type)) fail(text, FORM);
  if (brace !== -1 && !text.endsWith('}')) fail(text, 'The closing brace is missing.');
  const { name, ...params } = brace === -1
    ? {} as Record<string, string>
    : parseParams(text.slice(brace + 1, -1));
  return { field, type: type.toUpperCase(), ...(name === undefined ? {} : { name }), params };
}

/** `M:16, "metric_type": "IP", name=by_year`: keys and values bare or as JSON; values keep their text. */
function parseParams(text: string): Record<string, string> {
  if (text.trim() === '') return {};
  const params: Record<string, string> = {};
  for (const item of splitOutside(text, ',')) {
    const match = /^\s*("(?:[^"\\]|\\.)*"|[^":={}[\],\s]+)\s*[:=]\s*(.+?)\s*$/s.exec(item);
    if (match === null) fail(item.trim(), 'Parameters are written KEY:VALUE, separated by commas.');
    const key = bare(match![1]);
    if (Object.hasOwn(params, key)) fail(key, 'This parameter is given twice.');
    params[key] = bare(match![2]);
  }
  return params;
}

/** A JSON string without its quotes; everything else as it is. */
function bare(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text));
  } catch {
    return fail(text, 'This is not a JSON string.');
  }
}

/** `text` cut at `separator` where it is neither in quotes nor in braces or brackets. */
function splitOutside(text: string, separator: string): string[] {
  const pieces = [''];
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|./gs)) {
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (depth < 0) fail(text, 'There is a closing brace too many.');
    if (token === separator && depth === 0) pieces.push('');
    else pieces[pieces.length - 1] += token;
  }
  if (depth > 0) fail(text, 'The closing brace is missing.');
  return pieces;
}

function fail(text: string, why: string): never {
  throw new InvalidArgumentError(`${why} (at "${text}")`);
}
