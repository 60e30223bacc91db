/** Locks of directories: who holds one, and who is gone. */
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVtsError } from '../../src/errors.ts';
import { nodeFileOps } from '../../src/stores/file-ops.ts';
import { lockDirectory } from '../../src/stores/lock.ts';
import { startOf } from '../../src/stores/process.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-lock-'));
  lock = join(folder, '.vts-lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(): string {
  try {
    lockDirectory(folder).release();
    return 'none';
  } catch (error) {
    if (!isVtsError(error, 'JournalConflict')) throw error;
    return error.details.expected ?? '';
  }
}

describe('lockDirectory()', () => {
  test('names the process, its machine and its start; leaves nothing when released', () => {
    const held = lockDirectory(folder);
    expect(readFileSync(lock, 'utf8')).toBe(`${process.pid} ${hostname()} ${startOf(process.pid)}`);
    expect(startOf(process.pid)).toMatch(/^\d+$/);
    expect(refusal()).toMatch(
      new RegExp(`^process ${process.pid} on .* to end first; its last sign of life was \\d s ago`),
    );
    held.release();
    expect(existsSync(lock)).toBe(false);
    expect(refusal()).toBe('none');
  });

  test('takes over from a process that is gone, and from one whose number another process has now', async () => {
    const child = spawn('sleep', ['60']);
    writeFileSync(lock, `${child.pid} ${hostname()} ${startOf(child.pid!)}`);
    expect(refusal()).toStartWith(`process ${child.pid} `);
    writeFileSync(lock, `${child.pid} ${hostname()} 1`);
    expect(refusal()).toBe('none');
    writeFileSync(lock, `${child.pid} ${hostname()}`);
    expect(refusal()).toStartWith(`process ${child.pid} `);
    const ended = new Promise((done) => child.on('close', done));
    child.kill('SIGKILL');
    await ended;
    expect(refusal()).toBe('none');
  });

  test('takes over from one that was killed before it could say who it is, a while ago', () => {
    writeFileSync(lock, '');
    expect(refusal()).toStartWith('process ? on ? ');
    utimesSync(lock, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000));
    expect(refusal()).toBe('none');
  });

  test('is held whatever the clock says: it may have gone backwards', () => {
    const later = new Date(Date.now() + 86_400_000);
    writeFileSync(lock, '');
    utimesSync(lock, later, later);
    expect(refusal()).toContain('its last sign of life was 0 s ago');
    writeFileSync(lock, `${process.pid} ${hostname()} ${startOf(process.pid)}`);
    utimesSync(lock, new Date(0), new Date(0));
    expect(refusal()).toStartWith(`process ${process.pid} `);
  });

  test('never takes over from another machine, whatever is going on here', () => {
    writeFileSync(lock, `4194304 ${hostname()}.elsewhere 5`);
    expect(refusal()).toContain('.elsewhere to end first');
    expect(readFileSync(lock, 'utf8')).toBe(`4194304 ${hostname()}.elsewhere 5`);
  });

  test('takes over from another machine when told so, and leaves its lock alone at the end', () => {
    writeFileSync(lock, `4194304 ${hostname()}.elsewhere 5`);
    expect(refusal()).toContain('.elsewhere to end first');
    const held = lockDirectory(folder, nodeFileOps, true);
    expect(readFileSync(lock, 'utf8')).toStartWith(`${process.pid} ${hostname()} `);
    // One that runs here is never put aside.
    expect(() => lockDirectory(folder, nodeFileOps, true)).toThrow('Another vts is writing');
    writeFileSync(lock, `7 ${hostname()}.third 5`);
    held.release();
    expect(readFileSync(lock, 'utf8')).toBe(`7 ${hostname()}.third 5`);
  });

  test('lets one of many take over', async () => {
    writeFileSync(lock, `4194304 ${hostname()} 5`);
    const script = join(import.meta.dirname!, '../../src/stores/lock.ts');
    const code =
      `import { lockDirectory } from '${script}'; try { lockDirectory('${folder}'); console.log('mine'); await Bun.sleep(1500) } catch { console.log('held') }`;
    const runs = Array.from(
      { length: 4 },
      () => Bun.spawn([process.execPath, '-e', code], { stdout: 'pipe' }),
    );
    const said = await Promise.all(runs.map((run) => new Response(run.stdout).text()));
    expect(said.filter((text) => text.trim() === 'mine').length).toBe(1);
  });
});
