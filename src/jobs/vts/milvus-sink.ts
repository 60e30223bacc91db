/** The Milvus sink: from a table to an import or a copy. */
import type { FlagValue, Step } from '../job.ts';
import type { Block } from './block.ts';
import { columnFlags } from './column-flags.ts';
import { type FieldPlan, readFieldSchema } from './field-schema.ts';
import { readSaveMode } from './save-mode.ts';
import { collectionAddress, readServer, targetFlags } from './server.ts';
import { readGeometry } from './geometry.ts';
import type { SinkPlan } from './sinks.ts';
import type { Table } from './table.ts';

/** Reads a Milvus sink; what is wrong with it becomes problems. */
export function readMilvusSink(block: Block, parallelism: number | undefined, notes: string[]): SinkPlan {
  const server = readServer(block);
  const database = block.text('database');
  const mode = readSaveMode(block);
  const createIndex = block.truth('create_index') ?? true;
  const renames = block.pairs('collection_rename') ?? [];
  const fieldSchema = readFieldSchema(block);
  const structs = block.list('struct_fields') ?? [];
  const dynamic = block.truth('enable_dynamic_field');
  const consistency = block.choice('consistency_level', ['STRONG', 'SESSION', 'EVENTUALLY', 'BOUNDED']);
  const shards = block.integer('shard_num', 1);
  const newIds = block.truth('enable_auto_id') ?? false;
  const partitionKey = block.text('partition_key');
  const batchRows = block.integer('batch_size', 1);
  const geometry = readGeometry(block);
  block.unsupported(UNSUPPORTED);
  block.passOver('load_collection', 'batch_interval', 'rate_limit', 'timezone_mode');
  block.end();
  const created: Record<string, FlagValue> = {
    ...(consistency === undefined
      ? {}
      : { consistency: consistency[0] + consistency.slice(1).toLowerCase() }),
    ...(shards === undefined ? {} : { shards }),
  };
  return async (table, survey) => {
    const name = targetName(table, renames, notes);
    const into = database || table.database;
    await mode.check(survey, server, into, name);
    const kept: Table = {
      ...table,
      columns: table.columns.filter((column) =>
        !(dynamic === false && column.dynamic) &&
        (structs.length === 0 || column.type.kind !== 'StructArray' || structs.includes(column.name))
      ),
      chosen: table.chosen || dynamic === false || structs.length > 0,
    };
    const fields = fieldSchema?.(kept) ?? { table: kept, casts: {}, sets: [], newIds: false };
    const flags = {
      ...(parallelism === undefined ? {} : { parallel: Math.min(parallelism, 64) }),
      ...table.flags,
      ...columnFlags(fields.table, batchRows),
      ...(Object.keys(fields.casts).length === 0 ? {} : { cast: fields.casts }),
      ...(fields.sets.length === 0 ? {} : { set: fields.sets }),
      ...idFlags(fields, newIds || fields.newIds, notes),
      ...(fields.partitionKey ?? partitionKey
        ? { 'partition-key': fields.partitionKey ?? partitionKey! }
        : {}),
      ...created,
      ...indexFlags(table, createIndex, notes),
      // A collection made of files takes further keys, unless the job says otherwise.
      ...(dynamic ?? table.kind === 'file' ? { dynamic: true } : {}),
      ...mode.flags,
      ...geometry(fields.table),
      ...(table.kind === 'milvus' ? targetFlags(server) : server.flags),
    };
    const step: Step = {
      verb: table.kind === 'milvus' ? 'copy' : 'import',
      from: table.from,
      to: collectionAddress(server, into, name),
      flags,
      at: block.at,
      places: { from: table.at, to: block.placeOf('url') },
    };
    return step;
  };
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  function_list: 'a copy takes the functions of its source; others are made with the SDK before the job runs',
  collection_description: 'leave it out: a copy takes the description of its source',
  partition_num: 'leave it out: a copy takes the number of its source',
  timezone: 'leave it out: a copy takes the properties of its source',
  bulk_writer_config: 'leave it out: vts writes by the port that clients use, which needs no object storage',
  skip_null_vector_rows: 'choose the rows with Sql and WHERE',
  partition_routing: 'write a step for each partition: vts run --print shows the form',
};

/** The name of the target. That tool writes `-` as `_`, which Milvus does not have in names. */
function targetName(
  { name }: Table,
  renames: readonly (readonly [from: string, to: string, ...unknown[]])[],
  notes: string[],
): string {
  const renamed = renames.find(([from]) => from === name)?.[1] ?? name;
  const target = renamed.replaceAll('-', '_');
  if (target !== renamed) {
    notes.push(`the collection "${renamed}" is called "${target}", as Milvus has no - in names`);
  }
  return target;
}

function indexFlags(
  { kind, name, hasMetric }: Table,
  isWanted: boolean,
  notes: string[],
): Record<string, FlagValue> {
  if (!isWanted) return { 'no-index': true };
  if (kind === 'milvus' || hasMetric) return {};
  notes.push(
    `files do not say how distances are measured, so "${name}" gets no index, as with that tool; ` +
      'vts run --print and --metric make one',
  );
  return { 'no-index': true };
}

function idFlags({ table, id }: FieldPlan, newIds: boolean, notes: string[]): Record<string, FlagValue> {
  const own = table.columns.find((column) => column.primaryKey);
  const key = id === undefined ? own : table.columns.find((column) => column.name === id);
  if (newIds || own?.autoId) {
    if (!newIds) {
      notes.push(
        `the server makes the ids of "${table.name}" anew, as that tool does; --auto-id keep would keep them`,
      );
    }
    return { 'auto-id': 'new', ...(key === undefined || key === own ? {} : { id: key.name }) };
  }
  if (key !== undefined) return key === own && table.kind === 'milvus' ? {} : { id: key.name };
  if (table.kind === 'milvus') return {};
  notes.push(`"${table.name}" has no primary key, so the server makes ids, as with that tool`);
  return { 'auto-id': 'new' };
}
