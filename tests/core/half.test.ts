import { expect, test } from 'bun:test';
import fc from 'fast-check';
import {
  bfloatToNumber,
  halfTable,
  halfToNumber,
  numberToBfloat,
  numberToHalf,
} from '../../src/core/half.ts';
import { runPython } from '../support/python.ts';

test('every binary16 and bfloat16 that is a number comes back', () => {
  for (let bits = 0; bits < 65536; bits++) {
    if (!Number.isNaN(halfToNumber(bits))) expect(numberToHalf(halfToNumber(bits))).toBe(bits);
    if (!Number.isNaN(bfloatToNumber(bits))) expect(numberToBfloat(bfloatToNumber(bits))).toBe(bits);
    expect(halfTable()[bits]).toBe(halfToNumber(bits));
  }
});

test('numberToHalf() rounds as NumPy does', () => {
  const values = fc.sample(fc.float({ noNaN: true }), { numRuns: 5000, seed: 1 });
  values.push(
    65519.996,
    65520,
    2 ** -25,
    2 ** -24 * 1.5,
    2 ** -24 * 0.5000001,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
  );
  const floats = Float32Array.from(values);
  const printed = runPython(
    'import sys,json,numpy as np\n' +
      'np.seterr(over="ignore")\n' +
      'print(json.dumps(np.array(json.loads(sys.argv[1]), "u4").view("f4").astype("f2").view("u2").tolist()))',
    JSON.stringify([...new Uint32Array(floats.buffer)]),
  );
  expect(Array.from(floats, numberToHalf)).toEqual(JSON.parse(printed));
});

test('numberToBfloat() rounds to nearest, ties to even', () => {
  expect(numberToBfloat(1 + 2 ** -8)).toBe(0x3f80);
  expect(numberToBfloat(1 + 3 * 2 ** -8)).toBe(0x3f82);
  expect(numberToBfloat(3.4e38)).toBe(0x7f80);
  expect(numberToBfloat(NaN)).toBe(0x7fc0);
});
