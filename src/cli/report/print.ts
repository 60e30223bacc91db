/** Writes to the terminal. A stream that is gone (`| head`) never breaks a run; a full disk behind it does. */
import { writeSync } from 'node:fs';
import { VtsError } from '../../errors.ts';

/** Writes `text` to standard output (1) or error (2). */
export function print(stream: 1 | 2, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(stream, bytes, done, bytes.length - done);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOSPC' && stream === 1) {
        throw new VtsError('DiskFull', `Cannot write to stdout: ${message}`);
      }
      if (code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
