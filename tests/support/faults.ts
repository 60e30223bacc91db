/** File operations that count and fail on demand. */
import { type FileOps, nodeFileOps } from '../../src/stores/file-ops.ts';

/** Wraps the real operations: the `n`th call (from 1) to one of `names` runs `fault` first. */
export function faultyFileOps(
  n: number,
  fault: (name: keyof FileOps) => void,
  names: readonly (keyof FileOps)[] = [
    'open',
    'read',
    'write',
    'fsync',
    'truncate',
    'close',
    'rename',
    'unlink',
    'list',
  ],
): FileOps & { readonly calls: number } {
  let calls = 0;
  const wrapped = Object.fromEntries(
    Object.entries(nodeFileOps).map(([name, operation]) => [name, (...args: unknown[]) => {
      if (names.includes(name as keyof FileOps) && ++calls === n) fault(name as keyof FileOps);
      return (operation as (...args: unknown[]) => unknown)(...args);
    }]),
  ) as unknown as FileOps;
  return Object.defineProperty(wrapped, 'calls', { get: () => calls }) as FileOps & {
    readonly calls: number;
  };
}

/** Throws as Node does. */
export function failWith(code: string): never {
  throw Object.assign(new Error(`${code}: made to fail`), { code });
}
