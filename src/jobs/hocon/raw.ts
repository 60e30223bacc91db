/** A HOCON document as it is written: assignments and values in pieces, before variables and merging. */
import type { Position } from '../problems.ts';

/** `PATH = VALUE` or `PATH += VALUE`. */
export interface RawField {
  readonly path: readonly string[];
  readonly at: Position;
  readonly append: boolean;
  readonly value: RawValue;
}

/** Pieces one behind the other on a line, which make one value together. */
export interface RawValue {
  readonly at: Position;
  readonly pieces: readonly Piece[];
}

/** A piece of a value. */
export type Piece =
  | { readonly kind: 'text'; readonly at: Position; readonly text: string; readonly quoted: boolean }
  /** Spaces between two pieces, which belong to the text where both are text. */
  | { readonly kind: 'space'; readonly at: Position; readonly text: string }
  | { readonly kind: 'object'; readonly at: Position; readonly fields: readonly RawField[] }
  | { readonly kind: 'list'; readonly at: Position; readonly items: readonly RawValue[] }
  | Reference;

/** `${PATH}`, `${?PATH}` or `${NAME:otherwise}`. */
export interface Reference {
  readonly kind: 'reference';
  readonly at: Position;
  /** As it is written between the braces. */
  readonly name: string;
  readonly path: readonly string[];
  readonly optional: boolean;
  readonly otherwise: string | undefined;
}
