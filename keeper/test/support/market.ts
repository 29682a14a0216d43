// A market in plain words, for tests that read like a specification. Sentences are orders:
//
//   ann sells 5 at 100                      ben buys 8 at 101 IOC          (or FOK, until 900: milliseconds from the start)
//   ben buys 8 at 100 post-only             ben buys for 5000 at 100 IOC   (a budget in quote units; "at" may be left out)
//   ann sells 5 at 100 decrement            (or expire taker, expire both)
//   ann sells 5 at 100 max fee 300          ann/7 sells 5 at 100           (subaccount 7)
//   ben buys 5 at 100 #3                    (client id 3)
//   ben amends #3 to 4 at 101               ben amends #3 to 4             ben amends #3 at 101 post-only
//   ben cancels #3                          ben cancels all                ben cancels all after 500
import {
  ACTION_AMEND,
  ACTION_CANCEL_ALL_AFTER,
  type Action,
  type Address,
  BUY,
  DECREMENT,
  EXPIRE_BOTH,
  EXPIRE_TAKER,
  FILL_OR_KILL,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  POST_ONLY,
  QUOTE_BUDGET,
  REDUCE_ONLY,
  SELF_TRADE_SHIFT,
  SELL,
} from '../../src/core/commands.ts';
import type { ActionResult, CoreEvent } from '../../src/core/events.ts';
import { addressOf, cancel, cancelAll, ETH, ETH_USD, place, USD } from './exchange.ts';
import type { Op, TradingEngine } from './twoEngines.ts';

/** A lot is a million units of ETH, a lot at a tick 10 units of USD; makers pay 200 ppm, takers 500. */
export const LOT = 1_000_000;
export const TICK = 10;
/** Of ETH and of USD, for each of ann, ben and cat. */
export const FUNDS = 1_000_000_000_000;
const START = 1_700_000_000_000;
const PEOPLE = ['ann', 'ben', 'cat'];
const nameOf = new Map(PEOPLE.map((name): [Address, string] => [addressOf(name), name]));

export interface Market {
  /** Says one sentence, alone or several as a batch; answers in words, one for each. */
  say(...sentences: readonly string[]): string[];
  /** The same, makers first. */
  sayMakersFirst(...sentences: readonly string[]): string[];
  /** One action as it is, and its answer in words. */
  act(action: Action): string;
  /** Several actions in one batch. */
  batch(actions: readonly Action[]): readonly ActionResult[];
  /** Lets milliseconds pass; what is due then expires. */
  wait(milliseconds: number): void;
  setBook(terms: { readonly makerFeePpm?: number; readonly takerFeePpm?: number; readonly status?: number }): void;
  /** The executor's stream is cut. */
  loseExecutor(): void;
  /** Open orders, buys first, each side in its priority. */
  book(): string[];
  /** What the last command did: trades as "5 at 100: ben from ann", and what became of orders without trading. */
  trades(): string[];
  losses(): string[];
  /** Units of an asset, and of them those put aside. */
  balance(name: string, asset: number): { readonly units: number; readonly reserved: number };
}

export function openMarket(engine: TradingEngine): Market {
  let sequence = 9;
  let time = START;
  let events: readonly CoreEvent[] = [];
  const tell = (op: object): readonly ActionResult[] => {
    const result = engine.apply({ sequence: ++sequence, time, ...op } as Op);
    engine.validate();
    events = result.events;
    return result.items;
  };
  for (const name of PEOPLE) {
    for (const asset of [ETH, USD]) {
      tell({ type: 'deposit', account: addressOf(name), subaccount: 0, asset, units: BigInt(FUNDS) });
    }
  }
  const batch = (actions: readonly Action[], makersFirst = false) => tell({ type: 'batch', makersFirst, actions });
  const terms = { makerFeePpm: 200, takerFeePpm: 500, status: 0 };

  return {
    say: (...sentences) => batch(sentences.map(actionOf)).map(answerText),
    sayMakersFirst: (...sentences) => batch(sentences.map(actionOf), true).map(answerText),
    act: (action) => batch([action]).map(answerText).join(),
    batch,
    wait(milliseconds) {
      time += milliseconds;
      tell({ type: 'tick' });
    },
    setBook: (changes) => void tell({ type: 'book', book: ETH_USD, ...Object.assign(terms, changes) }),
    loseExecutor: () => void tell({ type: 'executorLost' }),
    book: () => engine.rows().flatMap((row) => orderText(row)),
    trades: () =>
      events.flatMap((event) => {
        if (event.type !== 'fill') return [];
        const [buyer, seller] = event.takerSide === BUY ? [event.taker, event.maker] : [event.maker, event.taker];
        return [`${event.quantity} at ${event.price}: ${ownerText(buyer)} from ${ownerText(seller)}`];
      }),
    losses: () =>
      events.flatMap((event) => {
        if (event.type !== 'orderCancelled' && event.type !== 'orderReduced') return [];
        const loses = event.type === 'orderCancelled' ? 'loses' : 'gives';
        return [`${ownerText(event.account)} ${loses} ${event.quantity} at ${event.price}: ${event.reason}`];
      }),
    balance(name, asset) {
      const row = engine.rows().find((line) => line.startsWith(`${addressOf(name)}/0 `));
      const unit = asset === ETH ? 10n ** 9n : 10n ** 12n;
      const [, units, reserved] = new RegExp(`\\b${asset}: (\\d+) (\\d+)`).exec(row ?? '') ?? [];
      return { units: Number(BigInt(units ?? -1) / unit), reserved: Number(BigInt(reserved ?? -1) / unit) };
    },
  };
}

/** What a sentence says. */
export function actionOf(sentence: string): Action {
  const [who, verb, ...words] = sentence.split(' ');
  const [name, subaccount] = (who as string).split('/');
  const account = addressOf(name as string);
  const more = { subaccount: Number(subaccount ?? 0), ...detailsOf(words) };
  if (verb === 'buys' || verb === 'sells') {
    return { ...place(account, ETH_USD, verb === 'buys' ? BUY : SELL, 0, 0), ...more };
  }
  if (verb === 'amends') return { ...place(account, 0, BUY, 0, 0), ...more, kind: ACTION_AMEND };
  if (verb !== 'cancels') throw new Error(`"${sentence}" says nothing`);
  if (words[0] !== 'all') return cancel(account, 0, more);
  if (words[1] !== 'after') return cancelAll(account, 0, { subaccount: more.subaccount });
  return { ...place(account, 0, BUY, 0, 0), kind: ACTION_CANCEL_ALL_AFTER, expiry: Number(words[2]) };
}

function detailsOf(words: readonly string[]): Partial<Action> {
  const details: { -readonly [K in keyof Action]?: Action[K] } = {};
  let flags = 0;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const next = () => Number(words[++i]);
    if (word.startsWith('#')) details.clientId = Number(word.slice(1));
    else if (word === 'at') details.price = next();
    else if (word === 'to') details.quantity = next();
    else if (word === 'for') {
      details.quantity = next();
      flags |= QUOTE_BUDGET;
    } else if (word === 'IOC') details.timeInForce = IMMEDIATE_OR_CANCEL;
    else if (word === 'FOK') details.timeInForce = FILL_OR_KILL;
    else if (word === 'until') {
      details.timeInForce = GOOD_TILL_TIME;
      details.expiry = START + next();
    } else if (word === 'post-only') flags |= POST_ONLY;
    else if (word === 'reduce-only') flags |= REDUCE_ONLY;
    else if (word === 'decrement') flags |= DECREMENT << SELF_TRADE_SHIFT;
    else if (word === 'expire') flags |= (words[++i] === 'both' ? EXPIRE_BOTH : EXPIRE_TAKER) << SELF_TRADE_SHIFT;
    else if (word === 'max') {
      i++;
      details.maxFeePpm = next();
    } else if (/^\d+$/.test(word)) details.quantity = Number(word);
    else if (word !== 'all' && word !== 'after') throw new Error(`"${word}" says nothing`);
  }
  return { ...details, flags };
}

function answerText(item: ActionResult): string {
  if (item.code !== 'ok') return item.code;
  if ('cancelled' in item) return `cancelled ${item.cancelled}`;
  const { filled, remaining, resting } = item;
  return remaining === 0 ? `filled ${filled}` : `filled ${filled}, ${remaining} ${resting ? 'rest' : 'gone'}`;
}

function ownerText({ address, subaccount }: { readonly address: Address; readonly subaccount: number }): string {
  return `${nameOf.get(address)}${subaccount === 0 ? '' : `/${subaccount}`}`;
}

function orderText(row: string): string[] {
  const [, address, subaccount, side, price, remaining] = /^order \d+ (\w+)\/(\d+) (\d) (\d+) (\d+)\//.exec(row) ?? [];
  if (address === undefined) return [];
  const owner = ownerText({ address: address as Address, subaccount: Number(subaccount) });
  return [`${owner} ${side === '0' ? 'buys' : 'sells'} ${remaining} at ${price}`];
}
