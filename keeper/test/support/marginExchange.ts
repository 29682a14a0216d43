// A small exchange with prices, weights and margin accounts.
import type { Address } from '../../src/core/commands.ts';
import type { Outcome } from '../../src/core/events.ts';
import { addWad, findAccount } from '../../src/core/ledger.ts';
import {
  addressOf,
  apply,
  deposit,
  directoryLog,
  ETH,
  grantCredit,
  openExchange,
  riskListing,
  type TestExchange,
  TOKENS,
  USD,
} from './exchange.ts';

export const ANN = addressOf('ann');
export const BOB = addressOf('bob');
/** Atoms of a dollar, and units of one. */
export const DOLLAR = 1_000_000n;
/** Ticks of ETH/USD that make a dollar for an ETH, whose lot is 0.001 of it. */
export const TICKS = 100;

interface Weights {
  /** In ppm: of what is owned and of what is owed. */
  readonly init: readonly [number, number];
  readonly maint: readonly [number, number];
  /** Of a liquidation, in ppm. */
  readonly fee?: number;
}

/** ETH at 2 000 USD, weights 0.8/1.2 and 0.9/1.1, liquidation fee 4.04 % (1.02² − 1); USD at 1, all weights 1. Bob has much; Ann is a margin account with 1 000 USD. */
export function marginExchange(): TestExchange {
  const exchange = openExchange();
  weigh(exchange, ETH, { init: [800_000, 1_200_000], maint: [900_000, 1_100_000], fee: 40_400 });
  weigh(exchange, USD, { init: [1_000_000, 1_000_000], maint: [1_000_000, 1_000_000] });
  setPrice(exchange, 2_000);
  deposit(exchange, TOKENS.ethHome, BOB, 100n * 10n ** 18n);
  deposit(exchange, TOKENS.usdHome, BOB, 1_000_000n * DOLLAR);
  deposit(exchange, TOKENS.usdHome, ANN, 1_000n * DOLLAR);
  grantCredit(exchange, ANN);
  return exchange;
}

export function weigh(exchange: TestExchange, asset: number, { init, maint, fee = 0 }: Weights): Outcome {
  return directoryLog(exchange, [
    riskListing(
      asset,
      { init: 0, maint: 0 },
      {
        initAssetWeightPpm: init[0],
        initLiabilityWeightPpm: init[1],
        maintAssetWeightPpm: maint[0],
        maintLiabilityWeightPpm: maint[1],
        liquidationFeePpm: fee,
      },
    ),
  ]);
}

/** What the oracle sees ten seconds later: dollars for an ETH. A move of more than a tenth is not believed at once. */
export function setPrice(exchange: TestExchange, dollars: number): Outcome {
  return setPrices(exchange, { [ETH]: price(dollars, 9), [USD]: price(1, 6) });
}

/** By asset, as `price` gives them. */
export function setPrices(exchange: TestExchange, prices: Readonly<Record<number, bigint>>): Outcome {
  const time = exchange.time + 10_000;
  return apply(exchange, {
    type: 'prices',
    time,
    prices: Object.entries(prices).map(([asset, seen]) => ({
      asset: Number(asset),
      time,
      bid: seen,
      ask: seen,
      confidencePpm: 0,
    })),
  });
}

/** Dollars for a whole asset, in 10⁻¹⁸ value units per ledger unit. */
export function price(dollars: number, ledgerDecimals: number): bigint {
  return BigInt(Math.round(dollars * 1_000_000)) * 10n ** BigInt(18 - ledgerDecimals);
}

export function accountOf({ state }: TestExchange, address: Address): number {
  return findAccount(state.exchange.ledger, address, 0);
}

/** Moves ledger units as trades would have done. */
export function give(
  exchange: TestExchange,
  { from, to, asset, units }: { from: Address; to: Address; asset: number; units: number },
): void {
  const { ledger } = exchange.state.exchange;
  const column = ledger.assets.find(({ id }) => id === asset);
  if (column === undefined) throw new Error(`no asset ${asset}`);
  const wad = BigInt(units) * column.unitWad;
  addWad(ledger, column, accountOf(exchange, from), -wad);
  addWad(ledger, column, accountOf(exchange, to), wad);
}
