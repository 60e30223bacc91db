/** Where the rows go that differ: some to the screen, all to a file. */
import type { Difference } from '../core/compare/compare.ts';
import { createFileSink } from '../stores/file.ts';
import { differenceJson } from './compare-text.ts';

interface Listed {
  readonly difference: Difference;
  readonly of: string | undefined;
}

/** Differences that are kept in memory, and so come sorted by key. */
const SORTED = 10_000;
/** Differences that are shown. */
const SHOWN = 10;

/** Opens the list of differences; all of it goes into the file `path`, where one is named. */
export function openDifferences(path: string | undefined, overwrite: boolean) {
  const sink = path === undefined ? undefined : createFileSink(path, overwrite);
  let kept: Listed[] = [];
  let text = '';
  const flush = () => {
    sink?.writeSync(new TextEncoder().encode(text), sink.size);
    text = '';
  };
  const write = ({ difference, of }: Listed) => {
    text += `${differenceJson(difference, of)}\n`;
    if (text.length > 1 << 16) flush();
  };
  const writeKept = () => {
    kept.sort((a, b) => compareKeys(a.difference.key, b.difference.key));
    if (sink !== undefined) { for (const one of kept) write(one); }
    kept = [];
  };
  let overflown: Difference[] | undefined;
  return {
    /** Adds a difference between the collections `of`, where there are several. */
    add(difference: Difference, of: string | undefined) {
      if (overflown === undefined) {
        kept.push({ difference, of });
        if (kept.length < SORTED) return;
        overflown = kept.slice(0, SHOWN).map((one) => one.difference);
        writeKept();
      } else if (sink !== undefined) write({ difference, of });
    },
    /** Some of the differences since this was last called. */
    take(): readonly Difference[] {
      const found = overflown;
      overflown = undefined;
      if (found !== undefined) return found;
      kept.sort((a, b) => compareKeys(a.difference.key, b.difference.key));
      const shown = kept.slice(0, SHOWN).map((one) => one.difference);
      writeKept();
      return shown;
    },
    async commit() {
      flush();
      await sink?.commit();
    },
    async abort() {
      await sink?.abort();
    },
  };
}

function compareKeys(a: Difference['key'], b: Difference['key']): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
