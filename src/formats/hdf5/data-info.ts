/** What is known of a data set or attribute. */

/** A data type. */
export interface TypeInfo {
  /** The type's class: the values of `TYPE_CLASS` in `h5-type.ts`. */
  readonly type: number;
  /** Bytes of a value in the file. */
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  /** Whether it is a variable-length string. */
  readonly vlen: boolean;
  readonly strpad?: number;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
  readonly vlen_type?: TypeInfo;
  readonly array_type?: TypeInfo & { readonly shape: readonly number[] };
  readonly compound_type?: {
    readonly members: readonly (TypeInfo & { readonly name: string; readonly offset: number })[];
  };
}

/** A data set or attribute. */
export interface DataInfo extends TypeInfo {
  /** `null` for the null data space, empty for a scalar. */
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly virtual_sources?: readonly { readonly file_name: string; readonly dset_name: string }[];
}

/** A filter of a data set's pipeline. */
export interface FilterInfo {
  readonly id: number;
}
