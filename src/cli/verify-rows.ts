/** `vts verify A B`: two ends row by row. */
import { tmpdir } from 'node:os';
import type { FileSource } from '../connectors/file/file-source.ts';
import { type CompareSide, compareSources, type Comparison } from '../core/compare/compare.ts';
import type { Sink, Source } from '../core/endpoint.ts';
import { compileMapping } from '../core/mapping.ts';
import { type Dataset, idField } from '../core/schema.ts';
import { formatType, KINDS } from '../core/types.ts';
import { VtsError } from '../errors.ts';
import { createScratch } from '../stores/file.ts';
import {
  type ComparedPair,
  comparisonText,
  describeComparison,
  isEqual,
  type NamedComparison,
} from './compare-text.ts';
import { defined } from './defined.ts';
import { castsTo } from './fit-target.ts';
import { openDifferences } from './differences-file.ts';
import type { CompareFlags } from './options/compare.ts';
import type { Report } from './report/report.ts';
import { countedRetries } from './retries.ts';
import { type End, type Item, openEnds } from './verify-ends.ts';

/** Compares the two `endpoints`. @throws VtsError Differs when they are not equal */
export async function verifyRows(
  endpoints: readonly [string, string],
  flags: CompareFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const differences = openDifferences(flags.differences, flags.overwrite ?? false);
  try {
    const retries = countedRetries(flags.retryMaxTime, report, signal);
    const ends = await openEnds(endpoints, { flags, retries, report, signal });
    const found: NamedComparison[] = [];
    try {
      const all = await pairs(ends[0], ends[1]);
      const more = await extras(ends[0], ends[1], all);
      if (all.length === 0) report.note(`${ends[0].name} holds no collections: there is nothing to compare`);
      for (const [a, b] of all) {
        const context = { flags, report, signal, differences, several: all.length > 1 };
        const result = b === undefined
          ? { a: a.name, b: ends[1].name, missing: 'B' as const }
          : await comparePair(a, b, context);
        found.push(result);
        report.inspection(describeComparison(result));
      }
      for (const extra of more) {
        const result = { a: ends[0].name, b: extra.name, missing: 'A' as const };
        found.push(result);
        report.inspection(describeComparison(result));
      }
    } finally {
      await Promise.all(ends.map((end) => end.close()));
    }
    await differences.commit();
    refuseDifferences(found, flags.differences);
  } finally {
    await differences.abort();
  }
}

/** What is compared with what: each data set of the first end with that of the same name. */
async function pairs(a: End, b: End): Promise<[Item, Item | undefined][]> {
  const items = await a.list();
  if (items.length > 1 && !b.many) {
    throw new VtsError('Usage', `${a.name} holds ${items.length} collections, and ${b.name} is one`, {
      expected: items.slice(0, 10).map(({ collection }) => collection?.name).join(', '),
      remedy: 'choose one with --collection, or leave the collection out of the address',
    });
  }
  const found: [Item, Item | undefined][] = [];
  for (const item of items) found.push([item, await b.find(item)]);
  return found;
}

/** What only the second end has, where the first one is to have all. */
async function extras(
  a: End,
  b: End,
  found: readonly (readonly [Item, Item | undefined])[],
): Promise<readonly Item[]> {
  if (!b.many) return [];
  const known = new Set(found.map(([, item]) => item?.name));
  return (await b.list()).filter(({ name, collection }) =>
    !known.has(name) && collection !== undefined && a.covers(collection, b.database)
  );
}

/** How rows are compared. */
export interface PairContext {
  readonly flags: Pick<
    CompareFlags,
    | 'fields'
    | 'rename'
    | 'cast'
    | 'id'
    | 'schema'
    | 'parallel'
    | 'tempDir'
    | 'batchBytes'
    | 'ignorePartitions'
  >;
  readonly report: Report;
  readonly signal: AbortSignal;
  readonly differences: ReturnType<typeof openDifferences>;
  /** Whether several collections are compared. */
  readonly several: boolean;
}

async function comparePair(a: Item, b: Item, context: PairContext): Promise<ComparedPair> {
  const left = await a.open();
  try {
    const right = await b.open();
    try {
      return await compareOpened(left, right, context);
    } finally {
      await right.close();
    }
  } finally {
    await left.close();
    context.signal.throwIfAborted();
  }
}

/** Compares two data sets that are open. */
export async function compareOpened(
  left: Source,
  right: Source,
  context: PairContext,
): Promise<ComparedPair> {
  const { report, flags, differences } = context;
  const began = performance.now();
  const compared = await compare(sideOf(left, right, flags, 0), sideOf(right, left, flags, 1), context);
  for (const note of compared.notes) report.note(note);
  const seconds = (performance.now() - began) / 1000;
  return { a: left.name, b: right.name, ...compared, shown: differences.take(), seconds };
}

async function compare(a: CompareSide, b: CompareSide, context: PairContext): Promise<Comparison> {
  const { flags, report, signal, differences, several } = context;
  for (const note of new Set([...a.mapping.notes, ...b.mapping.notes])) report.note(note);
  const counts = [a, b].map(({ source }) => source.dataset.rows);
  const total = counts.includes(undefined) ? {} : { rows: counts[0]! + counts[1]! };
  report.start({ command: 'verify', from: a.source.name, to: b.source.name, ...total });
  let [rows, bytes] = [0, 0];
  return await compareSources(a, b, {
    scratch: () => createScratch(flags.tempDir ?? tmpdir()),
    parallel: flags.parallel,
    ...defined({ batchBytes: flags.batchBytes, ignorePartitions: flags.ignorePartitions }),
    signal,
    onDifference: (difference) => differences.add(difference, several ? a.source.name : undefined),
    onRows(moreRows, moreBytes) {
      rows += moreRows;
      bytes += moreBytes;
      report.progress({ rows, rowsResumed: 0, bytes, parts: 0 });
    },
    onStage: report.stage,
  });
}

/** All types can be compared. */
const ANYTHING: Pick<Sink, 'name' | 'features' | 'check'> = {
  name: 'a comparison',
  features: { kinds: new Set(KINDS), nulls: true },
  check: () => [],
};

/** `source` with its columns as the flags say. Names are those of the first side; where it renames, the new ones are understood too. */
function sideOf(source: Source, other: Source, flags: PairContext['flags'], side: 0 | 1): CompareSide {
  const { dataset } = source;
  const renames = Object.entries(flags.rename ?? {});
  const [from, to] = side === 0 ? [1, 0] : [0, 1];
  const nameHere = (name: string) => renames.find((pair) => pair[from] === name)?.[to] ?? name;
  const id = flags.id === undefined ? idField(dataset)?.name : nameHere(flags.id);
  // What the server computes from other fields is as equal as these are; keys belong to every choice.
  const fields = flags.fields === undefined
    ? dataset.schema.fields.filter((field) => !field.functionOutput).map((field) => field.name)
    : [...new Set([...(id === undefined ? [] : [id]), ...flags.fields.map(nameHere)])];
  const mapping = compileMapping(dataset, ANYTHING, {
    fields,
    ...(side === 0 ? defined({ renames: flags.rename }) : {}),
    casts: { ...(isUntyped(source, flags) ? typesOf(other, dataset, nameHere) : {}), ...flags.cast },
    ...(id === undefined ? {} : { roles: { id } }),
  });
  return { source, mapping };
}

/** JSON lines and CSV say no types: they are guessed from the first rows. */
function isUntyped(source: Source, { schema }: PairContext['flags']): boolean {
  return schema === undefined && (source as Partial<FileSource>).format?.untyped === true;
}

/** The types of `other`, for the columns of `dataset` that can be cast to them. */
function typesOf(other: Source, { schema }: Dataset, nameHere: (name: string) => string) {
  const types = other.dataset.schema.fields.map(({ name, type }) => [nameHere(name), formatType(type)]);
  return castsTo(Object.fromEntries(types), schema);
}

function refuseDifferences(found: readonly NamedComparison[], file: string | undefined): void {
  const unequal = found.filter((one) => !isEqual(one));
  if (unequal.length === 0) return;
  const [first] = unequal;
  throw new VtsError(
    'Differs',
    unequal.length === 1 && found.length === 1
      ? `${first.a} and ${first.b} are not equal`
      : `${unequal.length} of ${found.length} collections are not equal`,
    {
      expected: `no differences; found ${comparisonText(first)}`,
      remedy: file === undefined
        ? 'add --differences FILE to list the keys of all rows that differ'
        : `${file} lists the keys of all rows that differ`,
    },
  );
}
