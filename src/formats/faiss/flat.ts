/** `IxFI`, `IxF2`, `IxFl` (header, vectors as float32) and the binary `IBxF` (header, vectors as bytes). */
import { readBinaryHeader, readHeader } from './header.ts';
import type { IndexParser } from './index-node.ts';
import { oneRun, rowReader } from './rows.ts';

/** Vectors one after the other, without ids. */
export const parseFlat: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const { dim, total } = header;
  const start = cursor.position;
  // The length counts float32s.
  const { position, count } = cursor.array('the vectors', 4);
  if (count !== total * dim) {
    throw cursor.malformed(`${count} numbers are stored for ${total} vectors of ${dim} dimensions`, {
      byte: start,
    });
  }
  return {
    fourcc,
    description: 'Flat',
    header,
    parts: {},
    facts: {},
    notes: [],
    byList: false,
    vectors: {
      type: { kind: 'FloatVector', dim },
      rows: rowReader(cursor.source, oneRun(position, total, dim * 4)),
    },
    ids: undefined,
  };
};

/** Binary vectors one after the other, without ids. */
export const parseBinaryFlat: IndexParser = ({ fourcc, cursor }) => {
  const header = readBinaryHeader(cursor);
  const { dim, total } = header;
  const start = cursor.position;
  const { position, count } = cursor.array('the vectors', 1);
  if (count !== total * dim / 8) {
    throw cursor.malformed(`${count} bytes are stored for ${total} vectors of ${dim} bits`, { byte: start });
  }
  return {
    fourcc,
    description: 'BFlat',
    header,
    parts: {},
    facts: {},
    notes: [],
    byList: false,
    vectors: {
      type: { kind: 'BinaryVector', dim },
      rows: rowReader(cursor.source, oneRun(position, total, dim / 8)),
    },
    ids: undefined,
  };
};
