/**
 * Graphs over another index: HNSW (`IHN.`, `IH00`, `IHfP`, `IHNc`, `IHc2`, the binary `IBHf`, `IBHc`; Milvus' `IHN5` to `IHNb`), NSG
 * (`INS.`) and NNDescent (`INNf`). The vectors are those of the storage, in order; the graph only serves search and is passed over.
 */
import type { Cursor } from '../cursor.ts';
import { type IndexHeader, readBinaryHeader, readHeader } from '../header.ts';
import { type IndexNode, indexNode, type IndexParser } from '../index-node.ts';
import type { Facts } from '../../format.ts';
import { readHnsw } from './hnsw.ts';
import { readNndescent, readNsg } from './nsg.ts';

/** Parses the fields before the graph and the graph. */
type GraphReader = (cursor: Cursor, header: IndexHeader) => Graph;

/** What is worth knowing of a graph. */
interface Graph {
  readonly label: string;
  readonly facts: Facts;
}

/** HNSW over any storage. */
export const parseHnsw: IndexParser = graphParser((cursor, { total }) => readHnsw(cursor, total));

/** HNSW with sums of its vectors before the graph. */
export const parseHnswPanorama: IndexParser = graphParser((cursor, { total }) => {
  const levels = cursor.count('the number of levels', Number.MAX_SAFE_INTEGER);
  cursor.arrayOf('the sums', 4, total * (levels + 1));
  return readHnsw(cursor, total);
});

/** HNSW made from a graph of CAGRA: `bool, bool, i32, [i32 numeric type]` before it. */
export const parseCagra: IndexParser = graphParser((cursor, { total }, fourcc) => {
  cursor.bool('the flag "keep max size level 0"');
  cursor.bool('the flag "base level only"');
  cursor.i32('the number of entry points');
  if (fourcc === 'IHc2') cursor.small('the numeric type', 0, 3);
  return readHnsw(cursor, total);
});

/** NSG: `i32 GK, c build_type, i32 S, i32 R, i32 L, i32 iter` before the graph. */
export const parseNsg: IndexParser = graphParser((cursor, { total }) => {
  cursor.skip(4 + 1 + 4 + 4 + 4 + 4, 'the options of the NSG');
  return readNsg(cursor, total);
});

/** NNDescent. */
export const parseNndescent: IndexParser = graphParser((cursor, { total }) => readNndescent(cursor, total));

function graphParser(
  readGraph: (cursor: Cursor, header: IndexHeader, fourcc: string) => ReturnType<GraphReader>,
): IndexParser {
  return ({ fourcc, cursor, parseInner }) => {
    const binary = fourcc.startsWith('IB');
    const header = binary ? readBinaryHeader(cursor) : readHeader(cursor);
    const { label, facts } = readGraph(cursor, header, fourcc);
    const start = cursor.position;
    const storage = parseInner();
    if (storage.fourcc !== 'null') checkStorage(cursor, header, storage, binary, start);
    return indexNode({
      fourcc,
      path: `${label} > ${storage.path}`,
      header: { ...header, cosine: header.cosine || storage.header.cosine },
      parts: { storage },
      facts,
      notes: [...storage.notes, `the ${label} graph is left out: it serves search only`],
      byList: storage.byList,
      vectors: storage.vectors,
      ids: storage.ids,
    });
  };
}

function checkStorage(
  cursor: Cursor,
  header: IndexHeader,
  storage: IndexNode,
  binary: boolean,
  byte: number,
): void {
  if (storage.fourcc.startsWith('IB') !== binary) {
    throw cursor.malformed(`the storage of the graph is ${storage.path}`, {
      byte,
      expected: binary ? 'a binary index' : 'a float index',
    });
  }
  if (storage.header.total === header.total && storage.header.dim === header.dim) return;
  throw cursor.malformed(
    `the graph has ${header.total} vectors of ${header.dim} dimensions, ` +
      `its storage ${storage.header.total} of ${storage.header.dim}`,
    { byte },
  );
}
