/** What the endpoints on a command line are, and the verb that goes from the one kind to the other. */
import { isMilvusUrl, redactUrl } from '../connectors/milvus/endpoint-url.ts';
import { shellQuote } from '../core/shell.ts';
import { VtsError } from '../errors.ts';
import { SERVER_VARIABLE } from './options/all.ts';

/** The server where a command line and the environment name none. */
const DEFAULT_SERVER = 'milvus://127.0.0.1:19530';

/** The verbs that move rows, each with what it moves them between. */
const VERBS = {
  convert: 'files and files',
  export: 'a server and files',
  import: 'files and a server',
  copy: 'a server and a server',
} as const;

/** A verb that moves rows. */
export type Verb = keyof typeof VERBS;

/** The address of the server that is meant when none is named. */
export function defaultServer(): string {
  return process.env[SERVER_VARIABLE] ?? DEFAULT_SERVER;
}

/** Whether `endpoint` is the address of a server. */
export const isServer = isMilvusUrl;

/** @throws VtsError Usage, naming the right verb, when `verb` does not go from `inputs` to `output` */
export function requireVerb(verb: Verb, inputs: readonly string[], output: string): void {
  const right = verbFor(inputs.some(isMilvusUrl), isMilvusUrl(output));
  const mixed = inputs.some(isMilvusUrl) && inputs.length > 1;
  if (right === verb && !mixed) return;
  const shown = [...inputs, output].map((endpoint) => shellQuote(redactUrl(endpoint))).join(' ');
  if (mixed && verb === 'import') {
    throw new VtsError('Usage', `The server comes last, and after it there is ${redactUrl(output)}`, {
      expected: 'vts import FILE... MILVUS',
      remedy: "put values that hold { } , or spaces into quotes: --index 'vector:HNSW{M:16}'",
    });
  }
  if (mixed) {
    throw new VtsError('Usage', 'One collection is read at a time', { expected: `vts ${right} MILVUS ...` });
  }
  const [from, to] = VERBS[verb].split(' and ');
  const wrong = isMilvusUrl(output) === (verb === 'import' || verb === 'copy') ? inputs[0] : output;
  throw new VtsError(
    'Usage',
    `vts ${verb} goes from ${from} to ${to}, and ${redactUrl(wrong)} is ${kindOf(wrong)}`,
    {
      expected: 'servers as milvus://HOST[:PORT]/DATABASE/COLLECTION, files by their names',
      remedy: isBareName(wrong) ? withServer(verb, [...inputs, output], wrong) : `vts ${right} ${shown}`,
    },
  );
}

/** Whether `endpoint` may be meant as the name of a collection. */
function isBareName(endpoint: string): boolean {
  return /^[A-Za-z_]\w*$/.test(endpoint);
}

/** The same command, with the collection `name` written as an address. */
function withServer(verb: Verb, endpoints: readonly string[], name: string): string {
  const address = `${redactUrl(defaultServer()).replace(/\/+$/, '')}/default/${name}`;
  return `vts ${verb} ${
    endpoints.map((one) => shellQuote(one === name ? address : redactUrl(one))).join(' ')
  }`;
}

function verbFor(fromServer: boolean, toServer: boolean): Verb {
  if (fromServer) return toServer ? 'copy' : 'export';
  return toServer ? 'import' : 'convert';
}

function kindOf(endpoint: string): string {
  return isMilvusUrl(endpoint) ? 'a server' : 'a file';
}
