/**
 * What a server made of a collection that it was asked for. Old servers accept types and attributes that they do not know
 * without an error, and leave them out.
 */
import type { Field } from '../../core/schema.ts';
import { formatType, type LogicalType, sameLayout } from '../../core/types.ts';
import type { CollectionInfo, ConsistencyLevel, FunctionInfo, Properties } from './model.ts';

/** The parts of a collection that are asked for. */
export interface WantedCollection {
  readonly fields: readonly Field[];
  readonly description?: string | undefined;
  readonly dynamic: boolean;
  readonly functions?: readonly FunctionInfo[] | undefined;
  readonly properties?: Properties | undefined;
  /** The server's choice, when absent or 0. */
  readonly shards?: number | undefined;
  readonly partitionCount?: number | undefined;
  readonly consistency?: ConsistencyLevel | undefined;
}

/** Something that is not as it was asked for. */
export interface Difference {
  readonly field?: string;
  /** `the field "x" cannot be null on the server, it was asked to`. */
  readonly message: string;
  /** Whether rows cannot be kept as they are because of it; else only speed or comfort suffer. */
  readonly lossy: boolean;
}

/** All that is in `wanted` and not in `got`. */
export function compareCollections(wanted: WantedCollection, got: CollectionInfo): Difference[] {
  const differences = wanted.fields.filter((field) => !field.dynamic).flatMap((field) => {
    const other = got.schema.fields.find(({ name }) => name === field.name);
    if (other === undefined) return [loss(field.name, 'the server left out the field')];
    return compareFields(field, other);
  });
  if (wanted.dynamic && !got.dynamic) {
    differences.push({ message: 'the server has no dynamic fields', lossy: true });
  }
  for (const { name } of wanted.functions ?? []) {
    if (got.functions.some((other) => other.name === name)) continue;
    differences.push({ message: `the server left out the function "${name}"`, lossy: true });
  }
  return [...differences, ...compareSettings(wanted, got)];
}

function compareFields(wanted: Field, got: Field): Difference[] {
  const { name } = wanted;
  const differences: Difference[] = [];
  const lose = (message: string) => differences.push(loss(name, message));
  if (!sameLayout(wanted.type, got.type)) {
    lose(`the server made ${formatType(got.type)} of ${formatType(wanted.type)}`);
  } else {
    const bound = tighterBound(wanted.type, got.type);
    if (bound !== undefined) lose(bound);
  }
  for (const [attribute, text] of ATTRIBUTES) {
    if (Boolean(wanted[attribute]) !== Boolean(got[attribute])) {
      lose(`the server ${wanted[attribute] ? 'does not let it' : 'lets it'} ${text}`);
    }
  }
  if (wanted.defaultValue !== undefined && !sameDefault(wanted, got)) {
    lose('the server left out its default value');
  }
  if (wanted.description && wanted.description !== got.description) {
    differences.push({ field: name, message: 'the server left out its description', lossy: false });
  }
  for (const [key, value] of Object.entries(wanted.params ?? {})) {
    if (got.params?.[key] === value) continue;
    differences.push({ field: name, message: `the server left out ${key} = ${value}`, lossy: false });
  }
  return differences;
}

const ATTRIBUTES = [
  ['nullable', 'be null'],
  ['primaryKey', 'be the primary key'],
  ['autoId', 'have ids made by the server'],
  ['partitionKey', 'be the partition key'],
  ['elementNullable', 'have null elements'],
] as const;

/** Text or arrays that the server bounds more tightly than asked for. */
function tighterBound(wanted: LogicalType, got: LogicalType): string | undefined {
  if (wanted.kind === 'VarChar' && got.kind === 'VarChar') {
    return tighter('bytes', wanted.maxLength, got.maxLength);
  }
  if (wanted.kind === 'Array' && got.kind === 'Array') {
    return tighter('elements', wanted.maxCapacity, got.maxCapacity) ??
      tighterBound(wanted.element, got.element);
  }
  if (wanted.kind === 'StructArray' && got.kind === 'StructArray') {
    return tighter('structs', wanted.maxCapacity, got.maxCapacity) ??
      wanted.fields.map((field, i) => tighterBound(field.type, got.fields[i].type)).find((text) =>
        text !== undefined
      );
  }
  return undefined;
}

function tighter(what: string, wanted: number | undefined, got: number | undefined): string | undefined {
  if (wanted === undefined || got === undefined || got >= wanted) return undefined;
  return `the server takes ${got} ${what} at most, not ${wanted}`;
}

function sameDefault({ type, defaultValue: wanted }: Field, { defaultValue: got }: Field): boolean {
  if (type.kind === 'Float') return Math.fround(Number(wanted)) === Math.fround(Number(got));
  // 5 and 5n are the same default.
  return got !== undefined && String(wanted) === String(got);
}

function compareSettings(wanted: WantedCollection, got: CollectionInfo): Difference[] {
  const settings: readonly [string, unknown, unknown][] = [
    ['description', wanted.description || undefined, got.schema.description],
    ['shards', wanted.shards || undefined, got.shards],
    ['partitions of the partition key', wanted.partitionCount || undefined, got.partitionCount],
    ['consistency level', wanted.consistency, got.consistency],
    ...Object.entries(wanted.properties ?? {}).map(([key, value]) =>
      [`property ${key}`, value, got.properties[key]] as [string, unknown, unknown]
    ),
    ...wanted.fields.filter((field) => field.clusteringKey).map(({ name }) =>
      ['clustering key', name, got.schema.fields.find((field) => field.clusteringKey)?.name] as [
        string,
        unknown,
        unknown,
      ]
    ),
  ];
  return settings.filter(([, asked, is]) => asked !== undefined && asked !== is).map(([what, asked, is]) => ({
    message: `${what}: ${is === undefined ? 'none' : is} on the server, ${asked} was asked for`,
    lossy: false,
  }));
}

function loss(field: string, message: string): Difference {
  return { field, message, lossy: true };
}
