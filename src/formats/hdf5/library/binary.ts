/**
 * The WebAssembly of HDF5's library, which h5wasm keeps as a string in a script. Executables are built with another file in this
 * one's place, that reads the same bytes from where the build has put them: see `scripts/bundle.ts`.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The script of h5wasm. */
export const SCRIPT = resolve(import.meta.dirname!, '../../../../node_modules/h5wasm/dist/esm/hdf5_util.js');

const BEFORE = 'function findWasmBinary(){return binaryDecode(';
const AFTER = ')}function getBinarySync(';

/** The library. */
export function readBinary(): Uint8Array<ArrayBuffer> {
  return splitScript(readFileSync(SCRIPT, 'utf8')).binary;
}

/** What the script of h5wasm is without its string, and the bytes that the string stands for. */
export function splitScript(script: string): { code: string; binary: Uint8Array<ArrayBuffer> } {
  const start = script.indexOf(BEFORE) + BEFORE.length;
  const end = script.indexOf(AFTER, start);
  if (start < BEFORE.length || end < 0) throw new TypeError('h5wasm does not keep its binary where it did');
  return {
    code: `${script.slice(0, start)}''${script.slice(end)}`,
    binary: decodeLiteral(script.slice(start, end)),
  };
}

/** As Emscripten writes a binary: each character is a byte, or above 255 the complement of one. */
function decodeLiteral(literal: string): Uint8Array<ArrayBuffer> {
  const text = new Function(`return ${literal}`)() as string;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = ~code >> 8 & code;
  }
  return bytes;
}
