/** `IwFl`, IVF over uncompressed vectors: header, coarse quantizer, direct map, inverted lists of (float32 vector, id). */
import type { Facts } from '../format.ts';
import type { Cursor } from './cursor.ts';
import { type IndexHeader, readHeader } from './header.ts';
import type { IndexNode, IndexParser } from './index-node.ts';
import { REBUILD_IN_PYTHON } from './index-names.ts';
import { type InvertedLists, readInvertedLists } from './inverted-lists.ts';
import { rowReader } from './rows.ts';

/** Vectors in lists, each with its id. */
export const parseIvfFlat: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const { header, nlist, nprobe, quantizer } = readIvfHeader(cursor, parseInner);
  const description = `IVF${nlist}${quantizerSuffix(quantizer)},Flat`;
  const start = cursor.position;
  const kind = cursor.fourcc('the kind of inverted lists');
  const parts = { quantizer };
  if (kind === 'il00') {
    const vectors = 'the index was saved without its inverted lists, so it holds no vectors';
    return {
      fourcc,
      description,
      header,
      parts,
      facts: { nlist, nprobe },
      notes: [],
      vectors,
      ids: undefined,
    };
  }
  if (kind !== 'ilar') throw unreadableLists(cursor, kind, start);
  // Milvus keeps the norms of cosine vectors behind the ids.
  const lists = readInvertedLists(cursor, header.cosine ? 4 : 0);
  if (lists.nlist !== nlist || lists.codeSize !== header.dim * 4) {
    throw cursor.malformed(
      `the index has ${nlist} lists of ${
        header.dim * 4
      } bytes a vector, its inverted lists ${lists.nlist} of ${lists.codeSize}`,
      { byte: start },
    );
  }
  return {
    fourcc,
    description,
    header,
    parts,
    facts: { nlist, nprobe, ...listFacts(lists) },
    notes: notesOn(header, lists),
    vectors: { type: { kind: 'FloatVector', dim: header.dim }, rows: rowReader(cursor.source, lists.codes) },
    ids: rowReader(cursor.source, lists.ids),
  };
};

/** What all IVF indexes begin with. */
interface IvfHeader {
  readonly header: IndexHeader;
  readonly nlist: number;
  readonly nprobe: number;
  readonly quantizer: IndexNode;
}

function readIvfHeader(cursor: Cursor, parseInner: () => IndexNode): IvfHeader {
  const header = readHeader(cursor);
  const start = cursor.position;
  const nlist = cursor.count('the number of lists', 2 ** 32);
  const nprobe = cursor.count('nprobe', Number.MAX_SAFE_INTEGER);
  const quantizer = parseInner();
  if (quantizer.header.dim !== header.dim || (header.trained && quantizer.header.total !== nlist)) {
    throw cursor.malformed(
      `the quantizer has ${quantizer.header.total} centroids of ${quantizer.header.dim} dimensions, ` +
        `the index ${nlist} lists of ${header.dim}`,
      { byte: start },
    );
  }
  skipDirectMap(cursor);
  return { header, nlist, nprobe, quantizer };
}

/** The direct map finds a list by id; it repeats what the lists say. */
function skipDirectMap(cursor: Cursor): void {
  const type = cursor.u8('the type of the direct map');
  if (type > 2) {
    throw cursor.malformed(`the direct map is of type ${type}`, {
      byte: cursor.position - 1,
      expected: '0 to 2',
    });
  }
  cursor.array('the direct map', 8);
  if (type === 2) cursor.array('the direct map', 16);
}

/** As the index factory names quantizers: none for Flat, else `_HNSW32`. */
function quantizerSuffix(quantizer: IndexNode): string {
  return quantizer.description === 'Flat' ? '' : `_${quantizer.description.replaceAll(',', '_')}`;
}

function unreadableLists(cursor: Cursor, kind: string, byte: number): Error {
  const name = OTHER_LISTS[kind];
  if (name !== undefined) {
    return cursor.unsupported(`the inverted lists of the index are ${name} (${kind})`, {
      byte,
      expected: 'lists in memory order (ilar)',
      remedy: REBUILD_IN_PYTHON,
    });
  }
  return cursor.malformed(`inverted lists of an unknown kind ${JSON.stringify(kind)}`, {
    byte,
    expected: 'ilar',
  });
}

const OTHER_LISTS: Readonly<Record<string, string>> = {
  ilod: 'in a file of their own (on disk)',
  ilbl: 'in blocks',
  ilp2: 'in Panorama order',
  ilpn: 'in Panorama order',
  ilca: "in Milvus' own order",
  iloa: "in Milvus' own order",
};

function listFacts(lists: InvertedLists): Facts {
  const { emptyLists, smallestList, largestList } = lists;
  return { emptyLists, smallestList, largestList };
}

function notesOn(header: IndexHeader, lists: InvertedLists): string[] {
  const notes = ['rows come list by list, as they are stored; --order id sorts them by id'];
  if (lists.rows < header.total) {
    notes.push(
      `${header.total - lists.rows} of ${header.total} vectors were never stored by faiss (NaN in them, say)`,
    );
  }
  if (lists.rows > header.total) {
    notes.push(`the lists hold ${lists.rows} vectors, although the header counts ${header.total}`);
  }
  return notes;
}
