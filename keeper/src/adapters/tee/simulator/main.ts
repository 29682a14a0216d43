#!/usr/bin/env node
// Development only: `main.ts --socket /path/agent.sock --chain 31337`. Prints one line of JSON when it listens, and runs
// until it is told to end. It is no part of the production image.
import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { socket: { type: 'string' }, chain: { type: 'string' } } });
  const { socket: socketPath, chain } = values;
  if (socketPath === undefined || chain === undefined)
    throw new Error('usage: main.ts --socket <path> --chain <31337|31338>');
  const simulator = await startSimulator({ socketPath, homeChainId: Number(chain) });
  process.stderr.write('This is a SIMULATED guest agent: everybody knows its keys.\n');
  process.stdout.write(`${JSON.stringify({ socketPath, mode: 'SIMULATED' })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close());
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
