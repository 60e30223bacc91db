/** How a Milvus server is reached: one group of flags for a server, one more with `--target-` for the target of a copy. */
import { Option } from '@commander-js/extra-typings';
import type { AnyOption } from './group.ts';
import { duration } from './parse.ts';

/** What the flags of a server say. */
export interface ConnectionFlags {
  readonly database?: string;
  readonly collection?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tokenCommand?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly caCert?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly serverName?: string;
  readonly insecure?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** The same flags with `--target-` before each. */
export type TargetFlags = {
  readonly [K in keyof ConnectionFlags as `target${Capitalize<K>}`]: ConnectionFlags[K];
};

const FLAGS: readonly (readonly [flags: string, description: string])[] = [
  ['database <name>', 'the database, where the address names none'],
  ['collection <name>', 'the collection, where the address names none'],
  ['token <token>', 'token or user:password; safer: a file, a command or the environment'],
  ['token-file <file>', 'file that holds the token'],
  ['token-command <command>', 'command that prints the token on its first line'],
  ['username <name>', 'user name'],
  ['password <password>', 'password; safer: a file or the environment'],
  ['password-file <file>', 'file that holds the password'],
  ['ca-cert <file>', 'certificates of the authorities to trust, PEM'],
  ['client-cert <file>', 'certificate to show to the server, PEM'],
  ['client-key <file>', 'private key of --client-cert, PEM'],
  ['server-name <name>', 'name that the certificate of the server must have'],
  ['insecure', 'do not check the certificate of the server'],
  ['timeout <time>', 'how long the server may take to answer at first: 30s, 2m'],
];

const NAMES: readonly (keyof ConnectionFlags)[] = FLAGS.map(([flags]) =>
  camel(flags.split(' ')[0]) as keyof ConnectionFlags
);

/** The flags of a server. */
export const connection: readonly AnyOption[] = FLAGS.map(([flags, text]) => option(flags, text));

/** The flags of the target of a copy. */
export const targetConnection: readonly AnyOption[] = FLAGS.map(([flags, text]) =>
  option(`target-${flags}`, `of the target: ${text.replace('--client', '--target-client')}`)
);

/** What `flags` say of the target, under the names of {@linkcode ConnectionFlags}. */
export function targetFlags(flags: TargetFlags): ConnectionFlags {
  return Object.fromEntries(NAMES.flatMap((name) => {
    const value = (flags as Readonly<Record<string, unknown>>)[camel(`target-${name}`)];
    return value === undefined ? [] : [[name, value]];
  }));
}

/** What `flags` say of a server, without the flags of other groups. */
export function connectionFlags(flags: ConnectionFlags): ConnectionFlags {
  return Object.fromEntries(NAMES.flatMap((name) => flags[name] === undefined ? [] : [[name, flags[name]]]));
}

function option(flags: string, description: string): AnyOption {
  const twin = `VTS_${flags.split(' ')[0].replaceAll('-', '_').toUpperCase()}`;
  const made = new Option(`--${flags}`, description).env(twin);
  return (flags.includes('timeout') ? made.argParser(duration) : made) as unknown as AnyOption;
}

function camel(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
