/** Reads a HOCON document. */
import type { Problems } from '../problems.ts';
import type { ObjectNode } from './node.ts';
import { parseDocument } from './parse.ts';
import { resolveDocument } from './resolve.ts';
import { scanner, SyntaxFault } from './scanner.ts';
import type { Variables } from './variables.ts';

/** How a document is read. */
export interface HoconOptions {
  /** `${NAME}` stands for a key of the document, else for one of these. */
  readonly variables: Variables;
  /** The keys of the root in whose objects a key may be repeated. */
  readonly repeatable?: readonly string[];
}

/** The document `text`; what is wrong with it is added to `problems`. `undefined` when it cannot be understood at all. */
export function readHocon(text: string, problems: Problems, options: HoconOptions): ObjectNode | undefined {
  try {
    const fields = parseDocument(scanner(text, problems));
    return resolveDocument(fields, { ...options, problems, repeatable: new Set(options.repeatable) });
  } catch (error) {
    if (error instanceof SyntaxFault) return undefined;
    throw error;
  }
}
