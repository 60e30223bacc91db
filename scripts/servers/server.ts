/** A server of this machine that belongs to the process that started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

export const ROOT = resolve(import.meta.dirname!, '../..');
/** The Python in which the servers are installed. */
export const PYTHON = join(ROOT, '.venv/bin/python');

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;

/** A running server. Ends with the process that started it, however that one ends. */
export interface RunningServer {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly port: number;
  /** Of the server itself, not of a script around it. */
  readonly pid: number;
  /** Where the server keeps its data; removed by {@linkcode stop} unless the caller named it. */
  readonly dataDir: string;
  /** The file with all that the server writes. */
  readonly log: string;
  /** Ends the server. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would be; the data stays, for {@linkcode restart}. */
  kill(): Promise<void>;
  /** Starts a killed server again, with its data, port and settings. */
  restart(): Promise<void>;
}

/** How to start one kind of server. */
export interface ServerPlan {
  readonly name: string;
  readonly port: number;
  readonly dataDir: string;
  /** Whether the data may go when the server stops. */
  readonly temporary: boolean;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly ready: () => Promise<boolean>;
  /** How long the server may take to end by itself when its data is kept. */
  readonly graceMs: number;
  /** A file that the server leaves elsewhere; `PID` stands for its process id. */
  readonly litter?: string;
}

/** The folder for the data of a server, and whether it is a temporary one. */
export function dataFolder(given: string | undefined): { dataDir: string; temporary: boolean } {
  return given === undefined
    ? { dataDir: mkdtempSync(join(tmpdir(), 'vts-server-')), temporary: true }
    : { dataDir: resolve(given), temporary: false };
}

/** Starts what `plan` says, and returns when it answers. */
export async function startServer(plan: ServerPlan): Promise<RunningServer> {
  const { dataDir, temporary, port } = plan;
  const log = join(dataDir, 'server.log');
  let child: ChildProcess;
  const start = async () => {
    child = launch(plan, log);
    try {
      await untilReady(plan, child, log);
    } catch (error) {
      await stop(0);
      throw error;
    }
  };
  const stop = async (graceMs: number) => {
    await end(child, graceMs);
    if (temporary) rmSync(dataDir, { recursive: true, force: true });
  };
  await start();
  return {
    address: `127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid!;
    },
    dataDir,
    log,
    stop: () => stop(temporary ? 0 : plan.graceMs),
    kill: () => end(child, 0),
    restart: start,
  };
}

/** Whether something listens on `port`. */
export function listens(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

function launch(plan: ServerPlan, log: string): ChildProcess {
  const { name, command, dataDir, temporary, litter = '', env } = plan;
  const missing = [PYTHON, command[0]].find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new Error(`${name} is not installed (${missing}): run \`npx -y deno@2.9.6 task setup\``);
  }
  const owned = [`${process.pid}`, temporary ? dataDir : '', litter];
  const file = openSync(log, 'a');
  try {
    return spawn(PYTHON, [join(import.meta.dirname!, 'launch.py'), ...owned, ...command], {
      cwd: dataDir,
      env: { ...process.env, ...env },
      stdio: ['ignore', file, file],
    });
  } finally {
    closeSync(file);
  }
}

async function untilReady(plan: ServerPlan, child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!await plan.ready()) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended === null && Date.now() < deadline) {
      await pause(POLL_MS);
      continue;
    }
    const end = readFileSync(log, 'utf8').slice(-4000);
    const what = ended === null ? `does not answer after ${START_TIMEOUT_MS / 1000} s` : `ended (${ended})`;
    throw new Error(`${plan.name} ${what}; its log ends with:\n${end}`);
  }
}

/** Asks the process to end, and makes it after `graceMs`. */
async function end(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  if (graceMs > 0) {
    child.kill('SIGTERM');
    await Promise.race([ended, pause(graceMs)]);
  }
  child.kill('SIGKILL');
  await ended;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
