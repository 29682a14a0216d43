import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createPublicClient, http } from 'viem';
import { describe, expect, it } from 'vitest';
import { startAnvil } from '../../../src/cli/devnet/anvil.ts';

describe('a local chain', () => {
  it('listens on a free port of this machine, for the chain that was asked for', async () => {
    const [one, two] = await Promise.all([startAnvil({ chainId: 31337 }), startAnvil({ chainId: 31338 })]);
    try {
      expect(one.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(two.url).not.toBe(one.url);
      const ids = [one, two].map(({ url }) => createPublicClient({ transport: http(url) }).getChainId());
      expect(await Promise.all(ids)).toEqual([31337, 31338]);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
  });

  it('mines by the clock when it is told to, and makes blocks final two later', async () => {
    const anvil = await startAnvil({ chainId: 31337, blockTimeSeconds: 1, slotsInAnEpoch: 1 });
    try {
      const client = createPublicClient({ transport: http(anvil.url) });
      const final = () => client.getBlock({ blockTag: 'finalized' }).then(({ number }) => Number(number));
      await expect.poll(final, { timeout: 60_000, interval: 200 }).toBeGreaterThan(0);
      const [latest, finalized] = [await client.getBlockNumber({ cacheTime: 0 }), await final()];
      expect(Number(latest) - finalized).toBeLessThanOrEqual(2);
    } finally {
      await anvil.stop();
    }
  });

  it('ends when it is stopped, however often', async () => {
    const anvil = await startAnvil({ chainId: 31337 });
    await Promise.all([anvil.stop(), anvil.stop()]);
    await anvil.stop();
    expect(anvil.process.exitCode !== null || anvil.process.signalCode !== null).toBe(true);
    await expect(fetch(anvil.url)).rejects.toThrow();
  });

  it('says what is wrong when the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(startAnvil({ chainId: 31337, port })).rejects.toThrow(
      /anvil for chain 31337 did not start: .+in use/is,
    );
    server.close();
  });
});
