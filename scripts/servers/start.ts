/**
 * Starts a server to try vts on, until Ctrl-C:
 *
 *     deno run -A scripts/servers/start.ts milvus|lite [--port N] [--data DIR]
 *     deno run -A scripts/servers/start.ts milvus [--auth] [--tls one-way|mutual] [--set proxy.maxTaskNum=4]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeAuthority } from './certificates.ts';
import { startLite } from './lite.ts';
import { startMilvus } from './milvus.ts';

const { values, positionals: [kind] } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string' },
    data: { type: 'string' },
    auth: { type: 'boolean', default: false },
    tls: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
  },
});
if (kind !== 'milvus' && kind !== 'lite') throw new TypeError('which server: milvus or lite?');
if (![undefined, 'one-way', 'mutual'].includes(values.tls)) throw new TypeError('--tls one-way|mutual');

const folder = mkdtempSync(join(tmpdir(), 'vts-certificates-'));
const where = {
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values.data === undefined ? {} : { dataDir: values.data }),
};

async function start() {
  if (kind === 'lite') return { server: await startLite(where), flags: '' };
  const settings = Object.fromEntries(values.set.map((text) => text.split(/=(.*)/s, 2)));
  const options = { ...where, auth: values.auth, settings };
  if (values.tls === undefined) return { server: await startMilvus(options), flags: '' };
  const { caFile, issue } = makeAuthority(folder);
  const own = issue('server', { names: 'IP:127.0.0.1,DNS:localhost' });
  if (values.tls === 'one-way') {
    return { server: await startMilvus({ ...options, tls: own }), flags: ` --ca-cert ${caFile}` };
  }
  const { certFile, keyFile } = issue('client');
  const flags = ` --ca-cert ${caFile} --client-cert ${certFile} --client-key ${keyFile}`;
  return { server: await startMilvus({ ...options, tls: { ...own, caFile } }), flags };
}

const { server, flags } = await start();
const stopped = new Promise<void>((done) => process.once('SIGINT', done).once('SIGTERM', done));
const scheme = values.tls === undefined ? 'milvus' : 'milvus+tls';
console.log(`vts inspect ${scheme}://${server.address}${flags}`);
if (values.auth) console.log('user root, password Milvus');
console.log(`log: ${server.log}\nCtrl-C ends it`);
await stopped;
await server.stop();
rmSync(folder, { recursive: true });
