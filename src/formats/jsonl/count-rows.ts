/** Counts rows without parsing them: the lines that are not blank. */
import type { ByteSource } from '../../stores/bytes.ts';
import { openFeed } from '../json-values/compression.ts';

/** The rows of `source`. @throws VtsError InputTruncated, InputMalformed when it is compressed and damaged */
export async function countRows(source: ByteSource): Promise<number> {
  const { feed } = await openFeed(source);
  const piece = new Uint8Array(1 << 20);
  let rows = 0;
  let blank = true;
  for (let count = await feed.read(piece); count > 0; count = await feed.read(piece)) {
    const chunk = piece.subarray(0, count);
    for (let at = 0; at < chunk.length;) {
      const end = chunk.indexOf(0x0a, at);
      const lineEnd = end < 0 ? chunk.length : end;
      while (blank && at < lineEnd) blank = chunk[at++] <= 0x20;
      at = lineEnd + 1;
      if (end < 0) break;
      if (!blank) rows++;
      blank = true;
    }
  }
  return blank ? rows : rows + 1;
}
