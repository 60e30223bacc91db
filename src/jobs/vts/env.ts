/** `env`: what holds for the whole job. */
import type { Entry } from '../hocon/node.ts';
import type { Problems } from '../problems.ts';
import { Block } from './block.ts';

/** What vts takes of it. */
export interface JobEnv {
  readonly parallelism?: number;
}

/** Keys on engines and checkpoints, which vts has no use for: every step has a journal. */
const PASSED_OVER = [
  'job.name',
  'jars',
  'checkpoint.interval',
  'checkpoint.timeout',
  'checkpoint.data-uri',
  'job.retry.times',
  'job.retry.interval.seconds',
  'savemode.execute.location',
  'execution.parallelism',
  'read_limit.rows_per_second',
  'read_limit.bytes_per_second',
  'flink',
  'spark',
];

/** Reads the block `env`. */
export function readEnv(entry: Entry | undefined, problems: Problems, notes: string[]): JobEnv {
  if (entry === undefined) return {};
  if (entry.value.kind !== 'object') {
    problems.add(entry.at, '"env" is an object', 'write env { parallelism = 1 }');
    return {};
  }
  const block = new Block('env', entry.value, entry.at, problems);
  const parallelism = block.integer('parallelism', 1);
  const mode = block.choice('job.mode', ['BATCH', 'STREAMING']);
  if (mode === 'STREAMING') {
    block.refuse(
      'job.mode',
      'Streaming jobs are not supported',
      'write job.mode = "BATCH"; vts moves what is there',
    );
  }
  block.unsupported({
    'shade.identifier': 'decrypt the job first, or give secrets by variables: token = ${TOKEN}',
  });
  const passed = block.passOver(...PASSED_OVER);
  const checkpoints = passed.filter((key) => /^(checkpoint|job\.retry)/.test(key));
  if (checkpoints.length > 0) {
    notes.push(
      `${checkpoints.join(' and ')} ${
        checkpoints.length === 1 ? 'is' : 'are'
      } not needed: --resume goes on after the last part`,
    );
  }
  block.end();
  return parallelism === undefined ? {} : { parallelism };
}
