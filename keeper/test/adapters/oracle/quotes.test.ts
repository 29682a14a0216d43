import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCowQuotes } from '../../../src/adapters/oracle/cow.ts';
import { createJupiterQuotes } from '../../../src/adapters/oracle/jupiter.ts';
import type { OracleError } from '../../../src/adapters/oracle/oracleError.ts';
import type { QuoteSource } from '../../../src/core/ports.ts';
import { type Answer, type Asked, type StubSource, startStubSource } from './stubSource.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const USDC = '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48';
const WETH = '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2';
const USDC_MINT = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v';
const SOL_MINT = 'So11111111111111111111111111111111111111112';

type Question = Parameters<QuoteSource['quote']>[0];

let stub: StubSource;
beforeEach(async () => {
  stub = await startStubSource();
});
afterEach(() => stub.close());

async function failure(promise: Promise<unknown>): Promise<OracleError> {
  return promise.then(
    (value) => expect.fail(`a quote came: ${JSON.stringify(value, (_, item) => String(item))}`),
    (error: OracleError) => error,
  );
}

/** What CoW's order book API answers (OrderQuoteResponse), with a network cost of 3 USDC or 0.001 WETH. */
function cowAnswer({ body }: Asked, changes: Readonly<Record<string, unknown>> = {}): Answer {
  const selling = body.kind === 'sell';
  const fee = selling ? 3_000_000n : 10n ** 15n;
  const sellAmount = selling ? BigInt(String(body.sellAmountBeforeFee)) - fee : 5n * 10n ** 17n;
  const { quote, ...rest } = changes as { quote?: object };
  return {
    body: {
      quote: {
        sellToken: body.sellToken,
        buyToken: body.buyToken,
        receiver: null,
        sellAmount: String(sellAmount),
        buyAmount: selling ? '498500000000000000' : body.buyAmountAfterFee,
        validTo: 1_772_368_200,
        appData: `0x${'00'.repeat(32)}`,
        feeAmount: String(fee),
        kind: body.kind,
        partiallyFillable: false,
        sellTokenBalance: 'erc20',
        buyTokenBalance: 'erc20',
        signingScheme: 'eip712',
        ...quote,
      },
      from: body.from,
      expiration: '2026-03-01T12:30:00.123456Z',
      id: 1,
      verified: true,
      ...rest,
    },
  };
}

/** What Jupiter answers (QuoteResponse). */
function jupiterAnswer({ query }: Asked, changes: Readonly<Record<string, unknown>> = {}): Answer {
  const exactIn = query.swapMode === 'ExactIn';
  return {
    body: {
      inputMint: query.inputMint,
      inAmount: exactIn ? query.amount : '7000000000',
      outputMint: query.outputMint,
      outAmount: exactIn ? '6990000000' : query.amount,
      otherAmountThreshold: '0',
      swapMode: query.swapMode,
      slippageBps: 0,
      platformFee: null,
      priceImpactPct: '0.0001',
      routePlan: [],
      contextSlot: 400_000_000,
      timeTaken: 0.01,
      ...changes,
    },
  };
}

const SOURCES = {
  cow: {
    create: (timeoutMs = 2_000) => createCowQuotes({ url: `${stub.url}/mainnet`, timeoutMs, now: () => NOW }),
    answer: cowAnswer,
    buying: { sell: USDC, buy: WETH, amount: 1_000_000_000n, exact: 'sell' } satisfies Question,
  },
  jupiter: {
    create: (timeoutMs = 2_000) => createJupiterQuotes({ url: `${stub.url}/swap/v1/`, timeoutMs }),
    answer: jupiterAnswer,
    buying: { sell: USDC_MINT, buy: SOL_MINT, amount: 1_000_000_000n, exact: 'sell' } satisfies Question,
  },
};

describe.each(Object.entries(SOURCES))('quotes of %s', (_, { create, answer, buying }) => {
  const failing: readonly [string, Answer, Partial<OracleError>][] = [
    [
      'rate limit',
      { status: 429, headers: { 'retry-after': '7' }, body: {} },
      { code: 'rateLimited', retryAfterMs: 7_000 },
    ],
    ['rate limit without a time', { status: 429, body: {} }, { code: 'rateLimited', retryAfterMs: 10_000 }],
    [
      'rate limit of a year',
      { status: 429, headers: { 'retry-after': '31536000' }, body: {} },
      { retryAfterMs: 300_000 },
    ],
    ['server error', { status: 503, body: {} }, { code: 'sourceFailed' }],
    [
      'missing route',
      { status: 404, body: { errorType: 'NoLiquidity', description: 'no route' } },
      { code: 'noQuote' },
    ],
    ['refusal', { status: 400, body: { errorType: 'UnsupportedToken' } }, { code: 'noQuote' }],
    ['answer that is no JSON', { raw: '<html>' }, { code: 'badAnswer' }],
    ['answer that is a list', { raw: '[]' }, { code: 'badAnswer' }],
    ['answer without a quote', { body: {} }, {}],
    ['answer without end', { raw: `"${'x'.repeat(300_000)}"` }, { code: 'badAnswer' }],
    ['redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: {} }, { code: 'unreachable' }],
    ['broken connection', 'cut', { code: 'unreachable' }],
  ];

  it.each(failing)('fail on a %s', async (_name, given, expected) => {
    stub.answer = () => given;
    expect(await failure(create().quote(buying))).toMatchObject({ name: 'OracleError', ...expected });
  });

  it('fail when no answer comes', async () => {
    stub.answer = () => 'hang';
    expect(await failure(create(50).quote(buying))).toMatchObject({ code: 'unreachable' });
  });

  it('fail when nobody listens', async () => {
    const source = create();
    await stub.close();
    expect(await failure(source.quote(buying))).toMatchObject({ code: 'unreachable' });
  });

  it('come after a failure, too', async () => {
    const source = create();
    stub.answer = () => ({ status: 500, body: {} });
    await failure(source.quote(buying));
    stub.answer = answer;
    expect(await source.quote(buying)).toMatchObject({ bought: expect.any(BigInt) });
  });
});

describe('a quote of CoW', () => {
  const { buying } = SOURCES.cow;
  const selling: Question = { sell: WETH, buy: USDC, amount: 1_000_000_000n, exact: 'buy' };

  it('asks for a verified quote of exactly so much, and adds the network’s costs back', async () => {
    stub.answer = cowAnswer;
    const quotes = SOURCES.cow.create();
    expect(await quotes.quote(buying)).toEqual({ sold: 997_000_000n, bought: 498_500_000_000_000_000n });
    expect(await quotes.quote(selling)).toEqual({ sold: 5n * 10n ** 17n, bought: 1_000_000_000n });
    const [first, second] = stub.asked;
    expect(first).toMatchObject({
      method: 'POST',
      path: '/mainnet/api/v1/quote',
      body: {
        priceQuality: 'verified',
        kind: 'sell',
        sellAmountBeforeFee: '1000000000',
        sellToken: USDC,
        buyToken: WETH,
      },
    });
    expect(second?.body).toMatchObject({ priceQuality: 'verified', kind: 'buy', buyAmountAfterFee: '1000000000' });
  });

  it('takes the protocol’s fee by volume out of the price', async () => {
    stub.answer = (asked) => cowAnswer(asked, { protocolFeeBps: '100' });
    expect((await SOURCES.cow.create().quote(buying)).bought).toBe((498_500_000_000_000_000n * 100n) / 99n);
    expect((await SOURCES.cow.create().quote(selling)).sold).toBe((5n * 10n ** 17n * 100n) / 101n);
  });

  it.each([
    ['was not simulated', { verified: false }, 'notVerified'],
    ['does not say whether it was simulated', { verified: undefined }, 'notVerified'],
    ['says so in another way', { verified: 'true' }, 'notVerified'],
    ['has expired', { expiration: '2026-03-01T12:00:00Z' }, 'expired'],
    ['has no expiry', { expiration: undefined }, 'badAnswer'],
    ['has an expiry that is no time', { expiration: 'soon' }, 'badAnswer'],
    ['sells another token', { quote: { sellToken: WETH } }, 'badAnswer'],
    ['buys another token', { quote: { buyToken: USDC } }, 'badAnswer'],
    ['is of the other kind', { quote: { kind: 'buy' } }, 'badAnswer'],
    ['is for less than was asked', { quote: { sellAmount: '1' } }, 'badAnswer'],
    ['has a price of 0', { quote: { buyAmount: '0' } }, 'badAnswer'],
    ['has a price below 0', { quote: { buyAmount: '-5' } }, 'badAnswer'],
    ['has a price in another notation', { quote: { buyAmount: '5e17' } }, 'badAnswer'],
    ['has a price that is a number', { quote: { buyAmount: 498_500 } }, 'badAnswer'],
    ['takes a fee of everything', { protocolFeeBps: '10000' }, 'badAnswer'],
  ])('is refused that %s', async (_name, changes, code) => {
    stub.answer = (asked) => cowAnswer(asked, changes);
    expect(await failure(SOURCES.cow.create().quote(buying))).toMatchObject({ code });
  });
});

describe('a quote of Jupiter', () => {
  const { buying } = SOURCES.jupiter;
  const selling: Question = { sell: SOL_MINT, buy: USDC_MINT, amount: 1_000_000_000n, exact: 'buy' };

  it('is exact in what was asked', async () => {
    stub.answer = jupiterAnswer;
    const quotes = SOURCES.jupiter.create();
    expect(await quotes.quote(buying)).toEqual({ sold: 1_000_000_000n, bought: 6_990_000_000n });
    expect(await quotes.quote(selling)).toEqual({ sold: 7_000_000_000n, bought: 1_000_000_000n });
    expect(stub.asked.map(({ path, query }) => [path, query.swapMode, query.amount])).toEqual([
      ['/swap/v1/quote', 'ExactIn', '1000000000'],
      ['/swap/v1/quote', 'ExactOut', '1000000000'],
    ]);
  });

  it.each([
    ['sells another token', { inputMint: SOL_MINT }, 'badAnswer'],
    ['buys another token', { outputMint: USDC_MINT }, 'badAnswer'],
    ['is exact in the other amount', { swapMode: 'ExactOut' }, 'badAnswer'],
    ['is for another amount', { inAmount: '999999999' }, 'badAnswer'],
    ['has a price of 0', { outAmount: '0' }, 'badAnswer'],
    ['has no slot', { contextSlot: undefined }, 'badAnswer'],
    ['has a slot that is none', { contextSlot: -1 }, 'badAnswer'],
  ])('is refused that %s', async (_name, changes, code) => {
    stub.answer = (asked) => jupiterAnswer(asked, changes);
    expect(await failure(SOURCES.jupiter.create().quote(buying))).toMatchObject({ code });
  });

  it('is refused when its slot lies a minute behind one that was seen', async () => {
    const quotes = SOURCES.jupiter.create();
    const at = (contextSlot: number) => {
      stub.answer = (asked) => jupiterAnswer(asked, { contextSlot });
      return quotes.quote(buying);
    };
    await at(1_000);
    await at(850);
    expect(await failure(at(849))).toMatchObject({ code: 'expired' });
  });
});
