/** `vts verify`: whether a dump is what was written. */
import { Command } from '@commander-js/extra-typings';
import { tmpdir } from 'node:os';
import type { Subset, Verification } from '../connectors/dump/verify-dump.ts';
import { VtsError } from '../errors.ts';
import type { Context } from './context.ts';
import { formatExamples, VERIFY_EXAMPLES } from './examples.ts';
import { talk, work } from './options/common.ts';
import { subset } from './options/dump.ts';
import { addAll, type AnyOption } from './options/group.ts';
import { formatBytes, formatCount } from './report/format.ts';
import type { Inspection } from './report/report.ts';

interface VerifyFlags {
  readonly subset?: Subset;
  readonly tempDir?: string;
}

/** Findings that are listed. */
const SHOWN = 1000;

/** The command. */
export function verifyCommand(context: Context) {
  const command = new Command('verify')
    .summary('a dump against its checksums')
    .description('Reads all files of a dump, or a slice of them, and says which are not what was written.')
    .argument('<directory>', 'the directory of a dump');
  addAll(
    command as unknown as Command,
    [subset],
    [work.tempDir, ...Object.values(talk)] as unknown as AnyOption[],
  );
  return command.addHelpText('after', formatExamples(VERIFY_EXAMPLES))
    .action((directory) => run(directory, command.opts() as VerifyFlags, context));
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
