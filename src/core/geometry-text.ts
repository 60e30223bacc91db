/**
 * Geometries as other systems write them, as well-known text: WKT, EWKT, GeoJSON, WKB as hexadecimal digits, and points as
 * objects, lists and pairs of numbers. Numbers keep their digits but in WKB.
 */
import { VtsError } from '../errors.ts';
import type { Cast } from './cast-context.ts';
import { isNull } from './column.ts';
import { columnFromValues, valueAt } from './values.ts';
import { wkbToWkt } from './wkb.ts';

/** What comes first in a pair `31.2,121.5`. */
export type CoordinateOrder = 'lat_lon' | 'lon_lat';

/** A cast of texts to geometries. @throws VtsError RowInvalid for a text that is none */
export function geometryCast(name: string, order: CoordinateOrder): Cast {
  return (column) =>
    columnFromValues(
      { kind: 'Geometry' },
      Array.from({ length: column.length }, (_, row) => {
        if (isNull(column, row)) return null;
        const text = valueAt(column, row) as string;
        const found = geometryText(text, order);
        if (found !== undefined) return found;
        throw new VtsError('RowInvalid', `${JSON.stringify(text.slice(0, 60))} is no geometry`, {
          row,
          field: name,
          expected:
            'WKT, EWKT, GeoJSON, WKB as hexadecimal digits, or a point: {"lat": 1, "lon": 2}, [2, 1], "1,2"',
          remedy: 'correct the row',
        });
      }),
    );
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const PAIR = new RegExp(`^(${NUMBER})\\s*,\\s*(${NUMBER})$`);
const WKT = /^(POINT|LINESTRING|POLYGON|MULTIPOINT|MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION)\b/i;

/** `text` as well-known text; undefined when it is no geometry. */
export function geometryText(text: string, order: CoordinateOrder): string | undefined {
  const trimmed = text.trim().replace(/^SRID\s*=\s*\d+\s*;\s*/i, '');
  if (WKT.test(trimmed)) return trimmed;
  const [, first, second] = PAIR.exec(trimmed) ?? [];
  if (first !== undefined) return order === 'lat_lon' ? point(second, first) : point(first, second);
  if (/^[{["]/.test(trimmed)) return fromJson(trimmed, order);
  if (!/^0[01]/.test(trimmed) || trimmed.length % 2 !== 0 || /[^0-9a-f]/i.test(trimmed)) return undefined;
  try {
    return wkbToWkt(Uint8Array.from(trimmed.match(/../g)!, (pair) => parseInt(pair, 16)));
  } catch (error) {
    if (error instanceof VtsError) return undefined;
    throw error;
  }
}

function point(...position: (string | number)[]): string {
  return `POINT${position.length === 3 ? ' Z' : ''} (${position.join(' ')})`;
}

function fromJson(text: string, order: CoordinateOrder): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json === 'string') return /^["{[]/.test(json) ? undefined : geometryText(json, order);
  if (Array.isArray(json)) return isPosition(json) ? point(...json) : undefined;
  const { lat, lon } = json as { lat?: unknown; lon?: unknown };
  if (isCoordinate(lat) && isCoordinate(lon)) return point(lon, lat);
  return geoJson(json, 0);
}

function isCoordinate(value: unknown): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && new RegExp(`^${NUMBER}$`).test(value));
}

function isPosition(value: unknown): value is number[] {
  return Array.isArray(value) && value.length >= 2 && value.length <= 3 &&
    value.every((number) => typeof number === 'number');
}

/** How deep the coordinates of each type are nested above positions. */
const DEPTHS: Readonly<Record<string, number>> = {
  Point: 0,
  LineString: 1,
  MultiPoint: 1,
  Polygon: 2,
  MultiLineString: 2,
  MultiPolygon: 3,
};

/** GeoJSON (RFC 7946) as WKT. */
function geoJson(value: unknown, depth: number): string | undefined {
  const { type, coordinates, geometries } = value as Record<string, unknown>;
  if (type === 'GeometryCollection' && Array.isArray(geometries) && depth < 16) {
    const parts = geometries.map((one) =>
      typeof one === 'object' && one !== null ? geoJson(one, depth + 1) : undefined
    );
    if (parts.includes(undefined)) return undefined;
    return `GEOMETRYCOLLECTION ${parts.length === 0 ? 'EMPTY' : `(${parts.join(', ')})`}`;
  }
  if (typeof type !== 'string' || !Object.hasOwn(DEPTHS, type)) return undefined;
  const name = type.toUpperCase();
  if (Array.isArray(coordinates) && coordinates.length === 0) return `${name} EMPTY`;
  const lengths = new Set<number>();
  const inner = nested(coordinates, DEPTHS[type], lengths);
  // With a height in some positions only, there is no text for it.
  if (inner === undefined || lengths.size > 1) return undefined;
  return `${name}${lengths.has(3) ? ' Z' : ''} ${DEPTHS[type] === 0 ? `(${inner})` : inner}`;
}

/** The text of positions that are nested `depth` deep; adds how many numbers they have to `lengths`. */
function nested(value: unknown, depth: number, lengths: Set<number>): string | undefined {
  if (depth === 0) {
    if (!isPosition(value)) return undefined;
    lengths.add(value.length);
    return value.join(' ');
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const parts = value.map((one) => nested(one, depth - 1, lengths));
  return parts.includes(undefined) ? undefined : `(${parts.join(', ')})`;
}
