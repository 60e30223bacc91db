/** What the reference libraries read of our JSON lines. */
import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueAt } from '../../src/core/values.ts';
import { jsonl } from '../../src/formats/jsonl/format.ts';
import { WRITE, writeTable } from '../support/format-io.ts';
import { runPython } from '../support/python.ts';
import { everyKind, filterFields, randomTable } from '../support/tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'vts-jsonl-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const plain = filterFields(
  everyKind(8),
  (f) => ['id', 'int32', 'text', 'words', 'vector8', 'bits'].includes(f.name),
);
const table = randomTable(plain, { rows: 200, seed: 3 });

/** The rows as Python prints them. */
function pythonRows(): string[] {
  return Array.from({ length: table.length }, (_, row) => {
    const values = table.columns.map((column) => {
      const value = valueAt(column, row);
      if (typeof value === 'bigint') return String(value);
      return ArrayBuffer.isView(value)
        ? JSON.stringify(Array.from(value as Int8Array))
        : JSON.stringify(value);
    });
    return values.join('|');
  });
}

const READERS: Readonly<Record<string, string>> = {
  json: 'import json\nrows = [json.loads(line) for line in lines()]',
  orjson: 'import orjson\nrows = [orjson.loads(line) for line in lines()]',
  pyarrow: 'import pyarrow.json as j\nrows = j.read_json(path).to_pylist()',
  polars: 'import polars as pl\nrows = pl.read_ndjson(path).to_dicts()',
  duckdb:
    'import duckdb\nr = duckdb.sql(f"from read_json(\'{path}\')")\nrows = [dict(zip(r.columns, v)) for v in r.fetchall()]',
};

const PRINT = `
import json
for row in rows:
    print("|".join(json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in row.values()))
`;

const LINES = `
import sys
path = sys.argv[1]
def lines():
    return open(path, "rb").read().split(b"\\n")[:-1]
`;

describe('reference libraries read the same rows', () => {
  for (const [name, script] of Object.entries(READERS)) {
    test(name, async () => {
      const path = join(folder, `${name}.jsonl`);
      writeFileSync(path, await writeTable(jsonl, table));
      const printed = runPython(LINES + script + PRINT, path).split('\n').slice(0, -1);
      expect(printed).toEqual(pythonRows());
    });
  }

  test('float32 vectors bit by bit, with NumPy', async () => {
    const vectors = filterFields(everyKind(33), (f) => f.name === 'vector');
    const floats = randomTable(vectors, { rows: 300, seed: 5, nanPayloads: false });
    const path = join(folder, 'floats.jsonl');
    writeFileSync(path, await writeTable(jsonl, floats));
    const script = `
import json, numpy as np
special = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
rows = [[special.get(v, v) for v in json.loads(line)["vector"]] for line in lines()]
print(np.array(rows, dtype="f4").tobytes().hex())
`;
    const { values } = floats.columns[0];
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    expect(runPython(LINES + script, path).trim()).toBe(Buffer.from(bytes).toString('hex'));
  });

  test('compressed files, with gzip of Python, polars and DuckDB', async () => {
    for (const [compression, suffix] of [['gzip', 'gz'], ['zstd', 'zst']]) {
      const path = join(folder, `rows.jsonl.${suffix}`);
      writeFileSync(path, await writeTable(jsonl, table, { options: { ...WRITE, compression } }));
      const duckdb =
        `import duckdb\nprint(duckdb.sql(f"select count(*), sum(int32) from read_json('{path}')").fetchall()[0])`;
      const polars = 'import polars as pl\nf = pl.read_ndjson(path)\nprint((f.height, f["int32"].sum()))';
      const sum = Array.from({ length: 200 }, (_, row) => valueAt(table.columns[1], row) as number).reduce((
        a,
        b,
      ) => a + b);
      expect(runPython(LINES + duckdb, path).trim()).toBe(`(200, ${sum})`);
      expect(runPython(LINES + polars, path).trim()).toBe(`(200, ${sum})`);
    }
    const lines = runPython(
      `${LINES}import gzip\nprint(len(gzip.open(path).read().splitlines()))`,
      join(folder, 'rows.jsonl.gz'),
    );
    expect(lines.trim()).toBe('200');
  });
});
