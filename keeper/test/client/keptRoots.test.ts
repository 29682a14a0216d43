// Against the real vault.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData, type Hex } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { compareRoots, ROOT_MATURES_SECONDS, readKeptRoots } from '../../src/client/keptRoots.ts';
import { deployContracts, signExitRoot, type TestContracts } from '../support/deployContracts.ts';

const HOUR = 3_600;

let anvil: Anvil;
let contracts: TestContracts;
let snapshot: Hex;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 31337 });
  contracts = await deployContracts(anvil.url);
  await contracts.electLeader();
});
afterAll(() => anvil.stop());
beforeEach(async () => {
  snapshot = await contracts.client.snapshot();
});
afterEach(() => contracts.client.revert({ id: snapshot }));

/** Checkpoints 1, 2, … posted so many hours after the one before. */
async function post(...hours: readonly number[]): Promise<void> {
  const { client, registry } = contracts;
  for (const [i, hour] of hours.entries()) {
    await client.increaseTime({ seconds: hour * HOUR + 1 });
    await client.mine({ blocks: 1 });
    const issuedAt = Number((await client.getBlock()).timestamp);
    const root = await signExitRoot(contracts, { checkpoint: i + 1, issuedAt, processedIndex: 1 });
    const { message, treeRoot, processedIndex, proof, enclaveSignature, leaderSignature } = root;
    const roots = { ...message, epoch: 1n, checkpoint: BigInt(i + 1), issuedAt: BigInt(issuedAt) };
    const args = [roots, treeRoot, BigInt(processedIndex), proof, enclaveSignature, leaderSignature] as const;
    const data = encodeFunctionData({ abi: depositRegistryAbi, functionName: 'postExitRoot', args });
    await contracts.send({ to: registry, data });
  }
}

async function kept(): Promise<number[]> {
  const roots = await readKeptRoots({ reader: contracts.client as never, registry: contracts.registry });
  return roots.map(({ epoch, checkpoint }) => (epoch === 0 ? 0 : checkpoint));
}

describe('the roots that a vault keeps', () => {
  it('are none at first', async () => {
    expect(await kept()).toEqual([0, 0, 0]);
  });

  it('are the newest, one that matures for 72 hours, and the one before that', async () => {
    expect(ROOT_MATURES_SECONDS).toBe(72 * HOUR);
    await post(0, 1, 1);
    expect(await kept()).toEqual([3, 1, 0]);
    await contracts.client.revert({ id: snapshot });
    snapshot = await contracts.client.snapshot();
    await post(0, 1, 72, 1, 71, 1);
    expect(await kept()).toEqual([6, 5, 3]);
  });

  it('are what has matured when the council discards the newest', async () => {
    await post(0, 1, 72, 1);
    expect(await kept()).toEqual([4, 3, 1]);
    const data = encodeFunctionData({ abi: depositRegistryAbi, functionName: 'discardRoot' });
    await contracts.send({ to: contracts.registry, data });
    expect(await kept()).toEqual([1, 0, 1]);
  });
});

describe('roots', () => {
  it('are ordered by epoch, then by checkpoint', () => {
    const root = (epoch: number, checkpoint: number) => ({ epoch, checkpoint });
    expect(compareRoots(root(1, 9), root(2, 1))).toBeLessThan(0);
    expect(compareRoots(root(2, 3), root(2, 1))).toBeGreaterThan(0);
    expect(compareRoots(root(2, 3), root(2, 3))).toBe(0);
  });
});
