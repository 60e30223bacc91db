/** The servers and modes of MilvusDM's tasks. */
import type { FlagValue } from '../job.ts';
import type { Remarks } from './remarks.ts';
import type { Section } from './section.ts';

const DATABASE = 'default';
const PORT = /^\d{1,5}$/;
/** How vts writes the addresses of servers. */
const ADDRESS = /^(milvus|milvus\+tls|https?):\/\//i;

/** A database on a server. */
export interface Database {
  /** `milvus://host:port`; empty where the job does not say it. */
  readonly server: string;
  readonly name: string;
}

/** The database of a task with a destination. `dest_database` is a key of vts. */
export function readDestination(section: Section): Database {
  const host = section.required('dest_host', '127.0.0.1');
  const port = section.required('dest_port', '19530');
  const database = section.text('dest_database') ?? DATABASE;
  return { server: serverAddress(section, host, 'dest_port', port), name: database };
}

/**
 * The database on the running server of M2M and M2H. MilvusDM itself reads the files of a server of version 1; `source_host`,
 * `source_port` and `source_database` are keys of vts, and `source_milvus_path` may hold an address instead of a directory.
 */
export function readSource(section: Section, remarks: Remarks): Database {
  const path = section.text('source_milvus_path');
  const mysql = section.section('mysql_parameter');
  const host = section.text('source_host');
  const port = section.text('source_port') ?? '19530';
  const database = section.text('source_database') ?? DATABASE;
  if (host !== undefined) {
    if (path !== undefined || mysql !== undefined) {
      remarks.add('rows are read from source_host; source_milvus_path and mysql_parameter mean nothing then');
    }
    return { server: serverAddress(section, host, 'source_port', port), name: database };
  }
  if (path !== undefined && ADDRESS.test(path)) return { server: path.replace(/\/+$/, ''), name: database };
  const instead = 'to read from a running server write source_host and source_port (or its address, ' +
    'milvus://HOST:19530, as source_milvus_path). Of files of a 1.x server: let its MilvusDM write HDF5 with M2H, ' +
    'and give the yamls that it makes to vts run';
  if (mysql !== undefined) {
    section.refuse(
      'mysql_parameter',
      'the MySQL database of a Milvus 1.x server is not read',
      path === undefined ? instead : 'leave it out',
    );
  }
  if (path === undefined) section.missing('source_host', '127.0.0.1');
  else section.refuse('source_milvus_path', 'the files of a Milvus 1.x server are not read', instead);
  return { server: '', name: database };
}

/** `milvus://host:port`. A host may be written with a scheme, which MilvusDM does not know: `milvus+tls://host`. */
function serverAddress(section: Section, host: string, portKey: string, port: string): string {
  if (port !== '' && (!PORT.test(port) || Number(port) < 1 || Number(port) > 65_535)) {
    section.refuse(portKey, `"${port}" is no port`, 'a number from 1 to 65535; that of Milvus is 19530');
  }
  const [scheme] = ADDRESS.exec(host) ?? ['milvus://'];
  const name = host.replace(ADDRESS, '').replace(/\/+$/, '');
  return `${scheme}${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`;
}

/** The address of a collection of `database`. */
export function collectionAddress({ server, name }: Database, collection: string): string {
  return `${server}/${encodeURIComponent(name)}/${encodeURIComponent(collection)}`;
}

/**
 * `mode` as flags, for one partition or a whole collection.
 *
 * append adds to what is there; skip leaves what is there; overwrite replaces it. All make what is not there.
 */
export function readMode(section: Section, partition: string | undefined): Record<string, FlagValue> {
  const mode = section.required('mode', 'append');
  switch (mode) {
    case 'append':
      return { mode: 'append', 'create-missing': true };
    case 'skip':
      return { mode: 'skip' };
    case 'overwrite':
      return { mode: partition === undefined ? 'replace' : 'replace-partition' };
    default:
      if (mode !== '') section.refuse('mode', `there is no mode "${mode}"`, 'append, skip or overwrite');
      return {};
  }
}
