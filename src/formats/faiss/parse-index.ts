/** Parses the tree of indexes in a file. */
import type { VtsError } from '../../errors.ts';
import type { Cursor } from './cursor.ts';
import type { IndexNode, ParserInput } from './index-node.ts';
import { INDEX_KINDS } from './kinds.ts';

/** faiss itself goes no deeper (since 1.15). */
const MAX_DEPTH = 50;
/** More indexes than any program nests; each takes memory, however little of the file. */
const MAX_INDEXES = 1000;

/**
 * Parses the index at `cursor`, which then stands behind it.
 * @throws VtsError InputMalformed, InputTruncated, InputUnsupported
 */
export function parseIndex(cursor: Cursor, sibling: ParserInput['sibling']): IndexNode {
  let indexes = 0;
  const parseAt = (depth: number): IndexNode => {
    if (depth > MAX_DEPTH) {
      throw cursor.malformed(`indexes are nested more than ${MAX_DEPTH} deep`, {
        expected: 'a handful at most',
      });
    }
    if (++indexes > MAX_INDEXES) {
      throw cursor.malformed(`there are more than ${MAX_INDEXES} indexes in the file`);
    }
    const start = cursor.position;
    const fourcc = cursor.fourcc('the code of the index');
    const parse = Object.hasOwn(INDEX_KINDS, fourcc) ? INDEX_KINDS[fourcc].parse : undefined;
    if (parse === undefined) throw unreadable(cursor, fourcc, start);
    return parse({ fourcc, cursor, parseInner: () => parseAt(depth + 1), sibling });
  };
  return parseAt(1);
}

/** What to do with an index that vts does not read. */
const IN_PYTHON =
  'in Python, faiss can make a Flat index of the vectors: flat.add(index.reconstruct_n(0, index.ntotal))';

function unreadable(cursor: Cursor, fourcc: string, byte: number): VtsError {
  if (Object.hasOwn(INDEX_KINDS, fourcc)) {
    const { name, refused } = INDEX_KINDS[fourcc];
    const inside = byte === 0 ? '' : ', which is inside another index';
    return cursor.unsupported(`The Faiss index is ${name} (${fourcc})${inside}: ${refused}`, {
      byte,
      remedy: IN_PYTHON,
    });
  }
  const reversed = [...fourcc].reverse().join('');
  if (Object.hasOwn(INDEX_KINDS, reversed)) {
    return cursor.unsupported(`The Faiss index (${reversed}) was written on a big-endian machine`, {
      byte,
      remedy: 'write it again on a little-endian machine (x86-64, arm64)',
    });
  }
  const where = byte === 0
    ? 'This is no Faiss index: it begins'
    : 'The Faiss index is damaged: an index inside it begins';
  return cursor.malformed(`${where} with ${escaped(fourcc)}`, {
    byte,
    expected: 'a code such as IxF2, IxFI, IxMp, IwFl, IHNf or IBxF',
    ...remedyFor(fourcc),
  });
}

function remedyFor(fourcc: string): { remedy: string } | undefined {
  if (fourcc[0] === '\x80' && fourcc.charCodeAt(1) <= 5) {
    return {
      remedy:
        'this looks like a Python pickle; the index is in a file of its own, often index.faiss beside it',
    };
  }
  if (fourcc === 'PAR1') return { remedy: 'this is a Parquet file: add --from parquet' };
  if (fourcc === '\x89HDF') return { remedy: 'this is an HDF5 file: add --from hdf5' };
  if (fourcc === '\x93NUM') return { remedy: 'this is a NumPy array: add --from npy' };
  if (fourcc.startsWith('{') || fourcc.startsWith('[')) {
    return { remedy: 'this looks like JSON: add --from jsonl' };
  }
  return undefined;
}

/** Bytes as text: printable characters as they are, the others as `\x80`. */
function escaped(bytes: string): string {
  const text = bytes.replaceAll(
    /[^ -~]|["\\]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${text}"`;
}
