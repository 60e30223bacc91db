/** `vts verify A B` between files. */
import { describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { type Workspace, workspace } from '../support/cli.ts';

/** Runs `command` and returns its exit code and what it says last. */
function verify(place: Workspace, command: string) {
  const { exit, stdout, stderr } = place.run(`vts verify ${command}`);
  return {
    exit,
    text: stdout,
    last: stdout.trimEnd().split('\n').at(-1)!.replace(/ {2}in [\d.]+ s$/, ''),
    stderr,
  };
}

const EQUAL = (rows: number) => `= ${rows} equal  - 0 only in A  + 0 only in B  * 0 differ`;

describe('vts verify A B', () => {
  test('finds what was converted equal, in any format', () => {
    using place = workspace();
    place.run(
      'vts convert vectors.parquet v.h5 && vts convert vectors.parquet v.faiss --fields id,vector --id id --metric L2',
    );
    place.run(
      'vts convert vectors.parquet v.jsonl.zst && vts convert vectors.parquet many/ --to parquet --part-size 4KiB',
    );
    for (const other of ['v.h5', 'v.faiss --fields id,vector', 'v.jsonl.zst', 'many/', "'many/*.parquet'"]) {
      expect(verify(place, `vectors.parquet ${other} --id id`)).toMatchObject({ exit: 0, last: EQUAL(300) });
    }
    const stdin = place.run(
      'set -o pipefail; vts convert v.faiss - | vts verify - v.h5 --fields vector --id id',
    );
    expect([stdin.exit, stdin.stdout]).toEqual([0, expect.stringContaining(EQUAL(300))]);
  });

  test('lists rows that differ, by key, and ends with exit code 4', () => {
    using place = workspace();
    writeFileSync(
      place.file('a.jsonl'),
      '{"id":9007199254740993,"x":1,"y":"a"}\n{"id":2,"x":2,"y":"b"}\n{"id":3,"x":3,"y":"c"}\n',
    );
    writeFileSync(
      place.file('b.jsonl'),
      '{"id":3,"x":3,"y":"C"}\n{"id":9007199254740992,"x":1,"y":"a"}\n{"id":2,"x":2,"y":"b"}\n',
    );
    const { exit, text, last, stderr } = verify(place, 'a.jsonl b.jsonl --differences d.jsonl');
    expect([exit, last]).toEqual([4, '= 1 equal  - 1 only in A  + 1 only in B  * 1 differ (field y)']);
    expect(text).toContain('* 3 (y)\n+ 9007199254740992\n- 9007199254740993\n');
    expect(stderr).toContain('d.jsonl lists the keys of all rows that differ');
    expect(readFileSync(place.file('d.jsonl'), 'utf8')).toBe(
      '{"kind":"differ","key":3,"fields":["y"]}\n{"kind":"onlyB","key":9007199254740992}\n{"kind":"onlyA","key":9007199254740993}\n',
    );
    expect(verify(place, 'a.jsonl b.jsonl --differences d.jsonl')).toMatchObject({ exit: 7 });
    const json = place.run('vts verify a.jsonl b.jsonl --json').stdout.trim().split('\n');
    expect(JSON.parse(json.at(-2)!)).toMatchObject({
      type: 'comparison',
      a: { name: 'a.jsonl', rows: 3 },
      equal: 1,
      onlyA: 1,
      onlyB: 1,
      differ: 1,
      fields: { y: 1 },
    });
    expect(JSON.parse(json.at(-1)!)).toMatchObject({ type: 'error', code: 'Differs', exit: 4 });
  });

  test('lists more rows than are kept in memory', () => {
    using place = workspace();
    place.run(`seq 1 30000 | awk '{print "{\\"id\\":" $1 ",\\"x\\":1}"}' > a.jsonl`);
    place.run(`seq 1 30000 | awk '{print "{\\"id\\":" $1 ",\\"x\\":2}"}' > b.jsonl`);
    const { exit, text } = verify(place, 'a.jsonl b.jsonl --differences d.jsonl');
    expect([exit, text]).toEqual([4, expect.stringContaining('... and 29,990 more')]);
    const keys = readFileSync(place.file('d.jsonl'), 'utf8').trim().split('\n').map((line) =>
      JSON.parse(line).key
    );
    expect(new Set(keys).size).toBe(30_000);
  });

  test('names columns that are not compared, and compares the others', () => {
    using place = workspace();
    place.run('vts convert vectors.parquet half.parquet --cast vector:float16 --rename id=pk');
    const command = 'vectors.parquet half.parquet --rename id=pk --id pk';
    expect(verify(place, command)).toMatchObject({
      exit: 4,
      text: expect.stringContaining('! "vector" is not compared: FloatVector(8) in A, Float16Vector(8) in B'),
      last: `${EQUAL(300)}  ! vector not compared`,
    });
    expect(verify(place, `${command} --cast vector:float16`)).toMatchObject({ exit: 0, last: EQUAL(300) });
    expect(verify(place, `vectors.parquet half.parquet --rename id=pk --id pk --fields year`)).toMatchObject({
      exit: 0,
      last: EQUAL(300),
    });
  });

  test('takes JSON lines to be of the types of the other side', () => {
    using place = workspace();
    place.run('vts convert vectors.parquet half.parquet --cast vector:float16 --cast year:int16');
    place.run('vts convert half.parquet half.jsonl && vts convert half.parquet pk.jsonl --rename vector=v');
    expect(verify(place, 'half.parquet half.jsonl')).toMatchObject({ exit: 0, last: EQUAL(300) });
    expect(verify(place, 'half.jsonl half.parquet')).toMatchObject({ exit: 0, last: EQUAL(300) });
    expect(verify(place, 'half.parquet pk.jsonl --rename vector=v')).toMatchObject({
      exit: 0,
      last: EQUAL(300),
    });
  });

  test('says how rows are told apart where nobody does', () => {
    using place = workspace();
    place.run('vts convert vectors.parquet v.npy --fields vector');
    const { exit, stderr } = verify(place, 'v.npy v.npy');
    expect([exit, stderr]).toEqual([0, expect.stringContaining('--id FIELD names a key')]);
  });

  test('takes two ends, or one dump', () => {
    using place = workspace();
    for (const wrong of ['', 'a b c', 'a b --subset 1/2']) {
      expect(place.run(`vts verify ${wrong}`).exit).toBe(2);
    }
    expect(place.run('vts verify none.parquet vectors.parquet')).toMatchObject({ exit: 6 });
  });
});
