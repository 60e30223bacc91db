/**
 * Bundles and compiles an executable with Bun: `bun scripts/bundle.ts OUTFILE [TARGET]`. Called by build.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { BunPlugin } from 'bun';
import { SCRIPT, splitScript } from '../src/formats/hdf5/library/binary.ts';

const ROOT = resolve(import.meta.dirname!, '..');
/** The main file first; workers follow, as the executable must hold them too. */
const ENTRIES = ['src/main.ts', 'src/formats/jsonl/thread.ts'];
const WASM = resolve(ROOT, 'dist/h5wasm/hdf5.wasm');

/**
 * h5wasm keeps its WebAssembly as a string in a script, which takes longer to load and decode than all else that a small
 * conversion does. The executable holds it as a file.
 */
const binaryAsFile: BunPlugin = {
  name: 'h5wasm-binary-as-file',
  setup(build) {
    const { code, binary } = splitScript(readFileSync(SCRIPT, 'utf8'));
    mkdirSync(dirname(WASM), { recursive: true });
    writeFileSync(WASM, binary);
    const reading = `import { readFileSync } from 'node:fs';
      import file from ${JSON.stringify(WASM)} with { type: 'file' };
      export const readBinary = () => readFileSync(file);`;
    build.onLoad({ filter: /h5wasm.dist.esm.hdf5_util\.js$/ }, () => ({ contents: code, loader: 'js' }));
    build.onLoad({ filter: /formats.hdf5.library.binary\.ts$/ }, () => ({ contents: reading, loader: 'js' }));
  },
};

const [outfile, target] = process.argv.slice(2);
const { success, logs } = await Bun.build({
  entrypoints: ENTRIES.map((entry) => resolve(ROOT, entry)),
  compile: { outfile, ...(target !== undefined && { target: target as Bun.Build.CompileTarget }) },
  // Split, so that `vts --version` need not load what only a conversion does.
  splitting: true,
  format: 'esm',
  minify: { syntax: true, whitespace: true },
  plugins: [binaryAsFile],
});
for (const log of logs) console.error(String(log));
if (!success) process.exit(1);
