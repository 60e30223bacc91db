/** Ports for servers. */
import { createServer } from 'node:net';

/** Below the range from which systems take ports of outgoing connections, so that none takes ours before the server does. */
const FIRST = 20_000;
const LAST = 32_000;

/** `count` different ports that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!found.has(port) && await isFree(port)) found.add(port);
  }
  return [...found];
}

/** Whether a server may listen on `port`, on all interfaces, as those of Milvus do. */
function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '::', () => probe.close(() => done(true)));
  });
}
