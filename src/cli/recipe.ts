/** `--recipe`: the MilvusDM job (H2M) that imports an export of its layout again. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Source } from '../core/endpoint.ts';
import { type Metric, vectorField } from '../core/schema.ts';
import { isDenseVector } from '../core/types.ts';
import { outputError } from '../stores/file.ts';
import type { ServerEnd } from './server-ends.ts';

/** An export that is done. */
export interface Exported {
  readonly end: ServerEnd;
  readonly source: Source;
  readonly output: string;
  readonly flags: {
    readonly partition?: readonly string[];
    readonly vector?: string | undefined;
    readonly metric?: Metric | undefined;
  };
}

/** Writes the recipe to `path` in one step. @returns its name */
export function writeRecipe(path: string, exported: Exported): string {
  const partial = `${path}.${process.pid}.partial`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, recipeOf(exported));
    renameSync(partial, path);
  } catch (error) {
    throw outputError(path, error);
  }
  return path;
}

/** The text of the job. It adds nothing to a collection that is there (`mode: skip`), as MilvusDM's own do. */
export function recipeOf({ end, source, output, flags }: Exported): string {
  const { host, port, tls } = end.connection.url;
  const { roles } = source.dataset;
  const vector = vectorField({
    ...source.dataset,
    roles: { ...roles, ...(flags.vector === undefined ? {} : { vector: flags.vector }) },
  });
  const type = vector?.type;
  const dim = type !== undefined && isDenseVector(type) ? type.dim : undefined;
  const metric = flags.metric ?? source.dataset.metric ?? (type?.kind === 'BinaryVector' ? 'HAMMING' : 'L2');
  const partition = flags.partition?.length === 1 ? flags.partition[0] : undefined;
  return [
    '# vts run imports the file beside it again, into the server and collection named here.',
    'H2M:',
    '  milvus_version: 2.x',
    '  data_path:',
    `    - ${JSON.stringify(resolve(output))}`,
    '  data_dir:',
    `  dest_host: ${JSON.stringify(tls ? `milvus+tls://${host}` : host)}`,
    `  dest_port: ${port}`,
    ...(end.database === 'default' ? [] : [`  dest_database: ${JSON.stringify(end.database)}`]),
    "  mode: 'skip'        # 'skip/append/overwrite'",
    `  dest_collection_name: ${JSON.stringify(end.collection)}`,
    `  dest_partition_name:${partition === undefined ? '' : ` ${JSON.stringify(partition)}`}`,
    '  collection_parameter:',
    `    dimension: ${dim ?? ''}`,
    `    metric_type: ${JSON.stringify(metric)}`,
    '',
  ].join('\n');
}
