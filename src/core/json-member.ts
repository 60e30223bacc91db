/** The text of a member of a JSON object, with all digits: numbers never pass through a double. */
import { jsonTokens } from './json-string.ts';

/**
 * The JSON text of what `keys` lead to in the object `text`; undefined where it has no such member. Of a key that occurs
 * twice the last one counts.
 */
export function jsonMember(text: string, keys: readonly string[]): string | undefined {
  let found: string | undefined = text;
  for (const key of keys) {
    found = found === undefined ? undefined : member(found, key);
  }
  return found;
}

function member(text: string, key: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  let depth = 0;
  let found: string | undefined;
  // Of the member at hand: where its value begins, once its colon was passed.
  let isWanted = false;
  let start = -1;
  let name: string | undefined;
  for (const { text: token, at: index } of jsonTokens(text)) {
    if (depth === 1 && start >= 0 && (token === ',' || token === '}')) {
      if (isWanted) found = text.slice(start, index).trim();
      start = -1;
      name = undefined;
    }
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (depth === 1 && start < 0) {
      if (token === ':') {
        isWanted = name === key;
        start = index + 1;
      } else if (token.startsWith('"')) name = JSON.parse(token) as string;
    }
  }
  return found;
}
