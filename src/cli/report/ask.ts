/** A question to a person. */
import { createInterface } from 'node:readline/promises';

/** Whether there is someone to ask: both where answers come from and where questions go are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks `question`; anything but y and yes is a no. */
export async function askYesNo(question: string, signal: AbortSignal): Promise<boolean> {
  // Not in raw mode, so that Ctrl-C stays a signal.
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: false });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    return /^\s*y(es)?\s*$/i.test(answer);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    terminal.close();
  }
}
