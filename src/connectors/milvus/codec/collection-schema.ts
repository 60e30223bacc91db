/** `DescribeCollectionResponse` and the `CollectionSchema` in it (milvus-proto, milvus.proto and schema.proto). */
import { type Field, field } from '../../../core/schema.ts';
import { VtsError } from '../../../errors.ts';
import {
  type CollectionInfo,
  CONSISTENCY_LEVELS,
  DYNAMIC_FIELD,
  type FunctionInfo,
  type UnsupportedField,
} from '../model.ts';
import { UNREADABLE } from './data-type.ts';
import { joinSpans } from './decode-scalars.ts';
import { type FieldOutcome, readField, readStruct } from './field-schema.ts';
import { isOk, OK, readPair, readStatus, type Status } from './status.ts';
import { type Bytes, plainBytes, ProtoReader, type Spans } from './wire.ts';

export { type CollectionSchemaMessage, encodeCollectionSchema } from './encode-schema.ts';

/** What a server says of a collection; no `info` unless the status is a success. */
export interface DescribeReply {
  readonly status: Status;
  readonly info?: CollectionInfo;
}

/**
 * Decodes a `DescribeCollectionResponse`. Fields that vts cannot read are in `info.unsupported`.
 * @throws VtsError InputMalformed
 */
export function decodeDescribe(reply: Uint8Array): DescribeReply {
  const { status, rawSchema, facts, aliases, properties } = readDescription(plainBytes(reply));
  if (!isOk(status)) return { status };
  const { name, description, fields, ...schema } = readSchema(rawSchema);
  return {
    status,
    info: {
      ...facts,
      ...schema,
      // Asked for an alias, servers of 2.3 call the collection by it; its schema has its own name.
      name: name === '' ? facts.name : name,
      schema: { fields, ...(description === '' ? {} : { description }) },
      partitionCount: fields.some((f) => f.partitionKey) ? facts.partitionCount : 0,
      consistency: CONSISTENCY_LEVELS[facts.consistency] ?? 'Customized',
      properties: { ...schema.properties, ...properties },
      aliases,
      rawSchema,
    },
  };
}

function readDescription(bytes: Bytes) {
  const reader = new ProtoReader(bytes);
  const facts = { database: '', name: '', id: 0n, shards: 0, partitionCount: 0, consistency: 0 };
  const properties: Record<string, string> = {};
  const aliases: string[] = [];
  const schema: Spans = [];
  let status = OK;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        status = readStatus(reader.message());
        break;
      case 2:
        reader.span(schema);
        break;
      case 3:
        facts.id = reader.int64();
        break;
      case 8:
        facts.shards = reader.int32();
        break;
      case 9:
        aliases.push(reader.text());
        break;
      case 11:
        facts.consistency = reader.int32();
        break;
      case 12:
        facts.name = reader.text();
        break;
      case 13:
        addPair(properties, reader);
        break;
      case 14:
        facts.database = reader.text();
        break;
      case 15:
        facts.partitionCount = Number(reader.int64());
        break;
    }
  }
  return { status, facts, aliases, properties, rawSchema: joinSpans(bytes, schema) };
}

/** The error for a field that the user asks for and vts cannot read. */
export function unsupportedField({ name, typeNumber }: UnsupportedField): VtsError {
  const type = UNREADABLE[typeNumber];
  return new VtsError(
    'InputUnsupported',
    `vts cannot read the type ${type === undefined ? typeNumber : `${type} (${typeNumber})`}`,
    { field: name, remedy: `name the fields to read, without this one: --fields ...` },
  );
}

function readSchema(bytes: Bytes) {
  const reader = new ProtoReader(bytes);
  const properties: Record<string, string> = {};
  const functions: FunctionInfo[] = [];
  const outcomes: (FieldOutcome | undefined)[] = [];
  const facts = { name: '', description: '', dynamic: false };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        facts.name = reader.text();
        break;
      case 2:
        facts.description = reader.text();
        break;
      case 4:
        outcomes.push(readField(reader.message()));
        break;
      case 5:
        facts.dynamic = reader.bool();
        break;
      case 6:
        addPair(properties, reader);
        break;
      case 7:
        functions.push(readFunction(reader.message()));
        break;
      case 9:
        outcomes.push(readStruct(reader.message()));
        break;
    }
  }
  const present = outcomes.filter((outcome) => outcome !== undefined);
  const fields = present.flatMap((outcome) => 'field' in outcome ? [outcome.field] : []);
  const unsupported = present.flatMap((outcome) => 'unsupported' in outcome ? [outcome.unsupported] : []);
  return { ...facts, properties, functions, unsupported, fields: withDynamicLast(fields, facts.dynamic) };
}

/** Most servers do not list the dynamic field. */
function withDynamicLast(fields: readonly Field[], dynamic: boolean): readonly Field[] {
  const declared = fields.filter((f) => !f.dynamic);
  if (!dynamic) return declared;
  const listed = fields.find((f) => f.dynamic);
  return [...declared, listed ?? field(DYNAMIC_FIELD, { kind: 'JSON' }, { dynamic: true })];
}

function readFunction(reader: ProtoReader): FunctionInfo {
  const info = { name: '', description: '', type: 0 };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const params: Record<string, string> = {};
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        info.name = reader.text();
        break;
      case 3:
        info.description = reader.text();
        break;
      case 4:
        info.type = reader.int32();
        break;
      case 5:
        inputs.push(reader.text());
        break;
      case 7:
        outputs.push(reader.text());
        break;
      case 9:
        addPair(params, reader);
        break;
    }
  }
  return { ...info, inputs, outputs, params };
}

function addPair(pairs: Record<string, string>, reader: ProtoReader): void {
  const [key, value] = readPair(reader.message());
  pairs[key] = value;
}
