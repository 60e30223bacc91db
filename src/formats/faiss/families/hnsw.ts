/**
 * The graph of HNSW: `vec<f64> level probabilities, vec<i32> neighbours up to each level, vec<i32> levels of nodes, vec<u64> where the
 * neighbours of each node begin, vec<i32> neighbours, i32 entry point, i32 highest level, i32 efConstruction, i32 efSearch, i32`.
 */
import type { Facts } from '../../format.ts';
import type { Cursor } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';

/** Levels of a node of 2^31 nodes at the smallest M stay far below this. */
const MAX_LEVELS = 1024;

/** Parses a graph of `total` nodes. */
export function readHnsw(cursor: Cursor, total: number): { label: string; facts: Facts } {
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
  return { label: `HNSW${m}`, facts: { m, efConstruction, efSearch, levels } };
}
