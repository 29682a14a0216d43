// The head of a state as bytes: everything but accounts and nonces. Every checkpoint carries it whole.
//
// What writes a part stands beside what reads it, and both must change together; the layout is in snapshot.ts.
import { PPM, WAD_DECIMALS } from './assets.ts';
import { FORCED_REASONS } from './events.ts';
import { ANSWERS_LIMIT, forcedKey } from './forced.ts';
import { addAsset, isMargin, openToken, type VaultToken } from './ledger.ts';
import {
  readAssetRisk,
  readDebtLimits,
  readLiquidations,
  writeAssetRisk,
  writeDebtLimits,
  writeLiquidations,
} from './margin/marginSnapshot.ts';
import { BOOK_CLOSED, createBook } from './orderBook.ts';
import {
  check,
  expectVersion,
  type Reader,
  readAddress,
  readBig,
  readByte,
  readCount,
  readHex,
  readInteger,
  readText,
  type Writer,
  writeAddress,
  writeBig,
  writeByte,
  writeHex,
  writeInteger,
  writeText,
} from './packing.ts';
import {
  addSource,
  createState,
  type ExitMode,
  type ForcedAnswer,
  type Genesis,
  LOSSES_LIMIT,
  nonceKey,
  type SharedLoss,
  type Source,
  type State,
  sourceKey,
  type Withdrawal,
} from './state.ts';
import { addPending } from './withdrawal.ts';

const STATE_VERSION = 14;
const WORD = 32;
const KEY_BYTES = 33;
const WITHDRAWAL_STATUSES = ['queued', 'posted', 'final'] as const;
const EXIT_PHASES = ['closing', 'final'] as const;

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

/** A state that has all but accounts and nonces; the tokens by their index, and withdrawals whose accounts are to come. */
export function readHead(
  reader: Reader,
  genesis: Genesis,
): { readonly state: State; readonly tokens: readonly VaultToken[]; readonly withdrawals: readonly Withdrawal[] } {
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
  return { state, tokens, withdrawals };
}

/** What a head says of accounts, once they are there. */
export function joinHead(state: State, withdrawals: readonly Withdrawal[]): void {
  const { losses, lossesCarried } = state;
  const { ledger, margin } = state.exchange;
  const isCarried = losses.length === 0 ? lossesCarried === 0 : lossesCarried < ledger.accountCount;
  check(isCarried && losses.every(({ asset }) => asset < ledger.assets.length), 'a loss of nobody');
  check(
    [...margin.liquidations.keys()].every((account) => isMargin(ledger, account)),
    'a funded account is liquidated',
  );
  for (const withdrawal of withdrawals) adopt(state, withdrawal);
  for (const { account, token, paid } of state.answers.values()) {
    check(account < ledger.accountCount, 'an answer that charged no account');
    token.promised += paid;
  }
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
  check(loss.units <= loss.owned, 'more was lost than was owned');
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
  const chainCount = readCount(reader);
  for (let i = 0; i < chainCount; i++) readChain(reader, state);
  for (const source of state.sources.values()) readPosition(reader, source);
  const assetCount = readCount(reader);
  for (let i = 0; i < assetCount; i++) readAsset(reader, state);
  const tokens: VaultToken[] = [];
  const tokenCount = readCount(reader);
  for (let i = 0; i < tokenCount; i++) tokens.push(readToken(reader, state, i));
  const bookCount = readCount(reader);
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
  const count = readCount(reader);
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
  for (let left = readCount(reader); left > 0; left--) {
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
