/** `schema_save_mode` and `data_save_mode` of a Milvus sink. Here each does what its name says. */
import type { FlagValue } from '../job.ts';
import type { Block } from './block.ts';
import type { ServerReach, Survey } from '../survey.ts';

export const SCHEMA_MODES = [
  'CREATE_SCHEMA_WHEN_NOT_EXIST',
  'RECREATE_SCHEMA',
  'ERROR_WHEN_SCHEMA_NOT_EXIST',
  'IGNORE',
] as const;
export const DATA_MODES = ['APPEND_DATA', 'DROP_DATA', 'ERROR_WHEN_DATA_EXISTS'] as const;

/** What the two modes come to. */
export interface SaveMode {
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** Looks whether the collection is there, where it has to be. */
  check(survey: Survey, server: ServerReach, database: string, collection: string): Promise<void>;
}

/** Reads both keys, and `enable_upsert`. */
export function readSaveMode(block: Block): SaveMode {
  const schema = block.choice('schema_save_mode', SCHEMA_MODES) ?? 'CREATE_SCHEMA_WHEN_NOT_EXIST';
  const data = block.choice('data_save_mode', DATA_MODES) ?? 'APPEND_DATA';
  const upsert = block.truth('enable_upsert') ?? false;
  const mustExist = schema === 'ERROR_WHEN_SCHEMA_NOT_EXIST' || schema === 'IGNORE';
  if (schema === 'RECREATE_SCHEMA' && data === 'ERROR_WHEN_DATA_EXISTS') {
    block.refuse(
      'data_save_mode',
      'RECREATE_SCHEMA drops the rows, ERROR_WHEN_DATA_EXISTS keeps them',
      'leave out one of the two',
    );
  }
  return {
    flags: flagsOf(),
    async check(survey, server, database, collection) {
      if (!mustExist || await survey.fields(server, database, collection) !== undefined) return;
      block.refuse(
        'schema_save_mode',
        `There is no collection "${collection}" in the database "${database}", and ${schema} makes none`,
        'make the collection, or write schema_save_mode = CREATE_SCHEMA_WHEN_NOT_EXIST',
      );
    },
  };

  function flagsOf(): Record<string, FlagValue> {
    if (schema === 'RECREATE_SCHEMA') return { mode: 'replace' };
    if (data === 'DROP_DATA') return { mode: 'replace-rows' };
    if (data === 'ERROR_WHEN_DATA_EXISTS') return { mode: 'create' };
    const mode = upsert ? 'upsert' : 'append';
    return mustExist ? { mode } : { mode, 'create-missing': true };
  }
}
