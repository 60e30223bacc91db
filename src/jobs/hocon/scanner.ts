/** The text of a document and where its reader stands in it. */
import type { Position, Problems } from '../problems.ts';

/** Thrown where nothing behind a mistake can be understood; the mistake is in the problems. */
export class SyntaxFault extends TypeError {}

/** The characters that end a text without quotes, white space and `//` aside. */
const SPECIAL = new Set('$"{}[]:=,+#`^?!@*&\\');

/** Reads characters. */
export interface Scanner {
  readonly text: string;
  readonly problems: Problems;
  pos: number;
  /** The place of `pos`, or of `at`. */
  place(at?: number): Position;
  /** The next character, or `''` at the end. */
  peek(ahead?: number): string;
  startsWith(word: string): boolean;
  /** Passes spaces, not line ends, and returns them. */
  spaces(): string;
  /** Passes white space and comments over lines; says whether a line ended. */
  lines(): boolean;
  /** Passes a text without quotes, up to white space; empty when there is none. */
  word(): string;
  /** @throws SyntaxFault */
  fail(message: string, remedy?: string, at?: number): never;
}

/** A scanner of `text`. */
export function scanner(text: string, problems: Problems): Scanner {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const self: Scanner = {
    text,
    problems,
    pos: text.startsWith('\uFEFF') ? 1 : 0,
    place(at = self.pos) {
      let [low, high] = [0, starts.length];
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (starts[middle] <= at) low = middle;
        else high = middle;
      }
      return { line: low + 1, column: at - starts[low] + 1 };
    },
    peek: (ahead = 0) => text[self.pos + ahead] ?? '',
    startsWith: (word) => text.startsWith(word, self.pos),
    spaces() {
      const start = self.pos;
      while (isSpace(self.peek())) self.pos++;
      return text.slice(start, self.pos);
    },
    lines() {
      let ended = false;
      for (;;) {
        self.spaces();
        if (self.peek() === '\n') {
          ended = true;
          self.pos++;
        } else if (self.peek() === '#' || self.startsWith('//')) {
          const end = text.indexOf('\n', self.pos);
          self.pos = end < 0 ? text.length : end;
        } else return ended;
      }
    },
    word() {
      const start = self.pos;
      for (let char = self.peek(); char !== '' && !SPECIAL.has(char); char = self.peek()) {
        if (isSpace(char) || char === '\n' || self.startsWith('//')) break;
        self.pos++;
      }
      return text.slice(start, self.pos);
    },
    fail(message, remedy, at = self.pos) {
      problems.add(self.place(at), message, remedy);
      throw new SyntaxFault(message);
    },
  };
  return self;
}

function isSpace(char: string): boolean {
  return char !== '\n' && char !== '' && (/\s/.test(char) || char === '\uFEFF');
}

/** What stands at the reading position, for messages. */
export function describe(scan: Scanner): string {
  const char = scan.peek();
  return char === '' ? 'the end of the file' : char === '\n' ? 'the end of the line' : JSON.stringify(char);
}
