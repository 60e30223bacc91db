/** What is left of a collection to be restored once its rows are proven. */
import type { CollectionInfo, Properties } from '../connectors/milvus/model.ts';
import type { RestoreRun } from './restore-collection.ts';
import type { RestoreItem } from './restore-items.ts';

/** Properties under which rows are refused or vanish, or nothing can be read: set when all is proven. */
const HINDERING = /rate\.|diskquota|force\.deny|ttl\.seconds|^replicate\.|query_mode/i;

/** The properties that a collection can have while its rows come. */
export function earlyProperties(collection: CollectionInfo): Properties {
  return pick(collection, (name) => !HINDERING.test(name));
}

function pick({ properties }: CollectionInfo, wanted: (name: string) => boolean): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => wanted(name)));
}

/** Load state and properties as they were, now that the rows are proven. */
export async function settle(run: RestoreRun, { description, target }: RestoreItem): Promise<void> {
  const { connection, flags, retries: { policy } } = run;
  const { load, collection } = description;
  const late = pick(collection, (name) => HINDERING.test(name));
  if (Object.keys(late).length > 0) {
    const { alterCollection } = await import('../connectors/milvus/metadata-properties.ts');
    await alterCollection(connection, target, late, policy);
  }
  if (flags.noLoad || flags.noIndex) return;
  if (load.loaded) return;
  const { releaseCollection } = await import('../connectors/milvus/metadata-load.ts');
  await releaseCollection(connection, target, policy);
}

/** Aliases lead to the restored collection, unless they lead elsewhere. */
export async function restoreAliases(run: RestoreRun, { description, target }: RestoreItem): Promise<void> {
  const { connection, flags, report, retries: { policy } } = run;
  const { changeAlias, findCollection } = await import('../connectors/milvus/metadata.ts');
  for (const alias of description.collection.aliases) {
    const now = await findCollection(connection, { database: target.database, name: alias }, policy);
    if (now?.name === target.name) continue;
    if (now === undefined) await changeAlias(connection, 'create', alias, target, policy);
    else if (now.name === alias) {
      report.note(`"${alias}" is the name of a collection there, so it is no alias of "${target.name}"`);
    } else if (flags.moveAliases) await changeAlias(connection, 'alter', alias, target, policy);
    else {
      report.note(
        `the alias "${alias}" leads to "${now.name}" and stays there; --move-aliases would make it lead to "${target.name}"`,
      );
    }
  }
}
