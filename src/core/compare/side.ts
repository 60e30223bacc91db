/** One side of a comparison: read once, each row kept as a record of digests. */
import type { Batch } from '../batch.ts';
import { batchBytes, columnsByName, DEFAULT_BATCH_BYTES } from '../batch.ts';
import { type Column, isNull } from '../column.ts';
import type { Range, Source } from '../endpoint.ts';
import { release } from '../garbage.ts';
import type { Mapping } from '../mapping.ts';
import { findField } from '../schema.ts';
import type { Cast } from '../cast-context.ts';
import type { Matching } from './columns.ts';
import { type DigestSeeds, hash } from './digest.ts';
import {
  type Key,
  makeRecords,
  readInteger,
  readNumber,
  recordWords,
  TAIL_WORDS,
  TEXT_HEAD,
} from './record.ts';
import { RecordSpool, type ScratchFile } from './spool.ts';
import { together } from './together.ts';

/** A data set to compare. */
export interface CompareSide {
  readonly source: Source;
  /** Its columns under the names and types of the comparison. */
  readonly mapping: Mapping;
}

/** How a side is read. */
export interface ReadSideOptions {
  /** 0 for the first side, 1 for the second. */
  readonly index: 0 | 1;
  readonly matching: Matching;
  /** The ranges of the source. */
  readonly ranges: readonly Range[];
  /** Whether the partition of a row is part of it. */
  readonly placement: boolean;
  readonly seeds: DigestSeeds;
  readonly scratch: () => ScratchFile;
  readonly parallel: number;
  readonly batchBytes?: number;
  readonly onRows: (rows: number, bytes: number) => void;
}

/** Two sides share the memory that a transfer has for one. */
const BATCH_BYTES = DEFAULT_BATCH_BYTES / 2;

/** The length of a text that is null. */
const NULL_TEXT = 0xffffffff;

/** The rows of a side. */
export class SideRows {
  readonly records: RecordSpool;
  /** How many were read. */
  rows = 0;
  readonly #texts: ScratchFile | undefined;
  readonly #byRange = new Map<string, number>();
  readonly #side: CompareSide;
  readonly #options: ReadSideOptions;

  constructor(side: CompareSide, options: ReadSideOptions) {
    const { matching: { key, columns }, placement, scratch } = options;
    this.#side = side;
    this.#options = options;
    this.records = new RecordSpool(scratch(), recordWords(columns.length + (placement ? 1 : 0)));
    const type = key && findField(side.mapping.dataset.schema, key.name)!.type;
    this.#texts = type?.kind === 'VarChar' ? scratch() : undefined;
  }

  /**
   * Reads all rows.
   * @returns what a user should know of how complete they are
   * @throws VtsError whatever the source raises; Interrupted
   */
  async readAll(signal: AbortSignal): Promise<readonly string[]> {
    const { matching, ranges, parallel } = this.#options;
    const { source } = this.#side;
    const queue = ranges[Symbol.iterator]();
    // Without keys, rows are told apart by where they are: one after another.
    const workers = matching.key === undefined ? 1 : Math.max(1, Math.min(parallel, source.parallel ?? 1));
    const work = async (signal: AbortSignal) => {
      for (const range of queue) await this.#read(range, signal);
    };
    await together(Array.from({ length: workers }, () => work), signal);
    return await source.prove?.(this.#byRange) ?? [];
  }

  /** The key of the record at `at` of `words`. */
  keyOf(words: Uint32Array, at: number): Key {
    const texts = this.#texts;
    if (texts === undefined) {
      const [low, high] = this.#options.seeds.nulls;
      return words[at] === low && words[at + 1] === high ? null : readInteger(words, at);
    }
    const position = readNumber(words, at + this.records.width - TAIL_WORDS);
    const length = new Uint32Array(1);
    texts.readSync(new Uint8Array(length.buffer), position);
    if (length[0] === NULL_TEXT) return null;
    const bytes = new Uint8Array(length[0]);
    texts.readSync(bytes, position + TEXT_HEAD);
    return new TextDecoder().decode(bytes);
  }

  close(): void {
    this.records.close();
    this.#texts?.close();
  }

  async #read(range: Range, signal: AbortSignal): Promise<void> {
    const { source, mapping } = this.#side;
    const { batchBytes: size = BATCH_BYTES } = this.#options;
    const request = { columns: mapping.columns, batchBytes: size, signal };
    for await (const { batch } of source.read(range, request)) {
      signal.throwIfAborted();
      const firstRow = this.#byRange.get(range.id) ?? 0;
      this.#take(mapping.apply(batch, firstRow), range);
      this.#byRange.set(range.id, firstRow + batch.length);
      const bytes = batchBytes(batch);
      release(bytes);
      this.#options.onRows(batch.length, bytes);
      // Files are read without waiting: signals have their turn here.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #take(batch: Batch, { partition }: Range): void {
    const { index, matching, placement, seeds } = this.#options;
    const byName = columnsByName(batch);
    const pick = ({ name, casts }: { name: string; casts: readonly [Cast, Cast] }) =>
      casts[index](byName.get(name)!);
    const key = matching.key && pick(matching.key);
    const records = makeRecords({
      key,
      columns: matching.columns.map(pick),
      constant: placement
        ? new Uint32Array(new BigUint64Array([hash(partition!, seeds.values)]).buffer)
        : undefined,
      length: batch.length,
      firstRow: this.rows,
      textsAt: this.#texts?.size ?? 0,
    }, seeds);
    if (key !== undefined) this.#texts?.append(keyTexts(key));
    this.records.add(records);
    this.rows += batch.length;
  }
}

/** The texts of `key`, each after its length. */
function keyTexts(key: Column): Uint8Array {
  const { offsets, length } = key;
  const values = key.values as Uint8Array;
  const bytes = new Uint8Array(offsets![length] - offsets![0] + length * TEXT_HEAD);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let row = 0; row < length; row++) {
    const size = offsets![row + 1] - offsets![row];
    view.setUint32(at, isNull(key, row) ? NULL_TEXT : size, true);
    bytes.set(values.subarray(offsets![row], offsets![row + 1]), at + TEXT_HEAD);
    at += size + TEXT_HEAD;
  }
  return bytes;
}
