/**
 * The messages of Milvus' methods, by the definitions that its SDK publishes. Each method gets only those that it uses: all
 * of them at once cost half a second of start-up.
 */
import published from '@zilliz/milvus2-sdk-node/dist/milvus/proto-json/milvus.js';
import protobuf from 'protobufjs';

/** How a method's messages are sent. */
export interface MethodMessages {
  /** Of HTTP/2: `/milvus.proto.milvus.MilvusService/Query`. */
  readonly path: string;
  /** Fields by their published names; 64-bit integers also as decimal text, enums by number or name. */
  encode(request: object): Buffer;
  /** Fields that were not sent have their defaults; 64-bit integers are decimal text, enums their names. */
  decode(reply: Uint8Array): object;
}

/** A namespace, a message or an enum, as protobufjs writes them to JSON. */
interface Node {
  readonly nested?: Readonly<Record<string, Node>>;
  readonly fields?: Readonly<Record<string, { readonly type: string; readonly keyType?: string }>>;
  readonly methods?: Readonly<
    Record<string, { readonly requestType: string; readonly responseType: string }>
  >;
}

const SERVICE = ['milvus', 'proto', 'milvus', 'MilvusService'];
const PACKAGE = SERVICE.slice(0, -1);
const DECODED: protobuf.IConversionOptions = { longs: String, enums: String, defaults: true, oneofs: true };

const known = new Map<string, MethodMessages>();

/** The messages of `method`, which must be one of `MilvusService`. */
export function messagesOf(method: string): MethodMessages {
  const made = known.get(method) ?? make(method);
  known.set(method, made);
  return made;
}

function make(method: string): MethodMessages {
  const types = nodeAt(SERVICE)?.methods?.[method];
  if (types === undefined) throw new TypeError(`Milvus has no method ${method}`);
  const names = [types.requestType, types.responseType].map((name) => find(name, PACKAGE));
  const root = protobuf.Root.fromJSON(withWhatTheyUse(names));
  const [request, reply] = names.map((name) => root.lookupType(name));
  return {
    path: `/${SERVICE.join('.')}/${method}`,
    encode: (message) => request.encode(request.fromObject(message)).finish() as Buffer,
    decode: (bytes) => reply.toObject(reply.decode(bytes), DECODED),
  };
}

/** The definitions of the messages called `names` (paths) and of all that their fields are made of. */
function withWhatTheyUse(names: readonly string[][]): protobuf.INamespace {
  const kept: Record<string, unknown> = {};
  const waiting = [...names];
  const seen = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path.join('.'))) continue;
    seen.add(path.join('.'));
    const node = nodeAt(path)!;
    put(kept, path, node);
    waiting.push(...usedBy(node, path));
  }
  return kept as protobuf.INamespace;
}

/** Paths of the messages and enums in the fields of `node` and of those inside it. */
function usedBy({ fields = {}, nested = {} }: Node, path: readonly string[]): string[][] {
  const own = Object.values(fields).filter(({ type }) => !(type in protobuf.types.basic)).map(({ type }) =>
    find(type, path)
  );
  return [...own, ...Object.entries(nested).flatMap(([name, node]) => usedBy(node, [...path, name]))];
}

/** The path of the type that `name` stands for within `scope`: names are looked up from the inside out. */
function find(name: string, scope: readonly string[]): string[] {
  const parts = name.split('.');
  for (let depth = scope.length; depth >= 0; depth--) {
    const path = [...scope.slice(0, depth), ...parts];
    if (nodeAt(path) !== undefined) return path;
  }
  throw new TypeError(`the definitions of Milvus lack ${name}`);
}

function nodeAt(path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>((node, name) => node?.nested?.[name], published as Node);
}

function put(tree: Record<string, unknown>, path: readonly string[], node: Node): void {
  let at = tree;
  for (const name of path.slice(0, -1)) {
    const nested = (at.nested ??= {}) as Record<string, Record<string, unknown>>;
    at = nested[name] ??= {};
  }
  const nested = (at.nested ??= {}) as Record<string, unknown>;
  nested[path.at(-1)!] = node;
}
