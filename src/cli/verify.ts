/** `vts verify`: whether a dump is what was written, or two ends hold the same rows. */
import { Command } from '@commander-js/extra-typings';
import { tmpdir } from 'node:os';
import type { Subset, Verification } from '../connectors/dump/verify-dump.ts';
import { VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { isServer } from './endpoints.ts';
import { formatExamples, VERIFY_EXAMPLES } from './examples.ts';
import { talk, work } from './options/common.ts';
import { type CompareFlags, comparing } from './options/compare.ts';
import { subset } from './options/dump.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { formatBytes, formatCount } from './report/format.ts';
import type { Inspection } from './report/report.ts';
import { warnOfSecrets } from './secrets.ts';

interface VerifyFlags {
  readonly subset?: Subset;
  readonly tempDir?: string;
}

/** Findings that are listed. */
const SHOWN = 1000;

const EQUALITY = `
What is equal:
  Each side is read once. Rows are told apart by the primary key, or --id; a row that is there twice counts twice.
  Floats are equal bit by bit (-0 is not 0), texts byte by byte, integers by value, JSON by what it says: neither spaces
  nor the order of keys matter, and all digits do (1.50 is 1.5; 1 and 1.0 differ). Null is equal to null alone.
  Columns of one side only, or whose types have nothing in common, count as a difference; --fields chooses columns.
  The partition of a row ($partition) is compared where both sides have partitions, unless --ignore-partitions is given.
  Of each row 64 bits a column are compared, hashed under a number drawn for the run.`;

/** The command. */
export function verifyCommand(context: Context) {
  const command = new Command('verify')
    .summary('a dump against its checksums, or any two ends row by row')
    .description(
      'Of a dump: reads all its files, or a slice of them, and says which are not what was written. ' +
        'Of two ends (collections, files, dumps): says which rows only one of them has, and which differ.',
    )
    .usage('[options] <a> [b]')
    .argument(
      '<endpoints...>',
      'the directory of a dump; or two of: milvus://HOST[:PORT]/DATABASE[/COLLECTION], a file, a directory, a dump',
    );
  addAll(
    command as unknown as Command,
    [subset],
    comparing,
    [work.batchBytes, work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', `${EQUALITY}\n${formatExamples(VERIFY_EXAMPLES)}`)
    .action((endpoints) => choose(endpoints, command as unknown as Command, context));
}

async function choose(endpoints: readonly string[], command: Command, context: Context): Promise<void> {
  const flags = command.opts() as VerifyFlags & CompareFlags;
  const [a, b] = endpoints;
  if (endpoints.length === 1 && !isServer(a)) return await run(a, flags, context);
  const report = context.report({ ...flags, dataOnStdout: false });
  if (endpoints.length !== 2 || flags.subset !== undefined) {
    throw new VtsError('Usage', 'vts verify takes the directory of a dump, or two ends to compare', {
      expected: 'vts verify DIRECTORY [--subset N/M], or vts verify A B',
    });
  }
  warnOfSecrets(command, report);
  const { verifyRows } = await import('./verify-rows.ts');
  await verifyRows([a, b], flags, report, context.signal);
}

async function run(directory: string, flags: VerifyFlags, { report: speak, signal }: Context): Promise<void> {
  const report = speak({ ...flags, dataOnStdout: false });
  const [{ openDump }, { verifyDump }, { FORMATS }] = await Promise.all([
    import('../connectors/dump/dump.ts'),
    import('../connectors/dump/verify-dump.ts'),
    import('../formats/registry.ts'),
  ]);
  const dump = openDump(directory);
  const result = await verifyDump(dump, {
    parquet: await FORMATS.find((format) => format.name === 'parquet')!.load(),
    tempDir: flags.tempDir ?? tmpdir(),
    ...(flags.subset === undefined ? {} : { subset: flags.subset }),
    signal,
    onProgress: (share) => report.stage(`reading ${directory}`, share),
  });
  report.inspection(describe(directory, result, flags.subset));
  if (result.faults.length === 0) return;
  const count = result.faults.length;
  throw new VtsError(
    'DumpDamaged',
    `${directory}: ${count} ${count === 1 ? 'file is' : 'files are'} not what was written`,
    {
      file: directory,
      expected: result.faults.slice(0, 3).map(({ path, text }) => `${path}: ${text}`).join('; '),
      remedy: 'put back these files from another copy of the dump',
    },
  );
}

function describe(directory: string, result: Verification, subset: Subset | undefined): Inspection {
  const { files, bytes, rows, faults, extras } = result;
  const findings = [...faults, ...extras];
  const slice = subset === undefined ? '' : ` (slice ${subset.slice} of ${subset.of})`;
  const head = `${directory}: ${formatCount(files)} files read, ${formatBytes(bytes)}, ${
    formatCount(rows)
  } rows${slice}: ${
    faults.length === 0 ? 'all is well' : `${formatCount(faults.length)} not what was written`
  }`;
  return {
    json: () =>
      JSON.stringify({
        type: 'verification',
        name: directory,
        ...result,
        ...(subset === undefined ? {} : { subset }),
      }),
    text: () =>
      [
        ...findings.slice(0, SHOWN).map(({ kind, path, text }) => `${kind.padEnd(8)} ${path}: ${text}`),
        ...(findings.length > SHOWN ? [`... and ${formatCount(findings.length - SHOWN)} more`] : []),
        head,
      ].join('\n'),
  };
}
