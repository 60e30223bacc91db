/**
 * The data pages of one leaf through some row groups, one at a time
 * (https://github.com/apache/parquet-format/blob/master/README.md#data-pages). Memory holds the page at hand, or its levels if its
 * values are left in the file for now, and the dictionary of its column chunk.
 */
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { crc32 } from 'node:zlib';
import { isVtsError, VtsError } from '../../../errors.ts';
import { pageBuffer, unpack } from './codecs.ts';
import { type Dictionary, readDictionary } from './dictionary.ts';
import { valueSource } from './encodings.ts';
import type { Chunk, ParquetFile } from './footer.ts';
import type { HybridReader } from './hybrid.ts';
import { endsWithinPage, HEADER, PageHeads } from './page-heads.ts';
import { isWhole, levelReader, levelsOfV1, levelsOfV2, type LevelSpans } from './page-levels.ts';
import type { SchemaNode } from './schema-tree.ts';
import { thriftEnd } from './thrift-check.ts';
import { valueWidth } from './values.ts';
import type { ValueReads } from './value-reads.ts';
import type { ValueSource } from './value-source.ts';

/** A page, unpacked as far as its levels and values are asked for. */
export interface Page {
  /** Values, nulls and empty lists included. */
  readonly values: number;
  /** The bytes of both kinds of levels: the same in pages that are alike. */
  readonly levels: Uint8Array;
  readonly reps: HybridReader | undefined;
  readonly defs: HybridReader | undefined;
  readonly source: ValueSource;
}

/** What a header says of the page after it. */
interface PlacedHeader {
  readonly header: PageHeader;
  /** Where the page's own bytes begin. */
  readonly body: number;
  readonly values: number;
}

const LARGEST_HEADER = 1 << 24;
const LARGEST_PAGE = 1 << 29;

/** Pages of `leaf` from row group `group` on. */
export class PageStream {
  readonly #file: ParquetFile;
  readonly #leaf: SchemaNode;
  readonly #packed = pageBuffer();
  readonly #unpacked = pageBuffer();
  readonly #heads: PageHeads;
  readonly #reads: ValueReads | undefined;
  #group: number;
  #chunk: Chunk | undefined;
  #at = 0;
  #valuesLeft = 0;
  #dictionary: Dictionary | undefined;
  #next: PlacedHeader | undefined;

  /** With `reads`, values that need no unpacking are left to them. */
  constructor(file: ParquetFile, leaf: SchemaNode, group: number, reads?: ValueReads) {
    this.#file = file;
    this.#leaf = leaf;
    this.#reads = reads;
    this.#heads = new PageHeads(file.source);
    this.#group = group - 1;
  }

  /** The row group of the page that {@linkcode peek} tells of. */
  get group(): number {
    return this.#group;
  }

  /** Where the next bytes are read: for messages. */
  get byte(): number {
    return this.#at;
  }

  /** Values of the next data page; `undefined` after the last. */
  async peek(): Promise<number | undefined> {
    while (this.#next === undefined) {
      if (this.#valuesLeft === 0) {
        if (!this.#openChunk()) return undefined;
        continue;
      }
      const placed = this.#readHeader(this.#chunk!);
      const { header, body } = placed;
      if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') this.#next = placed;
      else {
        if (header.type === 'DICTIONARY_PAGE') await this.#readDictionary(placed);
        this.#at = body + header.compressed_page_size;
      }
    }
    return this.#next.values;
  }

  /** Goes past the next page without reading it. */
  skip(): void {
    const { header, body, values } = this.#next!;
    this.#at = body + header.compressed_page_size;
    this.#valuesLeft -= values;
    this.#next = undefined;
  }

  /** Reads the next page; `undefined` after the last. The page before it is overwritten. */
  async next(): Promise<Page | undefined> {
    if (await this.peek() === undefined) return undefined;
    const placed = this.#next!;
    const page = this.#reads !== undefined && this.#isInPlace(placed)
      ? this.#pageInPlace(placed, this.#reads)
      : await this.#unpackedPage(placed);
    this.skip();
    return page;
  }

  /** Moves to the next row group that has values; whether there is one. */
  #openChunk(): boolean {
    const { groups } = this.#file;
    if (this.#group < groups.length) this.#group++;
    const chunk = groups[this.#group]?.chunks[this.#leaf.leaf];
    if (chunk === undefined) return false;
    this.#chunk = chunk;
    this.#at = chunk.start;
    this.#valuesLeft = chunk.values;
    this.#dictionary = undefined;
    return true;
  }

  #readHeader(chunk: Chunk): PlacedHeader {
    const rest = chunk.end - this.#at;
    if (rest <= 0) {
      throw this.#broken('a column chunk ends before its last page', `${this.#valuesLeft} values more`);
    }
    for (let size = HEADER;; size *= 16) {
      const bytes = this.#heads.take(this.#at, this.#at + Math.min(size, rest), chunk.end);
      const end = thriftEnd(bytes);
      if (end !== undefined) return this.#checked(this.#parsed(bytes), this.#at + end, chunk);
      if (size >= Math.min(rest, LARGEST_HEADER)) {
        throw this.#broken('a page header does not end', 'a page header');
      }
    }
  }

  #parsed(bytes: Uint8Array): PageHeader {
    try {
      return parquetHeader({
        view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        offset: 0,
      });
    } catch (error) {
      throw this.#broken('a page header cannot be understood', 'a page header', error);
    }
  }

  #checked(header: PageHeader, body: number, chunk: Chunk): PlacedHeader {
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    if (!isWhole(packed) || !isWhole(unpacked) || body + packed > chunk.end) {
      throw this.#broken(`a page of ${packed} bytes`, `at most ${chunk.end - body} bytes`);
    }
    if (unpacked > LARGEST_PAGE) {
      throw new VtsError('MemoryLimit', `a page unpacks to ${unpacked} bytes`, {
        byte: this.#at,
        expected: `at most ${LARGEST_PAGE}`,
        remedy: 'write the file again with smaller pages',
      });
    }
    const values = valuesOf(header);
    const dictionary = header.type === 'DICTIONARY_PAGE';
    if (!isWhole(values) || (!dictionary && values > this.#valuesLeft)) {
      throw this.#broken(`a page of ${values} values`, `at most ${this.#valuesLeft}`);
    }
    return { header, body, values };
  }

  async #unpackedPage(placed: PlacedHeader): Promise<Page> {
    const bytes = await this.#readBody(placed);
    return placed.header.type === 'DATA_PAGE' ? this.#page(placed, bytes) : this.#pageV2(placed, bytes);
  }

  async #readBody({ header, body }: PlacedHeader): Promise<Uint8Array> {
    const bytes = this.#packed.take(header.compressed_page_size);
    if (await this.#file.source.readAt(bytes, body) < bytes.length) {
      throw endsWithinPage(body);
    }
    if (typeof header.crc === 'number' && crc32(bytes) !== header.crc >>> 0) {
      throw this.#broken('the checksum of a page is wrong', 'the bytes that were written');
    }
    return bytes;
  }

  async #readDictionary(placed: PlacedHeader): Promise<void> {
    const packed = await this.#readBody(placed);
    const { uncompressed_page_size: size } = placed.header;
    const bytes = unpack(this.#chunk!.codec, packed, size, this.#unpacked);
    this.#dictionary = readDictionary(bytes, placed.values, this.#leaf.element);
  }

  /** A page of version 1: all is packed, levels say their length. */
  #page({ header, values }: PlacedHeader, packed: Uint8Array): Page {
    const bytes = unpack(this.#chunk!.codec, packed, header.uncompressed_page_size, this.#unpacked);
    const spans = this.#here(() =>
      levelsOfV1(header, this.#leaf, (count) => bytes.subarray(0, count), bytes.length)
    );
    const source = this.#source(header.data_page_header!.encoding, bytes.subarray(spans.end), values);
    return this.#pageOf(values, bytes, spans, source);
  }

  /** A page of version 2: levels come first and are never packed. */
  #pageV2({ header, values }: PlacedHeader, packed: Uint8Array): Page {
    const facts = header.data_page_header_v2!;
    const spans = this.#here(() => levelsOfV2(header, this.#leaf, packed.length));
    const size = header.uncompressed_page_size - spans.end;
    if (size < 0) {
      throw this.#broken(`a page of ${header.uncompressed_page_size} bytes`, `at least ${spans.end}`);
    }
    const codec = facts.is_compressed === false ? 'UNCOMPRESSED' : this.#chunk!.codec;
    const bytes = unpack(codec, packed.subarray(spans.end), size, this.#unpacked);
    return this.#pageOf(values, packed, spans, this.#source(facts.encoding, bytes, values));
  }

  /** A page whose values stay in the file until it is known where they go. */
  #pageInPlace({ header, body, values }: PlacedHeader, reads: ValueReads): Page {
    const { compressed_page_size: size } = header;
    const front = (count: number) => this.#heads.take(body, body + count, body + size);
    const spans = this.#here(() =>
      header.type === 'DATA_PAGE'
        ? levelsOfV1(header, this.#leaf, front, size)
        : levelsOfV2(header, this.#leaf, size)
    );
    const source = reads.values(body + spans.end, size - spans.end, valueWidth(this.#leaf.element));
    const bytes = front(spans.end);
    this.#heads.expect(body - this.#at + spans.end + HEADER);
    return this.#pageOf(values, bytes, spans, source);
  }

  /** Whether nothing of a page is packed, nor has to be seen as a whole. */
  #isInPlace({ header }: PlacedHeader): boolean {
    const { data_page_header: v1, data_page_header_v2: v2 } = header;
    const isPlain = (v1?.encoding ?? v2?.encoding) === 'PLAIN';
    const isPacked = this.#chunk!.codec !== 'UNCOMPRESSED' && v2?.is_compressed !== false;
    return isPlain && !isPacked && header.crc === undefined &&
      header.compressed_page_size === header.uncompressed_page_size;
  }

  #pageOf(values: number, bytes: Uint8Array, { reps, defs, end }: LevelSpans, source: ValueSource): Page {
    return {
      values,
      levels: bytes.subarray(0, end),
      reps: levelReader(bytes, reps, this.#leaf.rep),
      defs: levelReader(bytes, defs, this.#leaf.def),
      source,
    };
  }

  /** Names the page in errors of `action`. */
  #here<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw isVtsError(error) ? error.at({ byte: this.#at }) : error;
    }
  }

  #source(encoding: string | undefined, bytes: Uint8Array, atMost: number): ValueSource {
    const dictionary = this.#dictionary;
    return valueSource(encoding ?? 'unknown', bytes, this.#leaf.element, { dictionary, atMost });
  }

  #broken(message: string, expected: string, cause?: unknown): VtsError {
    return new VtsError('InputMalformed', message, { byte: this.#at, expected, cause });
  }
}

function valuesOf(header: PageHeader): number | undefined {
  switch (header.type) {
    case 'DATA_PAGE':
      return header.data_page_header?.num_values;
    case 'DATA_PAGE_V2':
      return header.data_page_header_v2?.num_values;
    case 'DICTIONARY_PAGE':
      return header.dictionary_page_header?.num_values;
    case 'INDEX_PAGE':
      return 0;
  }
}
