/** The stack of a pickle with its marks, and its numbered values. */
import { VtsError } from '../../../../errors.ts';
import type { Handle } from './handle.ts';
import { Numbers } from './numbers.ts';

/** Values on the stack. Python itself puts no more than 2,000 there, tuples aside. */
const MAX_STACK = 4_000_000;
/** Values that are numbered: 1 GB of numbers. */
const MAX_MEMO = 2 ** 27;

/** What opcodes push to and pop from. Each method throws InputMalformed, without a place, for what is not there. */
export class PickleStack {
  readonly #values: Handle[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Numbers();

  push(value: Handle): true {
    this.#values.push(value);
    return room(this.#values);
  }

  pop(): Handle {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  top(): Handle {
    if (this.#values.length > (this.#marks.at(-1) ?? 0)) return this.#values[this.#values.length - 1];
    throw damaged('a value is missing');
  }

  mark(): true {
    this.#marks.push(this.#values.length);
    return room(this.#marks);
  }

  /** Takes all values since the last mark, and the mark. */
  sinceMark(): Handle[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw damaged('a mark is missing');
    return this.#values.splice(mark);
  }

  /** How many values are numbered. */
  get numbered(): number {
    return this.#memo.length;
  }

  /** Gives the value on top a number: the next one, or one that was given before. */
  number(index: number): true {
    if (index > this.#memo.length) throw damaged('it numbers its values out of order');
    if (index >= MAX_MEMO) throw tooMany(`numbers more than ${MAX_MEMO} values`);
    if (index === this.#memo.length) this.#memo.push(this.top());
    else this.#memo.set(index, this.top());
    return true;
  }

  /** The value that got this number. */
  numberedValue(index: number): Handle {
    if (index < this.#memo.length) return this.#memo.get(index);
    throw damaged(`there is no value number ${index}`);
  }
}

function room(list: readonly number[]): true {
  if (list.length <= MAX_STACK) return true;
  throw tooMany(`has more than ${MAX_STACK} values on its stack`);
}

function damaged(what: string): VtsError {
  return new VtsError('InputMalformed', `The pickle is damaged: ${what}`);
}

function tooMany(what: string): VtsError {
  return new VtsError('MemoryLimit', `The pickle ${what}`);
}
