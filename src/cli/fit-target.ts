/** JSON lines and CSV say no types. Where rows go to a collection that is there, its fields do. */
import type { Schema } from '../core/schema.ts';
import { compileCast } from '../core/cast.ts';
import { parseCastType } from '../core/cast-type.ts';
import { formatType, sameLayout } from '../core/types.ts';
import { isVtsError } from '../errors.ts';
import type { ServerEnd } from './server-ends.ts';

/** The type of each field of the collection `end`, as `--cast` takes it; none when it is not there. */
export async function typesOfTarget(
  end: ServerEnd,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { findCollection } = await import('../connectors/milvus/metadata.ts');
  const { connection, database, collection: name } = end;
  const found = await findCollection(connection, { database, name }, { maxTimeMs: 30_000, signal });
  return Object.fromEntries(found?.schema.fields.map((field) => [field.name, formatType(field.type)]) ?? []);
}

/** Of `types` those that columns of `schema` do not have and can be cast to. */
export function castsTo(
  types: Readonly<Record<string, string>>,
  { fields }: Schema,
): Readonly<Record<string, string>> {
  const needed = fields.filter(({ name, type }) => {
    if (!Object.hasOwn(types, name)) return false;
    try {
      const to = parseCastType(types[name], name, type);
      return !sameLayout(type, to) && compileCast(name, type, to) !== undefined;
    } catch (error) {
      // Types that nothing can be cast to.
      if (isVtsError(error, 'Usage')) return false;
      throw error;
    }
  });
  return Object.fromEntries(needed.map(({ name }) => [name, types[name]]));
}
