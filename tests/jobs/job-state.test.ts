/** Which steps of a job are done, as it is kept for --resume. */
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJobState } from '../../src/cli/job-state.ts';
import type { CheckedStep } from '../../src/cli/job-step.ts';
import { isVtsError } from '../../src/errors.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vts-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const step = (to: string, flags: CheckedStep['flags'] = {}, line = 1): CheckedStep => ({
  verb: 'import',
  from: ['a.h5'],
  to,
  flags,
  values: {},
  at: { line, column: 1 },
});
const STEPS = [
  step('milvus://a/default/x', { token: 'hush' }),
  step('milvus://u:hush@a/default/y', { limit: 2n ** 60n }),
];
const SUMMARY = { rowsRead: 1, rowsWritten: 1, rowsResumed: 0, bytesWritten: 1, parts: 1 };
const open = (over: Partial<Parameters<typeof openJobState>[0]> = {}) =>
  openJobState({ name: 'job.yaml', directory, steps: STEPS, resume: false, restart: false, ...over });
const file = () => join(directory, 'jobs', readdirSync(join(directory, 'jobs'))[0]);

test('a step is done when it was recorded, until the job ends', () => {
  open().record(0, SUMMARY);
  const state = open({ resume: true });
  expect([state.done(0), state.done(1)]).toEqual([SUMMARY, undefined]);
  state.record(0, { ...SUMMARY, rowsRead: 9 });
  expect(open({ resume: true }).done(0)).toEqual(SUMMARY);
  state.end();
  expect(open().done(0)).toBeUndefined();
});

test('a torn line is no step, and the next one begins cleanly', () => {
  open().record(0, SUMMARY);
  const whole = readFileSync(file(), 'utf8');
  appendFileSync(file(), whole.slice(0, 30));
  const state = open({ resume: true });
  expect(state.done(0)).toEqual(SUMMARY);
  state.record(1, SUMMARY);
  expect(open({ resume: true }).done(1)).toEqual(SUMMARY);
  writeFileSync(file(), whole.slice(0, 30));
  expect(open().done(0)).toBeUndefined();
});

test('neither its place in the file nor a secret is part of a step; all else is', () => {
  open().record(0, SUMMARY);
  open({ resume: true }).record(1, SUMMARY);
  expect(readFileSync(file(), 'utf8')).not.toContain('hush');
  const same = [
    step('milvus://a/default/x', { token: 'other' }, 7),
    step('milvus://a/default/y', { limit: 2n ** 60n }),
  ];
  expect(open({ resume: true, steps: same }).done(1)).toEqual(SUMMARY);
  for (
    const other of [
      step('milvus://a/default/y', { limit: 2n ** 60n + 1n }),
      step('milvus://b/default/y', STEPS[1].flags),
    ]
  ) {
    let thrown: unknown;
    try {
      open({ resume: true, steps: [STEPS[0], other] });
    } catch (error) {
      thrown = error;
    }
    expect(isVtsError(thrown, 'JournalConflict')).toBe(true);
  }
  expect(open({ restart: true, steps: [] }).done(0)).toBeUndefined();
});

test('a directory that cannot be written is an error of ours', () => {
  writeFileSync(join(directory, 'jobs'), '');
  let thrown: unknown;
  try {
    open().record(0, SUMMARY);
  } catch (error) {
    thrown = error;
  }
  expect(isVtsError(thrown, 'OutputUnwritable')).toBe(true);
});
