/** Extents as messages tell them (HDF5 file format specification, version 3.0, section IV.A.2.b). */
import { expectPlain, u64At } from './file-view.ts';

const MOST_EXTENTS = 32;
const NO_VALUES = 2;

/** The extents in `message`: none for a single value, `null` for no values. @throws NotPlain */
export function parseExtents(message: DataView): readonly number[] | null {
  const [version, rank] = [message.getUint8(0), message.getUint8(1)];
  expectPlain((version === 1 || version === 2) && rank <= MOST_EXTENTS, 'an unusual data space');
  if (version === 2 && message.getUint8(3) === NO_VALUES) return null;
  const start = version === 1 ? 8 : 4;
  return Array.from({ length: rank }, (_, i) => u64At(message, start + i * 8));
}
