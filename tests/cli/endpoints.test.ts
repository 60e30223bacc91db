/** Which server is meant, with whose credentials; and which verb goes from what to what. */
import { describe, expect, test } from 'bun:test';
import { requireVerb, type Verb } from '../../src/cli/endpoints.ts';
import { jobOf } from '../../src/cli/job.ts';
import { addressOf, targetAddress } from '../../src/cli/server-ends.ts';

const A = 'milvus://a/default/docs';
const FILE = 'docs.parquet';

describe('verbs', () => {
  test('take the ends they are for', () => {
    requireVerb('convert', [FILE, FILE], FILE);
    requireVerb('export', [A], FILE);
    requireVerb('import', [FILE, FILE], A);
    requireVerb('copy', [A], A);
  });

  const wrong: readonly [Verb, readonly string[], string, string][] = [
    ['convert', [A], FILE, `vts export ${A} ${FILE}`],
    ['convert', [FILE], A, `vts import ${FILE} ${A}`],
    ['convert', [A], A, `vts copy ${A} ${A}`],
    ['export', [FILE], A, `vts import ${FILE} ${A}`],
    ['export', [FILE], FILE, `vts convert ${FILE} ${FILE}`],
    ['import', [A], FILE, `vts export ${A} ${FILE}`],
    ['import', [FILE], 'docs', 'vts import docs.parquet milvus://127.0.0.1:19530/default/docs'],
    ['import', [FILE], 'docs.h5', 'vts convert docs.parquet docs.h5'],
    ['copy', [FILE], A, `vts import ${FILE} ${A}`],
    ['copy', [A], FILE, `vts export ${A} ${FILE}`],
  ];
  for (const [verb, inputs, output, right] of wrong) {
    test(`${verb} ${inputs} ${output}: ${right}`, () => {
      expect(() => requireVerb(verb, inputs, output)).toThrow(
        expect.objectContaining({ code: 'Usage', details: expect.objectContaining({ remedy: right }) }),
      );
    });
  }

  test('do not repeat secrets', () => {
    try {
      requireVerb('convert', ['milvus://root:secret@a/default/docs'], FILE);
    } catch (error) {
      expect(JSON.stringify(error) + error).not.toContain('secret');
    }
  });

  test('read one collection at a time', () => {
    expect(() => requireVerb('export', [A, A], FILE)).toThrow('One collection');
    // What a shell makes of --index vector:HNSW{M:16,ef:9} without quotes.
    expect(() => requireVerb('import', [FILE, A], 'vector:HNSWef:9')).toThrow('comes last');
  });
});

describe('addresses', () => {
  test('get the names that flags add, and none that contradict', () => {
    expect(addressOf('milvus://a', { collection: 'docs' }).url).toMatchObject({
      database: 'default',
      collection: 'docs',
    });
    expect(addressOf('milvus://a', {}).url.database).toBeUndefined();
    expect(addressOf('milvus://a/db', { collection: 'docs', database: 'db' }).url).toMatchObject({
      database: 'db',
    });
    expect(() => addressOf(A, { collection: 'other' })).toThrow('Which collection?');
  });

  test('the target gets the credentials of the source only where it is the same server', () => {
    const source = addressOf('milvus://a/default/docs', {
      token: 'secret',
      caCert: 'ca.pem',
      collection: 'docs',
    });
    expect(targetAddress('milvus://a/default/two', {}, source).flags).toEqual({
      token: 'secret',
      caCert: 'ca.pem',
    });
    for (
      const other of ['milvus://b/default/two', 'milvus://a:19531/default/two', 'milvus+tls://a/default/two']
    ) {
      expect(targetAddress(other, {}, source).flags).toEqual({});
    }
    expect(targetAddress('milvus://a/default/two', { tokenFile: 'f' }, source).flags).toEqual({
      tokenFile: 'f',
      caCert: 'ca.pem',
    });
  });

  test('so with a user in the address', () => {
    const source = addressOf('milvus://root:secret@a/default/docs', {});
    expect(targetAddress('milvus://a/default/two', {}, source).url.user).toEqual(source.url.user);
    expect(targetAddress('milvus://b/default/two', {}, source).url.user).toBeUndefined();
    expect(targetAddress('milvus://a/default/two', { token: 't' }, source).url.user).toBeUndefined();
    expect(targetAddress('milvus://me:own@a/default/two', {}, source).url.user).toMatchObject({
      username: 'me',
    });
  });
});

test('a job is told by what shapes its rows, and holds no secret', () => {
  const job = jobOf({ source: 's' }, {
    fields: ['id'],
    parallel: 4,
    token: 'secret',
    targetPassword: 'secret',
    json: true,
    limit: undefined,
    filter: 'year > 2020',
  });
  expect(job).toEqual({ source: 's', fields: '["id"]', filter: '"year > 2020"' });
});
