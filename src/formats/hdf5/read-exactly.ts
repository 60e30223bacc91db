/** Reads what a file says that it has. */
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/** Fills `target` from `position` on. @throws VtsError InputTruncated */
export function readExactly(source: ByteSource, target: Uint8Array, position: number): void {
  const { name, size } = source;
  if (source.readSync(target, position) === target.length) return;
  throw new VtsError('InputTruncated', `${name} ends before the data that it points to`, {
    file: name,
    byte: size!,
    expected: `${target.length} bytes from byte ${position} on; the file has ${size}`,
    remedy: 'copy or download the file again',
  });
}
