/** `--fields @id,@vector`: fields by the part they play, for jobs that do not know their names. */
import { VtsError } from '../errors.ts';
import { isVector } from '../core/types.ts';
import type { ServerEnd } from './server-ends.ts';

const ROLES = ['@id', '@vector'];

/** `names` with those of roles replaced by the fields of the collection `end`. @throws VtsError Usage when one is not clear */
export async function fieldsByRole(
  end: ServerEnd,
  names: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  if (!names?.some((name) => ROLES.includes(name))) return names;
  const { describeCollection } = await import('../connectors/milvus/metadata.ts');
  const { schema } = await describeCollection(end.connection, {
    database: end.database,
    name: end.collection,
  });
  return names.map((name) => {
    if (!ROLES.includes(name)) return name;
    const fitting = schema.fields.filter((field) => name === '@id' ? field.primaryKey : isVector(field.type));
    if (fitting.length === 1) return fitting[0].name;
    throw new VtsError('Usage', `--fields ${name}: ${end.name} has ${fitting.length} such fields`, {
      expected: `one of ${schema.fields.map((field) => field.name).join(', ')}`,
      remedy: 'name the fields',
    });
  });
}
