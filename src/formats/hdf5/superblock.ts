/** The superblock: where an HDF5 file begins and where it says that it ends (specification, section II.A). */
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';
import { beginsWithSignature, SIGNATURE } from './signature.ts';

/** Facts of a superblock. */
export interface Superblock {
  readonly version: number;
  /** Where it lies; a user block of other data may come before. */
  readonly offset: number;
}

/**
 * Reads the superblock, without the library: a truncated file is found at once and told in our words.
 * @throws VtsError InputMalformed, InputTruncated
 */
export function readSuperblock(source: ByteSource): Superblock {
  const size = source.size!;
  const head = new Uint8Array(64);
  for (let offset = 0; offset + SIGNATURE.length <= size; offset = offset === 0 ? 512 : offset * 2) {
    head.fill(0);
    const count = source.readSync(head, offset);
    if (!beginsWithSignature(head)) continue;
    const version = head[8];
    const end = endOfFile(head.subarray(0, count), version);
    if (count < 48 || (end !== undefined && end > size)) {
      throw new VtsError('InputTruncated', `${source.name} ends too early`, {
        file: source.name,
        byte: size,
        expected: end === undefined ? 'a whole superblock' : `${end} bytes, as its superblock says`,
        remedy: 'copy or download the file again',
      });
    }
    return { version, offset };
  }
  throw new VtsError('InputMalformed', `${source.name} is not an HDF5 file`, {
    file: source.name,
    byte: 0,
    expected: 'the signature \\x89HDF\\r\\n\\x1a\\n at byte 0, 512, 1024, ...',
  });
}

/** The address of the end of the file; `undefined` where it is not in 8 bytes, as it is in nearly all files. */
function endOfFile(head: Uint8Array<ArrayBuffer>, version: number): number | undefined {
  const [bytesAt, position] = version === 0 ? [13, 40] : version === 1 ? [13, 44] : [9, 28];
  if (version > 3 || head[bytesAt] !== 8 || head.length < position + 8) return undefined;
  return Number(new DataView(head.buffer, head.byteOffset).getBigUint64(position, true));
}
