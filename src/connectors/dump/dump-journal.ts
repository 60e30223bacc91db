/** What the journal of a dump keeps of each collection, and how that becomes the manifest. */
import { VtsError } from '../../errors.ts';
import type { Journal } from '../../core/journal.ts';
import type { Json } from '../../core/schema-json.ts';
import type { PartMark } from './dump-sink.ts';
import type { DumpCollection, DumpFile, DumpPart } from './manifest.ts';
import { escapeName } from './names.ts';

/** A collection by its names. */
export interface CollectionName {
  readonly database: string;
  readonly name: string;
}

/** What is kept when a collection is begun. */
export interface Begun {
  /** The server's number of it, and its schema as `schemaToJson` has it: neither may change before the end. */
  readonly id: string;
  readonly schema: Json;
  /** `schema.json`. */
  readonly file: DumpFile;
  /** The partitions that are dumped. */
  readonly partitions: readonly string[];
  readonly dropped?: readonly string[];
}

/** What is kept when all rows of a collection are proven. */
export type Proven = Pick<DumpCollection, 'guarantee' | 'timestamp' | 'counted'>;

/** The path of a collection's directory in a dump. */
export function collectionPath({ database, name }: CollectionName): string {
  return `${escapeName(database)}/${escapeName(name)}`;
}

/** The journal of one collection. One that was begun anew has another: what the old one names counts no more. */
export function collectionJournal(journal: Journal, name: CollectionName): Journal {
  const path = collectionPath(name);
  const times = journal.fact(`anew:${path}`) as number | undefined;
  return journal.scoped(times === undefined ? path : `${path}~${times}`);
}

/** Forgets what is known of a collection. */
export function beginAnew(journal: Journal, name: CollectionName): void {
  const fact = `anew:${collectionPath(name)}`;
  journal.record(fact, ((journal.fact(fact) as number | undefined) ?? 0) + 1);
}

/** What an earlier run kept when it began the collection of `journal`. */
export function begunOf(journal: Journal): Begun | undefined {
  return journal.fact('begun') as Begun | undefined;
}

/** What an earlier run kept when it had proven the collection of `journal`. */
export function provenOf(journal: Journal): Proven | undefined {
  return journal.fact('proven') as Proven | undefined;
}

/** Keeps what a collection is, before its first row. */
export function recordBegun(journal: Journal, begun: Begun): void {
  journal.record('begun', begun);
}

/** Keeps that all rows are there. */
export function recordProven(journal: Journal, proven: Proven): void {
  journal.record('proven', proven);
}

/** The parts of a collection so far, in the order of their numbers. */
export function partsOf(
  journal: Journal,
): (DumpPart & { readonly number: number; readonly partition: string })[] {
  return journal.parts.map(({ part, rows, bytes, mark }) => {
    const { path, partition, sha256, ...keys } = JSON.parse(mark!) as PartMark;
    return { number: part, partition, path, rows, bytes, sha256, ...keys };
  }).sort((a, b) => a.number - b.number);
}

/** The files of a collection so far. */
export function filesSoFar(journal: Journal): DumpFile[] {
  const begun = begunOf(journal);
  return [...begun === undefined ? [] : [begun.file], ...partsOf(journal)];
}

/** The entry of a collection in the manifest. @throws VtsError RowsMissing when it is not proven yet */
export function manifestEntry(journal: Journal, { database, name }: CollectionName): DumpCollection {
  const begun = begunOf(journal);
  const proven = provenOf(journal);
  if (begun === undefined || proven === undefined) {
    throw new VtsError('RowsMissing', `the dump of "${name}" is not finished`);
  }
  const parts = partsOf(journal);
  const partitions = [...new Set([...begun.partitions, ...parts.map((part) => part.partition)])];
  return {
    database,
    name,
    schema: begun.file,
    id: begun.id,
    ...(proven.timestamp === undefined ? {} : { timestamp: proven.timestamp }),
    guarantee: proven.guarantee,
    rows: sumRows(parts),
    ...(proven.counted === undefined ? {} : { counted: proven.counted }),
    ...(begun.dropped === undefined || begun.dropped.length === 0 ? {} : { dropped: begun.dropped }),
    partitions: partitions.map((partition) => {
      const own = parts.filter((part) => part.partition === partition)
        .map(({ number: _, partition: _p, ...part }): DumpPart => part);
      return { name: partition, rows: sumRows(own), parts: own };
    }),
  };
}

function sumRows(parts: readonly { readonly rows: number }[]): number {
  return parts.reduce((sum, part) => sum + part.rows, 0);
}
