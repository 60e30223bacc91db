import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  formatMilvusUrl,
  isMilvusUrl,
  type MilvusUrl,
  missingDatabase,
  parseMilvusUrl,
  redactUrl,
} from '../../src/connectors/milvus/endpoint-url.ts';
import { nearNames } from '../../src/connectors/milvus/near-names.ts';
import { isVtsError, type VtsError } from '../../src/errors.ts';

function refused(text: string): VtsError {
  try {
    parseMilvusUrl(text);
  } catch (error) {
    if (isVtsError(error, 'Usage')) return error;
    throw error;
  }
  throw new TypeError(`${text} was understood`);
}

describe('parseMilvusUrl()', () => {
  test.each<[string, MilvusUrl]>([
    ['milvus://db', { host: 'db', port: 19530, tls: false }],
    ['milvus://db:1', { host: 'db', port: 1, tls: false }],
    ['MILVUS://db/', { host: 'db', port: 19530, tls: false }],
    ['milvus+tls://10.0.0.7:65535/docs', { host: '10.0.0.7', port: 65535, tls: true, database: 'docs' }],
    ['http://localhost:19530', { host: 'localhost', port: 19530, tls: false }],
    ['https://in01.cloud.example', { host: 'in01.cloud.example', port: 443, tls: true }],
    ['milvus://[::1]/a/b/', { host: '::1', port: 19530, tls: false, database: 'a', collection: 'b' }],
    ['milvus://[fe80::1]:7/a', { host: 'fe80::1', port: 7, tls: false, database: 'a' }],
    ['milvus://h/%C3%A4/x%2Fy%25', { host: 'h', port: 19530, tls: false, database: 'ä', collection: 'x/y%' }],
    ['milvus://tok%40en@h', { host: 'h', port: 19530, tls: false, user: { token: 'tok@en' } }],
    ['milvus://root:p%3Aa:b@h:1/d', {
      host: 'h',
      port: 1,
      tls: false,
      database: 'd',
      user: { username: 'root', password: 'p:a:b' },
    }],
  ])('understands %s', (text, expected) => {
    expect(isMilvusUrl(text)).toBe(true);
    expect(parseMilvusUrl(text)).toEqual(expected);
  });

  test.each([
    ['milvus:/host', 'two slashes', 'milvus://host'],
    ['milvus:host/db', 'two slashes', 'milvus://host/db'],
    ['milvus:///db', 'the host is missing', '127.0.0.1'],
    ['milvus://host:port', 'the port "port" is not a number', '19530'],
    ['milvus://host:0', 'the port "0"', '19530'],
    ['milvus://host:65536', 'the port "65536"', '19530'],
    ['milvus://host:', 'the port ""', '19530'],
    ['milvus://::1:19530', 'IPv6 address without brackets', '[::1]'],
    ['milvus://[::x]', 'not a host', undefined],
    ['milvus://ho st', 'not a host', undefined],
    ['milvus://h/a/b/c', '3 names after the host, "a", "b", "c"', '--partition'],
    ['milvus://h//b', 'the database has no name', '/default/'],
    ['milvus://h/a?x=1', 'no "?"', undefined],
    ['milvus://h/%zz', 'begins no %XX', '%25'],
    ['milvus+ssl://h', 'unknown scheme milvus+ssl:', undefined],
    ['milvus://u:pa/ss@h', '"@" after the host', '%2F'],
  ])('refuses %s', (text, message, remedy) => {
    expect(isMilvusUrl(text)).toBe(true);
    const error = refused(text);
    expect(error.message).toContain(message);
    expect(error.details.expected).toContain('milvus://HOST');
    if (remedy !== undefined) expect(error.details.remedy).toContain(remedy);
  });

  test('takes back what formatMilvusUrl() wrote', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const url = fc.record({
      host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()),
      port: fc.integer({ min: 1, max: 65535 }),
      tls: fc.boolean(),
      names: fc.array(name, { maxLength: 2 }),
    });
    fc.assert(fc.property(url, ({ names: [database, collection], ...server }) => {
      const whole = {
        ...server,
        ...(database === undefined ? {} : { database }),
        ...(collection === undefined ? {} : { collection }),
      };
      expect(parseMilvusUrl(formatMilvusUrl(whole))).toEqual(whole);
    }));
  });

  test('tells no secret, whatever is wrong with the address', () => {
    const secret = fc.string({ minLength: 1, unit: fc.constantFrom(...'canary:/?#%[]@ ') }).map((s) =>
      `CANARY${s}CANARY`
    );
    const around = fc.constantFrom(
      (s: string) => `milvus://${s}@host:x`,
      (s: string) => `milvus:${s}@host`,
      (s: string) => `milvus:/root:${s}@host/db`,
      (s: string) => `milvus://root:${s}@host/a/b/c`,
      (s: string) => `https://${s}:${s}@[::x]`,
      (s: string) => `milvus+x://${s}@host`,
    );
    fc.assert(fc.property(secret, around, (s, make) => {
      const error = refused(make(s));
      expect(`${error.message} ${JSON.stringify(error.details)} ${error.stack}`).not.toContain('CANARY');
    }));
  });
});

describe('isMilvusUrl()', () => {
  test.each(['a.parquet', 'milvus.parquet', './milvus', '-', 'data.h5::/milvus', 'C:\\x', 'https'])(
    'leaves %s to files',
    (text) => expect(isMilvusUrl(text)).toBe(false),
  );
});

test('redactUrl() keeps what is no secret', () => {
  expect(redactUrl('milvus://root:secret@h/db')).toBe('milvus://***@h/db');
  expect(redactUrl('milvus://h/db')).toBe('milvus://h/db');
  expect(redactUrl('root:secret@h')).toBe('***@h');
});

describe('missingDatabase()', () => {
  const url = parseMilvusUrl('milvus://u:secret@h/docs');

  test('offers the collection of that name in the default database', () => {
    const error = missingDatabase(url, ['default'], ['docs']);
    expect(error.message).toBe('milvus://h:19530 has no database "docs"');
    expect(error.details.remedy).toContain('write milvus://h:19530/default/docs');
  });

  test('offers names that are near, else those that there are', () => {
    expect(missingDatabase(url, ['default', 'doc'], []).details.remedy).toBe('did you mean "doc"?');
    expect(missingDatabase(url, ['default'], ['x']).details.remedy).toBe('there is "default"');
  });
});

describe('nearNames()', () => {
  test('finds typos, nearest first', () => {
    expect(nearNames('documents', ['docs', 'document', 'Documents', 'x'])).toBe(
      'did you mean "Documents" or "document"?',
    );
  });

  test('shortens long lists', () => {
    const names = Array.from({ length: 30 }, (_, i) => `collection_number_${i}`);
    expect(nearNames('x', names)).toMatch(/^there are 30, among them "collection_number_0"/);
    expect(nearNames('x', [])).toBeUndefined();
  });
});
