/** Reads what was there when the file was opened. */
import { VtsError } from '../errors.ts';
import type { ByteSource } from '../stores/bytes.ts';

/** Fills `target` from `position` on. @throws VtsError InputTruncated when the file has become shorter */
export function readFully(source: ByteSource, target: Uint8Array, position: number): void {
  refuseShort(source, target, position, source.readSync(target, position));
}

/** As {@linkcode readFully}, while the caller goes on. */
export async function readFullyAside(
  source: ByteSource,
  target: Uint8Array,
  position: number,
): Promise<void> {
  refuseShort(source, target, position, await source.readAt(target, position));
}

function refuseShort(source: ByteSource, target: Uint8Array, position: number, count: number): void {
  if (count === target.length) return;
  throw new VtsError('InputTruncated', 'The file has become shorter while it was read', {
    file: source.name,
    byte: position + count,
    remedy: 'run again when nothing writes to it any more',
  });
}
