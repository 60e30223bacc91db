/**
 * A server in this process that says what a test wants: for what no real one that can run here has, like nullable fields,
 * snapshots and the types of Milvus 2.4 and later.
 */
import { type ServerCredentials, status } from '@grpc/grpc-js';
import {
  type Call,
  encodeReply,
  grpcFailure,
  type GrpcServer,
  type Handler,
  type Members,
  serveMilvus,
} from './milvus-grpc.ts';

/** Members of a reply by the published definitions, or its bytes. */
export type FakeReply = Members | Uint8Array;

/** Answers to methods by name: fixed, or made from the call. */
export type FakeAnswers = Readonly<
  Record<string, FakeReply | ((call: Call) => FakeReply | Promise<FakeReply>)>
>;

/** How the server presents itself. */
export interface FakeOptions {
  /** `2.6.4` unless given. */
  readonly version?: string;
  readonly credentials?: ServerCredentials;
}

/** A running fake. */
export interface MilvusFake extends GrpcServer {
  /** All calls in order. */
  readonly calls: readonly Call[];
}

/**
 * Starts a fake. What `answers` leaves out is answered as by an empty server, as far as connecting needs it, and is
 * UNIMPLEMENTED beyond that. An answer may throw a `grpcFailure`.
 */
export async function startMilvusFake(answers: FakeAnswers, options: FakeOptions = {}): Promise<MilvusFake> {
  const version = options.version ?? '2.6.4';
  const all: FakeAnswers = {
    Connect: { identifier: '1', serverInfo: { buildTags: version, deployMode: 'STANDALONE' } },
    GetVersion: { version },
    CheckHealth: { isHealthy: true },
    ListDatabases: { dbNames: ['default'] },
    ShowCollections: {},
    ListAliases: {},
    ...answers,
  };
  const calls: Call[] = [];
  const handler: Handler = async (call) => {
    calls.push(call);
    const answer = all[call.method];
    if (answer === undefined) throw grpcFailure(status.UNIMPLEMENTED, `unknown method ${call.method}`);
    const reply = typeof answer === 'function' ? await answer(call) : answer;
    return reply instanceof Uint8Array ? reply : encodeReply(call.method, reply);
  };
  return { ...await serveMilvus(handler, options.credentials), calls };
}

/** One collection for `describe`: what DescribeCollection, ShowPartitions, GetLoadState and DescribeIndex say of it. */
export interface FakeCollection {
  readonly name: string;
  /** Members of a CollectionSchema but the name: `{fields: [{fieldID: 100, name: 'id', dataType: 5, isPrimaryKey: true}]}`. */
  readonly schema: Members;
  readonly partitions?: readonly string[];
}

/** Answers that show one loaded collection with an index on every vector field. */
export function collectionAnswers({ name, schema, partitions = ['_default'] }: FakeCollection): FakeAnswers {
  const fields = (schema.fields ?? []) as readonly { readonly name: string; readonly dataType: number }[];
  const indexDescriptions = fields.filter(({ dataType }) => dataType >= 100 && dataType < 200).map((
    field,
  ) => ({
    indexName: field.name,
    fieldName: field.name,
    params: [{ key: 'index_type', value: 'AUTOINDEX' }, { key: 'metric_type', value: 'L2' }],
    state: 3,
  }));
  const ids = partitions.map((_, i) => `${i + 1}`);
  return {
    HasCollection: { value: true },
    ShowCollections: { collectionNames: [name], collectionIds: ['1'] },
    DescribeCollection: {
      schema: { name, ...schema },
      collectionID: '1',
      collectionName: name,
      shardsNum: 1,
      numPartitions: `${partitions.length}`,
      consistencyLevel: 2,
      dbName: 'default',
    },
    ShowPartitions: { partitionNames: partitions, partitionIDs: ids },
    GetLoadState: { state: 3 },
    GetLoadingProgress: { progress: '100' },
    DescribeIndex: { indexDescriptions },
  };
}
