/** Jobs in vts' own form, and what all forms have in common. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { VtsError } from '../../src/errors.ts';
import type { FlagValue, Job } from '../../src/jobs/job.ts';
import { writeOwnJob } from '../../src/jobs/own/write.ts';
import { Problems } from '../../src/jobs/problems.ts';
import { readJob } from '../../src/jobs/read-job.ts';
import { substitute } from '../../src/jobs/variables.ts';

const read = (text: string, variables: Record<string, string> = {}): Promise<Job> =>
  readJob({ name: 'job.yaml', text, variables });

async function problemsOf(text: string): Promise<string> {
  try {
    await read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(VtsError);
    expect((error as VtsError).code).toBe('Usage');
    return (error as VtsError).message;
  }
  throw new TypeError('the job was taken');
}

describe('steps', () => {
  test('have ends, a verb and flags of all kinds', async () => {
    const { steps } = await read(`steps:
  - from: a.h5
    to: b.parquet
    limit: 9007199254740993
    normalize: true
    fields: [id, "a,b"]
    rename: {vector: embedding}
    from-format: hdf5
  - verb: import
    from: [a.h5, c.h5]
    to: milvus://localhost/default/docs
    filter: id > 9007199254740993
`);
    expect(steps[0]).toMatchObject({
      from: ['a.h5'],
      to: 'b.parquet',
      flags: {
        limit: '9007199254740993',
        normalize: true,
        fields: ['id', 'a,b'],
        rename: { vector: 'embedding' },
        from: 'hdf5',
      },
      at: { line: 2, column: 5 },
      places: { limit: { line: 4, column: 12 } },
    });
    expect(steps[1]).toMatchObject({
      verb: 'import',
      from: ['a.h5', 'c.h5'],
      flags: { filter: 'id > 9007199254740993' },
    });
  });

  test('may be JSON', async () => {
    expect((await read('{"steps": [{"from": "a.h5", "to": "b.jsonl"}]}')).steps).toHaveLength(1);
  });

  test('may repeat each other by anchors', async () => {
    const { steps } = await read('steps:\n - &a {from: a.h5, to: b.h5}\n - *a\n');
    expect(steps.map(({ from }) => from)).toEqual([['a.h5'], ['a.h5']]);
  });
});

describe('what is wrong', () => {
  const cases: Record<string, [text: string, ...expected: string[]]> = {
    'no steps': ['a: 1', 'job.yaml:1:1: a job has no "a"', 'there are no steps'],
    'nothing': ['', 'there are no steps'],
    'a comment': ['# nothing\n', 'there are no steps'],
    'steps that are no list': ['steps: {from: a}', '"steps" is a list'],
    'a step that is no map': ['steps: [a]', 'job.yaml:1:9: a step is a map'],
    'a step without ends': [
      'steps:\n  - verb: copy\n',
      'job.yaml:2:5: the step has no "from"',
      'the step has no "to"',
    ],
    'an unknown verb': ['steps:\n  - {verb: move, from: a, to: b}', 'job.yaml:2:12: there is no such verb'],
    'an empty flag': ['steps:\n  - {from: a, to: b, limit: }', '"limit" says nothing'],
    'a list in a map': [
      'steps:\n  - {from: a, to: b, rename: {a: [b]}}',
      '"rename" holds more than names and values',
    ],
    'two targets': ['steps:\n  - {from: a, to: [b, c]}', 'job.yaml:2:19: "to" is a file'],
    'no YAML': ['steps:\n  - {from: a', 'this is no YAML'],
    'a key twice': ['steps: []\nsteps: []', 'this is no YAML', 'unique'],
    'tabs': ['steps:\n\t- from: a', 'this is no YAML'],
    'a variable that is not set': [
      'steps:\n  - {from: "${A}/${B:x}", to: "$${C}"}',
      'job.yaml:2:12: ${A} is not set',
    ],
    'an alias without an anchor': ['steps: *a', 'a'],
    'an alias of itself': ['steps: &a [*a]', 'deep in each other'],
  };
  for (const [name, [text, ...expected]] of Object.entries(cases)) {
    test(name, async () => {
      const message = await problemsOf(text);
      for (const part of expected) expect(message).toContain(part);
      expect(message).toContain('nothing was run');
    });
  }

  test('is said all at once, in the order of the text', async () => {
    const message = await problemsOf('steps:\n  - {verb: x, from: a, to: b}\n  - {from: c}\n  - 7\n');
    expect(message).toContain('3 problems');
    expect([...message.matchAll(/job\.yaml:(\d):/g)].map(([, line]) => line)).toEqual(['2', '3', '4']);
  });

  test('is an error of ours, however deep or large it is', async () => {
    expect(await problemsOf('['.repeat(20_000))).toContain('YAML');
    const bomb = [
      'a: &a [x]',
      ...Array.from({ length: 9 }, (_, i) => {
        const [name, before] = ['bcdefghij'[i], 'abcdefghi'[i]];
        return `${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`;
      }),
    ].join('\n');
    expect(await problemsOf(bomb)).toContain('more than');
    await expect(problemsOf('a'.repeat(2 ** 21))).resolves.toContain('no job');
  });

  test('never is more than an error of ours', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(
            'steps:',
            'F2M:',
            '- ',
            'from: ',
            '{',
            '}',
            '[',
            ']',
            '&a ',
            '*a ',
            '\n',
            '  ',
            '"',
            ': ',
            '${',
            'x',
            '!!int ',
            '|',
            '---\n',
            '<<: ',
          ),
        ),
        async (pieces) => {
          try {
            await read(pieces.join(''));
          } catch (error) {
            expect(error).toBeInstanceOf(VtsError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a job that is printed', () => {
  test('reads back as the same job', async () => {
    const text = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '');
    const value: fc.Arbitrary<FlagValue> = fc.oneof(
      text,
      fc.boolean(),
      fc.bigInt().map(String),
      fc.array(text, { minLength: 1 }),
      fc.dictionary(text, text, { minKeys: 1 }).map((map) => Object.fromEntries(Object.entries(map))),
    );
    const step = fc.record({
      verb: fc.constantFrom('convert' as const, 'import' as const, 'dump' as const),
      from: fc.array(text, { minLength: 1 }),
      to: text,
      flags: fc.dictionary(fc.constantFrom('limit', 'fields', 'from', 'to', 'cast'), value),
    });
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1 }), async (steps) => {
      const at = { line: 1, column: 1 };
      const printed = writeOwnJob({ steps: steps.map((one) => ({ ...one, at })), notes: ['a note'] });
      const back = await read(printed);
      expect(back.steps.map(({ verb, from, to, flags }) => ({ verb, from, to, flags }))).toEqual(
        steps.map((one) => ({ ...one, from: [...one.from], flags: { ...one.flags } })) as never,
      );
    }));
  });

  test('holds no secret', () => {
    const printed = writeOwnJob({
      steps: [{
        verb: 'copy',
        from: ['milvus://root:hush1@a/default/x'],
        to: 'https://hush2@b/default/y',
        flags: {
          token: 'hush3',
          'target-password': 'hush4',
          password: 'hush5',
          'target-token': 'hush6',
          'token-file': 't',
        },
        at: { line: 1, column: 1 },
      }],
      notes: [],
    });
    expect(printed).not.toContain('hush');
    expect(printed).toContain('# target-password is left out');
    expect(printed).toContain('milvus://a/default/x');
    expect(printed).toContain('token-file: t');
  });
});

test('variables are replaced once, and only where they are written whole', () => {
  const problems = new Problems('x');
  const at = { line: 1, column: 1 };
  const variables = { A: '${B}', B: 'b', EMPTY: '' };
  const put = (text: string) => substitute(text, variables, at, problems);
  expect(put('${A}-${B}-${C:c}-${EMPTY:e}-${D:}')).toBe('${B}-b-c--');
  expect(put('$${A} $A {A} ${A')).toBe('${A} $A {A} ${A');
  expect(problems.found).toEqual([]);
  put('${constructor} ${toString:x}');
  expect(problems.found).toHaveLength(1);
});
