/**
 * Damaged files: every fixture of every format, cut short, with bits flipped and with length fields grown. A damaged file may be
 * refused or, where the damage does not show (a bit of a float, bytes after the end), read; it never crashes, hangs, asks for
 * absurd memory or yields fewer rows as if that were all.
 */
import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { isVtsError } from '../src/errors.ts';
import type { Format, ReadOptions } from '../src/formats/format.ts';
import { FORMATS } from '../src/formats/registry.ts';
import { memorySource } from '../src/stores/memory.ts';
import { fixture } from './support/fixtures.ts';
import { READ } from './support/format-io.ts';
import { random } from './support/tables.ts';

const SUFFIX = '.expected.json';
/** One file per format is cut at every byte; it must be small. */
const EVERY_BYTE_LIMIT = 8192;
const CUTS = 200;
const FLIPS = 100;

const INPUT_ERRORS = [
  'InputMissing',
  'InputMalformed',
  'InputTruncated',
  'InputUnsupported',
  'RowInvalid',
  'MemoryLimit',
] as const;

interface Fixture {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly options: ReadOptions;
}

function fixturesOf(folder: string): Fixture[] {
  return readdirSync(fixture(folder)).filter((name) => name.endsWith(SUFFIX)).sort().map((file) => {
    const expected = JSON.parse(readFileSync(fixture(`${folder}/${file}`), 'utf8'));
    const name = file.slice(0, -SUFFIX.length);
    return {
      name,
      bytes: Uint8Array.from(readFileSync(fixture(`${folder}/${name}`))),
      rows: expected.rows,
      options: { ...READ, ...expected.options },
    };
  });
}

/** Rows that come out of `bytes`, or `refused`. Anything but an input error fails the test. */
async function outcome(
  format: Format,
  bytes: Uint8Array,
  options: ReadOptions,
  name: string,
): Promise<number | 'refused'> {
  try {
    const reader = await format.reader!.open(memorySource(bytes, name), options);
    try {
      await reader.inspect();
      let rows = 0;
      for await (const { batch } of reader.read({ batchBytes: 1 << 20 })) rows += batch.length;
      return rows;
    } finally {
      await reader.close();
    }
  } catch (error) {
    if (isVtsError(error, ...INPUT_ERRORS)) return 'refused';
    throw error;
  }
}

for (const info of FORMATS) {
  describe(`damaged ${info.title}`, async () => {
    const format = await info.load();
    const files = fixturesOf(info.name);
    const smallest = files.filter((file) => file.rows > 0).sort((a, b) => a.bytes.length - b.bytes.length)[0];

    /** A line of text, or a row without a header before it, may be the last; every other format knows how long it is. */
    const endsAnywhere = ['jsonl', 'csv', 'fvecs', 'bvecs', 'ivecs'].includes(info.name);
    const acceptable = (file: Fixture, rows: number | 'refused') =>
      rows === 'refused' || (endsAnywhere ? rows <= file.rows : rows === file.rows);

    async function cut(file: Fixture, length: number): Promise<void> {
      const rows = await outcome(format, file.bytes.subarray(0, length), file.options, file.name);
      if (!acceptable(file, rows)) {
        throw new Error(`${file.name} cut at ${length} gave ${rows} of ${file.rows} rows`);
      }
    }

    test(`${smallest.name} cut at every byte`, async () => {
      expect(smallest.bytes.length).toBeLessThan(EVERY_BYTE_LIMIT);
      for (let length = 0; length < smallest.bytes.length; length++) await cut(smallest, length);
    });

    for (const [seed, file] of files.entries()) {
      test(`${file.name} cut anywhere`, async () => {
        const next = random(seed);
        for (let i = 0; i < CUTS; i++) await cut(file, Math.floor(next() * file.bytes.length));
      });

      test(`${file.name} with bits flipped and lengths grown`, async () => {
        const next = random(seed + 1000);
        for (let i = 0; i < FLIPS; i++) {
          const bytes = file.bytes.slice();
          const at = Math.floor(next() * Math.min(bytes.length, i % 2 === 0 ? 400 : Infinity));
          const kind = next();
          if (kind < 0.5) bytes[at] ^= 1 << Math.floor(next() * 8);
          else if (kind < 0.75) bytes.fill(0xff, at, at + 4);
          else new DataView(bytes.buffer).setUint8(Math.min(at + 3, bytes.length - 1), 0x7f);
          await outcome(format, bytes, file.options, file.name);
        }
      });
    }
  });
}
