/** Which indexes are written, as faiss' index factory calls them. */
import { type Dataset, idField, vectorField } from '../../../core/schema.ts';
import type { Problem } from '../../format.ts';

/** How vectors are kept. */
export type Storage = 'Flat' | 'SQfp16' | 'SQ8' | 'BFlat';

/** What an index is made of. */
export interface IndexSpec {
  readonly storage: Storage;
  /** Whether an IDMap2 keeps the ids. */
  readonly ids: boolean;
}

const MEANINGS: Readonly<Record<Storage, string>> = {
  Flat: 'vectors as they are',
  SQfp16: 'vectors rounded to float16',
  SQ8: 'vectors rounded to 256 steps in each dimension',
  BFlat: 'binary vectors as they are',
};

/** What `--faiss-index` takes, and what it means. */
export const INDEX_CHOICES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MEANINGS).flatMap(([storage, meaning]) => [
    [storage, `${meaning}; rows are known by their numbers`],
    [`IDMap2,${storage}`, `${meaning}, with ids`],
  ]),
);

/** The index that `choice` names, or the one that fits `dataset`. */
export function indexSpec(dataset: Dataset, choice: string | undefined): IndexSpec {
  if (choice === undefined) {
    const binary = vectorField(dataset)?.type.kind === 'BinaryVector';
    return { storage: binary ? 'BFlat' : 'Flat', ids: idField(dataset) !== undefined };
  }
  const ids = choice.startsWith('IDMap2,');
  return { storage: (ids ? choice.slice('IDMap2,'.length) : choice) as Storage, ids };
}

/** Why `dataset` does not fit into the index that `choice` names. */
export function specProblems(dataset: Dataset, choice: string | undefined): Problem[] {
  if (choice === undefined) return [];
  const { storage, ids } = indexSpec(dataset, choice);
  const vector = vectorField(dataset);
  const problems: Problem[] = [];
  if (vector !== undefined && (vector.type.kind === 'BinaryVector') !== (storage === 'BFlat')) {
    const binary = storage !== 'BFlat';
    problems.push({
      field: vector.name,
      message: `${storage} is for ${binary ? 'float' : 'binary'} vectors, and these are ${
        binary ? 'binary' : 'float'
      }`,
      remedy: `--faiss-index ${ids ? 'IDMap2,' : ''}${binary ? 'BFlat' : 'Flat'}`,
    });
  }
  const id = idField(dataset);
  if (ids && id === undefined) {
    problems.push({
      message: 'IDMap2 keeps ids, and no column is the id',
      remedy: `--id COLUMN, or --faiss-index ${storage}`,
    });
  }
  if (!ids && id !== undefined) {
    problems.push({
      field: id.name,
      message: `${storage} keeps no ids: rows would be known by their numbers`,
      remedy: `--faiss-index IDMap2,${storage}, or leave the column out with --fields`,
    });
  }
  if (storage.startsWith('SQ') && !['L2', 'IP', 'COSINE', undefined].includes(dataset.metric)) {
    problems.push({
      message: `faiss searches ${storage} by L2 or IP only, not by ${dataset.metric}`,
      remedy: '--metric L2, or --metric IP',
    });
  }
  return problems;
}

/** What is lost in the index. */
export function specNotes(dataset: Dataset, choice: string | undefined): string[] {
  const { storage } = indexSpec(dataset, choice);
  return storage.startsWith('SQ') ? [`${storage} is lossy: ${MEANINGS[storage]}`] : [];
}
