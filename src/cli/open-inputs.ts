/** The files that a command line reads, with the ids or documents that stand in files beside them. */
import { detectOutput } from '../connectors/file/detect.ts';
import { type FileSource, type FileSourceOptions, openFileSource } from '../connectors/file/file-source.ts';
import { isVtsError, VtsError } from '../errors.ts';
import { defined } from './defined.ts';
import { type ColumnFlags, type FileFlags, rolesBefore, scratchDirectory, threadsOf } from './file-ends.ts';
import { readSchemaFile } from './schema-file.ts';

/** Names under which frameworks keep an index that has its documents beside it. */
const DOCUMENTED = /(\.faiss|faiss\.index|__vector_store\.json)$/i;

/** What is done with documents beside an index that nobody named. */
export type Beside = 'join' | 'leave';

/** Opens the files `inputs`. `output`, where it is a path, is no input even where a pattern takes it in. */
export async function openInputs(
  inputs: readonly string[],
  output: string | undefined,
  flags: FileFlags & ColumnFlags,
  beside: Beside = 'leave',
): Promise<FileSource> {
  const { from: format, metric, cast: casts, id, vector, allowLossy, inspectOnly, rowIds } = flags;
  const schema = flags.schema === undefined ? undefined : readSchemaFile(flags.schema);
  const named = rolesBefore(defined({ id, vector }), flags.rename ?? {});
  const { id: _, ...vectorOnly } = named;
  const source = await openJoined(inputs, output, flags, beside, {
    ...defined({ format, schema, metric, casts, output, allowLossy, inspectOnly }),
    // The column of row numbers is one that no reader knows.
    roles: rowIds !== undefined && named.id === rowIds ? vectorOnly : named,
    order: flags.order ?? 'stored',
    tempDir: scratchDirectory(output ?? '-', flags),
    threads: threadsOf(flags),
  });
  if (rowIds === undefined) return source;
  const { withRowIds } = await import('../connectors/file/sidecar/row-ids.ts');
  return await withRowIds(source, rowIds);
}

async function openJoined(
  inputs: readonly string[],
  output: string | undefined,
  { ids, documents, to }: FileFlags,
  beside: Beside,
  options: FileSourceOptions,
): Promise<FileSource> {
  if (ids !== undefined) {
    if (typeof documents === 'string') {
      throw new VtsError('Usage', '--ids and --documents both say which row is which', {
        remedy: 'leave one of them out: documents have ids of their own',
      });
    }
    const { openWithIds } = await import('../connectors/file/sidecar/ids-source.ts');
    return await openWithIds(inputs, ids, options);
  }
  if (typeof documents === 'string') return await openDocumented(inputs, documents, options, []);
  const found = documents === false || beside === 'leave' ? undefined : await findBeside(inputs);
  if (found === undefined || !takesDocuments(output, to)) return await openFileSource(inputs, options);
  return await openFound(inputs, found, options);
}

async function openDocumented(
  inputs: readonly string[],
  documents: string,
  options: FileSourceOptions,
  notes: readonly string[],
): Promise<FileSource> {
  if (inputs.length !== 1) {
    throw new VtsError('Usage', '--documents belongs to one index', {
      expected: `one input, not ${inputs.length}`,
    });
  }
  const { openFaissWithDocuments } = await import('../connectors/file/sidecar/documents-source.ts');
  return await openFaissWithDocuments(inputs[0], documents, { format: 'faiss', ...options }, notes);
}

/** Documents that nobody asked for may be left out as well. */
async function openFound(
  inputs: readonly string[],
  found: string,
  options: FileSourceOptions,
): Promise<FileSource> {
  const note = `${found}, which stands beside the index, is taken for its documents: ` +
    '--no-documents leaves them out';
  try {
    return await openDocumented(inputs, found, options, [note]);
  } catch (error) {
    if (!isVtsError(error) || error.details.file !== found) throw error;
    const { remedy } = error.details;
    throw new VtsError(error.code, error.message, {
      ...error.details,
      remedy: `${remedy === undefined ? '' : `${remedy}; or `}--no-documents for the index alone`,
      cause: error.cause ?? error,
    });
  }
}

async function findBeside(inputs: readonly string[]): Promise<string | undefined> {
  if (inputs.length !== 1 || !DOCUMENTED.test(inputs[0])) return undefined;
  const { findDocuments } = await import('../connectors/file/sidecar/documents-source.ts');
  return findDocuments(inputs[0]);
}

/** Names of formats that hold vectors and nothing else. */
const VECTORS_ONLY = new Set(['faiss', 'npy', 'fvecs', 'bvecs', 'ivecs', 'fbin', 'u8bin', 'i8bin', 'ibin']);

function takesDocuments(output: string | undefined, to: string | undefined): boolean {
  return output === undefined || !VECTORS_ONLY.has(detectOutput(output, to).name);
}
