/**
 * Compares two data sets row by row. Each side is read once, in any order, and of each row a record of digests is set aside in a
 * scratch file (`record.ts`); the records are then joined by their keys in bounded memory (`join.ts`). Rows count as multisets: one
 * that is there twice on one side and once on the other is on the one side only, once.
 */
import type { Range } from '../endpoint.ts';
import { matchColumns, type SchemaDifference } from './columns.ts';
import { drawSeeds } from './digest.ts';
import { joinSpools } from './join.ts';
import { type Key, KEY_WORDS } from './record.ts';
import { type CompareSide, SideRows } from './side.ts';
import type { ScratchFile } from './spool.ts';
import { together } from './together.ts';

export type { SchemaDifference } from './columns.ts';
export type { CompareSide } from './side.ts';

/** A row that is not the same on both sides. */
export interface Difference {
  readonly kind: 'onlyA' | 'onlyB' | 'differ';
  /** The number of the row, from 0, where neither side has a key. */
  readonly key: Key;
  /** The columns that differ. */
  readonly fields?: readonly string[];
}

/** The result. */
export interface Comparison {
  readonly rowsA: number;
  readonly rowsB: number;
  readonly equal: number;
  readonly onlyA: number;
  readonly onlyB: number;
  readonly differ: number;
  /** Of the rows that differ, in how many each column does. */
  readonly fields: Readonly<Record<string, number>>;
  /** Columns that could not be compared. */
  readonly schema: readonly SchemaDifference[];
  /** Whether the partitions of rows were compared. */
  readonly placement: boolean;
  /** What a user should know. */
  readonly notes: readonly string[];
}

/** How to compare. */
export interface CompareOptions {
  readonly scratch: () => ScratchFile;
  /** Ranges of one side that are read at the same time, where it allows it. */
  readonly parallel?: number;
  readonly batchBytes?: number;
  /** Leaves out which partition a row is in; else it is compared where both sides know it. */
  readonly ignorePartitions?: boolean;
  /** Bytes of records that are joined in memory. */
  readonly memory?: number;
  readonly signal?: AbortSignal;
  readonly onDifference?: (difference: Difference) => void;
  /** Called after every batch of either side. */
  readonly onRows?: (rows: number, bytes: number) => void;
  readonly onStage?: (text: string, fraction?: number) => void;
}

/** What the partition of a row is called among its columns. */
const PARTITION = '$partition';

/** Compares `a` and `b`. @throws VtsError PlanRefused where rows cannot be told apart; whatever a source raises */
export async function compareSources(
  a: CompareSide,
  b: CompareSide,
  options: CompareOptions,
): Promise<Comparison> {
  const matching = matchColumns(a.mapping.dataset, b.mapping.dataset);
  const ranges = await Promise.all([a.source.plan(), b.source.plan()]);
  const placement = options.ignorePartitions !== true && matching.key !== undefined && ranges.every(isPlaced);
  const { parallel = 1, onRows = () => {} } = options;
  const shared = { ...options, matching, placement, seeds: drawSeeds(), onRows, parallel };
  const sides: SideRows[] = [];
  try {
    for (const index of [0, 1] as const) {
      sides.push(new SideRows([a, b][index], { ...shared, index, ranges: ranges[index] }));
    }
    const notes = await together(sides.map((side) => (signal) => side.readAll(signal)), options.signal);
    const names = [...matching.columns.map(({ name }) => name), ...(placement ? [PARTITION] : [])];
    const found = await join(sides[0], sides[1], names, options);
    return {
      rowsA: sides[0].rows,
      rowsB: sides[1].rows,
      ...found,
      schema: matching.differences,
      placement,
      notes: [...matching.notes, ...notes.flat()],
    };
  } finally {
    for (const side of sides) side.close();
  }
}

/** Whether all ranges say which partition they are of. */
function isPlaced(ranges: readonly Range[]): boolean {
  return ranges.every(({ partition }) => partition !== undefined);
}

async function join(
  a: SideRows,
  b: SideRows,
  names: readonly string[],
  { memory, signal, onDifference = () => {}, onStage = () => {} }: CompareOptions,
): Promise<Pick<Comparison, 'equal' | 'onlyA' | 'onlyB' | 'differ' | 'fields'>> {
  const counts = { equal: 0, onlyA: 0, onlyB: 0, differ: 0 };
  const inField = new Map<string, number>();
  await joinSpools(a.records, b.records, {
    equal: (count) => counts.equal += count,
    onlyA({ words }, at) {
      counts.onlyA++;
      onDifference({ kind: 'onlyA', key: a.keyOf(words, at) });
    },
    onlyB({ words }, at) {
      counts.onlyB++;
      onDifference({ kind: 'onlyB', key: b.keyOf(words, at) });
    },
    differ(left, atA, right, atB) {
      counts.differ++;
      const fields = names.filter((_, i) => {
        const word = KEY_WORDS + i * 2;
        return left.words[atA + word] !== right.words[atB + word] ||
          left.words[atA + word + 1] !== right.words[atB + word + 1];
      });
      for (const name of fields) inField.set(name, (inField.get(name) ?? 0) + 1);
      onDifference({ kind: 'differ', key: a.keyOf(left.words, atA), fields });
    },
  }, {
    ...(memory === undefined ? {} : { memory }),
    ...(signal === undefined ? {} : { signal }),
    onBucket: (done) => onStage('comparing', done),
  });
  return { ...counts, fields: Object.fromEntries(inField) };
}
