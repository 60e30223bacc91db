/** What turns codes into vectors. Each kind of code is one file with its reader (the fields in the file) and its decoder. */
import { computedRows } from '../rows/derived-rows.ts';
import type { RowReader } from '../rows/rows.ts';

/** Codes of one kind. */
export interface Codec {
  /** As faiss' index factory calls it: `PQ16x8`. */
  readonly label: string;
  readonly dim: number;
  readonly codeBytes: number;
  /** Loads the tables. @throws VtsError MemoryLimit, InputUnsupported */
  load(): Decode;
}

/** Writes the vectors of the `count` codes at the front of `codes` to `out`. */
export type Decode = (codes: Uint8Array<ArrayBuffer>, count: number, out: Float32Array<ArrayBuffer>) => void;

/** The vectors of `codes`, as float32. */
export function decodedRows(codes: RowReader, codec: Codec): RowReader {
  let decode: Decode | undefined;
  return computedRows(codes, codec.dim, (bytes, count, out) => {
    decode ??= codec.load();
    decode(bytes, count, out);
  });
}
