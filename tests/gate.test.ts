/** The checks that `deno task check` runs, and the rules of the layout that no compiler knows. */
import { describe, expect, test } from 'bun:test';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '..');
const DENO = process.env.VTS_DENO ?? 'deno';

function deno(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(DENO, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return status === 0 ? '' : `${error ?? ''}${stdout}${stderr}`;
}

describe('the code', () => {
  test('is formatted', () => expect(deno('fmt', '--check')).toBe(''));
  test('passes the linter', () => expect(deno('lint')).toBe(''));
  test('has sound types', () => expect(deno('check', 'src', 'scripts', 'tests')).toBe(''));
});

/** What each layer may import, besides itself. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  core: ['errors.ts'],
  kernels: [],
  stores: ['errors.ts'],
  formats: ['core', 'errors.ts', 'kernels', 'stores/bytes.ts'],
  jobs: ['core', 'errors.ts'],
  connectors: ['core', 'errors.ts', 'formats', 'stores'],
  cli: ['connectors', 'core', 'errors.ts', 'formats', 'jobs', 'stores'],
  'main.ts': ['cli', 'errors.ts'],
};

/** The one folder that may import a third-party library. */
const LIBRARIES: Readonly<Record<string, string>> = {
  hyparquet: 'formats/parquet',
  'hyparquet-writer': 'formats/parquet',
  h5wasm: 'formats/hdf5',
  '@commander-js/extra-typings': 'cli',
  '@zilliz/milvus2-sdk-node': 'connectors/milvus',
  '@grpc/grpc-js': 'connectors/milvus',
  protobufjs: 'connectors/milvus',
  yaml: 'jobs',
};

const SOURCES = globSync('src/**/*.ts', { cwd: ROOT }).map((path) => relative('src', path));

/** The modules that `file` imports, relative ones as paths under `src`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\b[^;']*?\bfrom '([^']+)';|\bimport\('([^']+)'\)/gm)]
    .map((m) => m[1] ?? m[2]);
  // What a package does not export is reached by its path.
  return found.map((name) =>
    name.startsWith('.')
      ? relative('src', join('src', dirname(file), name)).replace(/^.*node_modules\//, '')
      : name
  );
}

describe('the layers', () => {
  test('import one way only', () => {
    const wrong: string[] = [];
    for (const file of SOURCES) {
      const layer = file.split('/')[0];
      expect(Object.keys(LAYERS)).toContain(layer);
      for (const name of importsOf(file)) {
        if (name.endsWith('.json') || !name.endsWith('.ts')) continue;
        const allowed = [layer, ...LAYERS[layer]].some((prefix) =>
          name === prefix || name.startsWith(`${prefix}/`)
        );
        if (!allowed) wrong.push(`${file} imports ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('formats do not know each other', () => {
    const wrong = SOURCES.filter((file) => /^formats\/\w+\//.test(file)).flatMap((file) => {
      const own = file.split('/').slice(0, 2).join('/');
      return importsOf(file).filter((name) => /^formats\/\w+\//.test(name) && !name.startsWith(`${own}/`))
        .map((name) => `${file} imports ${name}`);
    });
    expect(wrong).toEqual([]);
  });

  test('third-party libraries stay in the folder named after their use', () => {
    const wrong = SOURCES.flatMap((file) =>
      importsOf(file).filter((name) => !/^(node|bun):|\.ts$|\.json$/.test(name)).filter((name) => {
        const library = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : name.split('/')[0];
        return LIBRARIES[library] === undefined || !file.startsWith(`${LIBRARIES[library]}/`);
      }).map((name) => `${file} imports ${name}`)
    );
    expect(wrong).toEqual([]);
  });

  test('what every start loads holds no heavy library', () => {
    const reached = new Set<string>();
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      const text = readFileSync(join(ROOT, 'src', file), 'utf8');
      for (const [, name] of text.matchAll(/^(?:import|export)(?! type)[^;]*?from '(\.[^']+\.ts)'/gm)) {
        visit(relative('src', join('src', dirname(file), name)));
      }
    };
    visit('main.ts');
    const heavy = [...reached].filter((file) => /^formats\/\w+\//.test(file) && !file.endsWith('/info.ts'));
    expect(heavy.flatMap((file) => importsOf(file).filter((name) => LIBRARIES[name.split('/')[0]]))).toEqual(
      [],
    );
    expect([...reached].filter((file) => /^cli\/convert|^connectors\/milvus\//.test(file))).toEqual([]);
  });

  test('plain errors are for bugs only', () => {
    const wrong = SOURCES.filter((file) =>
      /throw new (Error|RangeError)\(/.test(readFileSync(join(ROOT, 'src', file), 'utf8'))
    );
    expect(wrong).toEqual([]);
  });
});
