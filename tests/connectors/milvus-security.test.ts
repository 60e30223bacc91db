import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type Authority, makeAuthority } from '../../scripts/servers/certificates.ts';
import { startMilvus } from '../../scripts/servers/milvus.ts';
import { type MilvusOptions, openMilvus } from '../../src/connectors/milvus/connection.ts';
import { describeCollection, listDatabases } from '../../src/connectors/milvus/metadata.ts';
import { errorText } from '../../src/cli/report/text.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import { liteServer } from '../support/milvus.ts';

const CANARY = 'cAnArY-5d81c07e';

let folder: string;
let ca: Authority;
const stranger = () => join(folder, 'stranger', 'ca.pem');
const pem = (name: string) => join(folder, `${name}.pem`);
const key = (name: string) => join(folder, `${name}.key`);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-tls-'));
  ca = makeAuthority(folder);
  mkdirSync(join(folder, 'stranger'));
  makeAuthority(join(folder, 'stranger'));
  ca.issue('address', { names: 'IP:127.0.0.1,DNS:localhost' });
  ca.issue('elsewhere', { names: 'IP:10.1.2.3' });
  ca.issue('bare');
  ca.issue('named', { names: 'DNS:db.example.com' });
  ca.issue('expired', { names: 'IP:127.0.0.1', expired: true });
  ca.issue('client');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** TLS with a certificate of ours in front of Milvus Lite, which has none. */
async function startTlsFront(name: string, mutual = false): Promise<{ port: number; close(): void }> {
  const target = Number((await liteServer()).address.split(':')[1]);
  const sockets = new Set<Socket>();
  const server = createTlsServer({
    key: readFileSync(key(name)),
    cert: readFileSync(pem(name)),
    ALPNProtocols: ['h2'],
    ...(mutual ? { ca: readFileSync(ca.caFile), requestCert: true, rejectUnauthorized: true } : {}),
  }, (client) => {
    const upstream = connectTcp(target, '127.0.0.1');
    for (const [from, to] of [[client, upstream], [upstream, client]]) {
      sockets.add(from);
      from.on('data', (bytes: Uint8Array) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }) as Server;
  server.on('tlsClientError', () => {});
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** What comes of connecting: the version of the server, or the error. */
async function attempt(options: MilvusOptions): Promise<string | VtsError> {
  try {
    const connection = await openMilvus({ connectTimeoutMs: 5000, ...options });
    const databases = await listDatabases(connection);
    await connection.close();
    return databases.includes('default') ? 'connected' : 'no databases';
  } catch (error) {
    if (isVtsError(error)) return error;
    throw error;
  }
}

describe('TLS', () => {
  const cases: readonly [string, string, string, MilvusOptions['tls'], string, string][] = [
    [
      'to an IP address that the certificate names',
      'address',
      '127.0.0.1',
      { caCert: 'ca' },
      'connected',
      '',
    ],
    ['to a name that the certificate names', 'address', 'localhost', { caCert: 'ca' }, 'connected', ''],
    [
      'to a certificate with another address',
      'elsewhere',
      '127.0.0.1',
      { caCert: 'ca' },
      'is not for 127.0.0.1, but for 10.1.2.3',
      '--server-name',
    ],
    [
      'to a certificate that names nothing',
      'bare',
      '127.0.0.1',
      { caCert: 'ca' },
      'is not for 127.0.0.1, but for no host (only a common name, bare',
      '--server-name',
    ],
    [
      'to a certificate with another name',
      'named',
      'localhost',
      { caCert: 'ca' },
      'is not for localhost, but for db.example.com',
      '--server-name',
    ],
    [
      'to an address whose certificate has a name that is given',
      'named',
      '127.0.0.1',
      {
        caCert: 'ca',
        serverName: 'db.example.com',
      },
      'connected',
      '',
    ],
    [
      'to a name whose certificate has an address that is given',
      'elsewhere',
      'localhost',
      {
        caCert: 'ca',
        serverName: '10.1.2.3',
      },
      'connected',
      '',
    ],
    [
      'to an expired certificate',
      'expired',
      '127.0.0.1',
      { caCert: 'ca' },
      'has expired',
      'ask its operator',
    ],
    [
      'to a certificate of an authority that nobody knows',
      'address',
      '127.0.0.1',
      {},
      'that this machine does not know',
      '--ca-cert FILE',
    ],
    [
      'to a certificate of another authority',
      'address',
      '127.0.0.1',
      { caCert: 'stranger' },
      'not signed by the authority in --ca-cert',
      'its authority',
    ],
    ['that trusts anyone', 'expired', '127.0.0.1', { insecure: true }, 'connected', ''],
  ];

  test.each(cases)('%s', async (_, certificate, host, options, expected, remedy) => {
    const front = await startTlsFront(certificate);
    const caCert = options?.caCert;
    const tls = {
      ...options,
      ...(caCert === undefined ? {} : { caCert: caCert === 'stranger' ? stranger() : ca.caFile }),
    };
    const result = await attempt({ url: `milvus+tls://${host}:${front.port}`, tls });
    front.close();
    if (typeof result === 'string') return expect(result).toBe(expected);
    expect(result.code).toBe('TlsFailed');
    expect(result.message).toContain(expected);
    expect(result.details.remedy).toContain(remedy);
  });

  test('with certificates of both sides', async () => {
    const front = await startTlsFront('address', true);
    const url = `milvus+tls://127.0.0.1:${front.port}`;
    const caCert = ca.caFile;
    const without = await attempt({ url, tls: { caCert } });
    const client = { clientCert: pem('client'), clientKey: key('client') };
    const mutual = await attempt({ url, tls: { caCert, ...client } });
    front.close();
    expect(without).toMatchObject({
      code: 'TlsFailed',
      message: expect.stringContaining('asks for a client certificate'),
    });
    expect(mutual).toBe('connected');
  });

  test('is never left out: a plain server behind milvus+tls:// is an error', async () => {
    const { address } = await liteServer();
    expect(await attempt({ url: `milvus+tls://${address}` })).toMatchObject({
      code: 'TlsFailed',
      message: expect.stringContaining('does not speak TLS'),
    });
  });

  test('is asked for by a remedy where the server has it', async () => {
    const front = await startTlsFront('address');
    const result = await attempt({ url: `milvus://127.0.0.1:${front.port}/db/docs` });
    front.close();
    expect(result).toMatchObject({
      code: 'TlsFailed',
      details: { remedy: `write milvus+tls://127.0.0.1:${front.port}/db/docs` },
    });
  });

  test('notes on every run that it trusts anyone', async () => {
    const front = await startTlsFront('bare');
    const connection = await openMilvus({
      url: `milvus+tls://127.0.0.1:${front.port}`,
      tls: { insecure: true },
    });
    expect(connection.notes.join()).toContain('whoever answers is trusted');
    await connection.close();
    front.close();
  });

  test('files that are no certificates and keys are told apart', async () => {
    const url = 'milvus+tls://127.0.0.1:1';
    const [clientCert, clientKey] = [pem('client'), key('client')];
    writeFileSync(join(folder, 'junk'), CANARY);
    const junk = join(folder, 'junk');
    const all = [
      [{ caCert: junk }, 'InputMalformed', 'holds no certificate'],
      [{ caCert: join(folder, 'none') }, 'InputMissing', 'does not exist'],
      [{ clientCert }, 'Usage', '--client-cert needs --client-key'],
      [{ clientCert, clientKey: junk }, 'InputMalformed', 'holds no private key'],
      [{ clientCert, clientKey: key('bare') }, 'InputMalformed', 'is not the key of the certificate'],
      [{ clientCert: clientKey, clientKey }, 'InputMalformed', 'holds no certificate'],
    ] as const;
    for (const [tls, code, message] of all) {
      const error = await attempt({ url, tls });
      expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
      expect(Bun.inspect(error)).not.toContain(CANARY);
    }
  });
});

describe('a Milvus that asks who is there, over TLS', () => {
  let server: Awaited<ReturnType<typeof startMilvus>>;
  let url: string;
  const tls = () => ({ caCert: ca.caFile });

  beforeAll(async () => {
    server = await startMilvus({ auth: true, tls: { certFile: pem('address'), keyFile: key('address') } });
    url = `milvus+tls://${server.address}`;
  });
  afterAll(() => server?.stop());

  test('lets in with a token, or a user and a password', async () => {
    writeFileSync(join(folder, 'token'), 'root:Milvus\n', { mode: 0o600 });
    expect(await attempt({ url, tls: tls(), credentials: { tokenFile: join(folder, 'token') } })).toBe(
      'connected',
    );
    expect(await attempt({ url, tls: tls(), credentials: { username: 'root', password: 'Milvus' } })).toBe(
      'connected',
    );
    expect(await attempt({ url: url.replace('//', '//root:Milvus@'), tls: tls() })).toBe('connected');
  });

  test('tells no secret to anyone, whatever goes wrong', async () => {
    const port = Number(server.address.split(':')[1]);
    const hang = createServer(() => {});
    await new Promise<void>((resolve) => hang.listen(0, '127.0.0.1', resolve));
    const hung = (hang.address() as AddressInfo).port;
    const password = { credentials: { username: 'root', password: CANARY } };
    const token = { credentials: { token: CANARY } };
    const failures: MilvusOptions[] = [
      { url, tls: tls(), ...password },
      { url, tls: tls(), ...token },
      { url: url.replace('//', `//root:${CANARY}@`), tls: tls() },
      { url: url.replace('//', `//${CANARY}@`), tls: tls() },
      { url, ...password },
      { url: `milvus://127.0.0.1:${port}`, ...token },
      { url: 'milvus://127.0.0.1:1', ...token },
      { url: `milvus://127.0.0.1:${hung}`, connectTimeoutMs: 300, ...password },
      { url: `milvus://root:${CANARY}@127.0.0.1:x` },
      { url, tls: tls(), credentials: { token: `${CANARY}\n${CANARY}` } },
      { url, tls: { ...tls(), clientCert: pem('none'), clientKey: key('none') }, ...token },
    ];
    for (const options of failures) {
      const error = await attempt(options);
      expect(isVtsError(error)).toBe(true);
      const shown = [
        errorText(error as VtsError, true),
        Bun.inspect(error, { depth: 20 }),
        JSON.stringify(error),
      ];
      for (const form of [CANARY, btoa(`root:${CANARY}`), btoa(CANARY)]) {
        expect(shown.join()).not.toContain(form);
      }
    }
    hang.close();
    const [wrong] = failures;
    expect(await attempt(wrong)).toMatchObject({ code: 'AuthFailed', exitCode: 5 });
  });

  test('an error after the log-in tells no secret either', async () => {
    const credentials = { username: 'root', password: 'Milvus' };
    const connection = await openMilvus({ url, tls: tls(), credentials });
    const error = await describeCollection(connection, { database: 'default', name: 'nothing' }).catch((e) =>
      e
    );
    await connection.close();
    expect(error).toMatchObject({ code: 'InputMissing' });
    expect(Bun.inspect(error, { depth: 20 })).not.toContain(btoa('root:Milvus'));
  });
});
