/** Reads what a file says that it has. */
import { VtsError } from '../../errors.ts';
import type { ByteSource } from '../../stores/bytes.ts';

/** Fills `target` from `position` on. @throws VtsError InputTruncated */
export function readExactly(source: ByteSource, target: Uint8Array, position: number): void {
  checkCount(source, target, position, source.readSync(target, position));
}

/** As {@linkcode readExactly}, while the caller goes on. */
export async function readExactlyAside(
  source: ByteSource,
  target: Uint8Array,
  position: number,
): Promise<void> {
  checkCount(source, target, position, await source.readAt(target, position));
}

function checkCount({ name, size }: ByteSource, target: Uint8Array, position: number, count: number): void {
  if (count === target.length) return;
  throw new VtsError('InputTruncated', `${name} ends before the data that it points to`, {
    file: name,
    byte: size!,
    expected: `${target.length} bytes from byte ${position} on; the file has ${size}`,
    remedy: 'copy or download the file again',
  });
}
