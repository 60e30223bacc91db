/** vts as a process: signals, pipes, terminals, full disks, bare machines. */
import { describe, expect, test } from 'bun:test';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { runPython } from '../support/python.ts';
import { VTS, type Workspace, workspace } from '../support/cli.ts';

/** A Flat index of `rows` zero vectors of dimension 128 that takes no room on disk. */
function bigIndex(place: Workspace, rows = 1_000_000): string {
  const header = Buffer.alloc(45);
  header.write('IxF2');
  header.writeInt32LE(128, 4);
  header.writeBigInt64LE(BigInt(rows), 8);
  header.writeInt32LE(1 << 20, 16);
  header.writeInt32LE(1 << 20, 24);
  header[32] = 1;
  header.writeInt32LE(1, 33);
  header.writeBigInt64LE(BigInt(rows) * 128n, 37);
  const fd = openSync(place.file('big.faiss'), 'w');
  writeSync(fd, header);
  ftruncateSync(fd, 45 + rows * 512);
  return 'big.faiss';
}

function start(
  place: Workspace,
  args: string[],
): ChildProcess & { ended: Promise<[number | null, string | null, string]> } {
  const child = spawn(VTS, args, { cwd: place.path, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr!.on('data', (chunk) => stderr += chunk);
  const ended = new Promise<[number | null, string | null, string]>((done) =>
    child.on('close', (code, signal) => done([code, signal, stderr]))
  );
  return Object.assign(child, { ended });
}

/** Waits until the output has begun to grow. */
async function untilWriting(place: Workspace): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (readdirSync(place.path).some((name) => name.endsWith('.partial'))) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('nothing was written');
}

const made = (place: Workspace) => readdirSync(place.path).filter((name) => name.startsWith('out.'));

describe('signals', () => {
  for (const [signal, exit] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
    test(`${signal} leaves nothing half-written and says how to go on`, async () => {
      using place = workspace();
      const child = start(place, ['convert', bigIndex(place), 'out.jsonl']);
      await untilWriting(place);
      child.kill(signal);
      const [code, , stderr] = await child.ended;
      expect(code).toBe(exit);
      expect(stderr).toContain('run the same command again');
      expect(made(place)).toEqual([]);
    });
  }

  test('after SIGKILL the same command succeeds and sweeps up', async () => {
    using place = workspace();
    const child = start(place, ['convert', bigIndex(place), 'out.jsonl']);
    await untilWriting(place);
    child.kill('SIGKILL');
    expect((await child.ended)[1]).toBe('SIGKILL');
    expect(made(place)).toEqual([`out.jsonl.${child.pid}.partial`]);
    expect(place.run('vts convert index.faiss out.jsonl')).toMatchObject({ exit: 0 });
    expect(made(place)).toEqual(['out.jsonl']);
  });
});

describe('pipes', () => {
  test('a reader that goes away is no error', () => {
    using place = workspace();
    const { exit, stdout, stderr } = place.run(
      `set -o pipefail; vts convert ${bigIndex(place)} - --quiet | head -n 1 | wc -l`,
    );
    expect({ exit, stdout: stdout.trim(), stderr }).toEqual({ exit: 0, stdout: '1', stderr: '' });
    expect(place.run('vts help formats | head -n 1; vts inspect vectors.parquet | true')).toMatchObject({
      exit: 0,
      stderr: '',
    });
  });

  test('every format goes through stdin and stdout', () => {
    using place = workspace();
    const chain =
      'cat index.faiss | vts convert - - --from faiss --to parquet | vts convert - - --from parquet --to hdf5 |' +
      ' vts convert - - --from hdf5 --to jsonl | vts convert - - --to faiss --id id --metric IP > back.faiss';
    expect(place.run(`set -o pipefail; ${chain} && cmp back.faiss index.faiss`)).toMatchObject({
      exit: 0,
      stdout: '',
    });
  });

  test('stdin tells its format by its first bytes', () => {
    using place = workspace();
    for (const name of ['index.faiss', 'sift.hdf5', 'vectors.parquet', 'rows.jsonl']) {
      expect(place.run(`cat ${name} | vts convert - - --quiet | wc -l`).stdout.trim()).toMatch(
        /^(200|100|300|50)$/,
      );
    }
    expect(place.run('echo hello | vts convert - out.jsonl')).toMatchObject({ exit: 6 });
  });

  test('a full disk ends the run with exit code 8', () => {
    using place = workspace();
    const { exit, stderr } = place.run('vts convert vectors.parquet - > /dev/full');
    expect(exit).toBe(8);
    expect(stderr).toContain('ENOSPC');
    expect(place.run('vts inspect vectors.parquet > /dev/full').exit).toBe(8);
  });
});

describe('terminals', () => {
  /** Runs vts under a pseudo-terminal of `columns` columns and returns what it showed. */
  function onTerminal(place: Workspace, columns: number, env: Record<string, string>): string {
    const script = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.chdir(sys.argv[2])
    os.execve(sys.argv[1], [sys.argv[1], "convert", "big.faiss", "out.faiss"], eval(sys.argv[4]))
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[3]), 0, 0))
shown = b""
try:
    while chunk := os.read(fd, 65536):
        shown += chunk
except OSError:
    pass
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
    return runPython(script, VTS, place.path, String(columns), JSON.stringify(env));
  }

  test('progress is one line that is rewritten, with share, rates and time left', () => {
    using place = workspace();
    bigIndex(place);
    const shown = onTerminal(place, 120, { TERM: 'xterm' });
    // deno-lint-ignore no-control-regex
    expect(shown).toMatch(/\r\x1b\[2K *\d+% {2}[\d,]+ rows {2}[\d,]+ rows\/s {2}[\d.]+ .B\/s {2}ETA/);
    expect(shown).toContain('counted in the output 1,000,000');
  });

  test('one column, no colour and a dumb terminal break nothing', () => {
    using place = workspace();
    bigIndex(place, 300_000);
    expect(onTerminal(place, 1, { TERM: 'xterm', NO_COLOR: '1', VTS_OVERWRITE: '1' })).not.toContain(
      '\x1b[31m',
    );
    const dumb = onTerminal(place, 80, { TERM: 'dumb', VTS_OVERWRITE: '1' });
    expect(dumb).not.toContain('\x1b');
    expect(dumb).toContain('counted in the output');
  });

  test('off a terminal no control character is written', () => {
    using place = workspace();
    const { exit, stdout, stderr } = place.run(
      'vts convert vectors.parquet out.h5; vts convert nothing.parquet out.h5',
      { LANG: 'C' },
    );
    expect(exit).toBe(6);
    // deno-lint-ignore no-control-regex
    expect(stdout + stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});

test('the executable runs in an empty root that holds nothing but the C library', () => {
  using place = workspace();
  const root = place.file('root');
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const libraries = spawnSync('ldd', [VTS], { encoding: 'utf8' }).stdout.match(/\/\S+/g) ?? [];
  expect(libraries.length).toBeGreaterThan(1);
  for (const library of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  copyFileSync(VTS, join(root, 'vts'));
  chmodSync(join(root, 'vts'), 0o755);
  for (const name of ['index.faiss', 'sift.hdf5', 'vectors.parquet', 'rows.jsonl']) {
    copyFileSync(place.file(name), join(root, name));
  }
  // The runtime finds itself through /proc, which every Linux has; a mount of our own goes away with its namespace.
  mkdirSync(join(root, 'proc'));
  const namespace = process.getuid!() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  const enter = 'mount --rbind /proc "$0/proc" && exec chroot "$0" /vts "$@"';
  const vts = (...args: string[]) => {
    const { status, stderr } = spawnSync('unshare', [...namespace, 'sh', '-c', enter, root, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    expect([args.join(' '), status, status === 0 ? '' : stderr]).toEqual([args.join(' '), 0, '']);
  };
  vts('convert', 'index.faiss', 'a.parquet');
  vts('convert', 'a.parquet', 'a.h5');
  vts('convert', 'a.h5', 'a.jsonl.zst');
  vts('convert', 'a.jsonl.zst', 'a.faiss', '--id', 'id', '--metric', 'IP');
  vts('inspect', 'sift.hdf5');
  expect(readdirSync(root)).toContain('a.faiss');
});

test('a name with odd characters is used as it is', () => {
  using place = workspace();
  writeFileSync(place.file(`it's [odd] "name" ünï.jsonl`), '{"id":1}\n');
  expect(place.run(`vts convert "it's [odd] \\"name\\" ünï.jsonl" 'ou t.parquet' && ls 'ou t.parquet'`))
    .toMatchObject({ exit: 0 });
});
