/** What commands have to say. Only this folder prints; `text.ts` speaks to people, `json.ts` to programs. */
import type { Progress, TransferSummary } from '../../core/transfer.ts';
import type { VtsError } from '../../errors.ts';
import type { Retry } from '../../core/retry.ts';

/** A transfer that begins. */
export interface Start {
  readonly command: string;
  readonly from: string;
  readonly to: string;
  /** Rows to move, where known. */
  readonly rows?: number;
}

/** A transfer that is done. */
export interface Done extends TransferSummary {
  readonly command: string;
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  /** Of {@linkcode seconds}, those until the last row was handed over; what follows is flushing, indexing, loading. */
  readonly rowSeconds?: number;
  /** Whether rows went to a server, which accepts them, rather than into files, which are written. */
  readonly toServer?: boolean;
  /** Requests that were sent again. */
  readonly retries?: number;
  /** What the vectors were decoded from, where they are not those that were once put in. */
  readonly lossy?: string;
  /** Where the rows are that were refused. */
  readonly rejectFile?: string;
}

/** What `vts inspect` found, for programs and for people. */
export interface Inspection {
  json(): string;
  text(): string;
}

/** Receives all events of a command. */
export interface Report {
  start(event: Start): void;
  /** Something a user should know of how the data were understood, or what is lost. */
  note(text: string): void;
  progress(event: Progress): void;
  /** A long step that moves no rows: how far it is, from 0 to 1, where known. */
  stage(text: string, fraction?: number): void;
  /** A request failed and is sent again after a wait. */
  retry(event: Retry): void;
  done(event: Done): void;
  inspection(event: Inspection): void;
  /** A text that was asked for: help, a topic. */
  text(text: string): void;
  error(error: VtsError | Error): void;
}

/** How a user wants to be spoken to. */
export interface ReportOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly progress: 'auto' | 'always' | 'never';
  readonly color: 'auto' | 'always' | 'never';
  /** Whether the data themselves go to standard output. */
  readonly dataOnStdout: boolean;
}

/** What a user wants who has said nothing. */
export const DEFAULT_REPORT: ReportOptions = {
  json: false,
  quiet: false,
  verbose: false,
  progress: 'auto',
  color: 'auto',
  dataOnStdout: false,
};
