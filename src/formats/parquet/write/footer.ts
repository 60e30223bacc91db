/** The end of a Parquet file: its schema, where its row groups are, and what vts knows beyond Parquet's own types. */
import type { RowGroup } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer/src/bytewriter.js';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import type { Dataset } from '../../../core/schema.ts';
import { factsToJson, schemaToJson } from '../../../core/schema-json.ts';
import { DATASET_KEY, fileElements, SCHEMA_KEY } from '../layout.ts';

/** What a Parquet file begins and ends with. */
export const MAGIC: Uint8Array = new TextEncoder().encode('PAR1');

/** All bytes after the last row group. */
export function footer(dataset: Dataset, groups: RowGroup[]): Uint8Array {
  const bytes = new ByteWriter();
  const metadata = {
    version: 2,
    created_by: 'vts',
    schema: fileElements(dataset.schema.fields),
    num_rows: groups.reduce((sum, group) => sum + group.num_rows, 0n),
    row_groups: groups,
    key_value_metadata: [
      { key: SCHEMA_KEY, value: JSON.stringify(schemaToJson(dataset.schema)) },
      { key: DATASET_KEY, value: JSON.stringify(factsToJson(dataset)) },
    ],
  };
  // The length counts only when a footer is read; bounds are exact, so none is to be cut.
  writeMetadata(bytes, { ...metadata, metadata_length: 0 }, Infinity);
  bytes.appendBytes(MAGIC);
  return bytes.getBytes();
}
