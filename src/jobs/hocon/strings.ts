/** Strings in quotes: as JSON has them, and in three quotes over several lines as they stand. */
import type { Scanner } from './scanner.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reads the string at the reading position, which is a quote. */
export function readString(scan: Scanner): string {
  return scan.startsWith('"""') ? readTriple(scan) : readQuoted(scan);
}

function readTriple(scan: Scanner): string {
  const start = scan.pos + 3;
  let end = scan.text.indexOf('"""', start);
  if (end < 0) scan.fail('The three quotes that begin here are not closed', 'end the text with """');
  // Of more than three quotes at the end the first ones belong to the text.
  while (scan.text[end + 3] === '"') end++;
  scan.pos = end + 3;
  return scan.text.slice(start, end);
}

function readQuoted(scan: Scanner): string {
  const start = scan.pos++;
  let text = '';
  for (;;) {
    const char = scan.peek();
    if (char === '' || char === '\n') {
      scan.fail(
        'The quote that begins here is not closed',
        'end the text with a quote on the same line',
        start,
      );
    }
    scan.pos++;
    if (char === '"') return text;
    text += char === '\\' ? readEscape(scan) : char;
  }
}

function readEscape(scan: Scanner): string {
  const at = scan.pos - 1;
  const letter = scan.peek();
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  const [, digits] = /^u([0-9a-fA-F]{4})/.exec(scan.text.slice(scan.pos, scan.pos + 5)) ?? [];
  if (plain === undefined && digits === undefined) {
    scan.fail(`\\${letter} is no escape`, 'write a backslash as \\\\, or use three quotes', at);
  }
  scan.pos += plain === undefined ? 5 : 1;
  return plain ?? String.fromCharCode(parseInt(digits, 16));
}
