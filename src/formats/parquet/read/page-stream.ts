/**
 * The data pages of one leaf through some row groups, one at a time
 * (https://github.com/apache/parquet-format/blob/master/README.md#data-pages). Memory holds the page at hand and the
 * dictionary of its column chunk.
 */
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { crc32 } from 'node:zlib';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { pageBuffer, unpack } from './codecs.ts';
import { type Dictionary, readDictionary } from './dictionary.ts';
import { valueSource } from './encodings.ts';
import type { Chunk, ParquetFile } from './footer.ts';
import { HybridReader, levelBits } from './hybrid.ts';
import type { SchemaNode } from './schema-tree.ts';
import { thriftEnd } from './thrift-check.ts';
import type { ValueSource } from './value-source.ts';

/** A page, unpacked as far as its levels and values are asked for. */
export interface Page {
  /** Values, nulls and empty lists included. */
  readonly values: number;
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

/** Bytes in which a header is sought first; it is longer only when it has long minima and maxima. */
const HEADER = 1024;
const LARGEST_HEADER = 1 << 24;
const LARGEST_PAGE = 1 << 29;

/** Pages of `leaf` from row group `group` on. */
export class PageStream {
  readonly #file: ParquetFile;
  readonly #leaf: SchemaNode;
  readonly #packed = pageBuffer();
  readonly #unpacked = pageBuffer();
  readonly #headers = pageBuffer();
  #group: number;
  #chunk: Chunk | undefined;
  #at = 0;
  #valuesLeft = 0;
  #dictionary: Dictionary | undefined;
  #next: PlacedHeader | undefined;

  constructor(file: ParquetFile, leaf: SchemaNode, group: number) {
    this.#file = file;
    this.#leaf = leaf;
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
      const placed = await this.#readHeader(this.#chunk!);
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
    const bytes = await this.#readBody(placed);
    const page = placed.header.type === 'DATA_PAGE' ? this.#page(placed, bytes) : this.#pageV2(placed, bytes);
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

  async #readHeader(chunk: Chunk): Promise<PlacedHeader> {
    const rest = chunk.end - this.#at;
    if (rest <= 0) {
      throw this.#broken('a column chunk ends before its last page', `${this.#valuesLeft} values more`);
    }
    for (let size = HEADER;; size *= 16) {
      const bytes = this.#headers.take(Math.min(size, rest));
      await fill(this.#file.source, bytes, this.#at);
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

  async #readBody({ header, body }: PlacedHeader): Promise<Uint8Array> {
    const bytes = this.#packed.take(header.compressed_page_size);
    await fill(this.#file.source, bytes, body);
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
    const facts = header.data_page_header!;
    const bytes = unpack(this.#chunk!.codec, packed, header.uncompressed_page_size, this.#unpacked);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    const levels = (highest: number, encoding: string | undefined): HybridReader | undefined => {
      if (highest === 0) return undefined;
      if (encoding !== undefined && encoding !== 'RLE') {
        throw new VtsError('InputUnsupported', `levels are encoded as ${encoding}`, { expected: 'RLE' });
      }
      const length = at + 4 > bytes.length ? Infinity : view.getUint32(at, true);
      const start = at + 4;
      if (start + length > bytes.length) {
        throw this.#broken('the levels of a page end after it', 'levels within it');
      }
      at = start + length;
      return new HybridReader(bytes.subarray(start, at), levelBits(highest));
    };
    const reps = levels(this.#leaf.rep, facts.repetition_level_encoding);
    const defs = levels(this.#leaf.def, facts.definition_level_encoding);
    return { values, reps, defs, source: this.#source(facts.encoding, bytes.subarray(at), values) };
  }

  /** A page of version 2: levels come first and are never packed. */
  #pageV2({ header, values }: PlacedHeader, packed: Uint8Array): Page {
    const facts = header.data_page_header_v2!;
    const repsEnd = facts.repetition_levels_byte_length;
    const defsLength = facts.definition_levels_byte_length;
    const levelsEnd = Number(repsEnd) + Number(defsLength);
    if (!(isWhole(repsEnd) && isWhole(defsLength) && levelsEnd <= packed.length)) {
      throw this.#broken(`${levelsEnd} bytes of levels in a page`, `at most ${packed.length}`);
    }
    const levels = (highest: number, start: number, end: number): HybridReader | undefined =>
      highest === 0 ? undefined : new HybridReader(packed.subarray(start, end), levelBits(highest));
    const body = packed.subarray(levelsEnd);
    const size = header.uncompressed_page_size - levelsEnd;
    if (size < 0) {
      throw this.#broken(`a page of ${header.uncompressed_page_size} bytes`, `at least ${levelsEnd}`);
    }
    const codec = facts.is_compressed === false ? 'UNCOMPRESSED' : this.#chunk!.codec;
    const bytes = unpack(codec, body, size, this.#unpacked);
    return {
      values,
      reps: levels(this.#leaf.rep, 0, repsEnd),
      defs: levels(this.#leaf.def, repsEnd, levelsEnd),
      source: this.#source(facts.encoding, bytes, values),
    };
  }

  #source(encoding: string | undefined, bytes: Uint8Array, atMost: number): ValueSource {
    const dictionary = this.#dictionary;
    return valueSource(encoding ?? 'unknown', bytes, this.#leaf.element, { dictionary, atMost });
  }

  #broken(message: string, expected: string, cause?: unknown): VtsError {
    return new VtsError('InputMalformed', message, { byte: this.#at, expected, cause });
  }
}

/** Headers are untrusted: a count may turn out to be anything. */
function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
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

/** Fills `target` from `position` on. The one place where pages are read. */
// deno-lint-ignore require-await
async function fill(source: ByteSource, target: Uint8Array, position: number): Promise<void> {
  if (source.readSync(target, position) < target.length) {
    throw new VtsError('InputTruncated', 'the file ends within a page', { byte: position });
  }
}
