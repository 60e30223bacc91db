import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  authorization,
  type CredentialOptions,
  redactor,
  resolveCredentials,
} from '../../src/connectors/milvus/credentials.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';

const CANARY = 'cAnArY-7f3e9a';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function secretFile(text: string | Uint8Array, mode = 0o600): string {
  const file = join(folder, 'secret');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

async function refused(
  options: CredentialOptions,
  user?: { username: string; password: string },
): Promise<VtsError> {
  const error = await resolveCredentials(options, user).then(() => undefined, (e) => e);
  if (!isVtsError(error)) throw new TypeError(`not refused: ${error}`);
  const all = `${error.message} ${JSON.stringify(error.details)} ${error.stack} ${Bun.inspect(error)}`;
  expect(all).not.toContain(CANARY);
  return error;
}

describe('resolveCredentials()', () => {
  test('needs none', async () => {
    expect(await resolveCredentials({})).toEqual({ credentials: {}, notes: [] });
  });

  test.each(['\n', '\r\n', '', '\n\n'])('trims the end of a file of a token (%j)', async (end) => {
    const { credentials, notes } = await resolveCredentials({ tokenFile: secretFile(CANARY + end) });
    expect(credentials).toEqual({ secret: CANARY });
    expect(notes).toEqual([]);
  });

  test('takes user and password file', async () => {
    const passwordFile = secretFile(`${CANARY}\n`);
    expect((await resolveCredentials({ username: 'root', passwordFile })).credentials)
      .toEqual({ username: 'root', secret: CANARY });
  });

  test('notes a file that others can read', async () => {
    const { notes } = await resolveCredentials({ tokenFile: secretFile(CANARY, 0o644) });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('can be read by others');
    expect(notes[0]).not.toContain(CANARY);
  });

  test('takes the first line of a command', async () => {
    const { credentials } = await resolveCredentials({ tokenCommand: `printf '%s\\nmore\\n' ${CANARY}` });
    expect(credentials).toEqual({ secret: CANARY });
  });

  test('tells the exit code of a command that fails, not what it printed', async () => {
    const error = await refused({ tokenCommand: `echo ${CANARY}; echo ${CANARY} >&2; exit 3` });
    expect(error.code).toBe('AuthFailed');
    expect(error.message).toContain('exit code 3');
  });

  test('refuses a command that prints nothing', async () => {
    expect((await refused({ tokenCommand: `true ${CANARY}` })).message).toContain('is empty');
  });

  test('the address goes before flags, with a warning', async () => {
    const user = { username: 'u', password: CANARY };
    const { credentials, notes } = await resolveCredentials({ token: 'other' }, user);
    expect(credentials).toEqual({ username: 'u', secret: CANARY });
    expect(notes.join()).toContain('shell history');
    expect(notes.join()).not.toContain(CANARY);
  });

  test.each<[CredentialOptions, string]>([
    [{ token: CANARY, tokenFile: 'f' }, '--token and --token-file do not go together'],
    [{ token: CANARY, username: 'u', password: CANARY }, '--token and --username and --password'],
    [{ password: CANARY, passwordFile: 'f', username: 'u' }, '--password and --password-file'],
    [{ username: 'u' }, '--username needs a password'],
    [{ password: CANARY }, '--password needs a user name'],
    [{ token: '' }, 'the token is empty'],
    [{ token: `${CANARY}\nx` }, 'line break'],
    [{ username: 'a:b', password: CANARY }, 'holds no ":"'],
  ])('refuses %j', async (options, message) => {
    const error = await refused(options);
    expect(error.code).toBe('Usage');
    expect(error.message).toContain(message);
  });

  test('says which file is missing, unreadable or no secret', async () => {
    expect(await refused({ tokenFile: join(folder, 'none') })).toMatchObject({ code: 'InputMissing' });
    expect(await refused({ tokenFile: folder })).toMatchObject({ code: 'InputUnreadable' });
    expect(await refused({ tokenFile: secretFile(`${CANARY}\n${CANARY}`) })).toMatchObject({ code: 'Usage' });
    expect(await refused({ tokenFile: secretFile(new Uint8Array(2 << 20)) })).toMatchObject({
      code: 'InputMalformed',
    });
  });
});

test('authorization() is what Milvus expects', () => {
  expect(authorization({ username: 'root', secret: 'Milvus' })).toBe(btoa('root:Milvus'));
  expect(authorization({ secret: 'db_token' })).toBe(btoa('db_token'));
  expect(authorization({})).toBeUndefined();
});

test('redactor() blackens a secret in all its forms', () => {
  const redact = redactor({ username: 'root', secret: CANARY });
  expect(redact(`${CANARY} root:${CANARY} ${btoa(`root:${CANARY}`)} root`)).toBe('*** *** *** root');
  expect(redactor({})('as it is')).toBe('as it is');
});
