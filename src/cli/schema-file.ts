/** `--schema FILE`: the types of columns that a format does not carry; also the JSON itself, which begins with a brace. */
import { readFileSync } from 'node:fs';
import type { Schema } from '../core/schema.ts';
import { schemaFromJson } from '../core/schema-json.ts';
import { VtsError } from '../errors.ts';
import { statInput } from '../stores/file.ts';

/**
 * The schema in `file`: `{"fields": [...]}`, or the whole output of `vts inspect --json`.
 * @throws VtsError InputMissing, InputMalformed
 */
export function readSchemaFile(file: string): Schema {
  const isText = file.trimStart().startsWith('{');
  if (!isText) statInput(file);
  let json;
  try {
    json = JSON.parse(isText ? file : readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new VtsError('InputMalformed', `${file} is not JSON: ${(cause as Error).message}`, { file, cause });
  }
  return schemaFromJson(json?.type === 'inspection' ? json.schema : json, file);
}
