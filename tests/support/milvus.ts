/**
 * The real servers that tests share: one Milvus 2.3.5 and one Milvus Lite a process, started when first asked for.
 * `VTS_TEST_MILVUS` and `VTS_TEST_LITE` name running ones instead (HOST:PORT).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startLite } from '../../scripts/servers/lite.ts';
import { PROMPT, startMilvus } from '../../scripts/servers/milvus.ts';

const PYTHON = resolve(import.meta.dirname!, '../../.venv/bin/python');
const PYMILVUS = resolve(import.meta.dirname!, 'pymilvus_server.py');

/** A server that tests may use; `address` is `HOST:PORT`. */
export interface TestServer {
  readonly name: 'milvus' | 'lite';
  readonly address: string;
  /** `USER:PASSWORD`, where it asks for one. */
  readonly token?: string;
}

function shared(
  name: TestServer['name'],
  variable: string,
  start: () => Promise<{ readonly address: string }>,
): () => Promise<TestServer> {
  let server: Promise<TestServer> | undefined;
  return () => {
    const given = process.env[variable];
    server ??= given === undefined
      ? start().then(({ address }) => ({ name, address }))
      : Promise.resolve({ name, address: given });
    return server;
  };
}

/** Milvus 2.3.5. */
export const milvusServer: () => Promise<TestServer> = shared(
  'milvus',
  'VTS_TEST_MILVUS',
  () => startMilvus({ settings: PROMPT }),
);

/** Milvus Lite 3.2.2. */
export const liteServer: () => Promise<TestServer> = shared('lite', 'VTS_TEST_LITE', () => startLite());

let names = 0;

/** A collection name that no other test has. */
export function uniqueName(stem: string): string {
  return `${stem}_${process.pid}_${names++}`;
}

/** Where a process that has imported pymilvus listens, started when first asked for; it ends with this process. */
let pymilvus: string | undefined;

function startPymilvus(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'vts-pymilvus-')), 'socket');
  const child = spawn(PYTHON, [PYMILVUS, path], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.unref();
  return path;
}

/**
 * Runs `code` with pymilvus: `client` is connected to the server, `args` are `args`, and what it passes to `answer(...)` is returned.
 * Blocks this process, so that proxies and fakes in it do not answer.
 */
export function runPymilvus({ address, token = '' }: TestServer, code: string, ...args: string[]): unknown {
  pymilvus ??= startPymilvus();
  const { status, stdout, stderr, error } = spawnSync(PYTHON, ['-S', '-E', PYMILVUS, '--ask', pymilvus], {
    input: JSON.stringify({ uri: `http://${address}`, token, code, args }),
    encoding: 'utf8',
    maxBuffer: 1 << 29,
    timeout: 600_000,
  });
  if (status !== 0 || stdout === '') throw new Error(`pymilvus ended early: ${error ?? stderr}`);
  const reply = JSON.parse(stdout) as { answer?: unknown; error?: string };
  if (reply.error !== undefined) throw new Error(`pymilvus failed: ${reply.error.slice(-3000)}`);
  return reply.answer ?? undefined;
}
