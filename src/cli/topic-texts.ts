/** The topics of the manual that are plain text. */

export const ENDPOINTS = `Files and servers are told apart by how they are written:

  docs.parquet                          a file; its format by extension, else by its first bytes, else by --from or --to
  data.h5::/train                       a data set inside an HDF5 file
  parts/  'parts/*.parquet'             many files of one data set
  -                                     stdin or stdout
  milvus://HOST[:PORT]/DATABASE/COLLECTION
                                        a collection; port 19530 unless said otherwise
  milvus+tls://HOST/DATABASE/COLLECTION the same over TLS
  http://HOST:PORT, https://HOST        addresses as the Milvus SDKs take them, with --database and --collection

Letters that have a meaning in an address are written %2F (/), %3F (?), %23 (#), %40 (@), %25 (%).
Where a command line names no server, VTS_MILVUS_URI does, else it is milvus://127.0.0.1:19530.

  vts export MILVUS FILE    vts import FILE... MILVUS    vts copy MILVUS MILVUS    vts convert FILE... FILE
  vts dump MILVUS DIR       vts restore DIR MILVUS       vts verify DIR, or A B

Secrets: --token-file, --token-command and --password-file read them from where they are safe; VTS_TOKEN and VTS_PASSWORD
work too. --token, --password and user:password@ in an address work with a warning. The credentials of the source of a copy
go to its target only where both are one server; else give --target-token-file and so on.
TLS: --ca-cert trusts your own authority, --client-cert and --client-key log in by certificate, --server-name is for a
certificate made for another name. An address of milvus:// is never tried with TLS, nor the other way round.`;

export const MILVUS = `Reading (export, copy)
  Rows are read by primary key in pages, in --parallel streams over key ranges and partitions, at one moment of the
  server's time where it offers that. --partition, --filter and --fields choose on the server; --rate-limit leaves it
  room to serve. A collection has to be loaded: vts says how much memory that takes and asks, or loads with --load; its
  load state is put back afterwards. --require-loaded never loads.
  --partition-column NAME adds the name of each row's partition as a column, for import to put rows back.
  At the end count(*), the rows read and their distinct keys are compared. Keys that are there twice explain a difference,
  which is reported; a gap that nothing explains is exit code 3, with the key ranges that fall short.

Writing (import, copy)
  --mode create    a new collection, or an empty one (default)
         append    more rows into the one that is there
         upsert    rows replace those of the same primary key
         replace   a collection is filled aside, proven, and takes the name and the aliases of the one that is there
         replace-partition
                   the rows of --partition are dropped first; all else stays. What is not there is made
         skip      nothing is written where the collection, or --partition of it, is there; else as create
  append and upsert want the collection to be there, unless --create-missing is given.
  A new collection is made from the types of the data: --id names the primary key, --metric how distances are measured,
  --auto-id keep|new says what becomes of ids where the server makes them, then --partition-key, --dynamic, --shards,
  --consistency. VarChar gets 65535 bytes and arrays 4096 elements where the data do not say; --schema says it.
  --index FIELD:TYPE{PARAMS} chooses indexes (repeatable); vectors without one get AUTOINDEX. The index is built and the
  collection loaded at the end, unless --no-index or --no-load.
  copy takes schema, indexes and partitions from the source.
  A row that the server refuses stops the job; with --on-error reject --reject-file F it goes there with the reason, the
  rest goes on, and the exit code is 3. A reject file imports again as it is.

A busy server is met with fewer and smaller requests, then with growing waits, for --retry-max-time.`;

export const GUARANTEES =
  `- Floats are moved as bytes, 64-bit integers never pass through a double, JSON keeps its digits.
- Every run compares the rows it read, the rows that were written or accepted, and the rows that the target counts when
  it is asked. A difference ends with exit code 3. Where a collection is not loaded nothing can be counted, and the
  summary says so.
- Files grow under another name and get their own when they are complete and on disk.
- A collection that --mode replace makes takes its place only after the proof.
- An insert that broke off is never sent again blindly: rows are upserted by primary key, or, where the server makes
  the keys, shown as uncertain (see vts help resume).
- What a target cannot hold is said before anything is written, with the flag that helps.
- Secrets are in no output, no file and no error of vts.`;

export const RESUME =
  `A command that was cut off goes on with --resume added; everything else has to be as before, and so do its inputs.

  export and convert into a directory   a hidden journal in it names the parts that are whole
  export and convert into one file      a file is whole or not there: name a directory to be able to go on
  import and copy                       a journal under --state DIR ($XDG_STATE_HOME/vts or ~/.local/state/vts), by target
  dump                                  journal.jsonl in its directory; --resume of a complete dump does nothing
  run                                   a file under --state DIR names the steps that are done
  restore                               a journal in DIRECTORY.restore beside the dump; where nothing can be written
                                        there, or with --state, as import

Without --resume an unfinished job is exit code 7; --restart (--overwrite for files) forgets it. --resume where nothing
was begun simply begins, so scripts can always say it; a restore that finds all rows as they are in the dump has nothing
to do. Journals hold no secret.
A directory or a target is one process's at a time. A lock whose process is gone is taken over; one of another machine,
which cannot be asked, with --break-lock.
Rows that were on their way when the process died are upserted again by primary key. Where the server makes the keys,
vts looks for them by the last key it was told; rows of which it cannot be sure are reported, and --redo-uncertain
deletes what lies above that key and writes it again.`;
