/** The primary key of a new collection: which column it is, or that the server makes it. */
import type { Problem } from '../../../core/endpoint.ts';
import { type Dataset, type Field, field, idField, type Schema } from '../../../core/schema.ts';
import { shellQuote } from '../../../core/shell.ts';
import { formatType } from '../../../core/types.ts';
import type { CreateOptions } from './options.ts';

/** The key of a new collection. */
export interface KeyPlan {
  /** As the collection has it; absent when there is a problem. */
  readonly key?: Field;
  /** The column that is left out, as the server makes its own ids. */
  readonly dropped?: string;
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

/** Decides on the key. */
export function planKey(dataset: Dataset, { autoId }: Pick<CreateOptions, 'autoId'>): KeyPlan {
  const source = idField(dataset);
  if (autoId === 'new') return newIds(dataset, source);
  if (source === undefined) return { problems: [noKey(dataset)], notes: [] };
  const problem = keyProblem(source, autoId);
  if (problem !== undefined) return { problems: [problem], notes: [] };
  const { autoId: made, nullable: _, defaultValue: _default, ...rest } = source;
  return {
    key: { ...rest, nullable: false, primaryKey: true },
    problems: [],
    notes: made
      ? [
        `"${source.name}": the ids that a server made are kept; in the new collection they are plain keys (auto_id is off)`,
      ]
      : [],
  };
}

/** A name for a key that no column has. */
function freeName({ fields }: Schema): string {
  const taken = new Set(fields.map((f) => f.name));
  return ['id', 'pk', 'auto_id', 'vts_id'].find((free) => !taken.has(free)) ?? '_vts_id';
}

function newIds({ schema }: Dataset, source: Field | undefined): KeyPlan {
  if (source !== undefined) {
    const { defaultValue: _, ...rest } = source;
    const type = source.type.kind === 'VarChar' ? source.type : { kind: 'Int64' } as const;
    return {
      key: { ...rest, type, nullable: false, primaryKey: true, autoId: true },
      dropped: source.name,
      problems: [],
      notes: [`the server makes new ids; those in "${source.name}" are left out, as --auto-id new asks`],
    };
  }
  const name = freeName(schema);
  return {
    key: field(name, { kind: 'Int64' }, { primaryKey: true, autoId: true }),
    problems: [],
    notes: [`the server makes ids, in a new field "${name}"`],
  };
}

function keyProblem({ name, type, autoId: made }: Field, autoId: 'keep' | undefined): Problem | undefined {
  if (type.kind !== 'Int64' && type.kind !== 'VarChar') {
    return {
      field: name,
      message: `a key is Int64 or VarChar, not ${formatType(type)}`,
      remedy: `--cast ${shellQuote(`${name}:${/^Int/.test(type.kind) ? 'int64' : 'varchar'}`)}`,
    };
  }
  if (!made || autoId === 'keep') return undefined;
  return {
    field: name,
    message: 'its values were made by a server: are they to be kept, or made anew?',
    remedy: '--auto-id keep (or --auto-id new)',
  };
}

function noKey({ schema, rows }: Dataset): Problem {
  const keys = schema.fields.filter(({ type }) => type.kind === 'Int64' || type.kind === 'VarChar');
  const unlikely = (f: Field) => f.nullable || f.dynamic === true;
  const likely = [
    keys.filter((f) => !unlikely(f)),
    keys,
    schema.fields.filter((f) => /^Int\d/.test(f.type.kind)),
  ];
  const names = (likely.find((fields) => fields.length > 0) ?? []).map((f) => f.name);
  if (names.length === 0) {
    const numbered = `--row-ids ${freeName(schema)} (the ids are row numbers), or `;
    return {
      message: 'no column can be the key (Int64 or VarChar)',
      // Rows that are not counted ahead cannot be numbered.
      remedy: `${rows === undefined ? '' : numbered}--auto-id new`,
    };
  }
  return {
    message: `which column is the key? It could be ${names.map((name) => `"${name}"`).join(', ')}`,
    remedy: `--id ${names.length === 1 ? shellQuote(names[0]) : 'FIELD'} (or --auto-id new)`,
  };
}
