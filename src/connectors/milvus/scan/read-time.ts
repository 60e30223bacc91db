/** The moment at which a collection is read. */
import { requestIfKnown } from '../metadata-call.ts';
import { askPage, type ScanTarget } from './query.ts';

/** A moment by the server's own clock (milliseconds since 1970 << 18, and a counter). */
export interface ReadTime {
  /** Everything written before it is read. */
  readonly timestamp: bigint;
  /** Whether nothing written after it is. */
  readonly snapshot: boolean;
}

/**
 * Now, as the server sees it. Servers since 2.5 give the time of a first query, and read again as of that time. Older ones
 * give theirs to whoever connects: queries that wait for it once are fast, where "strong consistency" would wait, each time,
 * for everything written so far (about 200 ms). `undefined` where neither is known: Milvus Lite needs none.
 */
export async function readTime(target: ScanTarget): Promise<ReadTime | undefined> {
  const { connection, filter = '', key } = target;
  if (!hasNoSnapshots(connection.version)) {
    const { sessionTs } = await askPage(target, { expression: filter, fields: [key], limit: 1 });
    if (sessionTs > 0n) return { timestamp: sessionTs, snapshot: true };
  }
  return connection.lite ? undefined : await timeOfConnecting(target);
}

/** Of others the first query tells. */
function hasNoSnapshots(version: string): boolean {
  return /^v?2\.[0-3]\./.test(version);
}

async function timeOfConnecting({ connection, retry }: ScanTarget): Promise<ReadTime | undefined> {
  const context = { action: `ask ${connection.name} for its time` };
  const request = { client_info: { sdk_type: 'vts' } };
  const reply = await requestIfKnown<{ identifier?: string }>(connection, 'Connect', request, context, retry);
  const timestamp = /^\d{1,19}$/.test(reply?.identifier ?? '') ? BigInt(reply!.identifier!) : 0n;
  return isTime(timestamp) ? { timestamp, snapshot: false } : undefined;
}

/** Whether `timestamp` is between the years 2015 and 2100: a server may number its connections in another way. */
function isTime(timestamp: bigint): boolean {
  const milliseconds = timestamp >> 18n;
  return milliseconds > BigInt(Date.UTC(2015)) && milliseconds < BigInt(Date.UTC(2100));
}
