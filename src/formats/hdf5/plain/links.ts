/** The links of a group, in either of the forms that small groups have. */
import { Buffer } from 'node:buffer';
import { addressAt, expectPlain, type FileView, partOf, textAt, textOf, u64At } from './file-view.ts';
import { MESSAGE } from '../message-types.ts';
import { type Messages, only } from './messages.ts';

/** Where a name in a group leads to. */
export type Link = { readonly address: number } | { readonly softLink: string };

/** A group's links by their names, in their order. */
export type Links = ReadonlyMap<string, Link>;

/** The links of the group that has `messages`; `undefined` when the object is none. @throws NotPlain */
export function readLinks(file: FileView, messages: Messages): Links | undefined {
  if (messages.has(MESSAGE.symbolTable)) {
    const table = only(messages, MESSAGE.symbolTable);
    const links = new Map<string, Link>();
    readNode(file, u64At(table, 0), readHeap(file, u64At(table, 8)), links);
    return links;
  }
  if (!messages.has(MESSAGE.linkInfo)) return undefined;
  return linksOfMessages(messages);
}

/** The names of a group whose links are in a B-tree: section III.D. */
function readHeap(file: FileView, address: number): DataView<ArrayBuffer> {
  const head = file.at(address, 32);
  expectPlain(head.getUint32(0) === 0x48454150 && head.getUint8(4) === 0, 'no local heap');
  return file.at(u64At(head, 24), u64At(head, 8));
}

const NODE_HEAD_BYTES = 24;
const GROUP_NODE = 0;
const ENTRY_BYTES = 40;
const SOFT_LINK = 2;

/** The links under a node of a group's B-tree: sections III.A.1 and III.B. */
function readNode(
  file: FileView,
  address: number,
  names: DataView<ArrayBuffer>,
  links: Map<string, Link>,
  above = 256,
): void {
  const head = file.at(address, NODE_HEAD_BYTES);
  expectPlain(head.getUint32(0) === 0x54524545 && head.getUint8(4) === GROUP_NODE, 'no node of a group');
  const [level, used] = [head.getUint8(5), head.getUint16(6, true)];
  expectPlain(level < above, 'levels that do not end');
  const pairs = file.at(address + NODE_HEAD_BYTES, used * 16);
  for (let i = 0; i < used; i++) {
    const child = u64At(pairs, i * 16 + 8);
    if (level > 0) readNode(file, child, names, links, level);
    else readEntries(file, child, names, links);
  }
}

/** The links in a symbol table node. */
function readEntries(
  file: FileView,
  address: number,
  names: DataView<ArrayBuffer>,
  links: Map<string, Link>,
): void {
  const head = file.at(address, 8);
  expectPlain(head.getUint32(0) === 0x534e4f44 && head.getUint8(4) === 1, 'no symbol table node');
  const count = head.getUint16(6, true);
  const entries = file.at(address + 8, count * ENTRY_BYTES);
  for (let at = 0; at < count * ENTRY_BYTES; at += ENTRY_BYTES) {
    const name = textAt(names, u64At(entries, at));
    const isSoft = entries.getUint32(at + 16, true) === SOFT_LINK;
    addLink(
      links,
      name,
      isSoft
        ? { softLink: textAt(names, entries.getUint32(at + 24, true)) }
        : { address: u64At(entries, at + 8) },
    );
  }
}

/** Links that are messages of the group itself: sections IV.A.2.c and IV.A.2.g. */
function linksOfMessages(messages: Messages): Links {
  const info = only(messages, MESSAGE.linkInfo);
  const [version, flags] = [info.getUint8(0), info.getUint8(1)];
  expectPlain(version === 0 && addressAt(info, (flags & 1) === 0 ? 2 : 10) === undefined, 'a dense group');
  const found = (messages.get(MESSAGE.link) ?? []).map(parseLink);
  // As the library lists them: in the order of their creation where that is kept, else by their names.
  if ((flags & 1) !== 0) found.sort((a, b) => a.order - b.order);
  else found.sort((a, b) => compareNames(a.name, b.name));
  const links = new Map<string, Link>();
  for (const { name, link } of found) addLink(links, name, link);
  return links;
}

/** The order of two names by their bytes in UTF-8. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const HAS_TYPE = 8;
const HAS_ORDER = 4;
const HAS_CHARSET = 16;

function parseLink(message: DataView<ArrayBuffer>): { name: string; order: number; link: Link } {
  const [version, flags] = [message.getUint8(0), message.getUint8(1)];
  let at = 2;
  const type = (flags & HAS_TYPE) !== 0 ? message.getUint8(at++) : 0;
  expectPlain(version === 1 && type <= 1, 'a link to another file');
  const order = (flags & HAS_ORDER) !== 0 ? u64At(message, at) : 0;
  if ((flags & HAS_ORDER) !== 0) at += 8;
  if ((flags & HAS_CHARSET) !== 0) at++;
  const lengthBytes = 1 << (flags & 3);
  expectPlain(lengthBytes <= 2, 'a name of very many bytes');
  const length = lengthBytes === 1 ? message.getUint8(at) : message.getUint16(at, true);
  at += lengthBytes;
  const name = textOf(partOf(message, at, length));
  at += length;
  if (type === 0) return { name, order, link: { address: u64At(message, at) } };
  const target = partOf(message, at + 2, message.getUint16(at, true));
  return { name, order, link: { softLink: textOf(target) } };
}

function addLink(links: Map<string, Link>, name: string, link: Link): void {
  expectPlain(name !== '' && !name.includes('/') && !links.has(name), `an unusual name: ${name}`);
  links.set(name, link);
}
