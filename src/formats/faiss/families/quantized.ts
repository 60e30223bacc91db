/**
 * Indexes of codes one after the other: PQ (`IxPq`, `IxPo`, `IxPQ`), SQ (`IxSQ`), additive quantizers (`IxRq`, `IxRQ`, `IxLS`, `IxPR`,
 * `IxPL`), EDEN (`IxEe`, `IxEd`), RaBitQ (`Ixrq`, `Ixrr`) and LSH (`IxHe`, `IxHE`); Milvus' `IxP7`, `IxP5`, `IxS8`, `IxS4` and
 * `IxSI` are PQ, PRQ and SQ with norms behind them.
 */
import { type AdditiveKind, readAdditive, readOldRq } from '../codecs/additive.ts';
import { type Codec, decodedRows } from '../codecs/codec.ts';
import { readEden } from '../codecs/eden.ts';
import { signCodec } from '../codecs/lsh.ts';
import { readPq } from '../codecs/pq.ts';
import { readRabitQ } from '../codecs/rabitq.ts';
import { readSq } from '../codecs/sq.ts';
import { loadFloats } from '../codecs/tables.ts';
import { type Inverse, readTransform, remapInverse } from '../codecs/transform.ts';
import type { Cursor } from '../cursor.ts';
import { type IndexHeader, MAX_DIM, readHeader } from '../header.ts';
import type { IndexParser } from '../index-node.ts';
import { computedRows } from '../rows/derived-rows.ts';
import { codesNode, readCodes } from './codes.ts';

/** Product quantization; old versions kept no search options and wrote inner product for L2. */
export const parsePq: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const pq = readPq(cursor, header.dim);
  const codes = readCodes(cursor, header.total, pq.codeBytes);
  if (fourcc !== 'IxPQ') {
    cursor.i32('the search type of the PQ');
    cursor.bool('the flag "encode signs"');
    cursor.i32('the polysemous threshold');
  }
  if (fourcc === 'IxP7') return codesNode(fourcc, withNorms(cursor, header), pq, codes);
  const legacy = fourcc === 'IxPQ' || fourcc === 'IxPo';
  return codesNode(fourcc, legacy ? { ...header, metric: 'L2' } : header, pq, codes);
};

/** Scalar quantization. */
export const parseSq: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const start = cursor.position;
  const sq = readSq(cursor, header.dim);
  if (sq.codeBytes === 0 && header.total > 0) {
    throw cursor.unsupported(
      header.writtenBy === 'knowhere'
        ? "The index holds Milvus' 1-bit vectors (SQ type 9)"
        : 'SQ codes of 0 bits hold no vectors outside an IVF index',
      { byte: start },
    );
  }
  const codes = readCodes(cursor, header.total, sq.codeBytes);
  if (fourcc === 'IxSQ') return codesNode(fourcc, header, sq, codes);
  if (fourcc !== 'IxSI') return codesNode(fourcc, withNorms(cursor, header), sq, codes);
  cursor.arrayOf('the norms', 4, header.total);
  return codesNode(fourcc, header, sq, codes);
};

/** Milvus keeps the inverse norms of vectors that it compares by cosine. */
function withNorms(cursor: Cursor, header: IndexHeader): IndexHeader {
  cursor.arrayOf('the norms', 4, header.total);
  return { ...header, cosine: true };
}

const ADDITIVE: Readonly<Record<string, AdditiveKind>> = {
  IxRq: 'RQ',
  IxLS: 'LSQ',
  IxPR: 'PRQ',
  IxPL: 'PLSQ',
  IxP5: 'PRQ',
};

/** Residual, local search and product additive quantization. */
export const parseAdditive: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const aq = fourcc === 'IxRQ'
    ? readOldRq(cursor, header.dim)
    : readAdditive(cursor, ADDITIVE[fourcc], header.dim);
  checkCodeSize(cursor, aq);
  const codes = readCodes(cursor, header.total, aq.codeBytes);
  return codesNode(fourcc, fourcc === 'IxP5' ? withNorms(cursor, header) : header, aq, codes);
};

/** The size that an index gives its codes has to be that of its codec. */
export function checkCodeSize(cursor: Cursor, { label, codeBytes }: Codec): void {
  const stored = cursor.count('the code size', Number.MAX_SAFE_INTEGER);
  if (stored === codeBytes) return;
  throw cursor.malformed(`the index gives its ${label} codes ${stored} bytes`, {
    byte: cursor.position - 8,
    expected: `${codeBytes}`,
  });
}

/** EDEN: header, quantizer, codes, centre. */
export const parseEden: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const eden = readEden(cursor, header.dim, fourcc === 'IxEe');
  const codes = readCodes(cursor, header.total, eden.codeBytes);
  return codesNode(fourcc, header, eden, codes, centredRows(cursor, header.dim, codes, eden));
};

/** RaBitQ: header, quantizer, codes, centre, bits of queries. */
export const parseRabitQ: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const rabitq = readRabitQ(cursor, header.dim, fourcc === 'Ixrr' ? 'multi-bit' : '1 bit');
  const codes = readCodes(cursor, header.total, rabitq.codeBytes);
  const rows = centredRows(cursor, header.dim, codes, rabitq);
  cursor.u8('the bits of queries');
  return codesNode(fourcc, header, rabitq, codes, rows);
};

/** Parses the centre at the cursor, which is added to all decoded vectors. */
export function centredRows(
  cursor: Cursor,
  dim: number,
  codes: ReturnType<typeof readCodes>,
  codec: Codec,
): ReturnType<typeof readCodes> {
  const start = cursor.position;
  const centre = cursor.array('the centre of the vectors', 4);
  if (centre.count !== dim && centre.count !== 0) {
    throw cursor.malformed(`the centre has ${centre.count} dimensions`, {
      byte: start,
      expected: `${dim}`,
    });
  }
  let values: Float32Array | undefined;
  return computedRows(decodedRows(codes, codec), dim, (bytes, count, out) => {
    values ??= centre.count === 0 ? new Float32Array(dim) : loadFloats(cursor.source, centre);
    const rows = new Float32Array(bytes.buffer);
    for (let at = 0; at < count * dim; at += dim) {
      for (let i = 0; i < dim; i++) out[at + i] = rows[at + i] + values[i];
    }
  });
}

/**
 * LSH: header, `i32 nbits, bool rotate, bool train_thresholds, vec<f32> thresholds, i32 code_size`, random rotation, codes. Old versions
 * counted the code size in words of 8 bytes.
 */
export const parseLsh: IndexParser = ({ fourcc, cursor }) => {
  const header = readHeader(cursor);
  const { dim } = header;
  const bits = cursor.small('the number of bits of the LSH', 1, MAX_DIM);
  const rotate = cursor.bool('the flag "rotate data"');
  const trained = cursor.bool('the flag "train thresholds"');
  const thresholds = cursor.array('the thresholds', 4);
  const codeSize = cursor.i32('the code size') * (fourcc === 'IxHE' ? 8 : 1);
  const start = cursor.position;
  const rotation = readTransform(cursor);
  const codec = signCodec(bits, () => trained ? loadFloats(cursor.source, thresholds) : undefined);
  if (
    codeSize !== codec.codeBytes || (trained && thresholds.count !== bits) || (!rotate && bits > dim) ||
    rotation.dimIn !== dim || rotation.dimOut !== bits
  ) {
    throw cursor.malformed(
      `an LSH of ${bits} bits has ${thresholds.count} thresholds, codes of ${codeSize} bytes and ${rotation.label}`,
      { byte: start, expected: `${codec.codeBytes} bytes and a rotation ${dim}->${bits}` },
    );
  }
  const codes = readCodes(cursor, header.total, codec.codeBytes);
  let back: Inverse | undefined;
  const rows = computedRows(decodedRows(codes, codec), dim, (bytes, count, out) => {
    back ??= rotate && typeof rotation.inverse !== 'string'
      ? rotation.inverse()
      : remapInverse(Int32Array.from({ length: bits }, (_, i) => i), dim, bits);
    back(new Float32Array(bytes.buffer), count, out);
  });
  return codesNode(fourcc, header, codec, codes, rows);
};
