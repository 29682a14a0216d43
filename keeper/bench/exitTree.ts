// `npm run bench:exit`: how long an exit tree takes, what it weighs, and how long its proofs are.
//
//   node --expose-gc keeper/bench/exitTree.ts [--leaves 1000000] [--json]
import { parseArgs } from 'node:util';
import type { Address } from '../src/core/commands.ts';
import { type ExitInput, exitTrees } from '../src/core/exitTree.ts';

const ASSETS = 2;
const CHAINS = [1, 10];

const { values: options } = parseArgs({
  options: { leaves: { type: 'string', default: '1000000' }, json: { type: 'boolean' } },
});

main();

function main(): void {
  const input = createInput(Number(options.leaves));
  const before = memory();
  const start = performance.now();
  const { trees } = exitTrees(input, new Uint8Array(32).fill(9));
  const seconds = (performance.now() - start) / 1000;
  const kept = memory() - before;
  const leaves = trees.reduce((sum, { leafCount }) => sum + leafCount, 0);

  const proofsStart = performance.now();
  let longest = 0;
  const asked = 1_000;
  for (let i = 0; i < asked; i++) {
    const owner = input.owners[(i * 7_919) % input.owners.length] as Address;
    for (const tree of trees) for (const { proof } of tree.leavesOf(owner)) longest = Math.max(longest, proof.length);
  }
  const microsecondsPerAccount = ((performance.now() - proofsStart) * 1000) / asked;

  const result = {
    leaves,
    seconds: round(seconds),
    leavesPerSecond: Math.round(leaves / seconds),
    treeMegabytes: round(kept / 2 ** 20),
    longestProof: longest,
    microsecondsPerAccount: round(microsecondsPerAccount),
  };
  if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
  else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)}${value}`);
}

/** Accounts that deposited both assets, each on one of two chains, and then traded: a leaf per account and asset. */
function createInput(leaves: number): ExitInput {
  const accounts = Math.ceil(leaves / ASSETS);
  const owners = Array.from({ length: accounts }, (_, i): Address => `0x${(i + 1).toString(16).padStart(40, '0')}`);
  const brought = owners.map((_, i) => 10n ** 18n + BigInt(i) * 1_000_003n);
  const tokens = CHAINS.flatMap((chainId, chain) =>
    Array.from({ length: ASSETS }, (_, asset) => {
      const netOf = new Map([...brought.entries()].filter(([account]) => account % CHAINS.length === chain));
      const net = [...netOf.values()].reduce((sum, atoms) => sum + atoms, 0n);
      const token: Address = `0x${'77'.repeat(19)}${(asset + 16).toString(16)}`;
      return { chainId, token, asset, decimals: 18, holdings: net, net, netOf };
    }),
  );
  return {
    checkpoint: 1,
    chains: CHAINS.map((chainId) => ({
      chainId,
      registry: `0x${'99'.repeat(20)}` as Address,
      processedIndex: 2 * accounts,
    })),
    owners,
    ownerOf: owners.map((_, i) => i),
    // Everybody gives a thousandth of the one asset to his neighbour, who gives as much of the other.
    balances: Array.from({ length: ASSETS }, (_, asset) =>
      brought.map((atoms, i) => atoms + (i % 4 < 2 === (asset === 0) ? 10n ** 15n : -(10n ** 15n))),
    ),
    prices: [],
    boundTo: new Map(),
    lastOwners: [],
    tokens,
    withdrawals: [],
    settlements: [],
    shuttles: [],
  };
}

/** Bytes in use, arrays of bytes included. */
function memory(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
