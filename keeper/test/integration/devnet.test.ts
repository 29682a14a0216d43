import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { createTestClient, http } from 'viem';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../src/cli/support/profile.ts';
import { runMw } from '../support/mwProcess.ts';

const MW = resolve(import.meta.dirname, '../../src/cli/mw.ts');

/** `mw devnet --json` as a process of its own, in a folder of its own. */
function startDevnet(folder: string, ...args: string[]) {
  const child = spawn(process.execPath, [MW, 'devnet', '--json', '--data', 'devnet', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(JSON.parse(line)));
  const ended = Promise.all([once(child, 'exit'), once(output, 'close')]).then(([[code]]) => code as number | null);
  return { child, lines, ended };
}

function readProfile(folder: string): Profile {
  return JSON.parse(readFileSync(join(folder, 'devnet/devnet.json'), 'utf8')) as Profile;
}

function keeperPid(folder: string): number {
  const [firstLine = ''] = readFileSync(join(folder, 'devnet/keeper.log'), 'utf8').split('\n');
  return (JSON.parse(firstLine) as { pid: number }).pid;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

describe('mw devnet', () => {
  let folder: string;
  let running: ChildProcess | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mw-devnet-test-'));
  });
  afterEach(async () => {
    if (running?.exitCode === null && running.signalCode === null) {
      running.kill('SIGTERM');
      await once(running, 'exit');
    }
    running = undefined;
    rmSync(folder, { recursive: true });
  });

  it('tells its story with one line for each step, and ends', async () => {
    const { child, lines, ended } = startDevnet(folder, '--story', '--once');
    running = child;
    expect(await ended).toBe(0);
    const step = (name: string) => ({ step: name, ok: true, ms: expect.any(Number) });
    expect(lines).toEqual([...['deposit', 'trade', 'checkpoint', 'crash', 'withdraw'].map(step), { ok: true }]);
    expect(await answers(readProfile(folder).keeperUrl)).toBe(false);
  });

  it('serves until it is interrupted, and takes everything down that it started', async () => {
    const { child, lines, ended } = startDevnet(folder);
    running = child;
    await expect.poll(() => lines, { timeout: 120_000 }).toEqual([{ ok: true }]);
    const { keeperUrl, chains } = readProfile(folder);
    const urls = [`${keeperUrl}/v1/health`, ...chains.map(({ rpcUrl }) => rpcUrl)];
    expect(await Promise.all(urls.map(answers))).toEqual([true, true, true]);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(await Promise.all(urls.map(answers))).toEqual([false, false, false]);
    expect(existsSync(join(folder, 'devnet/tee.sock'))).toBe(false);
  });

  it('fails, says why and takes everything down when one of its processes dies', async () => {
    const { child, lines, ended } = startDevnet(folder);
    running = child;
    await expect.poll(() => lines, { timeout: 120_000 }).toEqual([{ ok: true }]);
    const { keeperUrl, chains } = readProfile(folder);
    process.kill(keeperPid(folder), 'SIGKILL');
    expect(await ended).toBe(1);
    expect(lines.slice(1)).toEqual([
      { step: 'start', ok: false, error: expect.stringContaining('keeper ended by itself (SIGKILL)') },
      { ok: false },
    ]);
    const urls = [`${keeperUrl}/v1/health`, ...chains.map(({ rpcUrl }) => rpcUrl)];
    expect(await Promise.all(urls.map(answers))).toEqual([false, false, false]);
  });

  it('outlives its keeper when asked to, so that everybody can leave', async () => {
    const { child, lines, ended } = startDevnet(folder, '--outlive');
    running = child;
    await expect.poll(() => lines, { timeout: 120_000 }).toEqual([{ ok: true }]);
    const { keeperUrl, chains } = readProfile(folder);
    process.kill(keeperPid(folder), 'SIGKILL');
    await expect.poll(() => answers(`${keeperUrl}/v1/health`), { timeout: 120_000 }).toBe(false);
    await Promise.all(
      chains.map(async ({ rpcUrl }) => {
        const anvil = createTestClient({ mode: 'anvil', transport: http(rpcUrl) });
        await anvil.increaseTime({ seconds: 7 * 86_400 });
        await anvil.mine({ blocks: 1 });
      }),
    );
    const profile = join(folder, 'devnet/devnet.json');
    const entering = await runMw('exit', 'enter', '--as', 'alice', '--profile', profile, '--json');
    expect(JSON.parse(entering.stdout)).toMatchObject([{ entered: true }, { entered: true }]);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(await Promise.all(chains.map(({ rpcUrl }) => answers(rpcUrl)))).toEqual([false, false]);
  });

  it('refuses a folder that holds something already', async () => {
    writeFileSync(join(folder, 'journal'), 'of another devnet');
    const { child, lines, ended } = startDevnet(folder, '--data', '.');
    running = child;
    expect(await ended).toBe(1);
    expect(lines).toEqual([
      { step: 'start', ok: false, error: expect.stringContaining('is not empty') },
      { ok: false },
    ]);
  });
});
