/** Disks that are full or cannot be written, as small file systems of their own. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { VTS } from '../support/cli.ts';
import { liteServer } from '../support/milvus.ts';
import { type ServerWorkspace, serverWorkspace } from './cli-server.ts';

const server = await liteServer();
/** Where nobody may mount anything, the same faults are made by hand in tests/connectors/dump.test.ts. */
const MAY_MOUNT = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

describe.skipIf(!MAY_MOUNT)('a small disk', () => {
  let place: ServerWorkspace;
  beforeAll(async () => {
    place = await serverWorkspace(server, 'dump_disk');
    // Text that does not compress: how much it takes is not known before.
    const text =
      `head -c 2000000 /dev/urandom | base64 -w 1000 | awk '{printf "{\\"id\\":%d,\\"text\\":\\"%s\\",\\"vector\\":[%d.5,1,2,3,4,5,6,7]}\\n", NR, $0, NR}'`;
    const vectors =
      `seq 1 2000 | awk '{printf "{\\"id\\":%d,\\"vector\\":[%d.5", $1, $1; for (k = 1; k < 256; k++) printf ",%d", ($1 * k) % 1009; print "]}"}'`;
    const made = place.run(
      `${text} > text.jsonl; ${vectors} > vectors.jsonl; for name in text vectors; do vts import $name.jsonl milvus://localhost/default/$name --id id --metric L2 --quiet || exit 1; done`,
    );
    expect([made.exit, made.stderr]).toEqual([0, '']);
    mkdirSync(place.file('disk'));
  });
  afterAll(() => place[Symbol.asyncDispose]());

  /** Runs `script` with a file system of `size` at `disk`, which goes with it. */
  function onDisk(size: string, script: string) {
    const inner = `vts() { '${VTS}' "$@"; }; mount -t tmpfs -o size=${size} none disk && { ${script}; }`;
    return place.run(`unshare -rm bash -c '${inner.replaceAll("'", "'\\''")}'`);
  }

  test(
    'that a dump fills: exit code 8 with the bytes that are missing, and --resume when there is room',
    () => {
      const dump = 'vts dump milvus://localhost/default/text disk/backup --part-size 256KiB';
      const { exit, stdout, stderr } = onDisk(
        '1500k',
        `${dump}; echo exit $?; find disk -name "*.partial"; mount -o remount,size=16m disk; ${dump} --resume --json | tail -n 1; vts verify disk/backup; vts verify disk/backup milvus://localhost/default/text`,
      );
      expect([exit, stderr]).toEqual([0, stderr]);
      const lines = stdout.trim().split('\n');
      expect(lines[0]).toBe('exit 8');
      const summary = JSON.parse(lines[1]);
      expect(summary).toMatchObject({ type: 'summary', rowsCounted: summary.rowsRead });
      expect(summary.rowsResumed).toBeGreaterThan(100);
      expect(stdout).toContain('all is well');
      expect(stdout).toContain('- 0 only in A  + 0 only in B  * 0 differ');
      expect(stderr).toMatch(/error: No space left while writing disk\/backup/i);
      expect(stderr).toMatch(
        /expected: about [\d.]+ [kM]B more for the [\d,]+ rows of milvus:\S+ that are left/,
      );
      expect(stderr).toContain('free some space; then run the same command again with --resume');
    },
    60_000,
  );

  test(
    'that is too small for the vectors alone is refused before any row is read; a plan says so too',
    () => {
      const dump = 'vts dump milvus://localhost/default/vectors disk/backup';
      const { stdout, stderr } = onDisk(
        '1m',
        `${dump}; echo exit $?; ${dump} --dry-run; echo exit $?; ls disk`,
      );
      expect(stdout).toContain('exit 8\n');
      expect(stdout).toEndWith('exit 2\nbackup\n');
      expect(stderr).toMatch(/too little space[^]*about 2 MB; 1 MB are free/);
      expect(stderr).toMatch(/disk\/backup: about [\d.]+ MB are needed, and [\d.]+ (kB|MB) are free/);
    },
    60_000,
  );

  test('that the journal of a restore fills', () => {
    const restore =
      'vts restore backup milvus://localhost/default --collection text --rename text=again --state disk';
    const { exit, stdout, stderr } = onDisk(
      '8k',
      `vts dump milvus://localhost/default backup --part-size 64KiB --quiet; ${restore}; echo exit $?; mount -o remount,size=1m disk; ${restore} --resume --verify --json | tail -n 1; vts verify backup milvus://localhost/default/again --collection text`,
    );
    expect([exit, stderr]).toEqual([0, stderr]);
    expect(stdout).toStartWith('exit 8\n');
    expect(stderr).toContain('then run the same command again with --resume');
    expect(JSON.parse(stdout.split('\n')[1])).toMatchObject({ type: 'summary' });
    expect(stdout).toContain('- 0 only in A  + 0 only in B  * 0 differ');
  });

  test('that cannot be written: the journal of a restore goes elsewhere, and a dump is refused', () => {
    const { exit, stdout, stderr } = onDisk(
      '16m',
      'vts dump milvus://localhost/default/vectors disk/backup --quiet; mount -o remount,ro disk; vts restore disk/backup milvus://localhost/default --rename vectors=from_dvd; echo exit $?; find .local -type f; vts dump milvus://localhost/default/vectors disk/other; echo exit $?',
    );
    expect([exit, stderr]).toEqual([0, stderr]);
    expect(stdout).toEndWith('exit 0\nexit 8\n');
    expect(stderr).toContain(
      `nothing can be written beside disk/backup: the journal of this restore is kept in ${place.path}/.local/state/vts`,
    );
    expect(stderr).toContain('disk/other: permission denied');
  });
});
