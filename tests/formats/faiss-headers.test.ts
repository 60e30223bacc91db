import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { isVtsError, type VtsError } from '../../src/errors.ts';
import { faiss } from '../../src/formats/faiss/format.ts';
import { INDEX_KINDS } from '../../src/formats/faiss/kinds.ts';
import { faiss as info } from '../../src/formats/faiss/info.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { fixture } from '../support/fixtures.ts';
import { openBytes, READ, readAll, readTable } from '../support/format-io.ts';
import { random } from '../support/tables.ts';
import { watchedSource } from '../support/watched-source.ts';
import {
  array,
  f32,
  flat,
  header,
  i32,
  i64,
  join,
  NO_DIRECT_MAP,
  type Part,
  text,
  u8,
} from './faiss-bytes.ts';

/** The error of opening `bytes`, which must ask for little of the file. */
async function openError(...parts: Part[]): Promise<VtsError> {
  const inner = memorySource(join(...parts), 'bad.faiss');
  let asked = 0;
  const source = watchedSource(inner, (start, end) => asked += end - start);
  try {
    await faiss.reader!.open(source, READ);
  } catch (error) {
    expect(asked).toBeLessThan(65536);
    if (isVtsError(error)) return error;
    throw error;
  }
  throw new Error('the file was opened');
}

const ivf = (nlist: bigint | number, quantizer: Part, lists: Part, more = {}): Part =>
  join(text('IwFl'), header(2, 3, more), i64(nlist), i64(1), quantizer, NO_DIRECT_MAP, lists);

/** One list of three vectors in the file that `path` names. */
const onDisk = (path: string): Part =>
  join(
    text('ilod'),
    i64(1),
    i64(8),
    array([join(i64(3), i64(3), i64(0))]),
    i64(0),
    array([...text(path)].map(u8)),
    i64(48),
  );

describe('a header that cannot be', () => {
  const cases: Record<string, [Part[], string, RegExp]> = {
    'an empty file': [[], 'InputTruncated', /before the end of the code of the index$/],
    '2^60 vectors': [
      [text('IxF2'), header(2, 2n ** 60n), i64(2n ** 61n)],
      'InputMalformed',
      /number of vectors is 11529/,
    ],
    '2^50 vectors': [
      [text('IxF2'), header(2, 2n ** 50n), i64(2n ** 51n)],
      'InputTruncated',
      /ends before the end of the vectors$/,
    ],
    'a negative count': [[text('IxF2'), header(2, -1)], 'InputMalformed', /number of vectors is -1/],
    'no dimensions': [[text('IxF2'), header(0, 0), i64(0)], 'InputMalformed', /0 dimensions/],
    'negative dimensions': [[text('IxF2'), header(-4, 0), i64(0)], 'InputMalformed', /-4 dimensions/],
    'too many dimensions': [
      [text('IxF2'), header(2 ** 20 + 1, 0), i64(0)],
      'InputMalformed',
      /1048577 dimensions/,
    ],
    'an unknown metric': [[text('IxFl'), header(2, 0, { metric: 7 })], 'InputMalformed', /metric number 7/],
    'a flag of 2': [[text('IxF2'), header(2, 0, { trained: 2 })], 'InputMalformed', /"is trained" is 2/],
    'fewer numbers than vectors': [
      [text('IxF2'), header(2, 2), array([f32(1), f32(2)])],
      'InputMalformed',
      /2 numbers/,
    ],
    'bits that are no bytes': [
      [text('IBxF'), i32(12), i32(1), i64(0), u8(1), i32(1)],
      'InputMalformed',
      /12 bits/,
    ],
    '100 nested IDMaps': [Array(100).fill(join(text('IxMp'), header(2, 0))), 'InputMalformed', /50 deep/],
    'an IDMap of another count': [
      [text('IxMp'), header(2, 3), flat(2, 2), array([])],
      'InputMalformed',
      /has 3 vectors, .* 2/,
    ],
    'an IDMap of another dimension': [
      [text('IxMp'), header(3, 2), flat(2, 2), array([])],
      'InputMalformed',
      /3 dimensions/,
    ],
    'too few ids': [[text('IxMp'), header(2, 2), flat(2, 2), array([i64(1)])], 'InputMalformed', /1 ids/],
    'a binary IDMap over floats': [
      [text('IBMp'), i32(8), i32(1), i64(2), u8(1), i32(1), flat(8, 2), array([])],
      'InputMalformed',
      /both binary/,
    ],
    '2^60 lists': [[ivf(2n ** 60n, flat(2, 1), text('ilar'))], 'InputMalformed', /number of lists/],
    'more lists than centroids': [[ivf(2, flat(2, 1), text('ilar'))], 'InputMalformed', /1 centroids/],
    'a direct map of type 3': [
      [text('IwFl'), header(2, 0), i64(1), i64(1), flat(2, 1), u8(3)],
      'InputMalformed',
      /type 3/,
    ],
    'a list of 2^63 vectors': [
      [ivf(1, flat(2, 1), join(text('ilar'), i64(1), i64(8), text('full'), array([i64(-(2n ** 63n))])))],
      'InputTruncated',
      /inverted lists/,
    ],
    'another code size': [
      [ivf(1, flat(2, 1), join(text('ilar'), i64(1), i64(4), text('full'), array([i64(0)])))],
      'InputMalformed',
      /1 inverted lists of 4 bytes/,
    ],
    'list sizes of an unknown kind': [
      [ivf(1, flat(2, 1), join(text('ilar'), i64(1), i64(8), text('half')))],
      'InputMalformed',
      /"half"/,
    ],
    'too few list sizes': [
      [ivf(1, flat(2, 1), join(text('ilar'), i64(1), i64(8), text('full'), array([])))],
      'InputMalformed',
      /0 list sizes/,
    ],
    'sparse list sizes that go back': [
      [ivf(
        2,
        flat(2, 2),
        join(text('ilar'), i64(2), i64(8), text('sprs'), array([i64(1), i64(0), i64(0), i64(0)])),
      )],
      'InputMalformed',
      /list 0 follows list 1/,
    ],
    'a sparse list beyond the last': [
      [ivf(2, flat(2, 2), join(text('ilar'), i64(2), i64(8), text('sprs'), array([i64(2), i64(0)])))],
      'InputMalformed',
      /list 2 /,
    ],
    'lists on disk that are not there': [
      [ivf(1, flat(2, 1), onDisk('/some/where/lists.ivfdata'))],
      'InputUnsupported',
      /in a file of their own, "lists\.ivfdata", which is not beside it/,
    ],
    'lists on disk in a file without a name': [
      [ivf(1, flat(2, 1), onDisk('/some/where/..'))],
      'InputMalformed',
      /has no name/,
    ],
    'lists of an unknown kind': [[ivf(1, flat(2, 1), text('ilxx'))], 'InputMalformed', /"ilxx"/],
    'lists left out': [[ivf(1, flat(2, 1), text('il00'))], 'InputUnsupported', /without its inverted lists/],
    'HNSW over IVF': [
      [
        text('IHNf'),
        header(2, 0),
        i64(0),
        i64(0),
        i64(0),
        array([i64(0)]),
        i64(0),
        ...[-1, -1, 40, 16, 1].map(i32),
      ]
        .concat([ivf(1, flat(2, 1), join(text('ilar'), i64(1), i64(8), text('full'), array([i64(0)])))]),
      'InputMalformed',
      /its storage 3 of 2/,
    ],
    'an HNSW graph of another size': [
      [text('IHNf'), header(2, 5), i64(0), i64(0), i64(0)],
      'InputMalformed',
      /0 nodes/,
    ],
    'a pickle': [[u8(0x80), u8(4), u8(0x95), u8(0x10), u8(0)], 'InputMalformed', /"\\x80\\x04\\x95\\x10"/],
    'another file': [[text('GIF89a')], 'InputMalformed', /begins with "GIF8"/],
    'a code inside that is none': [
      [text('IxMp'), header(2, 0), text('oops')],
      'InputMalformed',
      /damaged.*"oops"/,
    ],
    'a big-endian file': [[text('2FxI')], 'InputUnsupported', /big-endian/],
    'no index': [[text('null')], 'InputUnsupported', /without its vectors/],
  };
  for (const [name, [parts, code, message]] of Object.entries(cases)) {
    test(name, async () => {
      const error = await openError(...parts);
      expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: .*${message.source}`));
      expect(error.details.file).toBe('bad.faiss');
    });
  }

  test('a remedy is named where one is known', async () => {
    expect((await openError(u8(0x80), u8(4), u8(0x95), u8(0))).details.remedy).toContain('pickle');
    expect((await openError(text('PAR1'))).details.remedy).toContain('--from parquet');
    expect((await openError(text('Irfs'))).details.remedy).toContain('reconstruct_n');
  });
});

test('every known code is recognised, and those not read yet are refused by name', async () => {
  for (const [fourcc, { name }] of Object.entries(INDEX_KINDS)) {
    expect(`${fourcc} ${info.matches(text(fourcc))}`).toBe(`${fourcc} ${fourcc !== 'null'}`);
    const error = await openError(text(fourcc));
    if (error.code === 'InputUnsupported' && fourcc !== 'null') {
      expect(error.message).toContain(`${name} (${fourcc})`);
    } else if (fourcc !== 'null') expect(error.code).toBe('InputTruncated');
  }
  expect(info.matches(text('PAR1'))).toBe(false);
  expect(info.matches(text('Ix'))).toBe(false);
});

describe('fixtures that keep no vectors, or only codes of them, are refused with what they keep', () => {
  const cases: Record<string, RegExp> = {
    'unread_pq.faiss': /only PQ4x4 codes/,
    'unread_ivfpq.faiss': /only PQ4x4 codes/,
    'unread_opq.faiss': /only vectors behind OPQ 8->8/,
    'unread_idmap_sq8.faiss': /only SQ8 codes/,
    'unread_hnsw_skip_storage.faiss': /without its vectors/,
  };
  for (const [name, message] of Object.entries(cases)) {
    test(name, async () => {
      const error = await openBytes(faiss, new Uint8Array(readFileSync(fixture(`faiss/${name}`)))).catch((
        e,
      ) => e);
      expect(isVtsError(error, 'InputUnsupported')).toBe(true);
      expect(error.message).toMatch(message);
      if (name !== 'unread_hnsw_skip_storage.faiss') {
        expect(error.details.remedy).toContain('--allow-lossy');
      }
    });
  }
});

describe('a damaged fixture', () => {
  const names = readdirSync(fixture('faiss')).filter((name) => name.endsWith('.faiss'));
  const load = (name: string) => new Uint8Array(readFileSync(fixture(`faiss/${name}`)));
  const outcome = async (
    bytes: Uint8Array<ArrayBuffer>,
    order: 'stored' | 'id' = 'stored',
  ): Promise<string> => {
    try {
      const reader = await openBytes(faiss, bytes, { ...READ, order });
      await reader.inspect();
      await readAll(reader);
      await reader.close();
      return 'rows';
    } catch (error) {
      if (isVtsError(error, 'InputMalformed', 'InputTruncated', 'InputUnsupported')) return 'error';
      throw error;
    }
  };

  test('is an error when it ends early, at any byte', async () => {
    const next = random(3);
    for (const name of names) {
      const bytes = load(name);
      const cuts = name === 'ivf_removed.faiss'
        ? Array.from({ length: bytes.length }, (_, cut) => cut)
        : Array.from({ length: 60 }, () => Math.floor((next() < 0.5 ? next() : next() ** 6) * bytes.length));
      for (const cut of cuts) {
        expect(`${name} cut at ${cut}: ${await outcome(bytes.slice(0, cut))}`).toBe(
          `${name} cut at ${cut}: error`,
        );
      }
    }
  });

  test('never crashes, hangs or asks for absurd memory when bits flip or lengths grow', async () => {
    const next = random(5);
    for (const name of names) {
      const bytes = load(name);
      for (let i = 0; i < 60; i++) {
        const mutated = bytes.slice();
        // Most of the headers are at the front.
        const at = Math.floor((next() < 0.5 ? next() : next() ** 6) * bytes.length);
        if (next() < 0.4) mutated[at] ^= 1 << Math.floor(next() * 8);
        else if (next() < 0.5) mutated.fill(0xff, at, at + Math.floor(next() * 8));
        else mutated[at] += 1;
        await outcome(mutated, next() < 0.5 ? 'id' : 'stored');
      }
    }
  });
});

test('an IDMap that has no id for a vector of the index inside names the row', async () => {
  const lists = join(
    text('ilar'),
    i64(1),
    i64(8),
    text('full'),
    array([i64(2)]),
    ...Array(4).fill(f32(1)),
    i64(0),
    i64(9),
  );
  const inner = join(text('IwFl'), header(2, 2), i64(1), i64(1), flat(2, 1), NO_DIRECT_MAP, lists);
  const bytes = join(text('IxMp'), header(2, 2), inner, array([i64(5), i64(6)]));
  const error = await readTable(faiss, bytes).catch((e) => e);
  expect(isVtsError(error, 'InputMalformed')).toBe(true);
  expect(error.details.row).toBe(1);
});
