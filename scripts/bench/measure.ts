/** Times whole processes. Runs on Bun, which tells the CPU time and the peak memory of a child process. */

/** One run of a process, or the median of several. */
export interface Run {
  readonly seconds: number;
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  /** The largest resident set (VmHWM), in 10^6 bytes; of several runs the largest. */
  readonly peakMB: number;
}

/** What vts took for a case, beside one reference. */
export interface Result {
  readonly case: string;
  readonly rows: number;
  readonly dim: number;
  readonly vts: Run;
  readonly reference?: string;
  readonly theirs?: Run;
  /** Of a file that was written. */
  readonly outputMB?: number;
  /** `cp` of the output to a new file, until it is on disk. */
  readonly floorSeconds?: number;
}

/** Runs `command` from a cold start to its end. @throws Error when it fails */
export function measure(command: readonly string[]): Run {
  const began = performance.now();
  const { exitCode, resourceUsage, stderr } = Bun.spawnSync([...command], {
    stdout: 'ignore',
    stderr: 'pipe',
  });
  const seconds = (performance.now() - began) / 1000;
  if (exitCode !== 0) throw new Error(`${command.join(' ')} failed: ${stderr}`);
  const { cpuTime, maxRSS } = resourceUsage!;
  return { seconds, cpuSeconds: Number(cpuTime.total) / 1e6, peakMB: maxRSS / 1e6 };
}

/** The medians of times, and the largest peak. */
export function median(runs: readonly Run[]): Run {
  const middle = (of: (run: Run) => number) => runs.map(of).sort((a, b) => a - b)[runs.length >> 1];
  return {
    seconds: middle((run) => run.seconds),
    cpuSeconds: middle((run) => run.cpuSeconds),
    peakMB: Math.max(...runs.map((run) => run.peakMB)),
  };
}
