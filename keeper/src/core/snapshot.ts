// The state as bytes, in exactly one way.
//
// `encodeState` is what checkpoints stand for, as if all orders were cancelled: balances without reserves, no books.
// `encodeEngine` is everything, books included, for the local disk. `stateHash` and `engineHash` are their keccak256.
//
// Layout of a state, version 12. Integers are variable-length, seven bits a byte, lowest first (packing.ts):
//
//   head       version 12 · time · number of the checkpoint · shared losses · home chain id · authority · checkpointer · directory
//              roles · checkpoint numbers · chains · log positions · assets, risk, prices · tokens · books · debt limits
//              withdrawals · forced withdrawals · liquidations
//   accounts   their number · a record of each, in the order of their indices
//   nonces     their number · a row of each, in the order of account, chain and nonce
//
// A record: address · subaccount · chains of its deposits (one bit each) · those on which it is a contract · credit
// tier · number of balances, each 4 × asset + (2 when owed) + (1 when dust follows), units, dust · number of tokens that it ever touched, each 2 × token + (1
// when more was withdrawn than deposited), atoms of the difference. A row: account · chain · nonce · until when.
//
// Records and rows mean the same under every later head: chains, assets, tokens and accounts are numbered in the order in
// which they became known. That is what lets a checkpoint carry only a part of them (rollingSnapshot.ts).
//
// Larger than the limit: what writes a part stands beside what reads it, and both must change together.
import { PPM, WAD_DECIMALS } from './assets.ts';
import { type Address, type Hex, ZERO_ADDRESS } from './commands.ts';
import { FORCED_REASONS } from './events.ts';
import { ANSWERS_LIMIT, forcedKey } from './forced.ts';
import { keccak256Hex } from './keccak.ts';
import {
  type Asset,
  addAsset,
  countAnew,
  findAccount,
  isMargin,
  type Ledger,
  markChanged,
  type Net,
  NO_ACCOUNT,
  openAccount,
  openToken,
  type VaultToken,
} from './ledger.ts';
import {
  readAssetRisk,
  readDebtLimits,
  readLiquidations,
  readPriceHistory,
  readTrades,
  writeAssetRisk,
  writeDebtLimits,
  writeLiquidations,
  writePriceHistory,
  writeTrades,
} from './margin/marginSnapshot.ts';
import { LOSSES_LIMIT, lossUp } from './margin/sharedLoss.ts';
import { BOOK_CLOSED, createBook } from './orderBook.ts';
import { copyOpenOrders, type OpenOrders, openOrdersOf, readBooks, writeBooks } from './orderSnapshot.ts';
import {
  createReader,
  createWriter,
  expectEnd,
  FormatError,
  type Reader,
  readAddress,
  readBig,
  readBlob,
  readByte,
  readCount,
  readHex,
  readInteger,
  readText,
  type Writer,
  writeAddress,
  writeBig,
  writeBlob,
  writeByte,
  writeBytes,
  writeHex,
  writeInteger,
  writeText,
  written,
} from './packing.ts';
import {
  addSource,
  createState,
  type ExitMode,
  type ForcedAnswer,
  type Genesis,
  nonceKey,
  type SharedLoss,
  type Source,
  type State,
  sourceKey,
  takeChanges,
  type Withdrawal,
} from './state.ts';
import { addPending, rememberNonce } from './withdrawal.ts';

/** Raised whenever the same commands would give another state: a journal is replayed only by the version that wrote it. */
export const CORE_VERSION = 14;
const STATE_VERSION = 12;
const ENGINE_VERSION = 6;
const WORD = 32;
const KEY_BYTES = 33;
const COUNT_LIMIT = 2 ** 31 - 1;
const WITHDRAWAL_STATUSES = ['queued', 'posted', 'final'] as const;
const EXIT_PHASES = ['closing', 'final'] as const;

/** A state as bytes, and where in them everything stands. */
export interface IndexedState {
  readonly bytes: Uint8Array;
  readonly headLength: number;
  /** Where each account's record begins, and at last where the records end. */
  readonly records: Float64Array;
  /** In their order. */
  readonly rows: readonly NonceRow[];
  /** Where each row begins, and at last where the rows end. */
  readonly rowStarts: Float64Array;
}

export interface NonceRow {
  /** See `nonceKey`. */
  readonly key: string;
  readonly account: number;
  readonly until: number;
}

/** What the newest checkpoint stands for, right after its cut. */
export function encodeState(state: State): Uint8Array {
  return indexState(state).bytes;
}

export function indexState(state: State): IndexedState {
  const writer = createWriter();
  const { ledger } = state.exchange;
  writeHead(writer, state);
  const headLength = writer.length;

  writeInteger(writer, ledger.accountCount);
  const writeOne = recordWriter(ledger);
  const records = new Float64Array(ledger.accountCount + 1);
  for (let account = 0; account < ledger.accountCount; account++) {
    records[account] = writer.length;
    writeOne(writer, account);
  }
  records[ledger.accountCount] = writer.length;

  const rows = sortedRows(state);
  writeInteger(writer, rows.length);
  const rowStarts = new Float64Array(rows.length + 1);
  for (const [index, row] of rows.entries()) {
    rowStarts[index] = writer.length;
    writeRow(writer, row);
  }
  rowStarts[rows.length] = writer.length;
  return { bytes: written(writer), headLength, records, rows, rowStarts };
}

/** keccak256 of the state's bytes: the same before and after a recovery from them. */
export function stateHash(state: State): Hex {
  return keccak256Hex(encodeState(state));
}

/**
 * A state from its bytes, without orders and at sequence 0; nothing has changed in it. Throws `FormatError` when the bytes
 * are damaged, of another version, of another exchange than `genesis`, or not canonical.
 */
export function decodeState(bytes: Uint8Array, genesis: Genesis): State {
  const reader = createReader(bytes);
  const { time, number, losses, lossesCarried } = readHeadStart(reader);
  const found: Genesis = {
    homeChainId: readInteger(reader),
    authority: readAddress(reader),
    checkpointer: readAddress(reader),
    directory: readAddress(reader),
  };
  for (const name of ['homeChainId', 'authority', 'checkpointer', 'directory'] as const) {
    check(
      found[name] === genesis[name],
      `a state of another exchange: its ${name} is ${found[name]}, not ${genesis[name]}`,
    );
  }
  const state = createState(genesis);
  state.time = time;
  state.cutNumber = number;
  state.losses = [...losses];
  state.lossesCarried = lossesCarried;
  state.exchange.margin.now = state.time;
  readRoles(reader, state);
  const tokens = readListings(reader, state);
  const withdrawals = readWithdrawals(reader, tokens);
  readForced(reader, state, tokens);
  const { ledger, margin } = state.exchange;
  readLiquidations(reader, margin, ledger.assets.length);
  readAccounts(reader, state, tokens);
  const isCarried = losses.length === 0 ? lossesCarried === 0 : lossesCarried < ledger.accountCount;
  check(isCarried && losses.every(({ asset }) => asset < ledger.assets.length), 'a loss of nobody');
  check(
    [...margin.liquidations.keys()].every((account) => isMargin(ledger, account)),
    'a funded account is liquidated',
  );
  readNonces(reader, state);
  expectEnd(reader);
  for (const withdrawal of withdrawals) adopt(state, withdrawal);
  for (const { account, token, paid } of state.answers.values()) {
    check(account < state.exchange.ledger.accountCount, 'an answer that charged no account');
    token.promised += paid;
  }
  takeChanges(state);
  return state;
}

/** What `encodeEngine` writes beyond the state. */
export interface EngineRest {
  readonly sequence: number;
  /** Since the last cut. */
  readonly changedAccounts: readonly number[];
  readonly changedBytes: number;
  readonly changedNonces: ReadonlySet<string>;
  /** As bytes. */
  readonly priceHistory: Uint8Array;
  readonly orders: OpenOrders;
}

export function engineRestOf({ sequence, exchange, changedNonces }: State): EngineRest {
  const { changedAccounts, changedBytes } = exchange.ledger;
  const prices = createWriter();
  writePriceHistory(prices, exchange.margin);
  writeTrades(prices, exchange.books);
  const orders = openOrdersOf(exchange);
  return { sequence, changedAccounts, changedBytes, changedNonces, priceHistory: written(prices), orders };
}

/** As it is now, whatever becomes of the state. */
export function copyEngineRest(rest: EngineRest): EngineRest {
  const { changedAccounts, changedNonces, orders } = rest;
  return {
    ...rest,
    changedAccounts: [...changedAccounts],
    changedNonces: new Set(changedNonces),
    orders: copyOpenOrders(orders),
  };
}

/** Everything: the state, the sequence, what changed since the last cut, all open orders and dead-man switches. */
export function encodeEngine(state: State): Uint8Array {
  return joinEngine(indexState(state), engineRestOf(state));
}

export function joinEngine({ bytes, rows }: Pick<IndexedState, 'bytes' | 'rows'>, rest: EngineRest): Uint8Array {
  const writer = createWriter();
  writeByte(writer, ENGINE_VERSION);
  writeInteger(writer, rest.sequence);
  writeBlob(writer, bytes);
  writeChanges(writer, rest, rows);
  writeBytes(writer, rest.priceHistory);
  writeBooks(writer, rest.orders);
  return written(writer);
}

/** keccak256 of `encodeEngine`. */
export function engineHash(state: State): Hex {
  return keccak256Hex(encodeEngine(state));
}

/** A state that goes on exactly as the one that was encoded. Throws `FormatError` as `decodeState`. */
export function decodeEngine(bytes: Uint8Array, genesis: Genesis): State {
  const reader = createReader(bytes);
  expectVersion(reader, ENGINE_VERSION, 'engine');
  const sequence = readInteger(reader);
  const state = decodeState(readBlob(reader), genesis);
  state.sequence = sequence;
  readChanges(reader, state);
  readPriceHistory(reader, state.exchange.margin);
  readTrades(reader, state.exchange.books);
  readBooks(reader, state);
  expectEnd(reader);
  return state;
}

// What changed since the last cut.

function writeChanges(writer: Writer, rest: EngineRest, rows: readonly NonceRow[]): void {
  writeIndices(
    writer,
    rest.changedAccounts.toSorted((a, b) => a - b),
  );
  writeInteger(writer, rest.changedBytes);
  writeIndices(
    writer,
    [...rows.keys()].filter((index) => rest.changedNonces.has((rows[index] as NonceRow).key)),
  );
}

function readChanges(reader: Reader, state: State): void {
  const { ledger } = state.exchange;
  for (const account of readIndices(reader, ledger.accountCount)) markChanged(ledger, account);
  // Not what the marks would come to now: some accounts were smaller, or grew since they were marked.
  ledger.changedBytes = readInteger(reader);
  const rows = sortedRows(state);
  for (const index of readIndices(reader, rows.length)) state.changedNonces.add((rows[index] as NonceRow).key);
}

/** Growing ones. */
function writeIndices(writer: Writer, indices: readonly number[]): void {
  writeInteger(writer, indices.length);
  let next = 0;
  for (const index of indices) {
    writeInteger(writer, index - next);
    next = index + 1;
  }
}

function readIndices(reader: Reader, end: number): number[] {
  const indices: number[] = [];
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const index = (indices.at(-1) ?? -1) + 1 + readInteger(reader);
    check(index < end, `${index} of ${end} changed`);
    indices.push(index);
  }
  return indices;
}

// Head.

export function writeHead(writer: Writer, state: State): void {
  const { genesis } = state;
  writeByte(writer, STATE_VERSION);
  writeInteger(writer, state.time);
  writeInteger(writer, state.cutNumber);
  writeLosses(writer, state);
  writeInteger(writer, genesis.homeChainId);
  writeAddress(writer, genesis.authority);
  writeAddress(writer, genesis.checkpointer);
  writeAddress(writer, genesis.directory);
  writeRoles(writer, state);
  writeListings(writer, state);
  writeWithdrawals(writer, state);
  writeForced(writer, state);
  writeLiquidations(writer, state.exchange.margin);
}

/** What every part of a state is read by. */
export interface HeadStart {
  readonly time: number;
  /** Of the newest checkpoint. */
  readonly number: number;
  readonly losses: readonly SharedLoss[];
  readonly lossesCarried: number;
}

export function readHeadStart(reader: Reader): HeadStart {
  expectVersion(reader, STATE_VERSION, 'state');
  const time = readInteger(reader);
  const number = readInteger(reader);
  const losses = Array.from({ length: readCount(reader, LOSSES_LIMIT) }, () => readLoss(reader));
  return { time, number, losses, lossesCarried: readInteger(reader) };
}

function writeLosses(writer: Writer, { losses, lossesCarried }: State): void {
  writeInteger(writer, losses.length);
  for (const { checkpoint, asset, units, owned } of losses) {
    writeInteger(writer, checkpoint);
    writeInteger(writer, asset);
    writeBig(writer, units);
    writeBig(writer, owned);
  }
  writeInteger(writer, lossesCarried);
}

function readLoss(reader: Reader): SharedLoss {
  const loss = {
    checkpoint: readInteger(reader),
    asset: readInteger(reader),
    units: readBig(reader),
    owned: readBig(reader),
  };
  check(loss.units > 0n && loss.units <= loss.owned, 'more was lost than was owned');
  return loss;
}

function writeRoles(writer: Writer, state: State): void {
  writeInteger(writer, state.epoch);
  writeAddress(writer, state.leader);
  writeAddress(writer, state.executor);
  writeAddress(writer, state.settler);
  writeHex(writer, state.settlerKey, KEY_BYTES);
  writeAddress(writer, state.feeAccount);
  writeAddress(writer, state.insuranceAccount);
  writeInteger(writer, state.batchNonce);
  writeInteger(writer, state.finalNumber);
  writeHex(writer, state.finalDigest, WORD);
}

function readRoles(reader: Reader, state: State): void {
  state.epoch = readInteger(reader);
  state.leader = readAddress(reader);
  state.executor = readAddress(reader);
  state.settler = readAddress(reader);
  state.settlerKey = readHex(reader, KEY_BYTES);
  state.feeAccount = readAddress(reader);
  state.insuranceAccount = readAddress(reader);
  state.batchNonce = readInteger(reader);
  state.finalNumber = readInteger(reader);
  state.finalDigest = readHex(reader, WORD);
  check(state.finalNumber <= state.cutNumber, 'a checkpoint that is final but was never cut');
}

function writeListings(writer: Writer, state: State): void {
  const { ledger, books } = state.exchange;
  writeInteger(writer, state.chains.size);
  for (const chain of state.chains.values()) {
    writeInteger(writer, chain.chainId);
    writeAddress(writer, chain.registry);
    writeAddress(writer, chain.authority);
    writeByte(writer, chain.finality);
    writeInteger(writer, chain.heartbeatSeconds);
    writeExitMode(writer, state.exits.get(chain.chainId));
  }
  // Which logs there are follows from the genesis and the chains; only the positions are new.
  for (const source of state.sources.values()) {
    writeInteger(writer, source.index);
    writeHex(writer, source.head, WORD);
    writeInteger(writer, source.blockNumber);
  }
  writeInteger(writer, ledger.assets.length);
  for (const [index, asset] of ledger.assets.entries()) {
    writeInteger(writer, asset.id);
    writeText(writer, asset.symbol);
    writeByte(writer, asset.ledgerDecimals);
    writeAssetRisk(writer, state.exchange.margin, index);
  }
  writeInteger(writer, ledger.tokens.size);
  for (const token of ledger.tokens.values()) {
    writeInteger(writer, token.chainId);
    writeAddress(writer, token.token);
    writeInteger(writer, token.asset + 1);
    writeByte(writer, token.decimals);
    writeBig(writer, token.holdings);
  }
  writeInteger(writer, books.length);
  for (const book of books) {
    writeInteger(writer, book.id);
    writeInteger(writer, book.base);
    writeInteger(writer, book.quote);
    writeInteger(writer, book.lotSize);
    writeInteger(writer, book.tickSize);
    writeInteger(writer, book.makerFeePpm);
    writeInteger(writer, book.takerFeePpm);
    writeByte(writer, book.status);
  }
  writeDebtLimits(writer, state.exchange.margin);
}

/** Answers the tokens by their index. */
function readListings(reader: Reader, state: State): VaultToken[] {
  const chainCount = readCount(reader, COUNT_LIMIT);
  for (let i = 0; i < chainCount; i++) readChain(reader, state);
  for (const source of state.sources.values()) readPosition(reader, source);
  const assetCount = readCount(reader, COUNT_LIMIT);
  for (let i = 0; i < assetCount; i++) readAsset(reader, state);
  const tokens: VaultToken[] = [];
  const tokenCount = readCount(reader, COUNT_LIMIT);
  for (let i = 0; i < tokenCount; i++) tokens.push(readToken(reader, state, i));
  const bookCount = readCount(reader, COUNT_LIMIT);
  for (let i = 0; i < bookCount; i++) readBook(reader, state);
  readDebtLimits(reader, state.exchange.margin);
  return tokens;
}

function readChain(reader: Reader, state: State): void {
  const chain = {
    chainId: readInteger(reader),
    registry: readAddress(reader),
    authority: readAddress(reader),
    finality: readByte(reader),
    heartbeatSeconds: readInteger(reader),
  };
  check(!state.chains.has(chain.chainId), `chain ${chain.chainId} twice`);
  state.chains.set(chain.chainId, chain);
  readExitMode(reader, state, chain.chainId);
  addSource(state, 'registry', chain.chainId, chain.registry);
  addSource(state, 'authority', chain.chainId, chain.authority);
  const registry = state.sources.get(sourceKey(chain.chainId, chain.registry));
  check(registry?.kind === 'registry', `the registry of chain ${chain.chainId} is another contract of ours`);
}

function writeExitMode(writer: Writer, exit: ExitMode | undefined): void {
  writeByte(writer, exit === undefined ? 0 : EXIT_PHASES.indexOf(exit.phase) + 1);
  if (exit !== undefined) writeInteger(writer, exit.since);
}

function readExitMode(reader: Reader, state: State, chainId: number): void {
  const phase = readByte(reader);
  check(phase <= EXIT_PHASES.length, `a vault in phase ${phase}`);
  const name = EXIT_PHASES[phase - 1];
  if (name !== undefined) state.exits.set(chainId, { phase: name, since: readInteger(reader) });
}

function readPosition(reader: Reader, source: Source): void {
  source.index = readInteger(reader);
  source.head = readHex(reader, WORD);
  source.blockNumber = readInteger(reader);
}

function readAsset(reader: Reader, { exchange: { ledger, margin } }: State): void {
  const id = readInteger(reader);
  const symbol = readText(reader);
  const ledgerDecimals = readByte(reader);
  check(!ledger.assetById.has(id) && ledgerDecimals <= WAD_DECIMALS, `asset ${id} twice, or of too many decimals`);
  readAssetRisk(reader, margin, addAsset(ledger, { id, symbol, ledgerDecimals }));
}

function readToken(reader: Reader, state: State, index: number): VaultToken {
  const { ledger } = state.exchange;
  const chainId = readInteger(reader);
  const token = openToken(ledger, chainId, readAddress(reader));
  token.asset = readInteger(reader) - 1;
  token.decimals = readByte(reader);
  token.holdings = readBig(reader);
  check(state.chains.has(chainId), `a token of chain ${chainId}, which is not listed`);
  check(token.index === index, `token ${token.token} of chain ${chainId} twice`);
  check(token.asset < ledger.assets.length && token.decimals <= WAD_DECIMALS, `token ${token.token} is no asset`);
  check(token.asset >= 0 || token.decimals === 0, `token ${token.token} has decimals but no asset`);
  return token;
}

function readBook(reader: Reader, state: State): void {
  const { ledger, books, bookById } = state.exchange;
  const book = createBook({
    id: readInteger(reader),
    index: books.length,
    base: readInteger(reader),
    quote: readInteger(reader),
    lotSize: readInteger(reader),
    tickSize: readInteger(reader),
  });
  book.makerFeePpm = readInteger(reader);
  book.takerFeePpm = readInteger(reader);
  book.status = readByte(reader);
  check(book.id !== 0 && !bookById.has(book.id), `book ${book.id} twice, or 0`);
  check(
    Math.max(book.base, book.quote) < ledger.assets.length && book.base !== book.quote,
    `book ${book.id} of no assets`,
  );
  check(book.lotSize > 0 && book.tickSize > 0 && book.status <= BOOK_CLOSED, `book ${book.id} out of range`);
  check(Math.max(book.makerFeePpm, book.takerFeePpm) < PPM, `book ${book.id} takes everything`);
  books.push(book);
  bookById.set(book.id, book);
}

// Withdrawals.

function writeWithdrawals(writer: Writer, state: State): void {
  writeInteger(writer, state.withdrawals.size);
  for (const withdrawal of state.withdrawals.values()) {
    writeInteger(writer, withdrawal.account);
    writeInteger(writer, withdrawal.token.index);
    writeBig(writer, withdrawal.amount);
    writeAddress(writer, withdrawal.recipient);
    writeBig(writer, withdrawal.nonce);
    writeByte(writer, WITHDRAWAL_STATUSES.indexOf(withdrawal.status));
    writeInteger(writer, withdrawal.checkpoint);
    writeInteger(writer, withdrawal.deadline);
  }
}

function readWithdrawals(reader: Reader, tokens: readonly VaultToken[]): Withdrawal[] {
  const count = readCount(reader, COUNT_LIMIT);
  const withdrawals: Withdrawal[] = [];
  for (let i = 0; i < count; i++) {
    const account = readInteger(reader);
    const token = tokens[readInteger(reader)];
    const amount = readBig(reader);
    const recipient = readAddress(reader);
    const nonce = readBig(reader);
    const status = WITHDRAWAL_STATUSES[readByte(reader)];
    const checkpoint = readInteger(reader);
    const deadline = readInteger(reader);
    check(token !== undefined && token.asset >= 0 && status !== undefined, 'a withdrawal of nothing');
    check((status === 'queued') === (checkpoint === 0 && deadline === 0), 'a withdrawal that is half posted');
    withdrawals.push({ account, token, amount, recipient, nonce, status, checkpoint, deadline });
  }
  return withdrawals;
}

/** Once its account is there. */
function adopt(state: State, withdrawal: Withdrawal): void {
  const { ledger } = state.exchange;
  const address = ledger.addresses[withdrawal.account];
  check(address !== undefined, 'a withdrawal of no account');
  const key = nonceKey(withdrawal.token.chainId, address, withdrawal.nonce);
  check(!state.withdrawals.has(key), 'two withdrawals of one nonce');
  check(withdrawal.checkpoint <= state.cutNumber, 'a withdrawal of a checkpoint that was never cut');
  withdrawal.token.promised += withdrawal.amount;
  addPending(state, withdrawal);
}

// Forced withdrawals.

function writeForced(writer: Writer, state: State): void {
  writeInteger(writer, state.forced.size);
  for (const [chainId, { asked, decided, reopened }] of state.forced) {
    writeInteger(writer, chainId);
    writeInteger(writer, asked);
    writeInteger(writer, decided);
    writeInteger(writer, reopened.length);
    for (const id of reopened) writeInteger(writer, id);
  }
  writeInteger(writer, state.answers.size);
  for (const { chainId, id, token, reason, paid, account, status, checkpoint, refusal } of state.answers.values()) {
    writeInteger(writer, chainId);
    writeInteger(writer, id);
    writeInteger(writer, token.index);
    writeByte(writer, FORCED_REASONS.indexOf(reason));
    writeBig(writer, paid);
    writeInteger(writer, account + 1);
    writeByte(writer, WITHDRAWAL_STATUSES.indexOf(status));
    writeInteger(writer, checkpoint);
    writeByte(writer, refusal === undefined ? 0 : WITHDRAWAL_STATUSES.indexOf(refusal.status) + 1);
    if (refusal !== undefined) writeInteger(writer, refusal.checkpoint);
  }
}

function readForced(reader: Reader, state: State, tokens: readonly VaultToken[]): void {
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const chainId = readInteger(reader);
    check(state.chains.has(chainId) && !state.forced.has(chainId), `forced withdrawals of chain ${chainId}`);
    const asked = readInteger(reader);
    const decided = readInteger(reader);
    const reopened = Array.from({ length: readCount(reader, ANSWERS_LIMIT) }, () => readInteger(reader));
    check(decided <= asked && reopened.every((id) => id > 0 && id <= decided), 'forced withdrawals out of range');
    state.forced.set(chainId, { asked, decided, reopened });
  }
  for (let left = readCount(reader, ANSWERS_LIMIT); left > 0; left--) readAnswer(reader, state, tokens);
}

function readAnswer(reader: Reader, state: State, tokens: readonly VaultToken[]): void {
  const chainId = readInteger(reader);
  const id = readInteger(reader);
  const token = tokens[readInteger(reader)];
  const reason = FORCED_REASONS[readByte(reader)];
  const paid = readBig(reader);
  const account = readInteger(reader) - 1;
  const status = WITHDRAWAL_STATUSES[readByte(reader)];
  const checkpoint = readInteger(reader);
  const requests = state.forced.get(chainId);
  check(requests !== undefined && id > 0 && id <= requests.decided, `an answer to no forced withdrawal`);
  check(!requests.reopened.includes(id) && !state.answers.has(forcedKey(chainId, id)), 'two answers to one request');
  check(token?.chainId === chainId && reason !== undefined && status !== undefined, 'an answer of nothing');
  check((paid === 0n) === account < 0 && (paid === 0n || token.asset >= 0), 'an answer that charges nobody');
  check((status === 'queued') === (checkpoint === 0) && checkpoint <= state.cutNumber, 'an answer that is half posted');
  const refusal = readRefusal(reader, state);
  check(refusal === undefined || (paid > 0n && status === 'final'), 'a refusal beside no payment');
  state.answers.set(forcedKey(chainId, id), { chainId, id, token, reason, paid, account, status, checkpoint, refusal });
}

function readRefusal(reader: Reader, state: State): ForcedAnswer['refusal'] {
  const byte = readByte(reader);
  if (byte === 0) return undefined;
  const status = WITHDRAWAL_STATUSES[byte - 1];
  const checkpoint = readInteger(reader);
  check(status !== undefined && checkpoint <= state.cutNumber, 'a refusal of nothing');
  check((status === 'queued') === (checkpoint === 0), 'a refusal that is half posted');
  return { status, checkpoint };
}

// Accounts.

/** How the records of accounts are written, until the ledger grows. */
export function recordWriter(ledger: Ledger): (writer: Writer, account: number) => void {
  const dustWords = ledger.assets.map(({ dust }) => new Uint32Array(dust.buffer));
  return (writer, account) => writeRecord(writer, ledger, account, dustWords);
}

function writeRecord(writer: Writer, ledger: Ledger, account: number, dustWords: readonly Uint32Array[]): void {
  const { assets } = ledger;
  writeAddress(writer, ledger.addresses[account] as Address);
  writeInteger(writer, ledger.subaccounts[account] as number);
  writeInteger(writer, ledger.depositChains[account] as number);
  writeInteger(writer, ledger.codeChains[account] as number);
  writeByte(writer, ledger.creditTier[account] as number);
  let balances = 0;
  for (let i = 0; i < assets.length; i++) {
    if (assets[i]?.units[account] !== 0 || hasDust(dustWords[i] as Uint32Array, account)) balances++;
  }
  writeInteger(writer, balances);
  for (let i = 0; i < assets.length; i++) {
    const { units, dust } = assets[i] as Asset;
    const withDust = hasDust(dustWords[i] as Uint32Array, account);
    if (units[account] === 0 && !withDust) continue;
    const balance = units[account] as number;
    writeInteger(writer, 4 * i + (balance < 0 ? 2 : 0) + (withDust ? 1 : 0));
    writeInteger(writer, Math.abs(balance));
    if (withDust) writeBig(writer, dust[account] as bigint);
  }
  writeNets(writer, ledger.nets[account] as readonly Net[]);
}

function writeNets(writer: Writer, nets: readonly Net[]): void {
  writeInteger(writer, nets.length);
  for (const { token, atoms } of nets) {
    const isNegative = atoms < 0n;
    writeInteger(writer, 2 * token.index + (isNegative ? 1 : 0));
    writeBig(writer, isNegative ? -atoms : atoms);
  }
}

/** Not 0. Answered from the words of the column, because to make a bigint of each is what takes time. */
function hasDust(words: Uint32Array, account: number): boolean {
  return words[2 * account] !== 0 || words[2 * account + 1] !== 0;
}

/** A record of a checkpoint before these losses, oldest first, as it is after them. */
export function recordAfterLosses(record: Uint8Array, losses: readonly SharedLoss[]): Uint8Array {
  if (losses.length === 0) return record;
  const reader = createReader(record);
  readAddress(reader);
  // Subaccount, chains, code chains.
  for (let i = 0; i < 3; i++) readInteger(reader);
  readByte(reader);
  const start = reader.offset;
  const balances = Array.from({ length: readCount(reader, COUNT_LIMIT) }, () => {
    const key = readInteger(reader);
    return { key, units: readInteger(reader), dust: key % 2 === 1 ? readBig(reader) : 0n };
  });
  const rest = reader.offset;
  for (const loss of losses) {
    const own = balances.find(({ key }) => Math.floor(key / 4) === loss.asset && key % 4 < 2);
    if (own !== undefined) own.units -= Number(lossUp(BigInt(own.units), loss));
  }
  const left = balances.filter(({ units, dust }) => units > 0 || dust > 0n);
  const writer = createWriter();
  writeBytes(writer, record.subarray(0, start));
  writeInteger(writer, left.length);
  for (const { key, units, dust } of left) {
    writeInteger(writer, key);
    writeInteger(writer, units);
    if (key % 2 === 1) writeBig(writer, dust);
  }
  writeBytes(writer, record.subarray(rest));
  return written(writer);
}

function readAccounts(reader: Reader, state: State, tokens: readonly VaultToken[]): void {
  const { ledger } = state.exchange;
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const address = readAddress(reader);
    const subaccount = readInteger(reader);
    check(subaccount < 2 ** 32 && findAccount(ledger, address, subaccount) === NO_ACCOUNT, 'an account twice');
    const account = openAccount(ledger, address, subaccount);
    const chains = readInteger(reader);
    check(chains < 2 ** state.chains.size, 'an account of an unlisted chain');
    ledger.depositChains[account] = chains;
    const codeChains = readInteger(reader);
    check((codeChains & chains) === codeChains, 'a contract where nothing was deposited');
    ledger.codeChains[account] = codeChains;
    ledger.creditTier[account] = readByte(reader);
    if (isMargin(ledger, account)) ledger.marginAccounts.push(account);
    countAnew(ledger, account);
    readBalances(reader, ledger, account);
    readNets(reader, { ledger, tokens }, account);
  }
  if (state.feeAccount === ZERO_ADDRESS) return;
  ledger.feeAccount = findAccount(ledger, state.feeAccount, 0);
  check(ledger.feeAccount !== NO_ACCOUNT, 'fees go to no account');
}

function readBalances(reader: Reader, ledger: Ledger, account: number): void {
  let before = -1;
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const key = readInteger(reader);
    const index = Math.floor(key / 4);
    const owes = key % 4 >= 2;
    const asset = ledger.assets[index];
    check(index > before && asset !== undefined, 'balances out of order');
    const units = readInteger(reader);
    const dust = key % 2 === 1 ? readBig(reader) : 0n;
    check(dust < asset.unitWad && (dust !== 0n) === (key % 2 === 1), 'dust out of range');
    check(units !== 0 || (dust !== 0n && !owes), 'an empty balance');
    check(!owes || isMargin(ledger, account), 'a debt of a funded account');
    asset.units[account] = owes ? -units : units;
    asset.dust[account] = dust;
    before = index;
  }
}

function readNets(
  reader: Reader,
  { ledger, tokens }: { readonly ledger: Ledger; readonly tokens: readonly VaultToken[] },
  account: number,
): void {
  const nets = ledger.nets[account] as Net[];
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const key = readInteger(reader);
    const token = tokens[Math.floor(key / 2)];
    const atoms = readBig(reader);
    check(token !== undefined && !nets.some((net) => net.token === token), 'deposits of a token twice, or of none');
    check(atoms !== 0n || key % 2 === 0, 'minus nothing');
    nets.push({ token, atoms: key % 2 === 0 ? atoms : -atoms });
  }
}

// Used nonces.

function sortedRows(state: State): NonceRow[] {
  const rows = Array.from(state.usedNonces, ([key, { account, until }]) => ({ key, account, until }));
  return rows.sort(compareRows);
}

/** All nonces of one account have its address in their keys: those sort by chain and nonce. */
export function compareRows(a: NonceRow, b: NonceRow): number {
  if (a.account !== b.account) return a.account - b.account;
  return a.key < b.key ? -1 : 1;
}

/** See `nonceKey`: 14 digits of the chain, the address, 64 digits of the nonce. */
export function writeRow(writer: Writer, { key, account, until }: NonceRow): void {
  writeInteger(writer, account);
  writeInteger(writer, Number.parseInt(key.slice(0, 14), 16));
  writeBig(writer, BigInt(`0x${key.slice(56)}`));
  writeInteger(writer, until);
}

function readNonces(reader: Reader, state: State): void {
  let before: NonceRow | undefined;
  for (let left = readCount(reader, COUNT_LIMIT); left > 0; left--) {
    const account = readInteger(reader);
    const address = state.exchange.ledger.addresses[account];
    check(address !== undefined, 'a used nonce of no account');
    const chainId = readInteger(reader);
    const row = { account, key: nonceKey(chainId, address, readBig(reader)), until: readInteger(reader) };
    check(before === undefined || compareRows(before, row) < 0, 'used nonces out of order');
    check(!state.usedNonces.has(row.key), 'a nonce used twice');
    rememberNonce(state, row.key, { account, until: row.until });
    before = row;
  }
}

function expectVersion(reader: Reader, expected: number, what: string): void {
  const version = readByte(reader);
  check(version === expected, `${what} of version ${version}; this keeper reads ${expected}`);
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new FormatError(message);
}
