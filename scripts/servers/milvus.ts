/**
 * Milvus 2.3.5 (the newest that a package registry offers as binaries), standalone: etcd, message queue and storage inside.
 *
 * Its ports are open on all interfaces: it has no setting for the address that it listens on (`proxy.ip` is what it tells its
 * parts). Only its etcd keeps to loopback. Whoever starts it on a machine that others reach turns authentication on.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

/**
 * Settings with which a server does sooner what it does anyway: with its own it waits most of the seconds that a flush (3 s), a load
 * (3.5 s) or a release of a small collection takes. For tests, which would wait with it.
 */
export const PROMPT = {
  // How long space in a segment is promised to whoever inserts; a flush waits for the end of it.
  'dataCoord.segment.assignmentExpiration': 200,
  'queryCoord.distPullInterval': 200,
  'queryCoord.checkSegmentInterval': 300,
  'queryCoord.checkChannelInterval': 300,
  'proxy.timeTickInterval': 100,
};

/** Settings for a server that is killed and started again: how long a new start waits for the parts of the old one, in seconds. */
export const RESTARTABLE = { 'common.session.ttl': 10 };

/** The parts of the server, each with a port of its own. */
const PARTS = ['rootCoord', 'queryCoord', 'queryNode', 'indexNode', 'dataCoord', 'dataNode'];

/** Starts Milvus. Takes about 5 s. */
export async function startMilvus(options: MilvusServerOptions = {}): Promise<RunningServer> {
  const { settings = {}, env = {} } = options;
  const [free, internal, health, etcd, etcdPeer, ...ports] = await freePorts(5 + PARTS.length);
  const port = options.port ?? free;
  const folder = dataFolder(options.dataDir);
  const { dataDir } = folder;
  const etcdFile = join(dataDir, 'configs/etcd.yaml');
  writeConfigs(dataDir, {
    'proxy.ip': '127.0.0.1',
    'proxy.port': port,
    'proxy.internalPort': internal,
    ...Object.fromEntries(
      PARTS.flatMap((part, i) => [[`${part}.ip`, '127.0.0.1'], [`${part}.port`, ports[i]]]),
    ),
    'etcd.endpoints': `127.0.0.1:${etcd}`,
    'etcd.config.path': etcdFile,
    'etcd.data.dir': join(dataDir, 'data/etcd'),
    'etcd.log.path': join(dataDir, 'etcd.log'),
    'localStorage.path': join(dataDir, 'data'),
    'rocksmq.path': join(dataDir, 'data/rocksmq'),
    // A server that stands still for longer takes its parts for dead and never answers again. Busy machines stand still for many seconds.
    'common.session.ttl': 60,
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
    litter: '/tmp/milvus/server_id_PID',
  });
}

/** Writes the settings that the package comes with, ours in their places: this version reads no second file. */
function writeConfigs(dataDir: string, settings: Readonly<Record<string, string | number | boolean>>): void {
  mkdirSync(join(dataDir, 'configs'), { recursive: true });
  const template = readFileSync(join(MILVUS_HOME, 'config.yaml.template'), 'utf8');
  const defaults = template.replace(/\{\{[^:}]*:?(.*?)\}\}/g, (_, value: string) => value.trim() || '""');
  writeFileSync(join(dataDir, 'configs/milvus.yaml'), withSettings(defaults, settings));
  writeFileSync(join(dataDir, 'configs/glog.conf'), '--logtostdout=true\n');
}

/** `yaml`, two spaces a level, with the values of the dotted names in `settings`. */
function withSettings(yaml: string, settings: Readonly<Record<string, string | number | boolean>>): string {
  const left = new Map(Object.entries(settings));
  const path: string[] = [];
  const lines = yaml.split('\n').map((line) => {
    const [, indent, key] = /^( *)(\w+):/.exec(line) ?? [];
    if (key === undefined) return line;
    path.splice(indent.length / 2, Infinity, key);
    const value = left.get(path.join('.'));
    left.delete(path.join('.'));
    return value === undefined ? line : `${indent}${key}: ${JSON.stringify(value)}`;
  });
  // What the template does not have goes to the front of its section, or is a section of its own.
  for (const [name, value] of left) {
    const keys = name.split('.');
    const section = lines.indexOf(`${keys[0]}:`);
    const nested = keys.map((key, level) => `${'  '.repeat(level)}${key}:`);
    nested[nested.length - 1] += ` ${JSON.stringify(value)}`;
    if (section < 0) lines.push(...nested);
    else lines.splice(section + 1, 0, ...nested.slice(1));
  }
  return lines.join('\n');
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
