/** What indexes of codes have in common: a codec, codes one after the other, no ids. */
import { type Codec, decodedRows } from '../codecs/codec.ts';
import type { Cursor } from '../cursor.ts';
import type { IndexHeader } from '../header.ts';
import { type IndexNode, indexNode } from '../index-node.ts';
import { oneRun, type RowReader, rowReader } from '../rows/rows.ts';

/** The codes of `total` vectors behind their length in bytes. */
export function readCodes(cursor: Cursor, total: number, codeBytes: number): RowReader {
  const start = cursor.position;
  const { position, count } = cursor.array('the codes', 1);
  if (count === total * codeBytes) return rowReader(cursor.source, oneRun(position, total, codeBytes));
  throw cursor.malformed(`${count} bytes of codes are stored for ${total} vectors of ${codeBytes} bytes`, {
    byte: start,
  });
}

/** The node of an index whose vectors are decoded from `codes`. */
export function codesNode(
  fourcc: string,
  header: IndexHeader,
  codec: Codec,
  codes: RowReader,
  rows = decodedRows(codes, codec),
): IndexNode {
  return indexNode({
    fourcc,
    path: codec.label,
    header,
    facts: { codeSize: codes.rowBytes },
    vectors: {
      type: { kind: 'FloatVector', dim: header.dim },
      rows,
      lossy: `${codec.label} codes`,
    },
  });
}
