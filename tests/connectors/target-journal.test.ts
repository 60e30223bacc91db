import { describe, expect, test } from 'bun:test';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultStateDirectory, openTargetJournal } from '../../src/connectors/state/target-journal.ts';

/** A state directory, removed at the end of a `using` block. */
function stateDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'vts-state-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

const JOB = { source: 'a.parquet:1:2', target: 'milvus://h:1/default/docs' };
const PART = { type: 'part', part: 0, range: 'r', after: 7, last: false, rows: 5, bytes: 100 } as const;

function open(directory: string, more: Partial<Parameters<typeof openTargetJournal>[0]> = {}) {
  return openTargetJournal({
    directory,
    target: JOB.target,
    job: JOB,
    resume: false,
    restart: false,
    ...more,
  });
}

describe('the journal of a target', () => {
  test('lies under XDG_STATE_HOME, else under the home directory', () => {
    expect(defaultStateDirectory({ XDG_STATE_HOME: '/x/state' })).toBe('/x/state/vts');
    expect(defaultStateDirectory({ XDG_STATE_HOME: 'relative' })).toEndWith('/.local/state/vts');
    expect(defaultStateDirectory({})).toEndWith('/.local/state/vts');
  });

  test('is kept when a job is cut off, found by --resume, and gone when the job is done', () => {
    using state = stateDirectory();
    const first = open(state.path);
    first.journal.record('plan', []);
    first.journal.append(PART);
    first.close(false);
    expect(() => open(state.path)).toThrow(expect.objectContaining({
      code: 'JournalConflict',
      exitCode: 7,
      details: expect.objectContaining({ remedy: expect.stringMatching(/--resume.*--restart/) }),
    }));
    const second = open(state.path, { resume: true });
    expect([second.begun, second.journal.parts]).toEqual([true, [PART]]);
    second.close(true);
    open(state.path).close(true);
  });

  test('--restart forgets it; --resume with nothing to resume begins afresh', () => {
    using state = stateDirectory();
    const first = open(state.path, { resume: true });
    expect(first.begun).toBe(false);
    first.journal.append(PART);
    first.close(false);
    const second = open(state.path, { restart: true });
    expect([second.begun, second.journal.parts]).toEqual([false, []]);
    // Nothing was sent, so nothing is to be resumed.
    second.close(false);
    open(state.path).close(true);
  });

  test('of another job is refused with what differs, and with flags that are there', () => {
    using state = stateDirectory();
    const first = open(state.path);
    first.journal.append(PART);
    first.close(false);
    const job = { ...JOB, fields: '["id"]' };
    expect(() => open(state.path, { resume: true, job })).toThrow(expect.objectContaining({
      details: expect.objectContaining({
        expected: 'fields: was not set, is ["id"]',
        remedy: expect.stringContaining('--restart instead of --resume'),
      }),
    }));
  });

  test('is held by one process at a time, and by one per target', () => {
    using state = stateDirectory();
    const first = open(state.path);
    expect(() => open(state.path)).toThrow(expect.objectContaining({
      code: 'JournalConflict',
      message: `Another vts is writing to ${JOB.target}`,
    }));
    open(state.path, { target: 'milvus://h:1/default/other' }).close(true);
    first.close(true);
    // A process that was killed holds nothing.
    const [folder] = readdirSync(state.path).filter((name) => statSync(join(state.path, name)).isDirectory());
    writeFileSync(join(state.path, folder, '.vts-lock'), `4194304 ${hostname()}`);
    open(state.path).close(true);
  });

  test('without a place for it nothing begins', () => {
    using state = stateDirectory();
    const file = join(state.path, 'file');
    writeFileSync(file, '');
    expect(() => open(file)).toThrow(expect.objectContaining({
      code: 'OutputUnwritable',
      details: expect.objectContaining({ remedy: expect.stringContaining('--state') }),
    }));
  });
});
