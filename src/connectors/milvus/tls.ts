/**
 * Secure connections: certificates and keys from files, and what a certificate has to say for the server to be trusted.
 *
 * Bun refuses an IP address as the name that TLS asks for (SNI has no addresses), which is how servers of closed networks
 * are called. For those a name that nobody has is asked for, and the certificate is checked against the address.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls';
import { VtsError } from '../../errors.ts';

/** Files of certificates and keys (PEM), and how strictly to check. */
export interface TlsOptions {
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  /** The name that the server's certificate is for, where it is not the host of the address. */
  readonly serverName?: string;
  /** Encrypts, but trusts whoever answers. */
  readonly insecure?: boolean;
}

/** What is needed to connect, and to find out why that fails. */
export interface TlsSetup {
  readonly context: SecureContext;
  /** The name that TLS asks for. */
  readonly sniName: string;
  /** The name or address that the certificate must be for. */
  readonly checkedName: string;
  readonly insecure: boolean;
  readonly ownCa: boolean;
  readonly clientCert: boolean;
  /** An error unless `certificate` is for {@linkcode checkedName}. */
  readonly checkIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/** A name that no server has (RFC 2606), asked for where the server is known by its address. */
const NO_NAME = 'address.invalid';

/**
 * Reads the files of `options` for a connection to `host`.
 * @throws VtsError Usage, InputMissing, InputUnreadable, InputMalformed
 */
export async function loadTls(options: TlsOptions, host: string): Promise<TlsSetup> {
  const { caCert, clientCert, clientKey, serverName, insecure = false } = options;
  if ((clientCert === undefined) !== (clientKey === undefined)) {
    const [given, missing] = clientCert === undefined
      ? ['--client-key', '--client-cert']
      : ['--client-cert', '--client-key'];
    throw new VtsError('Usage', `${given} needs ${missing}`, { remedy: `add ${missing} FILE` });
  }
  const ca = caCert === undefined ? undefined : await readPem(caCert, '--ca-cert');
  const cert = clientCert === undefined ? undefined : await readPem(clientCert, '--client-cert');
  const key = clientKey === undefined ? undefined : await readPem(clientKey, '--client-key');
  if (ca !== undefined) checkCertificate(ca, caCert!, '--ca-cert');
  if (cert !== undefined && key !== undefined) {
    const certificate = checkCertificate(cert, clientCert!, '--client-cert');
    if (!certificate.checkPrivateKey(parseKey(key, clientKey!))) {
      throw new VtsError('InputMalformed', `${clientKey} is not the key of the certificate ${clientCert}`);
    }
  }
  const checkedName = serverName ?? host;
  return {
    context: createSecureContext({ ca, cert, key }),
    sniName: isIP(checkedName) === 0 ? checkedName : NO_NAME,
    checkedName,
    insecure,
    ownCa: ca !== undefined,
    clientCert: cert !== undefined,
    checkIdentity: insecure
      ? () => undefined
      : (_, certificate) => checkServerIdentity(checkedName, certificate),
  };
}

/** The names and addresses that a certificate is for, as people read them. */
export function certificateNames(certificate: PeerCertificate): string {
  const names = certificate.subjectaltname ?? '';
  if (names !== '') return names.replaceAll('DNS:', '').replaceAll('IP Address:', '');
  const { CN } = certificate.subject ?? {};
  return CN === undefined
    ? 'no name at all'
    : `no host (only a common name, ${CN}, which counts for names, never for addresses)`;
}

async function readPem(file: string, flag: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new VtsError(
      missing ? 'InputMissing' : 'InputUnreadable',
      `${file}, of ${flag}, ${missing ? 'does not exist' : `cannot be read: ${code}`}`,
      { file, cause },
    );
  }
}

function checkCertificate(pem: Buffer, file: string, flag: string): X509Certificate {
  try {
    // What is not PEM would be taken for DER, which TLS does not read.
    if (pem.includes('-----BEGIN')) return new X509Certificate(pem);
  } catch { /* told below */ }
  throw new VtsError('InputMalformed', `${file}, of ${flag}, holds no certificate`, {
    file,
    expected: 'PEM, which begins with -----BEGIN CERTIFICATE-----',
    remedy: 'openssl x509 -inform der -in FILE -out FILE.pem turns DER into PEM',
  });
}

function parseKey(pem: Buffer, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause may repeat parts of the key.
    const encrypted = pem.includes('ENCRYPTED');
    throw new VtsError(
      'InputMalformed',
      `${file}, of --client-key, ${encrypted ? 'is encrypted' : 'holds no private key'}`,
      {
        file,
        expected: 'PEM, without a passphrase',
        ...(encrypted ? { remedy: 'openssl pkey -in FILE -out PLAIN decrypts it' } : {}),
      },
    );
  }
}
