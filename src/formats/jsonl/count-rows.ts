/** Counts rows without parsing them: the lines that are not blank. */
import type { ByteSource } from '../../stores/bytes.ts';
import { openText } from '../json-values/compression.ts';

/** The rows of `source`. @throws VtsError InputTruncated, InputMalformed when it is compressed and damaged */
export async function countRows(source: ByteSource): Promise<number> {
  const { chunks } = await openText(source);
  let rows = 0;
  let blank = true;
  for await (const chunk of chunks) {
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
