/** Walks through the kinds of inverted lists: each knows where the next list begins. */
import type { ByteSource } from '../../../stores/bytes.ts';
import { Cursor, type Extent } from '../cursor.ts';
import { readFully } from '../../read-fully.ts';
import type { List, Step } from './directory.ts';

/** The sizes of lists, in a table before them; `count` counts sizes, or pairs of a list and its size. */
export interface Sizes extends Extent {
  readonly sparse: boolean;
}

/** Parses a table of `nlist` list sizes: one u64 a list (`full`), or pairs of number and size for those with rows (`sprs`). */
export function readSizes(cursor: Cursor, nlist: number): Sizes {
  const start = cursor.position;
  const kind = cursor.fourcc('the kind of list sizes');
  if (kind !== 'full' && kind !== 'sprs') {
    throw cursor.malformed(`list sizes are of the kind ${JSON.stringify(kind)}`, {
      byte: start,
      expected: 'full or sprs',
    });
  }
  const sparse = kind === 'sprs';
  const { position, count } = cursor.array('the list sizes', 8);
  if (sparse ? count % 2 !== 0 || count / 2 > nlist : count !== nlist) {
    throw cursor.malformed(`${count} list sizes (${kind}) are stored for ${nlist} lists`, { byte: start });
  }
  return { sparse, position, count: sparse ? count / 2 : count };
}

/** Where a walk through sized lists stands: the next size, and the byte of its list. */
export interface SizedMark {
  readonly entry: number;
  readonly last: number;
  readonly position: number;
}

/** A piece of a list: its rows, where they are, and where what follows begins. */
export type Piece = Omit<List, 'list'> & { readonly end: number };

/** Lists of a table of sizes one after the other; `place` tells where the parts of a list of `rows` at `position` are. */
export function* walkSized(
  source: ByteSource,
  nlist: number,
  sizes: Sizes,
  place: (position: number, rows: number) => Iterable<Piece>,
  mark: SizedMark,
): Generator<Step<SizedMark>> {
  let { entry, last, position } = mark;
  for (const { list, size } of entriesFrom(source, sizes, entry)) {
    entry++;
    if (list <= last || list >= nlist) {
      throw new Cursor(source, sizes.position).malformed(
        `list ${list} follows list ${last} in the table of list sizes`,
        { expected: `ascending numbers below ${nlist}` },
      );
    }
    last = list;
    let left = size;
    if (left === 0) yield { next: { entry, last, position } };
    for (const { end, ...piece } of size === 0 ? [] : place(position, size)) {
      if (!(end <= source.size!)) {
        throw new Cursor(source, position).truncated(BigInt(end - position), 'the inverted lists');
      }
      position = end;
      left -= piece.rows;
      yield { list: { list, ...piece }, ...(left > 0 ? {} : { next: { entry, last, position } }) };
    }
  }
}

/** Where a walk through lists that each tell their own size stands. */
export interface PairedMark {
  readonly list: number;
  readonly position: number;
}

/** Lists that are ids behind their count, then codes behind their length in bytes, which `codeBytes` tells too. */
export function* walkPaired(
  source: ByteSource,
  nlist: number,
  codeBytes: (rows: number) => number,
  { list, position }: PairedMark,
): Generator<Step<PairedMark>> {
  const cursor = new Cursor(source, position);
  for (; list < nlist; list++) {
    const ids = cursor.array('the ids of a list', 8);
    const codes = cursor.arrayOf('the codes of a list', 1, codeBytes(ids.count));
    const next = { list: list + 1, position: cursor.position };
    if (ids.count === 0) yield { next };
    else yield { list: { list, rows: ids.count, codes: codes.position, ids: ids.position }, next };
  }
}

/** Where a walk through the ids of all lists and the codes of all lists stands. */
export interface ApartMark {
  readonly list: number;
  readonly ids: number;
  readonly codes: number;
}

/** Lists whose ids all come first and whose codes later, behind their lengths in elements of `elementBytes`. */
export function* walkApart(
  source: ByteSource,
  nlist: number,
  codeBytes: number,
  elementBytes: number,
  mark: ApartMark,
): Generator<Step<ApartMark>> {
  const [idCursor, codeCursor] = [new Cursor(source, mark.ids), new Cursor(source, mark.codes)];
  for (let { list } = mark; list < nlist; list++) {
    const ids = idCursor.array('the ids of a list', 8);
    const codes = codeCursor.arrayOf(
      'the codes of a list',
      elementBytes,
      ids.count * codeBytes / elementBytes,
    );
    const next = { list: list + 1, ids: idCursor.position, codes: codeCursor.position };
    if (ids.count === 0) yield { next };
    else yield { list: { list, rows: ids.count, codes: codes.position, ids: ids.position }, next };
  }
}

/** Lists in a file of their own: `u64 size, u64 capacity, u64 offset` each in the index, at `table`. */
export function* walkOnDisk(
  source: ByteSource,
  table: Extent,
  codeBytes: number,
  lists: ByteSource,
  list: number,
): Generator<Step<number>> {
  const cursor = new Cursor(source, table.position + list * 24);
  for (; list < table.count; list++) {
    const rows = cursor.count('the size of a list', Number.MAX_SAFE_INTEGER);
    const capacity = cursor.u64('the capacity of a list');
    const offset = cursor.u64('the place of a list');
    if (rows === 0) {
      yield { next: list + 1 };
      continue;
    }
    if (BigInt(rows) > capacity || offset + capacity * BigInt(codeBytes + 8) > BigInt(lists.size!)) {
      throw cursor.malformed(`list ${list} is said to have ${rows} vectors from byte ${offset} on`, {
        byte: cursor.position - 24,
        expected: `a place in ${lists.name}, which has ${lists.size} bytes`,
      });
    }
    const codes = Number(offset);
    yield { list: { list, rows, codes, ids: codes + Number(capacity) * codeBytes }, next: list + 1 };
  }
}

const CHUNK = 4096;

function* entriesFrom(
  source: ByteSource,
  sizes: Sizes,
  first: number,
): Generator<{ list: number; size: number }> {
  const entryBytes = sizes.sparse ? 16 : 8;
  for (let entry = first; entry < sizes.count; entry += CHUNK) {
    const count = Math.min(CHUNK, sizes.count - entry);
    const words = readWords(source, sizes.position + entry * entryBytes, count * entryBytes / 4);
    const u64 = (word: number) => words[word] + words[word + 1] * 2 ** 32;
    for (let i = 0; i < count; i++) {
      yield sizes.sparse ? { list: u64(i * 4), size: u64(i * 4 + 2) } : { list: entry + i, size: u64(i * 2) };
    }
  }
}

function readWords(source: ByteSource, position: number, words: number): Uint32Array {
  const target = new Uint32Array(words);
  readFully(source, new Uint8Array(target.buffer), position);
  return target;
}
