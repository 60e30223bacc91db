/**
 * IVF indexes as saved before 2018: the ids of all lists before the direct map, the codes of all lists at the end. `IvFl` counts its
 * codes in float32s, the others (`IvFL`, `IvSQ`, `IvPQ`, `IvQR`) in bytes.
 */
import { readSq } from '../codecs/sq.ts';
import type { IndexParser, ParserInput } from '../index-node.ts';
import { listDirectory } from '../lists/directory.ts';
import { type InvertedLists, plainLists } from '../lists/inverted-lists.ts';
import { walkApart } from '../lists/walks.ts';
import { codedVectors, exactVectors, ivfNode, readIvfPqFields, readPqRefinement } from './ivf.ts';
import { type IvfHeader, readIvfHeader } from './ivf-header.ts';
import { checkCodeSize } from './quantized.ts';

/** Parses the codes of all lists, which lie at the cursor. */
function readOldLists(
  { cursor }: ParserInput,
  { nlist, oldIds }: IvfHeader,
  codeBytes: number,
  elementBytes = 1,
): InvertedLists {
  const { directory, end } = listDirectory(
    nlist,
    { list: 0, ids: oldIds!, codes: cursor.position },
    (mark) => walkApart(cursor.source, nlist, codeBytes, elementBytes, mark),
  );
  cursor.skip(end.codes - cursor.position, 'the codes of the lists');
  return plainLists(cursor.source, directory, codeBytes);
}

/** Vectors. */
export const parseOldIvfFlat: IndexParser = (input) => {
  const ivf = readIvfHeader(input, true);
  const { dim } = ivf.header;
  const lists = readOldLists(input, ivf, dim * 4, input.fourcc === 'IvFl' ? 4 : 1);
  return ivfNode(input, ivf, lists, exactVectors(dim));
};

/** SQ, `u64 code_size`, always by residual. */
export const parseOldIvfSq: IndexParser = (input) => {
  const { cursor } = input;
  const ivf = readIvfHeader(input, true);
  const sq = readSq(cursor, ivf.header.dim);
  checkCodeSize(cursor, sq);
  const lists = readOldLists(input, ivf, sq.codeBytes);
  return ivfNode(input, ivf, lists, codedVectors(cursor, ivf, sq, true));
};

/** PQ; `IvQR` has a refining PQ behind its lists. */
export const parseOldIvfPq: IndexParser = (input) => {
  const { fourcc, cursor } = input;
  const ivf = readIvfHeader(input, true);
  const { codec, byResidual } = readIvfPqFields(cursor, ivf);
  const lists = readOldLists(input, ivf, codec.codeBytes);
  const vectors = fourcc === 'IvQR'
    ? readPqRefinement(cursor, ivf, codec, byResidual)
    : codedVectors(cursor, ivf, codec, byResidual);
  return ivfNode(input, ivf, lists, vectors);
};
