/**
 * Reads a pickle (https://docs.python.org/3/library/pickle.html, protocols 2 to 5) as far as documents use the format. Nothing is imported,
 * called or looked up: opcodes build plain values, and names of classes only choose which. Everything else is refused with its place.
 *
 * Memory: 8 bytes for each value that the pickle numbers (a dozen for a document), 16 for each list, dictionary and object, and what is being
 * built of one document. Texts stay in the file.
 */
import { VtsError } from '../../../../errors.ts';
import { ByteReader } from './byte-reader.ts';
import { globalNumber, GLOBALS, type Role } from './globals.ts';
import {
  FALSE,
  type Handle,
  handle,
  intHandle,
  NONE,
  payloadOf,
  TAG,
  type Tag,
  tagOf,
  TRUE,
} from './handle.ts';
import { type Container, Heap } from './heap.ts';
import { EMPTY_TUPLE } from './json-writer.ts';
import { OP, opcodeName } from './opcodes.ts';
import { itemsOf, reduce } from './reduce.ts';
import { PickleStack } from './stack.ts';
import { Values } from './values.ts';

/** What is told of a pickle while it is read. */
export interface PickleEvents {
  /** The state of a document is known: `value` is the object, `state` what it holds. */
  onDocument(value: Handle, state: Handle): void;
}

/** Reads pickles. */
export class PickleMachine {
  readonly reader: ByteReader;
  readonly heap = new Heap();
  readonly values: Values;
  readonly #events: PickleEvents;
  readonly #stack = new PickleStack();
  /** Where the opcode at hand is. */
  #at = 0;

  constructor(reader: ByteReader, events: PickleEvents) {
    this.reader = reader;
    this.values = new Values(reader);
    this.#events = events;
  }

  /** The value of the pickle. @throws VtsError InputMalformed, InputUnsupported, InputTruncated, MemoryLimit */
  run(): Handle {
    try {
      for (;;) {
        this.#at = this.reader.position;
        const opcode = this.reader.u8();
        if (opcode === OP.STOP) return this.#stack.pop();
        if (!this.#simple(opcode) && !this.#structure(opcode) && !this.#memoOrObject(opcode)) {
          throw this.#unsupported(`The pickle uses the opcode ${opcodeName(opcode)}`);
        }
      }
    } catch (error) {
      throw error instanceof VtsError ? error.at({ file: this.reader.source.name, byte: this.#at }) : error;
    }
  }

  /** Opcodes that push a value or say how to read. */
  #simple(opcode: number): boolean {
    const { reader } = this;
    switch (opcode) {
      case OP.PROTO:
        this.#protocol(reader.u8());
        return true;
      case OP.FRAME:
        if (reader.length() > reader.remaining) throw reader.truncated();
        return true;
      case OP.NONE:
        return this.#stack.push(NONE);
      case OP.NEWTRUE:
        return this.#stack.push(TRUE);
      case OP.NEWFALSE:
        return this.#stack.push(FALSE);
      case OP.BININT:
        return this.#stack.push(intHandle(reader.i32()));
      case OP.BININT1:
        return this.#stack.push(intHandle(reader.u8()));
      case OP.BININT2:
        return this.#stack.push(intHandle(reader.u16()));
      case OP.BINFLOAT: {
        const position = reader.position;
        reader.f64();
        return this.#stack.push(handle(TAG.float, position));
      }
      case OP.LONG1:
        return this.#inFile(TAG.long, reader.u8());
      case OP.LONG4:
        return this.#inFile(TAG.long, reader.u32());
      case OP.SHORT_BINUNICODE:
        return this.#inFile(TAG.text, reader.u8());
      case OP.BINUNICODE:
        return this.#inFile(TAG.text, reader.u32());
      case OP.BINUNICODE8:
        return this.#inFile(TAG.text, reader.length());
      case OP.SHORT_BINBYTES:
        return this.#inFile(TAG.bytes, reader.u8());
      case OP.BINBYTES:
        return this.#inFile(TAG.bytes, reader.u32());
      case OP.BINBYTES8:
      case OP.BYTEARRAY8:
        return this.#inFile(TAG.bytes, reader.length());
      case OP.EMPTY_TUPLE:
        return this.#stack.push(EMPTY_TUPLE);
    }
    return false;
  }

  /** Opcodes that build lists, tuples, sets and dictionaries. */
  #structure(opcode: number): boolean {
    switch (opcode) {
      case OP.MARK:
        return this.#stack.mark();
      case OP.POP:
        this.#stack.pop();
        return true;
      case OP.POP_MARK:
        this.#stack.sinceMark();
        return true;
      case OP.EMPTY_LIST:
        return this.#build({ kind: 'list', items: [] });
      case OP.EMPTY_DICT:
        return this.#build({ kind: 'dict', items: [] });
      case OP.EMPTY_SET:
        return this.#build({ kind: 'set', items: [] });
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3: {
        const items = Array.from({ length: opcode - OP.TUPLE1 + 1 }, () => this.#stack.pop()).reverse();
        return this.#build({ kind: 'list', items });
      }
      case OP.TUPLE:
      case OP.LIST:
        return this.#build({ kind: 'list', items: this.#stack.sinceMark() });
      case OP.FROZENSET:
        return this.#build({ kind: 'set', items: this.#stack.sinceMark() });
      case OP.DICT:
        return this.#build({ kind: 'dict', items: this.#pairs(this.#stack.sinceMark()) });
      case OP.APPEND:
        return this.#extend('list', [this.#stack.pop()]);
      case OP.APPENDS:
        return this.#extend('list', this.#stack.sinceMark());
      case OP.ADDITEMS:
        return this.#extend('set', this.#stack.sinceMark());
      case OP.SETITEM:
        return this.#extend('dict', [this.#stack.pop(), this.#stack.pop()].reverse());
      case OP.SETITEMS:
        return this.#extend('dict', this.#pairs(this.#stack.sinceMark()));
    }
    return false;
  }

  /** Opcodes that number values, and those of classes. */
  #memoOrObject(opcode: number): boolean {
    const { reader } = this;
    switch (opcode) {
      case OP.MEMOIZE:
        return this.#stack.number(this.#stack.numbered);
      case OP.BINPUT:
        return this.#stack.number(reader.u8());
      case OP.LONG_BINPUT:
        return this.#stack.number(reader.u32());
      case OP.BINGET:
        return this.#stack.push(this.#stack.numberedValue(reader.u8()));
      case OP.LONG_BINGET:
        return this.#stack.push(this.#stack.numberedValue(reader.u32()));
      case OP.GLOBAL:
        return this.#global(reader.line(), reader.line());
      case OP.STACK_GLOBAL: {
        const [name, module] = [this.#stack.pop(), this.#stack.pop()];
        return this.#global(this.values.nameOf(module), this.values.nameOf(name));
      }
      case OP.NEWOBJ: {
        const [args, role] = [this.#stack.pop(), this.#role(this.#stack.pop())];
        if (!['document', 'docstore', 'uuid'].includes(role) || itemsOf(this, args)?.length !== 0) {
          throw this.#unsupported(`The pickle makes an object of type ${role} in a way that is not known`);
        }
        return this.#build({ kind: 'object', role });
      }
      case OP.REDUCE: {
        const [args, role] = [this.#stack.pop(), this.#role(this.#stack.pop())];
        const items = itemsOf(this, args);
        const container = items && reduce(this, role, items);
        if (container === undefined) {
          throw this.#unsupported(`The pickle makes a value of type ${role} in a way that is not known`);
        }
        this.heap.drop(args);
        return this.#build(container);
      }
      case OP.BUILD:
        return this.#finish(this.#stack.pop(), this.#stack.top());
    }
    return false;
  }

  #protocol(version: number): void {
    if (version >= 2 && version <= 5) return;
    throw this.#unsupported(`The pickle is of protocol ${version}`, 'protocols 2 to 5');
  }

  /** Gives an object its state. */
  #finish(state: Handle, value: Handle): boolean {
    const container = this.heap.get(value);
    if (container?.kind === 'object') {
      if (container.role === 'document') this.#events.onDocument(value, state);
      else if (container.role === 'docstore') this.heap.replace(value, { ...container, state });
      else this.heap.replace(value, { kind: 'scalar', value: { as: 'json', text: this.#uuid(state) } });
      return true;
    }
    if (container?.kind === 'scalar' && container.value.as === 'dtype') {
      const order = itemsOf(this, state)?.[1];
      const bigEndian = order !== undefined && this.values.nameOf(order) === '>';
      this.heap.replace(value, { kind: 'scalar', value: { ...container.value, bigEndian } });
      return true;
    }
    throw this.#unsupported('The pickle gives a state to a value that has none');
  }

  #uuid(state: Handle): string {
    const items = this.heap.get(state);
    const at = items?.kind === 'dict'
      ? items.items.findIndex((key) => this.values.nameOf(key) === 'int')
      : -1;
    const value = at < 0 ? undefined : this.values.integerOf((items as { items: Handle[] }).items[at + 1]);
    if (value === undefined || value < 0n || value >= 1n << 128n) {
      throw this.#malformed('A UUID has no value');
    }
    this.heap.drop(state);
    const hex = value.toString(16).padStart(32, '0');
    return JSON.stringify(hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  }

  #global(module: string | undefined, name: string | undefined): boolean {
    const number = globalNumber(`${module} ${name}`);
    if (number !== undefined) return this.#stack.push(handle(TAG.global, number));
    throw this.#unsupported(
      module === undefined || name === undefined
        ? 'The pickle asks for a class by a name that is no text'
        : `The pickle asks for ${module.slice(0, 100)}.${name.slice(0, 100)}`,
    );
  }

  #role(value: Handle): Role {
    if (tagOf(value) !== TAG.global) throw this.#malformed('A class is expected');
    return GLOBALS[payloadOf(value)][1];
  }

  #inFile(tag: Tag, length: number): boolean {
    this.reader.skip(length);
    return this.#stack.push(handle(tag, this.#at));
  }

  #build(container: Container): boolean {
    return this.#stack.push(this.heap.add(container));
  }

  #pairs(items: Handle[]): Handle[] {
    if (items.length % 2 === 0) return items;
    throw this.#malformed('A dictionary has a key without a value');
  }

  /** Adds `items` to the list, set or dictionary on top of the stack. */
  #extend(kind: 'list' | 'set' | 'dict', items: readonly Handle[]): boolean {
    const container = this.heap.get(this.#stack.top());
    if (container === undefined || container.kind !== kind) {
      throw this.#unsupported(`The pickle adds to something that is no ${kind}, or was used already`);
    }
    for (const item of items) container.items.push(item);
    return true;
  }

  #malformed(message: string): VtsError {
    return this.reader.malformed(`The pickle is damaged: ${message}`, this.#at);
  }

  #unsupported(
    message: string,
    expected = 'the documents of a LangChain store, with plain metadata',
  ): VtsError {
    return new VtsError('InputUnsupported', `${message}, which vts does not read`, {
      file: this.reader.source.name,
      byte: this.#at,
      expected,
      remedy:
        'load the store in Python, make its metadata plain (text, numbers, lists, dictionaries) and save it again;' +
        ' vts executes nothing that a pickle asks for',
    });
  }
}
