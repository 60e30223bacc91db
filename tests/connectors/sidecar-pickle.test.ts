/** The reader of pickles and that of large JSON documents, against Python's pickle and JSON.parse. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { JsonCursor } from '../../src/connectors/file/sidecar/json-cursor.ts';
import { ByteReader } from '../../src/connectors/file/sidecar/pickle/byte-reader.ts';
import { intHandle, intOf } from '../../src/connectors/file/sidecar/pickle/handle.ts';
import { JsonWriter } from '../../src/connectors/file/sidecar/pickle/json-writer.ts';
import { PickleMachine } from '../../src/connectors/file/sidecar/pickle/machine.ts';
import { isVtsError } from '../../src/errors.ts';
import { memorySource } from '../../src/stores/memory.ts';
import { runPython } from '../support/python.ts';

/** The JSON text of what `bytes` pickle. */
function jsonOf(bytes: Uint8Array): string {
  const machine = new PickleMachine(new ByteReader(memorySource(bytes)), { onDocument() {} });
  const json = new JsonWriter(machine.heap, machine.values, () => new Uint8Array(0));
  return new TextDecoder().decode(json.write(machine.run(), 0));
}

const PICKLE = `
import base64, json, pickle, sys
for line in open(sys.argv[1]):
    value = json.loads(line)
    print(json.dumps([base64.b64encode(pickle.dumps(value, p)).decode() for p in [2, 3, 4, 5]]))
`;

test('plain values of Python come out as json.dumps writes them, in all protocols', async () => {
  const integer = fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map((value) => `${value}`);
  const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => {
    const text = Object.is(value, -0) ? '-0' : String(value);
    return /^-?\d+$/.test(text) ? `${text}.0` : text;
  });
  const text = fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value));
  const { value } = fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'null',
        'true',
        'false',
        '0',
        '255',
        '256',
        '65536',
        '-1',
        '2147483648',
        '""',
        '[]',
        '{}',
      ),
      integer,
      float,
      text,
      fc.array(tie('value'), { maxLength: 5 }).map((items) => `[${items}]`),
      fc.uniqueArray(fc.tuple(text, tie('value')), { maxLength: 5, selector: ([key]) => key })
        .map((entries) => `{${entries.map(([key, item]) => `${key}:${item}`)}}`),
    ),
  }));
  const samples = fc.sample(value, { numRuns: 400, seed: 3 });
  samples.push(
    `[${Array.from({ length: 2500 }, (_, i) => i)}]`,
    `{${Array.from({ length: 2500 }, (_, i) => `"k${i}":${i}`)}}`,
  );
  const path = `${process.env.TMPDIR ?? '/tmp'}/vts-pickle-${process.pid}.jsonl`;
  await Bun.write(path, samples.join('\n'));
  const lines = runPython(PICKLE, path).trim().split('\n');
  await Bun.file(path).delete();
  expect(lines.length).toBe(samples.length);
  for (const [i, line] of lines.entries()) {
    for (const base64 of JSON.parse(line) as string[]) {
      expect(jsonOf(Buffer.from(base64, 'base64'))).toBe(samples[i]);
    }
  }
});

test('any bytes are read or refused', () => {
  const opcode = fc.constantFrom(
    ...'(.01GJKMNRX]abcde}hjlqrst)uBC\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8f\x90\x91\x93\x94\x95',
  )
    .map((character) => character.charCodeAt(0));
  const bytes = fc.array(fc.oneof({ weight: 4, arbitrary: opcode }, { weight: 1, arbitrary: fc.nat(255) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(bytes, (list) => {
      try {
        jsonOf(Uint8Array.from(list));
      } catch (error) {
        if (!isVtsError(error)) throw error;
      }
    }),
    { numRuns: 5000, seed: 4 },
  );
});

test('small integers are in their handles', () => {
  for (const value of [0, 1, -1, 255, 2 ** 31 - 1, -(2 ** 31)]) expect(intOf(intHandle(value))).toBe(value);
});

describe('JsonCursor', () => {
  const cursor = (text: string) => new JsonCursor(memorySource(new TextEncoder().encode(text), 'x.json'));

  /** The value at the cursor, through keys and items. */
  function walk(json: JsonCursor): unknown {
    const next = json.next();
    if (next === '{') {
      const object: Record<string, unknown> = {};
      for (const key of json.keys()) {
        Object.defineProperty(object, key, { value: walk(json), enumerable: true, configurable: true });
      }
      return object;
    }
    if (next !== '[') return json.parsed();
    const list: unknown[] = [];
    for (const _ of json.items()) list.push(walk(json));
    return list;
  }

  test('sees what JSON.parse sees', () => {
    fc.assert(fc.property(fc.json(), fc.constantFrom(undefined, 1), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      const expected = JSON.parse(text);
      const json = cursor(spaced);
      expect(walk(json)).toEqual(expected);
      json.end();
      const raw = cursor(`  ${spaced} `);
      expect(new TextDecoder().decode(raw.raw())).toBe(spaced);
      raw.end();
      const skipped = cursor(spaced);
      skipped.skip();
      skipped.end();
    }));
  });

  test('holds one value at a time, in pieces of any size', () => {
    const long = `{"a":"${'x"\\'.replaceAll(/["\\]/g, '\\$&').repeat(200_000)}","b":[${
      '1,'.repeat(300_000)
    }2],"c":7}`;
    const json = cursor(long);
    const seen: unknown[] = [];
    for (const key of json.keys()) {
      if (key === 'c') seen.push(json.parsed());
      else json.skip();
    }
    json.end();
    expect(seen).toEqual([7]);
    expect(cursor(long).raw().length).toBe(long.length);
  });

  test('what is no JSON is refused with its byte', () => {
    for (
      const text of [
        '',
        '{',
        '{"a"',
        '{"a":',
        '{"a":1',
        '{"a" 1}',
        '{a:1}',
        '{"a":}',
        '{"a":1 "b":2}',
        '{"a":x}',
        '["',
      ]
    ) {
      const error = (() => {
        try {
          const json = cursor(text);
          for (const _ of json.keys()) json.parsed();
          json.end();
        } catch (e) {
          return e;
        }
      })();
      if (!isVtsError(error)) throw new Error(`${text}: ${error}`);
      expect(error.details.file).toBe('x.json');
    }
  });
});
