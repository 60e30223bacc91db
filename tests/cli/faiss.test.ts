/** Faiss indexes on the command line: lossy codes, lists on disk, ids and documents beside them, indexes to write. */
import { describe, expect, test } from 'bun:test';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fixture } from '../support/fixtures.ts';
import { type Outcome, type Workspace, workspace } from '../support/cli.ts';

/** Puts `fixtures/NAME` into `place` as `target`. */
function put(place: Workspace, name: string, target: string): void {
  mkdirSync(dirname(place.file(target)), { recursive: true });
  cpSync(fixture(name), place.file(target));
}

const rowsOf = ({ stdout }: Outcome): Record<string, unknown>[] =>
  stdout.trim().split('\n').map((line) => JSON.parse(line));

describe('vectors that an index keeps as codes', () => {
  test('are refused, then decoded with --allow-lossy, which summary and output state', () => {
    using place = workspace();
    put(place, 'faiss/kinds/ivfpq.faiss', 'codes.faiss');
    const refused = place.run('vts convert codes.faiss out.parquet');
    expect(refused.exit).toBe(6);
    expect(refused.stderr).toContain('remedy:   --allow-lossy decodes them');
    const done = place.run('vts convert codes.faiss out.parquet --allow-lossy');
    expect(done.exit).toBe(0);
    expect(done.stderr).toMatch(/\nlossy: vectors were decoded from PQ4x4 codes\n$/);
    const seen = JSON.parse(place.run('vts inspect out.parquet --json').stdout);
    expect(seen.lossy).toBe('PQ4x4 codes');
    expect(seen.schema.fields[1].description).toContain('decoded from PQ4x4 codes');
    const events = place.run('vts convert codes.faiss out.jsonl --allow-lossy --json');
    const summary = rowsOf(events).find(({ type }) => type === 'summary');
    expect(summary).toMatchObject({ rowsWritten: 70, lossy: 'PQ4x4 codes' });
    expect(place.run('vts convert codes.faiss ids.jsonl --allow-lossy --fields id').stderr).not.toContain(
      '\nlossy:',
    );
  });

  test('are shown by inspect, which says how to get them', () => {
    using place = workspace();
    put(place, 'faiss/kinds/opq_ivfpq.faiss', 'any.index');
    const { exit, stdout } = place.run('vts inspect any.index');
    expect(exit).toBe(0);
    expect(stdout).toContain('index: PreTransform(OPQ 16->8) > IVF4 > PQ4x4');
    expect(stdout).toContain(
      'reading: vectors decoded from codes, lossy (PQ4x4 codes behind OPQ 16->8); convert',
    );
    expect(stdout).toContain('listSizes:');
  });

  test('that are not stored at all leave an index to inspect', () => {
    using place = workspace();
    put(place, 'faiss/kinds/hnsw_skip_storage.faiss', 'graph.faiss');
    const { exit, stdout } = place.run('vts inspect graph.faiss');
    expect(exit).toBe(0);
    expect(stdout).toContain('reading: vectors not stored: the index was saved without its vectors');
    expect(place.run('vts convert graph.faiss out.parquet --allow-lossy').exit).toBe(6);
  });
});

describe('lists on disk', () => {
  test('are read from the file of that name beside the index, never from elsewhere', () => {
    using place = workspace();
    put(place, 'faiss/kinds/ivf_on_disk.faiss', 'a/lists.faiss');
    const missing = place.run('vts convert a/lists.faiss out.parquet');
    expect(missing.exit).toBe(6);
    expect(missing.stderr).toContain('remedy:   put "ivf_on_disk.ivfdata" into the folder of the index');
    // Neither the working directory nor the folder that the index names is looked at.
    put(place, 'faiss/kinds/ivf_on_disk.ivfdata', 'ivf_on_disk.ivfdata');
    expect(place.run('vts convert a/lists.faiss out.parquet').exit).toBe(6);
    put(place, 'faiss/kinds/ivf_on_disk.ivfdata', 'a/ivf_on_disk.ivfdata');
    expect(place.run('vts convert a/lists.faiss out.parquet').stderr).toContain('read 70 = written 70');
    writeFileSync(place.file('a/ivf_on_disk.ivfdata'), new Uint8Array(100));
    expect(place.run('vts convert a/lists.faiss cut.parquet').stderr).toContain('has 100 bytes');
  });
});

describe('documents beside an index', () => {
  const langchain = (place: Workspace) => {
    put(place, 'documents/langchain_protocol4/index.faiss', 'store/index.faiss');
    put(place, 'documents/langchain_protocol4/index.pkl', 'store/index.pkl');
  };

  test('are joined by themselves, and left out with --no-documents', () => {
    using place = workspace();
    langchain(place);
    const joined = place.run('vts convert store/index.faiss - --to jsonl');
    expect(joined.stderr).toContain(
      'store/index.pkl, which stands beside the index, is taken for its documents',
    );
    expect(Object.keys(rowsOf(joined)[0])).toEqual(['id', 'vector', 'text', 'metadata']);
    const alone = place.run('vts convert store/index.faiss - --to jsonl --no-documents');
    expect(Object.keys(rowsOf(alone)[0])).toEqual(['vector']);
    const env = place.run('vts convert store/index.faiss - --to jsonl', { VTS_NO_DOCUMENTS: '1' });
    expect(Object.keys(rowsOf(env)[0])).toEqual(['vector']);
  });

  test('are named with --documents where they have another name', () => {
    using place = workspace();
    put(place, 'documents/langchain_js/faiss.index', 'vectors.index');
    put(place, 'documents/langchain_js/docstore.json', 'texts.json');
    const { stdout } = place.run('vts convert vectors.index - --to jsonl --documents texts.json');
    expect(Object.keys(JSON.parse(stdout.split('\n')[0]))).toEqual(['id', 'vector', 'text', 'metadata']);
    expect(place.run('vts convert vectors.index vectors.index x.jsonl --documents texts.json').exit).toBe(2);
  });

  test("are found beside LlamaIndex' index, whose name does not say Faiss", () => {
    using place = workspace();
    for (const name of ['default__vector_store.json', 'docstore.json', 'index_store.json']) {
      put(place, `documents/llamaindex/${name}`, `persist/${name}`);
    }
    const rows = rowsOf(place.run('vts convert persist/default__vector_store.json - --to jsonl'));
    expect(rows[0]).toMatchObject({ id: 'node-0', text: expect.stringContaining('text 0') });
  });

  test('are left out of formats that hold vectors only', () => {
    using place = workspace();
    langchain(place);
    expect(place.run('vts convert store/index.faiss copy.faiss').exit).toBe(0);
    expect(place.run('vts convert store/index.faiss copy.fvecs').exit).toBe(0);
  });

  test('that hold more than documents are refused, and the index can be had alone', () => {
    using place = workspace();
    langchain(place);
    put(place, 'documents/refused/eval.pkl', 'store/index.pkl');
    const { exit, stderr } = place.run('vts convert store/index.faiss out.parquet');
    expect(exit).toBe(6);
    expect(stderr).toContain('--no-documents for the index alone');
    expect(place.run('vts convert store/index.faiss out.parquet --no-documents').exit).toBe(0);
  });
});

describe('ids in a file of their own', () => {
  test('become the id column', () => {
    using place = workspace();
    put(place, 'faiss/flat_l2.faiss', 'flat.faiss');
    writeFileSync(
      place.file('ids.txt'),
      Array.from({ length: 50 }, (_, i) => `${9007199254740993n + BigInt(i)}\n`).join(''),
    );
    const rows = place.run('vts convert flat.faiss - --to jsonl --ids ids.txt').stdout.split('\n');
    expect(rows[0]).toContain('9007199254740993');
    writeFileSync(place.file('short.txt'), '1\n2\n');
    const short = place.run('vts convert flat.faiss out.parquet --ids short.txt');
    expect(short.exit).toBe(6);
    expect(short.stderr).toContain('short.txt has 2 entries');
    expect(place.run('vts convert flat.faiss out.parquet --ids ids.txt --documents x.pkl').exit).toBe(2);
  });
});

describe('--faiss-index', () => {
  test('writes the index that it names', () => {
    using place = workspace();
    put(place, 'faiss/idmap2_flat.faiss', 'in.faiss');
    for (const spec of ['IDMap2,Flat', 'IDMap2,SQ8', 'IDMap2,SQfp16']) {
      expect(place.run(`vts convert in.faiss out.faiss --overwrite --faiss-index '${spec}'`).exit).toBe(0);
      const seen = JSON.parse(place.run('vts inspect out.faiss --json').stdout);
      expect(seen.facts.index).toBe(spec.replace(',', ' > '));
    }
    expect(place.run('vts convert in.faiss flat.faiss --faiss-index Flat --fields vector').exit).toBe(0);
    const refused = place.run('vts convert in.faiss sq.faiss --faiss-index SQ8');
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('--faiss-index IDMap2,SQ8');
  });

  test('is refused where it means nothing', () => {
    using place = workspace();
    put(place, 'faiss/idmap2_flat.faiss', 'in.faiss');
    const unknown = place.run('vts convert in.faiss out.faiss --faiss-index HNSW32');
    expect(unknown.exit).toBe(2);
    expect(unknown.stderr).toContain('one of Flat, IDMap2,Flat, SQfp16');
    expect(place.run('vts convert in.faiss out.parquet --faiss-index Flat').exit).toBe(2);
  });

  test('goes through part files, whose rows are counted again', () => {
    using place = workspace();
    put(place, 'faiss/idmap2_flat.faiss', 'in.faiss');
    const { exit, stderr } = place.run(
      "vts convert in.faiss parts/ --to faiss --part-size 1KiB --faiss-index 'IDMap2,SQ8'",
    );
    expect(`${exit} ${stderr}`).toMatch(/^0 [^]*= counted in the output/);
  });
});
