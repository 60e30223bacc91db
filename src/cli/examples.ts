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

export const INSPECT_SERVER_EXAMPLES: readonly Example[] = [
  { command: 'vts inspect milvus://localhost', does: 'databases and collections of a server' },
  {
    command: 'vts inspect milvus://localhost/default/docs',
    does: 'schema, indexes and rows of a collection',
  },
];

export const IMPORT_EXAMPLES: readonly Example[] = [
  {
    command: 'vts import vectors.parquet milvus://localhost/default/docs --id id --metric L2',
    does: 'Parquet into a new collection, which is indexed and loaded',
  },
  {
    command:
      "vts import index.faiss milvus://localhost/default/faces --index 'vector:HNSW{M:16,efConstruction:200}'",
    does: 'a Faiss index, with its metric, under an index of your choice',
  },
  {
    command: 'vts import rows.jsonl milvus://localhost/default/rows --id id --metric COSINE --dynamic',
    does: 'JSON lines; later rows may have other keys',
  },
  {
    command: 'vts import vectors.parquet milvus://localhost/default/docs --id id --mode upsert',
    does: 'rows that replace those of the same id',
  },
];

export const EXPORT_EXAMPLES: readonly Example[] = [
  { command: 'vts export milvus://localhost/default/docs docs.parquet', does: 'a collection to Parquet' },
  {
    command: "vts export milvus://localhost/default/docs - --filter 'year > 2020' --fields id,year",
    does: 'some rows and fields as JSON lines',
  },
  {
    command: 'vts export milvus://localhost/default/faces faces.faiss',
    does: 'ids and vectors to a Faiss index',
  },
  {
    command: 'vts export milvus://localhost/default/docs backup/ --to parquet --rate-limit 20MB/s --resume',
    does: 'a directory of part files, gently; the same command goes on after a kill',
  },
];

export const COPY_EXAMPLES: readonly Example[] = [
  {
    command: 'vts copy milvus://localhost/default/docs milvus://localhost/default/docs_copy',
    does: 'rows, schema and indexes under another name',
  },
  {
    command:
      'vts copy milvus://localhost/default/docs milvus://localhost/default/slim --fields id,vector --rename vector=v',
    does: 'some fields, one under a new name',
  },
];

export const DUMP_EXAMPLES: readonly Example[] = [
  {
    command: 'vts dump milvus://localhost/default backup/ --resume',
    does: 'all collections of a database; the same command goes on after a kill',
  },
  {
    command:
      "vts dump milvus://localhost/default some/ --collection 'd*' --filter 'id > 100' --part-size 64MiB",
    does: 'some collections, some rows',
  },
  { command: 'vts dump milvus://localhost/default/docs none/ --dry-run', does: 'what would be dumped' },
];

export const RESTORE_EXAMPLES: readonly Example[] = [
  {
    command: 'vts restore backup/ milvus://localhost/default --mode skip --resume',
    does: 'what is not there; the same command goes on after a kill',
  },
  {
    command: 'vts restore backup/ milvus://localhost/default --collection docs --rename docs=docs_old',
    does: 'one collection under another name',
  },
];

export const VERIFY_EXAMPLES: readonly Example[] = [
  { command: 'vts verify backup/', does: 'all files of a dump against its checksums' },
  { command: 'vts verify backup/ --subset 3/10', does: 'the third tenth: ten nights cover all' },
  {
    command: 'vts verify backup/ milvus://localhost/default',
    does: 'all collections of a dump against those on a server, row by row',
  },
  {
    command: 'vts verify vectors.parquet milvus://localhost/default/docs --differences keys.jsonl',
    does: 'a file against a collection; the keys of rows that differ go to a file',
  },
];

export const PLAN_EXAMPLES: readonly Example[] = [
  { command: 'vts plan vectors.parquet other.h5 --cast vector:float16', does: 'a conversion' },
  {
    command: 'vts plan rows.jsonl milvus://localhost/default/new_rows --id id --metric COSINE',
    does: 'an import: what would be made, how long it takes, what is lost',
  },
  { command: 'vts plan milvus://localhost/default other_backup/', does: 'a dump' },
];

export const RUN_EXAMPLES: readonly Example[] = [
  { command: 'vts run job.yaml --dry-run', does: 'what the steps of a job would do' },
  { command: 'vts run H2M.yaml --print', does: "a job of MilvusDM in vts' own form, to keep and to change" },
  {
    command: 'vts run nightly.yaml --resume',
    does: 'a job; the same command goes on after a kill',
  },
];

export const EXPLAIN_EXAMPLES: readonly Example[] = [
  {
    command: 'vts explain MILVUS-17',
    does: 'an error of the Vector Transport Service, and what vts does there',
  },
  { command: 'vts explain JournalConflict', does: 'an error of vts' },
  { command: 'vts explain', does: 'all of them' },
];

/** The examples as the last part of a help text. */
export function formatExamples(examples: readonly Example[]): string {
  return ['', 'Examples:', ...examples.map(({ command, does }) => `  # ${does}\n  ${command}`)].join('\n');
}
