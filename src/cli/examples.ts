/** The examples of every command's help. `tests/cli/examples.test.ts` runs each of them. */

/** A command line and what it is for. */
export interface Example {
  readonly command: string;
  readonly does: string;
}

export const CONVERT_EXAMPLES: readonly Example[] = [
  { command: 'vts convert index.faiss vectors.parquet', does: 'a Faiss index to Parquet' },
  {
    command: 'vts convert sift.hdf5::/train vectors.jsonl.zst',
    does: 'one data set of an HDF5 file to compressed JSON lines',
  },
  { command: 'vts convert vectors.parquet vectors.h5', does: 'Parquet to HDF5' },
  { command: 'cat rows.jsonl | vts convert - out.parquet --from jsonl', does: 'JSON lines from a pipe' },
  {
    command: "vts convert 'parts/*.parquet' all.faiss --id id --vector embedding --fields id,embedding",
    does: 'many files to one Faiss index',
  },
  {
    command: 'vts convert vectors.parquet half.parquet --cast vector:float16 --rename id=pk --limit 1000',
    does: 'the first 1000 rows, a column under a new name, vectors at half precision',
  },
  {
    command: 'vts convert vectors.parquet many/ --to hdf5 --part-size 256MiB --resume',
    does: 'a directory of part files; the same command goes on after a kill',
  },
];

export const INSPECT_EXAMPLES: readonly Example[] = [
  { command: 'vts inspect index.faiss', does: 'index type, metric, dimension, first rows' },
  { command: 'vts inspect vectors.parquet --json', does: 'the same for programs' },
  { command: 'vts inspect sift.hdf5::/test', does: 'one data set of an HDF5 file' },
];

/** The examples as the last part of a help text. */
export function formatExamples(examples: readonly Example[]): string {
  return ['', 'Examples:', ...examples.map(({ command, does }) => `  # ${does}\n  ${command}`)].join('\n');
}
