// Jupiter's quoter: GET /quote, exact in both directions. Solana's slot says how new the pools are that it looked at.
import type { QuoteSource } from '../../core/ports.ts';
import { OracleError } from './oracleError.ts';
import { amountOf, requestJson } from './requestJson.ts';

/** How many slots (0.4 s each) an answer may lie behind the newest that was seen: a minute. */
const SLOTS_BEHIND = 150;

/** @param input.url with the version, such as `https://host/swap/v1`; the path of the quote is added. */
export function createJupiterQuotes(input: { readonly url: string; readonly timeoutMs: number }): QuoteSource {
  const base = `${input.url.replace(/\/$/, '')}/quote`;
  const { host } = new URL(base);
  let newestSlot = 0;
  return {
    name: `jupiter ${host}`,
    async quote({ sell, buy, amount, exact }) {
      const swapMode = exact === 'sell' ? 'ExactIn' : 'ExactOut';
      const url = new URL(base);
      url.search = new URLSearchParams({
        inputMint: sell,
        outputMint: buy,
        amount: String(amount),
        swapMode,
        slippageBps: '0',
      }).toString();
      const answer = await requestJson(url, { timeoutMs: input.timeoutMs });
      if (answer.inputMint !== sell || answer.outputMint !== buy || answer.swapMode !== swapMode) {
        throw new OracleError({ code: 'badAnswer', message: `${host} answers another question.` });
      }
      const sold = amountOf(answer, 'inAmount', host);
      const bought = amountOf(answer, 'outAmount', host);
      if ((exact === 'sell' ? sold : bought) !== amount) {
        throw new OracleError({ code: 'badAnswer', message: `${host} answers for another amount than ${amount}.` });
      }
      const { contextSlot } = answer;
      if (typeof contextSlot !== 'number' || !Number.isSafeInteger(contextSlot) || contextSlot <= 0) {
        throw new OracleError({ code: 'badAnswer', message: `${host} names no slot.` });
      }
      if (contextSlot < newestSlot - SLOTS_BEHIND) {
        const message = `${host} looked at slot ${contextSlot}, after slot ${newestSlot}.`;
        throw new OracleError({ code: 'expired', message });
      }
      newestSlot = Math.max(newestSlot, contextSlot);
      return { sold, bought };
    },
  };
}
