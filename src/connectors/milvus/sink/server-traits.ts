/** What a server can hold, by its version. What it takes and then leaves out is found after a collection is made. */
import type { Kind } from '../../../core/types.ts';
import type { MilvusConnection } from '../connection.ts';

/** What to expect of a server. */
export interface ServerTraits {
  /** What messages call it: `Milvus 2.3.5`. */
  readonly name: string;
  readonly kinds: ReadonlySet<Kind>;
  /** Whether scalars may be null, and have defaults. */
  readonly nulls: boolean;
  readonly nullVectors: boolean;
  /** Vector fields of one collection. */
  readonly vectorFields: number;
  /** Whether text may be without a length. */
  readonly longText: boolean;
}

const OLDEST: readonly Kind[] = [
  'Bool',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Float',
  'Double',
  'VarChar',
  'JSON',
  'FloatVector',
];

/** Since which version (major and minor, two digits each) servers have the other kinds. */
const SINCE: readonly (readonly [number, ...Kind[]])[] = [
  [2_00, 'BinaryVector'],
  [2_03, 'Array'],
  [2_04, 'Float16Vector', 'BFloat16Vector', 'SparseFloatVector'],
  [2_06, 'Int8Vector', 'StructArray', 'Geometry', 'Timestamptz'],
];

/** What the server of `connection` can hold; a version that cannot be read is taken for the newest. */
export function traitsOf({ version, lite }: Pick<MilvusConnection, 'version' | 'lite'>): ServerTraits {
  const match = /(\d+)\.(\d+)(\.\d+)?/.exec(version);
  const known = match === null ? Infinity : 100 * Number(match[1]) + Number(match[2]);
  const name = `${lite ? 'Milvus Lite' : 'Milvus'}${match === null ? '' : ` ${match[0]}`}`;
  if (lite) {
    return {
      name,
      kinds: new Set([...OLDEST, 'Array', 'SparseFloatVector', 'Geometry', 'Timestamptz']),
      nulls: true,
      nullVectors: false,
      vectorFields: Infinity,
      longText: false,
    };
  }
  return {
    name,
    kinds: new Set([...OLDEST, ...SINCE.flatMap(([since, ...kinds]) => known >= since ? kinds : [])]),
    nulls: known >= 2_05,
    nullVectors: known >= 3_00,
    vectorFields: known >= 2_04 ? Infinity : 1,
    longText: known >= 3_00,
  };
}

/** For kinds that a server may lack, the types of `--cast` that keep the values. */
export const CASTS: Partial<Record<Kind, readonly string[]>> = {
  DoubleVector: ['float32'],
  Float16Vector: ['float32'],
  BFloat16Vector: ['float32'],
  Int8Vector: ['float32'],
  Geometry: ['varchar'],
  Timestamptz: ['int64'],
  StructArray: ['json'],
};
