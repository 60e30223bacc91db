/** M2M and M2H: collections of a running server into another one, or into HDF5 files. */
import { join } from 'node:path';
import type { Step } from '../job.ts';
import type { Position, Problems } from '../problems.ts';
import type { Survey } from '../survey.ts';
import type { Remarks } from './remarks.ts';
import { type Section, textsOf } from './section.ts';
import { collectionAddress, type Database, readDestination, readMode, readSource } from './servers.ts';

/** The name that MilvusDM gives to the file of rows of no partition. */
const NO_PARTITION = 'None';
/** The name that Milvus 2 gives to the partition of such rows. */
const DEFAULT_PARTITION = '_default';

/** A collection, or one partition of it. */
interface Chosen {
  readonly collection: string;
  readonly partition?: string;
  readonly at: Position;
}

/** Collections into collections of the same names on another server. */
export function readM2m(section: Section, remarks: Remarks, problems: Problems): Step[] {
  remarks.passOver(section, 'milvus_version', 'milvus-version');
  const source = readSource(section, remarks);
  const target = readDestination(section);
  const steps = readChosen(section, problems).map(({ collection, partition, at }): Step => ({
    verb: 'copy',
    from: [collectionAddress(source, collection)],
    to: collectionAddress(target, collection),
    flags: {
      ...(partition === undefined ? {} : { partition: [partition] }),
      ...readMode(section, partition),
      'auto-id': 'keep',
    },
    at,
    places: { mode: section.placeOf('mode'), to: section.placeOf('dest_host') },
  }));
  readMode(section, undefined);
  section.end();
  return steps;
}

/** An export of a whole collection, which becomes one of each partition where those are known. */
export interface WholeExport extends Step {
  readonly whole: { readonly database: Database; readonly collection: string; of(partition: string): Step };
}

/** Collections into HDF5 files, each with the H2M job that imports it again. */
export function readM2h(
  section: Section,
  remarks: Remarks,
  problems: Problems,
): readonly (Step | WholeExport)[] {
  remarks.passOver(section, 'milvus_version', 'milvus-version');
  const database = readSource(section, remarks);
  const directory = section.required('data_dir', '/data');
  const chosen = readChosen(section, problems);
  section.end();
  const stepOf = ({ collection, partition, at }: Chosen): Step => {
    const name = partition ?? NO_PARTITION;
    return {
      verb: 'export',
      from: [collectionAddress(database, collection)],
      to: join(directory, collection, `${name}.h5`),
      flags: {
        ...(partition === undefined ? {} : { partition: [partition] }),
        fields: ['@id', '@vector'],
        to: 'hdf5',
        parents: true,
        layout: 'milvusdm',
        recipe: join(directory, 'yamls', collection, `${name}.yaml`),
      },
      at,
      places: { to: section.placeOf('data_dir') },
    };
  };
  return chosen.map((one): Step | WholeExport => {
    if (one.partition !== undefined) return stepOf(one);
    const of = (partition: string) => stepOf({ ...one, partition });
    return { ...stepOf(one), whole: { database, collection: one.collection, of } };
  });
}

/** `steps` with exports of whole collections taken apart by their partitions, as `survey` finds them. */
export async function byPartition(
  steps: readonly (Step | WholeExport)[],
  survey: Survey,
): Promise<readonly Step[]> {
  const found: Step[] = [];
  for (const step of steps) {
    if (!('whole' in step)) {
      found.push(step);
      continue;
    }
    const { whole: { database, collection, of }, ...plain } = step;
    const partitions = await survey.partitions(database.server, database.name, collection) ?? [];
    // Rows that are in no partition of their own are a collection like any other.
    const own = partitions.some((name) => name !== DEFAULT_PARTITION);
    found.push(...(own ? partitions.map(of) : [plain]));
  }
  return found;
}

/** `source_collection`: names, each with a list of partitions or nothing, which means all. */
function readChosen(section: Section, problems: Problems): readonly Chosen[] {
  const value = section.get('source_collection');
  if (value === undefined) {
    section.missing('source_collection', '{test: }');
    return [];
  }
  if (value.kind !== 'map') {
    problems.add(
      value.at,
      '"source_collection" is a map of collections',
      'write the name and a colon: test:',
    );
    return [];
  }
  return value.entries.flatMap(({ key: collection, at, value: partitions }): Chosen[] => {
    if (collection === '*') {
      problems.add(
        at,
        'all collections at once are no job of MilvusDM',
        'vts dump and vts restore move a database',
      );
      return [];
    }
    if (partitions.kind === 'text' && partitions.text === '') return [{ collection, at }];
    const names = textsOf(partitions, `source_collection: ${collection}`, problems);
    return names.length === 0
      ? [{ collection, at }]
      : names.map((partition) => ({ collection, partition, at }));
  });
}
