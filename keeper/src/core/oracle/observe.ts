// From quotes to one observation of an asset's price: what a sale and a purchase of several sizes bring and cost, the
// median of the last looks at each source, then the median across sources. Pure; the flow that asks keeps the looks.
import { divDown, divUp, maxOf, minOf, PPM_ONE } from '../margin/fixedPoint.ts';

/** Decimals of value units: 10⁻⁶ of the numeraire (US dollars as USDC). */
export const VALUE_DECIMALS = 6;
export const ONE_USD = 10n ** BigInt(VALUE_DECIMALS);
/** Decimals of a price: value units per ledger unit. */
const PRICE_DECIMALS = 18;
/** Looks at one source that its median is taken of. */
export const LOOKS_PER_SOURCE = 5;

/** What was sold and bought, in atoms, without the costs of the trade itself. */
export interface QuotedTrade {
  readonly sold: bigint;
  readonly bought: bigint;
}

/** Both directions of one size: numeraire that buys the asset, and asset that is sold for numeraire. */
export interface Probe {
  readonly buy: QuotedTrade;
  readonly sell: QuotedTrade;
}

/** Decimals of the two tokens that were quoted, and of the asset's ledger units. */
export interface Scales {
  readonly tokenDecimals: number;
  readonly numeraireDecimals: number;
  readonly ledgerDecimals: number;
}

/** One look at one source. Prices in 10⁻¹⁸ value units per ledger unit. */
export interface Look {
  /** Milliseconds. */
  readonly time: number;
  /** Of the smallest size. */
  readonly mid: bigint;
  /** Half the difference of purchase and sale at the smallest size, by the mid. */
  readonly confidencePpm: number;
  /** What a sale of the largest size brings, and a purchase costs: at best the mid. */
  readonly bid: bigint;
  readonly ask: bigint;
}

/** What enters the core. */
export interface Observation {
  /** Milliseconds: of the oldest look that counted as newest of its source. */
  readonly time: number;
  readonly bid: bigint;
  readonly ask: bigint;
  readonly confidencePpm: number;
}

export type LookRefusal = 'price.notPositive' | 'price.crossed';

/** How far apart sale and purchase may be in the wrong order: quotes of two moments. */
const CROSSED_LIMIT_PPM = 10_000n;

/** `probes` from the smallest size to the largest; at least one. */
export function lookAt(probes: readonly Probe[], scales: Scales, time: number): Look | LookRefusal {
  const [first] = probes;
  const last = probes.at(-1);
  if (first === undefined || last === undefined) return 'price.notPositive';
  for (const { buy, sell } of probes) {
    if (buy.sold <= 0n || buy.bought <= 0n || sell.sold <= 0n || sell.bought <= 0n) return 'price.notPositive';
  }
  const askOf = ({ buy }: Probe) => priceUp(buy.sold, buy.bought, scales);
  const bidOf = ({ sell }: Probe) => priceDown(sell.bought, sell.sold, scales);
  const nearAsk = askOf(first);
  const nearBid = bidOf(first);
  const mid = (nearAsk + nearBid) / 2n;
  const bid = minOf(bidOf(last), mid);
  const ask = maxOf(askOf(last), mid);
  if (bid <= 0n) return 'price.notPositive';
  if ((nearBid - nearAsk) * PPM_ONE > mid * CROSSED_LIMIT_PPM) return 'price.crossed';
  const spread = maxOf(nearAsk - nearBid, 0n);
  return { time, mid, confidencePpm: Number(divUp(spread * PPM_ONE, 2n * mid)), bid, ask };
}

/**
 * The median of each source's newest looks (in the order of time, `LOOKS_PER_SOURCE` at most), then across the sources.
 * undefined when no source has a look that is at most `maxAgeMs` old. Of an even number the worse of the middle two counts:
 * the lower bid, the higher ask, the wider confidence.
 */
export function observe(
  looksOfSources: readonly (readonly Look[])[],
  { now, maxAgeMs }: { now: number; maxAgeMs: number },
): Observation | undefined {
  const sources = looksOfSources
    .map((looks) => looks.slice(-LOOKS_PER_SOURCE).filter(({ time }) => now - time <= maxAgeMs))
    .filter((looks) => looks.length > 0)
    .map((looks) => ({ ...medianOf(looks), time: Math.max(...looks.map(({ time }) => time)) }));
  if (sources.length === 0) return undefined;
  return { ...medianOf(sources), time: Math.min(...sources.map(({ time }) => time)) };
}

function medianOf(
  prices: readonly Pick<Observation, 'bid' | 'ask' | 'confidencePpm'>[],
): Pick<Observation, 'bid' | 'ask' | 'confidencePpm'> {
  const lower = Math.floor((prices.length - 1) / 2);
  const upper = Math.floor(prices.length / 2);
  const ascending = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
  return {
    bid: prices.map(({ bid }) => bid).sort(ascending)[lower] as bigint,
    ask: prices.map(({ ask }) => ask).sort(ascending)[upper] as bigint,
    confidencePpm: prices.map(({ confidencePpm }) => confidencePpm).sort((a, b) => a - b)[upper] as number,
  };
}

/** numeraire / token, as value units · 10¹⁸ per ledger unit. */
function fraction(
  numeraire: bigint,
  token: bigint,
  { tokenDecimals, numeraireDecimals, ledgerDecimals }: Scales,
): [bigint, bigint] {
  const up = 10n ** BigInt(tokenDecimals + VALUE_DECIMALS + PRICE_DECIMALS);
  return [numeraire * up, token * 10n ** BigInt(numeraireDecimals + ledgerDecimals)];
}

function priceDown(numeraire: bigint, token: bigint, scales: Scales): bigint {
  return divDown(...fraction(numeraire, token, scales));
}

function priceUp(numeraire: bigint, token: bigint, scales: Scales): bigint {
  return divUp(...fraction(numeraire, token, scales));
}
