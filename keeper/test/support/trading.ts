// What people do with an exchange, through the doors that they have: contracts, signed messages, the HTTP client.
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { developmentKey, EXECUTOR, FEE_ACCOUNT, INSURANCE_ACCOUNT } from '../../src/cli/devnet/accounts.ts';
import { type DevnetChain, mint, tokenBalance } from '../../src/cli/devnet/chainAccess.ts';
import { waitUntil } from '../../src/cli/devnet/waitUntil.ts';
import { parseUnits } from '../../src/cli/support/units.ts';
import { type Deposit, depositNative, depositToken } from '../../src/client/deposit.ts';
import { KeeperApiError } from '../../src/client/keeperApiError.ts';
import type { KeeperClient, LatestCheckpoint } from '../../src/client/keeperClient.ts';
import { signBatch, signWithdrawalRequest } from '../../src/client/signing.ts';
import {
  ACTION_CANCEL_ALL,
  ACTION_PLACE,
  type Action,
  type Address,
  BUY,
  type Hex,
  SELL,
} from '../../src/core/commands.ts';
import type { BatchMessage, WithdrawalRequestMessage } from '../../src/core/typedMessages.ts';
import type { LiveDevnet } from './liveDevnet.ts';

export const WETH_USDC = 1;
export const MEME_USDC = 2;
const LIVES_MS = 120_000;

/** By index: deriving one from the mnemonic takes some twenty milliseconds. */
const accounts = new Map<number, PrivateKeyAccount>();

export function accountOf(index: number): PrivateKeyAccount {
  const account = accounts.get(index) ?? privateKeyToAccount(developmentKey(index).privateKey);
  accounts.set(index, account);
  return account;
}

export function addressOf(index: number): Address {
  return accountOf(index).address.toLowerCase() as Address;
}

/** Atoms of a symbol on a chain. */
export function atoms(live: LiveDevnet, chain: DevnetChain, amount: string, symbol: string): bigint {
  const listed = live.assets.find((asset) => asset.symbol === symbol)?.tokens;
  const decimals = listed?.find(({ chainId }) => chainId === chain.chainId)?.decimals;
  if (decimals === undefined) throw new Error(`${symbol} is not listed on the ${chain.name} chain`);
  return parseUnits(amount, { decimals, what: symbol });
}

export function tokenOf(chain: DevnetChain, symbol: string): Address {
  return chain.deployment.tokens[symbol] as Address;
}

// Deposits.

export interface DepositOrder {
  readonly chain: DevnetChain;
  /** Who pays. */
  readonly from: number;
  readonly symbol: string;
  readonly amount: string;
  /** The payer himself when left out. */
  readonly account?: Address;
  readonly subaccount?: number;
  /** In the chain's own coin, through the router. */
  readonly native?: boolean;
}

export async function deposit(live: LiveDevnet, order: DepositOrder): Promise<Deposit> {
  const { chain, from, symbol, account = addressOf(from), subaccount = 0, native = false } = order;
  const { registry, router } = chain.deployment;
  const token = tokenOf(chain, symbol);
  const amount = atoms(live, chain, order.amount, symbol);
  const input = { wallet: chain.wallet(from), reader: chain.reader, registry, account, subaccount, amount };
  if (native) return depositNative({ ...input, router });
  if (symbol === 'WETH') await wrap(chain, { token, from, amount });
  else await mint(chain, { token, index: from, amount });
  return depositToken({ ...input, token });
}

async function wrap(chain: DevnetChain, input: { token: Address; from: number; amount: bigint }): Promise<void> {
  const hash = await chain.wallet(input.from).sendTransaction({ to: input.token, value: input.amount });
  const { status } = await chain.reader.waitForTransactionReceipt({ hash });
  if (status !== 'success') throw new Error(`no WETH on the ${chain.name} chain`);
}

/** Deposits one after the other for each payer, and waits until all are credited. */
export async function depositAll(live: LiveDevnet, orders: readonly DepositOrder[]): Promise<void> {
  const before = await vaultSums(live.keeper);
  const payers = Map.groupBy(orders, ({ from }) => from);
  await Promise.all(
    [...payers.values()].map(async (own) => {
      for (const order of own) await deposit(live, order);
    }),
  );
  const wanted = new Map(before);
  for (const { amount, symbol } of orders) {
    wanted.set(symbol, (wanted.get(symbol) ?? 0n) + parseUnits(amount, { decimals: 18, what: symbol }));
  }
  await waitUntil('the deposits to be credited', async () => {
    const now = await vaultSums(live.keeper);
    return [...wanted].every(([symbol, sum]) => (now.get(symbol) ?? 0n) >= sum) || undefined;
  });
}

/** 10⁻¹⁸ of each asset that the keeper knows to be in the vaults. */
async function vaultSums(keeper: KeeperClient): Promise<Map<string, bigint>> {
  return new Map((await keeper.solvency()).map(({ symbol, vaults }) => [symbol, BigInt(vaults)]));
}

// Batches.

const UNUSED: Omit<Action, 'kind' | 'account'> = {
  subaccount: 0,
  book: 0,
  side: 0,
  timeInForce: 0,
  flags: 0,
  price: 0,
  quantity: 0,
  orderId: 0,
  clientId: 0,
  expiry: 0,
  maxFeePpm: 1_000,
};

/** A limit order of `quantity` lots at `price` ticks that rests until it is filled or cancelled. */
export function place(
  side: 'buy' | 'sell',
  order: Partial<Action> & { readonly account: Address; readonly price: number; readonly quantity: number },
): Action {
  return { ...UNUSED, kind: ACTION_PLACE, book: WETH_USDC, side: side === 'buy' ? BUY : SELL, ...order };
}

export function cancelAll(account: Address, book = 0): Action {
  return { ...UNUSED, kind: ACTION_CANCEL_ALL, account, book };
}

export interface SignedBatch {
  readonly message: BatchMessage;
  readonly signature: Hex;
}

let newestNonce = Date.now();
/** Batch nonces grow; nonces of withdrawals only differ. */
export function nextNonce(): number {
  newestNonce = Math.max(newestNonce + 1, Date.now());
  return newestNonce;
}

/** Signed by the executor unless `signer` says otherwise; `changes` are signed, too. */
export async function sign(
  { devnet: { domain } }: LiveDevnet,
  actions: readonly Action[],
  { signer = EXECUTOR, ...changes }: Partial<BatchMessage> & { readonly signer?: number } = {},
): Promise<SignedBatch> {
  const message = {
    executor: addressOf(EXECUTOR),
    epoch: 1,
    nonce: nextNonce(),
    deadline: Date.now() + LIVES_MS,
    makersFirst: false,
    actions,
    ...changes,
  };
  return { message, signature: await signBatch({ account: accountOf(signer), domain, message }) };
}

/** Signs and submits; every item must be accepted. Returns the journal's sequence and the order ids. */
export async function trade(
  live: LiveDevnet,
  actions: readonly Action[],
  changes: Partial<BatchMessage> & { readonly keeper?: KeeperClient } = {},
): Promise<{ readonly sequence: number; readonly orderIds: readonly number[] }> {
  const { keeper = live.keeper, ...fields } = changes;
  const { sequence, result } = await keeper.submitBatch(await sign(live, actions, fields));
  const items = result.code === 'ok' ? (result.items ?? []) : [];
  const refused = items.find(({ code }) => code !== 'ok');
  if (items.length !== actions.length || refused !== undefined) {
    throw new Error(`not everything was accepted: ${JSON.stringify(refused ?? result)}`);
  }
  return { sequence, orderIds: items.flatMap((item) => ('orderId' in item ? [item.orderId] : [])) };
}

// Withdrawals.

interface WithdrawalOrder {
  readonly chain: DevnetChain;
  readonly from: number;
  readonly symbol: string;
  readonly amount: string;
}

export interface SignedWithdrawal {
  readonly message: WithdrawalRequestMessage;
  readonly signature: Hex;
}

/** Signed by the account unless `signer` says otherwise; `changes` are signed, too. */
export async function signWithdrawal(
  live: LiveDevnet,
  { chain, from, symbol, amount }: WithdrawalOrder,
  { signer = from, ...changes }: Partial<WithdrawalRequestMessage> & { readonly signer?: number } = {},
): Promise<SignedWithdrawal> {
  const message = {
    account: addressOf(from),
    subaccount: 0,
    chainId: chain.chainId,
    token: tokenOf(chain, symbol),
    amount: atoms(live, chain, amount, symbol),
    recipient: addressOf(from),
    nonce: BigInt(nextNonce()),
    deadline: Date.now() + LIVES_MS,
    ...changes,
  };
  const { domain } = live.devnet;
  return { message, signature: await signWithdrawalRequest({ account: accountOf(signer), domain, message }) };
}

/** Requests a withdrawal and returns its nonce. */
export async function requestWithdrawal(
  live: LiveDevnet,
  order: WithdrawalOrder,
  { keeper = live.keeper, ...changes }: Partial<WithdrawalRequestMessage> & { readonly keeper?: KeeperClient } = {},
): Promise<bigint> {
  const signed = await signWithdrawal(live, order, changes);
  await keeper.requestWithdrawal(signed);
  return signed.message.nonce;
}

/** What becomes of one that nobody cancels. */
const STAGES = ['queued', 'posted', 'final', 'executed'];

/** Waits until a withdrawal has that status, or one of those that come after it: a look may be too late to see it. */
export async function untilWithdrawal(
  live: LiveDevnet,
  wanted: { readonly of: number; readonly nonce: bigint; readonly status: string; readonly keeper?: KeeperClient },
): Promise<void> {
  const { of, nonce, status, keeper = live.keeper } = wanted;
  const enough = STAGES.includes(status) ? STAGES.slice(STAGES.indexOf(status)) : [status];
  await waitUntil(`withdrawal ${nonce} to be ${status}`, async () => {
    const known = await keeper.withdrawals({ address: addressOf(of) });
    return known.some((each) => each.nonce === String(nonce) && enough.includes(each.status)) || undefined;
  });
}

/** Atoms of a symbol in a wallet. */
export function walletOf(chain: DevnetChain, symbol: string, owner: number): Promise<bigint> {
  return tokenBalance(chain, { token: tokenOf(chain, symbol), owner: addressOf(owner) });
}

// Looking.

/** What the keeper says of each balance that is not zero, by account and symbol: "amount (reserved)". */
export type Balances = Readonly<Record<string, string>>;

/** Of these people, and of the accounts for fees and insurance. */
export async function balancesOf(keeper: KeeperClient, people: readonly number[]): Promise<Balances> {
  const all = [...people, FEE_ACCOUNT, INSURANCE_ACCOUNT].map((index) =>
    keeper.accounts({ address: addressOf(index) }),
  );
  const entries = (await Promise.all(all))
    .flat()
    .flatMap(({ address, subaccount, balances }) =>
      balances.map(({ symbol, amount, reserved }) => [
        `${address}/${subaccount} ${symbol}`,
        reserved === '0' ? amount : `${amount} (${reserved})`,
      ]),
    );
  return Object.fromEntries(entries.toSorted()) as Balances;
}

export async function balanceOf(
  keeper: KeeperClient,
  { of, symbol, subaccount = 0 }: { readonly of: number; readonly symbol: string; readonly subaccount?: number },
): Promise<bigint> {
  const accounts = await keeper.accounts({ address: addressOf(of) });
  const balances = accounts.find((account) => account.subaccount === subaccount)?.balances;
  return BigInt(balances?.find((balance) => balance.symbol === symbol)?.amount ?? 0);
}

/** By asset, vaults − accounts − withdrawals: all "0". */
export async function solvencyDifferences(keeper: KeeperClient): Promise<Readonly<Record<string, string>>> {
  return Object.fromEntries((await keeper.solvency()).map(({ symbol, difference }) => [symbol, difference]));
}
export const SOLVENT = { WETH: '0', USDC: '0', MEME: '0' };

/** Atoms in the vaults as the keeper counts them, and as the tokens themselves say. Equal when nothing is under way. */
export async function vaults(live: LiveDevnet, keeper = live.keeper) {
  const counted: Record<string, string> = {};
  for (const { symbol, perChain } of await keeper.solvency()) {
    for (const { chainId, atoms: held } of perChain) counted[`${chainId} ${symbol}`] = held;
  }
  const real: Record<string, string> = {};
  for (const chain of [live.home, live.second]) {
    for (const [symbol, token] of Object.entries(chain.deployment.tokens)) {
      if (counted[`${chain.chainId} ${symbol}`] === undefined) continue;
      const owner = chain.deployment.registry;
      real[`${chain.chainId} ${symbol}`] = String(await tokenBalance(chain, { token, owner }));
    }
  }
  return { counted, real };
}

/** Waits until a final checkpoint holds a place in the journal. */
export function untilFinal(keeper: KeeperClient, sequence: number): Promise<LatestCheckpoint> {
  return waitUntil(`a final checkpoint with entry ${sequence}`, async () => {
    const newest = await keeper.latestCheckpoint();
    return newest?.final && newest.journalIndex >= sequence ? newest : undefined;
  });
}

export function untilLeading(keeper: KeeperClient, epoch = 1): Promise<true> {
  return waitUntil(`the keeper at ${keeper.url} to lead in epoch ${epoch}`, async () => {
    const health = await keeper.health();
    return (health.role === 'leader' && health.epoch === epoch && health.sequence > 0) || undefined;
  });
}

/** The refusal of a call that must not be accepted. */
export async function refusalOf(call: Promise<unknown>): Promise<KeeperApiError> {
  const outcome = await call.then(
    (value) =>
      new Error(`accepted: ${JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part))}`),
    (error: unknown) => error,
  );
  if (outcome instanceof KeeperApiError) return outcome;
  throw outcome;
}
