/** Geometries in binary as text. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { wkbToWkt } from '../../src/core/wkb.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
/** As shapely 2.0 writes them. */
const POINT = '01 01000000 000000000000f03f 9a99999999990140';
const LINE = '01 02000000 02000000 0000000000000000 0000000000000080 000000000000f03f 000000000000f87f';

describe('a geometry', () => {
  test('of each type has its text', () => {
    const square = '05000000 0000000000000000 0000000000000000 000000000000f03f 0000000000000000 ' +
      '000000000000f03f 000000000000f03f 0000000000000000 000000000000f03f 0000000000000000 0000000000000000';
    const polygon = `01 03000000 01000000 ${square}`;
    const ring = '(0 0, 1 0, 1 1, 0 1, 0 0)';
    const cases: [string, string][] = [
      [POINT, 'POINT (1 2.2)'],
      ['00 00000001 3ff0000000000000 400199999999999a', 'POINT (1 2.2)'],
      ['01 01000000 000000000000f87f 000000000000f87f', 'POINT EMPTY'],
      [LINE, 'LINESTRING (0 -0, 1 NaN)'],
      ['01 02000000 00000000', 'LINESTRING EMPTY'],
      [polygon, `POLYGON (${ring})`],
      [`01 03000000 02000000 ${square} ${square}`, `POLYGON (${ring}, ${ring})`],
      [`01 04000000 02000000 ${POINT} ${POINT}`, 'MULTIPOINT ((1 2.2), (1 2.2))'],
      [`01 05000000 01000000 ${LINE}`, 'MULTILINESTRING ((0 -0, 1 NaN))'],
      [`00 00000006 00000001 ${polygon}`, `MULTIPOLYGON ((${ring}))`],
      [
        `01 07000000 02000000 ${POINT} 01 07000000 00000000`,
        'GEOMETRYCOLLECTION (POINT (1 2.2), GEOMETRYCOLLECTION EMPTY)',
      ],
      // With Z, as ISO and as PostGIS write it, the latter also with an SRID.
      ['01 e9030000 000000000000f03f 000000000000f03f 0000000000000040', 'POINT Z (1 1 2)'],
      ['01 01000080 000000000000f03f 000000000000f03f 0000000000000040', 'POINT Z (1 1 2)'],
      ['01 010000a0 e6100000 000000000000f03f 000000000000f03f 0000000000000040', 'POINT Z (1 1 2)'],
    ];
    for (const [bytes, text] of cases) expect(wkbToWkt(hex(bytes))).toBe(text);
  });

  test('cut or changed is malformed, and no crash', () => {
    const whole = hex(`01 07000000 02000000 ${POINT} 01 05000000 01000000 ${LINE}`);
    for (let end = 0; end < whole.length; end++) {
      expect(() => wkbToWkt(whole.subarray(0, end))).toThrow(
        expect.objectContaining({ code: 'InputMalformed' }),
      );
    }
    fc.assert(fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
      const changed = whole.slice();
      changed[at] = value;
      try {
        wkbToWkt(changed);
      } catch (error) {
        expect(error).toMatchObject({ code: 'InputMalformed' });
      }
    }));
  });

  test('that nests without end is refused', () => {
    const deep = hex('01 07000000 01000000 '.repeat(1000));
    expect(() => wkbToWkt(deep)).toThrow(/nests deeper/);
  });

  test('that claims many points is refused before they are made', () => {
    expect(() => wkbToWkt(hex('01 02000000 ffffffff'))).toThrow(/ends too early/);
  });
});
