/** Attributes: the few that vts understands, and short forms of the others for people. */
import { type DatasetFacts, factsFromJson, type Json, schemaFromJson } from '../../core/schema-json.ts';
import type { Metric, Schema } from '../../core/schema.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import type { H5File } from './h5-file.ts';
import { TYPE_CLASS, typeName } from './h5-type.ts';
import type { DataInfo } from './data-info.ts';

/** Our schema of the data sets in a group, as JSON. */
export const SCHEMA_ATTRIBUTE = 'vts.schema';
/** Metric and roles of the data sets in a group, as JSON. */
export const FACTS_ATTRIBUTE = 'vts.dataset';
/** The metric, in the ann-benchmarks layout. */
export const DISTANCE_ATTRIBUTE = 'distance';

/** The metrics as ann-benchmarks calls them. */
export const DISTANCES: Readonly<Record<string, Metric>> = {
  euclidean: 'L2',
  angular: 'COSINE',
  dot: 'IP',
  ip: 'IP',
  hamming: 'HAMMING',
  jaccard: 'JACCARD',
};

const LARGEST = 16 * 2 ** 20;

/** Our schema, where the group at `path` has one. @throws VtsError InputMalformed */
export function readSchema(file: H5File, path: string): Schema | undefined {
  const json = readJson(file, path, SCHEMA_ATTRIBUTE);
  return json === undefined
    ? undefined
    : schemaFromJson(json, `the attribute ${SCHEMA_ATTRIBUTE} of ${file.name}`);
}

/** Metric and roles of the group at `path`, from our attribute or that of ann-benchmarks. */
export function readFacts(file: H5File, path: string): DatasetFacts {
  const facts = factsFromJson(readJson(file, path, FACTS_ATTRIBUTE) ?? {});
  const metric = facts.metric ?? DISTANCES[readText(file, path, DISTANCE_ATTRIBUTE)?.toLowerCase() ?? ''];
  return metric === undefined ? facts : { ...facts, metric };
}

function readJson(file: H5File, path: string, name: string): Json | undefined {
  const text = readText(file, path, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VtsError('InputMalformed', `The attribute ${name} of ${path} in ${file.name} is not JSON`, {
      file: file.name,
      remedy: `delete the attribute: the types are then inferred`,
      cause,
    });
  }
}

/** The text of an attribute; `undefined` when there is none, or it is no single text. */
export function readText(file: H5File, path: string, name: string): string | undefined {
  if (!file.attributeNames(path).includes(name)) return undefined;
  const info = file.attributeInfo(path, name);
  if (info.type !== TYPE_CLASS.string || !isSingle(info)) return undefined;
  return textOf(file, path, name, info);
}

function textOf(file: H5File, path: string, name: string, info: DataInfo): string | undefined {
  if (info.size > LARGEST) return undefined;
  const value = file.attributeValue(path, name, info);
  const nul = value.indexOf(0);
  return decodeUtf8(nul < 0 ? value : value.subarray(0, nul));
}

/** The attributes of `path` in short, for people. */
export function describeAttributes(file: H5File, path: string): Record<string, string | number> {
  const facts: Record<string, string | number> = {};
  for (const name of file.attributeNames(path).slice(0, 50)) {
    if (name === SCHEMA_ATTRIBUTE || name === FACTS_ATTRIBUTE || name.includes('\ufffd')) continue;
    facts[name] = describeAttribute(file, path, name);
  }
  return facts;
}

function describeAttribute(file: H5File, path: string, name: string): string | number {
  const info = file.attributeInfo(path, name);
  const single = isSingle(info);
  if (single && info.type === TYPE_CLASS.string) {
    return shortened(textOf(file, path, name, info) ?? 'text, not in UTF-8');
  }
  const isNumber = info.type === TYPE_CLASS.integer || info.type === TYPE_CLASS.float && info.size >= 4;
  if (single && isNumber && info.size <= 8) {
    const bytes = new Uint8Array(8);
    bytes.set(file.attributeValue(path, name, info));
    return numberOf(info, new DataView(bytes.buffer));
  }
  return info.shape === null || info.shape.length === 0
    ? typeName(info)
    : `${typeName(info)} (${info.shape.join(', ')})`;
}

/** Whether it holds one value. */
function isSingle({ shape }: DataInfo): boolean {
  return shape !== null && shape.every((extent) => extent === 1);
}

/** The number that begins `view`, as text where JavaScript would round it. */
function numberOf({ type, size, signed }: DataInfo, view: DataView): number | string {
  if (type === TYPE_CLASS.float) return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  const bits = size * 8;
  const value = signed
    ? BigInt.asIntN(bits, view.getBigInt64(0, true))
    : BigInt.asUintN(bits, view.getBigUint64(0, true));
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}
