/** The topic of the manual that describes dumps. Versioned: what is said here of a version stays true. */

export const DUMP_FORMAT =
  `A dump is a directory. This is version 1 of its form; vts reads it, and every older one, for ever, and says which
version it needs where a dump is newer.

  manifest.json                                what the dump holds; written last, so a dump without it is unfinished
  SHA256SUMS                                   of all files below; sha256sum -c SHA256SUMS checks them
  DATABASE/COLLECTION/schema.json              all that rebuilds a collection
  DATABASE/COLLECTION/PARTITION/part-00000.parquet ...
                                               its rows, about --part-size each, by primary key within each part
  journal.jsonl                                instead of manifest.json while the dump is unfinished

Names are those of the server; every byte of them but letters, digits, _ and - is written %XX. All files are readable by their
owner alone. A collection whose rows a partition key spreads has its parts under _default.

manifest.json
  format "vts-dump", version 1, vts (its version), source (the server, without secrets), serverVersion, began, ended (UTC),
  job (the flags that shaped the dump)
  databases      name, properties
  collections    database, name, id (the server's number); schema: path, bytes, sha256; rows, counted (what count(*) said);
                 timestamp and guarantee "one timestamp": all rows as of that moment of the server (milliseconds since 1970 in
                 the upper 46 bits), or guarantee "none: ..."; dropped (fields left out by --drop-unsupported);
                 partitions: name, rows, parts: path, rows, bytes, sha256, firstKey, lastKey
  checksums      the SHA-256 of SHA256SUMS
  sha256         of the text of manifest.json with this value empty ("")

schema.json
  version 1, database, name, id, description, fields (as vts help schema has them), dynamic, functions, shards, consistency,
  properties, aliases, partitionCount (partitions of the partition key), unsupported (fields left out), columns (fields that are
  in the parts), partitions, indexes (name, field, params), load (loaded, replicas), serverSchema (the server's own
  CollectionSchema message in base64, so that what is newer than vts is not lost)

Parts are Parquet with the columns that Milvus bulk import takes: DuckDB, pandas, Spark and vts convert read them.

  select count(*) from 'backup/default/docs/*/*.parquet'`;
