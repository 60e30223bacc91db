import { expect, test } from 'bun:test';
import { workspace } from '../support/cli.ts';

test('inspect shows what it can of a file whose rows cannot all be read', () => {
  using place = workspace();
  place.run(
    `printf '{"id":1}\\n{"id":2}\\n{"id":\\n' > torn.jsonl; printf '{"fields":[{"name":"id","type":"Int64"}]}' > s.json`,
  );
  const { exit, stdout } = place.run('vts inspect torn.jsonl --schema s.json');
  expect(exit).toBe(0);
  expect(stdout).toContain('these rows cannot be read: Line 3 is not valid JSON');
  const json = JSON.parse(place.run('vts inspect torn.jsonl --schema s.json --json').stdout);
  expect(json.sampleError).toContain('Line 3');
});

test('the JSON of an inspection keeps every digit and serves as a schema', () => {
  using place = workspace();
  const { stdout } = place.run('vts inspect rows.jsonl --json > seen.json; cat seen.json');
  expect(stdout).toContain('"id":1152921504606846976,');
  expect(JSON.parse(stdout).schema.fields.map((f: { type: string }) => f.type)).toEqual([
    'Int64',
    'VarChar',
    'FloatVector',
  ]);
  expect(place.run('vts convert rows.jsonl typed.parquet --schema seen.json --quiet')).toMatchObject({
    exit: 0,
    stderr: '',
  });
});
