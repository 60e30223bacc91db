/**
 * Jobs of the Vector Transport Service and SeaTunnel: env, source, transform and sink in HOCON or JSON. Each table that
 * comes to a sink is a step. All keys are checked first; then servers and files are asked for names, and nothing else.
 */
import { isVtsError } from '../../errors.ts';
import type { Entry, ObjectNode } from '../hocon/node.ts';
import { readHocon } from '../hocon/read.ts';
import type { Job, JobText, Step } from '../job.ts';
import { Problems } from '../problems.ts';
import { Block } from './block.ts';
import { readEnv } from './env.ts';
import { connect, type Module, tablesOf } from './pipeline.ts';
import { readSink, type SinkPlan } from './sinks.ts';
import { readSource } from './sources.ts';
import type { Survey } from '../survey.ts';
import { readTransform } from './transforms.ts';

const STAGES = ['source', 'transform', 'sink'] as const;

/** The steps of `job`; `survey` looks up what servers and files have. @throws VtsError Usage with all that is wrong */
export async function readVtsJob(job: JobText, survey: Survey): Promise<Job> {
  const problems = new Problems(job.name);
  const document = readHocon(job.text, problems, { variables: job.variables, repeatable: STAGES });
  problems.throwIfAny();
  const notes: string[] = [];
  const modules = readModules(document!, problems, notes);
  problems.throwIfAny();
  const sinks = connect(modules, problems);
  problems.throwIfAny();
  const steps: Step[] = [];
  for (const { sink, inputs } of sinks) {
    try {
      for (const table of await tablesOf(inputs, survey)) {
        const step = await (sink.plan as SinkPlan)(table, survey);
        if (step !== undefined) steps.push(step);
      }
    } catch (error) {
      // What a server says of itself is not about the text of the job; with one that is, it is one more problem.
      if (!isVtsError(error) || problems.found.length === 0) throw error;
      problems.add(sink.block.at, error.message, error.details.remedy);
    }
  }
  problems.throwIfAny();
  return { steps, notes: [...new Set(notes)] };
}

function readModules(document: ObjectNode, problems: Problems, notes: string[]): readonly Module[] {
  const { entries } = document;
  for (const { key, at } of entries) {
    if (key === 'env' || STAGES.some((stage) => stage === key)) continue;
    problems.add(at, `A job has no "${key}"`, 'it has env, source, transform and sink');
  }
  const env = readEnv(entries.find(({ key }) => key === 'env'), problems, notes);
  const modules = STAGES.flatMap((stage) => {
    const entry = entries.find(({ key }) => key === stage);
    const blocks = entry === undefined ? [] : blocksOf(stage, entry, problems);
    if (blocks.length === 0 && stage !== 'transform') {
      problems.add(entry?.at ?? document.at, `The job has no ${stage}`, `add ${stage} { Milvus { ... } }`);
    }
    return blocks.map(({ kind, block }): Module => {
      const names = {
        outputs: block.text('plugin_output') ?? block.text('result_table_name'),
        inputs: block.list('plugin_input') ?? block.list('source_table_name'),
      };
      block.passOver('plugin_name');
      const plan = stage === 'source'
        ? readSource(kind, block, env.parallelism)
        : stage === 'transform'
        ? readTransform(kind, block)
        : readSink(kind, block, env.parallelism, notes);
      return { stage, block, ...names, plan };
    });
  });
  return modules;
}

/** The blocks of a stage: `source { Milvus { ... } }`, or a list of objects with a `plugin_name`. */
function blocksOf(stage: string, { value, at }: Entry, problems: Problems): { kind: string; block: Block }[] {
  if (value.kind === 'scalar') {
    problems.add(at, `"${stage}" is an object of blocks`, `write ${stage} { Milvus { ... } }`);
    return [];
  }
  const blocks = value.kind === 'list'
    ? value.items.map((item) => ({ key: undefined, at: item.at, value: item }))
    : value.entries;
  return blocks.flatMap(({ key, at: place, value: node }) => {
    if (node.kind !== 'object') {
      problems.add(
        place,
        `${key === undefined ? `An element of "${stage}"` : `"${key}"`} is no block`,
        'write Milvus { ... }',
      );
      return [];
    }
    const named = new Block(`${stage} ${key ?? ''}`, node, place, problems);
    const kind = key ?? named.required('plugin_name', 'Milvus');
    return kind === ''
      ? []
      : [{ kind, block: key === undefined ? new Block(`${stage} ${kind}`, node, place, problems) : named }];
  });
}
