/** The error codes of the Milvus connector of the Vector Transport Service, MILVUS-01 on, and what vts does instead. */

/** What a code means there, what vts does in that case, and what to do. */
export type MilvusCode = readonly [means: string, vts: string, remedy: string];

/** In the order of their numbers. */
export const MILVUS_CODES: readonly MilvusCode[] = [
  [
    'the server answered with an error',
    'A busy or unreachable server is tried again for --retry-max-time; any other answer is shown with what it means (ServerRefused, exit 2).',
    'Read the message of the server that vts repeats; vts inspect milvus://HOST shows what the server says of itself.',
  ],
  [
    'the collection was not found',
    'Says so before anything is written (InputMissing, exit 6), with the names that are near or there.',
    'vts inspect milvus://HOST/DATABASE lists the collections; mind the database.',
  ],
  [
    'a field was not found',
    'All names in flags are checked against the schema before anything is written (Usage, exit 2), and those there are listed.',
    'Correct --fields, --rename, --cast or --id; they take the names of the source.',
  ],
  [
    'describing a collection failed',
    'Asks again while the server is busy; types it does not know are named by field.',
    'Check the privileges of the user (DescribeCollection), then vts inspect milvus://HOST/DATABASE/COLLECTION.',
  ],
  [
    'listing the collections failed',
    'Asks again while the server is busy; without the privilege, name the collection and no list is needed.',
    'Give the whole address, milvus://HOST/DATABASE/COLLECTION, or grant ShowCollections.',
  ],
  [
    'the collection is not loaded, and rows can be read from loaded ones only',
    'Asks whether to load it, or loads with --load, and releases it again; without either it is NotLoaded, exit 2.',
    'Add --load. A collection without an index cannot be loaded: create one first.',
  ],
  [
    'a type is not supported',
    'Reads and writes all types of Milvus, Int8Vector and arrays of structs too. What a target cannot hold is listed before the first row (PlanRefused, exit 2).',
    'Use the --cast or --fields that the message names.',
  ],
  [
    'the database has no collections',
    'An empty database is shown and dumped as such: the dump is complete and empty.',
    'Check the database in the address: milvus://HOST/DATABASE.',
  ],
  [
    'the schema of the source is not known',
    'Every source tells its schema before rows are read; JSON lines and CSV are looked at first, or take --schema.',
    'vts inspect INPUT shows the schema as it is understood.',
  ],
  [
    'a field is null or missing in a row',
    'A null where the target allows none is RowInvalid with file, row and field, or goes to --reject-file with --on-error reject.',
    'Make the field nullable with --schema, or mend the row.',
  ],
  [
    'closing the client failed',
    'Nothing depends on closing: rows count as written when the server has acknowledged them, and are counted at the end.',
    'Nothing; look at the error before it.',
  ],
  [
    'describing an index failed',
    'Reads indexes field by field; a collection without one is copied without one, and a note says so.',
    'vts inspect milvus://HOST/DATABASE/COLLECTION shows the indexes as the server tells them.',
  ],
  [
    'creating a database failed',
    'Only vts restore makes databases, with their properties; import and copy need one that is there.',
    'Create the database, or grant CreateDatabase.',
  ],
  [
    'creating a collection failed',
    'Lists all that stands in the way before it asks the server; a collection that comes out other than asked for is dropped again.',
    'vts plan A B, or --dry-run, shows what would be made.',
  ],
  [
    'creating an index failed',
    'Checks the metric against the type of the vector before anything is written; an index that the server refuses is an error, never left out in silence.',
    'Choose another with --index FIELD:TYPE{PARAMS}, or --no-index.',
  ],
  [
    'making the client failed',
    'Tells apart an address that does not answer (Unreachable, 75), TLS (TlsFailed, 5) and a refused log-in (AuthFailed, 5).',
    'Check address and port, milvus+tls:// for TLS, and --token-file or VTS_TOKEN; vts inspect milvus://HOST is the quickest try.',
  ],
  [
    'writing rows failed',
    'A busy server gets fewer and smaller requests, with growing waits, for --retry-max-time. A row that is refused stops the job, or goes to --reject-file with the reason. What was on its way is settled by key, not sent twice.',
    'Run the same command with --resume; for rows that the server refuses add --on-error reject --reject-file F.',
  ],
  [
    'reading rows failed; there the third failed attempt in a row',
    'Reads by primary key at one moment of time, tries again for --retry-max-time, and compares the rows read with count(*): a gap is exit code 3, never success.',
    'Run the same command with --resume; --parallel 1 and --rate-limit are gentler to the server.',
  ],
  [
    'listing the partitions failed',
    'Asks again while the server is busy.',
    'Check the privileges of the user (ShowPartitions).',
  ],
  [
    'describing a partition failed',
    'Needs the names of partitions only.',
    'vts inspect milvus://HOST/DATABASE/COLLECTION lists them.',
  ],
  [
    'creating a partition failed',
    'Partitions are made before their first row, empty ones too when a collection is copied; names are never changed.',
    'Partition names are letters, digits and _; rename those of --partition-column, or use --partition NAME.',
  ],
  [
    'writing failed, seen from the side that reads',
    'Errors say which end they are of: the target, or the source.',
    'As MILVUS-17: vts explain MILVUS-17.',
  ],
  [
    'committing what the bulk writer wrote failed',
    'Has no second way through object storage: rows go over the port that clients use, and are counted when they are there.',
    'vts export to Parquet, or vts dump, makes files that Milvus bulk import takes, where that is wanted.',
  ],
  [
    'making the writer failed',
    'Opens the target and checks the plan before the first row is read.',
    'vts plan A B shows what stands in the way.',
  ],
  [
    'a parameter is invalid',
    'Checks all flags, and all keys of a job with line and column, before anything runs (Usage, exit 2).',
    'vts run JOB --print shows a job as vts understands it.',
  ],
  [
    'an import job of Zilliz Cloud failed',
    'Starts no import jobs: rows are inserted, and counted at the end.',
    'Leave bulk_writer_config out of the job.',
  ],
  [
    'declared as "completed with errors", and never raised there: rows that fail end the job or are lost',
    'A job that is done but for rows that were refused is RowsRejected, exit 3, with all of them in --reject-file.',
    'Mend the rows in the reject file and import it as it is.',
  ],
  [
    'declared as "error rows exceed limit", and never raised there: there is no such limit',
    'There is no limit either: --on-error stop ends at the first row, --on-error reject puts all of them aside.',
    'Begin with --on-error stop; it says what is wrong with the first row.',
  ],
];
