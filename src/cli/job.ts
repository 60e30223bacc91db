/** What must be the same when a job is resumed. */
import type { JournalHeader } from '../core/journal.ts';

/** Flags that shape neither rows nor where they go: how fast, how loud, with whose permission, where scratch files go. */
const FREE: ReadonlySet<string> = new Set([
  'json quiet verbose progress color database collection',
  'batchBytes tempDir partSize parallel inFlight rateLimit retryMaxTime timeout',
  'parents recipe resume breakLock restart overwrite redoUncertain state onError rejectFile load requireLoaded',
  'noLoad notConsistent dryRun moveAliases verify',
  'token tokenFile tokenCommand username password passwordFile caCert clientCert clientKey serverName insecure',
].flatMap((names) => names.split(' ')));

/** The job of `flags`: its source, its target, and all flags that shape its rows. */
export function jobOf(ends: Readonly<Record<string, string>>, flags: object): JournalHeader['job'] {
  const shaping = Object.entries(flags).filter(([name, value]) =>
    value !== undefined && !FREE.has(name) && !name.startsWith('target')
  );
  return { ...ends, ...Object.fromEntries(shaping.map(([name, value]) => [name, JSON.stringify(value)])) };
}
