/** The ranges of a scan: which rows of which partition, as of when. Their ids say it all, so that a resumed job needs no plan. */
import { VtsError } from '../../../errors.ts';
import { type Key, type KeyKind, type KeyRange, keyText, parseKey } from './keys.ts';

/** A piece of a collection that is read on its own. */
export interface ScanRange extends KeyRange {
  /** Absent where the partitions are read together. */
  readonly partition?: string;
  /** Everything written before this moment is read; before the question, when absent. */
  readonly timestamp?: bigint;
  /** Whether nothing written after it is read. */
  readonly snapshot?: boolean;
  /** Rows that the server counted when it was planned, where it could. */
  readonly planned?: number;
}

/** The id of `range`: JSON with its members always in the same order. */
export function encodeRange({ partition, from, to, timestamp, snapshot, planned }: ScanRange): string {
  return JSON.stringify({
    partition,
    from: from === undefined ? undefined : keyText(from),
    to: to === undefined ? undefined : keyText(to),
    timestamp: timestamp === undefined ? undefined : String(timestamp),
    snapshot,
    planned,
  });
}

/**
 * The range that `id` is of; `kind` is that of the collection's key.
 * @throws VtsError JournalConflict when it is none
 */
export function decodeRange(id: string, kind: KeyKind): ScanRange {
  const parts = parseObject(id);
  const text = (name: string) => typeof parts[name] === 'string' ? parts[name] as string : undefined;
  const range = {
    ...defined('partition', text('partition')),
    ...defined('from', readKey(kind, text('from'), id)),
    ...defined('to', readKey(kind, text('to'), id)),
    ...defined('timestamp', readTimestamp(text('timestamp'), id)),
    ...defined('snapshot', typeof parts.snapshot === 'boolean' ? parts.snapshot : undefined),
    ...defined('planned', typeof parts.planned === 'number' ? parts.planned : undefined),
  };
  if (encodeRange(range) !== id) throw notOurs(id);
  return range;
}

function parseObject(id: string): Record<string, unknown> {
  try {
    const value = JSON.parse(id);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Not JSON: said below.
  }
  throw notOurs(id);
}

function readKey(kind: KeyKind, text: string | undefined, id: string): Key | undefined {
  if (text === undefined) return undefined;
  const key = parseKey(kind, text);
  if (key === undefined) throw notOurs(id);
  return key;
}

function readTimestamp(text: string | undefined, id: string): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,20}$/.test(text)) throw notOurs(id);
  return BigInt(text);
}

function notOurs(id: string): VtsError {
  return new VtsError(
    'JournalConflict',
    `the journal has a range that is none of a collection: ${id.slice(0, 200)}`,
    {
      remedy: 'begin anew with --overwrite instead of --resume',
    },
  );
}

function defined<Name extends string, T>(name: Name, value: T | undefined): { [N in Name]?: T } {
  return value === undefined ? {} : { [name]: value } as { [N in Name]?: T };
}
