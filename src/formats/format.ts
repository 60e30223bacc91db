/**
 * What a file format is to vts. A format turns bytes into batches and back; it knows no store, no system and no other
 * format. Adding one costs its own folder, a line in `registry.ts` and its fixtures.
 */
import type { Batch } from '../core/batch.ts';
import type { PositionedBatch, Problem, ReadRequest, SinkFeatures } from '../core/endpoint.ts';
import type { Dataset, Roles, Schema } from '../core/schema.ts';
import type { ByteSink, ByteSource, Scratch } from '../stores/bytes.ts';

/** What the front of a file reveals: the cheap half of a format, loaded at start. */
export interface FormatInfo {
  readonly name: string;
  /** As people know it: `Parquet`, `JSON lines`. */
  readonly title: string;
  /** The extension of part files. */
  readonly extension: string;
  /** With their dots, lower case, longest first. */
  readonly extensions: readonly string[];
  /** Whether a file that begins with `head` (at least 16 bytes, or the whole file) is of this format. */
  matches(head: Uint8Array): boolean;
  /** Set where a file may begin with any bytes, so that only its name tells. */
  readonly bare?: true;
  /** Set where files say no types, so that they are guessed from the first rows. */
  readonly untyped?: true;
  /** Loads the format's code. */
  load(): Promise<Format>;
}

/** A format's code. */
export interface Format {
  readonly name: string;
  readonly reader?: ReaderFactory;
  readonly writer?: WriterFactory;
}

/** Opens readers. */
export interface ReaderFactory {
  /** `stream`: reads from front to back, so stdin will do. `seek`: needs random access. */
  readonly access: 'stream' | 'seek';
  /**
   * Reads the headers.
   * @throws VtsError InputMalformed, InputTruncated, InputUnsupported, ... with the place
   */
  open(source: ByteSource, options: ReadOptions): Promise<FormatReader>;
  /** Whether `FILE::PATH` chooses something inside a file. */
  readonly selects?: boolean;
  /**
   * Counts the rows of a file faster than {@linkcode open} tells them; `layout` and `path` are how it was written. `undefined` when
   * it must be opened all the same.
   */
  countRows?(source: ByteSource, layout?: string, path?: string): Promise<number | undefined>;
}

/** What a user may say about an input. Formats take what concerns them. */
export interface ReadOptions {
  /** What follows `::` in an endpoint: the group or data set inside an HDF5 file. */
  readonly path?: string;
  /** The columns that play the id and the vector. */
  readonly roles: Roles;
  /** The types that the user gives: of all columns where a format has none of its own, else of those named. */
  readonly schema?: Schema;
  /** The `--cast` of each column, for formats in which a number's type is chosen when it is read. */
  readonly casts?: Readonly<Record<string, string>>;
  /** Vectors that are stored as lossy codes only are decoded rather than refused. */
  readonly allowLossy?: boolean;
  /** Opens what has no rows to be read too, so that it can be inspected; reading its rows is refused then. */
  readonly inspectOnly?: boolean;
  /** Opens the file of this name beside the input, whose reader closes it; `undefined` when there is none. */
  sibling?(name: string): ByteSource | undefined;
  /** Row order of indexes that store rows elsewhere than in id order. */
  readonly order: 'stored' | 'id';
  /** Threads that the work may take; 1 when absent. */
  readonly threads?: number;
  /** Opens a scratch file for what must be kept aside; memory stays flat. */
  scratch(): Scratch;
}

/** An open input. */
export interface FormatReader {
  readonly dataset: Dataset;
  /** The format's own facts, for `vts inspect`. */
  inspect(): Promise<Facts>;
  /** The rows of `request`, in order. Nothing is read ahead of the consumer. */
  read(request: ReadRequest): AsyncIterable<PositionedBatch>;
  close(): Promise<void>;
}

export type { Cursor, PositionedBatch, Problem, ReadRequest } from '../core/endpoint.ts';

/** Named facts for people and programs; nested where that helps. */
export interface Facts {
  readonly [name: string]: Fact;
}

/** A fact of {@linkcode Facts}. */
export type Fact = string | number | bigint | boolean | null | readonly Fact[] | Facts;

/** The flags of outputs with a list of choices, by their names in {@linkcode WriteOptions}. */
export const CHOICE_FLAGS = {
  compression: '--compression',
  layout: '--layout',
  faissIndex: '--faiss-index',
} as const;

/** Opens writers. */
export interface WriterFactory {
  /** `seek`: needs a RandomAccessSink. */
  readonly access: 'stream' | 'seek';
  readonly features: WriterFeatures;
  /** What flags of outputs may be, and what each choice means; a flag that is not here is refused. */
  readonly choices?: { readonly [flag in keyof typeof CHOICE_FLAGS]?: Readonly<Record<string, string>> };
  /** What else stands in the way of writing `dataset`, beside what `features` says. Writes nothing. */
  check?(dataset: Dataset, options: WriteOptions): readonly Problem[];
  /** What a user should know of how `dataset` is written: what is assumed, or kept in another form. */
  notes?(dataset: Dataset, options: WriteOptions): readonly string[];
  /** Begins an output. The caller commits or aborts the sink. */
  open(sink: ByteSink, dataset: Dataset, options: WriteOptions): Promise<FormatWriter>;
}

/** What a format can hold, as data: planner, help and contract tests read it. */
export interface WriterFeatures extends SinkFeatures {
  /** Whether names and types come back as they were without help. */
  readonly keepsSchema: boolean;
  /** Whether NaN payloads survive. */
  readonly keepsNaN: boolean;
  /** Set where text with a NUL character (U+0000) is refused, row by row. */
  readonly refusesNul?: boolean;
  /** What values must be beyond what their types say, checked row by row: `whole numbers from 0 to 255`. */
  readonly needs?: string;
}

/** What a user may say about an output. Formats take what concerns them. */
export interface WriteOptions {
  /** Codec of Parquet and of text: see `vts help formats`. */
  readonly compression?: string;
  /** As in {@linkcode ReadOptions}. */
  readonly path?: string;
  /** What index to make, as faiss' index factory takes it: `IDMap2,Flat`, `SQ8`. */
  readonly faissIndex?: string;
  /** How HDF5 names its columns (`columns`, `milvusdm`, `ann-benchmarks`), or whether CSV does (`header`, `no-header`). */
  readonly layout?: string;
  /** Threads that the work may take; 1 when absent. */
  readonly threads?: number;
  scratch(): Scratch;
}

/** An output that is being written. */
export interface FormatWriter {
  /** Bytes kept back, beside those that the sink has; 0 when absent. */
  readonly pendingBytes?: number;
  /** Appends a batch. Rows may be kept back until a page or group is full, in bounded memory. */
  write(batch: Batch): Promise<void>;
  /** Writes what is kept back, footers and headers. The caller then commits the sink. */
  finish(): Promise<void>;
  /** Frees resources after a failure. The caller aborts the sink. */
  abort(): Promise<void>;
}
