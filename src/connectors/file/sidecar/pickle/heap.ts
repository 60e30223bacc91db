/**
 * What a pickle builds: lists, dictionaries, objects. Those of a finished document are frozen: their JSON text is kept and they are let go
 * of, so that only what is being built takes memory.
 */
import { VtsError } from '../../../../errors.ts';
import type { Role } from './globals.ts';
import { type Handle, handle, payloadOf, TAG, tagOf } from './handle.ts';
import { Numbers } from './numbers.ts';

/** A simple value that took more than an opcode to say. */
export type Scalar =
  /** Anything that becomes JSON, as such. */
  | { readonly as: 'json'; readonly text: string }
  | { readonly as: 'bytes'; readonly bytes: Uint8Array }
  /** Microseconds. */
  | { readonly as: 'duration' | 'timezone'; readonly microseconds: bigint }
  | { readonly as: 'dtype'; readonly code: string; readonly bigEndian: boolean };

/** Something that is being built. */
export type Container =
  | { readonly kind: 'list' | 'set'; readonly items: Handle[] }
  /** Keys and values in turn. */
  | { readonly kind: 'dict'; readonly items: Handle[] }
  | { readonly kind: 'object'; readonly role: Role; readonly state?: Handle }
  | { readonly kind: 'scalar'; readonly value: Scalar };

/** Containers at a time: what is being built of one document, and the list of all. */
const MAX_LIVE = 4_000_000;

const NO_TEXT = -1;
const DOCUMENT = -2;

/** All containers of a pickle, by number. */
export class Heap {
  readonly #live = new Map<number, Container>();
  /** Of what is frozen: where its text begins and ends; of documents: which one, and {@linkcode DOCUMENT}. */
  readonly #starts = new Numbers();
  readonly #ends = new Numbers();

  add(container: Container): Handle {
    if (this.#live.size >= MAX_LIVE) {
      throw new VtsError('MemoryLimit', `The pickle builds more than ${MAX_LIVE} things at once`, {
        expected: 'the documents of a LangChain store',
      });
    }
    const id = this.#starts.length;
    this.#starts.push(NO_TEXT);
    this.#ends.push(NO_TEXT);
    this.#live.set(id, container);
    return handle(TAG.container, id);
  }

  /** The container of `value`; `undefined` for other values and for what is let go of. */
  get(value: Handle): Container | undefined {
    return tagOf(value) === TAG.container ? this.#live.get(payloadOf(value)) : undefined;
  }

  replace(value: Handle, container: Container): void {
    this.#live.set(payloadOf(value), container);
  }

  /** Lets go of a container whose JSON text is [`start`, `end`) of all texts. */
  freeze(value: Handle, start: number, end: number): void {
    const id = payloadOf(value);
    this.#starts.set(id, start);
    this.#ends.set(id, end);
    this.#live.delete(id);
  }

  /** Lets go of a container that nobody will ask for. */
  drop(value: Handle): void {
    if (tagOf(value) === TAG.container) this.#live.delete(payloadOf(value));
  }

  /** Where the JSON text of a frozen container is. */
  rangeOf(value: Handle): readonly [number, number] | undefined {
    const id = payloadOf(value);
    const end = this.#ends.get(id);
    return end < 0 ? undefined : [this.#starts.get(id), end];
  }

  /** Notes that a container was document `index`. */
  finishDocument(value: Handle, index: number): void {
    this.freeze(value, index, DOCUMENT);
  }

  /** Which document a container was. */
  documentOf(value: Handle): number | undefined {
    if (tagOf(value) !== TAG.container) return undefined;
    const id = payloadOf(value);
    return this.#ends.get(id) === DOCUMENT ? this.#starts.get(id) : undefined;
  }
}
