// @ts-nocheck: this is AssemblyScript, which its own compiler checks.
/** What the module offers. */
import { readFloat32s } from './read-float32.ts';
import { writeFloat32s } from './write-float32.ts';

export { readFloat32s, writeFloat32s };
