/**
 * Addresses of Milvus servers: `milvus://HOST[:PORT][/DATABASE[/COLLECTION]]`, `milvus+tls://...`, and `http(s)://HOST:PORT` as
 * the Milvus SDKs take them. Secrets in an address are understood, but never repeated.
 */
import { isIPv6 } from 'node:net';
import { VtsError } from '../../errors.ts';
import { nearNames } from './near-names.ts';

/** The port of Milvus' gRPC service. */
export const DEFAULT_PORT = 19530;

/** Where a server, database or collection is. */
export interface MilvusUrl {
  /** A name or an IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly database?: string;
  readonly collection?: string;
  /** What stood before the `@`. It is in the shell's history and the process list: warn. */
  readonly user?: UrlUser;
}

/** A token, or a user and a password, from an address. */
export type UrlUser = { readonly token: string } | { readonly username: string; readonly password: string };

const SCHEMES: Readonly<Record<string, { readonly tls: boolean; readonly port: number }>> = {
  milvus: { tls: false, port: DEFAULT_PORT },
  'milvus+tls': { tls: true, port: DEFAULT_PORT },
  http: { tls: false, port: DEFAULT_PORT },
  // What Zilliz Cloud prints has no port and means the one of https.
  https: { tls: true, port: 443 },
};

const EXPECTED = 'milvus://HOST[:PORT][/DATABASE[/COLLECTION]], with milvus+tls:// for TLS';

/** Whether `text` is meant as the address of a server, even if it is not quite one (`milvus:/host`). */
export function isMilvusUrl(text: string): boolean {
  return /^(milvus(\+\w*)?:|https?:\/\/)/i.test(text);
}

/** `text` without what may be a secret in it: all up to the last `@`. */
export function redactUrl(text: string): string {
  const at = text.lastIndexOf('@');
  if (at === -1) return text;
  return (/^[\w+]+:\/\//.exec(text)?.[0] ?? '') + '***@' + text.slice(at + 1);
}

/**
 * Takes an address apart.
 * @throws VtsError Usage, without a secret in its text
 */
export function parseMilvusUrl(text: string): MilvusUrl {
  const fail = (what: string, remedy?: string): never => {
    throw new VtsError('Usage', `${redactUrl(text)}: ${what}`, { expected: EXPECTED, remedy });
  };
  const [, name, slashes, rest] = /^([\w+]*):(\/{0,2})(.*)$/s.exec(text) ??
    fail('not an address of a Milvus server');
  const scheme = SCHEMES[name.toLowerCase()];
  if (scheme === undefined) fail(`unknown scheme ${name}:`);
  if (slashes !== '//') {
    fail(
      `two slashes belong after "${name}:"`,
      rest.includes('@') ? undefined : `did you mean ${name}://${rest} ?`,
    );
  }
  const end = rest.search(/[/?#]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const path = end === -1 ? '' : rest.slice(end);
  if (path.includes('@')) {
    fail(
      'there is an "@" after the host',
      'write "/" "?" "#" and "@" in a user name, a password or a token as %2F %3F %23 %40',
    );
  }
  if (/[?#]/.test(path)) fail('an address has no "?" and no "#"');
  const at = authority.lastIndexOf('@');
  const user = at === -1 ? undefined : parseUser(authority.slice(0, at), fail);
  const { host, port } = parseHost(authority.slice(at + 1), scheme.port, fail);
  const [database, collection] = parsePath(path, fail);
  return {
    host,
    port,
    tls: scheme.tls,
    ...(database === undefined ? {} : { database }),
    ...(collection === undefined ? {} : { collection }),
    ...(user === undefined ? {} : { user }),
  };
}

type Fail = (what: string, remedy?: string) => never;

function parseUser(text: string, fail: Fail): UrlUser {
  const colon = text.indexOf(':');
  const decode = (part: string) =>
    percentDecode(part) ??
      fail('the user name, password or token has a "%" that begins no %XX', 'write "%" as %25');
  if (colon === -1) return { token: decode(text) };
  return { username: decode(text.slice(0, colon)), password: decode(text.slice(colon + 1)) };
}

function parseHost(text: string, defaultPort: number, fail: Fail): { host: string; port: number } {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed === null && text.split(':').length > 2) {
    fail('the host is an IPv6 address without brackets, or has several ports', 'write IPv6 as [::1]:19530');
  }
  const [host, portText] = bracketed === null ? text.split(':') : [bracketed[1], bracketed[2]];
  if (host === '') fail('the host is missing', 'name it, 127.0.0.1 for this machine');
  if (bracketed !== null ? !isIPv6(host) : !/^[A-Za-z0-9_.-]+$/.test(host)) fail(`"${host}" is not a host`);
  if (portText === undefined) return { host, port: defaultPort };
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port < 1 || port > 65535) {
    fail(`the port "${portText}" is not a number from 1 to 65535`, `leave it out for ${defaultPort}`);
  }
  return { host, port };
}

function parsePath(path: string, fail: Fail): string[] {
  const segments = path.replace(/\/$/, '').split('/').slice(1);
  if (segments.length > 2) {
    fail(
      `${segments.length} names after the host, ${segments.map((s) => `"${s}"`).join(', ')}`,
      'name a database and a collection; partitions go into --partition',
    );
  }
  return segments.map((segment, i) => {
    if (segment === '') {
      fail(
        `the ${i === 0 ? 'database' : 'collection'} has no name`,
        'write /default/COLLECTION for the default database',
      );
    }
    return percentDecode(segment) ?? fail(`"${segment}" has a "%" that begins no %XX`, 'write "%" as %25');
  });
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The address as messages and journals name it: with port, without secrets. */
export function formatMilvusUrl(url: MilvusUrl): string {
  const names = [url.database, url.collection].filter((name) => name !== undefined);
  const path = names.map((name) => `/${encodeURIComponent(name)}`).join('');
  return `milvus${url.tls ? '+tls' : ''}://${formatHost(url)}${path}`;
}

/** `host:port`, with brackets around IPv6. */
export function formatHost({ host, port }: Pick<MilvusUrl, 'host' | 'port'>): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/**
 * What to say when `url` names a database that the server does not have. People write `milvus://host/docs` and mean the
 * collection: if the default database has one of that name, the remedy is the address with it.
 */
export function missingDatabase(
  url: MilvusUrl,
  databases: readonly string[],
  defaultCollections: readonly string[] = [],
): VtsError {
  const server = formatMilvusUrl({ host: url.host, port: url.port, tls: url.tls });
  const name = url.database ?? 'default';
  const isCollection = url.collection === undefined && defaultCollections.includes(name);
  const remedy = isCollection
    ? `the default database has a collection "${name}": write ${server}/default/${encodeURIComponent(name)}`
    : nearNames(name, databases) ?? `vts inspect ${server} lists what is there`;
  return new VtsError('InputMissing', `${server} has no database "${name}"`, { remedy });
}
