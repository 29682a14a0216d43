import { spawn } from 'node:child_process';
import { copyFileSync, createWriteStream, mkdirSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Address } from '../../core/commands.ts';
import { DEPLOYER, developmentKey } from './accounts.ts';
import { ROOT } from './deployment.ts';
import { foundryBinary } from './foundryBinary.ts';

const OUTPUT_LINES_SHOWN = 25;
const CACHE_FILE = 'solidity-files-cache.json';

export class DeployError extends Error {
  override readonly name = 'DeployError';
}

/** Compiles the contracts. With tools/solc this takes seconds when nothing changed and about a minute when all did. */
export function buildContracts(logDirectory: string): Promise<void> {
  return runForge(['build', 'contracts/script/DeployDevnet.s.sol'], {}, join(logDirectory, 'forge-build.log'));
}

/** Deploys everything on one anvil by the forge script; it checks the addresses against deployments/<chainId>.json. */
export function deployChain(input: {
  readonly chainId: number;
  readonly url: string;
  readonly enclave: Address;
  readonly logDirectory: string;
}): Promise<void> {
  // The contracts' libraries are deployed before the script runs, which has to be told by whom.
  const sender = developmentKey(DEPLOYER).address;
  return runForge(
    [
      ...['script', 'contracts/script/DeployDevnet.s.sol', '--rpc-url', input.url],
      ...['--broadcast', '--skip-simulation', '--sender', sender],
    ],
    {
      ENCLAVE: input.enclave,
      FOUNDRY_BROADCAST: join(input.logDirectory, 'broadcast'),
      FOUNDRY_CACHE_PATH: copyCache(join(input.logDirectory, `cache-${input.chainId}`)),
    },
    join(input.logDirectory, `deploy-${input.chainId}.log`),
  );
}

/**
 * forge writes its list of what is compiled again whenever it runs, in place: of two that run at the same time one may
 * read half of it, and compile everything. Each gets its own.
 */
function copyCache(folder: string): string {
  const shared = resolve(ROOT, process.env.FOUNDRY_CACHE_PATH ?? 'cache');
  mkdirSync(folder);
  copyFileSync(join(shared, CACHE_FILE), join(folder, CACHE_FILE));
  return folder;
}

/** Runs forge in the repository. Everything that it says goes to the log; the end of it is in the error if it fails. */
export async function runForge(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  logFile: string,
): Promise<void> {
  const bin = join(ROOT, 'node_modules', '.bin');
  const child = spawn(foundryBinary('forge'), args, {
    cwd: ROOT,
    env: { ...process.env, ...env, NO_COLOR: '1', PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopWithParent = () => child.kill('SIGKILL');
  process.once('exit', stopWithParent);
  const log = createWriteStream(logFile);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      log.write(chunk);
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new DeployError(`forge does not start: ${cause.message}`, { cause })));
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  }).finally(() => {
    process.removeListener('exit', stopWithParent);
    log.end();
  });
  if (code === 0) return;
  const lines = output.trimEnd().split('\n').slice(-OUTPUT_LINES_SHOWN).join('\n');
  throw new DeployError(`forge ${args[0]} failed with exit code ${code}:\n${lines}\nAll of it: ${logFile}`);
}
