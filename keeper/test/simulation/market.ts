// Worlds in which some trade on credit: an oracle whose prices slide, jump and go wild, and speculators who take as much risk
// as they may.
import { type Action, BUY, IMMEDIATE_OR_CANCEL, SELL } from '../../src/core/commands.ts';
import type { DirectoryEntry } from '../../src/core/logEntries.ts';
import type { QuoteSource, Signer } from '../../src/core/ports.ts';
import type { PricedSource, PriceSettings } from '../../src/flows/feedPrices.ts';
import {
  ETH,
  ETH_USD,
  INSURANCE,
  MEME,
  MEME_USD,
  NO_LIMIT,
  place,
  riskListing,
  TOKENS,
  USD,
} from '../support/exchange.ts';
import { makeDeposit } from '../support/fakeChain.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { count, type Scene, send, withdraw } from './actors.ts';
import { createRandom, type Random } from './random.ts';

const SPECULATORS = ['gus', 'hel', 'ivo', 'jan', 'kim', 'leo'].map(fakeSigner);
const MARKET_MAKER = fakeSigner('market maker');
const MAKERS_DEPOSITS = [
  { ...TOKENS.ethHome, whole: 3 },
  { ...TOKENS.usdHome, whole: 5_000 },
  { ...TOKENS.memeHome, whole: 1_000 },
];
const TIER = 1;
/** Dollars for a whole asset, and ticks of its book that are a dollar. */
const ASSETS = {
  ETH: { book: ETH_USD, dollars: 2_000, ticksPerDollar: 100 },
  MEME: { book: MEME_USD, dollars: 5, ticksPerDollar: 1_000 },
} as const;
type Symbol = keyof typeof ASSETS;
const SYMBOLS = Object.keys(ASSETS) as Symbol[];
/** Of all tokens at the source. */
const DECIMALS = 18;
const SPREAD = 0.001;
const LOWEST = 0.3;
const HIGHEST = 3;
/** Most lots of one order. */
const LOTS: Readonly<Record<Symbol, number>> = { ETH: 600, MEME: 300_000 };

export interface Market {
  /** What the middle of a book is worth outside, in ticks. */
  ticksOf(book: number): number;
  /** An order of somebody who trades on credit, behind one of the market maker that it may meet. */
  risk(): readonly Action[];
  readonly prices: { readonly sources: readonly [PricedSource]; readonly settings: PriceSettings };
}

/** Terms of the assets, a credit tier, and who has it. */
export function marginListings(): DirectoryEntry[] {
  return [
    riskListing(ETH, { init: 200_000, maint: 100_000 }, { liquidationFeePpm: 40_000 }),
    riskListing(USD, { init: 0, maint: 0 }),
    riskListing(MEME, { init: 400_000, maint: 250_000 }, { liquidationFeePpm: 50_000 }),
    { type: 'creditTierChanged', tier: TIER, debtLimit: NO_LIMIT },
    ...SPECULATORS.map(({ address: account }): DirectoryEntry => {
      return { type: 'accountCreditChanged', account, subaccount: 0, tier: TIER };
    }),
  ];
}

export function createMarket(seed: number): Market & { start(scene: Scene): void } {
  // Of its own, so that the other worlds stay what they were.
  const random = createRandom(seed + 2 ** 30);
  const factors = new Map<Symbol, number>(SYMBOLS.map((symbol) => [symbol, 1]));
  /** What the oracle says is so many times off. */
  const wild = new Map<Symbol, number>();
  const dollarsOf = (symbol: Symbol) => ASSETS[symbol].dollars * (factors.get(symbol) as number);

  function moveBy(symbol: Symbol, factor: number): void {
    factors.set(symbol, Math.min(HIGHEST, Math.max(LOWEST, (factors.get(symbol) as number) * factor)));
  }

  function ticksOf(book: number): number {
    const symbol = book === ETH_USD ? 'ETH' : 'MEME';
    return Math.round(dollarsOf(symbol) * ASSETS[symbol].ticksPerDollar);
  }

  const source: QuoteSource = {
    name: 'market',
    async quote({ sell, buy, amount, exact }) {
      const symbol = (sell === 'USD' ? buy : sell) as Symbol;
      const dollars = dollarsOf(symbol) * (wild.get(symbol) ?? 1) * (sell === 'USD' ? 1 + SPREAD : 1 - SPREAD);
      const tokens = (amount * 1_000_000n) / BigInt(Math.round(dollars * 1_000_000));
      return exact === 'sell' ? { sold: amount, bought: tokens } : { sold: tokens, bought: amount };
    },
  };

  /** Prices slide for a while, or jump, or the oracle goes wild and comes back. */
  function trouble(scene: Scene): void {
    const { clock, conditions } = scene.wire;
    if (conditions.calm) return;
    const symbol = random.pick(SYMBOLS);
    const isUp = random.chance(0.5);
    const dice = random.below(10);
    if (dice < 5) {
      count(scene, 'prices slide');
      const seconds = random.between(40, 150);
      for (let second = 0; second < seconds; second += 5)
        clock.after(second * 1_000, () => moveBy(symbol, isUp ? 1.018 : 0.982));
    } else if (dice < 9) {
      count(scene, 'prices jump');
      moveBy(symbol, isUp ? 1.5 : 0.65);
    } else {
      count(scene, 'oracle goes wild');
      wild.set(symbol, isUp ? 4 : 0.2);
      clock.after(random.between(40_000, 90_000), () => wild.delete(symbol));
    }
    clock.after(random.between(40_000, 90_000), () => trouble(scene));
  }

  return {
    ticksOf,
    risk() {
      // Each bets on one thing, again and again.
      const index = random.below(SPECULATORS.length);
      const symbol = SYMBOLS[index % 2] as Symbol;
      const side = index % 3 === 0 ? SELL : BUY;
      const { book } = ASSETS[symbol];
      const middle = ticksOf(book);
      const price = Math.round(middle * (side === BUY ? 1.01 : 0.99));
      const lots = Math.ceil(LOTS[symbol] / random.pick([2, 5, 12, 30]));
      const { address } = SPECULATORS[index] as Signer;
      return [
        place(MARKET_MAKER.address, book, side === BUY ? SELL : BUY, middle, lots),
        place(address, book, side, price, lots, { timeInForce: IMMEDIATE_OR_CANCEL }),
      ];
    },
    prices: {
      sources: [
        { source, tokens: new Map(['USD', ...SYMBOLS].map((token) => [token, { token, decimals: DECIMALS }])) },
      ],
      settings: { numeraire: 'USD', probes: [1_000, 10_000] },
    },
    start(scene) {
      for (const { chainId, token, decimals, whole } of MAKERS_DEPOSITS) {
        const amount = BigInt(whole) * 10n ** BigInt(decimals);
        send(scene, chainId, makeDeposit({ token, amount, account: MARKET_MAKER.address, subaccount: 0 }));
      }
      if (random.chance(0.5)) send(scene, TOKENS.usdHome.chainId, dollarsFor(random, INSURANCE));
      for (const speculator of SPECULATORS) void speculate(scene, random, speculator).catch(scene.onBroken);
      scene.wire.clock.after(60_000, () => trouble(scene));
    },
  };
}

function dollarsFor(random: Random, account: `0x${string}`) {
  const { token, decimals } = TOKENS.usdHome;
  const amount = BigInt(random.between(20, 90)) * 10n ** BigInt(decimals);
  return makeDeposit({ token, amount, account, subaccount: 0 });
}

/** Brings some money, more of it now and then, and takes some out when that works. */
async function speculate(scene: Scene, random: Random, speculator: Signer): Promise<void> {
  const { clock, conditions } = scene.wire;
  send(scene, TOKENS.usdHome.chainId, dollarsFor(random, speculator.address));
  for (let nonce = 1n; !conditions.calm; nonce++) {
    await new Promise<void>((resolve) => clock.after(random.between(10_000, 60_000), resolve));
    if (conditions.calm) return;
    if (random.chance(0.15)) send(scene, TOKENS.usdHome.chainId, dollarsFor(random, speculator.address));
    else await withdraw(scene, speculator, nonce);
  }
}
