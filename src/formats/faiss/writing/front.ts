/** What a written file has before its vectors: codes, headers and the length of the vectors. */
import type { DenseVectorType } from '../../../core/types.ts';
import { UNUSED_FIELD } from '../header.ts';

/** What is written. */
export interface IndexShape {
  readonly type: DenseVectorType;
  /** Whether an IDMap2 goes around the Flat index. */
  readonly ids: boolean;
  /** faiss' number. */
  readonly metric: number;
  readonly metricArg: number;
}

/** faiss gives binary indexes this metric number (L2), although they measure Hamming distance. */
const BINARY_METRIC = 1;

/** The bytes before the vectors of an index of `count` rows; as many for any count. */
export function front(shape: IndexShape, count: number): Uint8Array<ArrayBuffer> {
  const fields = fieldWriter();
  const flat = shape.metric === 0 ? 'IxFI' : shape.metric === 1 ? 'IxF2' : 'IxFl';
  if (shape.type.kind === 'BinaryVector') {
    if (shape.ids) writeBinaryHeader(fields, 'IBM2', shape.type.dim, count);
    writeBinaryHeader(fields, 'IBxF', shape.type.dim, count);
    fields.u64(count * shape.type.dim / 8);
  } else {
    // Like faiss, the map leaves the metric's parameter to the index inside.
    if (shape.ids) writeHeader(fields, 'IxM2', { ...shape, metricArg: 0 }, count);
    writeHeader(fields, flat, shape, count);
    fields.u64(count * shape.type.dim);
  }
  return fields.bytes();
}

function writeHeader(fields: FieldWriter, fourcc: string, shape: IndexShape, count: number): void {
  fields.fourcc(fourcc);
  fields.i32(shape.type.dim);
  fields.u64(count);
  fields.u64(Number(UNUSED_FIELD));
  fields.u64(Number(UNUSED_FIELD));
  fields.bool(true);
  fields.i32(shape.metric);
  if (shape.metric > 1) fields.f32(shape.metricArg);
}

function writeBinaryHeader(fields: FieldWriter, fourcc: string, dim: number, count: number): void {
  fields.fourcc(fourcc);
  fields.i32(dim);
  fields.i32(dim / 8);
  fields.u64(count);
  fields.bool(true);
  fields.i32(BINARY_METRIC);
}

/** Little-endian fields one after the other, without padding. */
interface FieldWriter {
  fourcc(code: string): void;
  bool(value: boolean): void;
  i32(value: number): void;
  u64(value: number): void;
  f32(value: number): void;
  bytes(): Uint8Array<ArrayBuffer>;
}

/** Two headers and a length take less. */
const MAX_FRONT = 128;

function fieldWriter(): FieldWriter {
  const view = new DataView(new ArrayBuffer(MAX_FRONT));
  let at = 0;
  const next = (bytes: number) => (at += bytes) - bytes;
  return {
    fourcc: (code) => [...code].forEach((c) => view.setUint8(next(1), c.charCodeAt(0))),
    bool: (value) => view.setUint8(next(1), value ? 1 : 0),
    i32: (value) => view.setInt32(next(4), value, true),
    u64: (value) => view.setBigUint64(next(8), BigInt(value), true),
    f32: (value) => view.setFloat32(next(4), value, true),
    bytes: () => new Uint8Array(view.buffer, 0, at),
  };
}
