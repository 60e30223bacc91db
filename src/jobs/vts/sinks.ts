/** Sink blocks: a Milvus server, and local files. */
import type { Step } from '../job.ts';
import type { Block } from './block.ts';
import { readFileSink } from './file-sink.ts';
import { readMilvusSink } from './milvus-sink.ts';
import type { Survey } from '../survey.ts';
import type { Table } from './table.ts';

/** A sink that is read: the step that moves a table into it. */
export type SinkPlan = (table: Table, survey: Survey) => Promise<Step | undefined>;

/** Reads the sink block `kind`; what is wrong with it becomes problems. */
export function readSink(
  kind: string,
  block: Block,
  parallelism: number | undefined,
  notes: string[],
): SinkPlan | undefined {
  if (/^milvus$/i.test(kind)) return readMilvusSink(block, parallelism, notes);
  if (/^localfile$/i.test(kind)) return readFileSink(block);
  block.problems.add(
    block.at,
    `The sink ${kind} is not supported`,
    /^console$/i.test(kind)
      ? 'to see rows: vts export milvus://HOST/DATABASE/COLLECTION - --limit 10'
      : 'vts writes Milvus and LocalFile; write parquet files, and let that tool read them',
  );
  return undefined;
}
