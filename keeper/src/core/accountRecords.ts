// Accounts and used nonces as bytes: a record of each account, a row of each nonce. They mean the same under every later
// head, so that checkpoints can carry a part of them; the layout is in snapshot.ts.
import { type Address, ZERO_ADDRESS } from './commands.ts';
import {
  type Asset,
  countAnew,
  findAccount,
  isMargin,
  type Ledger,
  type Net,
  NO_ACCOUNT,
  openAccount,
  type VaultToken,
} from './ledger.ts';
import { lossUp, takesAll } from './margin/sharedLoss.ts';
import {
  check,
  createReader,
  createWriter,
  type Reader,
  readAddress,
  readBig,
  readByte,
  readCount,
  readInteger,
  type Writer,
  writeAddress,
  writeBig,
  writeByte,
  writeBytes,
  writeInteger,
  written,
} from './packing.ts';
import { nonceKey, type SharedLoss, type State } from './state.ts';
import { rememberNonce } from './withdrawal.ts';

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
  for (const { token, atoms, isHeld } of nets) {
    const isNegative = atoms < 0n;
    writeInteger(writer, 4 * token.index + (isHeld ? 2 : 0) + (isNegative ? 1 : 0));
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
  const balances = Array.from({ length: readCount(reader) }, () => {
    const key = readInteger(reader);
    return { key, units: readInteger(reader), dust: key % 2 === 1 ? readBig(reader) : 0n };
  });
  const rest = reader.offset;
  for (const loss of losses) {
    const own = balances.find(({ key }) => Math.floor(key / 4) === loss.asset && key % 4 < 2);
    if (own === undefined) continue;
    own.units -= Number(lossUp(BigInt(own.units), loss));
    if (takesAll(loss)) own.dust = 0n;
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

export function readAccounts(reader: Reader, state: State, tokens: readonly VaultToken[]): void {
  const { ledger } = state.exchange;
  for (let left = readCount(reader); left > 0; left--) {
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
  for (let left = readCount(reader); left > 0; left--) {
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
  for (let left = readCount(reader); left > 0; left--) {
    const key = readInteger(reader);
    const token = tokens[Math.floor(key / 4)];
    const isHeld = key % 4 >= 2;
    const isNegative = key % 2 === 1;
    const atoms = readBig(reader);
    check(token !== undefined && !nets.some((net) => net.token === token), 'deposits of a token twice, or of none');
    check(!isNegative || (atoms !== 0n && !isHeld), 'minus nothing, or less than nothing held');
    check(isHeld || token.asset >= 0, 'deposits of an unlisted token that are not held');
    nets.push({ token, atoms: isNegative ? -atoms : atoms, isHeld });
    if (isHeld) token.held += atoms;
  }
}

// Used nonces.

export interface NonceRow {
  /** See `nonceKey`. */
  readonly key: string;
  readonly account: number;
  readonly until: number;
}

export function sortedRows(state: State): NonceRow[] {
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

export function readNonces(reader: Reader, state: State): void {
  let before: NonceRow | undefined;
  for (let left = readCount(reader); left > 0; left--) {
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
