/** The command line against a real Milvus 2.3.5: examples of help and README, round trips, refusals, secrets. */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  COPY_EXAMPLES,
  EXPORT_EXAMPLES,
  IMPORT_EXAMPLES,
  INSPECT_SERVER_EXAMPLES,
} from '../../src/cli/examples.ts';
import { VTS } from '../support/cli.ts';
import { compareGolden } from '../support/golden.ts';
import { milvusServer } from '../support/milvus.ts';
import { runPython } from '../support/python.ts';
import { serverWorkspace } from './cli-server.ts';

const server = await milvusServer();

test('the examples of the help work one after the other', async () => {
  await using place = await serverWorkspace(server, 'cli_examples');
  const examples = [...IMPORT_EXAMPLES, ...EXPORT_EXAMPLES, ...COPY_EXAMPLES, ...INSPECT_SERVER_EXAMPLES];
  for (const { command } of examples) {
    const { exit, stderr } = place.run(`set -o pipefail; ${command}`);
    expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
  }
});

test('the examples of the README work one after the other', async () => {
  await using place = await serverWorkspace(server, 'cli_readme');
  const readme = readFileSync(resolve(import.meta.dirname!, '../../README.md'), 'utf8');
  const commands = [...readme.matchAll(/^ {4}(vts .*?milvus:\/\/.*?)(?: {2,}#.*)?$/gm)].map((match) =>
    match[1]
  )
    .sort((a, b) => Number(b.startsWith('vts import')) - Number(a.startsWith('vts import')));
  expect(commands.length).toBeGreaterThan(7);
  for (const command of commands) {
    const { exit, stderr } = place.run(command);
    expect(`${command}: ${exit} ${exit === 0 ? '' : stderr}`).toBe(`${command}: 0 `);
  }
});

test('golden command lines', async () => {
  await using place = await serverWorkspace(server, 'cli_golden');
  // How far a step is when it is reported, and what else is on the server, differ from run to run.
  const mask = (text: string) =>
    text.replaceAll(server.address, 'SERVER').replaceAll(/v2\.3\.5[\w-]*/g, 'VERSION')
      .replaceAll(/^.*("type":"(progress|stage)"| \d+%$).*\n/gm, '').replaceAll(
        /there (is|are \d+, among them) .*"default".*/g,
        'DATABASES',
      );
  compareGolden(join(import.meta.dirname!, 'golden/cli.txt'), place, mask);
});

describe('round trips', () => {
  test('a Faiss index comes back byte for byte', async () => {
    await using place = await serverWorkspace(server, 'cli_trips');
    const chain = 'vts import index.faiss milvus://localhost/default/faiss --quiet && ' +
      'vts export milvus://localhost/default/faiss back.faiss --parallel 1 --quiet && cmp index.faiss back.faiss';
    expect(place.run(chain)).toEqual({ exit: 0, stdout: '', stderr: '' });
  });

  test('copies hold the same rows', async () => {
    await using place = await serverWorkspace(server, 'cli_trips');
    const lines = (name: string) =>
      `vts export milvus://localhost/default/${name} - --quiet | sort > ${name}.jsonl`;
    const chain = `vts import vectors.parquet milvus://localhost/default/a --id id --metric IP --quiet && ` +
      `vts copy milvus://localhost/default/a milvus://localhost/default/b --quiet && ` +
      `${lines('a')} && ${lines('b')} && wc -l < a.jsonl && cmp a.jsonl b.jsonl`;
    expect(place.run(`set -o pipefail; ${chain}`)).toEqual({ exit: 0, stdout: '300\n', stderr: '' });
  });
});

/** Runs vts on a terminal, and types `answer` at the question. */
const ON_TERMINAL = `
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.chdir(sys.argv[2])
    os.execv(sys.argv[1], sys.argv[1:2] + sys.argv[4:])
shown, answer = b"", sys.argv[3].encode()
try:
    while chunk := os.read(fd, 65536):
        shown += chunk
        if answer and b"[y/N]" in shown:
            os.write(fd, answer)
            answer = b""
except OSError:
    pass
print(shown.decode(), "exit", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;

test('on a terminal, loading is asked for, and undone', async () => {
  await using place = await serverWorkspace(server, 'cli_ask');
  const made = place.run('vts import index.faiss milvus://localhost/default/idle --no-load --quiet');
  expect(made).toEqual({ exit: 0, stdout: '', stderr: '' });
  const ask = (answer: string) =>
    runPython(
      ON_TERMINAL,
      VTS,
      place.path,
      answer,
      ...place.command('export milvus://localhost/default/idle idle.faiss').split(' '),
    );
  const no = ask('n\n');
  expect(no).toContain('of the server');
  expect(no).toContain('Load it? [y/N]');
  expect(no).toEndWith('exit 2\n');
  expect(ask('y\n')).toEndWith('exit 0\n');
  expect(place.run('vts inspect milvus://localhost/default/idle').stdout).toContain('not loaded');
});

test('a secret is in no output and in no file', async () => {
  await using place = await serverWorkspace(server, 'cli_trips');
  const canary = 'c4nary-53cret-token';
  const runs = [
    `vts import index.faiss milvus://localhost/default/secret --token ${canary} --state state --verbose --json`,
    `vts export milvus://localhost/default/secret many/ --to jsonl --token ${canary} --verbose`,
    `vts inspect milvus://root:${canary}@${server.address}/cli_trips/secret`,
    `vts inspect milvus://root:${canary}@${server.address}/nowhere`,
    `vts dump milvus://localhost/default backup --token ${canary} --verbose --json`,
    `vts restore backup milvus://localhost/default --rename secret=again --state state --token ${canary} --verify --json`,
    `vts verify backup milvus://root:${canary}@${server.address}/cli_trips --collection secret --json`,
    `vts plan milvus://root:${canary}@${server.address}/cli_trips other/`,
    `vts restore backup milvus://root:${canary}@127.0.0.1:1/x --retry-max-time 1s`,
    'vts inspect backup --json',
    `vts copy milvus://localhost/default/secret milvus://root:${canary}@127.0.0.1:1/x/y`,
  ];
  const said = runs.map((command) => place.run(command, { VTS_TOKEN: canary })).map(({ stdout, stderr }) =>
    stdout + stderr
  );
  expect(said.join('\n')).not.toContain(canary);
  expect(said[0]).toContain('--token is seen by everyone');
  expect(said[2]).toContain('a secret in an address');
  const files = readdirSync(place.path, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile()
  );
  for (const { parentPath, name } of files) {
    expect(readFileSync(join(parentPath, name)).includes(canary)).toBe(false);
  }
});
