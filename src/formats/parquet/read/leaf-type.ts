/** What a leaf's annotations mean (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md). */
import type { SchemaElement } from 'hyparquet';
import type { LogicalType } from '../../../core/types.ts';

/** How the values of a leaf are to be understood. */
export type Meaning =
  | { readonly kind: 'bool' }
  /** `bits` that count, of a 32- or 64-bit integer. */
  | { readonly kind: 'integer'; readonly bits: number; readonly signed: boolean }
  | { readonly kind: 'float' | 'double' | 'half' }
  /** Bytes that should be UTF-8; `annotated` when the file says so. */
  | { readonly kind: 'text'; readonly annotated: boolean }
  | { readonly kind: 'json' }
  /** `unit` ticks a second since 1970. */
  | { readonly kind: 'timestamp'; readonly unit: number; readonly utc: boolean }
  | { readonly kind: 'date' | 'int96' | 'uuid' | 'interval' }
  /** `unit` ticks a second since midnight. */
  | { readonly kind: 'time'; readonly unit: number }
  | { readonly kind: 'decimal'; readonly scale: number }
  /** Never anything but null. */
  | { readonly kind: 'nothing' }
  /** Bytes that are no text, called `what`. */
  | { readonly kind: 'binary'; readonly what: string };

const UNITS = { MILLIS: 1e3, MICROS: 1e6, NANOS: 1e9 } as const;

/** The meaning of `element`. The newer logical type goes before the older converted type. */
export function meaningOf(element: SchemaElement): Meaning {
  return logicalMeaning(element) ?? convertedMeaning(element) ?? physicalMeaning(element);
}

function logicalMeaning(element: SchemaElement): Meaning | undefined {
  const logical = element.logical_type;
  const integer = element.type === 'INT32' || element.type === 'INT64';
  switch (logical?.type) {
    case 'STRING':
    case 'ENUM':
      return { kind: 'text', annotated: true };
    case 'NULL':
      return { kind: 'nothing' };
    case 'JSON':
      return { kind: 'json' };
    case 'UUID':
      return element.type_length === 16 ? { kind: 'uuid' } : undefined;
    case 'DECIMAL':
      return decimal(element, logical.scale);
    case 'FLOAT16':
      return element.type_length === 2 ? { kind: 'half' } : undefined;
    case 'DATE':
      return element.type === 'INT32' ? { kind: 'date' } : undefined;
    case 'TIME':
      return integer ? { kind: 'time', unit: UNITS[logical.unit] } : undefined;
    case 'TIMESTAMP':
      if (element.type !== 'INT64') return undefined;
      return { kind: 'timestamp', unit: UNITS[logical.unit], utc: logical.isAdjustedToUTC };
    case 'INTEGER':
      if (!integer || ![8, 16, 32, 64].includes(logical.bitWidth)) return undefined;
      return { kind: 'integer', bits: logical.bitWidth, signed: logical.isSigned };
    case 'BSON':
    case 'GEOMETRY':
    case 'GEOGRAPHY':
      return { kind: 'binary', what: logical.type === 'BSON' ? 'BSON' : 'well-known binary' };
  }
  return undefined;
}

function convertedMeaning(element: SchemaElement): Meaning | undefined {
  const converted = element.converted_type;
  const integer = /^U?INT_(8|16|32|64)$/.exec(converted ?? '');
  if (integer !== null && (element.type === 'INT32' || element.type === 'INT64')) {
    return { kind: 'integer', bits: Number(integer[1]), signed: !converted!.startsWith('U') };
  }
  switch (converted) {
    case 'UTF8':
    case 'ENUM':
      return { kind: 'text', annotated: true };
    case 'JSON':
      return { kind: 'json' };
    case 'BSON':
      return { kind: 'binary', what: 'BSON' };
    case 'DECIMAL':
      return decimal(element, element.scale);
    case 'DATE':
      return element.type === 'INT32' ? { kind: 'date' } : undefined;
    case 'TIME_MILLIS':
      return element.type === 'INT32' ? { kind: 'time', unit: 1e3 } : undefined;
    case 'TIME_MICROS':
      return element.type === 'INT64' ? { kind: 'time', unit: 1e6 } : undefined;
    case 'TIMESTAMP_MILLIS':
    case 'TIMESTAMP_MICROS': {
      if (element.type !== 'INT64') return undefined;
      return { kind: 'timestamp', unit: converted === 'TIMESTAMP_MILLIS' ? 1e3 : 1e6, utc: true };
    }
    case 'INTERVAL':
      return element.type_length === 12 ? { kind: 'interval' } : undefined;
  }
  return undefined;
}

function decimal(element: SchemaElement, scale = 0): Meaning | undefined {
  const possible = element.type === 'INT32' || element.type === 'INT64' || element.type === 'BYTE_ARRAY' ||
    element.type === 'FIXED_LEN_BYTE_ARRAY';
  return possible && Number.isInteger(scale) && scale >= 0 && scale <= 1000
    ? { kind: 'decimal', scale }
    : undefined;
}

function physicalMeaning(element: SchemaElement): Meaning {
  switch (element.type) {
    case 'BOOLEAN':
      return { kind: 'bool' };
    case 'INT32':
      return { kind: 'integer', bits: 32, signed: true };
    case 'INT64':
      return { kind: 'integer', bits: 64, signed: true };
    case 'INT96':
      return { kind: 'int96' };
    case 'FLOAT':
      return { kind: 'float' };
    case 'DOUBLE':
      return { kind: 'double' };
    default:
      return { kind: 'text', annotated: false };
  }
}

/** The type that holds all values of a leaf, and what the user should know when that is not the file's own. */
export interface NaturalType {
  readonly type: LogicalType;
  readonly note?: string;
}

/** The type for `element`. */
export function naturalType(element: SchemaElement): NaturalType {
  const meaning = meaningOf(element);
  const text = (note: string): NaturalType => ({ type: { kind: 'VarChar' }, note });
  switch (meaning.kind) {
    case 'bool':
      return { type: { kind: 'Bool' } };
    case 'integer':
      return naturalInteger(meaning.bits, meaning.signed);
    case 'half':
      return { type: { kind: 'Float' }, note: 'is half precision: read as Float' };
    case 'float':
      return { type: { kind: 'Float' } };
    case 'double':
      return { type: { kind: 'Double' } };
    case 'json':
      return { type: { kind: 'JSON' } };
    case 'text':
      if (meaning.annotated) return { type: { kind: 'VarChar' } };
      return text('is binary without a type: read as UTF-8 text, which it must be');
    case 'timestamp':
      if (meaning.utc && meaning.unit <= 1e6) return { type: { kind: 'Timestamptz' } };
      return text(
        meaning.utc
          ? 'has times in nanoseconds: read as text with all digits'
          : 'has times without a time zone: read as text in ISO 8601',
      );
    case 'date':
      return text('has dates: read as text in ISO 8601');
    case 'time':
      return text('has times of day: read as text in ISO 8601');
    case 'int96':
      return text('has INT96 times, which do not tell their time zone: read as text in ISO 8601');
    case 'decimal':
      return text('has decimals: read as text with all digits');
    case 'uuid':
      return text('has UUIDs: read as text');
    case 'interval':
      return text('has intervals: read as text in ISO 8601');
    case 'nothing':
      return text('has no type, only nulls: read as VarChar');
    case 'binary':
      return text(`holds ${meaning.what}, which vts does not read`);
  }
}

function naturalInteger(bits: number, signed: boolean): NaturalType {
  if (signed) {
    return { type: { kind: bits <= 8 ? 'Int8' : bits <= 16 ? 'Int16' : bits <= 32 ? 'Int32' : 'Int64' } };
  }
  const kind = bits <= 8 ? 'Int16' : bits <= 16 ? 'Int32' : 'Int64';
  const more = bits === 64 ? ', up to 9223372036854775807' : '';
  return { type: { kind }, note: `has unsigned ${bits}-bit integers: read as ${kind}${more}` };
}
