/** `vts explain`: every code has an explanation. */
import { describe, expect, test } from 'bun:test';
import { MILVUS_CODES } from '../../src/cli/milvus-codes.ts';
import { REMEDIES } from '../../src/cli/remedies.ts';
import { ERRORS } from '../../src/errors.ts';
import { workspace } from '../support/cli.ts';

describe('vts explain', () => {
  test('knows all 28 codes of the Vector Transport Service, however they are written', () => {
    expect(MILVUS_CODES).toHaveLength(28);
    using place = workspace();
    for (const code of ['MILVUS-17', 'milvus-17', 'Milvus-17', '17']) {
      const { exit, stdout } = place.run(`vts explain ${code}`);
      expect(exit).toBe(0);
      expect(stdout).toStartWith('MILVUS-17\n');
      expect(stdout).toContain('writing rows failed');
    }
    expect(place.run('vts explain 6').stdout).toContain('--load');
    expect(place.run('vts explain MILVUS-27').stdout).toContain('never raised there');
  });

  test('says of each what it means, what vts does and what to do, in sentences', () => {
    for (const [means, vts, remedy] of MILVUS_CODES) {
      expect(means).toMatch(/^[a-z].*[^.]$/);
      expect(vts).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/^([A-Z]|vts ).*\.$/);
    }
    for (const remedy of Object.values(REMEDIES)) expect(remedy).toMatch(/\.$|\)\.$/);
  });

  test('knows its own codes, in any case', () => {
    using place = workspace();
    for (const code of Object.keys(ERRORS).slice(0, 4)) {
      const { stdout } = place.run(`vts explain ${code.toUpperCase()} --json`);
      expect(JSON.parse(stdout)).toMatchObject({
        type: 'explanation',
        code,
        exit: ERRORS[code as 'Usage'].exit,
      });
    }
  });

  test('lists all, and says so of those it does not know', () => {
    using place = workspace();
    const { stdout } = place.run('vts explain');
    for (const code of ['MILVUS-01', 'MILVUS-28', ...Object.keys(ERRORS)]) expect(stdout).toContain(code);
    for (const code of ['MILVUS-29', '0', 'MILVUS', 'constructor']) {
      const { exit, stderr } = place.run(`vts explain ${code}`);
      expect([code, exit]).toEqual([code, 2]);
      expect(stderr).toContain('MILVUS-01 to MILVUS-28');
    }
  });
});
