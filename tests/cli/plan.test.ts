/** `vts plan` and `--dry-run` between files: what they say, and that they write nothing. */
import { describe, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type Workspace, workspace } from '../support/cli.ts';

/** The plan that `command` prints, after which no file is new. */
function planned(place: Workspace, command: string) {
  const before = readdirSync(place.path, { recursive: true });
  const { exit, stdout } = place.run(`${command} --json`);
  expect(readdirSync(place.path, { recursive: true })).toEqual(before);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
  return {
    exit,
    plan: events.find(({ type }) => type === 'plan'),
    error: events.find(({ type }) => type === 'error'),
  };
}

describe('a plan of a conversion', () => {
  test('says how much, as what, and what is made', () => {
    using place = workspace();
    const { exit, plan } = planned(
      place,
      'vts plan vectors.parquet new.h5 --cast vector:float16 --rename id=pk',
    );
    expect(exit).toBe(0);
    expect(plan).toMatchObject({
      command: 'convert',
      from: 'vectors.parquet',
      to: 'new.h5',
      rows: 300,
      rowsMeasured: 300,
      columns: [
        { name: 'pk', type: 'Int64' },
        { name: 'year', type: 'Int32' },
        { name: 'vector', type: 'Float16Vector(8)' },
      ],
      makes: ['the file new.h5'],
      problems: [],
    });
    expect(plan.bytes).toBe(300 * (8 + 4 + 16));
    expect(plan.seconds).toBeGreaterThan(0);
  });

  test('is what --dry-run says, in text too', () => {
    using place = workspace();
    const { exit, stdout, stderr } = place.run(
      'vts convert vectors.parquet many/ --to jsonl --limit 7 --dry-run',
    );
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toContain('vectors.parquet -> many/: nothing stands in the way; nothing was written\n');
    expect(stdout).toContain('  rows:    7 rows, about ');
    expect(stdout).toContain('  makes:   the directory many/\n');
  });

  test('counts the rows of files that do not tell them', () => {
    using place = workspace();
    const { plan } = planned(place, 'vts plan rows.jsonl x.parquet');
    expect(plan.rows).toBe(Number(place.run('wc -l < rows.jsonl').stdout));
  });
});

describe('a plan that is refused ends with exit code 2', () => {
  const refusals: Record<string, [code: string, message: string, remedy: string]> = {
    'vts plan vectors.parquet index.faiss --fields id,vector --id id': [
      'OutputExists',
      'index.faiss exists already',
      'add --overwrite to replace it, or name another output',
    ],
    'vts plan vectors.parquet none/x.h5': [
      'OutputUnwritable',
      'The directory none does not exist',
      'mkdir -p none',
    ],
    'vts plan vectors.parquet full --to jsonl': ['OutputExists', 'full holds parts already', '--overwrite'],
    'vts plan vectors.parquet x.npy': [
      'PlanRefused',
      'x.npy cannot hold this data as it is',
      '--fields vector',
    ],
    'vts plan bad.jsonl x.parquet --cast n:int8': ['RowInvalid', '1000', ''],
  };
  for (const [command, [code, message, remedy]] of Object.entries(refusals)) {
    test(command, () => {
      using place = workspace();
      mkdirSync(place.file('full'));
      writeFileSync(place.file('full/part-00000.jsonl'), '');
      writeFileSync(place.file('bad.jsonl'), '{"n":1}\n{"n":1000}\n');
      const { exit, plan, error } = planned(place, command);
      expect([exit, error.code]).toEqual([2, 'PlanRefused']);
      expect(plan.problems).toEqual([
        expect.objectContaining({ code, message: expect.stringContaining(message) }),
      ]);
      expect(error.message).toContain(message);
      expect(error.remedy ?? '').toContain(remedy);
    });
  }

  test('with all reasons', () => {
    using place = workspace();
    const { plan, error } = planned(place, 'vts plan vectors.parquet index.faiss');
    expect(plan.problems.map(({ code }: { code: string }) => code)).toEqual(['OutputExists', 'PlanRefused']);
    expect(error.remedy).toBe(
      'add --overwrite to replace it, or name another output; --id id --fields id,vector',
    );
  });
});

describe('the verb of a plan', () => {
  test('is asked for its flags', () => {
    using place = workspace();
    expect(place.run('vts plan vectors.parquet x.h5 --index vector:FLAT')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("unknown option '--index'"),
    });
    expect(place.run('vts plan vectors.parquet')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('vts plan A B'),
    });
    expect(place.run('VTS_DRY_RUN=1 vts convert vectors.parquet x.h5')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('nothing was written'),
    });
  });
});
