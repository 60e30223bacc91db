/**
 * The SQL of a transform, as far as vts goes: `SELECT a, b AS c FROM t WHERE year > 2020 AND kind IN ('x')`. The
 * condition becomes one of Milvus. Numbers keep their digits.
 */

/** A column of the result; `*` for all. */
export interface Selected {
  readonly column: string;
  readonly name: string;
}

/** A statement that is understood. */
export interface Select {
  readonly columns: readonly Selected[];
  /** The condition as Milvus writes it; `column` gives a column's name there. */
  readonly where?: (column: (name: string) => string) => string;
}

/** What is wrong with a statement, and where in its text. */
export class SqlFault extends TypeError {
  constructor(message: string, readonly offset: number) {
    super(message);
  }
}

type Condition = (column: (name: string) => string) => string;

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'sign' | 'end';
  readonly text: string;
  readonly offset: number;
}

const TOKEN =
  /\s+|--[^\n]*|([A-Za-z_$][\w$]*)|`([^`]+)`|"([^"]+)"|'((?:[^']|'')*)'|((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(<>|<=|>=|!=|==|[=<>(),.*+\-/;%|])/gy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const offset = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new SqlFault(`${JSON.stringify(text[offset])} is not understood`, offset);
    const [, word, ticked, quoted, string, number, sign] = match;
    if (word !== undefined) tokens.push({ kind: 'word', text: word, offset });
    else if ((ticked ?? quoted) !== undefined) tokens.push({ kind: 'name', text: ticked ?? quoted, offset });
    else if (string !== undefined) tokens.push({ kind: 'text', text: string.replaceAll("''", "'"), offset });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, offset });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, offset });
  }
  tokens.push({ kind: 'end', text: '', offset: text.length });
  return tokens;
}

/** Reads `text`. @throws SqlFault */
export function parseSelect(text: string): Select {
  const reader = new Reader(tokenize(text));
  reader.expect('select');
  const columns: Selected[] = [];
  do columns.push(reader.selected()); while (reader.takes(','));
  reader.expect('from');
  reader.name();
  while (reader.takes('.')) reader.name();
  const where = reader.takes('where') ? reader.condition() : undefined;
  reader.takes(';');
  reader.end();
  return { columns, ...(where === undefined ? {} : { where }) };
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '=': '==',
  '==': '==',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** Conditions may be nested this deep. */
const MAX_DEPTH = 64;

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get #token(): Token {
    return this.#tokens[this.#at];
  }

  #is(word: string, token: Token = this.#token): boolean {
    return (token.kind === 'word' || token.kind === 'sign') && token.text.toLowerCase() === word;
  }

  takes(word: string): boolean {
    if (!this.#is(word)) return false;
    this.#at++;
    return true;
  }

  expect(word: string): void {
    if (!this.takes(word)) this.#fail(`expected ${word.toUpperCase()}`);
  }

  end(): void {
    if (this.#token.kind !== 'end') {
      this.#fail('expected the end: joins, groups, orders and limits are not supported');
    }
  }

  #fail(message: string): never {
    const { text, offset, kind } = this.#token;
    throw new SqlFault(`found ${kind === 'end' ? 'the end' : JSON.stringify(text)}, ${message}`, offset);
  }

  name(): string {
    const { kind, text } = this.#token;
    if ((kind !== 'word' && kind !== 'name') || (kind === 'word' && RESERVED.has(text.toLowerCase()))) {
      this.#fail('expected a name');
    }
    this.#at++;
    return text;
  }

  /** A column, perhaps behind the name of its table. */
  #column(): string {
    let name = this.name();
    while (this.takes('.')) name = this.name();
    if (this.#is('(')) this.#fail(`and functions such as ${name}() are not supported: name columns only`);
    return name;
  }

  selected(): Selected {
    if (this.takes('*')) return { column: '*', name: '*' };
    if (this.#token.kind === 'number' || this.#token.kind === 'text') {
      this.#fail('and only columns can be selected');
    }
    const column = this.#column();
    const isAlias = this.takes('as') || this.#token.kind === 'name' ||
      (this.#token.kind === 'word' && !RESERVED.has(this.#token.text.toLowerCase()));
    const name = isAlias ? this.name() : column;
    if (!this.#is(',') && !this.#is('from')) this.#fail('and only columns can be selected');
    return { column, name };
  }

  condition(): Condition {
    if (++this.#depth > MAX_DEPTH) this.#fail(`and conditions are nested more than ${MAX_DEPTH} levels deep`);
    const parts = [this.#conjunction()];
    while (this.takes('or')) parts.push(this.#conjunction());
    this.#depth--;
    return parts.length === 1 ? parts[0] : (column) => parts.map((part) => `(${part(column)})`).join(' or ');
  }

  #conjunction(): Condition {
    const parts = [this.#negation()];
    while (this.takes('and')) parts.push(this.#negation());
    return parts.length === 1 ? parts[0] : (column) => parts.map((part) => `(${part(column)})`).join(' and ');
  }

  #negation(): Condition {
    let isNegated = false;
    while (this.takes('not')) isNegated = !isNegated;
    const inner = this.#comparison();
    return isNegated ? (column) => `not (${inner(column)})` : inner;
  }

  #comparison(): Condition {
    if (this.takes('(')) {
      const inner = this.condition();
      this.expect(')');
      return inner;
    }
    const left = this.#operand();
    const isNegated = this.takes('not');
    const special = this.#special(left);
    if (special !== undefined) return isNegated ? (column) => `not (${special(column)})` : special;
    const sign = this.#token.kind === 'sign' ? COMPARISONS[this.#token.text] : undefined;
    if (isNegated || sign === undefined) {
      this.#fail('expected a comparison: = != < <= > >= IN LIKE BETWEEN IS');
    }
    this.#at++;
    const right = this.#operand();
    return (column) => `${left(column)} ${sign} ${right(column)}`;
  }

  #special(left: Condition): Condition | undefined {
    if (this.takes('in')) {
      this.expect('(');
      const items: string[] = [];
      do items.push(this.#literal()); while (this.takes(','));
      this.expect(')');
      return (column) => `${left(column)} in [${items.join(', ')}]`;
    }
    if (this.takes('like')) {
      const pattern = this.#literal();
      return (column) => `${left(column)} like ${pattern}`;
    }
    if (this.takes('between')) {
      const low = this.#literal();
      this.expect('and');
      const high = this.#literal();
      return (column) => `(${left(column)} >= ${low}) and (${left(column)} <= ${high})`;
    }
    if (this.takes('is')) {
      const isNegated = this.takes('not');
      this.expect('null');
      return (column) => `${left(column)} is ${isNegated ? 'not ' : ''}null`;
    }
    return undefined;
  }

  #operand(): Condition {
    const { kind, text } = this.#token;
    const isTruth = kind === 'word' && /^(true|false)$/i.test(text);
    if (kind === 'number' || kind === 'text' || isTruth || this.#is('-')) {
      const literal = this.#literal();
      return () => literal;
    }
    const name = this.#column();
    return (column) => column(name);
  }

  /** A number, a text or a truth value as Milvus writes it. */
  #literal(): string {
    const isNegative = this.takes('-');
    const { kind, text } = this.#token;
    if (kind === 'number') {
      this.#at++;
      return `${isNegative ? '-' : ''}${text}`;
    }
    if (!isNegative && kind === 'text') {
      this.#at++;
      return JSON.stringify(text);
    }
    if (!isNegative && kind === 'word' && /^(true|false)$/i.test(text)) {
      this.#at++;
      return text.toLowerCase();
    }
    return this.#fail('expected a number or a text in single quotes');
  }
}

const RESERVED: ReadonlySet<string> = new Set([
  'select',
  'from',
  'where',
  'and',
  'or',
  'not',
  'in',
  'like',
  'between',
  'is',
  'null',
  'as',
  'group',
  'order',
  'by',
  'join',
  'limit',
  'union',
  'having',
  'on',
  'case',
  'distinct',
]);
