/** Writes to the terminal. A stream that is gone (`| head`) never breaks a run. */
import { writeSync } from 'node:fs';

/** Writes `text` to standard output (1) or error (2). */
export function print(stream: 1 | 2, text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(stream, bytes, done, bytes.length - done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
