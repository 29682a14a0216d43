// Takes in what a contract's log says: the entries in their order, then what follows from their absence. Everything that
// does not fit is an adapter's bug or somebody else's write, and stops the process: never is anybody credited twice.
import { assert, fail } from './assertion.ts';
import { MAX_SAFE, PPM, wadPer } from './assets.ts';
import { cancelOrder } from './cancelOrder.ts';
import { type Address, BUY, type LogCommand, SELL } from './commands.ts';
import type { CoreEvent, DirectoryChanged } from './events.ts';
import { exitModeChanged } from './exitMode.ts';
import { finaliseAnswers, forcedAnswered, forcedRequested } from './forced.ts';
import { creditHeldDeposits, creditHeldOf } from './heldDeposits.ts';
import { type Asset, addAsset, addNet, addWad, NO_CREDIT, openAccount, openToken, supplyOf } from './ledger.ts';
import {
  type AuthorityEntry,
  type CheckpointerEntry,
  type DirectoryEntry,
  decodeAuthorityEntry,
  decodeCheckpointerEntry,
  decodeDirectoryEntry,
  decodeRegistryEntry,
  nextHead,
  type RegistryEntry,
} from './logEntries.ts';
import { changeCredit } from './margin/credit.ts';
import { lookAtAll, setRisk } from './margin/marginState.ts';
import { totalOf } from './margin/marginTotals.ts';
import { BOOK_CLOSED, createBook, ordersOf } from './orderBook.ts';
import { addSource, CHAIN_LIMIT, chainBit, type Source, type State, sourceKey } from './state.ts';
import { BOOK_WAS_CLOSED } from './tape.ts';
import { digestOf } from './typedMessages.ts';
import { expireWithdrawals, finaliseWithdrawals, withdrawalCancelledOnChain, withdrawalPaid } from './withdrawal.ts';

export function ingestLog(state: State, command: LogCommand, events: CoreEvent[]): void {
  const { chainId, contract, firstIndex, entries, block } = command;
  const source = state.sources.get(sourceKey(chainId, contract));
  assert(source !== undefined, `a log of ${contract} on chain ${chainId}, which is none of ours`);
  const log = `${source.kind} log of chain ${chainId}`;
  assert(firstIndex === source.index, `${log}: entries from ${firstIndex} on, but ${source.index} comes next`);
  assert(block.number >= source.blockNumber, `${log}: block ${block.number} after block ${source.blockNumber}`);

  const contracts = new Set(command.contracts);
  for (const entry of entries) {
    const where = `${log}, entry ${source.index}`;
    const head = nextHead(source.head, source.index, entry);
    switch (source.kind) {
      case 'registry':
        applyRegistryEntry(state, { source, contracts, where }, decodeRegistryEntry(entry, where), events);
        break;
      case 'directory':
        applyDirectoryEntry(state, decodeDirectoryEntry(entry, where), where, events);
        break;
      case 'authority':
        applyAuthorityEntry(state, source, decodeAuthorityEntry(entry, where), where, events);
        break;
      case 'checkpointer':
        applyCheckpointerEntry(state, decodeCheckpointerEntry(entry, where), where, events);
        break;
    }
    source.head = head;
    source.index++;
  }
  source.blockNumber = block.number;
  creditHeldDeposits(state, events);
  if (source.kind === 'registry') expireWithdrawals(state, { chainId, timestamp: block.timestamp }, events);
}

/** Where an entry stands, and who among the depositors is a contract. */
interface Context {
  readonly source: Source;
  readonly contracts: ReadonlySet<Address>;
  readonly where: string;
}

function applyRegistryEntry(
  state: State,
  context: Context,
  entry: RegistryEntry | undefined,
  events: CoreEvent[],
): void {
  if (entry === undefined) return;
  const { source, where } = context;
  const { chainId } = source;
  switch (entry.type) {
    case 'tokenListed':
      openToken(state.exchange.ledger, chainId, entry.token);
      return;
    case 'deposited':
      credit(state, context, entry, events);
      return;
    case 'withdrawn':
      withdrawalPaid(state, { chainId, ...entry }, where, events);
      return;
    case 'withdrawalCancelled':
    case 'withdrawalRevoked':
      withdrawalCancelledOnChain(state, { chainId, ...entry }, events);
      return;
    case 'forcedRequested':
      forcedRequested(state, chainId, entry.id, where);
      return;
    case 'forcedAnswered':
      forcedAnswered(state, { chainId, entry, where }, events);
      return;
    case 'exitModeEntered':
    case 'exitModeCured':
    case 'exitModeFinal':
      exitModeChanged(state, { chainId, entry: { type: entry.type }, where }, events);
      return;
    case 'settlementOpened':
    case 'shuttleSent':
      // It signs neither. What comes in that it does not know (closings, arrivals, what was absorbed) is nobody's so far.
      fail(`${where}: ${entry.type}: money has left the vault with both signatures, and this keeper never gave them`);
  }
}

function credit(
  state: State,
  { source, contracts, where }: Context,
  deposit: RegistryEntry & { type: 'deposited' },
  events: CoreEvent[],
): void {
  const { ledger } = state.exchange;
  const { chainId } = source;
  const { amount, subaccount } = deposit;
  const account = openAccount(ledger, deposit.account, subaccount);
  const chain = chainBit(state, chainId);
  ledger.depositChains[account] = (ledger.depositChains[account] as number) | chain;
  if (contracts.has(deposit.account)) ledger.codeChains[account] = (ledger.codeChains[account] as number) | chain;
  const token = openToken(ledger, chainId, deposit.token);
  creditHeldOf(state, token, account, events);
  addNet(ledger, token, account, amount);

  const event = {
    account: { address: deposit.account, subaccount },
    chainId,
    token: deposit.token,
    amount,
    logIndex: source.index,
  };
  if (token.asset < 0) {
    events.push({ type: 'heldUnlisted', ...event });
    return;
  }
  const asset = ledger.assets[token.asset] as Asset;
  addWad(ledger, asset, account, amount * wadPer(token.decimals));
  assertSupply(state, token.asset, where);
  events.push({ type: 'credited', asset: asset.id, ...event });
}

function applyAuthorityEntry(
  state: State,
  source: Source,
  entry: AuthorityEntry | undefined,
  where: string,
  events: CoreEvent[],
): void {
  // Who leads on other chains is the courier's business: epochs are the same everywhere, and batches bind to ours.
  if (entry === undefined || source.chainId !== state.genesis.homeChainId) return;
  assert(entry.epoch >= state.epoch, `${where}: epoch ${entry.epoch} after epoch ${state.epoch}`);
  // Batches bind the epoch, so that a new one may count anew: an executor that was revoked cannot have used up the nonces.
  if (entry.epoch > state.epoch) state.batchNonce = 0;
  state.leader = entry.leader;
  state.epoch = entry.epoch;
  events.push({ type: 'directoryChanged', what: 'leader' });
}

function applyCheckpointerEntry(
  state: State,
  entry: CheckpointerEntry | undefined,
  where: string,
  events: CoreEvent[],
): void {
  if (entry === undefined) return;
  const { type: _, ...message } = entry;
  const { number } = message;
  assert(number === state.finalNumber + 1, `${where}: checkpoint ${number} after checkpoint ${state.finalNumber}`);
  assert(
    number <= state.cutNumber,
    `${where}: checkpoint ${number} by somebody else: the newest cut here is ${state.cutNumber}`,
  );
  const { homeChainId: chainId, checkpointer: verifyingContract } = state.genesis;
  const digest = digestOf('Checkpoint', { chainId, verifyingContract }, message);
  state.finalNumber = number;
  state.finalDigest = digest;
  events.push({ type: 'checkpointFinal', number, digest });
  finaliseWithdrawals(state, number, events);
  finaliseAnswers(state, number);
}

function applyDirectoryEntry(
  state: State,
  entry: DirectoryEntry | undefined,
  where: string,
  events: CoreEvent[],
): void {
  if (entry === undefined) return;
  events.push({ type: 'directoryChanged', what: applyListing(state, entry, where) });
}

function applyListing(state: State, entry: DirectoryEntry, where: string): DirectoryChanged['what'] {
  switch (entry.type) {
    case 'chainListed':
      listChain(state, entry, where);
      return 'chain';
    case 'assetListed':
      listAsset(state, entry, where);
      return 'asset';
    case 'assetRiskChanged':
      changeAssetRisk(state, entry, where);
      return 'assetRisk';
    case 'assetTokenListed':
      listAssetToken(state, entry, where);
      return 'token';
    case 'bookListed':
      listBook(state, entry, where);
      return 'book';
    case 'bookChanged':
      changeBook(state, entry, where);
      return 'book';
    case 'creditTierChanged':
      changeCreditTier(state, entry, where);
      return 'creditTier';
    case 'accountCreditChanged':
      assert(entry.tier < NO_CREDIT, `${where}: credit of tier ${entry.tier}`);
      changeCredit(state.exchange, entry);
      return 'accountCredit';
    case 'executorChanged':
      state.executor = entry.executor;
      return 'executor';
    case 'settlerChanged':
      state.settler = entry.settler;
      state.settlerKey = entry.encryptionKey;
      return 'settler';
    case 'feeAccountChanged':
      state.feeAccount = entry.account;
      state.exchange.ledger.feeAccount = openAccount(state.exchange.ledger, entry.account, 0);
      return 'feeAccount';
    case 'insuranceAccountChanged':
      state.insuranceAccount = entry.account;
      openAccount(state.exchange.ledger, entry.account, 0);
      return 'insuranceAccount';
    default:
      return fail(`${where}: an entry that nothing handles`);
  }
}

function listChain(state: State, entry: DirectoryEntry & { type: 'chainListed' }, where: string): void {
  const { chainId, registry, authority, finality, heartbeatSeconds } = entry;
  assert(!state.chains.has(chainId), `${where}: chain ${chainId} is listed twice`);
  assert(state.chains.size < CHAIN_LIMIT, `${where}: more than ${CHAIN_LIMIT} chains`);
  const { homeChainId, authority: homeAuthority } = state.genesis;
  const isOurs = chainId !== homeChainId || authority === homeAuthority;
  assert(isOurs, `${where}: the home chain's authority is ${authority}, but this keeper was told ${homeAuthority}`);
  state.chains.set(chainId, { chainId, registry, authority, finality, heartbeatSeconds });
  addSource(state, 'registry', chainId, registry);
  addSource(state, 'authority', chainId, authority);
  const vault = state.sources.get(sourceKey(chainId, registry));
  assert(vault?.kind === 'registry', `${where}: the registry of chain ${chainId} is another contract of ours`);
}

function listAsset(state: State, entry: DirectoryEntry & { type: 'assetListed' }, where: string): void {
  const { ledger } = state.exchange;
  assert(!ledger.assetById.has(entry.asset), `${where}: asset ${entry.asset} is listed twice`);
  addAsset(ledger, { id: entry.asset, symbol: entry.symbol, ledgerDecimals: entry.ledgerDecimals });
}

function changeAssetRisk(state: State, entry: DirectoryEntry & { type: 'assetRiskChanged' }, where: string): void {
  const { type: _, asset, ...risk } = entry;
  const index = state.exchange.ledger.assetById.get(asset);
  assert(index !== undefined, `${where}: asset ${asset} is not listed`);
  const { margin, ledger } = state.exchange;
  setRisk(margin, index, risk, where);
  lookAtAll(margin, ledger);
}

function changeCreditTier(state: State, entry: DirectoryEntry & { type: 'creditTierChanged' }, where: string): void {
  const { tier, debtLimit } = entry;
  assert(tier > 0 && tier < NO_CREDIT, `${where}: credit of tier ${tier}`);
  state.exchange.margin.debtLimits.set(tier, debtLimit);
}

/** From now on the token is that asset. Deposits that were held are credited bit by bit: see heldDeposits.ts. */
function listAssetToken(state: State, entry: DirectoryEntry & { type: 'assetTokenListed' }, where: string): void {
  const { ledger } = state.exchange;
  const { chainId, decimals } = entry;
  const index = ledger.assetById.get(entry.asset);
  assert(index !== undefined, `${where}: asset ${entry.asset} is not listed`);
  assert(state.chains.has(chainId), `${where}: chain ${chainId} is not listed`);
  const token = openToken(ledger, chainId, entry.token);
  assert(token.asset < 0, `${where}: token ${entry.token} of chain ${chainId} is listed twice`);
  token.asset = index;
  token.decimals = decimals;
  assertSupply(state, index, where);
}

function listBook(state: State, entry: DirectoryEntry & { type: 'bookListed' }, where: string): void {
  const { ledger, books, bookById } = state.exchange;
  const base = ledger.assetById.get(entry.base);
  const quote = ledger.assetById.get(entry.quote);
  assert(
    base !== undefined && quote !== undefined && base !== quote,
    `${where}: book ${entry.book} of unlisted assets`,
  );
  assert(entry.book !== 0 && !bookById.has(entry.book), `${where}: book ${entry.book} is listed twice, or 0`);
  assert(entry.lotSize > 0 && entry.tickSize > 0, `${where}: book ${entry.book} has a lot or tick of size 0`);
  const { lotSize, tickSize } = entry;
  const book = createBook({ id: entry.book, index: books.length, base, quote, lotSize, tickSize });
  books.push(book);
  bookById.set(book.id, book);
}

function changeBook(state: State, entry: DirectoryEntry & { type: 'bookChanged' }, where: string): void {
  const { exchange } = state;
  const book = exchange.bookById.get(entry.book);
  assert(book !== undefined, `${where}: book ${entry.book} is not listed`);
  assert(entry.makerFeePpm < PPM && entry.takerFeePpm < PPM, `${where}: a fee of everything`);
  assert(entry.status <= BOOK_CLOSED, `${where}: unknown status ${entry.status} of a book`);
  book.makerFeePpm = entry.makerFeePpm;
  book.takerFeePpm = entry.takerFeePpm;
  book.status = entry.status;
  if (book.status !== BOOK_CLOSED) return;
  const open = [...ordersOf(exchange.orders, book, BUY), ...ordersOf(exchange.orders, book, SELL)];
  for (const slot of open) cancelOrder(exchange, slot, BOOK_WAS_CLOSED);
}

/** Deposit caps and borrow caps keep all that is owned of an asset, and so every balance, below 2⁵³ units; this watches them. */
function assertSupply(state: State, assetIndex: number, where: string): void {
  const { exchange } = state;
  const { symbol } = exchange.ledger.assets[assetIndex] as Asset;
  const owned = supplyOf(exchange.ledger, assetIndex) + totalOf(exchange, assetIndex).mayOwe;
  assert(owned <= BigInt(MAX_SAFE), `${where}: more ${symbol} than the ledger can count`);
}
