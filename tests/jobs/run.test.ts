/** `vts run` as a user runs it, over files. Servers are in tests/live/jobs.test.ts. */
import { describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { EXPLAIN_EXAMPLES, RUN_EXAMPLES } from '../../src/cli/examples.ts';
import { type Workspace, workspace } from '../support/cli.ts';

/** Writes the job `text` into `place`. */
function job(place: Workspace, text: string, name = 'job.yaml'): void {
  writeFileSync(place.file(name), text);
}

const TWO_STEPS = `steps:
  - from: vectors.parquet
    to: out/\${NAME:a}.h5
    parents: true
    rename: {vector: embedding}
    fields: [id, vector]
    limit: 7
  - from: out/\${NAME:a}.h5
    to: b.jsonl
`;

describe('vts run', () => {
  test('does what the command lines of its steps do, and sums up', () => {
    using place = workspace();
    job(place, TWO_STEPS);
    const { exit, stderr, stdout } = place.run('vts run job.yaml');
    expect([exit, stdout]).toEqual([0, '']);
    expect(stderr).toContain('step 2 of 2: convert out/a.h5 -> b.jsonl');
    expect(stderr).toContain('out/a.h5: 7 rows');
    expect(stderr).toContain('all 2 steps of job.yaml: 14 rows');
    expect(stderr).toContain('rows: read 14 = written 14 = counted in the output 14');
    place.run('vts convert vectors.parquet c.h5 --rename vector=embedding --fields id,vector --limit 7');
    place.run('vts convert c.h5 d.jsonl');
    expect(readFileSync(place.file('b.jsonl'), 'utf8')).toBe(readFileSync(place.file('d.jsonl'), 'utf8'));
  });

  test('takes variables from the environment', () => {
    using place = workspace();
    job(place, TWO_STEPS);
    expect(place.run('vts run job.yaml', { NAME: 'other' }).exit).toBe(0);
    expect(readdirSync(place.file('out'))).toEqual(['other.h5']);
  });

  test('takes a job from a pipe, and prints one that is the same', () => {
    using place = workspace();
    job(place, TWO_STEPS);
    const printed = place.run('vts run job.yaml --print');
    expect(printed).toMatchObject({ exit: 0, stderr: '' });
    expect(printed.stdout).toContain('  - verb: convert\n    from: vectors.parquet\n    to: out/a.h5\n');
    expect(existsSync(place.file('out'))).toBe(false);
    expect(place.run('vts run job.yaml --print | vts run - --print').stdout).toBe(printed.stdout);
    expect(place.run('vts run job.yaml --print | vts run -').exit).toBe(0);
    expect(existsSync(place.file('b.jsonl'))).toBe(true);
  });

  test('plans with --dry-run, and writes nothing', () => {
    using place = workspace();
    job(place, TWO_STEPS);
    const before = readdirSync(place.path);
    const { exit, stdout, stderr } = place.run('vts run job.yaml --dry-run');
    expect([exit, readdirSync(place.path)]).toEqual([0, before]);
    expect(stdout).toContain(
      'convert vectors.parquet -> out/a.h5: nothing stands in the way; nothing was written',
    );
    expect(stderr).toContain('it reads what an earlier step makes');
    job(place, 'steps:\n  - {from: rows.jsonl, to: a.faiss}\n  - {from: none.h5, to: b.jsonl}\n');
    const refused = place.run('vts run job.yaml --dry-run');
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('cannot hold this data');
    expect(refused.stderr).toContain('none.h5 does not exist');
  });

  test('goes on with --resume behind the steps that are done', () => {
    using place = workspace();
    job(place, 'steps:\n  - {from: vectors.parquet, to: a.h5}\n  - {from: late.jsonl, to: b.h5}\n');
    const first = place.run('vts run job.yaml');
    expect(first.exit).toBe(6);
    expect(first.stderr).toContain(
      'stopped at step 2 of 2 (line 3 of job.yaml); vts run job.yaml --resume goes on there',
    );
    const again = place.run('vts run job.yaml');
    expect(again.exit).toBe(7);
    expect(again.stderr).toContain('of 2 steps 1 is done');
    expect(place.run('vts run job.yaml --dry-run').exit).toBe(7);
    writeFileSync(place.file('late.jsonl'), '{"id": 1}\n');
    const planned = place.run('vts run job.yaml --dry-run --resume');
    expect([planned.exit, planned.stderr.includes('a.h5: done by an earlier run')]).toEqual([0, true]);
    expect(place.run('vts run job.yaml --dry-run --restart').stderr).toContain('a.h5 exists already');
    rmSync(place.file('a.h5'));
    const resumed = place.run('vts run job.yaml --resume');
    expect(resumed.exit).toBe(0);
    expect(resumed.stderr).toContain('vectors.parquet -> a.h5: done by an earlier run');
    expect(resumed.stderr).toContain('all 2 steps of job.yaml: 301 rows');
    // It is done, so nothing is left to go on with.
    expect(place.run('vts run job.yaml --resume --overwrite').stderr).toContain('a.h5: 300 rows');
    expect(existsSync(place.file('a.h5'))).toBe(true);
  });

  test('refuses to go on where a step that is done was changed, until --restart', () => {
    using place = workspace();
    job(place, 'steps:\n  - {from: vectors.parquet, to: a.h5}\n  - {from: none.h5, to: b.h5}\n');
    place.run('vts run job.yaml --state s');
    expect(readdirSync(place.file('s/jobs'))).toHaveLength(1);
    job(place, 'steps:\n  - {from: vectors.parquet, to: a2.h5}\n  - {from: rows.jsonl, to: b.h5}\n');
    const refused = place.run('vts run job.yaml --state s --resume');
    expect(refused.exit).toBe(7);
    expect(refused.stderr).toContain('Step 1 of job.yaml is done, and was changed since then');
    expect(place.run('vts run job.yaml --state s --restart').exit).toBe(0);
    expect(readdirSync(place.file('s/jobs'))).toEqual([]);
  });

  test('goes on within a step that writes parts', () => {
    using place = workspace();
    job(place, 'steps:\n  - {from: vectors.parquet, to: parts2/, to-format: jsonl, part-size: 1KiB}\n');
    expect(place.run('vts run job.yaml --resume').exit).toBe(0);
    expect(readdirSync(place.file('parts2')).length).toBeGreaterThan(1);
  });

  test('speaks JSON, one event a line', () => {
    using place = workspace();
    job(place, TWO_STEPS);
    const { exit, stdout } = place.run('vts run job.yaml --json');
    expect(exit).toBe(0);
    const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    const summaries = events.filter(({ type }) => type === 'summary');
    expect(summaries.map(({ command, rowsWritten }) => [command, rowsWritten])).toEqual([
      ['convert', 7],
      ['convert', 7],
      ['run', 14],
    ]);
  });

  test('lets flags of a step go before the environment', () => {
    using place = workspace();
    job(place, 'steps:\n  - {from: vectors.parquet, to: "-", to-format: jsonl, limit: 2}\n');
    for (const flags of ['', '--json', '--resume']) {
      const { exit, stdout } = place.run(`vts run job.yaml ${flags}`, { VTS_LIMIT: '5' });
      expect([flags, exit, stdout.trimEnd().split('\n').length]).toEqual([flags, 0, 2]);
    }
    expect(place.run('vts run job.yaml', { VTS_RESUME: '1' }).exit).toBe(0);
  });

  test('compares two ends by a step of their own', () => {
    using place = workspace();
    job(
      place,
      `steps:
  - {from: vectors.parquet, to: a.h5}
  - {verb: verify, from: vectors.parquet, to: a.h5, id: id}
`,
    );
    expect(place.run('vts run job.yaml').exit).toBe(0);
    job(place, 'steps:\n  - {verb: verify, from: vectors.parquet, to: rows.jsonl, id: id}\n');
    expect(place.run('vts run job.yaml').exit).toBe(4);
  });
});

test('the examples of the help work', () => {
  using place = workspace();
  for (const name of ['job.yaml', 'nightly.yaml']) job(place, TWO_STEPS, name);
  job(
    place,
    `H2M: {data_path: sift.hdf5, dest_host: localhost, dest_port: 19530, mode: skip, dest_collection_name: sift,
    collection_parameter: {dimension: 8, metric_type: L2}}`,
    'H2M.yaml',
  );
  for (const { command } of [...RUN_EXAMPLES, ...EXPLAIN_EXAMPLES]) {
    expect([command, place.run(command).exit]).toEqual([command, 0]);
  }
});

describe('what is wrong with steps', () => {
  test('is said all at once with its place, and nothing runs', () => {
    using place = workspace();
    job(
      place,
      `steps:
  - from: vectors.parquet
    to: a.h5
    limit: many
    metrik: L2
  - from: vectors.parquet
    to: milvus://localhost/default/x
    verb: export
    mode: [create, append]
    index: 'vector:'
    normalize: maybe
    partsize: 1MB
    token-file: true
    json: true
  - from: milvus://localhost/default/x
    to: 'milvus://'
  - from: [a.h5, milvus://localhost/default/x]
    to: milvus://localhost/default/y
    on-error: reject
    limit: \${UNSET}
  - to: b.h5
`,
    );
    const { exit, stderr } = place.run('vts run job.yaml');
    expect(exit).toBe(2);
    expect([...stderr.matchAll(/^ {2}(job\.yaml:\d+:\d+: .*)$/gm)].map(([, line]) => line)).toMatchSnapshot();
    expect(stderr).toContain('is it part-size?');
    expect(existsSync(place.file('a.h5'))).toBe(false);
  });

  test('may be that the file is no job', () => {
    using place = workspace();
    expect(place.run('vts run none.yaml')).toMatchObject({ exit: 6 });
    expect(place.run('vts run index.faiss').exit).toBe(6);
    expect(place.run('vts run .').exit).not.toBe(1);
    expect(place.run('vts run').exit).toBe(2);
    expect(place.run('vts run rows.jsonl').exit).toBe(2);
    expect(place.run('vts run rows.jsonl --resume --restart').stderr).toContain('contradict');
  });

  test('never shows a secret', () => {
    using place = workspace();
    job(
      place,
      `steps:
  - from: vectors.parquet
    to: milvus://root:hushhush@localhost:1/default/x
    token: hushhush
    timeout: 1s
    retry-max-time: 1s
`,
    );
    for (
      const command of [
        'vts run job.yaml --print',
        'vts run job.yaml',
        'vts run job.yaml --json',
        'vts run job.yaml --dry-run',
      ]
    ) {
      const { stdout, stderr } = place.run(command);
      expect([command, stdout.includes('hush'), stderr.includes('hush')]).toEqual([command, false, false]);
    }
    // It is in no journal either.
    expect(place.run('grep -r hush . --exclude=job.yaml').stdout).toBe('');
  });
});
