/** What a user should know of how a MilvusDM file was understood. */
import type { Section } from './section.ts';

/** Collects remarks; keys that mean nothing for Milvus 2 get one line together. */
export class Remarks {
  readonly #notes = new Set<string>();
  readonly #passedOver = new Set<string>();

  /** Adds a remark, once. */
  add(text: string): void {
    this.#notes.add(text);
  }

  /** Passes over those of `keys` that `section` has. */
  passOver(section: Section, ...keys: readonly string[]): void {
    for (const key of keys) if (section.get(key) !== undefined) this.#passedOver.add(key);
  }

  /** All remarks. */
  all(): readonly string[] {
    const keys = [...this.#passedOver];
    if (keys.length === 0) return [...this.#notes];
    const verbs = keys.length === 1
      ? 'means nothing for Milvus 2 and is'
      : 'mean nothing for Milvus 2 and are';
    return [`${keys.join(', ')} ${verbs} passed over`, ...this.#notes];
  }
}
