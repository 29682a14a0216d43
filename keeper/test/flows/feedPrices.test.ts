import { describe, expect, it } from 'vitest';
import type { QuoteSource } from '../../src/core/ports.ts';
import { step } from '../../src/core/step.ts';
import { createPriceFeed } from '../../src/flows/feedPrices.ts';
import { directoryLog, ETH, HOME, MEME, openExchange, riskListing, USD } from '../support/exchange.ts';
import { createFakeClock } from '../support/fakeClock.ts';

const WEI = 10n ** 18n;
const USDC = 10n ** 6n;
const DOLLAR = 10n ** 15n;

/** A source that sells and buys ETH at a price in dollars, and fails when the price is undefined. */
function fakeSource(name: string, price: () => bigint | undefined): QuoteSource & { asked: number } {
  const source = {
    name,
    asked: 0,
    async quote({ sell, amount, exact }: Parameters<QuoteSource['quote']>[0]) {
      source.asked++;
      const dollars = price();
      if (dollars === undefined) throw new Error('no quote');
      // Both directions give the amount of the numeraire; the other is ETH.
      const eth = dollars === 0n ? 0n : (amount * WEI) / (dollars * USDC);
      expect([sell, exact]).toEqual([sell, sell === 'USDC' ? 'sell' : 'buy']);
      return exact === 'sell' ? { sold: amount, bought: eth } : { sold: eth, bought: amount };
    },
  };
  return source;
}

const TOKENS = new Map([
  ['USD', { token: 'USDC', decimals: 6 }],
  ['ETH', { token: 'WETH', decimals: 18 }],
]);

function world(prices: Readonly<Record<string, () => bigint | undefined>>) {
  const exchange = openExchange();
  directoryLog(exchange, [riskListing(ETH, { init: 200_000, maint: 100_000 })]);
  const { state } = exchange;
  const clock = createFakeClock(exchange.time);
  const warnings: unknown[] = [];
  let { sequence } = exchange;
  const logger = {
    info() {},
    warn: (fields: object, message: string) => void warnings.push({ ...fields, message }),
    error: (fields: object, message: string) => void warnings.push({ ...fields, message }),
  };
  const sources = Object.entries(prices).map(([name, price]) => fakeSource(name, price));
  const feed = createPriceFeed({
    sequencer: {
      state,
      now: clock.now,
      async submit(draft) {
        const command = { ...draft, time: clock.now() } as Parameters<typeof step>[2];
        sequence++;
        return { sequence, command, outcome: step(state, sequence, command) };
      },
    },
    sources: sources.map((source) => ({ source, tokens: TOKENS })),
    settings: { numeraire: 'USD', probes: [1_000, 10_000] },
    clock,
    logger,
  });
  const believed = (asset: number) =>
    state.exchange.margin.prices[state.exchange.ledger.assetById.get(asset) as number];
  return { feed, clock, state, sources, warnings, believed };
}

describe('the price feed', () => {
  it('asks every source for every asset in both directions, and values the numeraire at itself', async () => {
    const { feed, sources, believed } = world({ one: () => 2_000n });
    await feed.round();
    expect(sources[0]?.asked).toBe(4);
    expect(believed(ETH)).toMatchObject({ bid: 2_000n * DOLLAR, ask: 2_000n * DOLLAR });
    expect(believed(USD)).toMatchObject({ bid: WEI, ask: WEI });
    expect(believed(MEME)).toBeUndefined();
  });

  it('takes the middle of three sources, so that one that lies counts for nothing', async () => {
    const { feed, believed } = world({ low: () => 1_990n, liar: () => 9_000n, high: () => 2_010n });
    await feed.round();
    expect(Number(believed(ETH)?.bid) / Number(DOLLAR)).toBeCloseTo(2_010, 3);
  });

  it('goes on with the sources that answer, and tells of the others', async () => {
    const { feed, believed, warnings } = world({ broken: () => undefined, zero: () => 0n, good: () => 2_000n });
    await feed.round();
    expect(believed(ETH)).toMatchObject({ bid: 2_000n * DOLLAR });
    expect(warnings).toEqual([
      { source: 'broken', asset: 'ETH', error: 'no quote', message: 'no price' },
      { source: 'zero', asset: 'ETH', error: 'price.notPositive', message: 'no price' },
    ]);
  });

  it('says nothing of an asset that no source knows any more, so that its price grows stale', async () => {
    let price: bigint | undefined = 2_000n;
    const { feed, clock, believed } = world({ one: () => price });
    await feed.round();
    const first = believed(ETH)?.time;
    price = undefined;
    await clock.advance(61_000);
    await feed.round();
    expect(believed(ETH)?.time).toBe(first);
    expect(believed(USD)?.time).toBe(clock.now());
  });

  it('alerts when a price is more than three times off', async () => {
    let price = 2_000n;
    const { feed, clock, state, warnings } = world({ one: () => price });
    await feed.round();
    price = 7_000n;
    for (let round = 0; round < 3; round++) {
      await clock.advance(10_000);
      await feed.round();
    }
    expect(state.exchange.margin.prices[0]?.halted).toBe(true);
    expect(warnings.at(-1)).toMatchObject({
      asset: ETH,
      verdict: 'halted',
      message: expect.stringContaining('halted'),
    });
  });

  it('names tokens as the Directory lists them on a chain', async () => {
    const { clock, state } = world({});
    const names: string[] = [];
    const source: QuoteSource = {
      name: 'chain',
      async quote({ sell, buy }) {
        names.push(`${sell} ${buy}`);
        throw new Error('closed');
      },
    };
    const feed = createPriceFeed({
      sequencer: { state, now: clock.now, submit: () => Promise.reject(new Error('nothing to say')) },
      sources: [{ source, chainId: HOME }],
      settings: { numeraire: 'USD', probes: [1] },
      clock,
      logger: { info() {}, warn() {}, error() {} },
    });
    await expect(feed.round()).rejects.toThrow('nothing to say');
    const { tokens, assets } = state.exchange.ledger;
    const token = (symbol: string) =>
      [...tokens.values()].find(({ chainId, asset }) => chainId === HOME && assets[asset]?.symbol === symbol)?.token;
    expect(names).toEqual([`${token('USD')} ${token('ETH')}`, `${token('USD')} ${token('MEME')}`]);
  });
});
