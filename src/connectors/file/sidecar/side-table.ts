/** Columns that a file beside the data holds: ids, documents. */
import type { Column } from '../../../core/column.ts';
import type { Field } from '../../../core/schema.ts';

/** Which entries: some in a row from a position on, or those with these numbers. */
export type Keys =
  | { readonly start: number; readonly count: number }
  | { readonly numbers: BigInt64Array };

/** An open file beside the data. */
export interface SideTable {
  /** What messages call it. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly rows: number;
  /** What an entry takes in memory, on average. */
  readonly rowBytes: number;
  /** Tells whether it is the same file as in an earlier run. */
  readonly fingerprint: string;
  readonly notes: readonly string[];
  /** Why it may have one entry more or fewer than there are rows. */
  readonly hint?: string;
  /**
   * The columns called `names`, in the order of {@linkcode fields}, of the entries with these numbers.
   * @throws VtsError InputMalformed for a number that has no entry
   */
  gather(keys: Keys, names: ReadonlySet<string>): readonly Column[];
  close(): void;
}

/** Runs of numbers that rise by one: where each begins, and how long it is. */
export function* runsOf(keys: Keys): Iterable<{ readonly start: number; readonly count: number }> {
  if ('start' in keys) return yield keys;
  const { numbers } = keys;
  for (let i = 0; i < numbers.length;) {
    const start = Number(numbers[i]);
    let next = i + 1;
    while (next < numbers.length && numbers[next] === numbers[next - 1] + 1n) next++;
    yield { start, count: next - i };
    i = next;
  }
}

/** How many entries `keys` names. */
export function countOf(keys: Keys): number {
  return 'start' in keys ? keys.count : keys.numbers.length;
}
