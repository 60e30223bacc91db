import { describe, expect, test } from 'bun:test';
import { formatBytes, formatCount, formatSeconds, formatTable } from '../../src/cli/report/format.ts';
import { doneText, errorText, progressText } from '../../src/cli/report/text.ts';
import { ERRORS, VtsError } from '../../src/errors.ts';

describe('numbers as people read them', () => {
  test('counts, bytes and times', () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect([0, 999, 1000, 999_999, 1.5e9, 5e15].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '1.0 MB',
      '1.5 GB',
      '5000.0 TB',
    ]);
    expect([0, 1.234, 12.34, 61, 3723.4].map(formatSeconds)).toEqual([
      '0.00 s',
      '1.23 s',
      '12.3 s',
      '1:01',
      '1:02:03',
    ]);
    expect(formatTable([['a', 'bb'], ['ccc', 'd', 'e']], '')).toBe('a    bb\nccc  d   e');
  });

  test('progress has a share and a time left when the total is known, by rows or by bytes', () => {
    const progress = { rows: 250, rowsResumed: 0, bytes: 1_000_000, parts: 0 };
    expect(progressText(progress, 1000, 2)).toBe(' 25%  250 rows  125 rows/s  500.0 kB/s  ETA 6.00 s');
    expect(progressText({ ...progress, fraction: 0.5 }, undefined, 2)).toBe(
      ' 50%  250 rows  125 rows/s  500.0 kB/s  ETA 2.00 s',
    );
    expect(progressText({ ...progress, rowsResumed: 200 }, 1000, 2)).toBe(
      ' 25%  250 rows  25 rows/s  500.0 kB/s  ETA 30.0 s',
    );
    expect(progressText(progress, undefined, 2)).toBe('250 rows  125 rows/s  500.0 kB/s');
    expect(progressText({ rows: 0, rowsResumed: 0, bytes: 0, parts: 0 }, 0, 0)).toBe(
      '0 rows  0 rows/s  0 B/s',
    );
  });
});

describe('the proof', () => {
  const done = {
    command: 'import',
    from: 'a.parquet',
    to: 'milvus://h:1/default/docs',
    rowsRead: 1200,
    rowsWritten: 1200,
    rowsResumed: 0,
    bytesWritten: 1000,
    parts: 1,
    seconds: 2,
  };
  const proof = (more: Partial<Parameters<typeof doneText>[0]>) =>
    doneText({ ...done, ...more }).split('\n')[1];

  test('of a file and of a server', () => {
    expect(proof({ rowsCounted: 1200 })).toBe(
      'rows: read 1,200 = written 1,200 = counted in the output 1,200',
    );
    expect(proof({})).toBe('rows: read 1,200 = written 1,200');
    expect(proof({ toServer: true, rowsCounted: 1200 })).toBe(
      'rows: read 1,200 = accepted 1,200 = counted in the target 1,200',
    );
  });

  test('is called missing where nothing was counted, and names where refused rows are', () => {
    expect(proof({ toServer: true })).toBe(
      'rows: read 1,200 = accepted 1,200; not counted (the collection is not loaded)',
    );
    expect(
      proof({ toServer: true, rowsWritten: 1199, rowsRejected: 1, rowsCounted: 1199, rejectFile: 'r.jsonl' }),
    )
      .toBe('rows: read 1,200 = accepted 1,199 + rejected 1 (in r.jsonl); counted in the target 1,199');
  });

  test('comes with the retries that it took', () => {
    expect(doneText({ ...done, toServer: true, rowSeconds: 0.5 }).split('\n')[0]).toBe(
      'milvus://h:1/default/docs: 1,200 rows, 1.0 kB in 2.00 s, rows in 0.50 s, 2,400 rows/s',
    );
    expect(doneText({ ...done, retries: 3 }).split('\n')[0]).toBe(
      'milvus://h:1/default/docs: 1,200 rows, 1.0 kB in 2.00 s, 600 rows/s, 3 retries',
    );
  });
});

test('an error says what, where, what was expected and what to do', () => {
  const error = new VtsError('RowInvalid', 'The vector has 3 elements', {
    file: 'a.jsonl',
    line: 7,
    byte: 120,
    field: 'v',
    expected: '4, as in all rows before',
    remedy: 'mend the row',
  });
  expect(errorText(error, false)).toBe([
    'The vector has 3 elements',
    '  where:    a.jsonl, line 7, byte 120, field "v"',
    '  expected: 4, as in all rows before',
    '  remedy:   mend the row',
  ].join('\n'));
  expect(errorText(new Error('oops'), false)).toContain('bug in vts: oops');
});

test('every error code has an exit code that the manual knows', () => {
  const known = [1, 2, 3, 4, 5, 6, 7, 8, 75, 129, 130, 143];
  for (const { exit, meaning } of Object.values(ERRORS)) {
    expect(known).toContain(exit);
    expect(meaning.length).toBeGreaterThan(5);
  }
});
