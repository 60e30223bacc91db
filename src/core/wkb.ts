/**
 * Well-known binary to well-known text (OGC 06-103r4, section 8; and PostGIS' EWKB flags, of which the SRID is dropped).
 * Numbers are written as the shortest decimals that read back to the same double.
 */
import { VtsError } from '../errors.ts';

const NAMES = [
  'POINT',
  'LINESTRING',
  'POLYGON',
  'MULTIPOINT',
  'MULTILINESTRING',
  'MULTIPOLYGON',
  'GEOMETRYCOLLECTION',
];
const DIMENSIONS = ['', ' Z', ' M', ' ZM'];
/** Collections may hold collections; a reply that nests deeper is not one. */
const DEEPEST = 32;

interface Cursor {
  readonly view: DataView;
  at: number;
}

/** The geometry in `bytes` as WKT; a VtsError InputMalformed when it is none. */
export function wkbToWkt(bytes: Uint8Array): string {
  const cursor = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const text = readGeometry(cursor, 0).text;
  if (cursor.at !== bytes.length) throw malformed(`${bytes.length - cursor.at} bytes follow a geometry`);
  return text;
}

/** A geometry: its text with a type, `MULTIPOINT ((1 2))`, and without, `((1 2))`. */
function readGeometry(cursor: Cursor, depth: number): { text: string; body: string; kind: number } {
  if (depth > DEEPEST) throw malformed(`a geometry nests deeper than ${DEEPEST}`);
  const order = take(cursor, 1, (at) => cursor.view.getUint8(at));
  if (order > 1) throw malformed(`a geometry has byte order ${order}`);
  const little = order === 1;
  const code = uint32(cursor, little);
  const flags = (code >>> 31) + (code >>> 30 & 1) * 2;
  if (code >>> 29 & 1) uint32(cursor, little);
  const base = code & 0x1fffffff;
  const kind = base % 1000;
  const dimensions = flags | Math.floor(base / 1000);
  if (kind < 1 || kind > 7 || dimensions > 3) throw malformed(`a geometry has type ${code}`);
  const size = [2, 3, 3, 4][dimensions];
  const body = readBody(cursor, little, kind, size, depth);
  return { kind, body, text: `${NAMES[kind - 1]}${DIMENSIONS[dimensions]} ${body}` };
}

function readBody(cursor: Cursor, little: boolean, kind: number, size: number, depth: number): string {
  const point = () => coordinates(cursor, little, size);
  const line = () => list(cursor, little, 8 * size, point);
  switch (kind) {
    case 1: {
      const text = point();
      return /^NaN( NaN)*$/.test(text) ? 'EMPTY' : `(${text})`;
    }
    case 2:
      return line();
    case 3:
      return list(cursor, little, 4, line);
    default:
      return list(cursor, little, 5, () => {
        const part = readGeometry(cursor, depth + 1);
        if (kind === 7) return part.text;
        if (part.kind !== kind - 3) throw malformed(`a ${NAMES[kind - 1]} holds a ${NAMES[part.kind - 1]}`);
        return part.body;
      });
  }
}

/** As many items as the geometry says, each of at least `least` bytes. */
function list(cursor: Cursor, little: boolean, least: number, read: () => string): string {
  const count = uint32(cursor, little);
  if (count * least > cursor.view.byteLength - cursor.at) throw malformed('a geometry ends too early');
  if (count === 0) return 'EMPTY';
  return `(${Array.from({ length: count }, read).join(', ')})`;
}

function coordinates(cursor: Cursor, little: boolean, size: number): string {
  const numbers: string[] = [];
  for (let i = 0; i < size; i++) {
    const value = take(cursor, 8, (at) => cursor.view.getFloat64(at, little));
    numbers.push(Object.is(value, -0) ? '-0' : String(value));
  }
  return numbers.join(' ');
}

function uint32(cursor: Cursor, little: boolean): number {
  return take(cursor, 4, (at) => cursor.view.getUint32(at, little));
}

function take(cursor: Cursor, size: number, read: (at: number) => number): number {
  if (cursor.at + size > cursor.view.byteLength) throw malformed('a geometry ends too early');
  const value = read(cursor.at);
  cursor.at += size;
  return value;
}

function malformed(what: string): VtsError {
  return new VtsError('InputMalformed', `Not well-known binary: ${what}`);
}
