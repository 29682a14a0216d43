// Decimal text for humans, integers for machines, exactly in both directions: bigint throughout, nothing is rounded
// without saying so.
import type { BookView } from '../../core/views.ts';
import { UsageError } from './errors.ts';

const DECIMAL = /^(?:0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** More digits than any amount that fits the contracts; keeps nonsense out of the arithmetic. */
const LONGEST_DECIMAL = 100;

interface Decimal {
  /** The number is digits / 10^decimals. */
  readonly digits: bigint;
  readonly decimals: number;
}

/** Plain decimals only: no sign, no exponent, no separators, no leading zeros. `what` names the number in the error. */
function parseDecimal(text: string, what: string): Decimal {
  const match = text.length <= LONGEST_DECIMAL ? DECIMAL.exec(text) : null;
  if (match === null) {
    const shown = text.length > LONGEST_DECIMAL ? `${text.slice(0, LONGEST_DECIMAL)}…` : text;
    throw new UsageError(`${what} must be a plain decimal number such as 1.5, got "${shown}".`);
  }
  // Trailing zeros say nothing: 1.50 is as good as 1.5.
  const fraction = (match[1] ?? '').replace(/0+$/, '');
  const whole = text.split('.')[0] as string;
  return { digits: BigInt(whole + fraction), decimals: fraction.length };
}

/**
 * `text` in units of 10^-decimals. Throws `UsageError` when it is no plain decimal or has more decimals than there are
 * units; `what` names the number, for instance "The amount of USDC".
 */
export function parseUnits(text: string, input: { readonly decimals: number; readonly what: string }): bigint {
  const parsed = parseDecimal(text, input.what);
  const missing = input.decimals - parsed.decimals;
  if (missing >= 0) return parsed.digits * 10n ** BigInt(missing);
  const allowed = input.decimals === 0 ? 'no decimals' : `at most ${input.decimals} decimals`;
  throw new UsageError(`${input.what} has ${allowed}, got "${text}" with ${parsed.decimals}.`);
}

/** The shortest decimal text of `units` · 10^-decimals: no trailing zeros, no separators. */
export function formatUnits(units: bigint | string, decimals: number): string {
  const value = BigInt(units);
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** A positive rational number. */
interface Ratio {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Digits shown of a number that has no end in decimals. */
const ENDLESS_DIGITS = 12;

/** Exact when the number ends in decimals; otherwise cut and marked with "…". */
function formatRatio({ numerator, denominator }: Ratio): string {
  let rest = denominator / gcd(numerator, denominator);
  let decimals = 0;
  for (; rest % 10n === 0n; decimals++) rest /= 10n;
  for (const factor of [2n, 5n]) for (; rest % factor === 0n; decimals++) rest /= factor;
  if (rest === 1n) return formatUnits((numerator * 10n ** BigInt(decimals)) / denominator, decimals);
  return `${formatUnits((numerator * 10n ** BigInt(ENDLESS_DIGITS)) / denominator, ENDLESS_DIGITS)}…`;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}

/** How a book counts, as the keeper lists it. */
export type BookUnits = Pick<BookView, 'base' | 'quote' | 'lotSize' | 'tickSize'>;

/** Quote per base that one tick makes: tickSize / 10^quoteDecimals for lotSize / 10^baseDecimals. */
function priceStep({ base, quote, lotSize, tickSize }: BookUnits): Ratio {
  return {
    numerator: BigInt(tickSize) * 10n ** BigInt(base.decimals),
    denominator: BigInt(lotSize) * 10n ** BigInt(quote.decimals),
  };
}

/** Base that one lot is. */
function sizeStep({ base, lotSize }: BookUnits): Ratio {
  return { numerator: BigInt(lotSize), denominator: 10n ** BigInt(base.decimals) };
}

function times({ numerator, denominator }: Ratio, count: bigint): Ratio {
  return { numerator: numerator * count, denominator };
}

/** Price of `ticks`, in quote per base. */
export function formatPrice(ticks: number | bigint, book: BookUnits): string {
  return formatRatio(times(priceStep(book), BigInt(ticks)));
}

/** Size of `lots`, in base. */
export function formatSize(lots: number | bigint | string, book: BookUnits): string {
  return formatRatio(times(sizeStep(book), BigInt(lots)));
}

/** Ticks of a price in quote per base. Throws `UsageError` with the nearest prices when there is no such tick. */
export function parsePrice(text: string, book: BookUnits): number {
  const unit = `${book.quote.symbol} per ${book.base.symbol}`;
  return parseSteps(text, { what: 'The price', unit, step: priceStep(book) });
}

/** Lots of a size in base. Throws `UsageError` with the nearest sizes when it is not a whole number of lots. */
export function parseSize(text: string, book: BookUnits): number {
  return parseSteps(text, { what: 'The size', unit: book.base.symbol, step: sizeStep(book) });
}

function parseSteps(
  text: string,
  { what, unit, step }: { readonly what: string; readonly unit: string; readonly step: Ratio },
): number {
  const { digits, decimals } = parseDecimal(text, what);
  const scaled = digits * step.denominator;
  const divisor = step.numerator * 10n ** BigInt(decimals);
  const below = scaled / divisor;
  if (scaled % divisor !== 0n) {
    const nearest = [below, below + 1n].filter((count) => count > 0n).map((count) => formatRatio(times(step, count)));
    const multiple = `${what} must be a multiple of ${formatRatio(step)} ${unit}`;
    throw new UsageError(`${multiple}, got ${text}. The nearest: ${nearest.join(' or ')}.`);
  }
  if (below === 0n) throw new UsageError(`${what} must be at least ${formatRatio(step)} ${unit}, got ${text}.`);
  if (below > BigInt(Number.MAX_SAFE_INTEGER)) {
    const most = formatRatio(times(step, BigInt(Number.MAX_SAFE_INTEGER)));
    throw new UsageError(`${what} must be at most ${most} ${unit}, got ${text}.`);
  }
  return Number(below);
}

/** A whole number from `least` (0 when not given) to `most` (2⁵³ − 1 when not given). Throws `UsageError`. */
export function parseInteger(text: string, what: string, { least = 0, most = Number.MAX_SAFE_INTEGER } = {}): number {
  const value = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${what} must be a whole number from ${least} to ${most}, got "${text}".`);
}
