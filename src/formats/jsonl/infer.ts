/** Types of fields from the first lines, where no schema says them. */
import type { Schema } from '../../core/schema.ts';
import type { ReadOptions } from '../format.ts';
import { inferredSchema, SAMPLE_ROWS } from '../json-values/infer.ts';
import { sampleRow, type Seen } from '../json-values/sample.ts';
import { beginRow, endRow } from '../json-values/text.ts';
import type { Head } from './head.ts';

/** The schema of the sampled rows, and notes that state it. @throws VtsError InputMalformed when there are none */
export function inferSchema(
  { sample }: Head,
  options: Pick<ReadOptions, 'roles' | 'casts'>,
): { schema: Schema; notes: readonly string[] } {
  const seen = new Map<string, Seen>();
  const text = { ...sample };
  while (text.pos < text.end && text.row < SAMPLE_ROWS) {
    if (!beginRow(text)) continue;
    sampleRow(text, seen);
    endRow(text);
  }
  return inferredSchema(seen, text.row, text.file, options);
}
