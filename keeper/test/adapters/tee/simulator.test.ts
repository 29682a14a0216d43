import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuestAgent } from '../../../src/adapters/tee/guestAgent.ts';
import { startSimulator } from '../../../src/adapters/tee/simulator/simulator.ts';
import { atEnd, cleanUp, newDirectory } from './support.ts';

const MAIN = fileURLToPath(new URL('../../../src/adapters/tee/simulator/main.ts', import.meta.url));

afterEach(cleanUp);

function run(...args: string[]): { child: ChildProcess; output: { out: string; err: string } } {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(() => child.kill('SIGKILL'));
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.err += chunk;
  });
  return { child, output };
}

describe('the simulator as a program', () => {
  it('says when it listens, serves, and leaves nothing when it is told to end', async () => {
    const socketPath = join(newDirectory(), 'agent.sock');
    const { child, output } = run('--socket', socketPath, '--chain', '31338');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    expect(JSON.parse(output.out)).toEqual({ socketPath, mode: 'SIMULATED' });
    expect((await createGuestAgent(socketPath).info()).appName).toMatch(/SIMULATED/);
    expect(statSync(socketPath).mode & 0o077).toBe(0);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(existsSync(socketPath)).toBe(false);
  });

  it.each([
    ['a chain where money could be real', ['--chain', '1'], /for the chains 31337 and 31338 only, not for 1/],
    ['no chain', [], /usage:/],
    ['a chain that is no number', ['--chain', 'mainnet'], /for the chains 31337 and 31338 only/],
    ['an unknown option', ['--chain', '31337', '--force'], /Unknown option '--force'/],
  ])('refuses %s', async (_, args, message) => {
    const socketPath = join(newDirectory(), 'agent.sock');
    const { child, output } = run('--socket', socketPath, ...args);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(output.err).toMatch(message);
    expect(existsSync(socketPath)).toBe(false);
  });
});

describe('a socket', () => {
  it('that another simulator listens on is left alone', async () => {
    const socketPath = join(newDirectory(), 'agent.sock');
    const first = await startSimulator({ socketPath, homeChainId: 31337 });
    atEnd(() => first.close());
    await expect(startSimulator({ socketPath, homeChainId: 31337 })).rejects.toThrow(/listens on .* already/);
    expect((await createGuestAgent(socketPath).info()).instanceId).toMatch(/^0x[0-9a-f]{40}$/);
  });

  it('that a killed one left behind is taken over', async () => {
    const socketPath = join(newDirectory(), 'agent.sock');
    const { child } = run('--socket', socketPath, '--chain', '31337');
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(existsSync(socketPath)).toBe(true);
    const second = await startSimulator({ socketPath, homeChainId: 31337 });
    atEnd(() => second.close());
    expect((await createGuestAgent(socketPath).info()).appName).toMatch(/SIMULATED/);
  });
});
