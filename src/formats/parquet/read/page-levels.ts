/** Where a page has its levels: before its values (https://github.com/apache/parquet-format/blob/master/README.md#data-pages). */
import type { PageHeader } from 'hyparquet';
import { VtsError } from '../../../errors.ts';
import { HybridReader, levelBits } from './hybrid.ts';
import type { SchemaNode } from './schema-tree.ts';

/** Bytes [`start`, `end`) of a page. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** The levels of a page; values come after `end`. A leaf without repetition or definition levels has none. */
export interface LevelSpans {
  readonly reps: Span | undefined;
  readonly defs: Span | undefined;
  readonly end: number;
}

/** The first bytes of a page: `count` of them, where it has as many. */
export type Front = (count: number) => Uint8Array;

/** The levels of a page of version 1 and `size` bytes: behind their lengths. @throws VtsError InputMalformed, InputUnsupported */
export function levelsOfV1(
  header: PageHeader,
  { rep, def }: SchemaNode,
  front: Front,
  size: number,
): LevelSpans {
  const facts = header.data_page_header!;
  let at = 0;
  const span = (highest: number, encoding: string | undefined): Span | undefined => {
    if (highest === 0) return undefined;
    if (encoding !== undefined && encoding !== 'RLE') {
      throw new VtsError('InputUnsupported', `levels are encoded as ${encoding}`, { expected: 'RLE' });
    }
    const start = at + 4;
    if (start <= size) {
      const bytes = front(start);
      at = start + new DataView(bytes.buffer, bytes.byteOffset, start).getUint32(start - 4, true);
    }
    if (start > size || at > size) {
      throw new VtsError('InputMalformed', 'the levels of a page end after it', {
        expected: 'levels within it',
      });
    }
    return { start, end: at };
  };
  const reps = span(rep, facts.repetition_level_encoding);
  const defs = span(def, facts.definition_level_encoding);
  return { reps, defs, end: at };
}

/** The levels of a page of version 2 and `size` bytes: its header has their lengths. @throws VtsError InputMalformed */
export function levelsOfV2(header: PageHeader, { rep, def }: SchemaNode, size: number): LevelSpans {
  const { repetition_levels_byte_length: repBytes, definition_levels_byte_length: defBytes } = header
    .data_page_header_v2!;
  const end = Number(repBytes) + Number(defBytes);
  if (!(isWhole(repBytes) && isWhole(defBytes) && end <= size)) {
    throw new VtsError('InputMalformed', `${end} bytes of levels in a page`, { expected: `at most ${size}` });
  }
  return {
    reps: rep === 0 ? undefined : { start: 0, end: repBytes },
    defs: def === 0 ? undefined : { start: repBytes, end },
    end,
  };
}

/** Reads levels up to `highest` that lie in `span` of `bytes`. */
export function levelReader(
  bytes: Uint8Array,
  span: Span | undefined,
  highest: number,
): HybridReader | undefined {
  return span && new HybridReader(bytes.subarray(span.start, span.end), levelBits(highest));
}

/** Headers are untrusted: a count may turn out to be anything. */
export function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
