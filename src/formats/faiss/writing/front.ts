/** What a written file has before its vectors: codes, headers and the length of the vectors. */
import { UNUSED_FIELD } from '../header.ts';
import type { Storage } from './spec.ts';

/** What is written. */
export interface IndexShape {
  readonly dim: number;
  readonly storage: Storage;
  /** Whether an IDMap2 goes around the index. */
  readonly ids: boolean;
  /** faiss' number. */
  readonly metric: number;
  readonly metricArg: number;
}

/** faiss gives binary indexes this metric number (L2), although they measure Hamming distance. */
const BINARY_METRIC = 1;

/** The numbers of these scalar quantizers, and the bytes of a code. */
const SQ_TYPES = { SQ8: { qtype: 0, bytes: 1 }, SQfp16: { qtype: 4, bytes: 2 } };

/** The bytes before the vectors of an index of `count` rows; as many for any count. */
export function front(shape: IndexShape, count: number, trained: Float32Array): Uint8Array<ArrayBuffer> {
  const { dim, storage, metric } = shape;
  const fields = fieldWriter(MAX_FRONT + trained.length * 4);
  if (storage === 'BFlat') {
    if (shape.ids) writeBinaryHeader(fields, 'IBM2', dim, count);
    writeBinaryHeader(fields, 'IBxF', dim, count);
    fields.u64(count * dim / 8);
    return fields.bytes();
  }
  // Like faiss, the map leaves the metric's parameter to the index inside.
  if (shape.ids) writeHeader(fields, 'IxM2', { ...shape, metricArg: 0 }, count);
  if (storage === 'Flat') {
    writeHeader(fields, metric === 0 ? 'IxFI' : metric === 1 ? 'IxF2' : 'IxFl', shape, count);
    fields.u64(count * dim);
    return fields.bytes();
  }
  writeHeader(fields, 'IxSQ', shape, count);
  const { qtype, bytes } = SQ_TYPES[storage];
  fields.i32(qtype);
  // The range of each dimension is from its smallest to its largest number (RS_minmax).
  fields.i32(0);
  fields.f32(0);
  fields.u64(dim);
  fields.u64(dim * bytes);
  fields.u64(trained.length);
  for (const value of trained) fields.f32(value);
  fields.u64(count * dim * bytes);
  return fields.bytes();
}

/** How many numbers the front has for decoding. */
export function trainedNumbers({ storage, dim }: IndexShape): number {
  return storage === 'SQ8' ? 2 * dim : 0;
}

function writeHeader(fields: FieldWriter, fourcc: string, shape: IndexShape, count: number): void {
  fields.fourcc(fourcc);
  fields.i32(shape.dim);
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

/** Two headers, the fields of an SQ and a length take less. */
const MAX_FRONT = 192;

function fieldWriter(size: number): FieldWriter {
  const view = new DataView(new ArrayBuffer(size));
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
