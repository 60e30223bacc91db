/**
 * Bundles and compiles an executable with Bun: `bun scripts/bundle.ts OUTFILE [TARGET]`. Called by build.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import type { BunPlugin } from 'bun';

const ROOT = resolve(import.meta.dirname!, '..');
/** The main file first; workers follow, as the executable must hold them too. */
const ENTRIES = ['src/main.ts', 'src/formats/jsonl/thread.ts'];
const WASM = resolve(ROOT, 'dist/h5wasm/hdf5.wasm');

/**
 * h5wasm keeps its WebAssembly as a string in a script, which takes longer to load and decode than all else that a small
 * conversion does. The executable holds it as a file instead; whoever runs from source runs the package as it is.
 */
const binaryAsFile: BunPlugin = {
  name: 'h5wasm-binary-as-file',
  setup(build) {
    build.onLoad({ filter: /[\\/]h5wasm[\\/]dist[\\/]esm[\\/]hdf5_util\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const [start, end] = ['function findWasmBinary(){return binaryDecode(', ')}function getBinarySync('];
      const from = text.indexOf(start);
      const to = text.indexOf(end, from);
      if (from < 0 || to < 0) throw new TypeError(`${path} does not keep its binary where it did`);
      mkdirSync(resolve(WASM, '..'), { recursive: true });
      writeFileSync(WASM, decodeBinary(text.slice(from + start.length, to)));
      const contents = [
        `import { readFileSync } from 'node:fs';`,
        `import wasm from ${JSON.stringify(WASM)} with { type: 'file' };`,
        `${text.slice(0, from)}function findWasmBinary(){return readFileSync(wasm${text.slice(to)}`,
      ].join('\n');
      return { contents, loader: 'js' };
    });
  },
};

/** The bytes of a string literal as Emscripten writes it: each character is a byte, or its complement above 255. */
function decodeBinary(literal: string): Uint8Array {
  const text = new Function(`return ${literal}`)() as string;
  const bytes = Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    return ~code >> 8 & code;
  });
  if (!WebAssembly.validate(bytes)) throw new TypeError('the binary of h5wasm could not be decoded');
  return bytes;
}

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
