/** What a verb loads before it needs it. */
import { expect, test } from 'bun:test';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const SRC = resolve(import.meta.dirname!, '../../src');

/** Every module that is loaded with `file`; types load nothing. */
function loadedWith(file: string, reached = new Set<string>()): Set<string> {
  if (reached.has(file)) return reached;
  reached.add(file);
  const text = readFileSync(join(SRC, file), 'utf8');
  for (const [, name] of text.matchAll(/^(?:import|export)(?! type)[^;]*?from '([^']+)'/gm)) {
    if (!name.startsWith('.')) reached.add(name);
    else if (name.endsWith('.ts')) loadedWith(relative(SRC, join(SRC, dirname(file), name)), reached);
  }
  return reached;
}

/** What addresses and flags are made of: text and plain data, no library. */
const LIGHT = ['endpoint-url.ts', 'model.ts', 'near-names.ts', 'sink/reject-column.ts'].map((name) =>
  `connectors/milvus/${name}`
);

test('no command loads the Milvus connector, nor the SDK, before it talks to a server', () => {
  for (const file of globSync('cli/**/*.ts', { cwd: SRC })) {
    const loaded = [...loadedWith(file)];
    const heavy = loaded.filter((name) =>
      (name.startsWith('connectors/milvus/') && !LIGHT.includes(name)) || /grpc|milvus2|protobuf/.test(name)
    );
    expect([file, heavy]).toEqual([file, []]);
  }
});

test('what every start loads knows nothing of servers', () => {
  expect([...loadedWith('main.ts')].filter((name) => name.includes('milvus'))).toEqual([]);
});
