// The devnet's own processes: started here, logged to files, and stopped here. Knows only its children, by their handles;
// nothing else on the machine is ever touched.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_LINES_SHOWN = 15;

export class ProcessError extends Error {
  override readonly name = 'ProcessError';
}

/** One program of the devnet. It prints one line of JSON on stdout when it is ready; its log goes to stderr. */
export interface ProcessSpec {
  readonly name: string;
  /** Arguments for Node: a file and what it gets. */
  readonly args: readonly string[];
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** The line that it printed when it was ready, parsed. */
  readonly ready: unknown;
  isRunning(): boolean;
  /** SIGTERM, and SIGKILL when that does not end it. */
  stop(): Promise<void>;
  /** SIGKILL: no chance to tidy up. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface Supervisor {
  /** Starts a program and waits until it is ready. Throws `ProcessError` with the end of its log when it ends instead. */
  start(spec: ProcessSpec): Promise<RunningProcess>;
  /** Stops all children, the newest first. Safe to call twice. */
  stopAll(): Promise<void>;
}

export function createSupervisor(options: {
  readonly logDirectory: string;
  /** Told when a child ends that nobody has stopped: the devnet is broken then. */
  readonly onLost: (error: ProcessError) => void;
  /** How long a process may take to end by itself after SIGTERM. */
  readonly stopTimeoutMs?: number;
}): Supervisor {
  const stopTimeoutMs = options.stopTimeoutMs ?? STOP_TIMEOUT_MS;
  const children: { readonly process: RunningProcess; readonly child: ChildProcess }[] = [];

  // The last resort, when this process ends without having stopped its children.
  process.once('exit', () => {
    for (const { child } of children) child.kill('SIGKILL');
  });

  async function start(spec: ProcessSpec): Promise<RunningProcess> {
    const logFile = join(options.logDirectory, `${spec.name}.log`);
    const log = openSync(logFile, 'a');
    // A group of its own: Ctrl-C in the terminal reaches this process alone, which then stops the others in order.
    const child = spawn(process.execPath, spec.args, { stdio: ['ignore', 'pipe', log], detached: true });
    closeSync(log);
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
    let expected = false;
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      expected = true;
      if (!isRunning()) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await gone;
      clearTimeout(timer);
    };
    const lost = (why: string) => new ProcessError(`${spec.name} ${why}.${endOfLog(logFile)}`);

    let ready: unknown;
    try {
      ready = await firstLine(child, READY_TIMEOUT_MS);
    } catch (error) {
      await end('SIGKILL');
      throw lost((error as Error).message);
    }
    const running: RunningProcess = {
      name: spec.name,
      pid: child.pid as number,
      logFile,
      ready,
      isRunning,
      stop: () => end('SIGTERM'),
      kill: () => end('SIGKILL'),
    };
    const entry = { process: running, child };
    children.push(entry);
    void gone.then(() => {
      children.splice(children.indexOf(entry), 1);
      if (!expected) options.onLost(lost(`ended by itself (${child.signalCode ?? `code ${child.exitCode}`})`));
    });
    return running;
  }

  return {
    start,
    async stopAll() {
      for (const { process: running } of children.toReversed()) await running.stop();
    },
  };
}

/** The first line of stdout as JSON; the rest is read and dropped, or the child would block on a full pipe. */
async function firstLine(child: ChildProcess, timeoutMs: number): Promise<unknown> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    const ended = once(child, 'exit', { signal: timeout.signal }).then(([code, signal]) => {
      throw new Error(`ended while starting (${signal ?? `code ${code}`})`);
    });
    const [line] = (await Promise.race([once(lines, 'line', { signal: timeout.signal }), ended])) as [string];
    return JSON.parse(line);
  } catch (error) {
    throw timeout.signal.aborted ? new Error(`was not ready after ${timeoutMs / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
    lines.on('line', () => {});
  }
}

function endOfLog(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN);
  return `\nThe end of ${logFile}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
