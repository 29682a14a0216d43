// CoW Protocol's quoter: POST /api/v1/quote of the order book API, with simulated (verified) quotes only.
import type { QuoteSource } from '../../core/ports.ts';
import { OracleError } from './oracleError.ts';
import { amountOf, requestJson } from './requestJson.ts';

const BASIS_POINTS = 10_000n;
/** A higher fee by volume is no fee. */
const FEE_LIMIT_BPS = 1_000n;
/** Somebody has to ask; nothing is ever signed. */
const ASKER = '0x0000000000000000000000000000000000000001';

/**
 * @param input.url of one network, such as the one of `https://host/mainnet`; the path of the quote is added.
 * @param input.now milliseconds
 */
export function createCowQuotes(input: {
  readonly url: string;
  readonly timeoutMs: number;
  readonly now: () => number;
}): QuoteSource {
  const url = new URL(`${input.url.replace(/\/$/, '')}/api/v1/quote`);
  const { host } = url;
  return {
    name: `cow ${host}`,
    async quote({ sell, buy, amount, exact }) {
      const answer = await requestJson(url, {
        timeoutMs: input.timeoutMs,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          sellToken: sell,
          buyToken: buy,
          from: ASKER,
          priceQuality: 'verified',
          ...(exact === 'sell'
            ? { kind: 'sell', sellAmountBeforeFee: String(amount) }
            : { kind: 'buy', buyAmountAfterFee: String(amount) }),
        }),
      });
      if (answer.verified !== true) {
        throw new OracleError({ code: 'notVerified', message: `${host} answers a quote that was not simulated.` });
      }
      expectUnexpired(answer.expiration, input.now(), host);
      return readQuote(answer, { sell, buy, amount, exact }, host);
    },
  };
}

function expectUnexpired(expiration: unknown, now: number, host: string): void {
  const expiresAt = typeof expiration === 'string' ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(expiresAt)) {
    throw new OracleError({ code: 'badAnswer', message: `${host} answers no expiration: ${String(expiration)}` });
  }
  if (expiresAt <= now) throw new OracleError({ code: 'expired', message: `${host} answers an expired quote.` });
}

/**
 * The price without costs. `sellAmount` is what is traded: the network's cost, `feeAmount`, comes on top of it. The
 * protocol's fee by volume is in the amount that is not exact, and is taken out again.
 */
function readQuote(
  answer: Readonly<Record<string, unknown>>,
  { sell, buy, amount, exact }: Parameters<QuoteSource['quote']>[0],
  host: string,
): { sold: bigint; bought: bigint } {
  const quote = answer.quote as Readonly<Record<string, unknown>> | null;
  if (typeof quote !== 'object' || quote === null) {
    throw new OracleError({ code: 'badAnswer', message: `${host} answers no quote.` });
  }
  const same = (value: unknown, expected: string) => String(value).toLowerCase() === expected.toLowerCase();
  if (!same(quote.sellToken, sell) || !same(quote.buyToken, buy) || quote.kind !== exact) {
    throw new OracleError({ code: 'badAnswer', message: `${host} answers another question.` });
  }
  const sellAmount = amountOf(quote, 'sellAmount', host);
  const buyAmount = amountOf(quote, 'buyAmount', host);
  const fee = amountOf(quote, 'feeAmount', host, 'orZero');
  const asked = exact === 'sell' ? sellAmount + fee : buyAmount;
  if (asked !== amount) {
    throw new OracleError({ code: 'badAnswer', message: `${host} answers for ${asked}, not for ${amount}.` });
  }
  const feeBps = answer.protocolFeeBps === undefined ? 0n : amountOf(answer, 'protocolFeeBps', host, 'orZero');
  if (feeBps >= FEE_LIMIT_BPS) {
    throw new OracleError({ code: 'badAnswer', message: `${host} takes ${feeBps} basis points.` });
  }
  return exact === 'sell'
    ? { sold: sellAmount, bought: (buyAmount * BASIS_POINTS) / (BASIS_POINTS - feeBps) }
    : { sold: (sellAmount * BASIS_POINTS) / (BASIS_POINTS + feeBps), bought: buyAmount };
}
