// Asks the sources what the assets cost and hands what they say to the core as commands. What cannot be asked or believed is
// told and left out: a price that nobody confirms grows stale by itself.
import type { Command } from '../core/commands.ts';
import type { Asset } from '../core/ledger.ts';
import {
  LOOKS_PER_SOURCE,
  type Look,
  lookAt,
  observe,
  type Probe,
  type QuotedTrade,
  type Scales,
} from '../core/oracle/observe.ts';
import { FRESH_MS } from '../core/oracle/priceGuard.ts';
import type { Clock, Logger, QuoteSource } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import type { Sequencer } from './sequencer.ts';

/** Between the beginnings of two rounds. */
const ROUND_MS = 10_000;
/** One whole unit of the numeraire, which is worth itself: 10⁶ value units. */
const VALUE_PER_NUMERAIRE_EXPONENT = 24;

interface QuotedToken {
  readonly token: string;
  readonly decimals: number;
}

/** A source, and what the Directory's assets are called there: as on a listed chain, or by symbol. */
export type PricedSource =
  | { readonly source: QuoteSource; readonly chainId: number }
  | { readonly source: QuoteSource; readonly tokens: ReadonlyMap<string, QuotedToken> };

export interface PriceSettings {
  /** Symbol of the asset that values are counted in. */
  readonly numeraire: string;
  /** Whole units of the numeraire, from the smallest probe to the largest. */
  readonly probes: readonly number[];
}

export const PRICE_PROBES = [1_000, 10_000, 100_000];

export interface PriceFeed {
  start(): void;
  stop(): void;
  /** One round now; for tests and for the first prices. */
  round(): Promise<void>;
}

export function createPriceFeed(input: {
  readonly sequencer: Pick<Sequencer, 'state' | 'submit' | 'now'>;
  readonly sources: readonly PricedSource[];
  readonly settings: PriceSettings;
  readonly clock: Clock;
  readonly logger: Logger;
}): PriceFeed {
  const { sequencer, sources, settings, clock, logger } = input;
  const { state } = sequencer;
  /** By source and symbol, oldest first. */
  const looks = new Map<string, Look[]>();
  let stopped = false;
  let cancelTimer = () => {};

  async function look(priced: PricedSource, asset: Asset): Promise<void> {
    const { source } = priced;
    const listed = tokenAt(state, priced, asset.symbol);
    const numeraire = tokenAt(state, priced, settings.numeraire);
    if (listed === undefined || numeraire === undefined) return;
    const key = `${source.name} ${asset.symbol}`;
    try {
      const scales: Scales = {
        tokenDecimals: listed.decimals,
        numeraireDecimals: numeraire.decimals,
        ledgerDecimals: asset.ledgerDecimals,
      };
      const probes = await probe(source, { token: listed.token, numeraire, sizes: settings.probes });
      const seen = lookAt(probes, scales, sequencer.now());
      if (typeof seen === 'string') throw new Error(seen);
      looks.set(key, [...(looks.get(key) ?? []), seen].slice(-LOOKS_PER_SOURCE));
    } catch (error) {
      logger.warn({ source: source.name, asset: asset.symbol, error: (error as Error).message }, 'no price');
    }
  }

  function observations(): Extract<Command, { type: 'prices' }>['prices'] {
    const now = sequencer.now();
    return state.exchange.ledger.assets.flatMap((asset) => {
      if (asset.symbol === settings.numeraire) {
        const one = 10n ** BigInt(VALUE_PER_NUMERAIRE_EXPONENT - asset.ledgerDecimals);
        return [{ asset: asset.id, time: now, bid: one, ask: one, confidencePpm: 0 }];
      }
      const own = sources.map(({ source }) => looks.get(`${source.name} ${asset.symbol}`) ?? []);
      const seen = observe(own, { now, maxAgeMs: FRESH_MS });
      return seen === undefined ? [] : [{ asset: asset.id, ...seen }];
    });
  }

  async function round(): Promise<void> {
    const others = state.exchange.ledger.assets.filter(({ symbol }) => symbol !== settings.numeraire);
    // One source after the other would be slow, one asset after the other keeps within its rate limit.
    await Promise.all(
      sources.map(async (source) => {
        for (const asset of others) await look(source, asset);
      }),
    );
    const prices = observations();
    if (stopped || prices.length === 0) return;
    const { outcome } = await sequencer.submit({ type: 'prices', prices });
    for (const event of outcome.events) {
      if (event.type !== 'priceChanged' || event.verdict === 'accepted') continue;
      const { asset, verdict, halted } = event;
      if (halted) logger.error({ asset, verdict }, 'price halted: more than three times off');
      else logger.warn({ asset, verdict }, 'price not taken');
    }
  }

  function schedule(): void {
    if (stopped) return;
    const began = clock.now();
    round()
      .catch((error: Error) => logger.error({ error: error.message }, 'prices failed'))
      .finally(() => {
        if (!stopped) cancelTimer = clock.after(Math.max(0, began + ROUND_MS - clock.now()), schedule);
      });
  }

  return {
    start: schedule,
    stop() {
      stopped = true;
      cancelTimer();
    },
    round,
  };
}

/** What an asset is called at a source; undefined where it does not exist. */
function tokenAt({ exchange: { ledger } }: State, priced: PricedSource, symbol: string): QuotedToken | undefined {
  if ('tokens' in priced) return priced.tokens.get(symbol);
  for (const token of ledger.tokens.values()) {
    if (token.chainId === priced.chainId && ledger.assets[token.asset]?.symbol === symbol) return token;
  }
  return undefined;
}

/** Both directions of every size, the smallest first. */
async function probe(
  source: QuoteSource,
  {
    token,
    numeraire,
    sizes,
  }: { readonly token: string; readonly numeraire: QuotedToken; readonly sizes: readonly number[] },
): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const size of sizes) {
    const amount = BigInt(size) * 10n ** BigInt(numeraire.decimals);
    const buy: QuotedTrade = await source.quote({ sell: numeraire.token, buy: token, amount, exact: 'sell' });
    const sell: QuotedTrade = await source.quote({ sell: token, buy: numeraire.token, amount, exact: 'buy' });
    probes.push({ buy, sell });
  }
  return probes;
}
