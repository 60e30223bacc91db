/** Object headers of version 1 and their messages (HDF5 file format specification, version 3.0, section IV.A). */
import { MESSAGE } from '../message-types.ts';
import { expectPlain, type FileView, partOf, u64At } from './file-view.ts';

/** The messages of an object by their types, each in its order. */
export type Messages = ReadonlyMap<number, readonly DataView<ArrayBuffer>[]>;

const HEAD_BYTES = 16;
const MESSAGE_HEAD_BYTES = 8;
const SHARED = 2;
const KNOWN: ReadonlySet<number> = new Set(Object.values(MESSAGE));

/** The messages of the object at `address`. @throws NotPlain */
export function readMessages(file: FileView, address: number): Messages {
  const head = file.at(address, HEAD_BYTES);
  expectPlain(head.getUint8(0) === 1, 'an object header is not of version 1');
  const messages = new Map<number, DataView<ArrayBuffer>[]>();
  let count = 0;
  const blocks = [{ address: address + HEAD_BYTES, bytes: head.getUint32(8, true) }];
  // Those that continue it are added while it goes on.
  for (const { address, bytes } of blocks) {
    const block = file.at(address, bytes);
    for (let at = 0; at + MESSAGE_HEAD_BYTES <= bytes;) {
      const [type, length] = [block.getUint16(at, true), block.getUint16(at + 2, true)];
      expectPlain(KNOWN.has(type), `a message of type ${type}`);
      expectPlain((block.getUint8(at + 4) & SHARED) === 0, 'a shared message');
      const body = partOf(block, at + MESSAGE_HEAD_BYTES, length);
      if (type === MESSAGE.continuation) blocks.push({ address: u64At(body, 0), bytes: u64At(body, 8) });
      else if (messages.has(type)) messages.get(type)!.push(body);
      else messages.set(type, [body]);
      at += MESSAGE_HEAD_BYTES + length;
      count++;
    }
  }
  expectPlain(count === head.getUint16(2, true), 'another number of messages than is said');
  return messages;
}

/** The only message of a type. @throws NotPlain when there is none, or more */
export function only(messages: Messages, type: number): DataView<ArrayBuffer> {
  const [message, ...more] = messages.get(type) ?? [];
  expectPlain(message !== undefined && more.length === 0, `not one message of type ${type}`);
  return message;
}
