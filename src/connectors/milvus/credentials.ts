/**
 * Who logs in to a server: a token, or a user and a password, from an option, a file, a command or an address. No error
 * of this file repeats any of it, nor the command, which may hold a secret itself.
 */
import { spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { VtsError } from '../../errors.ts';
import type { UrlUser } from './endpoint-url.ts';

/** Where secrets may come from. At most one way of each kind. */
export interface CredentialOptions {
  readonly token?: string;
  readonly tokenFile?: string;
  /** Run by the shell; the first line it prints is the token. */
  readonly tokenCommand?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
}

/** What goes to the server; neither field for a server without authentication. */
export interface Credentials {
  readonly username?: string;
  /** The password of `username`, or a token that stands for both. */
  readonly secret?: string;
}

/** Credentials, and what a user should know of how they came. */
export interface ResolvedCredentials {
  readonly credentials: Credentials;
  readonly notes: readonly string[];
}

const COMMAND_TIMEOUT_MS = 60_000;
const MAX_SECRET_BYTES = 1 << 20;

/**
 * Reads the credentials that `options` point to. Those in an address (`user`) go before `options`, as only they can differ
 * between the two servers of a copy.
 * @throws VtsError Usage, InputMissing, InputUnreadable, AuthFailed (the command fails)
 */
export async function resolveCredentials(
  options: CredentialOptions,
  user?: UrlUser,
): Promise<ResolvedCredentials> {
  const notes: string[] = [];
  if (user !== undefined) {
    notes.push(
      'a secret in an address is seen by everyone who lists processes and stays in the shell history: use --token-file or --token-command',
    );
    const credentials = 'token' in user ? { secret: checkSecret(user.token, 'the token in the address') } : {
      username: checkUser(user.username),
      secret: checkSecret(user.password, 'the password in the address'),
    };
    return { credentials, notes };
  }
  checkCombination(options);
  const { username } = options;
  const secret = username === undefined
    ? await readToken(options, notes)
    : await readPassword(options, notes);
  return {
    credentials: {
      ...(username === undefined ? {} : { username: checkUser(username) }),
      ...(secret === undefined ? {} : { secret }),
    },
    notes,
  };
}

/** The value of the `authorization` header, or `undefined` where there is nothing to send. */
export function authorization({ username, secret }: Credentials): string | undefined {
  if (secret === undefined) return undefined;
  return Buffer.from(username === undefined ? secret : `${username}:${secret}`).toString('base64');
}

/**
 * A function that blackens the secret in the text of others (a server that repeats what it was sent). Short passwords are
 * words of messages ("Milvus" is the password that servers are born with), so they stay where they are not in a header.
 */
export function redactor(credentials: Credentials): (text: string) => string {
  const { username, secret } = credentials;
  if (secret === undefined) return (text) => text;
  const forms = [
    authorization(credentials)!,
    `${username}:${secret}`,
    ...(secret.length < 8 ? [] : [secret]),
  ];
  return (text) => forms.reduce((result, form) => result.replaceAll(form, '***'), text);
}

function checkCombination(options: CredentialOptions): void {
  const given = (flags: Readonly<Record<string, unknown>>) =>
    Object.entries(flags).filter(([, value]) => value !== undefined).map(([flag]) => flag);
  const { token, tokenFile, tokenCommand, username, password, passwordFile } = options;
  const tokens = given({ '--token': token, '--token-file': tokenFile, '--token-command': tokenCommand });
  const passwords = given({ '--password': password, '--password-file': passwordFile });
  const twice = [tokens, passwords].find((flags) => flags.length > 1);
  const users = given({ '--username': username });
  const mixed = tokens.length > 0 && (users.length > 0 || passwords.length > 0);
  if (twice !== undefined || mixed) {
    const flags = twice ?? [...tokens, ...users, ...passwords];
    throw new VtsError('Usage', `${flags.join(' and ')} do not go together`, {
      remedy: 'give a token, or a user name and a password; VTS_... variables of the environment count too',
    });
  }
  if (users.length > 0 && passwords.length === 0) {
    throw new VtsError('Usage', '--username needs a password', { remedy: 'add --password-file FILE' });
  }
  if (users.length === 0 && passwords.length > 0) {
    throw new VtsError('Usage', `${passwords[0]} needs a user name`, { remedy: 'add --username NAME' });
  }
}

async function readToken(options: CredentialOptions, notes: string[]): Promise<string | undefined> {
  if (options.token !== undefined) return checkSecret(options.token, 'the token');
  if (options.tokenFile !== undefined) return await readSecretFile(options.tokenFile, 'token', notes);
  if (options.tokenCommand !== undefined) return await runTokenCommand(options.tokenCommand);
  return undefined;
}

async function readPassword(options: CredentialOptions, notes: string[]): Promise<string> {
  if (options.password !== undefined) return checkSecret(options.password, 'the password');
  return await readSecretFile(options.passwordFile!, 'password', notes);
}

async function readSecretFile(file: string, what: 'token' | 'password', notes: string[]): Promise<string> {
  const flag = `--${what}-file`;
  let text: string;
  try {
    const { size, mode } = await stat(file);
    if (size > MAX_SECRET_BYTES) {
      throw new VtsError('InputMalformed', `${file}, of ${flag}, is too large for a ${what}`, { file });
    }
    if (process.platform !== 'win32' && (mode & 0o044) !== 0) {
      notes.push(`${file}, which holds a ${what}, can be read by others: chmod 600 makes it yours alone`);
    }
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof VtsError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    throw new VtsError(
      missing ? 'InputMissing' : 'InputUnreadable',
      `${file}, of ${flag}, ${missing ? 'does not exist' : `cannot be read: ${code}`}`,
      { file, cause },
    );
  }
  return checkSecret(text.replace(/[\r\n]+$/, ''), `the ${what} in ${file}`);
}

async function runTokenCommand(command: string): Promise<string> {
  const failed = (what: string): VtsError =>
    new VtsError('AuthFailed', `the command of --token-command ${what}`, {
      expected: 'a command that prints the token on its first line',
      remedy: 'run it by itself to see why',
    });
  const { output, code, signal } = await new Promise<
    { output: string; code: number | null; signal: string | null }
  >((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      // Standard input may be the data of this job; what the command says on standard error may be a secret.
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: COMMAND_TIMEOUT_MS,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_SECRET_BYTES) chunks.push(chunk);
    });
    child.on('error', () => reject(failed('cannot be run')));
    child.on('close', (code, signal) => resolve({ output: Buffer.concat(chunks).toString(), code, signal }));
  });
  if (signal !== null) throw failed(`was ended by ${signal} (it has ${COMMAND_TIMEOUT_MS / 1000} seconds)`);
  if (code !== 0) throw failed(`ended with exit code ${code}`);
  return checkSecret(output.split(/\r?\n/, 1)[0], 'the first line of the command of --token-command');
}

function checkUser(username: string): string {
  if (username === '') throw new VtsError('Usage', 'the user name is empty');
  if (username.includes(':')) throw new VtsError('Usage', 'a user name holds no ":"');
  return username;
}

function checkSecret(secret: string, what: string): string {
  if (secret === '') throw new VtsError('Usage', `${what} is empty`);
  // deno-lint-ignore no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(secret)) {
    throw new VtsError('Usage', `${what} has a line break or another control character in it`);
  }
  return secret;
}
