/** Documents that frameworks keep as JSON beside an index of Faiss. */
import { VtsError } from '../../../errors.ts';
import type { ByteSource } from '../../../stores/bytes.ts';
import { memorySource } from '../../../stores/memory.ts';
import type { DocumentTable } from './document-table.ts';
import { JsonCursor } from './json-cursor.ts';

const encoder = new TextEncoder();
const NO_METADATA = encoder.encode('{}');

/** What is taken of a document. */
interface Parts {
  text: string | undefined;
  metadata: Uint8Array | undefined;
}

/**
 * LangChain.js: `docstore.json` beside `faiss.index`, a list of `[[id, {pageContent, metadata}], ...]` and `{row: id}`.
 * @throws VtsError InputMalformed
 */
export function readLangChainJs(source: ByteSource, table: DocumentTable): void {
  const json = new JsonCursor(source);
  for (const part of json.items()) {
    if (part === 0) {
      for (const index of json.items()) readEntry(json, table, index);
    } else if (part === 1) {
      for (const row of json.keys()) link(table, source.name, row, json.text());
    } else throw json.malformed('a docstore and the ids of rows, and no more, are expected');
  }
  json.end();
}

function readEntry(json: JsonCursor, table: DocumentTable, index: number): void {
  let id = '';
  for (const part of json.items()) {
    if (part === 0) id = json.text();
    else if (part === 1) addDocument(json, table, id, ['pageContent'], ['metadata']);
    else throw json.malformed(`entry ${index} has more than an id and a document`);
  }
}

/** Where LlamaIndex says which number of the index is which node. */
export interface LlamaIndexLinks {
  /** `id_map.json` of the FaissMapVectorStore. */
  readonly idMap?: ByteSource;
  /** `index_store.json`, for all others. */
  readonly indexStore?: ByteSource;
}

/**
 * LlamaIndex: `docstore.json` with the nodes; the index stands in `default__vector_store.json`.
 * @throws VtsError InputMalformed, InputUnsupported
 */
export function readLlamaIndex(source: ByteSource, links: LlamaIndexLinks, table: DocumentTable): void {
  const json = new JsonCursor(source);
  let found = false;
  for (const key of json.keys()) {
    if (key !== 'docstore/data') {
      json.skip();
      continue;
    }
    found = true;
    for (const id of json.keys()) {
      for (const part of json.keys()) {
        if (part === '__data__') addNode(json, table, id);
        else json.skip();
      }
    }
  }
  json.end();
  if (!found) throw json.malformed('it has no "docstore/data"');
  if (links.idMap !== undefined) readIdMap(links.idMap, table);
  else if (links.indexStore !== undefined) readIndexStore(links.indexStore, table);
}

/** A node is an object, or in older versions the text of one. */
function addNode(json: JsonCursor, table: DocumentTable, id: string): void {
  const inner = json.next() === '"'
    ? new JsonCursor(memorySource(encoder.encode(json.text()), `node ${id}`))
    : json;
  addDocument(inner, table, id, ['text', 'text_resource'], ['metadata', 'extra_info']);
}

function addDocument(
  json: JsonCursor,
  table: DocumentTable,
  id: string,
  textKeys: readonly string[],
  metadataKeys: readonly string[],
): void {
  const parts: Parts = { text: undefined, metadata: undefined };
  for (const key of json.keys()) {
    if (textKeys.includes(key) && json.next() === '"') parts.text = json.text();
    else if (textKeys.includes(key) && json.next() === '{') parts.text ??= textInside(json);
    else if (metadataKeys.includes(key) && json.next() === '{') parts.metadata = json.raw();
    else json.skip();
  }
  if (parts.text === undefined) throw json.malformed(`document ${id} has no text`);
  const document = table.addDocument(
    encoder.encode(parts.text),
    checked(json, parts.metadata ?? NO_METADATA),
  );
  table.addId(encoder.encode(id), document);
}

/** `{"text": ...}` */
function textInside(json: JsonCursor): string | undefined {
  let text: string | undefined;
  for (const key of json.keys()) {
    if (key === 'text' && json.next() === '"') text = json.text();
    else json.skip();
  }
  return text;
}

/** What is kept as it is has to be JSON all the same. */
function checked(json: JsonCursor, metadata: Uint8Array): Uint8Array {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(metadata));
    return metadata;
  } catch {
    throw json.malformed('metadata are no JSON');
  }
}

function readIdMap(source: ByteSource, table: DocumentTable): void {
  const json = new JsonCursor(source);
  for (const key of json.keys()) {
    if (key !== 'faiss_id_to_node_id_map') json.skip();
    else for (const number of json.keys()) link(table, source.name, number, json.text());
  }
  json.end();
}

/** `{"index_store/data": {ID: {"__type__": "vector_store", "__data__": TEXT OF {"nodes_dict": {NUMBER: NODE}}}}}` */
function readIndexStore(source: ByteSource, table: DocumentTable): void {
  const json = new JsonCursor(source);
  let stores = 0;
  for (const key of json.keys()) {
    if (key !== 'index_store/data') {
      json.skip();
      continue;
    }
    for (const _ of json.keys()) {
      for (const part of json.keys()) {
        if (part !== '__data__') json.skip();
        else if (++stores > 1) throw several(source.name);
        else readStruct(json, source.name, table);
      }
    }
  }
  json.end();
}

function readStruct(json: JsonCursor, file: string, table: DocumentTable): void {
  const inner = json.next() === '"' ? new JsonCursor(memorySource(encoder.encode(json.text()), file)) : json;
  for (const key of inner.keys()) {
    if (key !== 'nodes_dict') inner.skip();
    else for (const number of inner.keys()) link(table, file, number, inner.text());
  }
}

function several(file: string): VtsError {
  return new VtsError(
    'InputUnsupported',
    `${file} holds several indexes, and which one the vectors are of is not said`,
    {
      file,
      remedy: 'save the index in a folder of its own',
    },
  );
}

function link(table: DocumentTable, file: string, number: string, id: string): void {
  if (!/^(0|[1-9]\d{0,15})$/.test(number)) {
    throw new VtsError('InputMalformed', `${file} says which document "${number}" is, which is no number`, {
      file,
    });
  }
  if (table.link(Number(number), encoder.encode(id))) return;
  throw new VtsError('InputMalformed', `${file} gives number ${number} the id ${id}, which no document has`, {
    file,
  });
}
