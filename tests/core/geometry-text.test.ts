import { expect, test } from 'bun:test';
import { columnFromValues, valueAt } from '../../src/core/values.ts';
import { isVtsError } from '../../src/errors.ts';
import { geometryCast, geometryText } from '../../src/core/geometry-text.ts';

const CASES: readonly [text: string, wkt: string][] = [
  ['POINT (1 2)', 'POINT (1 2)'],
  [' SRID=4326;POLYGON ((0 0, 1 0, 1 1, 0 0)) ', 'POLYGON ((0 0, 1 0, 1 1, 0 0))'],
  ['0101000000000000000000F03F0000000000000040', 'POINT (1 2)'],
  ['{"lat": 31.23, "lon": 121.47}', 'POINT (121.47 31.23)'],
  ['{"lat": "31.230", "lon": "121.47"}', 'POINT (121.47 31.230)'],
  ['[121.47, 31.23]', 'POINT (121.47 31.23)'],
  ['31.23,121.47', 'POINT (121.47 31.23)'],
  ['"31.23, 121.47"', 'POINT (121.47 31.23)'],
  ['{"type":"Point","coordinates":[1,2,3]}', 'POINT Z (1 2 3)'],
  ['[1,2,3]', 'POINT Z (1 2 3)'],
  ['{"type":"LineString","coordinates":[[1,2,3],[4,5,6]]}', 'LINESTRING Z (1 2 3, 4 5 6)'],
  ['{"type":"MultiPoint","coordinates":[]}', 'MULTIPOINT EMPTY'],
  ['{"type":"GeometryCollection","geometries":[]}', 'GEOMETRYCOLLECTION EMPTY'],
  ['{"type":"LineString","coordinates":[[1,2],[3,4]]}', 'LINESTRING (1 2, 3 4)'],
  ['{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}', 'POLYGON ((0 0, 1 0, 1 1, 0 0))'],
  [
    '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}',
    'MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))',
  ],
  [
    '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}',
    'GEOMETRYCOLLECTION (POINT (1 2))',
  ],
];
for (const [text, wkt] of CASES) test(text, () => expect(geometryText(text, 'lat_lon')).toBe(wkt));

test('the order of a pair', () => {
  expect(geometryText('1,2', 'lon_lat')).toBe('POINT (1 2)');
  expect(geometryText('1,2', 'lat_lon')).toBe('POINT (2 1)');
});

test('what is no geometry', () => {
  for (
    const text of [
      '',
      'x',
      '1',
      '1,2,3,4',
      '{}',
      '[1]',
      '[',
      '{"type":"Point"}',
      '{"type":"Circle","coordinates":[1,2]}',
      '0199',
      '{"type":"Polygon","coordinates":[[]]}',
      '{"type":"LineString","coordinates":[[1,2],[3,4,5]]}',
    ]
  ) {
    expect(geometryText(text, 'lat_lon')).toBeUndefined();
  }
  const column = columnFromValues({ kind: 'VarChar' }, [null, '1,2', 'nowhere']);
  try {
    geometryCast('place', 'lat_lon')(column);
    throw new TypeError('was not refused');
  } catch (error) {
    if (!isVtsError(error)) throw error;
    expect(error).toMatchObject({ code: 'RowInvalid', details: { row: 2, field: 'place' } });
  }
  const two = columnFromValues({ kind: 'VarChar' }, [null, '1,2']);
  const cast = geometryCast('place', 'lat_lon')(two);
  expect([0, 1].map((row) => valueAt(cast, row))).toEqual([null, 'POINT (2 1)']);
});
