import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { toFunctionSelector } from 'viem';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/bytes.ts';
import type { Hex } from '../../../src/core/commands.ts';
import type { ChainReader, LandedCheckpoint } from '../../../src/core/ports.ts';
import { ZERO_HASH } from '../../../src/core/typedMessages.ts';
import { postCheckpoint, signCheckpoint } from '../../support/deployContracts.ts';
import { aboutLogs, type Lie, type RawLog } from '../../support/rpcProxy.ts';
import { failure, startThreeRpcs, type ThreeRpcs } from '../../support/threeRpcs.ts';

const CHECKPOINTS = 5;
const RING = 2;
/** Between two checkpoints, so that logs are asked for range by range. */
const QUIET_BLOCKS = 400;
const PAYLOAD_OF = toFunctionSelector(
  checkpointerAbi.find((item) => item.type === 'function' && item.name === 'payloadOf') as never,
);

const payloadOf = (number: number): Hex => `0x${String(number).repeat(400)}`;
const ok = (from: ChainReader) => from.health().map((rpc) => rpc.ok);

/** Posts the checkpoints, far from each other. */
async function postAll({ contracts }: ThreeRpcs): Promise<readonly LandedCheckpoint[]> {
  await contracts.electLeader();
  const posted: LandedCheckpoint[] = [];
  let parent: Hex = ZERO_HASH;
  for (let number = 1; number <= CHECKPOINTS; number++) {
    const signed = await signCheckpoint(contracts, { number, parent, payload: fromHex(payloadOf(number)) });
    await postCheckpoint(contracts, signed);
    await contracts.client.mine({ blocks: QUIET_BLOCKS });
    posted.unshift({ checkpoint: signed.checkpoint, payload: signed.payload });
    parent = signed.digest;
  }
  return posted;
}

async function readAll(rpcs: ThreeRpcs, from: ChainReader = rpcs.reader()): Promise<LandedCheckpoint[]> {
  const read: LandedCheckpoint[] = [];
  for await (const landed of from.readCheckpoints(rpcs.contracts.checkpointer, 'latest')) read.push(landed);
  return read;
}

const hides = (...numbers: readonly number[]): Lie =>
  aboutLogs((logs) => logs.filter(({ data }) => !numbers.some((number) => isOf(data, number))));
const isOf = (data: Hex, number: number) => BigInt(data.slice(0, 66)) === BigInt(number);
const garbled = (logs: readonly RawLog[]) =>
  logs.map((log) => ({ ...log, data: log.data.replaceAll('3', '4') as Hex }));
const noLogs: Lie = ({ method }) =>
  method === 'eth_getLogs' ? { error: { code: -32000, message: 'history has been pruned' } } : undefined;
/** Sees what the contract says its payload of some checkpoint is. */
const aboutRing =
  (change: (answer: Hex) => Hex): Lie =>
  async ({ method, params }, honest) =>
    method === 'eth_call' && params[0].data.startsWith(PAYLOAD_OF)
      ? { result: change((await honest()) as Hex) }
      : undefined;

describe('checkpoints that stand in events only', () => {
  let rpcs: ThreeRpcs;
  let posted: readonly LandedCheckpoint[];

  beforeAll(async () => {
    rpcs = await startThreeRpcs();
    expect(await readAll(rpcs)).toEqual([]);
    posted = await postAll(rpcs);
  });
  afterEach(() => rpcs.renew());
  afterAll(() => rpcs.stop());

  it('are read from the newest to the first', async () => {
    const from = rpcs.reader();
    expect(await readAll(rpcs, from)).toEqual(posted);
    expect(ok(from)).toEqual([true, true, true]);
  });

  it('are read only as far as somebody wants', async () => {
    const walk = rpcs.reader().readCheckpoints(rpcs.contracts.checkpointer, 'latest');
    expect((await walk.next()).value).toEqual(posted[0]);
    await walk.return();
    const asked = rpcs.proxies.flatMap((proxy) => proxy.asked.filter((method) => method === 'eth_getLogs'));
    expect(asked.length).toBeLessThan(6);
  });

  it('are found although each RPC hides or changes some, and none has them all', async () => {
    rpcs.lie(0, hides(5, 3));
    rpcs.lie(1, hides(4, 2));
    rpcs.lie(2, aboutLogs(garbled));
    const from = rpcs.reader();
    expect(await readAll(rpcs, from)).toEqual(posted);
    expect(ok(from)[0]).toBe(false);
  });

  it('are found when most RPCs have no history any more', async () => {
    rpcs.lie(0, noLogs);
    rpcs.lie(1, noLogs);
    expect(await readAll(rpcs)).toEqual(posted);
  });

  it('are not made up: when one of them is nowhere, its number is named', async () => {
    for (const proxy of rpcs.proxies) proxy.lie(hides(3));
    const walk = rpcs.reader().readCheckpoints(rpcs.contracts.checkpointer, 'latest');
    expect((await walk.next()).value).toEqual(posted[0]);
    expect((await walk.next()).value).toEqual(posted[1]);
    const error = await failure(walk.next());
    expect(error).toMatchObject({ code: 'logNotProven', retryable: true });
    expect(error.message).toContain('no RPC has checkpoint 3 of');
    expect(error.message).toContain('which itself keeps none');
  });
});

describe('checkpoints that the contract keeps', () => {
  let rpcs: ThreeRpcs;
  let posted: readonly LandedCheckpoint[];

  beforeAll(async () => {
    rpcs = await startThreeRpcs({ ringSize: BigInt(RING) });
    expect(await readAll(rpcs)).toEqual([]);
    posted = await postAll(rpcs);
  });
  afterEach(() => rpcs.renew());
  afterAll(() => rpcs.stop());

  it('are read from there, and those before them from their events', async () => {
    expect(await readAll(rpcs)).toEqual(posted);
    const walk = rpcs.reader().readCheckpoints(rpcs.contracts.checkpointer, 'latest');
    for (const proxy of rpcs.proxies) proxy.asked.length = 0;
    for (let i = 0; i < RING; i++) expect((await walk.next()).value).toEqual(posted[i]);
    expect(rpcs.proxies.flatMap(({ asked }) => asked)).not.toContain('eth_getLogs');
    expect((await walk.next()).value).toEqual(posted[RING]);
    expect(rpcs.proxies.flatMap(({ asked }) => asked)).toContain('eth_getLogs');
  });

  it('need no RPC with old logs; what is older needs one, and the error says what is kept', async () => {
    for (const proxy of rpcs.proxies) proxy.lie(noLogs);
    const walk = rpcs.reader().readCheckpoints(rpcs.contracts.checkpointer, 'latest');
    for (let i = 0; i < RING; i++) expect((await walk.next()).value).toEqual(posted[i]);
    const error = await failure(walk.next());
    expect(error.message).toContain('no RPC has checkpoint 3 of');
    expect(error.message).toContain('which itself keeps 4 to 5');
    expect(error.message).toContain('history has been pruned');
  });

  it('are believed from nobody who changes them, gives another one or nothing', async () => {
    rpcs.lie(
      0,
      aboutRing((answer) => answer.replaceAll('5', '6') as Hex),
    );
    rpcs.lie(
      1,
      aboutRing(() => '0x'),
    );
    expect((await readAll(rpcs)).slice(0, RING)).toEqual(posted.slice(0, RING));
    for (const proxy of rpcs.proxies) proxy.lie(aboutRing((answer) => answer.replaceAll('44', '55') as Hex));
    expect(await readAll(rpcs)).toEqual(posted);
  });
});
