import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { pageBuffer, unpack } from '../../src/formats/parquet/read/codecs.ts';
import { arrowFacts } from '../../src/formats/parquet/read/arrow-schema.ts';
import { HybridReader, levelBits } from '../../src/formats/parquet/read/hybrid.ts';
import { thriftEnd } from '../../src/formats/parquet/read/thrift-check.ts';
import { byteStreamSplitSource } from '../../src/formats/parquet/read/byte-stream-split.ts';
import { runPython } from '../support/python.ts';

/** Runs of one value, as [value, count], or eight times as many values bit-packed. */
type Run = { readonly value: number; readonly count: number } | { readonly values: readonly number[] };

function varint(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...varint(Math.floor(value / 128))];
}

function encodeRun(run: Run, width: number): number[] {
  const little = (value: number, bytes: number) =>
    Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
  if ('value' in run) return [...varint(run.count * 2), ...little(run.value, Math.ceil(width / 8))];
  let packed = 0n;
  run.values.forEach((value, i) => packed |= BigInt(value) << BigInt(i * width));
  const size = run.values.length * width / 8;
  return [
    ...varint(run.values.length / 8 * 2 + 1),
    ...Array.from({ length: size }, (_, i) => Number(packed >> BigInt(8 * i) & 255n)),
  ];
}

describe('run-length and bit-packed values', () => {
  const cases = fc.integer({ min: 1, max: 32 }).chain((width) => {
    const value = fc.nat(Math.min(2 ** width - 1, 2 ** 31 - 1)).map((v) => width === 32 ? v * 2 : v);
    const run: fc.Arbitrary<Run> = fc.oneof(
      fc.record({ value, count: fc.integer({ min: 0, max: 300 }) }),
      fc.record({
        values: fc.array(value, { minLength: 1, maxLength: 5 }).map((list) =>
          Array.from({ length: 8 * list.length }, (_, i) => list[i % list.length])
        ),
      }),
    );
    return fc.record({
      width: fc.constant(width),
      runs: fc.array(run, { maxLength: 6 }),
      step: fc.integer({ min: 1, max: 97 }),
    });
  });

  test('are read whatever the pieces they are read in, and counted', () => {
    fc.assert(fc.property(cases, ({ width, runs, step }) => {
      const expected = runs.flatMap((run) =>
        'values' in run ? [...run.values] : Array<number>(run.count).fill(run.value)
      );
      const reader = new HybridReader(Uint8Array.from(runs.flatMap((run) => encodeRun(run, width))), width);
      const wanted = expected[0] ?? 0;
      const actual: number[] = [];
      let hits = 0;
      for (let at = 0; at < expected.length; at += step) {
        const piece = new Uint32Array(Math.min(step, expected.length - at));
        hits += reader.read(piece, piece.length, wanted);
        actual.push(...piece);
      }
      expect(actual).toEqual(expected);
      expect(hits).toBe(expected.filter((value) => value === wanted).length);
    }));
  });

  test('that stand for a billion levels take no memory until they are asked for', () => {
    const reader = new HybridReader(Uint8Array.from([...varint(2e9), 1]), 1);
    const piece = new Uint8Array(1000);
    for (let i = 0; i < 3; i++) expect(reader.read(piece, 1000, 1)).toBe(1000);
  });

  test('that end early are an error, whatever the cut', () => {
    const bytes = Uint8Array.from([
      ...encodeRun({ value: 5, count: 9 }, 3),
      ...encodeRun({ values: [0, 1, 2, 3, 4, 5, 6, 7] }, 3),
    ]);
    expect(new HybridReader(bytes, 3).read(new Uint8Array(17), 17)).toBe(0);
    for (let cut = 0; cut < bytes.length; cut++) {
      expect(() => new HybridReader(bytes.subarray(0, cut), 3).read(new Uint8Array(17), 17)).toThrow(
        'end early',
      );
    }
  });

  test('of levels have as many bits as the highest level needs', () => {
    expect([0, 1, 2, 3, 4, 7, 8].map(levelBits)).toEqual([0, 1, 2, 2, 3, 3, 4]);
  });
});

describe('codecs', () => {
  const script = `
import sys, json, base64, random, pyarrow as pa
r = random.Random(7)
parts = [b'', b'a', bytes(r.randbytes(5000)), b'abc' * 4000, b'x' * 100000,
  b''.join(r.choice([b'the ', b'quick ', b'brown ', b'fox ', bytes(r.randbytes(3))]) for _ in range(8000))]
out = [[c, base64.b64encode(p).decode(), base64.b64encode(pa.compress(p, codec=c, asbytes=True)).decode()] for c in ['snappy', 'lz4_raw', 'gzip', 'zstd', 'brotli'] for p in parts]
print(json.dumps(out))`;
  const samples = (JSON.parse(runPython(script)) as string[][]).map(([codec, plain, packed]) => ({
    codec: codec.toUpperCase(),
    plain: new Uint8Array(Buffer.from(plain, 'base64')),
    packed: new Uint8Array(Buffer.from(packed, 'base64')),
  }));

  test('unpack what pyarrow packs', () => {
    for (const { codec, plain, packed } of samples) {
      expect(Buffer.from(unpack(codec, packed, plain.length, pageBuffer())).equals(plain)).toBe(true);
    }
  });

  test('unpack LZ4 in frames as Hadoop writes it, and without', () => {
    for (const { codec, plain, packed } of samples) {
      if (codec !== 'LZ4_RAW' || plain.length === 0) continue;
      const frame = new Uint8Array(8 + packed.length);
      new DataView(frame.buffer).setUint32(0, plain.length);
      new DataView(frame.buffer).setUint32(4, packed.length);
      frame.set(packed, 8);
      expect(Buffer.from(unpack('LZ4', frame, plain.length, pageBuffer())).equals(plain)).toBe(true);
      expect(Buffer.from(unpack('LZ4', packed, plain.length, pageBuffer())).equals(plain)).toBe(true);
    }
  });

  test('tell another length than the header says, and data cut off', () => {
    for (const { codec, plain, packed } of samples) {
      if (plain.length === 0) continue;
      for (const length of [plain.length - 1, plain.length + 1, 2 ** 29]) {
        if (length > 0) {
          expect(() => unpack(codec, packed, length, pageBuffer())).toThrow(/unpack|end early|copy bytes/);
        }
      }
      for (const cut of [0, 1, packed.length >> 1, packed.length - 1]) {
        expect(() => unpack(codec, packed.subarray(0, cut), plain.length, pageBuffer())).toThrow(
          /unpack|end early|copy bytes/,
        );
      }
    }
  });

  test('name those that vts lacks', () => {
    expect(() => unpack('LZO', new Uint8Array(3), 3, pageBuffer())).toThrow('compressed with LZO');
  });
});

test('byte streams of any width are joined', () => {
  for (const width of [2, 4, 8, 5]) {
    const plain = Uint8Array.from({ length: width * 7 }, (_, i) => i * 37);
    const split = Uint8Array.from({ length: width * 7 }, (_, i) => plain[i % 7 * width + Math.floor(i / 7)]);
    const source = byteStreamSplitSource(split, width);
    const target = new Uint8Array(width * 7);
    source.copy(target, 0, 3);
    source.copy(target, 3 * width, 4);
    expect(target).toEqual(plain);
    expect(() => source.copy(target, 0, 1)).toThrow('fewer values');
  }
});

describe('the walk over Thrift', () => {
  test('finds the end of a struct', () => {
    // i32 field 1, string field 2, list of two structs with a bool each, stop.
    const bytes = Uint8Array.from([0x15, 0x04, 0x18, 0x02, 65, 66, 0x19, 0x2c, 0x11, 0, 0x12, 0, 0, 99]);
    expect(thriftEnd(bytes)).toBe(bytes.length - 1);
    for (let cut = 0; cut < bytes.length - 1; cut++) {
      expect(thriftEnd(bytes.subarray(0, cut))).toBeUndefined();
    }
  });

  test('refuses lists longer than the bytes, deep nesting and endless numbers', () => {
    expect(thriftEnd(Uint8Array.from([0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 0]))).toBeUndefined();
    expect(thriftEnd(Uint8Array.from([...new Uint8Array(40).fill(0x1c), ...new Uint8Array(41)])))
      .toBeUndefined();
    expect(thriftEnd(new Uint8Array(1000).fill(0x19))).toBeUndefined();
    expect(thriftEnd(Uint8Array.from([0x15, ...new Uint8Array(20).fill(0xff), 0, 0]))).toBeUndefined();
  });
});

test('an Arrow schema that cannot be understood gives no list sizes, whatever its bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    expect(arrowFacts(Buffer.from(bytes).toString('base64')).listSizes.size).toBeLessThanOrEqual(1);
  }));
  expect(arrowFacts('/////wgAAAAIAAAA').listSizes.size).toBe(0);
  expect(arrowFacts(undefined).listSizes.size).toBe(0);
});
