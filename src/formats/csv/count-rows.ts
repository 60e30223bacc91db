/** Counts rows without parsing them. */
import type { ByteSource } from '../../stores/bytes.ts';
import { openText } from '../json-values/compression.ts';
import { beginRecords } from './header.ts';
import { isBlank, openRecords } from './records.ts';
import { NO_HEADER } from './writer.ts';

/** The rows of `source`, which was written with `layout`. @throws VtsError InputTruncated, InputMalformed when it is damaged */
export async function countRows(source: ByteSource, layout?: string): Promise<number> {
  const { chunks } = await openText(source);
  const records = openRecords(chunks, source.name, 0x2c);
  let rows = 0;
  try {
    await beginRecords(records);
    let width = 0;
    while (records.scan() || await records.next()) {
      width ||= records.cells.count;
      if (width === 1 || !isBlank(records)) rows++;
    }
  } finally {
    await records.close();
  }
  return layout === NO_HEADER ? rows : Math.max(0, rows - 1);
}
