/** The objects of a plain file, all of them read at once. */
import type { DataInfo } from '../data-info.ts';
import { type Attribute, parseAttribute } from './attributes.ts';
import { readChunks } from './chunks.ts';
import { parseExtents } from './data-space.ts';
import { TYPE_CLASS } from '../h5-type.ts';
import { holdsReferences, parseType } from './data-type.ts';
import { expectPlain, type FileView } from './file-view.ts';
import { readFilters } from './filters.ts';
import { heapValue } from './heap.ts';
import { compareNames, type Links, readLinks } from './links.ts';
import { MESSAGE } from '../message-types.ts';
import { type Messages, only, readMessages } from './messages.ts';
import { readStorage } from './storage.ts';

/** A group or a data set. */
export type PlainObject = Group | PlainDataset;

interface Common {
  readonly address: number;
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A group. */
export interface Group extends Common {
  readonly kind: 'group';
  readonly links: Links;
}

/** A data set: rows of one size, one or two-dimensional, in pieces below and beside each other. */
export interface PlainDataset extends Common {
  readonly kind: 'dataset';
  readonly info: DataInfo;
  readonly filters: readonly number[];
  readonly rowBytes: number;
  /** Rows of a piece; all rows, if it is the only one. */
  readonly pieceRows: number;
  /** Bytes of a row in a piece. */
  readonly pieceRowBytes: number;
  /** Pieces beside each other. */
  readonly across: number;
  /**
   * The pieces by their number, row by row; looked up once. What is not there was never written, and is zeros.
   * @throws NotPlain, the first time
   */
  pieces(): ReadonlyMap<number, Piece>;
}

/** Where a piece is. */
export interface Piece {
  readonly address: number;
  /** Its bytes in the file. */
  readonly bytes: number;
  /** Filters that it did not go through, as bits. */
  readonly skipped: number;
}

/** A file of more objects is left to the library, which reads those that are asked for. */
const MOST_OBJECTS = 1000;

/** The addresses of as many pieces are kept in memory; the library reads those of more piece by piece. */
const MOST_PIECES = 250_000;
/** A chunk of references is read as a whole where it went through filters. */
const MOST_REFERENCE_BYTES = 16 * 2 ** 20;
/** What deflate adds at most to bytes that it cannot make smaller, and more. */
const MOST_GROWTH = 2;

/** The objects by their addresses, from the group at `root` on. @throws NotPlain */
export function readObjects(file: FileView, root: number): ReadonlyMap<number, PlainObject> {
  const objects = new Map<number, PlainObject>();
  const waiting = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (objects.has(next)) continue;
    expectPlain(objects.size < MOST_OBJECTS, 'very many objects');
    const object = readObject(file, next);
    objects.set(next, object);
    if (object.kind !== 'group') continue;
    for (const link of object.links.values()) if ('address' in link) waiting.push(link.address);
  }
  return objects;
}

function readObject(file: FileView, address: number): PlainObject {
  const messages = readMessages(file, address);
  expectPlain(!messages.has(MESSAGE.attributeInfo), 'attributes outside of their object');
  const common = { address, attributes: readAttributes(file, messages) };
  const links = readLinks(file, messages);
  return links !== undefined ? { kind: 'group', links, ...common } : readDataset(file, messages, common);
}

function readAttributes(file: FileView, messages: Messages): ReadonlyMap<string, Attribute> {
  const attributes = new Map<string, Attribute>();
  for (const message of messages.get(MESSAGE.attribute) ?? []) {
    const { name, attribute: { info, value } } = parseAttribute(message);
    expectPlain(!attributes.has(name), 'two attributes of one name');
    expectPlain(info.type !== TYPE_CLASS.vlen, 'an attribute of lists');
    const isText = info.vlen && info.shape?.every((extent) => extent === 1);
    attributes.set(name, { info, value: isText ? heapValue(file, value) : value });
  }
  // As the library lists them.
  return new Map([...attributes].sort(([a], [b]) => compareNames(a, b)));
}

function readDataset(file: FileView, messages: Messages, common: Common): PlainDataset {
  const type = parseType(only(messages, MESSAGE.datatype));
  const shape = parseExtents(only(messages, MESSAGE.dataspace));
  expectPlain(shape !== null && shape.length <= 2, 'an unusual data set');
  const [rows = 1, width = 1] = shape;
  const rowBytes = width * type.size;
  const filters = readFilters(messages, type.size);
  const storage = readStorage(messages, type.size, rows * rowBytes);
  const dataset = { kind: 'dataset' as const, ...common, filters, rowBytes };
  if (storage.in === 'one-piece') {
    const piece = { address: storage.address, bytes: rows * rowBytes, skipped: 0 };
    expectPlain(filters.length === 0 && piece.address + piece.bytes <= file.size, 'values beyond the end');
    const pieces = new Map([[0, piece]]);
    return {
      ...dataset,
      info: { ...type, shape, chunks: null },
      ...{ pieceRows: Math.max(1, rows), pieceRowBytes: rowBytes, across: 1, pieces: () => pieces },
    };
  }
  const { extents, index } = storage;
  expectPlain(extents.length === shape.length, 'chunks of other extents');
  const [pieceRows = 1, pieceWidth = 1] = extents;
  const grid = {
    pieceRows,
    pieceRowBytes: pieceWidth * type.size,
    across: Math.ceil(width / pieceWidth),
  };
  const whole = pieceRows * grid.pieceRowBytes;
  // What variable rows are read in is chosen without regard to chunks.
  expectPlain(!holdsReferences(type) || whole <= MOST_REFERENCE_BYTES, 'very large chunks of references');
  const fits = ({ bytes, skipped }: Piece) =>
    filters.length > 0 ? bytes <= whole * MOST_GROWTH + 64 : bytes === whole && skipped === 0;
  let pieces: ReadonlyMap<number, Piece> | undefined;
  return {
    ...{ ...dataset, info: { ...type, shape, chunks: extents }, ...grid },
    pieces: () =>
      pieces ??= index === undefined ? new Map() : readPieces(file, index, extents, grid.across, fits),
  };
}

/** The chunks of `extents` that the index names, `across` beside each other. */
function readPieces(
  file: FileView,
  index: number,
  extents: readonly number[],
  across: number,
  fits: (piece: Piece) => boolean,
): ReadonlyMap<number, Piece> {
  const pieces = new Map<number, Piece>();
  for (const { offsets, ...piece } of readChunks(file, index, extents.length)) {
    const [down, right = 0] = offsets.map((offset, i) => offset / extents[i]);
    const number = down * across + right;
    const usual = Number.isSafeInteger(number) && Number.isInteger(right) && right < across;
    expectPlain(usual && !pieces.has(number), 'a chunk out of place');
    expectPlain(pieces.size < MOST_PIECES, 'very many chunks');
    expectPlain(piece.address + piece.bytes <= file.size, 'a chunk beyond the end of the file');
    expectPlain(fits(piece), 'a chunk of another size');
    pieces.set(number, piece);
  }
  return pieces;
}
