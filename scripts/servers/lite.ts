/** Milvus Lite 3.2.2, the small server in Python: no authentication, no TLS, starts in a second. */
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { dataFolder, listens, PYTHON, ROOT, type RunningServer, startServer } from './server.ts';

/** Where and how Milvus Lite runs; a free port and a temporary folder unless given. */
export interface LiteOptions {
  readonly dataDir?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts Milvus Lite, on loopback only. */
export async function startLite(options: LiteOptions = {}): Promise<RunningServer> {
  const { port = (await freePorts(1))[0], env = {} } = options;
  const folder = dataFolder(options.dataDir);
  return await startServer({
    name: 'Milvus Lite',
    port,
    ...folder,
    command: [
      PYTHON,
      join(ROOT, '.venv/bin/milvus-lite'),
      'server',
      '--data-dir',
      join(folder.dataDir, 'data'),
      '--host',
      '127.0.0.1',
      '--port',
      `${port}`,
    ],
    env,
    ready: () => listens(port),
    graceMs: 5000,
  });
}
