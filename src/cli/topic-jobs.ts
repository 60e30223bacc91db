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
  M2M and M2H read from a running server: source_host and source_port are keys that MilvusDM lacks, as are source_database and
  dest_database. The files of a Milvus 1.x
  server (source_milvus_path, mysql_parameter) are not read: let that server's MilvusDM write HDF5 with M2H, and give the
  yamls that it makes to vts run.
  M2H writes DATA_DIR/COLLECTION/PARTITION.h5 and DATA_DIR/yamls/COLLECTION/PARTITION.yaml, the H2M job for it.

The form of the Vector Transport Service and SeaTunnel, HOCON (.conf)
  A Milvus source or sink with local files or another Milvus, and transforms in between.

In values, \${NAME} stands for a variable of the environment, \${NAME:default} for one that may be missing, $\${ for itself.
Paths are relative to where vts is run.

  vts run JOB --print      the job in vts' own form, whatever form it has; secrets are left out
  vts run JOB --dry-run    what each step would do
  vts run JOB --resume     goes on: steps that are done are passed over, the one at hand goes on by its own journal
  vts run JOB --restart    forgets an unfinished run

All that is wrong with a job is said at once, with line and column, before anything runs (exit code 2). Credentials come from
the environment (VTS_TOKEN and so on), or from token-file of a step; VTS_TARGET_TOKEN is for the target of a copy. Flags of a
step go before the environment.`;
