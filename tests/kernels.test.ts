/** The WebAssembly kernels against the plain TypeScript that does the same. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { VtsError } from '../src/errors.ts';
import { roundText } from '../src/core/exact-numbers.ts';
import { byteStore } from '../src/formats/json-values/byte-store.ts';
import { floatsOf, writeFloats, writeVector } from '../src/formats/json-values/float-text.ts';
import { NUMBER_ROOM } from '../src/formats/json-values/number-text.ts';
import { readElements, readFloat32Vector } from '../src/formats/json-values/float-vector.ts';
import { emptyText, PADDING, type Text } from '../src/formats/json-values/text.ts';
import { beginVector } from '../src/formats/json-values/vector-text.ts';
import { random } from './support/tables.ts';

test('the module is that of its source', () => {
  const at = (path: string) => resolve(import.meta.dirname!, '..', path);
  const made = spawnSync(process.execPath, [at('scripts/kernels.ts'), '--print'], { encoding: 'utf8' });
  expect(made.stderr).toBe('');
  expect(made.stdout).toBe(readFileSync(at('src/kernels/module.ts'), 'utf8'));
});

const encoder = new TextEncoder();

function textOf(line: string): Text {
  const bytes = new Uint8Array(line.length + 1 + PADDING);
  const end = encoder.encodeInto(`${line}\n`, bytes).written;
  return { ...emptyText('test'), bytes, view: new DataView(bytes.buffer), end };
}

/** The bits of `count` floats and the position behind them, or what is wrong. */
function outcome(line: string, count: number, read: (text: Text, values: Float32Array) => void): unknown {
  const text = textOf(line);
  const values = new Float32Array(count);
  try {
    read(text, values);
  } catch (error) {
    if (!(error instanceof VtsError)) throw error;
    return { code: error.code, message: error.message, byte: error.details.byte };
  }
  return { bits: Bun.hash(new Uint8Array(values.buffer)), pos: text.pos };
}

function expectSame(line: string, count: number): void {
  const fast = outcome(line, count, (text, values) => readFloat32Vector(text, values, 0, count));
  const plain = outcome(line, count, (text, values) => {
    beginVector(text, count);
    readElements(text, values, 0, count, 0);
  });
  expect(fast).toEqual(plain as never);
}

/** Fails unless the floats of `words` have the same text from both. */
function expectSameText(words: Uint32Array<ArrayBuffer>): void {
  const floats = floatsOf(new Float32Array(words.buffer));
  const [fast, plain] = [0, 1].map(() => byteStore(words.length * NUMBER_ROOM));
  const fastEnd = writeVector(fast, 0, floats, 0, words.length);
  const plainEnd = writeFloats(plain, 0, floats, 0, words.length);
  if (Bun.hash(fast.bytes.subarray(0, fastEnd)) === Bun.hash(plain.bytes.subarray(0, plainEnd))) return;
  const [a, b] = [fast.bytes.subarray(0, fastEnd), plain.bytes.subarray(0, plainEnd)].map((bytes) =>
    new TextDecoder().decode(bytes).split(',')
  );
  for (const [i, text] of b.entries()) {
    if (text !== a[i]) expect(`${words[i].toString(16)}: ${a[i]}`).toBe(`${words[i].toString(16)}: ${text}`);
  }
}

describe('vectors of float32 as text', () => {
  test('of every exponent', () => {
    const next = random(5);
    for (let exponent = 0; exponent < 512; exponent++) {
      // The ends of the binade, few bits, and any.
      const near = [0, 1, 2, 3, 0x7ffffd, 0x7ffffe, 0x7fffff];
      const few = Array.from({ length: 24 }, (_, bit) => [0x7fffff >>> bit, (1 << bit) & 0x7fffff]).flat();
      const any = Array.from({ length: 1000 }, () => Math.floor(next() * 0x800000));
      expectSameText(
        Uint32Array.from([...near, ...few, ...any], (fraction) => (exponent << 23 | fraction) >>> 0),
      );
    }
  });

  test('of a million random bit patterns', () => {
    const next = random(6);
    for (let part = 0; part < 10; part++) {
      expectSameText(Uint32Array.from({ length: 100_000 }, () => next() * 4294967296));
    }
  });

  test('with few digits, as people and other tools write them', () => {
    const next = random(7);
    for (const digits of [1, 2, 3, 5, 7]) {
      const values = Array.from({ length: 20_000 }, () => {
        const magnitude = 10 ** Math.floor(next() * 20 - 10);
        return Number(((next() - 0.5) * magnitude).toPrecision(digits));
      });
      const halves = values.map((value) => Math.round(value * 4096) / 4096);
      expectSameText(new Uint32Array(Float32Array.from([...values, ...halves]).buffer));
    }
  });

  test('of any length', () => {
    for (const count of [1, 2, 3, 5, 2047, 2048, 2049, 4097]) {
      expectSameText(new Uint32Array(Float32Array.from({ length: count }, (_, i) => Math.sin(i)).buffer));
    }
  });
});

describe('vectors of float32 from text', () => {
  test('in every form of every number', () => {
    const digits = fc.stringMatching(/^\d{1,20}$/);
    const number = fc.oneof(
      fc.float().map(String),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
      fc.tuple(fc.constantFrom('', '-'), digits, fc.constantFrom('', '.'), digits).map((parts) =>
        parts.join('')
      ),
      fc.tuple(fc.constantFrom('0.', '-0.', '1.', '-12.'), digits).map((parts) => parts.join('')),
      fc.constantFrom(
        '1e-05',
        '2E+3',
        '"NaN"',
        '-Infinity',
        '0',
        '-0.0',
        '00',
        '.5',
        '5.',
        '-',
        '',
        'null',
        '1.5x',
      ),
    );
    const plain = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) =>
      String(Math.fround(value))
    );
    const comma = fc.constantFrom(',', ', ', ',  ', ' , ', ',\t');
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: plain }, number), { minLength: 1, maxLength: 40 }),
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom(',', ', ') }, comma),
        comma,
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom(0, 0, 0, 0, 1, -1),
        (numbers, usual, other, where, more) => {
          const line = numbers.map((text, i) => (i === 0 ? '' : i === where ? other : usual) + text).join('');
          if (numbers.length + more > 0) expectSame(`[${line}]`, numbers.length + more);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('of any length, in any width', () => {
    const next = random(3);
    for (const count of [1, 2, 127, 2047, 2048, 2049, 5000]) {
      for (const precision of [1, 8, 17]) {
        for (const comma of [',', ', ']) {
          const numbers = Array.from({ length: count }, () => (next() - 0.5).toPrecision(precision));
          expectSame(`[${numbers.join(comma)}]`, count);
        }
      }
    }
  });

  test('of every exponent, at the digits that tell neighbours apart', () => {
    const next = random(4);
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    for (let exponent = 40; exponent < 190; exponent++) {
      const texts: string[] = [];
      for (let i = 0; i < 200; i++) {
        bits[0] = exponent << 23 | next() * 0x800000;
        const value = float[0];
        bits[0]++;
        // The float itself, and the middle between it and the next: exactly, and a hair beside.
        const middle = (value + float[0]) / 2;
        for (const text of [value.toPrecision(9), value.toPrecision(17), middle.toPrecision(17)]) {
          texts.push(text);
        }
        texts.push((middle * (1 + 2e-16)).toPrecision(18), (middle * (1 - 2e-16)).toPrecision(18));
      }
      const values = new Float32Array(texts.length);
      readFloat32Vector(textOf(`[${texts.join(',')}]`), values, 0, texts.length);
      for (const [i, text] of texts.entries()) {
        const expected = roundText(text, Math.fround);
        if (values[i] !== expected) expect(`${text}: ${values[i]}`).toBe(`${text}: ${expected}`);
      }
    }
  });
});
