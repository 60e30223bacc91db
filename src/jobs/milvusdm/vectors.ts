/** F2M and H2M: files of vectors into a collection. */
import type { FlagValue, Step } from '../job.ts';
import type { Remarks } from './remarks.ts';
import type { Section } from './section.ts';
import { collectionAddress, readDestination, readMode } from './servers.ts';

/** The fields of the collections that MilvusDM makes. */
const ID = 'id';
const VECTOR = 'embedding';

/** Metrics of binary vectors; all others are of floats. */
const BINARY = ['HAMMING', 'JACCARD', 'TANIMOTO', 'SUBSTRUCTURE', 'SUPERSTRUCTURE'];
const METRICS = ['L2', 'IP', 'COSINE', ...BINARY];
/** Those that Milvus 2 knows with one index only. */
const STRUCTURE = ['SUBSTRUCTURE', 'SUPERSTRUCTURE'];

/** One Faiss index into a collection. Rows of an index without ids get their numbers, from 0 on, as MilvusDM has it. */
export function readF2m(section: Section, remarks: Remarks): Step[] {
  remarks.passOver(section, 'milvus_version', 'milvus-version');
  const path = section.required('data_path', '/data/faiss.index');
  const flags = { from: 'faiss', 'row-ids': ID, id: ID, rename: { vector: VECTOR } };
  return importStep(section, remarks, [path], flags, (type) => ({ vector: type }));
}

/** One or more HDF5 files, with the data sets `embeddings` and `ids`, into a collection. */
export function readH2m(section: Section, remarks: Remarks): Step[] {
  remarks.passOver(section, 'milvus_version', 'milvus-version');
  const paths = section.texts('data_path');
  const directory = section.text('data_dir');
  if (paths !== undefined && directory !== undefined) {
    section.refuse('data_dir', 'data_path and data_dir cannot both be given', 'leave one of them empty');
  } else if (paths === undefined && directory === undefined) section.missing('data_path', '[/data/1.h5]');
  const files = paths ?? (directory === undefined ? [] : [filesIn(directory)]);
  const flags = {
    from: 'hdf5',
    fields: ['ids', 'embeddings'],
    id: 'ids',
    rename: { ids: ID, embeddings: VECTOR },
  };
  return importStep(section, remarks, files, flags, (type) => ({ ids: 'int64', embeddings: type }));
}

/** All HDF5 files of `directory` and of no other one, as a pattern. */
function filesIn(directory: string): string {
  return `${directory.replace(/\/+$/, '').replaceAll(/[*?[{]/g, '[$&]')}/*.h5`;
}

function importStep(
  section: Section,
  remarks: Remarks,
  from: readonly string[],
  flags: Readonly<Record<string, FlagValue>>,
  casts: (vectorType: string) => Readonly<Record<string, string>>,
): Step[] {
  const server = readDestination(section);
  const collection = section.required('dest_collection_name', 'test');
  const partition = section.text('dest_partition_name');
  const shape = readParameter(section, remarks);
  const step: Step = {
    verb: 'import',
    from,
    to: collectionAddress(server, collection),
    flags: {
      ...flags,
      ...(shape === undefined ? {} : { cast: casts(shape.type), ...shape.flags }),
      ...(partition === undefined ? {} : { partition: partition }),
      ...readMode(section, partition),
    },
    at: section.at,
    places: {
      from: section.placeOf('data_path'),
      to: section.placeOf('dest_host'),
      partition: section.placeOf('dest_partition_name'),
      mode: section.placeOf('mode'),
    },
  };
  section.end();
  return from.length === 0 ? [] : [step];
}

/** `collection_parameter`: the type of the vectors, which the file has to have, and the metric as flags. */
function readParameter(
  section: Section,
  remarks: Remarks,
): { readonly type: string; readonly flags: Readonly<Record<string, FlagValue>> } | undefined {
  const parameter = section.section('collection_parameter');
  if (parameter === undefined) {
    if (section.get('collection_parameter') === undefined) {
      section.missing('collection_parameter', '{dimension: 128, metric_type: L2}');
    }
    return undefined;
  }
  remarks.passOver(parameter, 'index_file_size');
  const dimension = parameter.required('dimension', '128');
  const metric = parameter.required('metric_type', 'L2').toUpperCase();
  parameter.end();
  if (dimension !== '' && !/^[1-9]\d{0,5}$/.test(dimension)) {
    parameter.refuse('dimension', `"${dimension}" is no dimension`, 'a whole number, 1 or more');
  }
  if (metric !== '' && !METRICS.includes(metric)) {
    parameter.refuse('metric_type', `there is no metric "${metric}"`, METRICS.join(', '));
  }
  const kind = BINARY.includes(metric) ? 'BinaryVector' : 'FloatVector';
  if (kind === 'BinaryVector' && Number(dimension) % 8 !== 0) {
    parameter.refuse(
      'dimension',
      `binary vectors of ${dimension} bits do not fill their bytes`,
      'a multiple of 8',
    );
  }
  return { type: `${kind}(${dimension})`, flags: metricFlags(metric, remarks) };
}

function metricFlags(metric: string, remarks: Remarks): Record<string, FlagValue> {
  if (STRUCTURE.includes(metric)) return { index: [`${VECTOR}:BIN_FLAT{metric_type:${metric}}`] };
  if (metric !== 'TANIMOTO') return { metric };
  remarks.add(
    'TANIMOTO becomes JACCARD, which puts neighbours into the same order: Milvus 2 has no other name for it',
  );
  return { metric: 'JACCARD' };
}
