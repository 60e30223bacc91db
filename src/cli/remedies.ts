/** What to do about each error of vts, where the error itself does not say. */
import type { ErrorCode } from '../errors.ts';

const RESUME =
  'Run the same command again; with --resume it goes on after the last whole part (vts help resume).';

export const REMEDIES: Readonly<Record<ErrorCode, string>> = {
  Internal: 'Run it with --verbose and report what it prints.',
  Usage: 'vts help COMMAND shows the flags; of a job, the message names line and column.',
  PlanRefused: 'The message lists all reasons with the flag that helps; --dry-run shows the plan.',
  NotLoaded: 'Add --load, which releases the collection again, or load it on the server.',
  ServerRefused:
    'The message repeats what the server says; check the privileges of the user and the limits of the server.',
  RowsMissing:
    'Do not trust the target yet: see the ranges that the message names, then run again or compare with vts verify A B.',
  RowsRejected: 'The reject file says why, row by row; mend the rows and import it as it is.',
  DumpDamaged: 'vts verify DIRECTORY names the files; restore them from another copy, or dump anew.',
  Differs: 'The message says which rows; --differences FILE lists all of them.',
  AuthFailed:
    'Check --token-file, VTS_TOKEN, or --username with --password-file; a token is USER:PASSWORD or an API key.',
  TlsFailed:
    'Use milvus+tls:// where the server speaks TLS; --ca-cert trusts your own authority, --server-name another name.',
  InputMissing: 'Check the name; vts inspect milvus://HOST/DATABASE lists collections.',
  InputUnreadable: 'Check the permissions of the file, and the disk.',
  InputMalformed: 'The message says where the file breaks the rules of its format; make the file anew.',
  InputTruncated: 'The file ends too early: copy it again, or make it anew.',
  InputUnsupported: 'The message names the feature; write the file without it.',
  UnknownFormat: 'Say it with --from or --to; vts help formats lists them.',
  RowInvalid: 'The message names file, row and field; mend the row, or the types with --schema or --cast.',
  OutputExists: 'Add --overwrite for files, --mode for collections, or name another output.',
  JournalConflict:
    'Add --resume to go on with the unfinished job, or --restart (--overwrite for files) to forget it.',
  OutputUnwritable: 'Check that the directory is there and may be written.',
  DiskFull: `Make room. ${RESUME}`,
  MemoryLimit: 'Use a smaller --batch-bytes, or give the process more memory.',
  MessageTooLarge:
    'One row is larger than the server takes: raise its limit, or leave the large field out with --fields.',
  Unreachable: `Check address and port. ${RESUME}`,
  RateLimited: `Use --rate-limit and a longer --retry-max-time. ${RESUME}`,
  QuotaExhausted: 'The operator of the server has to make room; then run the same command with --resume.',
  OutcomeUnknown: 'Run the same command with --resume: it finds out which rows arrived before it goes on.',
  Interrupted: RESUME,
  HungUp: RESUME,
  Terminated: RESUME,
};
