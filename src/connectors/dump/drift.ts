/** What became of a collection since its dump began. */
import type { Json } from '../../core/schema-json.ts';
import { VtsError } from '../../errors.ts';
import type { Begun } from './dump-journal.ts';

/** What may not change during a dump. */
export type Fixed = Pick<Begun, 'id' | 'schema'>;

/** The changes from `before` to `now`, field by field; none when it is the same collection. */
export function changesOf(before: Fixed, now: Fixed): string[] {
  if (JSON.stringify(before.schema) === JSON.stringify(now.schema)) {
    return before.id === now.id ? [] : ['it was dropped and made again'];
  }
  const changes = before.id === now.id ? [] : ['it was dropped and made again'];
  const [old, fresh] = [fieldsOf(before.schema), fieldsOf(now.schema)];
  for (const [name, field] of old) {
    const other = fresh.get(name);
    if (other === undefined) changes.push(`field "${name}" is gone`);
    else if (other !== field) changes.push(`field "${name}" was ${field}, is ${other}`);
  }
  for (const [name, field] of fresh) if (!old.has(name)) changes.push(`field "${name}" is new: ${field}`);
  return changes.length > 0 ? changes : ['its fields are in another order, or it has another description'];
}

function fieldsOf(schema: Json): Map<string, string> {
  const { fields } = schema as { readonly fields: readonly { readonly name: string }[] };
  return new Map(fields.map(({ name, ...rest }) => [name, JSON.stringify(rest)]));
}

/** What to say when a collection of an unfinished dump has changed. */
export function changedCollection(what: string, changes: readonly string[]): VtsError {
  return new VtsError('JournalConflict', `${what} has changed since its dump began`, {
    expected: `the same collection; ${changes.join('; ')}`,
    remedy: 'add --not-consistent to dump this collection anew, or begin in another directory',
  });
}
