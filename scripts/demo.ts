/**
 * What vts does, with the built executable: a chain of conversions whose last file equals the first, then a real Milvus on
 * loopback, which gets the index, searches it, and gives it back unchanged.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startMilvus } from './servers/milvus.ts';

const ROOT = resolve(import.meta.dirname!, '..');
const PYTHON = join(ROOT, '.venv/bin/python');
const folder = mkdtempSync(join(tmpdir(), 'vts-demo-'));
cpSync(resolve(ROOT, 'fixtures/demo'), folder, { recursive: true });

function vts(...args: string[]): void {
  console.log(`\n$ vts ${args.join(' ')}`);
  const { status } = spawnSync(resolve(ROOT, 'dist/vts'), args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`vts ended with exit code ${status}`);
}

function requireSame(a: string, b: string): void {
  const [before, after] = [a, b].map((name) => readFileSync(join(folder, name)));
  if (!before.equals(after)) throw new Error(`${b} differs from ${a}`);
}

/** Searches the collection with pymilvus, and index.faiss with Faiss, for the same vector; both have to find the same. */
const SEARCH = `
import sys, faiss
from pymilvus import MilvusClient
index = faiss.read_index('index.faiss')
query = index.index.reconstruct(0)
client = MilvusClient(uri='http://' + sys.argv[1])
[hits] = client.search('faces', [query.tolist()], anns_field='vector', limit=3)
distances, ids = index.search(query.reshape(1, -1), 3)
for hit, distance, id in zip(hits, distances[0], ids[0]):
    print(f"  Milvus {hit['id']} {hit['distance']:.4f}   Faiss {id} {distance:.4f}")
    assert hit['id'] == id
`;

function search(address: string): void {
  console.log('\nThe nearest to the first vector by inner product, searched with pymilvus and with Faiss:');
  const { status } = spawnSync(PYTHON, ['-W', 'ignore', '-c', SEARCH, address], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the search failed');
}

try {
  vts('inspect', 'index.faiss');
  vts('convert', 'index.faiss', 'vectors-1.parquet');
  vts('convert', 'vectors-1.parquet', 'vectors-2.h5');
  vts('convert', 'vectors-2.h5', 'vectors-3.jsonl.zst');
  vts('convert', 'vectors-3.jsonl.zst', 'back.faiss', '--id', 'id', '--vector', 'vector', '--metric', 'IP');
  requireSame('index.faiss', 'back.faiss');
  console.log('\nback.faiss is index.faiss, byte for byte: four formats later nothing was lost.');

  console.log('\nStarting a Milvus 2.3.5 ...');
  const server = await startMilvus();
  try {
    const collection = `milvus://${server.address}/default/faces`;
    vts('import', 'index.faiss', collection, '--index', 'vector:HNSW{M:16,efConstruction:200}');
    vts('inspect', collection);
    search(server.address);
    vts('export', collection, 'from-milvus.faiss');
    requireSame('index.faiss', 'from-milvus.faiss');
    console.log('\nfrom-milvus.faiss is index.faiss, byte for byte: Milvus gave back what it got.');
  } finally {
    await server.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
