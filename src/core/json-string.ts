/** Strings in JSON text. A regular expression that takes one character after the other gives up, unsaid, on those of two million. */

/** The index behind the string that begins with the quote at `start`; -1 when it has no end. */
export function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at;
    while (text[first - 1] === '\\') first--;
    if ((at - first) % 2 === 0) return at + 1;
  }
  return -1;
}

/** A piece of JSON text: a string, a bracket, a comma, a colon, or a word. */
export interface Token {
  readonly text: string;
  readonly at: number;
}

const OTHER = /[{}[\],:]|[^\s{}[\],:"]+|"/g;

/** The pieces of `text`, spaces left out. */
export function* jsonTokens(text: string): Generator<Token> {
  const pattern = new RegExp(OTHER);
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const at = found.index;
    if (found[0] !== '"') yield { text: found[0], at };
    else {
      const end = stringEnd(text, at);
      if (end < 0) return;
      yield { text: text.slice(at, end), at };
      pattern.lastIndex = end;
    }
  }
}
