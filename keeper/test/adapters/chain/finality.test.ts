// Each test has a chain of its own: anvil cannot restore a snapshot after a reorg.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { behindAt } from '../../support/rpcProxy.ts';
import { after, amounts, failure, startThreeRpcs, type ThreeRpcs } from '../../support/threeRpcs.ts';

let rpcs: ThreeRpcs;

beforeEach(async () => {
  rpcs = await startThreeRpcs();
});

afterEach(() => rpcs.stop());

describe('finality', () => {
  it('fails when final blocks go back, and goes on when they have caught up', async () => {
    const from = rpcs.reader();
    await rpcs.deposit(1);
    await rpcs.finalise();
    const { block } = await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    rpcs.lie(0, behindAt(block.number - 2));
    rpcs.lie(1, behindAt(block.number - 2));
    const error = await failure(from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'behind', retryable: true });
    rpcs.lie(0, () => undefined);
    expect(amounts(await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'))).toEqual([1]);
  });

  it('fails when the position lies beyond what the RPCs have', async () => {
    await rpcs.deposit(1);
    await rpcs.finalise();
    const position = after(
      rpcs.genesis(),
      await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'),
    );
    rpcs.lie(0, behindAt(position.blockNumber - 1));
    rpcs.lie(1, behindAt(position.blockNumber - 1));
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, position, 'finalized'));
    expect(error).toMatchObject({ code: 'behind', retryable: true });
  });

  it('refuses blocks that are too old', async () => {
    await rpcs.finalise();
    const aged = rpcs.reader({ ageLimitMs: { finalized: 60_000, latest: 60_000 }, now: () => Date.now() + 3_600_000 });
    const error = await failure(aged.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'behind', retryable: true });
    expect(error.message).toMatch(/\b(59|60) minutes old/);
  });

  it('stops at a reorg of a block that was final', async () => {
    const from = rpcs.reader();
    await rpcs.deposit(1);
    await rpcs.finalise();
    await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized');
    await reorg(3);
    const error = await failure(from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    expect(error).toMatchObject({ code: 'reorg', retryable: false });
    expect(error.message).toContain('reorg beyond finality');
  });

  it('stops when entries before the position are gone, after a restart too', async () => {
    await rpcs.deposit(1);
    await rpcs.finalise();
    const position = after(
      rpcs.genesis(),
      await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'),
    );
    await reorg(3);
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, position, 'finalized'));
    expect(error).toMatchObject({ code: 'reorg', retryable: false });
  });

  it('stops when entries before the position have become others', async () => {
    await rpcs.deposit(1);
    await rpcs.finalise();
    const position = after(
      rpcs.genesis(),
      await rpcs.reader().readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'),
    );
    await reorg(3);
    await rpcs.deposit(7, 8, 9);
    await rpcs.finalise();
    const error = await failure(rpcs.reader().readLog(rpcs.contracts.registry, position, 'finalized'));
    expect(error).toMatchObject({ code: 'reorg', retryable: false });
  });

  it('does not care about a reorg of what was not final', async () => {
    const from = rpcs.reader();
    await rpcs.deposit(1);
    await rpcs.finalise();
    const position = after(rpcs.genesis(), await from.readLog(rpcs.contracts.registry, rpcs.genesis(), 'finalized'));
    await rpcs.deposit(2);
    await reorg(1);
    await rpcs.deposit(3);
    await rpcs.finalise();
    expect(amounts(await from.readLog(rpcs.contracts.registry, position, 'finalized'))).toEqual([3]);
  });

  /** Replaces the newest blocks by empty ones. */
  function reorg(depth: number): Promise<unknown> {
    return rpcs.contracts.client.request({ method: 'anvil_reorg', params: [depth, []] } as never);
  }
});
