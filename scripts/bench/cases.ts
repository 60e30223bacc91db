/** The conversions that are timed, and whom vts is compared with. */

/** A conversion. Inputs and outputs are told apart by their names after the last slash: `in.faiss`, `out.zstd.parquet`. */
export interface FileCase {
  /** `faiss-parquet`: what is read, and what is written. */
  readonly name: string;
  readonly input: string;
  readonly output: string;
  /** Flags of `vts convert` besides input and output. */
  readonly flags: readonly string[];
  /** Functions of `reference.py`. */
  readonly references: readonly string[];
}

const FORMATS = ['faiss', 'h5', 'parquet', 'jsonl', 'npy'];

/** Where the obvious libraries are not the only ones. */
const REFERENCES: Readonly<Record<string, readonly string[]>> = {
  'parquet-jsonl': ['pyarrow_orjson', 'polars'],
  'jsonl-parquet': ['pyarrow_json', 'polars', 'duckdb'],
};

/** Formats that hold vectors and nothing else. */
const BARE = new Set(['faiss', 'npy']);

function fileCase(from: string, to: string, variant: { input?: string; codec?: string } = {}): FileCase {
  const { input = `in.${from}`, codec } = variant;
  const pair = `${from}-${to}`;
  return {
    // `default.parquet-faiss` for `in.default.parquet`
    name: [
      input === `in.${from}` ? pair : `${input.split('.')[1]}.${pair}`,
      ...(codec === undefined ? [] : [codec]),
    ].join(
      '.',
    ),
    input,
    output: codec === undefined ? `out.${to}` : `out.${codec}.${to}`,
    flags: [
      ...(codec === undefined ? [] : ['--compression', codec]),
      ...(BARE.has(to) && !BARE.has(from) ? ['--fields', 'vector'] : []),
    ],
    references: REFERENCES[pair] ?? ['usual'],
  };
}

/** Every direction between two formats, and Parquet as others write it. */
export const FILE_CASES: readonly FileCase[] = [
  ...FORMATS.flatMap((from) => FORMATS.filter((to) => to !== from).map((to) => fileCase(from, to))),
  ...['faiss', 'h5', 'npy'].map((from) => fileCase(from, 'parquet', { codec: 'zstd' })),
  fileCase('parquet', 'faiss', { input: 'in.default.parquet' }),
  ...['faiss', 'h5', 'npy', 'jsonl'].map((to) => fileCase('parquet', to, { input: 'in.zstd.parquet' })),
  ivfCase('ivfflat', []),
  ivfCase('ivfpq', ['--allow-lossy']),
];

/** Indexes that have to be taken apart. */
function ivfCase(kind: 'ivfflat' | 'ivfpq', flags: readonly string[]): FileCase {
  return {
    name: `${kind}-parquet`,
    input: `in.${kind}.faiss`,
    output: 'out.parquet',
    flags,
    references: ['usual'],
  };
}
