/**
 * `Ix2L`, 2-level codes: `header, coarse quantizer, u64 nlist, c quantizer_trains_alone, PQ, u64 bytes of a list number, u64 bytes of a PQ
 * code, u64 bytes of both, vec<u8> codes`. A code is the list number, little-endian, then a PQ code of the residual.
 */
import { decodedRows } from '../codecs/codec.ts';
import { readPq } from '../codecs/pq.ts';
import { readHeader } from '../header.ts';
import type { IndexParser } from '../index-node.ts';
import { type ListRun, type ListRuns, mappedRows, withCentroids } from '../rows/derived-rows.ts';
import { MAX_LISTS } from '../lists/inverted-lists.ts';
import { codesNode, readCodes } from './codes.ts';
import { centroidsOf } from './ivf-header.ts';

/** PQ codes of what remains of a vector behind its centroid, without lists. */
export const parseTwoLevel: IndexParser = ({ fourcc, cursor, parseInner }) => {
  const header = readHeader(cursor);
  const quantizer = parseInner();
  const start = cursor.position;
  const nlist = cursor.count('the number of centroids', MAX_LISTS);
  cursor.u8('the flag "quantizer trains alone"');
  const pq = readPq(cursor, header.dim);
  const [first, second, both] = ['a list number', 'a PQ code', 'a code'].map((what) =>
    cursor.count(`the size of ${what}`, Number.MAX_SAFE_INTEGER)
  );
  if (first > 4 || 256 ** first < nlist || second !== pq.codeBytes || both !== first + second) {
    throw cursor.malformed(`codes of ${both} bytes are made of ${first} and ${second}`, {
      byte: start,
      expected: `a number below ${nlist} and ${pq.codeBytes} bytes`,
    });
  }
  const codes = readCodes(cursor, header.total, both);
  const centroids = centroidsOf(cursor, quantizer, nlist, header);
  const residuals = mappedRows(codes, second, (bytes, count) => {
    const stripped = new Uint8Array(count * second);
    for (let row = 0; row < count; row++) {
      stripped.set(bytes.subarray(row * both + first, (row + 1) * both), row * second);
    }
    return stripped;
  });
  const runs = (bytes: Uint8Array, count: number): ListRun[] =>
    Array.from({ length: count }, (_, row) => {
      let list = 0;
      for (let i = first; i-- > 0;) list = list * 256 + bytes[row * both + i];
      if (list < nlist) return { list, rows: 1 };
      throw cursor.malformed(`a code has the list number ${list}`, { expected: `below ${nlist}` });
    });
  const lists: ListRuns = {
    read: async (from, count) => runs(await codes.read(from, count), count),
    pick: async (rows) => runs(await codes.pick(rows), rows.length),
  };
  const rows = withCentroids(decodedRows(residuals, pq), lists, centroids);
  const node = codesNode(fourcc, header, pq, codes, rows);
  return { ...node, path: `2Level${nlist} > ${pq.label}`, parts: { quantizer } };
};
