/**
 * The real servers that tests share: one Milvus 2.3.5 and one Milvus Lite a process, started when first asked for.
 * `VTS_TEST_MILVUS` and `VTS_TEST_LITE` name running ones instead (HOST:PORT).
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { startLite } from '../../scripts/servers/lite.ts';
import { startMilvus } from '../../scripts/servers/milvus.ts';

const PYTHON = resolve(import.meta.dirname!, '../../.venv/bin/python');

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
  () => startMilvus(),
);

/** Milvus Lite 3.2.2. */
export const liteServer: () => Promise<TestServer> = shared('lite', 'VTS_TEST_LITE', () => startLite());

let names = 0;

/** A collection name that no other test has. */
export function uniqueName(stem: string): string {
  return `${stem}_${process.pid}_${names++}`;
}

const PRELUDE = `
import json, os, sys, warnings, logging
warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)
import numpy as np
from pymilvus import *
uri, args = sys.argv[1], sys.argv[2:]
token = os.environ.get('TEST_TOKEN', '')
client = MilvusClient(uri=uri, token=token)
connections.connect(uri=uri, token=token)
def answer(value):
    print('ANSWER ' + json.dumps(value))
`;

/**
 * Runs `code` with pymilvus: `client` is connected to the server, `args` are `args`, and what it passes to `answer(...)` is returned.
 * Blocks this process, so that proxies and fakes in it do not answer.
 */
export function runPymilvus(server: TestServer, code: string, ...args: string[]): unknown {
  const run = spawnSync(PYTHON, ['-c', PRELUDE + code, `http://${server.address}`, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 29,
    timeout: 170_000,
    env: { ...process.env, ...(server.token === undefined ? {} : { TEST_TOKEN: server.token }) },
  });
  if (run.status !== 0) throw new Error(`pymilvus failed: ${run.error ?? ''}${run.stderr.slice(-3000)}`);
  const line = run.stdout.split('\n').findLast((text) => text.startsWith('ANSWER '));
  return line === undefined ? undefined : JSON.parse(line.slice('ANSWER '.length));
}
