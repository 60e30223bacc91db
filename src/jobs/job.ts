/**
 * A job as vts runs it, whatever form it was written in: a list of steps, each exactly one vts command line.
 *
 * A translator (`milvusdm/`, `own/`, `vts/`) takes a {@linkcode JobText} and returns a {@linkcode Job}, or throws all
 * that is wrong with it at once ({@linkcode Problems}). Values of flags are checked later, by the flags themselves.
 */
import type { Position } from './problems.ts';

/** The verbs that a step can name. */
export const STEP_VERBS = ['convert', 'export', 'import', 'copy', 'dump', 'restore', 'verify'] as const;

/** One of {@linkcode STEP_VERBS}. */
export type StepVerb = typeof STEP_VERBS[number];

/**
 * What a flag says. `true` sets a switch; a list stands for a flag that takes several values (`fields`, `partition`,
 * `index`), a map for one that takes pairs (`rename`, `cast`). Names in lists and maps are as they are: commas and the
 * like are escaped by whoever makes a command line of them.
 */
export type FlagValue =
  | string
  | number
  | bigint
  | boolean
  | readonly string[]
  | Readonly<Record<string, string>>;

/** One vts command line: `vts VERB FROM... TO --FLAG VALUE...`. */
export interface Step {
  /** Where absent, it is told by the kinds of `from` and `to`, as `vts plan` does. */
  readonly verb?: StepVerb;
  /** Files, or the one address of a server. */
  readonly from: readonly string[];
  /** Absent only where the verb needs none: `verify` of a dump. */
  readonly to?: string;
  /** By the name on the command line without dashes: `part-size`, `rename`, `from` (the format of the input), `to`. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** Where the step is in the text of the job. */
  readonly at: Position;
  /** Where the value of a flag is, or of the ends as `from` and `to`, for messages on it; else {@linkcode Step.at}. */
  readonly places?: Readonly<Record<string, Position>>;
}

/** A job that is understood. */
export interface Job {
  readonly steps: readonly Step[];
  /** What a user should know of how the job was understood: keys that mean nothing here, say. */
  readonly notes: readonly string[];
}

/** The text of a job and what its variables stand for. */
export interface JobText {
  /** The file, for messages. */
  readonly name: string;
  readonly text: string;
  /** `${NAME}` stands for these: the environment. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}
