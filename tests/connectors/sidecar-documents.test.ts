import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type FileSourceOptions, openFileSource } from '../../src/connectors/file/file-source.ts';
import { DocumentTable } from '../../src/connectors/file/sidecar/document-table.ts';
import {
  findDocuments,
  openDocuments,
  openFaissWithDocuments,
} from '../../src/connectors/file/sidecar/documents-source.ts';
import { readLangChainPickle } from '../../src/connectors/file/sidecar/langchain-pickle.ts';
import type { ReadRequest, Source } from '../../src/core/endpoint.ts';
import { type Value, valueAt } from '../../src/core/values.ts';
import { isVtsError } from '../../src/errors.ts';
import { memoryScratch, memorySource } from '../../src/stores/memory.ts';
import { fixture } from '../support/fixtures.ts';
import { runPython } from '../support/python.ts';
import { random } from '../support/tables.ts';

const FOLDER = fixture('documents');
const OPTIONS: FileSourceOptions = { roles: {}, order: 'stored', tempDir: tmpdir() };
const INDEXES = ['index.faiss', 'faiss.index', 'default__vector_store.json'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-documents-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(source: Source, request: Partial<ReadRequest> = {}): Promise<Record<string, Value[]>> {
  const columns: Record<string, Value[]> = {};
  for (const range of await source.plan()) {
    for await (const { batch } of source.read(range, { batchBytes: 3000, ...request })) {
      batch.schema.fields.forEach(({ name }, c) => {
        const list = columns[name] ??= [];
        for (let row = 0; row < batch.length; row++) list.push(valueAt(batch.columns[c], row));
      });
    }
  }
  return columns;
}

const stores = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, 'expected.json')));

describe('fixtures/documents', () => {
  test('holds stores of all kinds', () => expect(stores.length).toBeGreaterThanOrEqual(14));

  for (const name of stores) {
    test(name, async () => {
      const index = INDEXES.map((file) => join(FOLDER, name, file)).find((file) => existsSync(file))!;
      const documents = findDocuments(index)!;
      expect(documents).toBeDefined();
      const plain = await openFileSource([index], OPTIONS);
      const { id: own, vector } = await read(plain);
      await plain.close();
      const source = await openFaissWithDocuments(index, documents, OPTIONS);
      expect(source.dataset.schema.fields.map((f) => `${f.name} ${f.type.kind}`)).toEqual(
        ['id VarChar', 'vector FloatVector', 'text VarChar', 'metadata JSON'],
      );
      const columns = await read(source);
      const expected: Record<string, [string, string, string]> = JSON.parse(
        readFileSync(join(FOLDER, name, 'expected.json'), 'utf8'),
      );
      const rows = vector?.length ?? 0;
      expect(rows).toBe(Object.keys(expected).length);
      expect(columns.vector ?? []).toEqual(vector ?? []);
      for (let row = 0; row < rows; row++) {
        const [id, text, metadata] = expected[String(own?.[row] ?? row)];
        expect([columns.id[row], columns.text[row]]).toEqual([id, text]);
        expect(digitsKept(columns.metadata[row] as string)).toEqual(digitsKept(metadata));
      }
      expect(Object.keys(await read(source, { columns: ['text'] }))).toEqual(rows === 0 ? [] : ['text']);
      await source.close();
    });
  }
});

/** JSON with its long integers as text, so that none of their digits is lost. */
function digitsKept(text: string): unknown {
  return JSON.parse(
    text.replaceAll(/(?<=[:\[,]\s*)-?\d{16,}(?=\s*[,\]}])/g, (digits) => `"integer ${digits}"`),
  );
}

test('reading goes on after any batch', async () => {
  const index = join(FOLDER, 'langchain_ivf', 'index.faiss');
  const open = () => openFaissWithDocuments(index, findDocuments(index)!, OPTIONS);
  const source = await open();
  const all = await read(source);
  const [range] = await source.plan();
  let row = 0;
  const cursors: [unknown, number][] = [];
  for await (const { batch, cursor } of source.read(range, { batchBytes: 2000 })) {
    row += batch.length;
    cursors.push([JSON.parse(JSON.stringify(cursor)), row]);
  }
  expect(cursors.length).toBeGreaterThan(3);
  for (const [after, done] of cursors) {
    const again = await open();
    const rest = await read(again, { after });
    expect(rest.text ?? []).toEqual(all.text.slice(done));
    await again.close();
  }
  await source.close();
});

describe('what does not fit together', () => {
  const failure = async (index: string, documents: string) => {
    const error = await openFaissWithDocuments(index, documents, OPTIONS).then(async (source) => {
      try {
        return await read(source);
      } finally {
        await source.close();
      }
    }).catch((e) => e);
    if (!isVtsError(error)) throw new Error(`no error: ${error}`);
    return error;
  };
  const at = (...names: string[]) => join(FOLDER, ...names);

  test('another number of documents is an error with both counts', async () => {
    const error = await failure(fixture('faiss/flat_l2.faiss'), at('langchain_protocol4/index.pkl'));
    expect(error).toMatchObject({ code: 'InputMalformed' });
    expect(error.message).toMatch(/has 50 rows, and .* has 30 entries/);
  });

  test('ids of an index that lead nowhere are named', async () => {
    const error = await failure(fixture('faiss/idmap_flat.faiss'), await pickled(40));
    expect(error.message).toMatch(/has no document for number -?\d+ of the index/);
  });

  test('files that are no documents, or lack what belongs to them', async () => {
    const flat = fixture('faiss/flat_l2.faiss');
    expect((await failure(flat, flat)).code).toBe('UnknownFormat');
    writeFileSync(join(folder, 'docstore.json'), '{"docstore/data": {}}');
    expect((await failure(flat, join(folder, 'docstore.json'))).code).toBe('InputMissing');
    expect((await failure(flat, join(folder, 'missing.pkl'))).code).toBe('InputMissing');
    expect((await failure(fixture('demo/documents.parquet'), at('langchain_protocol4/index.pkl'))).code)
      .toMatch(
        /InputMalformed|Usage/,
      );
  });

  /** A store of `rows` documents. */
  async function pickled(rows: number): Promise<string> {
    const path = join(folder, `${rows}.pkl`);
    const index = await Bun.file(join(FOLDER, 'langchain_many', 'index.pkl')).bytes();
    // A pickle in which only the map is shorter: the docstore may hold more documents.
    const table = new DocumentTable(memoryScratch);
    readLangChainPickle(memorySource(index, 'index.pkl'), table);
    writeFileSync(path, index);
    runPython(
      `
import sys
class D:
    pass
import types
def fake(name, cls):
    parts = name.split(".")
    for i in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:i]), types.ModuleType(".".join(parts[:i])))
    c = type(cls, (), {"__module__": name, "__setstate__": lambda self, s: self.__dict__.update(s)})
    c.__qualname__ = cls
    setattr(sys.modules[name], cls, c)
fake("langchain_core.documents.base", "Document")
fake("langchain_community.docstore.in_memory", "InMemoryDocstore")
import pickle
path, rows = sys.argv[1], int(sys.argv[2])
store, ids = pickle.load(open(path, "rb"))
pickle.dump((store, {i: ids[i] for i in range(rows)}), open(path, "wb"))
`,
      path,
      String(rows),
    );
    return path;
  }
});

describe('pickles that are refused', () => {
  const refused = join(FOLDER, 'refused');
  const reasons: Record<string, [code: string, message: RegExp]> = {
    os_system: ['InputUnsupported', /posix\.system/],
    os_system_protocol2: ['InputUnsupported', /posix\.system/],
    eval: ['InputUnsupported', /builtins\.eval/],
    exec_store: ['InputUnsupported', /builtins\.exec/],
    custom_class: ['InputUnsupported', /mymodule\.Custom/],
    protocol0: ['InputUnsupported', /copy_reg\._reconstructor/],
    protocol1: ['InputUnsupported', /copy_reg\._reconstructor/],
    bytes: ['InputUnsupported', /hold bytes/],
    a_class: ['InputUnsupported', /hold a class/],
    loop: ['InputUnsupported', /holds itself/],
    deep: ['InputUnsupported', /nested 100 deep/],
    laughs: ['MemoryLimit', /more than 16777216 bytes/],
    surrogate: ['InputMalformed', /surrogate/],
    same_keys: ['InputUnsupported', /two keys that JSON writes as "1"/],
    no_pair: ['InputUnsupported', /something else than a docstore/],
    other_id: ['InputMalformed', /Row 0 has the id b, which no document has/],
    text_for_row: ['InputUnsupported', /a row has no number/],
    other_document: ['InputUnsupported', /something else than documents/],
    no_text: ['InputUnsupported', /a document has no text/],
    persistent: ['InputUnsupported', /opcode PERSID \(0x50\)/],
    extension: ['InputUnsupported', /opcode EXT1 \(0x82\)/],
    buffer: ['InputUnsupported', /opcode NEXT_BUFFER \(0x97\)/],
    frame_beyond: ['InputTruncated', /ends too early/],
    text_beyond: ['InputTruncated', /ends too early/],
    memo_gap: ['InputMalformed', /out of order/],
    memo_missing: ['InputMalformed', /no value number 5/],
    stack_empty: ['InputMalformed', /a value is missing/],
    stack_mark: ['InputMalformed', /a value is missing/],
    no_mark: ['InputMalformed', /a mark is missing/],
    marks: ['InputTruncated', /ends too early/],
    no_pickle: ['InputUnsupported', /opcode 0x6e/],
    empty: ['InputTruncated', /ends too early/],
  };
  for (const file of readdirSync(refused)) {
    test(file, async () => {
      const [code, message] = reasons[file.slice(0, -'.pkl'.length)];
      const error = await openDocuments(join(refused, file), folder).catch((e) => e);
      if (!isVtsError(error)) throw error ?? new Error('it was read');
      expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: .*${message.source}`));
      expect(basename(error.details.file!)).toBe(file);
      expect(existsSync('EXECUTED')).toBe(false);
    });
  }

  test('an opcode or a name that is not known is named with its byte', async () => {
    const error = await openDocuments(join(refused, 'eval.pkl'), folder).catch((e) => e);
    expect(error.details.byte).toBeGreaterThan(10);
    expect(error.details.remedy).toContain('executes nothing');
  });
});

describe('damaged documents', () => {
  const attempt = async (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    try {
      (await openDocuments(path, folder)).close();
      return 'read';
    } catch (error) {
      if (isVtsError(error) && error.exitCode !== 1) return 'refused';
      throw error;
    }
  };

  test('a pickle that is cut anywhere is refused', async () => {
    const bytes = readFileSync(join(FOLDER, 'langchain_protocol4', 'index.pkl'));
    const next = random(1);
    for (let i = 0; i < 400; i++) {
      const cut = i < 200 ? i : Math.floor(next() * bytes.length);
      expect(await attempt('cut.pkl', bytes.subarray(0, cut))).toBe('refused');
    }
  });

  test('pickles and JSON with bits flipped and lengths grown never crash', async () => {
    const next = random(2);
    for (
      const name of [
        'langchain_protocol4/index.pkl',
        'langchain_protocol2/index.pkl',
        'langchain_js/docstore.json',
      ]
    ) {
      const bytes = Uint8Array.from(readFileSync(join(FOLDER, name)));
      for (let i = 0; i < 500; i++) {
        const changed = bytes.slice();
        const at = Math.floor(next() * bytes.length);
        if (next() < 0.6) changed[at] ^= 1 << Math.floor(next() * 8);
        else changed.fill(0xff, at, at + 4);
        await attempt(`changed${name.slice(name.lastIndexOf('.'))}`, changed);
      }
    }
  });

  test('JSON that is cut anywhere is refused', async () => {
    const bytes = readFileSync(join(FOLDER, 'langchain_js', 'docstore.json'));
    for (let cut = 0; cut < bytes.length; cut += 3) {
      expect(await attempt('docstore.json', bytes.subarray(0, cut))).toBe('refused');
    }
  });
});
