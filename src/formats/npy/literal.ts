/**
 * The front of an array is a Python dictionary as text: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`. This reads as
 * much of Python as such dictionaries use: strings, whole numbers, True, False, None, tuples, lists and dictionaries.
 */

/** A value of such a text. Dictionaries are maps, numbers bigint. */
export type Literal = string | bigint | boolean | null | readonly Literal[] | ReadonlyMap<string, Literal>;

/** The types of structured arrays nest, but not deeply. */
const MAX_DEPTH = 32;

/** The value that `text` stands for; `undefined` when it is no such text. */
export function parseLiteral(text: string): Literal | undefined {
  const parser = new Parser(text);
  try {
    const value = parser.value(0);
    return parser.atEnd() ? value : undefined;
  } catch (error) {
    if (error === MALFORMED) return undefined;
    throw error;
  }
}

const MALFORMED = Symbol('malformed');

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#skipSpace();
    return this.#at === this.#text.length;
  }

  value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw MALFORMED;
    if (this.#take('{')) return this.#entries(depth);
    if (this.#take('(')) return this.#items(')', depth);
    if (this.#take('[')) return this.#items(']', depth);
    const quoted = this.#match(/'((?:[^'\\]|\\['\\])*)'|"((?:[^"\\]|\\["\\])*)"/y);
    if (quoted !== null) return (quoted[1] ?? quoted[2]).replaceAll(/\\(.)/g, '$1');
    // Python 2 wrote long integers with an L.
    const number = this.#match(/(-?\d{1,40})L?/y);
    if (number !== null) return BigInt(number[1]);
    const word = this.#match(/True|False|None/y);
    if (word !== null) return word[0] === 'None' ? null : word[0] === 'True';
    throw MALFORMED;
  }

  #items(end: string, depth: number): Literal[] {
    const items: Literal[] = [];
    while (!this.#take(end)) {
      items.push(this.value(depth + 1));
      if (this.#take(',')) continue;
      if (this.#take(end)) break;
      throw MALFORMED;
    }
    return items;
  }

  #entries(depth: number): Map<string, Literal> {
    const entries = new Map<string, Literal>();
    while (!this.#take('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string' || !this.#take(':')) throw MALFORMED;
      entries.set(key, this.value(depth + 1));
      if (this.#take(',')) continue;
      if (this.#take('}')) break;
      throw MALFORMED;
    }
    return entries;
  }

  #take(character: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    this.#skipSpace();
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }

  #skipSpace(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] || '-')) this.#at++;
  }
}
