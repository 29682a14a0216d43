import { expect, it } from 'vitest';
import { createAccess } from '../../../src/adapters/http/access.ts';
import { createStreamHub } from '../../../src/adapters/http/stream/streamHub.ts';
import type { CoreEvent } from '../../../src/core/events.ts';
import { BOOK, createFakeKeeper, START_SEQUENCE } from './support/fakeKeeperApi.ts';
import { aliceAddress, executorAddress } from './support/testServer.ts';

const TRADE: CoreEvent = {
  type: 'fill',
  book: BOOK,
  makerOrderId: 10,
  takerOrderId: 20,
  maker: { address: aliceAddress, subaccount: 0 },
  taker: { address: executorAddress, subaccount: 0 },
  takerSide: 1,
  price: 250_000,
  quantity: 4,
  makerFee: 100,
  takerFee: 300,
  makerRemaining: 6,
};

/** A hub in front of a fake keeper, and a reader that writes down what it is told. */
async function openHub(maxReplayBytes: number) {
  const keeper = createFakeKeeper({ executor: executorAddress, alice: aliceAddress });
  const hub = createStreamHub({
    api: keeper.api,
    access: createAccess(keeper.api, 'depth'),
    sessions: { find: () => undefined },
    bookIntervalMs: 1,
    maxReplayBytes,
    maxSubscriptions: 10,
    logger: { info() {}, warn() {}, error: (fields) => expect.unreachable(JSON.stringify(fields)) },
    onFailure: () => expect.unreachable('The stream failed.'),
  });
  await hub.ready();
  const heard: string[] = [];
  const reader = { send: (text: string | Buffer) => heard.push(JSON.parse(String(text)).type) };
  const topic = { channel: 'trades', book: BOOK } as const;
  const resume = (from: number) => hub.subscribe({ reader, topic, token: undefined, from });
  return { keeper, hub, heard, resume };
}

it('says how much it went through to find what a reader missed', async () => {
  const { keeper, hub, heard, resume } = await openHub(2 ** 20);
  for (let i = 0; i < 10; i++) keeper.publish([TRADE, TRADE, { type: 'checkpointCut', number: 1 }]);
  expect(resume(START_SEQUENCE + 4)).toBe(18);
  expect(heard).toEqual(['resumed', ...Array(6).fill('delta')]);
  expect(resume(START_SEQUENCE + 11)).toBe(0);
  expect(heard.slice(-2)).toEqual(['gap', 'snapshot']);
  hub.close();
});

it('stops going through it when it is more than a reader may miss', async () => {
  const { keeper, hub, heard, resume } = await openHub(10_000);
  for (let i = 0; i < 5_000; i++) keeper.publish([TRADE]);
  const looked = resume(START_SEQUENCE);
  expect(looked).toBeGreaterThan(10);
  expect(looked).toBeLessThan(100);
  expect(heard).toEqual(['gap', 'snapshot']);
  hub.close();
});

it('writes a message once for all readers who were told the same before', async () => {
  const { keeper, hub } = await openHub(2 ** 20);
  const topic = { channel: 'trades', book: BOOK } as const;
  const heard: (string | Buffer)[][] = [[], [], [], []];
  const readers = heard.map((list) => ({ send: (text: string | Buffer) => list.push(text) }));
  const subscribe = (from: number, to: number) => {
    for (const reader of readers.slice(from, to)) hub.subscribe({ reader, topic, token: undefined, from: undefined });
  };
  subscribe(0, 3);
  keeper.publish([TRADE]);
  await expect.poll(() => heard[0]?.length).toBe(2);
  // Begins later, so that the message before was another one to it.
  keeper.publish([{ type: 'checkpointCut', number: 1 }]);
  await new Promise(setImmediate);
  subscribe(3, 4);
  keeper.publish([TRADE]);
  await expect.poll(() => heard[3]?.length).toBe(2);
  const [one, two, three, late] = heard.map((list) => list.at(-1));
  expect(two).toBe(one);
  expect(three).toBe(one);
  expect(JSON.parse(String(one))).toMatchObject({ seq: START_SEQUENCE + 3, prevSeq: START_SEQUENCE + 1 });
  expect(JSON.parse(String(late))).toMatchObject({ seq: START_SEQUENCE + 3, prevSeq: START_SEQUENCE + 2 });
  hub.close();
});
