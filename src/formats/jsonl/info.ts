import type { FormatInfo } from '../format.ts';

/** JSON lines. In vts gzip and Zstandard files are JSON lines too. */
export const jsonl: FormatInfo = {
  name: 'jsonl',
  title: 'JSON lines',
  extension: '.jsonl',
  extensions: ['.jsonl.zst', '.ndjson.zst', '.jsonl.gz', '.ndjson.gz', '.ndjson', '.jsonl'],
  untyped: true,
  matches: (head) =>
    beginsWith(head, 0x1f, 0x8b) || beginsWith(head, 0x28, 0xb5, 0x2f, 0xfd) || beginsWithObject(head),
  load: async () => (await import('./format.ts')).jsonl,
};

function beginsWith(head: Uint8Array, ...magic: number[]): boolean {
  return magic.every((byte, i) => head[i] === byte);
}

function beginsWithObject(head: Uint8Array): boolean {
  let at = beginsWith(head, 0xef, 0xbb, 0xbf) ? 3 : 0;
  while (head[at] === 0x20 || head[at] === 0x09 || head[at] === 0x0a || head[at] === 0x0d) at++;
  return head[at] === 0x7b;
}
