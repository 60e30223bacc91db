/** The keys by which a Milvus block reaches its server. */
import type { FlagValue } from '../job.ts';
import type { Block } from './block.ts';
import type { ServerReach } from '../survey.ts';

const PORT = 19530;

/** The server of `block`. */
export function readServer(block: Block): ServerReach {
  const url = block.required('url', '"http://127.0.0.1:19530"');
  const token = block.text('token');
  const flags: Record<string, FlagValue> = {};
  if (token !== undefined && token !== '') flags.token = token;
  for (
    const [key, flag] of [
      ['ca_pem_path', 'ca-cert'],
      ['client_pem_path', 'client-cert'],
      ['client_key_path', 'client-key'],
      ['server_name', 'server-name'],
    ]
  ) {
    const value = block.text(key);
    if (value !== undefined && value !== '') flags[flag] = value;
  }
  if (block.text('server_pem_path') !== undefined) {
    block.refuse(
      'server_pem_path',
      'That tool itself does not read "server_pem_path"',
      'write ca_pem_path instead',
    );
  }
  const hasTls = Object.keys(flags).some((flag) => flag !== 'token');
  return { address: addressOf(block, url, hasTls), flags };
}

/** `milvus://host:port` of an address as the SDKs of Milvus take it. */
function addressOf(block: Block, url: string, hasTls: boolean): string {
  if (url === '') return '';
  const [, scheme = 'http', host, port, path] =
    /^(?:(https?|tcp|milvus|milvus\+tls):\/\/)?(\[[^\]]+\]|[^:/?#@\s]+)(?::(\d{1,5}))?(\/[^?#]*)?$/i.exec(
      url,
    ) ?? [];
  if (host === undefined || (path ?? '/') !== '/') {
    block.refuse('url', `"${url}" is no address of a server`, 'write http://HOST:PORT, or https:// for TLS');
    return '';
  }
  const tls = hasTls || /^(https|milvus\+tls)$/i.test(scheme);
  return `${tls ? 'milvus+tls' : 'milvus'}://${host}:${port ?? PORT}`;
}

/** The address of a collection. */
export function collectionAddress({ address }: ServerReach, database: string, collection: string): string {
  return `${address}/${encodeURIComponent(database)}/${encodeURIComponent(collection)}`;
}

/** The flags of a server that a copy writes to. */
export function targetFlags({ flags }: ServerReach): Record<string, FlagValue> {
  return Object.fromEntries(Object.entries(flags).map(([name, value]) => [`target-${name}`, value]));
}
