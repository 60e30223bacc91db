/** The graphs of NSG and NNDescent. */
import type { Facts } from '../../format.ts';
import type { Cursor } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';

/**
 * `i32 ntotal, i32 R, i32 L, i32 C, i32 search_L, i32 enterpoint, bool is_built`, then for each node its neighbours and -1, which end
 * nowhere else: all of them are read once.
 */
export function readNsg(cursor: Cursor, total: number): { label: string; facts: Facts } {
  const start = cursor.position;
  const nodes = cursor.i32('the nodes of the NSG graph');
  const r = cursor.i32('the neighbours of an NSG node');
  cursor.skip(4 * 4, 'the options of the NSG graph');
  const built = cursor.bool('the flag "is built" of the NSG graph');
  if (nodes !== total && (built || nodes !== 0)) {
    throw cursor.malformed(`the NSG graph has ${nodes} nodes for ${total} vectors`, { byte: start });
  }
  if (built) skipNodes(cursor, nodes);
  return { label: `NSG${r}`, facts: { r, built } };
}

const CHUNK = 1 << 18;

/** Goes behind the -1 that ends the last of `nodes` nodes. */
function skipNodes(cursor: Cursor, nodes: number): void {
  for (let left = nodes; left > 0;) {
    const words = new Int32Array(Math.min(CHUNK, Math.floor(cursor.remaining / 4)));
    if (words.length === 0) throw cursor.truncated(BigInt(left * 4), 'the NSG graph');
    readFully(cursor.source, new Uint8Array(words.buffer), cursor.position);
    let at = 0;
    while (at < words.length && left > 0) if (words[at++] === -1) left--;
    cursor.skip(at * 4, 'the NSG graph');
  }
}

/** `i32 ntotal, d, K, S, R, L, iter, search_L, random_seed, bool has_built, vec<i32> graph[ntotal][K]`. */
export function readNndescent(cursor: Cursor, total: number): { label: string; facts: Facts } {
  const start = cursor.position;
  const nodes = cursor.i32('the nodes of the graph');
  cursor.i32('the dimensions of the graph');
  const k = cursor.i32('the neighbours of a node');
  cursor.skip(6 * 4, 'the options of the graph');
  const built = cursor.bool('the flag "has built"');
  const { count } = cursor.array('the graph', 4);
  if (built && (nodes !== total || count !== nodes * k)) {
    throw cursor.malformed(`the NNDescent graph has ${nodes} nodes and ${count} neighbours`, {
      byte: start,
      expected: `${total} nodes, ${total * k} neighbours`,
    });
  }
  return { label: `NNDescent${k}`, facts: { k, built } };
}
