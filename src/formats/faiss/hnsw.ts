/**
 * `IHNf`, HNSW over a Flat index: header, graph, storage. The vectors are those of the storage, in order; the graph only
 * serves search and is passed over.
 */
import { type Cursor, readFully } from './cursor.ts';
import { readHeader } from './header.ts';
import type { IndexParser } from './index-node.ts';

/** What is worth knowing of a graph. */
interface Graph {
  /** Neighbours of a node on each level but the lowest, which has twice as many. */
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  readonly levels: number;
}

/** A graph over the vectors of a Flat index. */
export const parseHnswFlat: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const graph = readGraph(cursor, header.total);
  const start = cursor.position;
  const storage = parseInner();
  if (!['IxFI', 'IxF2', 'IxFl', 'null'].includes(storage.fourcc)) {
    throw cursor.malformed(`the storage of an HNSW,Flat index is ${storage.description}`, {
      byte: start,
      expected: 'Flat',
    });
  }
  if (
    storage.fourcc !== 'null' && (storage.header.total !== header.total || storage.header.dim !== header.dim)
  ) {
    throw cursor.malformed(
      `the HNSW graph has ${header.total} vectors of ${header.dim} dimensions, ` +
        `its storage ${storage.header.total} of ${storage.header.dim}`,
      { byte: start },
    );
  }
  return {
    fourcc,
    description: `HNSW${graph.m}`,
    header,
    parts: { storage },
    facts: { ...graph },
    notes: ['the HNSW graph is left out: it serves search only'],
    byList: false,
    vectors: storage.vectors,
    ids: undefined,
  };
};

/** Levels of a node of 2^31 nodes at the smallest M stay far below this. */
const MAX_LEVELS = 1024;

function readGraph(cursor: Cursor, total: number): Graph {
  const start = cursor.position;
  const wrong = (message: string) => cursor.malformed(`the HNSW graph ${message}`, { byte: start });
  cursor.array('the probabilities of HNSW levels', 8);
  const cumulative = cursor.array('the neighbours of HNSW levels', 4);
  if (cumulative.count > MAX_LEVELS) throw wrong(`has ${cumulative.count} levels`);
  const nodes = cursor.array('the levels of HNSW nodes', 4).count;
  if (nodes !== total) throw wrong(`has ${nodes} nodes for ${total} vectors`);
  const offsets = cursor.array('the neighbour lists of HNSW nodes', 8);
  if (offsets.count !== total + 1) throw wrong(`has ${offsets.count} offsets for ${total} nodes`);
  const neighbours = cursor.array('the neighbours of HNSW nodes', 4);
  const view = (position: number, bytes: number) => {
    const target = new DataView(new ArrayBuffer(bytes));
    readFully(cursor.source, new Uint8Array(target.buffer), position);
    return target;
  };
  const end = view(offsets.position + total * 8, 8).getBigUint64(0, true);
  if (end !== BigInt(neighbours.count)) {
    throw wrong(`has ${neighbours.count} neighbours, its offsets end at ${end}`);
  }
  const m = cumulative.count < 2 ? 0 : view(cumulative.position + 4, 4).getInt32(0, true) / 2;
  if (!(m >= 0 && Number.isInteger(m))) throw wrong(`has ${m * 2} neighbours on its lowest level`);
  const entryPoint = cursor.i32('the HNSW entry point');
  if (entryPoint < -1 || entryPoint >= Math.max(1, total)) {
    throw wrong(`begins at node ${entryPoint} of ${total}`);
  }
  const levels = cursor.i32('the highest HNSW level') + 1;
  if (levels < 0 || levels > MAX_LEVELS) throw wrong(`has ${levels} levels`);
  const efConstruction = cursor.i32('efConstruction');
  const efSearch = cursor.i32('efSearch');
  cursor.i32('the end of the HNSW graph');
  return { m, efConstruction, efSearch, levels };
}
