// Runs a file of commands through the core, so that anybody can compare it with another implementation. One JSON object
// per line; docs/replay.md describes them. Shorthands become the very commands that a keeper would journal.
import { assert } from './assertion.ts';
import { MAX_SAFE } from './assets.ts';
import type { Action, Address, Command, Hex, LogEntry } from './commands.ts';
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  FILL_OR_KILL,
  GOOD_TILL_CANCELLED,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  ZERO_ADDRESS,
} from './commands.ts';
import type { CommandResult, CoreEvent } from './events.ts';
import { encodeEntry } from './logEncoding.ts';
import type { DirectoryEntry, RegistryEntry } from './logEntries.ts';
import { type Fields, fieldsOf, ReplayError } from './replayFields.ts';
import { engineHash, stateHash } from './snapshot.ts';
import { createState, type Genesis, type State, sourceKey } from './state.ts';
import { step } from './step.ts';
import { ZERO_HASH } from './typedMessages.ts';

/** One line of the answer: what a command did, or, last, what the state is then. */
export type ReplayOutput =
  | {
      readonly line: number;
      readonly sequence: number;
      readonly type: Command['type'];
      readonly result: CommandResult;
      readonly events: readonly CoreEvent[];
    }
  | { readonly type: 'end'; readonly sequence: number; readonly stateHash: Hex; readonly engineHash: Hex };

/** A command whose missing fields follow from where it stands. */
type Line = {
  readonly [K in Command['type']]: Partial<Extract<Command, { type: K }>> & { readonly type: K };
}[Command['type']];

interface Replay {
  readonly state: State;
  sequence: number;
  block: number;
}

/** What a `setup` line uses where the line says nothing. */
const SETUP_CHAIN = 31337;
const SETUP_GENESIS: Genesis = {
  homeChainId: SETUP_CHAIN,
  authority: `0x${'a1'.repeat(20)}`,
  checkpointer: `0x${'a2'.repeat(20)}`,
  directory: `0x${'a3'.repeat(20)}`,
};
const SETUP_REGISTRY: Address = `0x${'a4'.repeat(20)}`;
const SETUP_LEADER: Address = `0x${'a5'.repeat(20)}`;
const SETUP_EXECUTOR: Address = `0x${'a6'.repeat(20)}`;
const SETUP_FEE_ACCOUNT: Address = `0x${'a7'.repeat(20)}`;

const KINDS: Readonly<Record<string, number>> = {
  place: ACTION_PLACE,
  cancel: ACTION_CANCEL,
  cancelAll: ACTION_CANCEL_ALL,
  amend: ACTION_AMEND,
  cancelAllAfter: ACTION_CANCEL_ALL_AFTER,
};
const SIDES: Readonly<Record<string, number>> = { buy: 0, sell: 1 };
const TIMES_IN_FORCE: Readonly<Record<string, number>> = {
  GTC: GOOD_TILL_CANCELLED,
  GTT: GOOD_TILL_TIME,
  IOC: IMMEDIATE_OR_CANCEL,
  FOK: FILL_OR_KILL,
};
const STATUSES: Readonly<Record<string, number>> = { open: 0, postOnly: 1, cancelOnly: 2, closed: 3 };

/**
 * Answers one output per command and, at the end, the hashes. Empty lines are skipped. Throws `ReplayError` with the
 * number of the line for what is no command, and `AssertionError` for a command that is impossible.
 */
export function* replay(text: string): Generator<ReplayOutput> {
  let current: Replay | undefined;
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
    const fields = fieldsOf(content, line);
    const type = fields.text('type');
    if (current === undefined) {
      current = begin(fields, type);
      if (type !== 'setup') continue;
      for (const command of setupCommands(fields)) yield run(current, line, command);
      fields.end();
      continue;
    }
    yield run(current, line, readLine(fields, type, current));
  }
  if (current === undefined) throw new ReplayError('there is no line: the first one is a genesis or a setup');
  const { state, sequence } = current;
  yield { type: 'end', sequence, stateHash: stateHash(state), engineHash: engineHash(state) };
}

function begin(fields: Fields, type: string): Replay {
  if (type === 'setup') return { state: createState(SETUP_GENESIS), sequence: 0, block: 0 };
  if (type !== 'genesis') throw fields.error('the first line must be a genesis or a setup');
  const genesis: Genesis = {
    homeChainId: fields.integer('homeChainId'),
    authority: fields.address('authority'),
    checkpointer: fields.address('checkpointer'),
    directory: fields.address('directory'),
  };
  fields.end();
  return { state: createState(genesis), sequence: 0, block: 0 };
}

function run(replayed: Replay, line: number, given: Line & { readonly sequence?: number }): ReplayOutput {
  const { sequence = replayed.sequence + 1, ...draft } = given;
  const command = complete(replayed, draft as Line);
  const { result, events } = step(replayed.state, sequence, command);
  replayed.sequence = sequence;
  return { line, sequence, type: command.type, result, events };
}

/** Fills in what the line leaves open: the time stands still, nonces and log indices go on. */
function complete(replayed: Replay, line: Line): Command {
  const { state } = replayed;
  const time = line.time ?? state.time;
  switch (line.type) {
    case 'batch':
      return {
        executor: state.executor,
        epoch: state.epoch,
        nonce: state.batchNonce + 1,
        deadline: time,
        makersFirst: false,
        actions: [],
        ...line,
        time,
      };
    case 'log': {
      const { chainId = SETUP_CHAIN, contract = SETUP_REGISTRY } = line;
      const firstIndex = state.sources.get(sourceKey(chainId, contract))?.index ?? 0;
      replayed.block = line.block?.number ?? replayed.block + 1;
      const block = { number: replayed.block, hash: ZERO_HASH, timestamp: Math.floor(time / 1000) };
      return { firstIndex, entries: [], contracts: [], block, ...line, chainId, contract, time };
    }
    default:
      return { ...line, time } as Command;
  }
}

// The lines.

function readLine(fields: Fields, type: string, { state }: Replay): Line & { readonly sequence?: number } {
  const line = type === 'deposit' ? readDeposit(fields, state) : readCommand(fields, type);
  const sequence = fields.optional('sequence', (name) => fields.integer(name));
  fields.end();
  return sequence === undefined ? line : { ...line, sequence };
}

function readCommand(fields: Fields, type: string): Line {
  const time = fields.optional('time', (name) => fields.integer(name));
  const at = time === undefined ? {} : { time };
  switch (type) {
    case 'batch':
      return { type, ...at, ...readBatch(fields) };
    case 'place':
    case 'cancel':
    case 'cancelAll':
    case 'amend':
    case 'cancelAllAfter':
      return { type: 'batch', ...at, actions: [readAction(fields, KINDS[type])] };
    case 'requestWithdrawal':
      return { type, ...at, ...readWithdrawal(fields) };
    case 'cancelWithdrawal':
      return {
        type,
        ...at,
        account: fields.address('account'),
        chainId: fields.integer('chainId'),
        nonce: fields.big('nonce'),
      };
    case 'log':
      return { type, ...at, ...readLog(fields) };
    case 'answerForced':
      return { type, ...at, ...readAnswerForced(fields) };
    case 'cutCheckpoint':
    case 'tick':
      return { type, ...at };
    case 'executorLost':
      return { type, ...at, executor: fields.address('executor') };
    case 'prices':
      return { type, ...at, prices: fields.list('prices').map(readPrice) };
    default:
      throw fields.error(`unknown type ${type}`);
  }
}

function readPrice(fields: Fields): Extract<Command, { type: 'prices' }>['prices'][number] {
  const price = {
    asset: fields.integer('asset'),
    time: fields.integer('time'),
    bid: fields.big('bid'),
    ask: fields.big('ask'),
    confidencePpm: fields.integer('confidencePpm'),
  };
  fields.end();
  return price;
}

function readBatch(fields: Fields): Partial<Extract<Command, { type: 'batch' }>> {
  const actions = fields.list('actions').map((action) => {
    const read = readAction(action);
    action.end();
    return read;
  });
  const executor = fields.optional('executor', (name) => fields.address(name));
  const makersFirst = fields.optional('makersFirst', (name) => fields.flag(name));
  return {
    actions,
    ...(executor === undefined ? {} : { executor }),
    ...(makersFirst === undefined ? {} : { makersFirst }),
    ...integers(fields, ['epoch', 'nonce', 'deadline']),
  };
}

/** Fields that are missing are 0. */
function readAction(fields: Fields, kind = fields.oneOf('kind', KINDS)): Action {
  const numbers = integers(fields, [
    'subaccount',
    'book',
    'flags',
    'price',
    'quantity',
    'orderId',
    'clientId',
    'expiry',
    'maxFeePpm',
  ]);
  return {
    kind,
    account: fields.address('account'),
    subaccount: 0,
    book: 0,
    side: fields.optional('side', (name) => fields.oneOf(name, SIDES)) ?? 0,
    timeInForce: fields.optional('timeInForce', (name) => fields.oneOf(name, TIMES_IN_FORCE)) ?? 0,
    flags: 0,
    price: 0,
    quantity: 0,
    orderId: 0,
    clientId: 0,
    expiry: 0,
    maxFeePpm: 0,
    ...numbers,
  };
}

function readWithdrawal(fields: Fields): Omit<Extract<Command, { type: 'requestWithdrawal' }>, 'type' | 'time'> {
  return {
    account: fields.address('account'),
    subaccount: fields.optional('subaccount', (name) => fields.integer(name)) ?? 0,
    chainId: fields.integer('chainId'),
    token: fields.address('token'),
    amount: fields.big('amount'),
    recipient: fields.address('recipient'),
    nonce: fields.big('nonce'),
    deadline: fields.integer('deadline'),
  };
}

function readAnswerForced(fields: Fields): Omit<Extract<Command, { type: 'answerForced' }>, 'type' | 'time'> {
  return {
    chainId: fields.integer('chainId'),
    id: fields.integer('id'),
    account: fields.address('account'),
    token: fields.address('token'),
    open: fields.big('open'),
    capacity: fields.big('capacity'),
    isKeyHolder: fields.flag('isKeyHolder'),
    transferFails: fields.flag('transferFails'),
  };
}

function readLog(fields: Fields): Partial<Extract<Command, { type: 'log' }>> {
  const entries = fields.list('entries').map((entry): LogEntry => {
    const read = { kind: fields.asHex(entry.text('kind'), 32), data: entry.bytes('data') };
    entry.end();
    return read;
  });
  const block = fields.optional('block', (name) => {
    const inner = fields.object(name);
    const read = {
      number: inner.integer('number'),
      hash: inner.asHex(inner.text('hash'), 32),
      timestamp: inner.integer('timestamp'),
    };
    inner.end();
    return read;
  });
  const contracts = fields.optional('contracts', (name) => fields.addresses(name));
  return {
    chainId: fields.integer('chainId'),
    contract: fields.address('contract'),
    entries,
    ...(contracts === undefined ? {} : { contracts }),
    ...(block === undefined ? {} : { block }),
    ...integers(fields, ['firstIndex']),
  };
}

/** More of an asset for an account of a setup, in ledger units. */
function readDeposit(fields: Fields, { exchange }: State): Line {
  const symbol = fields.text('asset');
  const asset = exchange.ledger.assets.find((listed) => listed.symbol === symbol);
  if (asset === undefined) throw fields.error(`no asset ${symbol}`);
  const subaccount = fields.optional('subaccount', (name) => fields.integer(name)) ?? 0;
  const time = fields.optional('time', (name) => fields.integer(name));
  const entry = deposited(asset.id, fields.address('account'), subaccount, fields.big('amount'));
  return { type: 'log', entries: [encodeEntry(entry)], ...(time === undefined ? {} : { time }) };
}

/** The logs of an exchange as the setup describes it: listings, a leader, deposits. */
function setupCommands(fields: Fields): Line[] {
  const { homeChainId: chainId, authority, directory } = SETUP_GENESIS;
  const assets = fields.list('assets').map(readAsset);
  const listings: DirectoryEntry[] = [
    { type: 'chainListed', chainId, registry: SETUP_REGISTRY, authority, finality: 0, heartbeatSeconds: 300 },
    ...assets.flatMap(({ asset, symbol, ledgerDecimals, risk }): DirectoryEntry[] => [
      { type: 'assetListed', asset, symbol, ledgerDecimals },
      { type: 'assetTokenListed', asset, chainId, token: tokenOf(asset), decimals: ledgerDecimals },
      ...(risk === undefined ? [] : [risk]),
    ]),
    ...fields.list('books').flatMap((book) => readBook(book, assets)),
    {
      type: 'executorChanged',
      executor: fields.optional('executor', (name) => fields.address(name)) ?? SETUP_EXECUTOR,
    },
    {
      type: 'feeAccountChanged',
      account: fields.optional('feeAccount', (name) => fields.address(name)) ?? SETUP_FEE_ACCOUNT,
    },
  ];
  const insurance = fields.optional('insuranceAccount', (name) => fields.address(name));
  if (insurance !== undefined) listings.push({ type: 'insuranceAccountChanged', account: insurance });
  const tiers = fields.optional('creditTiers', (name) => fields.list(name)) ?? [];
  const accounts = fields.list('accounts').map((account) => readAccount(account, assets));
  listings.push(...tiers.map(readCreditTier), ...accounts.flatMap(({ credit }) => credit));
  const deposits = accounts.flatMap((account) => account.deposits);
  const leader = encodeEntry({ type: 'leaderChanged', leader: SETUP_LEADER, epoch: 1 });
  return [
    { type: 'log', contract: directory, entries: listings.map(encodeEntry) },
    { type: 'log', contract: authority, entries: [leader] },
    { type: 'log', entries: deposits.map(encodeEntry) },
  ];
}

interface SetupAsset {
  readonly asset: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
  readonly risk: DirectoryEntry | undefined;
}

function readAsset(fields: Fields): SetupAsset {
  const asset = fields.integer('asset');
  const symbol = fields.text('symbol');
  const ledgerDecimals = fields.integer('ledgerDecimals');
  const risk = fields.optional('risk', (name) => readRisk(fields.object(name), asset));
  fields.end();
  return { asset, symbol, ledgerDecimals, risk };
}

/** Scaled and capped only where it is said. */
function readRisk(fields: Fields, asset: number): DirectoryEntry {
  const limit = (name: string) => fields.optional(name, () => fields.big(name)) ?? BigInt(MAX_SAFE);
  const risk: DirectoryEntry = {
    type: 'assetRiskChanged',
    asset,
    initAssetWeightPpm: fields.integer('initAssetWeightPpm'),
    initLiabilityWeightPpm: fields.integer('initLiabilityWeightPpm'),
    maintAssetWeightPpm: fields.integer('maintAssetWeightPpm'),
    maintLiabilityWeightPpm: fields.integer('maintLiabilityWeightPpm'),
    liquidationFeePpm: 0,
    ...integers(fields, ['liquidationFeePpm']),
    depositScaleStart: limit('depositScaleStart'),
    borrowScaleStart: limit('borrowScaleStart'),
    borrowCap: limit('borrowCap'),
  };
  fields.end();
  return risk;
}

function readCreditTier(fields: Fields): DirectoryEntry {
  const debtLimit = fields.optional('debtLimit', (name) => fields.big(name)) ?? BigInt(MAX_SAFE);
  const tier: DirectoryEntry = { type: 'creditTierChanged', tier: fields.integer('tier'), debtLimit };
  fields.end();
  return tier;
}

function readBook(fields: Fields, assets: readonly SetupAsset[]): DirectoryEntry[] {
  const book = fields.integer('book');
  const listed: DirectoryEntry = {
    type: 'bookListed',
    book,
    base: assetNamed(fields, assets, fields.text('base')).asset,
    quote: assetNamed(fields, assets, fields.text('quote')).asset,
    lotSize: fields.integer('lotSize'),
    tickSize: fields.integer('tickSize'),
  };
  const terms = integers(fields, ['makerFeePpm', 'takerFeePpm']);
  const status = fields.optional('status', (name) => fields.oneOf(name, STATUSES)) ?? 0;
  fields.end();
  return [listed, { type: 'bookChanged', book, makerFeePpm: 0, takerFeePpm: 0, ...terms, status }];
}

function readAccount(
  fields: Fields,
  assets: readonly SetupAsset[],
): { readonly deposits: readonly RegistryEntry[]; readonly credit: readonly DirectoryEntry[] } {
  const address = fields.address('address');
  const subaccount = fields.optional('subaccount', (name) => fields.integer(name)) ?? 0;
  const balances = fields.object('balances');
  const tier = fields.optional('creditTier', (name) => fields.integer(name));
  fields.end();
  const deposits = balances
    .names()
    .map((symbol) => deposited(assetNamed(fields, assets, symbol).asset, address, subaccount, balances.big(symbol)));
  if (tier === undefined) return { deposits, credit: [] };
  return { deposits, credit: [{ type: 'accountCreditChanged', account: address, subaccount, tier }] };
}

function assetNamed(fields: Fields, assets: readonly SetupAsset[], symbol: string): SetupAsset {
  const found = assets.find((asset) => asset.symbol === symbol);
  if (found === undefined) throw fields.error(`no asset ${symbol}`);
  return found;
}

/** A token whose atoms are the asset's ledger units. */
function tokenOf(asset: number): Address {
  const token: Address = `0x${asset.toString(16).padStart(40, '0')}`;
  assert(token !== ZERO_ADDRESS, 'asset 0');
  return token;
}

function deposited(asset: number, account: Address, subaccount: number, amount: bigint): RegistryEntry {
  return { type: 'deposited', token: tokenOf(asset), amount, account, subaccount, payer: account };
}

/** Those of the named integers that stand there. */
function integers<K extends string>(fields: Fields, names: readonly K[]): Partial<Record<K, number>> {
  const found: Partial<Record<K, number>> = {};
  for (const name of names) {
    const value = fields.optional(name, (given) => fields.integer(given));
    if (value !== undefined) found[name] = value;
  }
  return found;
}
