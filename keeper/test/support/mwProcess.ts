// `mw` as a process of its own, started, watched and ended by a test.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

const MW = resolve(import.meta.dirname, '../../src/cli/mw.ts');

export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MwProcess {
  /** The first line of its stdout, parsed: the programs print one when they are ready. Rejects when it ends before. */
  readonly ready: Promise<unknown>;
  readonly ended: Promise<Ended>;
  /** What it wrote on stderr so far. */
  log(): string;
  isRunning(): boolean;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export function startMw(...args: readonly string[]): MwProcess {
  const child = spawn(process.execPath, [MW, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  child.stderr.on('data', (chunk: Buffer) => {
    written.stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => {
      process.removeListener('exit', killWithParent);
      done({ code, ...written });
    });
  });
  const firstLine = new Promise<string>((done, fail) => {
    child.stdout.on('data', (chunk: Buffer) => {
      written.stdout += chunk;
      const [line, rest] = written.stdout.split('\n', 2);
      if (rest !== undefined) done(line as string);
    });
    void ended.then(({ code, stderr }) => fail(new Error(`mw ${args.join(' ')} ended with code ${code}:\n${stderr}`)));
  });
  const ready = firstLine.then((line): unknown => JSON.parse(line));
  // Whoever does not wait for it is not interested.
  ready.catch(() => {});
  return {
    ready,
    ended,
    log: () => written.stderr,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function runMw(...args: readonly string[]): Promise<Ended> {
  return startMw(...args).ended;
}
