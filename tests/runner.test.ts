/** What `deno task test` says at its end, of files that really fail. */
import { describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { failureReport, type Outcome, outcomeOf } from '../scripts/test-outcome.ts';

const FILES = {
  'good.test.ts': `test('good', () => {});
    test.skip('not now', () => {});
    test('speaks of others', () => console.error('(pass) a\\n 70 pass\\n 80 fail'));`,
  'bad.test.ts': `describe('outer', () => {
      test('good', () => console.error('said by a good one'));
      test('one > two', () => { console.error('said by a bad one'); expect('seen').toBe('wanted'); });
      test('slow', async () => { await new Promise((done) => setTimeout(done, 5000)); }, 20);
    });`,
  'missing.test.ts': `import './nowhere.ts'; test('never runs', () => {});`,
  'throws.test.ts': `test('never runs', () => {}); throw new Error('thrown while loading');`,
  'hook.test.ts': `beforeAll(() => { throw new Error('thrown in a hook'); }); test('never runs', () => {});`,
  'long.test.ts':
    `test('long', () => { for (let i = 0; i < 500; i++) console.error('line ' + i); throw new Error('end'); });`,
  'exits.test.ts':
    `test('good', () => {}); test('exits', () => { console.error('last words'); process.exit(3); });`,
  'killed.test.ts': `test('killed', () => process.kill(process.pid, 'SIGKILL'));`,
} as const;

/** Runs `files` in the order of their names. */
function run(files: readonly (keyof typeof FILES)[], env: Record<string, string> = {}): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'vts-runner-'));
  try {
    for (const file of files) {
      const imports = `import { beforeAll, describe, expect, test } from 'bun:test';\n`;
      writeFileSync(join(folder, file), imports + FILES[file]);
    }
    const { stderr, status, signal } = spawnSync(process.execPath, ['test', ...files], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: undefined, ...env },
    });
    return outcomeOf(stderr, status ?? signal ?? 1, files);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const named = ({ failures }: Outcome) => failures.map(({ file, name }) => `${file}: ${name}`);
const counts = ({ passed, failed, skipped }: Outcome) => [passed, failed, skipped];

test('nothing is listed when all is well, whatever tests print', () => {
  const outcome = run(['good.test.ts']);
  expect(outcome).toEqual({ passed: 2, failed: 0, skipped: 1, failures: [] });
  expect(failureReport(outcome.failures)).toEqual([]);
});

describe.each([['plain', { CI: '', GITHUB_ACTIONS: '' }], ['on a CI', {
  CI: 'true',
  GITHUB_ACTIONS: 'true',
}]])('what fails is listed with its text, %s', (_, env) => {
  test('tests', () => {
    const outcome = run(['good.test.ts', 'bad.test.ts'], env);
    expect(counts(outcome)).toEqual([3, 2, 1]);
    expect(named(outcome)).toEqual(['bad.test.ts: outer > one > two', 'bad.test.ts: outer > slow']);
    const [two, slow] = outcome.failures.map(({ text }) => text.join('\n'));
    expect(two).toContain('said by a bad one');
    expect(two).toContain('Expected: "wanted"');
    expect(outcome.failures[0].text[0]).toBe('said by a bad one');
    expect(two).not.toContain('::error');
    expect(slow).toContain('timed out after 20ms');
    const report = failureReport(outcome.failures);
    expect(report[0]).toBe('FAILED bad.test.ts: outer > one > two');
    expect(report).toContain('    Expected: "wanted"');
  });

  test('files that do not load', () => {
    const outcome = run(['good.test.ts', 'missing.test.ts', 'throws.test.ts', 'hook.test.ts'], env);
    expect(counts(outcome)).toEqual([2, 3, 1]);
    expect(named(outcome).sort()).toEqual([
      'hook.test.ts: (unnamed)',
      'missing.test.ts: an error outside of all tests',
      'throws.test.ts: an error outside of all tests',
    ]);
    const text = failureReport(outcome.failures).join('\n');
    for (const said of ['./nowhere.ts', 'thrown while loading', 'thrown in a hook']) {
      expect(text).toContain(said);
    }
  });

  test('runs that break off', () => {
    const exits = run(['bad.test.ts', 'exits.test.ts'], env);
    expect(counts(exits)).toEqual([2, 3, 0]);
    expect(named(exits)[2]).toBe('exits.test.ts: the run broke off: exit code 3');
    expect(exits.failures[2].text).toContain('last words');
    const killed = run(['killed.test.ts'], env);
    expect([counts(killed), named(killed)]).toEqual([
      [0, 1, 0],
      ['killed.test.ts: the run broke off: SIGKILL'],
    ]);
  });
});

test('a run without any file has failed', () => {
  const outcome = outcomeOf('The following filters did not match any test files:\n nowhere\n', 1, [
    'nowhere',
  ]);
  expect([counts(outcome), named(outcome)]).toEqual([
    [0, 1, 0],
    ['nowhere: the run broke off: exit code 1'],
  ]);
});

test('the middle of a long text is left out', () => {
  const report = failureReport(run(['long.test.ts']).failures);
  expect(report.length).toBeLessThan(65);
  expect(report.join('\n')).toMatch(/line 0\n[^]* lines\)\n[^]*error: end/);
});
