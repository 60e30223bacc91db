/** Attributes: the few that vts understands, and short forms of the others for people. */
import { type DatasetFacts, factsFromJson, type Json, schemaFromJson } from '../../core/schema-json.ts';
import type { Metric, Schema } from '../../core/schema.ts';
import { decodeUtf8 } from '../../core/values.ts';
import { VtsError } from '../../errors.ts';
import type { H5File } from './h5-file.ts';
import { TYPE_CLASS, typeName } from './h5-type.ts';
import type { DataInfo } from './h5wasm.ts';

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
  if (info.type !== TYPE_CLASS.string || info.shape === null || info.total_size !== 1) return undefined;
  return textOf(file, path, name, info);
}

function textOf(file: H5File, path: string, name: string, info: DataInfo): string | undefined {
  if (info.size > LARGEST) return undefined;
  return file.withAttribute(path, name, info.size, (pointer) => {
    const heap = file.heap();
    const start = info.vlen ? new Uint32Array(heap.buffer, pointer, 1)[0] : pointer;
    const nul = heap.indexOf(0, start);
    const end = info.vlen ? nul : Math.min(nul < 0 ? Infinity : nul, start + info.size);
    return start === 0 || end < start ? '' : decodeUtf8(heap.slice(start, end));
  });
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
  const single = info.shape !== null && info.total_size === 1;
  if (single && info.type === TYPE_CLASS.string) {
    return shortened(textOf(file, path, name, info) ?? 'text, not in UTF-8');
  }
  const isNumber = info.type === TYPE_CLASS.integer || info.type === TYPE_CLASS.float && info.size >= 4;
  if (single && isNumber && info.size <= 8) {
    return file.withAttribute(path, name, 8, (pointer) => {
      const view = new DataView(file.heap().buffer, pointer, 8);
      if (info.type === TYPE_CLASS.float) {
        return info.size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
      }
      const bits = BigInt(info.size * 8);
      const value = info.signed
        ? BigInt.asIntN(Number(bits), view.getBigInt64(0, true))
        : BigInt.asUintN(Number(bits), view.getBigUint64(0, true));
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    });
  }
  return info.shape === null || info.shape.length === 0
    ? typeName(info)
    : `${typeName(info)} (${info.shape.join(', ')})`;
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}
