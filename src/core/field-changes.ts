/** What a user says of fields beside their names and types: `--set title{nullable:true,default:none,enable_match:true}`. */
import { VtsError } from '../errors.ts';
import type { DefaultValue, Field } from './schema.ts';

/** Properties by field: `nullable`, `default`, `description`, and further ones as the server names them. */
export type FieldChanges = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** `fields` with what `changes` say. @throws VtsError Usage */
export function changeFields(fields: readonly Field[], changes: FieldChanges = {}): readonly Field[] {
  const unknown = Object.keys(changes).find((name) => !fields.some((field) => field.name === name));
  if (unknown !== undefined) {
    throw new VtsError('Usage', `--set: there is no column "${unknown}"`, {
      field: unknown,
      expected: `one of ${fields.map((field) => field.name).join(', ')}`,
    });
  }
  return fields.map((field) =>
    Object.hasOwn(changes, field.name) ? changed(field, changes[field.name]) : field
  );
}

function changed(field: Field, properties: Readonly<Record<string, string>>): Field {
  const { nullable, default: defaultValue, description, ...params } = properties;
  return {
    ...field,
    ...(nullable === undefined ? {} : { nullable: truth(field.name, 'nullable', nullable) }),
    ...(defaultValue === undefined ? {} : { defaultValue: parseDefault(field, defaultValue) }),
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(params).length === 0 ? {} : { params: { ...field.params, ...params } }),
  };
}

function truth(name: string, property: string, text: string): boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw new VtsError('Usage', `--set ${name}{${property}:${text}}: it is true or false`, { field: name });
}

function parseDefault({ name, type }: Field, text: string): DefaultValue {
  if (type.kind === 'Bool') return truth(name, 'default', text);
  if (type.kind === 'VarChar' || type.kind === 'JSON') return text;
  if (/^-?\d+$/.test(text)) {
    if (type.kind === 'Int64') return BigInt(text);
    if (/^(Int|Float|Double)/.test(type.kind) && !type.kind.endsWith('Vector')) return Number(text);
  }
  if (
    (type.kind === 'Float' || type.kind === 'Double') && text.trim() !== '' && Number.isFinite(Number(text))
  ) {
    return Number(text);
  }
  throw new VtsError('Usage', `--set ${name}{default:${text}}: that is no default for ${type.kind}`, {
    field: name,
  });
}
