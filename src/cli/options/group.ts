/** Groups of flags, whose values an interface beside them describes. */
import type { Command, Option } from '@commander-js/extra-typings';

/** A flag whose type is told by the interface of its group. */
export type AnyOption = Option<string>;

/** Adds all of `groups` to `command`. */
export function addAll(command: Command, ...groups: readonly (readonly AnyOption[])[]): Command {
  // deno-lint-ignore no-explicit-any -- commander's types follow single options, not lists
  for (const option of groups.flat()) command.addOption(option as any);
  return command;
}
