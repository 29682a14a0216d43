import { createPublicClient, encodeFunctionData, type Hex, http, parseAbi } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Council, executeAsCouncil } from '../../src/adapters/safe/executeAsCouncil.ts';
import { developmentKey } from '../../src/cli/devnet/accounts.ts';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { deploySafe } from '../support/deploySafe.ts';

const abi = parseAbi(['function changeThreshold(uint256)', 'function getThreshold() view returns (uint256)']);

describe('a Safe of five owners that needs three', () => {
  let anvil: Anvil;
  let council: Council;

  beforeAll(async () => {
    anvil = await startAnvil({ chainId: 31337 });
    const owners = [1, 2, 3, 4, 5].map((index) => developmentKey(index));
    const deployed = await deploySafe({ url: anvil.url, owners: owners.map(({ address }) => address), threshold: 3 });
    const ownerKeys = owners.slice(0, 3).map(({ privateKey }) => privateKey);
    council = { chainId: 31337, rpcUrl: anvil.url, ...deployed, ownerKeys };
  });
  afterAll(() => anvil?.stop());

  function changeThreshold(to: bigint): { to: Hex; data: Hex } {
    return { to: council.safe, data: encodeFunctionData({ abi, functionName: 'changeThreshold', args: [to] }) };
  }
  function threshold(): Promise<bigint> {
    const client = createPublicClient({ transport: http(anvil.url) });
    return client.readContract({ abi, address: council.safe, functionName: 'getThreshold' });
  }

  it('does nothing for two owners', async () => {
    const two = { ...council, ownerKeys: council.ownerKeys.slice(0, 2) };
    await expect(executeAsCouncil(two, changeThreshold(2n))).rejects.toThrow('There is 1 signature missing');
    expect(await threshold()).toBe(3n);
  });

  it('does nothing for two owners and a stranger', async () => {
    const stranger = developmentKey(6).privateKey;
    const mixed = { ...council, ownerKeys: [...council.ownerKeys.slice(0, 2), stranger] };
    await expect(executeAsCouncil(mixed, changeThreshold(2n))).rejects.toThrow('can only be signed by Safe owners');
    expect(await threshold()).toBe(3n);
  });

  it('makes the call for three owners', async () => {
    const hash = await executeAsCouncil(council, changeThreshold(4n));
    expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await threshold()).toBe(4n);
  });

  it('says which call failed when the call itself reverts', async () => {
    const four = { ...council, ownerKeys: [1, 2, 3, 4].map((index) => developmentKey(index).privateKey) };
    await expect(executeAsCouncil(four, changeThreshold(9n))).rejects.toThrow(/^Safe 0x[0-9a-f]{40} on chain 31337: /);
  });
});
