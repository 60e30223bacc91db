/** Secrets on the command line work, but are seen by others. */
import type { Command } from '@commander-js/extra-typings';
import type { Report } from './report/report.ts';

const SECRETS = {
  token: '--token',
  password: '--password',
  targetToken: '--target-token',
  targetPassword: '--target-password',
};

/** Warns of every secret that `command` got as a flag. Those of the environment are as good as those of a file. */
export function warnOfSecrets(command: Pick<Command, 'getOptionValueSource'>, report: Report): void {
  for (const [name, flag] of Object.entries(SECRETS)) {
    if (command.getOptionValueSource(name as never) !== 'cli') continue;
    report.note(
      `${flag} is seen by everyone who lists processes and stays in the shell history: use ${flag}-file` +
        `${flag.endsWith('token') ? `, ${flag}-command` : ''} or VTS_${
          flag.slice(2).replaceAll('-', '_').toUpperCase()
        }`,
    );
  }
}
