/** Parses the tree of indexes in a file. A further kind of index is a file with its parser and a line in the table. */
import type { VtsError } from '../../errors.ts';
import type { Cursor } from './cursor.ts';
import { parseBinaryFlat, parseFlat } from './flat.ts';
import { parseHnswFlat } from './hnsw.ts';
import { parseIdMap } from './id-map.ts';
import { INDEX_NAMES, REBUILD_IN_PYTHON } from './index-names.ts';
import type { IndexNode, IndexParser } from './index-node.ts';
import { parseIvfFlat } from './ivf-flat.ts';
import { parseNull } from './null.ts';

const PARSERS: Readonly<Record<string, IndexParser>> = {
  IxFI: parseFlat,
  IxF2: parseFlat,
  IxFl: parseFlat,
  IBxF: parseBinaryFlat,
  IxMp: parseIdMap,
  IxM2: parseIdMap,
  IBMp: parseIdMap,
  IBM2: parseIdMap,
  IwFl: parseIvfFlat,
  IHNf: parseHnswFlat,
  null: parseNull,
};

/** faiss itself goes no deeper (since 1.15). */
const MAX_DEPTH = 50;

/**
 * Parses the index at `cursor`, which then stands behind it.
 * @throws VtsError InputMalformed, InputTruncated, InputUnsupported
 */
export function parseIndex(cursor: Cursor, depth = 1): IndexNode {
  if (depth > MAX_DEPTH) {
    throw cursor.malformed(`indexes are nested more than ${MAX_DEPTH} deep`, {
      expected: 'a handful at most',
    });
  }
  const start = cursor.position;
  const fourcc = cursor.fourcc('the code of the index');
  const parser = Object.hasOwn(PARSERS, fourcc) ? PARSERS[fourcc] : undefined;
  if (parser === undefined) throw unreadable(cursor, fourcc, start);
  return parser({ fourcc, cursor, parseInner: () => parseIndex(cursor, depth + 1) });
}

function unreadable(cursor: Cursor, fourcc: string, byte: number): VtsError {
  if (Object.hasOwn(INDEX_NAMES, fourcc)) {
    const inside = byte === 0 ? '' : ', which is inside another index';
    return cursor.unsupported(
      `The Faiss index is ${INDEX_NAMES[fourcc]} (${fourcc})${inside}: vts does not read that yet`,
      {
        byte,
        remedy: REBUILD_IN_PYTHON,
      },
    );
  }
  const reversed = [...fourcc].reverse().join('');
  if (Object.hasOwn(INDEX_NAMES, reversed)) {
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
  if (fourcc.startsWith('\x93NUM')) return { remedy: 'this is a NumPy array, which vts does not read yet' };
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
