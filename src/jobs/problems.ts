/** What is wrong with a job, collected, so that a user sees all of it at once and before anything runs. */
import { VtsError } from '../errors.ts';

/** A place in a text; lines and columns count from 1, as editors do. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong. */
export interface Problem extends Position {
  readonly message: string;
  readonly remedy?: string;
}

/** Collects problems of the job `file`. */
export class Problems {
  readonly found: Problem[] = [];

  constructor(readonly file: string) {}

  /** Adds a problem at `at`; the same one twice counts once. */
  add({ line, column }: Position, message: string, remedy?: string): void {
    const same = this.found.some((other) =>
      other.line === line && other.column === column && other.message === message
    );
    if (!same) this.found.push({ line, column, message, ...(remedy === undefined ? {} : { remedy }) });
  }

  /** Tells of places whether something was known to be wrong there when this was called. */
  known(): (at: Position) => boolean {
    const places = new Set(this.found.map(({ line, column }) => `${line}:${column}`));
    return ({ line, column }) => places.has(`${line}:${column}`);
  }

  /** @throws VtsError Usage, with all problems in the order of the text, where there are any */
  throwIfAny(): void {
    if (this.found.length === 0) return;
    const sorted = this.found.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.map(({ line, column, message, remedy }) =>
      `${this.file}:${line}:${column}: ${message}${remedy === undefined ? '' : `\n    remedy: ${remedy}`}`
    );
    const [{ line }] = sorted;
    const count = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
    throw new VtsError(
      'Usage',
      `${count}, so nothing was run\n${lines.map((text) => `  ${text}`).join('\n')}`,
      {
        file: this.file,
        line,
      },
    );
  }
}
