/** The topic of the manual that describes jobs. */

export const JOBS =
  `vts run JOB runs the steps of a file, one after the other. Three forms are told apart by what is in them:

vts' own form, YAML (.yaml, .yml, JSON too)
  steps:
    - from: index.faiss                        a file, a list of files, or the address of a server
      to: milvus://localhost/default/faces
      index: {vector: 'HNSW{M:16}'}            and all flags of the command line, without their dashes
      rename: {vector: embedding}              pairs as a map, several values as a list, switches as true
    - from: milvus://localhost/default/faces
      to: faces.parquet
      filter: id > 100
    - verb: verify                             convert, import, export, copy, dump, restore or verify; told by the two
      from: index.faiss                        ends where it is left out
      to: milvus://localhost/default/faces
  The formats, --from and --to, are written from-format and to-format.

MilvusDM's form, YAML with F2M, H2M, M2M or M2H
  All keys of its four tasks, several tasks in one file too (as keys, as a list, or separated by ---).
  mode          append adds and skip leaves alone what is there, overwrite replaces it; all make what is not there. Of a
                dest_partition_name, or partitions of source_collection, they concern the partition only
  collection_parameter
                dimension and metric_type have to fit the file; index_file_size means nothing for Milvus 2
  Collections get the fields id and embedding, as MilvusDM makes them, and an index (AUTOINDEX), and are loaded.
  M2M and M2H read from a running server, for which there are keys that MilvusDM lacks: source_host and source_port, and
  source_database and dest_database for other databases than default. The files of a Milvus 1.x server
  (source_milvus_path, mysql_parameter) are not read: let that server's MilvusDM write HDF5 with M2H, and give the yamls
  that it makes to vts run.
  M2H writes a file of each partition that holds rows, DATA_DIR/COLLECTION/PARTITION.h5 (None.h5 of a collection that has
  no partitions of its own), and beside them DATA_DIR/yamls/COLLECTION/PARTITION.yaml, the H2M job that imports it again.

The form of the Vector Transport Service and SeaTunnel, HOCON (.conf)
  Sources and sinks: Milvus, and LocalFile with parquet, json or csv. Transforms: FieldMapper, Filter, FieldRename,
  TableRename, Copy, and Sql as SELECT columns FROM table WHERE comparisons (rows of a Milvus source only). Several of each,
  joined by plugin_output and plugin_input. A collection is a step; no collections are all of the database.
  schema_save_mode and data_save_mode do what their names say, DROP_DATA and ERROR_WHEN_DATA_EXISTS too:
                RECREATE_SCHEMA is --mode replace, DROP_DATA --mode replace-rows (the collection stays as it is),
                ERROR_WHEN_DATA_EXISTS --mode create, APPEND_DATA --mode append --create-missing
  field_schema  only what it names; a name that is no column is a key of the dynamic field (--add, --set)
  batch_size    rows, which vts takes as bytes (--batch-bytes); parallelism is --parallel
  LocalFile     csv is written without a header unless enable_header_write = true, as that tool does; APPEND_DATA adds
                files, DROP_DATA replaces what is in the directory
  Servers and files are asked for the names of collections and columns before anything runs, also by --print.

In values, \${NAME} stands for a variable of the environment, \${NAME:default} for one that may be missing, $\${ for itself.
Paths are relative to where vts is run.

  vts run JOB --print      the job in vts' own form, whatever form it has; secrets are left out
  vts run JOB --dry-run    what each step would do
  vts run JOB --resume     goes on: steps that are done are passed over, the one at hand goes on by its own journal
  vts run JOB --restart    forgets an unfinished run

All that is wrong with a job is said at once, with line and column, before anything runs (exit code 2). Credentials come from
the environment (VTS_TOKEN and so on), or from token-file of a step; VTS_TARGET_TOKEN is for the target of a copy. Flags of a
step go before the environment.`;
