/** What is in a dump, or how far an unfinished one got, for `vts inspect`. */
import { join } from 'node:path';
import { type Dump, dumpKind, openDump } from '../connectors/dump/dump.ts';
import { JOURNAL } from '../connectors/dump/dump-directory.ts';
import {
  begunOf,
  collectionJournal,
  type CollectionName,
  partsOf,
  provenOf,
} from '../connectors/dump/dump-journal.ts';
import type { DumpCollection } from '../connectors/dump/manifest.ts';
import { readJournal } from '../core/journal.ts';
import { fileLog } from '../stores/log.ts';
import { formatBytes, formatCount, formatMany, formatTable } from './report/format.ts';
import type { Inspection } from './report/report.ts';

/** What is in the dump `path`; `undefined` where it is none. */
export function inspectDump(path: string): Inspection | undefined {
  const kind = dumpKind(path);
  if (kind === undefined) return undefined;
  return kind === 'complete' ? complete(openDump(path)) : unfinished(path);
}

function complete({ path, manifest }: Dump): Inspection {
  const { collections, source, serverVersion, began, ended } = manifest;
  const sum = (of: (one: DumpCollection) => number) => collections.reduce((total, one) => total + of(one), 0);
  const [rows, bytes] = [sum((one) => one.rows), sum(bytesOf)];
  const facts = { type: 'inspection', name: path, format: 'vts dump', complete: true, rows, bytes };
  return {
    json: () => JSON.stringify({ ...facts, manifest }),
    text: () =>
      [
        `${path}: a dump of ${source} (Milvus ${serverVersion}), ${
          formatMany(collections.length, 'collection')
        }, ${formatMany(rows, 'row')}, ${formatBytes(bytes)}`,
        `made from ${began} to ${ended} by vts ${manifest.vts}, format ${manifest.version}`,
        ...collections.length === 0 ? [] : [formatTable(collections.map(cells))],
      ].join('\n'),
  };
}

function cells(collection: DumpCollection): string[] {
  const { database, name, rows, partitions, guarantee, timestamp, dropped = [] } = collection;
  return [
    `${database}/${name}`,
    formatMany(rows, 'row'),
    formatBytes(bytesOf(collection)),
    formatMany(partitions.length, 'partition'),
    timestamp === undefined ? `no single moment` : `${guarantee}, ${momentText(timestamp)}`,
    ...dropped.length === 0 ? [] : [`without ${dropped.join(', ')}`],
  ];
}

/** The time that a timestamp of Milvus stands for. */
function momentText(timestamp: string): string {
  const milliseconds = Number(BigInt.asUintN(64, BigInt(timestamp)) >> 18n);
  return new Date(milliseconds).toISOString();
}

function bytesOf({ partitions }: DumpCollection): number {
  return partitions.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.bytes, 0);
}

function unfinished(path: string): Inspection {
  const { job = {}, journal } = readJournal(fileLog(join(path, JOURNAL)).read()) ?? {};
  const names = (journal?.fact('collections') ?? []) as readonly CollectionName[];
  const collections = names.map((name) => {
    const own = collectionJournal(journal!, name);
    const parts = partsOf(own);
    const state = provenOf(own) !== undefined
      ? 'complete'
      : begunOf(own) !== undefined
      ? 'begun'
      : 'to be done';
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return {
      ...name,
      state,
      rows,
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      parts: parts.length,
    };
  });
  const done = collections.filter(({ state }) => state === 'complete').length;
  const rows = collections.reduce((sum, one) => sum + one.rows, 0);
  const bytes = collections.reduce((sum, one) => sum + one.bytes, 0);
  const facts = { type: 'inspection', name: path, format: 'vts dump', complete: false, rows, bytes };
  return {
    json: () => JSON.stringify({ ...facts, job, collections }),
    text: () =>
      [
        `${path}: an unfinished dump of ${job.source ?? 'a server'}: ${formatCount(done)} of ${
          formatMany(names.length, 'collection')
        } complete, ${formatMany(rows, 'row')} so far, ${formatBytes(bytes)}`,
        ...collections.length === 0 ? [] : [formatTable(collections.map((one) => [
          `${one.database}/${one.name}`,
          one.state,
          formatMany(one.rows, 'row'),
          formatBytes(one.bytes),
        ]))],
        'the same command with --resume goes on',
      ].join('\n'),
  };
}
