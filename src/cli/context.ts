/** What every command gets: a way to report, and the signal that stops it. */
import type { Report, ReportOptions } from './report/report.ts';

/** The surroundings of a command. */
export interface Context {
  /** The report of this run; the first call decides how it speaks. */
  report(options: Partial<Record<keyof ReportOptions, unknown>>): Report;
  readonly signal: AbortSignal;
}
