/** Which block reads what which block gives: by `plugin_input` and `plugin_output`, else one after the other. */
import type { Problems } from '../problems.ts';
import type { Block } from './block.ts';
import type { SinkPlan } from './sinks.ts';
import type { SourcePlan } from './sources.ts';
import type { Survey } from '../survey.ts';
import type { Table } from './table.ts';
import type { Transform } from './transforms.ts';

/** A block that is read. */
export interface Module {
  readonly stage: 'source' | 'transform' | 'sink';
  readonly block: Block;
  readonly outputs: string | undefined;
  readonly inputs: readonly string[] | undefined;
  /** Undefined where something is wrong with it. */
  readonly plan: SourcePlan | Transform | SinkPlan | undefined;
}

/** A source or a transform with what it reads. */
export interface Stream {
  readonly module: Module;
  readonly inputs: readonly Stream[];
}

/** The sinks, each with what it reads. */
export function connect(
  modules: readonly Module[],
  problems: Problems,
): readonly { readonly sink: Module; readonly inputs: readonly Stream[] }[] {
  const named = new Map<string, Stream>();
  const read = new Set<Stream>();
  const streams: Stream[] = [];
  const sinks: { sink: Module; inputs: readonly Stream[] }[] = [];
  for (const module of modules) {
    const inputs = module.stage === 'source' ? [] : inputsOf(module, named, streams, problems);
    inputs.forEach((stream) => read.add(stream));
    if (module.stage === 'sink') sinks.push({ sink: module, inputs });
    else {
      const stream = { module, inputs };
      streams.push(stream);
      if (module.outputs === undefined) continue;
      if (named.has(module.outputs)) {
        problems.add(
          module.block.placeOf('plugin_output'),
          `Two blocks give "${module.outputs}"`,
          'give each a name of its own',
        );
      }
      named.set(module.outputs, stream);
    }
  }
  for (const stream of streams.filter((one) => !read.has(one))) {
    problems.add(
      stream.module.block.at,
      `Nothing reads what this ${stream.module.stage} gives`,
      'give it a plugin_output, and name that as the plugin_input of a sink',
    );
  }
  return sinks;
}

function inputsOf(
  { block, inputs, stage }: Module,
  named: ReadonlyMap<string, Stream>,
  streams: readonly Stream[],
  problems: Problems,
): readonly Stream[] {
  if (inputs === undefined) {
    const last = streams.at(-1);
    return last === undefined ? [] : [last];
  }
  return inputs.flatMap((name) => {
    const found = named.get(name);
    if (found !== undefined) return [found];
    problems.add(
      block.placeOf(block.has('plugin_input') ? 'plugin_input' : 'source_table_name'),
      `No block before this ${stage} gives "${name}"`,
      named.size === 0
        ? 'leave it out, or give a source plugin_output'
        : `there are ${[...named.keys()].join(', ')}`,
    );
    return [];
  });
}

/** The tables of `streams`. */
export async function tablesOf(streams: readonly Stream[], survey: Survey): Promise<readonly Table[]> {
  const lists = await Promise.all(streams.map(async ({ module, inputs }) => {
    if (module.stage === 'source') return await (module.plan as SourcePlan)(survey);
    return (module.plan as Transform)(await tablesOf(inputs, survey));
  }));
  return lists.flat();
}
