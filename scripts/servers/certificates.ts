/** Certificates for servers and their clients, made with the `openssl` command: none of them is worth keeping. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The files of a certificate and its private key, as PEM. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a certificate is for. */
export interface CertificateOptions {
  /** Subject alternative names: `IP:127.0.0.1,DNS:localhost`; none gives a certificate with a common name only. */
  readonly names?: string;
  /** As from 2020 to 2021. */
  readonly expired?: boolean;
}

/** Signs certificates. */
export interface Authority {
  /** What those must trust who should trust the certificates. */
  readonly caFile: string;
  issue(name: string, options?: CertificateOptions): Certificate;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** The least that `openssl ca` asks for, the only command that can date certificates back. */
const SETTINGS = `[ca]
default_ca=own
[own]
database=index.txt
new_certs_dir=issued
serial=serial
unique_subject=no
default_md=sha256
policy=any
[any]
commonName=supplied
`;

/** Makes an authority whose files are in `folder`, or takes the one that is there. */
export function makeAuthority(folder: string): Authority {
  const at = (file: string) => join(resolve(folder), file);
  const openssl = (...args: string[]) => {
    const run = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`openssl ${args.join(' ')} failed: ${run.error ?? run.stderr}`);
  };
  if (!existsSync(at('ca.pem'))) {
    mkdirSync(at('issued'), { recursive: true });
    writeFileSync(at('index.txt'), '');
    writeFileSync(at('serial'), '1000\n');
    writeFileSync(at('ca.cnf'), SETTINGS);
    const subject = ['-subj', '/CN=vts test authority', '-days', '7'];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', ...subject);
  }
  return {
    caFile: at('ca.pem'),
    issue(name, { names = '', expired = false } = {}) {
      openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(at(`${name}.ext`), names === '' ? '' : `subjectAltName=${names}\n`);
      const dates = expired
        ? ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z']
        : ['-days', '7'];
      const signer = ['-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key', '-batch', '-notext'];
      openssl(
        'ca',
        ...signer,
        ...dates,
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.pem`,
        '-extfile',
        `${name}.ext`,
      );
      return { certFile: at(`${name}.pem`), keyFile: at(`${name}.key`) };
    },
  };
}
