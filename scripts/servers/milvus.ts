/**
 * Milvus 2.3.5 (the newest that a package registry offers as binaries), standalone: etcd, message queue and storage inside.
 *
 * Its ports are open on all interfaces, as it has no setting for the address that it listens on; the other servers, which it
 * needs for itself, listen on loopback. Whoever starts it on a machine that others reach turns authentication on.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from './ports.ts';
import { dataFolder, ROOT, type RunningServer, startServer } from './server.ts';

/** Where `scripts/setup.ts` unpacks the binaries and the template of the settings. */
export const MILVUS_HOME = join(ROOT, '.venv/milvus-2.3.5');

/** PEM files; with `caFile` clients must show a certificate that it signed. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile?: string;
}

/** Where and how Milvus runs; free ports and a temporary folder unless given. */
export interface MilvusServerOptions {
  readonly dataDir?: string;
  readonly port?: number;
  /** Users must log in; `root` has the password `Milvus`. */
  readonly auth?: boolean;
  readonly tls?: ServerTls;
  /** Settings of milvus.yaml by their dotted names: `{'proxy.maxTaskNum': 4}`. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Settings that hold a port, besides those of etcd. */
const PORTS = [
  'proxy.internalPort',
  'rootCoord.port',
  'queryCoord.port',
  'queryNode.port',
  'indexNode.port',
  'dataCoord.port',
  'dataNode.port',
];

/** Starts Milvus. Takes about 5 s. */
export async function startMilvus(options: MilvusServerOptions = {}): Promise<RunningServer> {
  const { settings = {}, env = {} } = options;
  const [free, health, etcd, etcdPeer, ...ports] = await freePorts(4 + PORTS.length);
  const port = options.port ?? free;
  const folder = dataFolder(options.dataDir);
  const { dataDir } = folder;
  const etcdFile = join(dataDir, 'configs/etcd.yaml');
  writeConfigs(dataDir, {
    'proxy.port': port,
    ...Object.fromEntries(PORTS.map((name, i) => [name, ports[i]])),
    'etcd.endpoints': `127.0.0.1:${etcd}`,
    'etcd.config.path': etcdFile,
    'etcd.data.dir': join(dataDir, 'data/etcd'),
    'etcd.log.path': join(dataDir, 'etcd.log'),
    'localStorage.path': join(dataDir, 'data'),
    'rocksmq.path': join(dataDir, 'data/rocksmq'),
    // To standard output only.
    'log.file.rootPath': '',
    'common.security.authorizationEnabled': options.auth ?? false,
    ...tlsSettings(options.tls),
    ...settings,
  });
  writeFileSync(etcdFile, JSON.stringify(etcdConfig(etcd, etcdPeer)));
  return await startServer({
    name: 'Milvus 2.3.5',
    port,
    ...folder,
    command: [join(MILVUS_HOME, 'bin/milvus'), 'run', 'standalone'],
    env: {
      LD_LIBRARY_PATH: join(MILVUS_HOME, 'bin'),
      DEPLOY_MODE: 'STANDALONE',
      METRICS_PORT: `${health}`,
      MILVUS_RUN_DIR: join(dataDir, 'run'),
      ...env,
    },
    ready: () => isHealthy(health),
    // Asked to end, it takes half a minute; what was flushed is safe after one second too.
    graceMs: 1000,
    ended: (pid) => rmSync(`/tmp/milvus/server_id_${pid}`, { force: true }),
  });
}

/** Writes the settings that the package comes with, and ours, which Milvus reads after them. JSON is YAML. */
function writeConfigs(dataDir: string, settings: Readonly<Record<string, unknown>>): void {
  mkdirSync(join(dataDir, 'configs'), { recursive: true });
  const template = readFileSync(join(MILVUS_HOME, 'config.yaml.template'), 'utf8');
  const defaults = template.replace(/\{\{[^:}]*:?(.*?)\}\}/g, (_, value: string) => value.trim() || '""');
  writeFileSync(join(dataDir, 'configs/milvus.yaml'), defaults);
  writeFileSync(join(dataDir, 'configs/user.yaml'), JSON.stringify(settings, null, 2));
  writeFileSync(join(dataDir, 'configs/glog.conf'), '--logtostdout=true\n');
}

function tlsSettings(tls: ServerTls | undefined): Record<string, string | number> {
  if (tls === undefined) return { 'common.security.tlsMode': 0 };
  return {
    'common.security.tlsMode': tls.caFile === undefined ? 1 : 2,
    'tls.serverPemPath': tls.certFile,
    'tls.serverKeyPath': tls.keyFile,
    'tls.caPemPath': tls.caFile ?? '',
  };
}

/** Without a file of its own the embedded etcd of every Milvus would take the ports 2379 and 2380. */
function etcdConfig(clientPort: number, peerPort: number): Record<string, unknown> {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return {
    name: 'default',
    'listen-client-urls': client,
    'advertise-client-urls': client,
    'listen-peer-urls': peer,
    'initial-advertise-peer-urls': peer,
    'initial-cluster': `default=${peer}`,
    'unsafe-no-fsync': true,
  };
}

async function isHealthy(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return (await response.text()).includes('OK');
  } catch {
    return false;
  }
}
