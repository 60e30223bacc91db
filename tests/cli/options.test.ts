import { describe, expect, test } from 'bun:test';
import { ALL_OPTIONS, unsetFalseSwitches } from '../../src/cli/options/all.ts';
import { workspace } from '../support/cli.ts';

describe('flags', () => {
  test('each has a twin in the environment that is named after it', () => {
    for (const { envVar, long } of ALL_OPTIONS) {
      expect(envVar).toBe(`VTS_${long!.slice(2).replaceAll('-', '_').toUpperCase()}`);
    }
  });

  test('names that Kubernetes would set are not taken', () => {
    for (const { envVar } of ALL_OPTIONS) expect(envVar).not.toMatch(/^VTS_(PORT|HOST|SERVICE)/);
  });

  test('a switch that is set to nothing, 0, no or false is off', () => {
    const environment = {
      VTS_JSON: 'False',
      VTS_QUIET: '0',
      VTS_OVERWRITE: 'yes',
      VTS_LIMIT: '0',
      VTS_RESUME: '',
    };
    unsetFalseSwitches(environment);
    expect(environment as Record<string, string>).toEqual({ VTS_OVERWRITE: 'yes', VTS_LIMIT: '0' });
  });

  test('a flag goes before the environment, which goes before the default', () => {
    using place = workspace();
    const rows = (command: string, env: Record<string, string>) =>
      place.run(command, env).stdout.trim().split('\n').length;
    expect(rows('vts convert vectors.parquet - --quiet', { VTS_LIMIT: '3' })).toBe(3);
    expect(rows('vts convert vectors.parquet - --quiet --limit 2', { VTS_LIMIT: '3' })).toBe(2);
    expect(place.run('vts convert vectors.parquet a.h5', { VTS_JSON: 'false' }).stdout).toBe('');
  });

  test('sizes, lists and pairs are read as people write them', () => {
    using place = workspace();
    expect(
      place.run(
        `vts convert vectors.parquet - --quiet --limit 1 --batch-bytes '1 KiB' --fields 'id, year' --rename id=a,year=b`,
      ).stdout,
    )
      .toBe('{"a":1,"b":2000}\n');
    for (
      const wrong of [
        '--batch-bytes 0',
        '--batch-bytes many',
        '--limit -1',
        '--limit 1e3',
        '--fields id,,year',
        '--cast :int8',
        '--rename id=',
      ]
    ) {
      expect([wrong, place.run(`vts convert vectors.parquet - ${wrong}`).exit]).toEqual([wrong, 2]);
    }
  });

  test('a word that begins with -- is a value only behind =', () => {
    using place = workspace();
    const run = (flags: string) => place.run(`vts convert vectors.parquet - --limit 1 --fields id ${flags}`);
    expect(run('--quiet --rename id=--n').stdout).toBe('{"--n":1}\n');
    expect(run('--quiet --rename=id=--n').stdout).toBe('{"--n":1}\n');
    expect(run('--id --quiet').exit).toBe(2);
    expect(run('--quiet --rename id=--n --id=--n').stdout).toBe('{"--n":1}\n');
    // Behind -- nothing is a flag.
    expect(place.run('vts convert --quiet --limit 1 -- vectors.parquet --id --quiet').stderr).not.toContain(
      'has no value',
    );
  });
});
