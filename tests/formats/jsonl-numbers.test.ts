/** Numbers in JSON lines: exact both ways, and written in as few digits as read back. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { byteStore, reserve } from '../../src/formats/json-values/byte-store.ts';
import { roundText } from '../../src/core/exact-numbers.ts';
import { floatsOf, writeVector } from '../../src/formats/json-values/float-text.ts';
import { readFloat32Vector } from '../../src/formats/json-values/float-vector.ts';
import { bfloatToNumber, halfToNumber, numberToBfloat, numberToHalf } from '../../src/core/half.ts';
import {
  NUMBER_ROOM,
  writeBfloat,
  writeDouble,
  writeHalf,
  writeInt64,
} from '../../src/formats/json-values/number-text.ts';
import {
  readBfloat,
  readDouble,
  readFloat32,
  readHalf,
  readInt64,
  readInteger,
} from '../../src/formats/json-values/numbers.ts';
import { emptyText, PADDING, type Text } from '../../src/formats/json-values/text.ts';
import { random } from '../support/tables.ts';

const encoder = new TextEncoder();

/** `line` as the reader has it. */
function textOf(line: string): Text {
  const bytes = new Uint8Array(line.length * 3 + PADDING + 1);
  const end = encoder.encodeInto(`${line}\n`, bytes).written;
  return { ...emptyText('test'), bytes, view: new DataView(bytes.buffer), end };
}

function written(write: (bytes: Uint8Array<ArrayBuffer>) => number): string {
  const bytes = new Uint8Array(NUMBER_ROOM);
  return new TextDecoder().decode(bytes.subarray(0, write(bytes)));
}

/** The floats as `[a,b,c]`. */
function vectorText(values: Float32Array): Text {
  const out = byteStore(values.length * NUMBER_ROOM + 2 + PADDING);
  out.bytes[0] = 0x5b;
  const end = writeVector(out, 1, floatsOf(values), 0, values.length);
  out.bytes[end - 1] = 0x5d;
  out.bytes[end] = 0x0a;
  return { ...emptyText('test'), bytes: out.bytes, view: out.view, end: end + 1 };
}

function floatText(value: number): string {
  const { bytes, end } = vectorText(Float32Array.of(value));
  return new TextDecoder().decode(bytes.subarray(1, end - 2));
}

/** The digits of a double above 0, all of them, and the power of ten they are to be multiplied by. */
function exactDecimal(value: number): { digits: bigint; power: number } {
  let [mantissa, two] = [value, 0];
  while (!Number.isInteger(mantissa)) [mantissa, two] = [mantissa * 2, two - 1];
  return { digits: BigInt(mantissa) * 5n ** BigInt(-two), power: two };
}

const digitsOf = (text: string) => text.replace(/e.*|[-.]/g, '').replace(/^0+|0+$/g, '').length;

/** The fewest digits that read back to a float32, by trying. */
function fewestDigits(value: number): number {
  for (let precision = 0;; precision++) {
    const [head, power] = value.toExponential(precision).split('e');
    const nearest = Number(head.replace('.', ''));
    for (const digits of [nearest - 1, nearest, nearest + 1]) {
      if (roundText(`${digits}e${Number(power) - precision}`, Math.fround) === value) return precision + 1;
    }
  }
}

function expectSameBits(actual: Float32Array, expected: Float32Array): void {
  const [a, b] = [new Uint32Array(actual.buffer), new Uint32Array(expected.buffer)];
  for (let i = 0; i < b.length; i++) {
    if (a[i] !== b[i] && expected[i] === expected[i]) {
      expect(`${i}: ${actual[i]}`).toBe(`${i}: ${expected[i]}`);
    }
  }
}

/** Float32s that break tools: around every power of two and of ten, subnormals, integers at the edge of exactness. */
function edgeFloats(): Float32Array {
  const bits: number[] = [0, 1, 2, 3, 0x7fffff, 0x800000, 0x7f7fffff, 0x7f800000, 0x7fc00000];
  for (let exponent = 0; exponent < 255; exponent++) {
    const power = exponent << 23;
    bits.push(power, power + 1, power + 2, Math.max(0, power - 1), Math.max(0, power - 2));
  }
  const words = Uint32Array.from(bits);
  const values = [...new Float32Array(words.buffer)];
  for (let power = -45; power <= 38; power++) {
    for (let digit = 1; digit < 10; digit++) values.push(Number(`${digit}e${power}`));
  }
  for (let i = -3; i < 4; i++) values.push(16777216 + i, 8388608 + i / 2, 1000000 + i, 1e9 + i * 64);
  return Float32Array.from(values.flatMap((value) => [value, -value]));
}

/** Random bit patterns: every exponent, NaNs and infinities included. */
function randomFloats(count: number, seed: number): Float32Array {
  const next = random(seed);
  return new Float32Array(Uint32Array.from({ length: count }, () => next() * 4294967296).buffer);
}

describe('float32', () => {
  test('five million random bit patterns come back', () => {
    for (let part = 0; part < 50; part++) {
      const values = randomFloats(100_000, part + 1);
      const read = new Float32Array(values.length);
      readFloat32Vector(vectorText(values), read, 0, values.length);
      expectSameBits(read, values);
    }
  });

  test('edge values come back', () => {
    const values = edgeFloats();
    const read = new Float32Array(values.length);
    readFloat32Vector(vectorText(values), read, 0, values.length);
    expectSameBits(read, values);
  });

  test('no fewer digits would read back', () => {
    for (const value of [...edgeFloats(), ...randomFloats(20_000, 99)]) {
      if (value === 0 || !Number.isFinite(value)) continue;
      const text = floatText(value);
      if (digitsOf(text) > fewestDigits(value)) expect(text).toBe(`${fewestDigits(value)} digits`);
    }
  });

  test('is written as JSON has numbers', () => {
    const texts: [number, string][] = [
      [0, '0.0'],
      [-0, '-0.0'],
      [1, '1.0'],
      [-1.5, '-1.5'],
      [0.1, '0.1'],
      [16777216, '16777216.0'],
      [1e10, '10000000000.0'],
      [3.4028234663852886e38, '3.4028235e+38'],
      [1e-45, '1e-45'],
      [-1.17549435e-38, '-1.1754944e-38'],
      [0.00001, '0.00001'],
      [NaN, '"NaN"'],
      [Infinity, '"Infinity"'],
      [-Infinity, '"-Infinity"'],
    ];
    for (const [value, text] of texts) expect(floatText(value)).toBe(text);
  });

  test('is the nearest to the text, not to its double', () => {
    // Half-way between two floats, and a hair to either side: the double of all three is the same.
    const [low, high] = [1.0000001192092896, 1.000000238418579];
    expect(readFloat32(textOf('1.00000017881393432617187500000'))).toBe(high);
    expect(readFloat32(textOf('1.00000017881393432617187499999'))).toBe(low);
    expect(readFloat32(textOf('1.00000017881393432617187500001'))).toBe(high);
    expect(readFloat32(textOf('-1.00000017881393432617187499999'))).toBe(-low);
    // Half-way between zero and the least subnormal.
    expect(readFloat32(textOf('7.006492321624085354618e-46'))).toBe(0);
    expect(readFloat32(textOf('7.006492321624085354619e-46'))).toBe(Math.fround(1e-45));
    expect(Object.is(readFloat32(textOf('-1e-60')), -0)).toBe(true);
  });

  test('of any text is that of exact arithmetic, however it is read', () => {
    const digits = fc.stringMatching(/^[1-9]\d{0,24}$/);
    fc.assert(
      fc.property(
        digits,
        fc.integer({ min: 0, max: 25 }),
        fc.integer({ min: -50, max: 45 }),
        (all, point, power) => {
          const at = Math.min(point, all.length);
          const plain = `${all.slice(0, at) || '0'}${at < all.length ? `.${all.slice(at)}` : ''}`;
          for (const text of [plain, `${plain}e${power}`]) {
            const expected = roundText(text, Math.fround);
            if (expected === Infinity) continue;
            expect(readFloat32(textOf(text))).toBe(expected);
            const vector = new Float32Array(2);
            readFloat32Vector(textOf(`[${text}, -${text}]`), vector, 0, 2);
            expect([...vector]).toEqual([expected, -expected]);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

const floatBits = new DataView(new ArrayBuffer(4));

describe('beside the half-way point of two neighbours', () => {
  for (
    const [name, largest, behind, toNumber, round] of [
      ['float32', 0x7f7fffff, 2 ** 128, (bits: number) => {
        floatBits.setInt32(0, bits);
        return floatBits.getFloat32(0);
      }, Math.fround],
      ['float16', 0x7bff, 2 ** 16, halfToNumber, (value: number) => halfToNumber(numberToHalf(value))],
      [
        'bfloat16',
        0x7f7f,
        2 ** 128,
        bfloatToNumber,
        (value: number) => bfloatToNumber(numberToBfloat(value)),
      ],
    ] as const
  ) {
    test(`a text is rounded to the ${name} on its side`, () => {
      const bits = fc.oneof(
        fc.integer({ min: 0, max: largest }),
        fc.integer({ min: 0, max: 3 }),
        fc.constant(largest),
      );
      fc.assert(
        fc.property(
          bits,
          fc.integer({ min: 10, max: 40 }),
          fc.integer({ min: -2, max: 2 }),
          (low, precision, step) => {
            const [below, above] = [toNumber(low), low === largest ? Infinity : toNumber(low + 1)];
            const tie = below / 2 + (low === largest ? behind : above) / 2;
            const exact = exactDecimal(tie);
            // At least as many digits as the text is to have.
            const [digits, power] = [exact.digits * 10n ** BigInt(precision), exact.power - precision];
            const cut = `${digits}`.length - precision;
            const near = digits / 10n ** BigInt(cut) + BigInt(step);
            const side = near * 10n ** BigInt(cut) - digits;
            const text = `${near}e${cut + power}`;
            const expected = side < 0n || (side === 0n && low % 2 === 0) ? below : above;
            expect(`${text} ${roundText(text, round)}`).toBe(`${text} ${expected}`);
            expect(roundText(`-${text}`, round)).toBe(-expected);
            if (name === 'float32' && expected < Infinity) expect(readFloat32(textOf(text))).toBe(expected);
          },
        ),
        { numRuns: 5000 },
      );
    });
  }
});

describe('16-bit floats', () => {
  for (
    const [name, write, read, toNumber, toBits] of [
      ['binary16', writeHalf, readHalf, halfToNumber, numberToHalf],
      ['bfloat16', writeBfloat, readBfloat, bfloatToNumber, numberToBfloat],
    ] as const
  ) {
    test(`all ${name} come back, to any reader, in as few digits as a float32 needs`, () => {
      for (let bits = 0; bits < 65536; bits++) {
        const value = toNumber(bits);
        const text = written((bytes) => write(bytes, 0, bits));
        const back = read(textOf(text));
        if (Number.isNaN(value)) expect(Number.isNaN(toNumber(back))).toBe(true);
        else if (back !== bits) expect(`${text} ${back}`).toBe(`${text} ${bits}`);
        if (value === 0 || !Number.isFinite(value)) continue;
        expect(Math.fround(Number(text))).toBe(value);
        const count = digitsOf(text);
        if (count > 1 && Math.fround(Number(value.toPrecision(count - 1))) === value) {
          expect(text).toBe('fewer digits');
        }
      }
    });

    test(`${name} rounds to nearest, ties to even`, () => {
      for (let bits = 1; bits < 0x7b00; bits += 97) {
        const middle = (toNumber(bits) + toNumber(bits + 1)) / 2;
        expect(toBits(middle)).toBe(bits + (bits & 1));
        expect(toBits(middle * (1 + 2 ** -40))).toBe(bits + 1);
        expect(toBits(middle * (1 - 2 ** -40))).toBe(bits);
      }
    });
  }

  test('too large a number is an error, not an infinity', () => {
    expect(() => readHalf(textOf('65520'))).toThrow('past the largest float16');
    expect(readHalf(textOf('65519.99'))).toBe(0x7bff);
    expect(() => readBfloat(textOf('1e39'))).toThrow('past the largest bfloat16');
  });
});

describe('double', () => {
  test('comes back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(Object.is(readDouble(textOf(written((bytes) => writeDouble(bytes, 0, value)))), value)).toBe(
          true,
        );
      }),
      { numRuns: 5000 },
    );
  });

  test('is right where digits just exceed 53 bits', () => {
    const next = random(5);
    for (let i = 0; i < 20_000; i++) {
      const text = `${9007199254740990n + BigInt(Math.floor(next() * 8))}e-${Math.floor(next() * 23)}`;
      expect(readDouble(textOf(text))).toBe(Number(text));
    }
  });

  test('is what JSON.parse makes of the text', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 25 }),
        (value, digits) => {
          for (const text of [value.toPrecision(digits), value.toExponential(digits - 1)]) {
            if (Number.isFinite(Number(text))) expect(readDouble(textOf(text))).toBe(Number(text));
          }
        },
      ),
      { numRuns: 5000 },
    );
  });
});

describe('int64', () => {
  const read = (text: string) => {
    const words = new Int32Array(2);
    readInt64(textOf(text), words, 0);
    return new BigInt64Array(words.buffer)[0];
  };
  const write = (value: bigint) =>
    written((bytes) => writeInt64(bytes, 0, Number(BigInt.asIntN(32, value)), Number(value >> 32n)));

  test('keeps all digits, both ways', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(read(String(value))).toBe(value);
        expect(write(value)).toBe(String(value));
      }),
      { numRuns: 5000 },
    );
    for (let power = 0n; power < 63n; power++) {
      for (const near of [-2n, -1n, 0n, 1n, 2n]) {
        for (const value of [2n ** power + near, -(2n ** power) + near, 10n ** (power % 19n) + near]) {
          expect(read(String(value))).toBe(value);
          expect(write(value)).toBe(String(value));
        }
      }
    }
  });

  test('ends at its ends', () => {
    expect(read('9223372036854775807')).toBe(2n ** 63n - 1n);
    expect(read('-9223372036854775808')).toBe(-(2n ** 63n));
    for (
      const text of ['9223372036854775808', '-9223372036854775809', '18446744073709551616', '9'.repeat(40)]
    ) {
      expect(() => read(text)).toThrow('out of range');
    }
  });
});

describe('text that is no number', () => {
  const bad = [
    '00',
    '01',
    '-',
    '-a',
    '.5',
    '5.',
    '+1',
    '1e',
    '1e+',
    '0x10',
    '--1',
    'Inf',
    '1.e5',
    '-.5',
    '1_000',
    '٣',
  ];
  for (const text of bad) {
    test(text, () => {
      const readers: ((t: Text) => unknown)[] = [readFloat32, readDouble, readHalf, readBfloat];
      readers.push((t) => readInteger(t, -1000, 1000), (t) => readInt64(t, new Int32Array(2), 0));
      readers.push((t) =>
        readFloat32Vector({ ...textOf(`[1.5,${text},2.5]`), file: t.file }, new Float32Array(3), 0, 3)
      );
      for (const read of readers) {
        const t = textOf(text);
        let outcome: unknown;
        try {
          read(t);
          // What follows a number is for the caller to refuse.
          outcome = t.bytes[t.pos] === 0x0a || t.pos === 0 ? 'accepted' : 'stopped before';
        } catch (error) {
          outcome = (error as { code?: string }).code;
        }
        expect(['InputMalformed', 'RowInvalid', 'stopped before', 'InputTruncated']).toContain(
          outcome as string,
        );
      }
    });
  }

  test('numbers past the largest are errors', () => {
    expect(() => readFloat32(textOf('1e400'))).toThrow('past the largest float32');
    expect(() => readFloat32(textOf('3.4028236e38'))).toThrow('past the largest float32');
    expect(() => readDouble(textOf('1e400'))).toThrow('past the largest double');
    expect(() => readDouble(textOf(`1${'0'.repeat(5000)}`))).toThrow('5001 characters');
  });

  test('numbers of other writers', () => {
    expect(readFloat32(textOf('0.100000001490116119384765625'))).toBe(Math.fround(0.1));
    expect(readFloat32(textOf('1E+2'))).toBe(100);
    expect(readFloat32(textOf('-0'))).toBe(-0);
    expect(readFloat32(textOf('NaN'))).toBeNaN();
    expect(readFloat32(textOf('-Infinity'))).toBe(-Infinity);
    expect(readDouble(textOf('"Infinity"'))).toBe(Infinity);
    expect(readDouble(textOf(`${'9'.repeat(300)}.5`))).toBe(Number(`${'9'.repeat(300)}.5`));
  });
});

test('a store grows to hold what is asked for', () => {
  const store = byteStore(1);
  reserve(store, 100);
  expect(store.bytes.length).toBeGreaterThanOrEqual(100);
  expect(store.view.byteLength).toBe(store.bytes.length);
});
