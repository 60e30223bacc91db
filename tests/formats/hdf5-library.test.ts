/** How the WebAssembly of HDF5's library is taken out of the package that holds it. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { readBinary, SCRIPT, splitScript } from '../../src/formats/hdf5/library/binary.ts';
import { compiledLibrary } from '../../src/formats/hdf5/library/compiled.ts';

const script = readFileSync(SCRIPT, 'utf8');

test('the binary is whole, and the script without it is small and complete', () => {
  const { code, binary } = splitScript(script);
  expect(WebAssembly.validate(binary)).toBe(true);
  expect(readBinary()).toEqual(binary);
  expect(code.length).toBeLessThan(200_000);
  expect(() => new Bun.Transpiler({ loader: 'js' }).scan(code)).not.toThrow();
});

test('a package that keeps it elsewhere fails the build, not the user', () => {
  expect(() => splitScript(script.replace('function getBinarySync', 'function getBinary'))).toThrow(
    TypeError,
  );
  expect(() => splitScript('')).toThrow(TypeError);
});

test('is compiled once', async () => {
  expect(await compiledLibrary()).toBe(await compiledLibrary());
});
