/** A proxy before a real Milvus that spoils chosen calls. */
import { status } from '@grpc/grpc-js';
import {
  type Call,
  encodeRefusal,
  type GrpcClient,
  grpcClient,
  grpcFailure,
  type GrpcServer,
  type Refusal,
  serveMilvus,
} from './milvus-grpc.ts';

/** What happens to a call. */
export type Fault =
  /** A gRPC error (`status` of grpc-js); the server never hears of the call. */
  | { readonly kind: 'fail'; readonly code: status; readonly message?: string }
  /** A reply with Milvus' own status; the server never hears of the call. */
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** The server does it, the client gets a gRPC error (UNAVAILABLE) instead of the reply: was it done? */
  | { readonly kind: 'lose'; readonly code?: status }
  /** The server does it, the client gets no answer at all. */
  | { readonly kind: 'hang' }
  /** The server gets it twice, one after the other; the client gets the second reply. */
  | { readonly kind: 'twice' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** The reply is changed on its way. */
  | { readonly kind: 'change'; readonly reply: (bytes: Uint8Array) => Uint8Array };

/** What Milvus 2.3.5 with a limit in `quotaAndLimits` replies to who is too fast. */
export const RATE_LIMITED: Fault = {
  kind: 'refuse',
  refusal: {
    code: 8,
    errorCode: 49,
    reason:
      'request is rejected by grpc RateLimiter middleware, please retry later: rate limit exceeded[rate=0]',
  },
};

/** A running proxy. */
export interface MilvusFaultProxy extends GrpcServer {
  /** How many calls of `method` (of all, without) have come. */
  calls(method?: string): number;
  /** How many calls were spoiled. */
  readonly faults: number;
}

/**
 * Starts a proxy before the server at `target` (`HOST:PORT`, without TLS). `faultOf` gets the method and the how-manieth call
 * of that method it is, from 1, and the request.
 */
export async function startMilvusFaultProxy(
  target: string,
  faultOf: (method: string, callNumber: number, request: Uint8Array) => Fault | undefined,
): Promise<MilvusFaultProxy> {
  const client = grpcClient(target);
  const counts = new Map<string, number>();
  let faults = 0;
  const server = await serveMilvus(async (call) => {
    const number = (counts.get(call.method) ?? 0) + 1;
    counts.set(call.method, number);
    const fault = faultOf(call.method, number, call.request);
    if (fault === undefined) return await forward(client, call);
    faults++;
    return await spoil(client, call, fault);
  });
  return {
    ...server,
    calls: (method) =>
      method === undefined ? [...counts.values()].reduce((a, b) => a + b, 0) : counts.get(method) ?? 0,
    get faults() {
      return faults;
    },
    async close() {
      await server.close();
      client.close();
    },
  };
}

async function spoil(client: GrpcClient, call: Call, fault: Fault): Promise<Uint8Array> {
  switch (fault.kind) {
    case 'fail':
      throw grpcFailure(fault.code, fault.message ?? 'made by the fault proxy');
    case 'refuse':
      return encodeRefusal(call.method, fault.refusal);
    case 'lose':
      await forward(client, call);
      throw grpcFailure(fault.code ?? status.UNAVAILABLE, 'the fault proxy lost the reply');
    case 'hang':
      await forward(client, call);
      return await new Promise(() => {});
    case 'twice':
      await forward(client, call);
      return await forward(client, call);
    case 'delay':
      await new Promise((done) => setTimeout(done, fault.ms));
      return await forward(client, call);
    case 'change':
      return fault.reply(await forward(client, call));
  }
}

/** Headers of the connection to the proxy, not of the call. */
const OWN_HEADERS = ['user-agent', 'grpc-accept-encoding', 'accept-encoding', 'content-type', 'te'];

function forward(client: GrpcClient, { method, request, metadata }: Call): Promise<Uint8Array> {
  const headers = metadata.clone();
  for (const name of OWN_HEADERS) headers.remove(name);
  return client.call(method, request, headers);
}
