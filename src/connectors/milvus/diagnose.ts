/**
 * Why a connection fails. gRPC says "unavailable" for a wrong certificate, a server without TLS and a server that is down;
 * a second look on the bare socket tells them apart.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { VtsError } from '../../errors.ts';
import { formatMilvusUrl, type MilvusUrl } from './endpoint-url.ts';
import { certificateNames, type TlsSetup } from './tls.ts';

/** How long a look may take. */
const PROBE_TIMEOUT_MS = 2000;
/** A server that wants a certificate of the client says so just after the handshake (TLS 1.3). */
const LATE_ALERT_MS = 300;

/** How a handshake ended. */
interface Handshake {
  readonly error?: NodeJS.ErrnoException | undefined;
  readonly certificate?: PeerCertificate | undefined;
}

/** The reason that TLS or its absence gives for a failed connection to `url`; `undefined` when it gives none. */
export async function diagnose(url: MilvusUrl, tls: TlsSetup | undefined): Promise<VtsError | undefined> {
  let socket: Socket;
  try {
    socket = await openSocket(url);
  } catch {
    return undefined;
  }
  try {
    const server = formatMilvusUrl({ host: url.host, port: url.port, tls: url.tls });
    const handshake = await shakeHands(socket, tls);
    if (tls !== undefined) return tlsError(server, tls, handshake);
    if (handshake.error !== undefined) return undefined;
    const secure = formatMilvusUrl({ ...url, tls: true });
    return new VtsError('TlsFailed', `${server} speaks TLS, the address asks for a plain connection`, {
      remedy: `write ${secure}`,
    });
  } finally {
    socket.destroy();
  }
}

function openSocket({ host, port }: MilvusUrl): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port });
    socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy(new VtsError('Unreachable', 'timeout')));
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Without `setup`, anyone is trusted: only whether the other side speaks TLS is of interest. */
function shakeHands(socket: Socket, setup: TlsSetup | undefined): Promise<Handshake> {
  return new Promise((resolve) => {
    let certificate: PeerCertificate | undefined;
    const timer = setTimeout(() => resolve({ error: timedOut(), certificate }), PROBE_TIMEOUT_MS);
    const end = (error?: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ error, certificate });
    };
    const secure = connectTls({
      socket,
      ALPNProtocols: ['h2'],
      servername: setup?.sniName ?? '',
      ...(setup === undefined ? {} : { secureContext: setup.context }),
      rejectUnauthorized: setup !== undefined && !setup.insecure,
      checkServerIdentity(host, seen) {
        certificate = seen;
        return setup?.checkIdentity(host, seen);
      },
    }, () => setTimeout(end, LATE_ALERT_MS));
    secure.on('error', end);
    socket.on('error', end);
    socket.on('close', () => end(Object.assign(timedOut(), { code: 'ECONNRESET' })));
  });
}

const timedOut = (): NodeJS.ErrnoException => new VtsError('Unreachable', 'the TLS handshake does not end');

function tlsError(server: string, tls: TlsSetup, { error, certificate }: Handshake): VtsError | undefined {
  if (error === undefined) return undefined;
  const { code = '', message } = error;
  const fail = (what: string, remedy?: string, expected?: string) =>
    new VtsError('TlsFailed', `${server}: ${what}`, { remedy, expected, cause: { tls: code || message } });
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = certificate === undefined ? 'other names' : certificateNames(certificate);
    return fail(
      `the certificate of the server is not for ${tls.checkedName}, but for ${names}`,
      'use an address that it is for, or --server-name with one of its names',
    );
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return fail(
      'the certificate of the server (or of who signed it) has expired',
      'ask its operator for a new one',
    );
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return fail('the certificate of the server is not valid yet', 'check the clock of this machine');
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    return fail(
      tls.ownCa
        ? 'the certificate of the server is not signed by the authority in --ca-cert'
        : 'the certificate of the server is signed by an authority that this machine does not know',
      tls.ownCa
        ? 'give the certificate of its authority'
        : '--ca-cert FILE with the certificate of its authority',
    );
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN/.test(code)) {
    return tls.clientCert
      ? fail(
        'the server does not accept the client certificate',
        'check --client-cert: is it signed by an authority that the server knows?',
      )
      : fail('the server asks for a client certificate', '--client-cert FILE --client-key FILE');
  }
  if (/WRONG_VERSION_NUMBER|EPROTO|ECONNRESET|PACKET_LENGTH|HTTP_REQUEST/.test(`${code} ${message}`)) {
    return fail(
      'what answers there does not speak TLS, or ends the handshake',
      `if the server has no TLS: ${server.replace('+tls', '')} (nothing is encrypted then)`,
    );
  }
  return fail(`TLS fails: ${message}`);
}

const UNKNOWN_AUTHORITY = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);
