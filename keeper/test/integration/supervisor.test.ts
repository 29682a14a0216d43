import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSupervisor, type ProcessError, type Supervisor } from '../../src/cli/devnet/supervisor.ts';

const READY = 'console.log(JSON.stringify({ ready: true }));';
const FOR_EVER = 'setInterval(() => {}, 1000);';

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the supervisor of the devnet', () => {
  let logDirectory: string;
  let lost: ProcessError[];
  let supervisor: Supervisor;

  beforeEach(() => {
    logDirectory = mkdtempSync(join(tmpdir(), 'mw-supervisor-'));
    lost = [];
    supervisor = createSupervisor({ logDirectory, onLost: (error) => lost.push(error) });
  });
  afterEach(async () => {
    await supervisor.stopAll();
    rmSync(logDirectory, { recursive: true });
  });

  function start(name: string, source: string) {
    return supervisor.start({ name, args: ['-e', source] });
  }

  it('waits until a child says that it is ready and hands over what it said', async () => {
    const child = await start('keeper', `console.log(JSON.stringify({ ready: true, url: 'http://x' })); ${FOR_EVER}`);
    expect(child.ready).toEqual({ ready: true, url: 'http://x' });
    expect(isAlive(child.pid)).toBe(true);
  });

  it('writes what a child says on stderr to its log', async () => {
    const child = await start('keeper', `console.error('hello'); ${READY} ${FOR_EVER}`);
    expect(readFileSync(child.logFile, 'utf8')).toBe('hello\n');
  });

  it('stops all its children and nothing else', async () => {
    const stranger = spawn(process.execPath, ['-e', FOR_EVER]);
    const children = [await start('a', READY + FOR_EVER), await start('b', READY + FOR_EVER)];
    await supervisor.stopAll();
    expect(children.map(({ pid }) => isAlive(pid))).toEqual([false, false]);
    expect(isAlive(stranger.pid as number)).toBe(true);
    stranger.kill();
    await once(stranger, 'exit');
    expect(lost).toEqual([]);
  });

  it('lets a child finish its work after SIGTERM', async () => {
    const tidyUp = `process.on('SIGTERM', () => setTimeout(() => { console.error('tidy'); process.exit(); }, 50));`;
    const child = await start('keeper', tidyUp + READY + FOR_EVER);
    await child.stop();
    expect(readFileSync(child.logFile, 'utf8')).toBe('tidy\n');
  });

  it('kills a child that does not listen to SIGTERM', async () => {
    supervisor = createSupervisor({ logDirectory, onLost: (error) => lost.push(error), stopTimeoutMs: 100 });
    const child = await start('deaf', `process.on('SIGTERM', () => {}); ${READY} ${FOR_EVER}`);
    await child.stop();
    expect(isAlive(child.pid)).toBe(false);
  });

  it('kills with no chance to tidy up when asked to', async () => {
    const child = await start('keeper', `process.on('SIGTERM', () => console.error('tidy')); ${READY} ${FOR_EVER}`);
    await child.kill();
    expect(child.isRunning()).toBe(false);
    expect(readFileSync(child.logFile, 'utf8')).toBe('');
    expect(lost).toEqual([]);
  });

  it('shows the end of the log of a child that ends before it is ready', async () => {
    await expect(start('keeper', `console.error('no chain'); process.exit(3);`)).rejects.toThrow(
      /keeper ended while starting \(code 3\)[\s\S]*no chain/,
    );
  });

  it('says so when a child ends by itself', async () => {
    const child = await start('courier', `${READY} setTimeout(() => { console.error('oh'); process.exit(70); }, 100);`);
    await expect.poll(() => lost.length).toBe(1);
    expect(lost[0]?.message).toMatch(/courier ended by itself \(code 70\)[\s\S]*oh/);
    expect(child.isRunning()).toBe(false);
  });
});
