// Seeded trading on several connections, and an independent account of what it must lead to.
import { EXECUTOR, FEE_ACCOUNT } from '../../src/cli/devnet/accounts.ts';
import { KeeperApiError } from '../../src/client/keeperApiError.ts';
import type { KeeperClient } from '../../src/client/keeperClient.ts';
import type { BatchAnswer } from '../../src/core/api.ts';
import type { Action } from '../../src/core/commands.ts';
import { IMMEDIATE_OR_CANCEL } from '../../src/core/commands.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import type { OrderView } from '../../src/core/views.ts';
import type { LiveDevnet } from './liveDevnet.ts';
import { createNaive, type Naive, naiveFeeAccount, ownerOf } from './naiveEngine.ts';
import { naiveBatch, naiveChangeBook, naiveListBook } from './naiveOrders.ts';
import { naiveDeposit } from './naiveWithdrawals.ts';
import { createRandom, type Random } from './random.ts';
import {
  accountOf,
  addressOf,
  atoms,
  cancelAll,
  type DepositOrder,
  nextNonce,
  place,
  type SignedBatch,
  tokenOf,
  WETH_USDC,
} from './trading.ts';

const CONNECTIONS = 4;
/** Items of a batch, from a single one to a full one. */
export const ALL_SIZES = [1, 1, 1, 2, 5, 20, 100, 1_024];
export const SMALL_SIZES = [1, 1, 1, 2, 5, 20];
const MIDDLE_PRICE = 300_000;
const HALF_SPREAD = 20;
const LARGEST_QUANTITY = 20;
const LIVES_MS = 600_000;

/** A batch as it was sent, and what came back. */
export interface Sent {
  readonly batch: SignedBatch;
  /** undefined: nobody knows, the line broke. */
  readonly outcome: BatchAnswer | KeeperApiError | undefined;
}

export interface Load {
  /** Resolves when the keeper has accepted one. */
  readonly accepted: Promise<void>;
  /** Stops to send; resolves with everything that was sent when all connections are quiet. */
  stop(): Promise<readonly Sent[]>;
}

/** Trades for these people until it is stopped, or until `batches` were sent. A broken line ends a connection. */
export function startLoad(
  live: LiveDevnet,
  input: {
    readonly seed: number;
    readonly people: readonly number[];
    readonly sizes: readonly number[];
    readonly batches?: number;
  },
): Load & { readonly done: Promise<void> } {
  const { seed, people, sizes, batches = Number.POSITIVE_INFINITY } = input;
  const random = createRandom(seed);
  const sent: Sent[] = [];
  const { promise: accepted, resolve: acceptedOne } = Promise.withResolvers<void>();
  let left = batches;
  let stopped = false;

  async function connection(): Promise<void> {
    while (!stopped && left-- > 0) {
      const batch = await signFast(live, randomActions(random, { people, length: random.pick(sizes) }));
      const outcome = await send(live.keeper, batch);
      sent.push({ batch, outcome });
      if (outcome === undefined) return;
      if (!(outcome instanceof KeeperApiError)) acceptedOne();
    }
  }

  const done = Promise.all(Array.from({ length: CONNECTIONS }, connection)).then(() => {});
  return {
    done,
    accepted,
    async stop() {
      stopped = true;
      await done;
      return sent;
    },
  };
}

export async function send(keeper: KeeperClient, batch: SignedBatch): Promise<Sent['outcome']> {
  try {
    return await keeper.submitBatch(batch);
  } catch (error) {
    if (!(error instanceof KeeperApiError)) throw error;
    return error.status === 0 ? undefined : error;
  }
}

/** As `sign`, without the slow way of wallets. */
async function signFast({ devnet: { domain } }: LiveDevnet, actions: readonly Action[]): Promise<SignedBatch> {
  const deadline = Date.now() + LIVES_MS;
  const executor = addressOf(EXECUTOR);
  const message = { executor, epoch: 1, nonce: nextNonce(), deadline, makersFirst: false, actions };
  return { message, signature: await accountOf(EXECUTOR).sign({ hash: digestOf('Batch', domain, message) }) };
}

function randomActions(
  random: Random,
  batch: { readonly people: readonly number[]; readonly length: number },
): Action[] {
  const { people, length } = batch;
  return Array.from({ length }, () => {
    const account = addressOf(random.pick(people));
    const kind = random.below(100);
    if (kind < 3) return cancelAll(account, WETH_USDC);
    const side = random.pick(['buy', 'sell'] as const);
    const price = MIDDLE_PRICE + random.below(2 * HALF_SPREAD) - HALF_SPREAD;
    const order = { account, price, quantity: 1 + random.below(LARGEST_QUANTITY) };
    if (kind < 5) return place(side, { ...order, book: 99 });
    return place(side, kind < 25 ? { ...order, timeInForce: IMMEDIATE_OR_CANCEL } : order);
  });
}

/** The listings of the devnet and these deposits, in the slow engine of the tests. */
export async function naiveExchange(live: LiveDevnet, deposits: readonly DepositOrder[]): Promise<Naive> {
  const naive = createNaive();
  for (const { asset: id, symbol, ledgerDecimals, tokens } of live.assets) {
    naive.assets.set(id, { id, symbol, ledgerDecimals });
    for (const { chainId, token, decimals } of tokens) {
      naive.tokens.set(`${chainId}:${token}`, { chainId, token, asset: id, decimals });
    }
  }
  for (const { book: id, base, quote, lotSize, tickSize, makerFeePpm, takerFeePpm } of await live.keeper.books()) {
    const sizes = { lotSize: Number(lotSize), tickSize: Number(tickSize) };
    naiveListBook(naive, { id, base: base.asset, quote: quote.asset, ...sizes });
    naiveChangeBook(naive, { id, makerFeePpm, takerFeePpm, status: 0 });
  }
  naiveFeeAccount(naive, addressOf(FEE_ACCOUNT));
  for (const { chain, from, symbol, amount, account = addressOf(from), subaccount = 0 } of deposits) {
    const token = tokenOf(chain, symbol);
    const { chainId } = chain;
    naiveDeposit(naive, { chainId, token, account, subaccount, amount: atoms(live, chain, amount, symbol) });
  }
  return naive;
}

/** Applies a batch; what each item must have been answered, without the details of refusals. */
export function expectedItems(naive: Naive, sequence: number, { message }: SignedBatch): unknown[] {
  return naiveBatch(naive, { sequence, time: 0, ...message }).map(withoutDetails);
}

export function itemsOf({ result }: BatchAnswer): unknown[] | undefined {
  return 'items' in result ? result.items?.map(withoutDetails) : undefined;
}

function withoutDetails({ code, ...rest }: { readonly code: string }): object {
  return code === 'ok' ? { code, ...rest } : { code };
}

type Book = Readonly<
  Record<string, Pick<OrderView, 'book' | 'side' | 'price' | 'remaining'> & { readonly address: string }>
>;

/** Balances (10⁻¹⁸ of the asset; not zero) and open orders of these people and the fee account, as the keeper says. */
export async function keeperSays(keeper: KeeperClient, people: readonly number[]) {
  const balances: Record<string, bigint> = {};
  const reserved: Record<string, bigint> = {};
  const orders: Record<string, Book[string]> = {};
  for (const address of [...people, FEE_ACCOUNT].map(addressOf)) {
    for (const account of await keeper.accounts({ address })) {
      for (const { asset, decimals, amount, reserved: held, dust } of account.balances) {
        const key = `${ownerOf(address, account.subaccount)}|${asset}`;
        const unit = 10n ** BigInt(18 - decimals);
        balances[key] = BigInt(amount) * unit + BigInt(dust);
        reserved[key] = BigInt(held) * unit;
      }
    }
    for (const { orderId, book, side, price, remaining } of await keeper.allOrders({ address })) {
      orders[orderId] = { address, book, side, price, remaining };
    }
  }
  return { balances: notZero(balances), reserved: notZero(reserved), orders };
}

/** The same, as the slow engine says. */
export function naiveSays(naive: Naive) {
  const orders: Record<string, Book[string]> = {};
  for (const { id, owner, book, side, price, remaining } of naive.orders.values()) {
    const address = owner.split('/')[0] as string;
    const [sideName, ticks, lots] = [side === 0 ? 'buy' : 'sell', Number(price), Number(remaining)] as const;
    orders[String(id)] = { address, book: book.id, side: sideName, price: ticks, remaining: lots };
  }
  const { balances, reserved } = naive;
  return { balances: notZero(Object.fromEntries(balances)), reserved: notZero(Object.fromEntries(reserved)), orders };
}

function notZero(amounts: Readonly<Record<string, bigint>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== 0n));
}
