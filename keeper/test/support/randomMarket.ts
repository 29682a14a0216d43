// Prices for random order flow: calm for most of the time, and now and then an episode in which margin accounts get into
// trouble. Seeded like the flow.
import { type Action, type Address, BUY, IMMEDIATE_OR_CANCEL, SELL } from '../../src/core/commands.ts';
import { addressOf, cancelAll, ETH, ETH_USD, MEME, MEME_USD, NO_LIMIT, place, USD } from './exchange.ts';
import type { Random } from './random.ts';

/** 2 000 USD for an ETH, 1 USD, 0.1 USD for a MEME, each in 10⁻¹⁸ value units per ledger unit. */
export const USUAL_PRICES = new Map([
  [ETH, 2n * 10n ** 18n],
  [USD, 10n ** 18n],
  [MEME, 10n ** 20n],
]);
/** Quotes in episodes, and owns enough for it. */
export const MARKET_MAKER = addressOf('market maker');
/** How far the market goes from the usual prices. */
const LOWEST = 0.3;
const HIGHEST = 3;
/** Lots of orders with which somebody takes as much risk as he may: those that are too much are refused. */
const RISKY_LOTS = {
  [ETH_USD]: [20_000, 8_000, 3_000, 1_000, 300],
  [MEME_USD]: [20_000_000, 6_000_000, 2_000_000, 500_000],
};

/** What the market maker offers those who take risks, in each book and on each side. */
const RISKY_DOLLARS = 25_000;
/** What the market maker begins with: not so much that nobody else would feel a loss that all share. */
export const MARKET_MAKERS_DOLLARS = 60_000;
/** Of a credit tier that lets anybody owe as much as he likes. */
const GENEROUS_TIER = 4;

/** What comes next in an episode, and how many milliseconds later. */
export interface Scene {
  readonly afterMs: number;
  /** What the flow draws, or exactly this. */
  readonly op: 'prices' | 'batch' | 'withdraw' | (() => object);
}

export interface Market {
  /** Of the usual price. */
  factorOf(asset: number): number;
  /** What the oracle sees next. At times an asset is left out, and its price grows old. */
  look(): { asset: number; bid: bigint; ask: bigint }[];
  /** The scenes of a new episode. */
  episode(traders: readonly Address[]): Scene[];
}

export function createMarket(random: Random): Market {
  const factors = new Map([
    [ETH, 1],
    [MEME, 1],
  ]);
  /** What the oracle sees is so many times off, for a while. */
  let wild: { readonly asset: number; readonly factor: number } | undefined;
  /** Factors that each look moves the prices by. */
  const drift = new Map<number, number>();
  /** Not seen. */
  let silent: number | undefined;
  /** In an episode. */
  let isWatched = false;

  const factorOf = (asset: number) => factors.get(asset) ?? 1;
  const moveBy = (asset: number, factor: number) =>
    factors.set(asset, Math.min(HIGHEST, Math.max(LOWEST, factorOf(asset) * factor)));

  function calm(): void {
    drift.clear();
    wild = undefined;
    silent = undefined;
    isWatched = false;
  }

  function look() {
    const isCalm = drift.size === 0 && wild === undefined;
    for (const asset of factors.keys())
      moveBy(asset, drift.get(asset) ?? (isCalm ? 1 + (1 - factorOf(asset)) / 50 : 1));
    const seen = [...USUAL_PRICES.keys()].filter((asset) => asset !== silent && random.below(isWatched ? 40 : 6) !== 0);
    return seen.map((asset) => {
      const usual = USUAL_PRICES.get(asset) as bigint;
      if (asset === USD) return { asset, bid: usual, ask: usual };
      const off = wild?.asset === asset ? wild.factor : 1;
      const noise = isWatched ? 0.995 + random.next() * 0.01 : 0.97 + random.next() * 0.06;
      const mid = (usual * BigInt(Math.round(factorOf(asset) * off * noise * 1_000))) / 1_000n;
      const spread = mid / BigInt(400 + random.below(10_000));
      return { asset, bid: mid - spread, ask: mid + spread };
    });
  }

  function scenes(op: Scene['op'], count: number, afterMs: () => number): Scene[] {
    return Array.from({ length: count }, () => ({ afterMs: afterMs(), op }));
  }

  /** Bids and asks of the market maker, some of them far from the middle, some for next to nothing. */
  function quotes(far: number, dollars: () => number): Action[] {
    const orders = [ETH_USD, MEME_USD].flatMap((book) =>
      ([BUY, SELL] as const).map((side) => {
        const middle = middleOf(factorOf, book);
        const away = middle * random.next() * far;
        const price = side === BUY ? Math.max(1, Math.floor(middle - away)) : Math.ceil(middle + away) + 1;
        const lotDollars = (price * (book === ETH_USD ? 10 : 1)) / 1_000_000;
        return place(MARKET_MAKER, book, side, price, Math.max(1, Math.floor(dollars() / lotDollars)));
      }),
    );
    return [cancelAll(MARKET_MAKER), ...orders];
  }

  function looks(count: number, afterMs: () => number): Scene[] {
    const depth = random.pick([0, 200, 2_000, 20_000]);
    return Array.from({ length: count }, () => [
      ...(random.below(3) === 0 ? [] : [{ afterMs: 10, op: () => batchOf(quotes(0.1, () => random.next() * depth)) }]),
      { afterMs: afterMs(), op: 'prices' as const },
      ...scenes('batch', random.below(3), () => 20),
      ...scenes('withdraw', random.below(2), () => 20),
    ]).flat();
  }

  /** Somebody gets credit and some money, and takes as much risk as he may; the market maker takes the other side. */
  function risks(account: Address): Scene[] {
    const book = random.pick([ETH_USD, ETH_USD, MEME_USD]);
    const side = random.pick([BUY, SELL] as const);
    const units = 10n * BigInt(1 + random.below(50_000_000));
    const orders = () => {
      const price = Math.round(middleOf(factorOf, book) * (side === BUY ? 1.02 : 0.98)) + (side === BUY ? 2 : -1);
      return RISKY_LOTS[book as keyof typeof RISKY_LOTS].map((lots) =>
        place(account, book, side, price, lots, { timeInForce: IMMEDIATE_OR_CANCEL }),
      );
    };
    return [
      () => ({ type: 'credit', account, subaccount: 0, tier: GENEROUS_TIER }),
      () => ({ type: 'deposit', account, subaccount: 0, asset: USD, units }),
      () => batchOf(quotes(0, () => RISKY_DOLLARS)),
      () => batchOf(orders()),
    ].map((op) => ({ afterMs: 5, op }));
  }

  /** Weights that let somebody take risks. */
  function terms(): Scene[] {
    const listed = { depositScaleStart: NO_LIMIT, borrowScaleStart: NO_LIMIT, borrowCap: NO_LIMIT };
    return [
      { type: 'risk', asset: ETH, init: 200_000, maint: 100_000, liquidationFeePpm: random.pick([0, 20_000, 50_000]) },
      { type: 'risk', asset: USD, init: 0, maint: 0, liquidationFeePpm: 0 },
      { type: 'risk', asset: MEME, init: 400_000, maint: 200_000, liquidationFeePpm: random.pick([20_000, 100_000]) },
    ].map((risk) => ({ afterMs: 5, op: () => ({ ...listed, ...risk }) }));
  }

  /** Step by step, each of which is believed. */
  function slide(asset: number, isUp: boolean): Scene[] {
    const begin = () => drift.set(asset, isUp ? 1.03 + random.next() * 0.06 : 0.97 - random.next() * 0.06);
    return [tickAfter(begin), ...looks(4 + random.below(9), () => 10_000)];
  }

  /** At once: three looks over a minute have to agree. */
  function gap(asset: number, isUp: boolean): Scene[] {
    const begin = () => moveBy(asset, isUp ? 1.3 + random.next() : 0.75 - random.next() * 0.3);
    return [tickAfter(begin), ...looks(4 + random.below(4), () => 31_000)];
  }

  /** Nobody believes it, and then it is over, or an hour has passed. */
  function wildness(asset: number, isUp: boolean): Scene[] {
    const begin = () => {
      wild = { asset, factor: isUp ? 3.5 + random.next() : 0.25 };
    };
    return [tickAfter(begin), ...looks(2 + random.below(5), () => random.pick([10_000, 10_000, 1_300_000]))];
  }

  function silence(asset: number): Scene[] {
    const begin = () => {
      silent = asset;
    };
    return [tickAfter(begin), ...looks(3 + random.below(4), () => random.pick([300_000, 3_600_000, 30_000_000]))];
  }

  return {
    factorOf,
    look,
    episode(traders) {
      const asset = random.pick([ETH, ETH, MEME]);
      const isUp = random.below(2) === 0;
      const trouble = random.pick([slide, slide, slide, gap, gap, gap, wildness, silence]);
      return [
        ...terms(),
        { afterMs: 5, op: () => ({ type: 'creditTier', tier: GENEROUS_TIER, debtLimit: NO_LIMIT }) },
        tickAfter(() => (isWatched = true)),
        ...scenes('prices', 2, () => 1_000),
        ...traders.flatMap((trader) => risks(trader)),
        ...scenes('batch', random.below(3), () => 20),
        ...trouble(asset, isUp),
        tickAfter(calm),
      ];
    },
  };
}

function tickAfter(change: () => void): Scene {
  return {
    afterMs: 10,
    op() {
      change();
      return { type: 'tick' };
    },
  };
}

/** The price of a book where its base is worth what the market says, in ticks. */
export function middleOf(factorOf: Market['factorOf'], book: number): number {
  return book === ETH_USD ? Math.round(200_000 * factorOf(ETH)) : Math.round(100 * factorOf(MEME));
}

function batchOf(actions: readonly Action[]): object {
  return { type: 'batch', makersFirst: false, actions };
}
