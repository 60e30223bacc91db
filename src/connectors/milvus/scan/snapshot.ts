/** The one moment as of which all ranges of a scan are read, and what to do when it is past. */
import type { Source } from '../../../core/endpoint.ts';
import { VtsError } from '../../../errors.ts';
import type { MilvusSource } from './milvus-source.ts';

/** Servers remove what was deleted or compacted for good after a while: three hours by default. */
const KEPT_MS = 3n * 3_600_000n;

/** The moment that all ranges of `ids` are read at; `undefined` where the server gave none. */
export function snapshotOf(ids: readonly string[]): bigint | undefined {
  const moments = new Set(ids.map((id) => {
    const { timestamp, snapshot } = JSON.parse(id) as { timestamp?: string; snapshot?: boolean };
    return snapshot === true ? timestamp : undefined;
  }));
  const [moment] = moments;
  return moments.size === 1 && moment !== undefined ? BigInt(moment) : undefined;
}

/** Whether the server may no longer have all rows as they were at `moment`, by its own clock. */
export function isPast({ time }: Pick<MilvusSource, 'time'>, moment: bigint): boolean {
  return time !== undefined && (time.timestamp - moment) >> 18n > KEPT_MS;
}

/** The error for going on at a moment that {@linkcode isPast}. */
export function pastMoment(name: string, remedy: string): VtsError {
  return new VtsError('JournalConflict', `the moment at which ${name} was read is past`, {
    expected: 'a resume within hours: servers keep deleted rows only for a while',
    remedy,
  });
}

/** `source`, whose ranges are read as they are now, whatever moment their plan names. */
export function withoutSnapshot(source: MilvusSource): Source {
  const { name, dataset, fingerprint, parallel } = source;
  return {
    name,
    dataset,
    fingerprint,
    ...(parallel === undefined ? {} : { parallel }),
    plan: () => source.plan(),
    read: (range, request) => source.read({ ...range, id: withoutTime(range.id) }, request),
    prove: (read) => source.prove!(new Map([...read].map(([id, rows]) => [withoutTime(id), rows]))),
    close: () => source.close(),
  };
}

function withoutTime(id: string): string {
  const { timestamp: _, snapshot: _s, ...rest } = JSON.parse(id);
  return JSON.stringify(rest);
}
