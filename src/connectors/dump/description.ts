/** `schema.json`: all that rebuilds a collection, beside its rows. */
import { type Json, schemaFromJson, schemaToJson } from '../../core/schema-json.ts';
import { VtsError } from '../../errors.ts';
import {
  type CollectionInfo,
  CONSISTENCY_LEVELS,
  type FunctionInfo,
  type Properties,
  type UnsupportedField,
} from '../milvus/model.ts';

/** The file's name. */
export const DESCRIPTION = 'schema.json';

/** The version of the file's form. */
const VERSION = 1;

/** An index to be built again. */
export interface DumpIndex {
  readonly name: string;
  readonly field: string;
  readonly params: Properties;
}

/** A collection without its rows. */
export interface Description {
  readonly collection: CollectionInfo;
  /** The fields whose values are in the parts; the server computes others again. */
  readonly columns: readonly string[];
  /** Those that were dumped, the empty ones too, in the server's order. */
  readonly partitions: readonly string[];
  readonly indexes: readonly DumpIndex[];
  /** Whether it was loaded, and how many times. */
  readonly load: { readonly loaded: boolean; readonly replicas?: number };
}

/** The text of `schema.json`. */
export function descriptionText({ collection, columns, partitions, indexes, load }: Description): string {
  const { database, name, id, schema, rawSchema, ...rest } = collection;
  const json = {
    version: VERSION,
    database,
    name,
    id: id.toString(),
    ...schemaToJson(schema),
    ...rest,
    columns,
    partitions,
    indexes: indexes.map(({ name, field, params }) => ({ name, field, params })),
    load,
    serverSchema: Buffer.from(rawSchema).toString('base64'),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

/** Reads the text of `schema.json`. @throws VtsError DumpDamaged, with what is wrong */
export function parseDescription(text: string, file: string): Description {
  try {
    const json = JSON.parse(text);
    if (json.version !== VERSION) throw new TypeError(`it has version ${json.version}`);
    return {
      collection: parseCollection(json, file),
      columns: texts(json.columns, 'columns'),
      partitions: texts(json.partitions, 'partitions'),
      indexes: list(json.indexes, 'indexes').map((index, i) => parseIndex(index, `indexes[${i}]`)),
      load: {
        loaded: json.load.loaded === true,
        ...(json.load.replicas === undefined ? {} : { replicas: count(json.load.replicas, 'load.replicas') }),
      },
    };
  } catch (cause) {
    if (cause instanceof VtsError && cause.code !== 'InputMalformed') throw cause;
    throw new VtsError('DumpDamaged', `${file} is damaged: ${(cause as Error).message}`, {
      file,
      remedy: 'take another copy of the dump',
      cause,
    });
  }
}

// deno-lint-ignore no-explicit-any -- JSON whose members are checked one by one
type Parsed = any;

function parseCollection(json: Parsed, file: string): CollectionInfo {
  const consistency = CONSISTENCY_LEVELS.find((level) => level === json.consistency);
  if (consistency === undefined) {
    throw new TypeError(`consistency is none of ${CONSISTENCY_LEVELS.join(', ')}`);
  }
  return {
    database: text(json.database, 'database'),
    name: text(json.name, 'name'),
    id: BigInt(text(json.id, 'id')),
    schema: schemaFromJson(json as Json, file),
    dynamic: json.dynamic === true,
    functions: list(json.functions, 'functions').map((fn, i) => parseFunction(fn, `functions[${i}]`)),
    shards: count(json.shards, 'shards'),
    partitionCount: count(json.partitionCount, 'partitionCount'),
    consistency,
    properties: properties(json.properties, 'properties'),
    aliases: texts(json.aliases, 'aliases'),
    unsupported: list(json.unsupported, 'unsupported').map((field, i): UnsupportedField => ({
      name: text(field.name, `unsupported[${i}].name`),
      typeNumber: count(field.typeNumber, `unsupported[${i}].typeNumber`),
    })),
    rawSchema: new Uint8Array(Buffer.from(text(json.serverSchema, 'serverSchema'), 'base64')),
  };
}

function parseFunction(json: Parsed, path: string): FunctionInfo {
  return {
    name: text(json.name, `${path}.name`),
    description: text(json.description, `${path}.description`),
    type: count(json.type, `${path}.type`),
    inputs: texts(json.inputs, `${path}.inputs`),
    outputs: texts(json.outputs, `${path}.outputs`),
    params: properties(json.params, `${path}.params`),
  };
}

function parseIndex(json: Parsed, path: string): DumpIndex {
  return {
    name: text(json.name, `${path}.name`),
    field: text(json.field, `${path}.field`),
    params: properties(json.params, `${path}.params`),
  };
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${path} is no text`);
}

function count(value: unknown, path: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new TypeError(`${path} is no count`);
}

function list(value: Parsed, path: string): readonly Parsed[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${path} is no list`);
}

function texts(value: unknown, path: string): string[] {
  return list(value, path).map((item, i) => text(item, `${path}[${i}]`));
}

function properties(value: Parsed, path: string): Properties {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${path} is no object`);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, text(item, `${path}.${name}`)]),
  );
}
