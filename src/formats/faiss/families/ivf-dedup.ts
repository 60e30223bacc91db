/**
 * `IwFd`, IVFFlat that keeps equal vectors once: `vec<i64>` of pairs (stored id, duplicate id), then lists. A duplicate's vector is that of its
 * stored id; duplicates come behind the stored rows, in the order of the pairs.
 */
import { VtsError } from '../../../errors.ts';
import type { Extent } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';
import { hasVectors, type IndexNode, type IndexParser } from '../index-node.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { rowsAfter } from '../rows/joined-rows.ts';
import { oneRun, type RowReader, rowReader } from '../rows/rows.ts';
import { exactVectors, ivfNode, readLists } from './ivf.ts';
import { readIvfHeader } from './ivf-header.ts';

/** Vectors in lists, then their duplicates. */
export const parseIvfDedup: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input);
  const numbers = cursor.array('the duplicates', 8);
  if (numbers.count % 2 !== 0) {
    throw cursor.malformed(`${numbers.count} numbers are stored of pairs of duplicates`, {
      byte: numbers.position - 8,
    });
  }
  const pairs = { position: numbers.position, count: numbers.count / 2 };
  const lists = readLists(input, ivf, ivf.header.dim * 4);
  const node = ivfNode(input, ivf, lists, exactVectors(ivf.header.dim, 'FlatDedup'));
  return pairs.count === 0 ? node : withDuplicates(node, cursor.source, pairs);
};

function withDuplicates(node: IndexNode, source: ByteSource, pairs: Extent): IndexNode {
  const { vectors, ids } = node;
  if (!hasVectors(vectors) || ids === undefined) return node;
  const duplicates = duplicateRows(vectors.rows, ids, source, pairs);
  const duplicateIds = rowReader(source, {
    count: pairs.count,
    rowBytes: 8,
    runAt: (row) => ({ position: pairs.position + row * 16 + 8, rows: 1 }),
  });
  const missing = node.header.total - vectors.rows.count - pairs.count;
  return {
    ...node,
    facts: { ...node.facts, duplicates: pairs.count },
    notes: [
      ...node.notes.filter((note) => !note.includes('never stored')),
      ...(missing > 0 ? [`${missing} of ${node.header.total} vectors were never stored by faiss`] : []),
      `${pairs.count} vectors are duplicates, which come behind the others`,
    ],
    vectors: { ...vectors, rows: rowsAfter(vectors.rows, duplicates) },
    ids: rowsAfter(ids, duplicateIds),
  };
}

/** Ids looked through at a time. */
const STEP = 1 << 16;

/** The vectors of duplicates; the rows of their stored ids are looked for when the first is asked for. */
function duplicateRows(vectors: RowReader, ids: RowReader, source: ByteSource, pairs: Extent): RowReader {
  let found: Promise<Map<bigint, number>> | undefined;
  const stored = rowReader(source, oneRun(pairs.position, pairs.count, 16));
  const vectorsOf = async (pairBytes: Uint8Array<ArrayBuffer>) => {
    const rows = await (found ??= findStored(ids, source, pairs));
    const wanted = new BigInt64Array(pairBytes.buffer).filter((_, i) => i % 2 === 0);
    return vectors.pick(wanted.map((id) => {
      const row = rows.get(id)!;
      if (row >= 0) return BigInt(row);
      throw new VtsError('InputMalformed', `A duplicate is of the id ${id}, which no list has`, {
        file: source.name,
        byte: pairs.position,
      });
    }));
  };
  return {
    count: pairs.count,
    rowBytes: vectors.rowBytes,
    read: async (start, count) => vectorsOf(await stored.read(start, count)),
    pick: async (rows) => vectorsOf(await stored.pick(rows)),
  };
}

/** The row of each id that has a duplicate, -1 when no list has it. */
async function findStored(ids: RowReader, source: ByteSource, pairs: Extent): Promise<Map<bigint, number>> {
  const rows = new Map<bigint, number>();
  for (let first = 0; first < pairs.count; first += STEP) {
    const words = new BigInt64Array(Math.min(STEP, pairs.count - first) * 2);
    readFully(source, new Uint8Array(words.buffer), pairs.position + first * 16);
    for (let i = 0; i < words.length; i += 2) rows.set(words[i], -1);
  }
  for (let first = 0; first < ids.count; first += STEP) {
    const bytes = await ids.read(first, Math.min(STEP, ids.count - first));
    new BigInt64Array(bytes.buffer).forEach((id, i) => {
      if (rows.has(id)) rows.set(id, first + i);
    });
  }
  return rows;
}
