/**
 * Compiles src/kernels/assembly with the AssemblyScript compiler into src/kernels/module.ts, which is kept with the source.
 *
 *     deno task kernels     bun scripts/kernels.ts --print     what that file ought to be
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import asc from 'assemblyscript/asc';

const ROOT = resolve(import.meta.dirname!, '..');

/** The module's source. The compiler changes how the arrays of its process are sorted, so no other program should load it. */
async function compileKernels(): Promise<string> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([
    'kernels.ts',
    ...['--baseDir', resolve(ROOT, 'src/kernels/assembly'), '--outFile', 'kernels.wasm'],
    ...['--enable', 'simd'],
    ...['-O3', '--converge', '--uncheckedBehavior', 'always', '--runtime', 'stub', '--initialMemory', '3'],
  ], {
    writeFile(name: string, contents: string | Uint8Array) {
      if (name === 'kernels.wasm') binary = contents as Uint8Array;
    },
  });
  if (error !== null || binary === undefined) throw new TypeError(stderr.toString(), { cause: error });
  const lines = Buffer.from(binary).toString('base64').match(/.{1,100}/g)!;
  return `/** WebAssembly of \`assembly/\`, made by \`deno task kernels\`. */\nexport const MODULE = [\n${
    lines.map((line) => `  '${line}',\n`).join('')
  }].join('');\n`;
}

const made = await compileKernels();
if (process.argv.includes('--print')) process.stdout.write(made);
else writeFileSync(resolve(ROOT, 'src/kernels/module.ts'), made);
