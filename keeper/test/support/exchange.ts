// A small exchange without chains: commands as data, log entries as the contracts would emit them.

import type { Action, Address, Command, Hex, LogEntry } from '../../src/core/commands.ts';
import {
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_PLACE,
  GOOD_TILL_CANCELLED,
  type Side,
} from '../../src/core/commands.ts';
import type { ActionResult, Outcome } from '../../src/core/events.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import { encodeEntry } from '../../src/core/logEncoding.ts';
import { createState, type Genesis, type State, sourceKey } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';

export const HOME = 31337;
export const SECOND = 31338;

/** An address that stands for a name. */
export function addressOf(name: string): Address {
  return `0x${keccak256Hex(Uint8Array.from(name, (character) => character.charCodeAt(0) & 127)).slice(26)}`;
}

export const GENESIS: Genesis = {
  homeChainId: HOME,
  authority: addressOf('authority'),
  checkpointer: addressOf('checkpointer'),
  directory: addressOf('directory'),
};
export const REGISTRY = addressOf('registry');
export const EXECUTOR = addressOf('executor');
export const FEES = addressOf('fees');
export const INSURANCE = addressOf('insurance');

export const ETH = 1;
export const USD = 2;
export const MEME = 3;
export const ETH_USD = 1;
export const MEME_USD = 2;
export const EPOCH = 1;

/** Tokens by asset and chain. ETH has 18 decimals everywhere, USD 6 and 18, MEME 2 and 9. */
export const TOKENS = {
  ethHome: { chainId: HOME, token: addressOf('weth'), asset: ETH, decimals: 18 },
  ethSecond: { chainId: SECOND, token: addressOf('weth'), asset: ETH, decimals: 18 },
  usdHome: { chainId: HOME, token: addressOf('usdc'), asset: USD, decimals: 6 },
  usdSecond: { chainId: SECOND, token: addressOf('usdc second'), asset: USD, decimals: 18 },
  memeHome: { chainId: HOME, token: addressOf('meme'), asset: MEME, decimals: 2 },
  memeSecond: { chainId: SECOND, token: addressOf('meme second'), asset: MEME, decimals: 9 },
} as const;

export interface TestExchange {
  state: State;
  sequence: number;
  time: number;
  /** Block numbers and seconds of both chains go up by one with every log command. */
  block: number;
  batchNonce: number;
  /** Everything applied so far. */
  readonly commands: { sequence: number; command: Command }[];
}

/** A command before it gets its time. */
type Draft = Command extends infer C ? (C extends Command ? Omit<C, 'time'> & { time?: number } : never) : never;

export function apply(exchange: TestExchange, draft: Draft): Outcome {
  const command = { ...draft, time: draft.time ?? exchange.time } as Command;
  exchange.time = command.time;
  exchange.sequence++;
  exchange.commands.push({ sequence: exchange.sequence, command });
  return step(exchange.state, exchange.sequence, command);
}

export function emptyExchange(): TestExchange {
  return { state: createState(GENESIS), sequence: 0, time: 1_700_000_000_000, block: 1, batchNonce: 0, commands: [] };
}

type AnyEntry = Parameters<typeof encodeEntry>[0];

interface LogOptions {
  /** Seconds, of the block. */
  readonly timestamp?: number;
  /** Depositors that are contracts there. */
  readonly contracts?: readonly Address[];
}

/** What one contract's log says next, complete up to a new block. */
export function log(
  exchange: TestExchange,
  source: { readonly chainId: number; readonly contract: Address },
  entries: readonly (AnyEntry | LogEntry)[],
  { timestamp = Math.floor(exchange.time / 1000), contracts = [] }: LogOptions = {},
): Outcome {
  exchange.block++;
  const { chainId, contract } = source;
  return apply(exchange, {
    type: 'log',
    chainId,
    contract,
    firstIndex: exchange.state.sources.get(sourceKey(chainId, contract))?.index ?? 0,
    entries: entries.map((entry) => ('kind' in entry ? entry : encodeEntry(entry))),
    contracts,
    block: { number: exchange.block, hash: hashOf(exchange.block), timestamp },
  });
}

export function directoryLog(exchange: TestExchange, entries: readonly (AnyEntry | LogEntry)[]): Outcome {
  return log(exchange, { chainId: HOME, contract: GENESIS.directory }, entries);
}

export function registryLog(
  exchange: TestExchange,
  chainId: number,
  entries: readonly (AnyEntry | LogEntry)[],
  options: LogOptions = {},
): Outcome {
  return log(exchange, { chainId, contract: REGISTRY }, entries, options);
}

/** What the Directory lists: two chains, three assets, two open books and an executor. */
export function listings(executor = EXECUTOR): AnyEntry[] {
  return [
    ...[HOME, SECOND].map((chainId) => ({
      type: 'chainListed' as const,
      chainId,
      registry: REGISTRY,
      authority: GENESIS.authority,
      finality: 0,
      heartbeatSeconds: 300,
    })),
    { type: 'assetListed', asset: ETH, symbol: 'ETH', ledgerDecimals: 9 },
    { type: 'assetListed', asset: USD, symbol: 'USD', ledgerDecimals: 6 },
    { type: 'assetListed', asset: MEME, symbol: 'MEME', ledgerDecimals: 3 },
    ...Object.values(TOKENS).map((token) => ({ type: 'assetTokenListed' as const, ...token })),
    { type: 'bookListed', book: ETH_USD, base: ETH, quote: USD, lotSize: 1_000_000, tickSize: 10 },
    { type: 'bookChanged', book: ETH_USD, makerFeePpm: 200, takerFeePpm: 500, status: 0 },
    { type: 'bookListed', book: MEME_USD, base: MEME, quote: USD, lotSize: 1, tickSize: 1 },
    { type: 'bookChanged', book: MEME_USD, makerFeePpm: 1_000, takerFeePpm: 1_000, status: 0 },
    { type: 'executorChanged', executor },
    { type: 'settlerChanged', settler: addressOf('settler'), encryptionKey: `0x02${'11'.repeat(32)}` },
    { type: 'feeAccountChanged', account: FEES },
    { type: 'insuranceAccountChanged', account: INSURANCE },
  ];
}

/** Two chains, three assets, two open books, an executor and a leader. */
export function openExchange(): TestExchange {
  const exchange = emptyExchange();
  directoryLog(exchange, listings());
  log(exchange, { chainId: HOME, contract: GENESIS.authority }, [
    { type: 'leaderChanged', leader: addressOf('leader'), epoch: EPOCH },
  ]);
  return exchange;
}

/** A deposit of atoms as the registry logs it. */
export function deposit(
  exchange: TestExchange,
  token: { readonly chainId: number; readonly token: Address },
  owner: Address,
  amount: bigint,
  subaccount = 0,
): Outcome {
  return registryLog(exchange, token.chainId, [
    { type: 'deposited', token: token.token, amount, account: owner, subaccount, payer: owner },
  ]);
}

/** As much as the Directory can say. */
export const NO_LIMIT = 2n ** 53n - 1n;

type RiskListing = Extract<AnyEntry, { type: 'assetRiskChanged' }>;

/** An asset whose weights are so many millionths from 1, either way; scaled or capped only where `more` says so. */
export function riskListing(
  asset: number,
  { init, maint }: { readonly init: number; readonly maint: number },
  more: Partial<RiskListing> = {},
): RiskListing {
  return {
    type: 'assetRiskChanged',
    asset,
    initAssetWeightPpm: 1_000_000 - init,
    initLiabilityWeightPpm: 1_000_000 + init,
    maintAssetWeightPpm: 1_000_000 - maint,
    maintLiabilityWeightPpm: 1_000_000 + maint,
    liquidationFeePpm: 0,
    depositScaleStart: NO_LIMIT,
    borrowScaleStart: NO_LIMIT,
    borrowCap: NO_LIMIT,
    ...more,
  };
}

/** The Directory makes an account a margin account. */
export function grantCredit(
  exchange: TestExchange,
  account: Address,
  { tier = 1, debtLimit = NO_LIMIT, subaccount = 0 } = {},
): Outcome {
  return directoryLog(exchange, [
    { type: 'creditTierChanged', tier, debtLimit },
    { type: 'accountCreditChanged', account, subaccount, tier },
  ]);
}

const NO_ACTION: Action = {
  kind: ACTION_PLACE,
  account: addressOf('nobody'),
  subaccount: 0,
  book: 0,
  side: 0,
  timeInForce: GOOD_TILL_CANCELLED,
  flags: 0,
  price: 0,
  quantity: 0,
  orderId: 0,
  clientId: 0,
  expiry: 0,
  maxFeePpm: 0,
};

export function place(
  account: Address,
  book: number,
  side: Side,
  price: number,
  quantity: number,
  more: Partial<Action> = {},
): Action {
  return { ...NO_ACTION, account, book, side, price, quantity, ...more };
}

export function cancel(account: Address, orderId: number, more: Partial<Action> = {}): Action {
  return { ...NO_ACTION, kind: ACTION_CANCEL, account, orderId, ...more };
}

export function cancelAll(account: Address, book = 0, more: Partial<Action> = {}): Action {
  return { ...NO_ACTION, kind: ACTION_CANCEL_ALL, account, book, ...more };
}

/** A batch of the executor with the next nonce. */
export function batch(exchange: TestExchange, actions: readonly Action[], more: object = {}): Outcome {
  exchange.batchNonce++;
  return apply(exchange, {
    type: 'batch',
    executor: EXECUTOR,
    epoch: EPOCH,
    nonce: exchange.batchNonce,
    deadline: exchange.time + 10_000,
    makersFirst: false,
    actions,
    ...more,
  });
}

/** A batch of one action, and its result. */
export function act(exchange: TestExchange, action: Action): ActionResult {
  const { result } = batch(exchange, [action]);
  if (result.code !== 'ok' || result.items?.[0] === undefined) throw new Error(`the batch was refused: ${result.code}`);
  return result.items[0];
}

/** Units, reserved units and dust of an account. */
export function balanceOf(
  exchange: TestExchange,
  owner: Address,
  assetId: number,
  subaccount = 0,
): { units: number; reserved: number; dust: bigint } {
  const { ledger } = exchange.state.exchange;
  const asset = ledger.assets.find(({ id }) => id === assetId);
  const account = ledger.accountByKey.get(subaccount === 0 ? owner : `${owner}/${subaccount}`);
  if (asset === undefined || account === undefined) throw new Error('no such balance');
  return {
    units: asset.units[account] as number,
    reserved: asset.reserved[account] as number,
    dust: asset.dust[account] as bigint,
  };
}

export function hashOf(number: number): Hex {
  return `0x${number.toString(16).padStart(64, '0')}`;
}
