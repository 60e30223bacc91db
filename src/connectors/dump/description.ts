/** `schema.json`: all that rebuilds a collection, beside its rows. */
import { type Json, schemaFromJson, schemaToJson } from '../../core/schema-json.ts';
import { VtsError } from '../../errors.ts';
import type { CollectionInfo, ConsistencyLevel, FunctionInfo, Properties } from '../milvus/model.ts';
import { CONSISTENCY_LEVELS } from '../milvus/model.ts';

/** The file's name. */
export const DESCRIPTION = 'schema.json';

/** An index to be built again. */
export interface DumpIndex {
  readonly name: string;
  readonly field: string;
  readonly params: Properties;
}

/** A collection without its rows. */
export interface Description {
  readonly collection: CollectionInfo;
  /** All of them, the empty ones too, in the server's order. */
  readonly partitions: readonly string[];
  readonly indexes: readonly DumpIndex[];
  /** Whether it was loaded, and how many times; partitions where only some were. */
  readonly load: {
    readonly loaded: boolean;
    readonly replicas?: number;
    readonly partitions?: readonly string[];
  };
}

/** The text of `schema.json`. */
export function descriptionText({ collection, partitions, indexes, load }: Description): string {
  const { database, name, id, schema, rawSchema, ...rest } = collection;
  const json = {
    version: 1,
    database,
    name,
    id: id.toString(),
    ...schemaToJson(schema),
    ...rest,
    partitions,
    indexes,
    load,
    serverSchema: Buffer.from(rawSchema).toString('base64'),
  };
  return `${JSON.stringify(json, null, 1)}\n`;
}

/** Reads the text of `schema.json`. @throws VtsError DumpDamaged, with what is wrong */
export function parseDescription(text: string, file: string): Description {
  try {
    const json = JSON.parse(text);
    const { partitions, indexes, load } = json;
    const collection: CollectionInfo = {
      database: string(json.database, 'database'),
      name: string(json.name, 'name'),
      id: BigInt(json.id),
      schema: schemaFromJson(json as Json, file),
      dynamic: json.dynamic === true,
      functions: list(json.functions, 'functions') as readonly FunctionInfo[],
      shards: number(json.shards, 'shards'),
      partitionCount: number(json.partitionCount, 'partitionCount'),
      consistency: consistency(json.consistency),
      properties: properties(json.properties),
      aliases: list(json.aliases, 'aliases').map((alias) => string(alias, 'aliases')),
      unsupported: list(json.unsupported, 'unsupported') as CollectionInfo['unsupported'],
      rawSchema: new Uint8Array(Buffer.from(string(json.serverSchema, 'serverSchema'), 'base64')),
    };
    return {
      collection,
      partitions: list(partitions, 'partitions').map((name) => string(name, 'partitions')),
      indexes: list(indexes, 'indexes') as readonly DumpIndex[],
      load: { ...load, loaded: load.loaded === true },
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

function string(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${path} is no text`);
}

function number(value: unknown, path: string): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError(`${path} is no whole number`);
}

function list(value: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${path} is no list`);
}

function properties(value: unknown): Properties {
  const entries = Object.entries(value as object).map((
    [name, text],
  ) => [name, string(text, `properties.${name}`)]);
  return Object.fromEntries(entries);
}

function consistency(value: unknown): ConsistencyLevel {
  const found = CONSISTENCY_LEVELS.find((level) => level === value);
  if (found === undefined) throw new TypeError(`consistency is none of ${CONSISTENCY_LEVELS.join(', ')}`);
  return found;
}
