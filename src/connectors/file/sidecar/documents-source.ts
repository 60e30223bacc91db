/** An index of Faiss with the documents that a framework saved beside it (`--documents`). */
import { basename, dirname, join } from 'node:path';
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { nodeFileOps } from '../../../stores/file-ops.ts';
import { createScratch, openFileSource as openFile, statInput } from '../../../stores/file.ts';
import { type FileSource, type FileSourceOptions, openFileSource } from '../file-source.ts';
import { DocumentTable } from './document-table.ts';
import { joinColumns } from './joined-source.ts';
import { readLangChainJs, readLlamaIndex } from './json-documents.ts';
import { readLangChainPickle } from './langchain-pickle.ts';
import type { SideTable } from './side-table.ts';

/**
 * The file with the documents of the index `file`, where one stands beside it: `index.pkl` beside `index.faiss` (LangChain), `docstore.json` beside
 * `faiss.index` (LangChain.js) or `default__vector_store.json` (LlamaIndex).
 */
export function findDocuments(file: string): string | undefined {
  const name = basename(file);
  const beside = (other: string) => {
    const path = join(dirname(file), other);
    return nodeFileOps.exists(path) ? path : undefined;
  };
  if (/\.faiss$/i.test(name)) return beside(name.replace(/\.faiss$/i, '.pkl'));
  if (name === 'faiss.index' || name.endsWith('__vector_store.json')) return beside('docstore.json');
  return undefined;
}

/**
 * Opens the index `endpoint` with the columns `id` (VarChar), `text` and `metadata` (JSON) of `documents`.
 * @throws VtsError as {@linkcode openFileSource}; InputUnsupported for a pickle that holds more than documents; InputMalformed when documents and
 *   vectors do not fit together
 */
export async function openFaissWithDocuments(
  endpoint: string,
  documents: string,
  options: FileSourceOptions,
  notes: readonly string[] = [],
): Promise<FileSource> {
  const main = await openFileSource([endpoint], options);
  try {
    const side = await openDocuments(documents, options.tempDir, notes);
    try {
      return await joinColumns(main, side);
    } catch (error) {
      side.close();
      throw error;
    }
  } catch (error) {
    await main.close();
    throw error;
  }
}

/** The documents of `file`; `tempDir` takes the scratch files in which they wait. */
export async function openDocuments(
  file: string,
  tempDir: string,
  notes: readonly string[] = [],
): Promise<SideTable> {
  const table = new DocumentTable(() => createScratch(tempDir));
  const opened: ByteSource[] = [];
  const open = (path: string) => {
    const source = openFile(path);
    opened.push(source);
    return source;
  };
  try {
    const source = open(file);
    const files = [file];
    const head = (await source.peek())[0];
    if (head === 0x80 || /\.(pkl|pickle)$/i.test(file)) readLangChainPickle(source, table);
    else if (head === 0x5b) readLangChainJs(source, table);
    else if (head === 0x7b) {
      const beside = linkFile(file);
      files.push(beside.path);
      readLlamaIndex(source, { [beside.as]: open(beside.path) }, table);
    } else throw unknown(file);
    return table.finish(file, files.map(fingerprint).join(' '), notes);
  } catch (error) {
    table.close();
    throw error instanceof VtsError ? error.at({ file }) : error;
  } finally {
    for (const source of opened) await source.close();
  }
}

/** The file beside LlamaIndex' `docstore.json` that says which number of the index is which node. */
function linkFile(docstore: string): { readonly path: string; readonly as: 'idMap' | 'indexStore' } {
  const path = (name: string) => join(dirname(docstore), name);
  if (nodeFileOps.exists(path('id_map.json'))) return { path: path('id_map.json'), as: 'idMap' };
  if (nodeFileOps.exists(path('index_store.json'))) {
    return { path: path('index_store.json'), as: 'indexStore' };
  }
  throw new VtsError('InputMissing', `${path('index_store.json')} does not exist`, {
    file: docstore,
    expected: 'index_store.json or id_map.json, which say which vector is of which document',
    remedy: "put the files of LlamaIndex' persist_dir together again",
  });
}

function fingerprint(file: string): string {
  const { size, mtimeMs } = statInput(file);
  return `${file}:${size}:${mtimeMs}`;
}

function unknown(file: string): VtsError {
  return new VtsError('UnknownFormat', `${file} holds no documents that vts reads`, {
    file,
    expected: "LangChain's index.pkl, LangChain.js' docstore.json or LlamaIndex' docstore.json",
  });
}
