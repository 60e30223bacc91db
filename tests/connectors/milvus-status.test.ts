import { describe, expect, test } from 'bun:test';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { status as grpc } from '@grpc/grpc-js';
import fc from 'fast-check';
import type { Status } from '../../src/connectors/milvus/codec/status.ts';
import { type FailedCall, grpcError, isUnimplemented } from '../../src/connectors/milvus/grpc-error.ts';
import { hasMilvusCode, OLD_CODES, statusError } from '../../src/connectors/milvus/status-error.ts';
import { type ErrorCode, ERRORS } from '../../src/errors.ts';

const OK: Status = { code: 0, errorCode: 0, reason: '', retriable: false, detail: '', extra: {} };

describe('statusError()', () => {
  test.each<[string, Partial<Status>, ErrorCode]>([
    ['rate limit', { code: 8, errorCode: 49, reason: 'rate limit exceeded[rate=0.1]' }, 'RateLimited'],
    ['rate limit, old', { errorCode: 49, reason: 'request is rejected' }, 'RateLimited'],
    [
      'memory quota',
      { code: 9, errorCode: 53, reason: 'quota exceeded[reason=memory quota exceeded]' },
      'QuotaExhausted',
    ],
    ['memory', { code: 3, reason: 'memory limit exceeded[predict=1][limit=1]' }, 'QuotaExhausted'],
    ['disk', { code: 7, reason: 'disk limit exceeded' }, 'QuotaExhausted'],
    ['force deny, old', { errorCode: 48, reason: 'force to deny' }, 'QuotaExhausted'],
    ['disk quota in words', { code: 65535, errorCode: 1, reason: 'disk quota exhausted' }, 'QuotaExhausted'],
    [
      'no such collection',
      { code: 100, errorCode: 4, reason: 'collection not found[collection=x]' },
      'InputMissing',
    ],
    [
      'no such collection, described',
      { code: 100, errorCode: 1, reason: "can't find collection" },
      'InputMissing',
    ],
    ['no such collection, old', { errorCode: 4, reason: 'gone' }, 'InputMissing'],
    [
      'no such database',
      { code: 800, errorCode: 1, reason: 'database not found[database=x]' },
      'InputMissing',
    ],
    [
      'no such database, Lite',
      { code: 6, errorCode: 6, reason: "database 'x' does not exist" },
      'InputMissing',
    ],
    ['no such database, Lite listing', { code: 1, reason: "database 'x' does not exist" }, 'InputMissing'],
    ['no such partition', { code: 200, reason: 'partition not found' }, 'InputMissing'],
    [
      'not loaded',
      { code: 101, errorCode: 1, reason: 'failed to query: collection not loaded' },
      'NotLoaded',
    ],
    ['not loaded, Lite', { code: 101, errorCode: 101, reason: 'collection is not loaded' }, 'NotLoaded'],
    ['no index', { code: 700, errorCode: 25, reason: 'index not found' }, 'InputMissing'],
    ['message too large', { code: 1102, reason: 'parameter too large' }, 'MessageTooLarge'],
    [
      'message too large, Go',
      { code: 65535, reason: 'message larger than max (70000000 vs. 67108864)' },
      'MessageTooLarge',
    ],
    ['not logged in', { code: 1400, reason: 'not authenticated' }, 'AuthFailed'],
    ['no privilege', { code: 1401, reason: 'privilege not permitted' }, 'AuthFailed'],
    ['no privilege, old', { errorCode: 3, reason: 'permission deny' }, 'AuthFailed'],
    ['schema changed', { code: 109, errorCode: 62, reason: 'collection schema mismatch' }, 'ServerRefused'],
    ['starting', { code: 1, reason: 'service not ready[standalone=1]: Initializing' }, 'Unreachable'],
    ['starting, old', { errorCode: 56, reason: 'x' }, 'Unreachable'],
    ['retriable', { code: 12345, retriable: true, reason: 'later' }, 'Unreachable'],
    [
      'anything else',
      { code: 65535, errorCode: 1, reason: 'cannot parse expression: id >>' },
      'ServerRefused',
    ],
    ['unexpected, Lite', { code: 1, errorCode: 1, reason: 'boom' }, 'ServerRefused'],
  ])('understands %s', (_, status, code) => {
    const error = statusError({ ...OK, ...status }, { action: 'try' });
    expect(error.code).toBe(code);
    expect(error.message).toBe(`cannot try: the server says: ${status.reason}`);
  });

  test('takes a refusal of rows for what it is, unless something else is the matter', () => {
    const rows = { action: 'insert', rows: true };
    const invalid = { ...OK, code: 1100, errorCode: 5, reason: 'the length (9) of s exceeds max length (4)' };
    expect(statusError(invalid, rows).code).toBe('RowInvalid');
    expect(statusError(invalid, { action: 'load' }).code).toBe('ServerRefused');
    expect(statusError({ ...OK, code: 8, reason: 'rate limit exceeded' }, rows).code).toBe('RateLimited');
    expect(statusError({ ...OK, code: 109, reason: 'schema mismatch' }, rows).code).toBe('ServerRefused');
  });

  test('leaves stack traces out', () => {
    const reason = 'collection not found\n/go/src/x.go:1 main\n';
    expect(statusError({ ...OK, code: 100, reason }, { action: 'x' }).message)
      .toBe('cannot x: the server says: collection not found');
    const frames =
      '/a/tracer/stack_trace.go:51 a.io/tracer.StackTrace\n/a/client.go:550 a.io/client.(*Base[...]).Call\n';
    const before = `failed to query: stack trace: ${frames}: rpc error: code = Canceled desc = x\nmore`;
    expect(statusError({ ...OK, code: 65535, reason: before }, { action: 'x' }))
      .toMatchObject({
        code: 'Unreachable',
        message: 'cannot x: the server says: failed to query: rpc error: code = Canceled desc = x',
      });
    expect(statusError({ ...OK, code: 65535, reason: `stack trace: ${frames}` }, { action: 'x' }).message)
      .toBe('cannot x: the server answers with error 65535');
    expect(statusError({ ...OK, code: 77 }, { action: 'x' }).message)
      .toBe('cannot x: the server answers with error 77');
  });

  test('answers anything with a code of ours', () => {
    const status = fc.record({
      code: fc.integer(),
      errorCode: fc.integer(),
      reason: fc.string({ unit: 'binary' }),
      retriable: fc.boolean(),
    });
    fc.assert(fc.property(status, fc.boolean(), (some, rows) => {
      const error = statusError({ ...OK, ...some }, { action: 'x', rows });
      expect(ERRORS[error.code]).toBeDefined();
      expect(error.message.length).toBeLessThan(600);
      expect(hasMilvusCode(error, some.code)).toBe(true);
    }));
  });

  test('knows the old codes by the numbers of the protocol', () => {
    const sdk = dirname(createRequire(import.meta.url).resolve('@zilliz/milvus2-sdk-node'));
    const { default: proto } = createRequire(import.meta.url)(join(sdk, 'proto-json/milvus.js'));
    const { values } = proto.nested.milvus.nested.proto.nested.common.nested.ErrorCode;
    for (const [name, number] of Object.entries(OLD_CODES)) {
      expect([name, values[name]]).toEqual([name, number]);
    }
  });
});

describe('grpcError()', () => {
  const call: FailedCall = {
    server: 'milvus://h:1',
    method: 'Insert',
    timeoutMs: 2000,
    changesData: true,
    redact: (text) => text.replaceAll('CANARY', '***'),
  };
  const reading = { ...call, method: 'Query', changesData: false };

  test.each<[string, number, string, ErrorCode, ErrorCode]>([
    [
      'refused',
      grpc.UNAVAILABLE,
      'No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ',
      'Unreachable',
      'Unreachable',
    ],
    [
      'no such host',
      grpc.UNAVAILABLE,
      'Name resolution failed for target dns:x:1',
      'Unreachable',
      'Unreachable',
    ],
    ['reset', grpc.UNAVAILABLE, 'read ECONNRESET', 'OutcomeUnknown', 'Unreachable'],
    ['cut', grpc.INTERNAL, 'Received RST_STREAM with code 2', 'OutcomeUnknown', 'Unreachable'],
    ['no HTTP/2', grpc.INTERNAL, 'Failed parsing HTTP/2 (x)', 'OutcomeUnknown', 'Unreachable'],
    ['cancelled by the server', grpc.CANCELLED, 'Call cancelled', 'OutcomeUnknown', 'Unreachable'],
    [
      'late',
      grpc.DEADLINE_EXCEEDED,
      'Deadline exceeded after 2.000s,remote_addr=127.0.0.1:1',
      'OutcomeUnknown',
      'Unreachable',
    ],
    [
      'late before it was sent',
      grpc.DEADLINE_EXCEEDED,
      'Deadline exceeded after 2.000s,Waiting for LB pick',
      'Unreachable',
      'Unreachable',
    ],
    [
      'too large',
      grpc.RESOURCE_EXHAUSTED,
      'grpc: received message larger than max (77 vs. 67108864)',
      'MessageTooLarge',
      'MessageTooLarge',
    ],
    ['busy', grpc.RESOURCE_EXHAUSTED, 'too many requests', 'RateLimited', 'RateLimited'],
    ['wrong password', grpc.UNAUTHENTICATED, 'auth check failure', 'AuthFailed', 'AuthFailed'],
    ['no privilege', grpc.PERMISSION_DENIED, 'no', 'AuthFailed', 'AuthFailed'],
    [
      'no message',
      grpc.INTERNAL,
      'Response message parsing error: index out of range',
      'InputMalformed',
      'InputMalformed',
    ],
    ['server error', grpc.UNKNOWN, 'Exception calling application: boom', 'ServerRefused', 'ServerRefused'],
    ['new code', 99, 'x', 'ServerRefused', 'ServerRefused'],
  ])('understands %s', (_, code, details, writing, whenReading) => {
    expect(grpcError({ code, details }, call).code).toBe(writing);
    expect(grpcError({ code, details }, reading).code).toBe(whenReading);
  });

  test('knows a method that the server lacks', () => {
    const error = grpcError({ code: grpc.UNIMPLEMENTED, details: 'unknown method X' }, reading);
    expect(error.code).toBe('ServerRefused');
    expect(isUnimplemented(error)).toBe(true);
    expect(isUnimplemented(grpcError({ code: grpc.UNKNOWN, details: 'x' }, reading))).toBe(false);
  });

  test('repeats no secret that a server sends back', () => {
    for (const code of Object.values(grpc).filter((value) => typeof value === 'number')) {
      const error = grpcError({ code, details: 'bad token CANARY' }, call);
      expect(`${error.message} ${JSON.stringify(error.details)} ${Bun.inspect(error)}`).not.toContain(
        'CANARY',
      );
    }
  });
});
