/** Starts a server for people to try vts on, until Ctrl-C: `deno run -A scripts/servers/start.ts milvus|lite [--port N] [--auth] [--data DIR]` */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { startLite } from './lite.ts';
import { startMilvus } from './milvus.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string' }, auth: { type: 'boolean', default: false }, data: { type: 'string' } },
});
const where = {
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
  ...(values.data === undefined ? {} : { dataDir: values.data }),
};
const server = positionals[0] === 'lite'
  ? await startLite(where)
  : await startMilvus({ ...where, auth: values.auth });
console.log(`milvus://${server.address} (Ctrl-C ends it)`);
await new Promise<void>((resolve) => process.once('SIGINT', resolve));
await server.stop();
