// A local chain as a child process: for the devnet and for the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { foundryBinary } from './foundryBinary.ts';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

export interface AnvilOptions {
  readonly chainId: number;
  /** A free one when left out. */
  readonly port?: number;
  /** A block every so many seconds; when left out, one per transaction. */
  readonly blockTimeSeconds?: number;
  /** `finalized` is two epochs behind `latest`: 1 makes it two blocks. Anvil's own default is 32. */
  readonly slotsInAnEpoch?: number;
  /** Funded accounts of the well-known development mnemonic; 10 when left out. */
  readonly accounts?: number;
}

export interface Anvil {
  readonly url: string;
  readonly chainId: number;
  readonly process: ChildProcess;
  /** Ends exactly this process; safe to call twice. */
  stop(): Promise<void>;
}

/** Starts anvil on 127.0.0.1 and resolves when it listens. It ends with this process, also when nobody calls `stop`. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const args = ['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--chain-id', String(options.chainId)];
  if (options.blockTimeSeconds !== undefined) args.push('--block-time', String(options.blockTimeSeconds));
  if (options.slotsInAnEpoch !== undefined) args.push('--slots-in-an-epoch', String(options.slotsInAnEpoch));
  if (options.accounts !== undefined) args.push('--accounts', String(options.accounts));

  const child = spawn(foundryBinary('anvil'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  child.once('exit', () => process.removeListener('exit', killWithParent));

  try {
    const address = await listeningAddress(child);
    return { url: `http://${address}`, chainId: options.chainId, process: child, stop: () => stop(child) };
  } catch (cause) {
    await stop(child);
    throw new Error(`anvil for chain ${options.chainId} did not start: ${(cause as Error).message}`, { cause });
  }
}

function listeningAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = '';
    const timer = setTimeout(() => reject(new Error(`not listening after ${START_TIMEOUT_MS} ms`)), START_TIMEOUT_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', fail);
    child.once('exit', (code) => fail(new Error(errors.trim() || `it ended with code ${code}`)));
    child.stderr?.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-2_000);
    });
    // The pipe is read to the end of the process, or anvil would block once it is full.
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const address = /^Listening on (\S+)$/.exec(line)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}
