// What must be true at every step, whatever happened before it. Each check knows the truth from elsewhere than the keeper:
// from the chains, from what users signed, or from what was acknowledged.
import { equalBytes } from '../../src/core/bytes.ts';
import type { Command, LogCommand } from '../../src/core/commands.ts';
import { BUY } from '../../src/core/commands.ts';
import type { Fill, InsuranceChanged, LossShared, WithdrawalChanged } from '../../src/core/events.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { type Asset, balanceWad, findAccount } from '../../src/core/ledger.ts';
import { decodeRegistryEntry } from '../../src/core/logEntries.ts';
import { divDown } from '../../src/core/margin/fixedPoint.ts';
import { decodeEngine, engineHash } from '../../src/core/snapshot.ts';
import type { State } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import type { Applied } from '../../src/flows/sequencer.ts';
import { decodeSignedCheckpoint } from '../../src/flows/signedCheckpoint.ts';
import { GENESIS, REGISTRY } from '../support/exchange.ts';
import type { FakeChain } from '../support/fakeChain.ts';
import type { Life } from './machine.ts';

/** One of the promises is broken. */
export class BrokenPromise extends Error {
  override name = 'BrokenPromise';
}

export function demand(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new BrokenPromise(promise);
}

/** Why a transaction of an honest keeper, user or courier may revert: somebody else was there first, or time has passed. */
const HARMLESS = [
  /^wrong number/,
  /^wrong parent$/,
  /^wrong epoch$/,
  /^paused$/,
  /^expired$/,
  /^nonce used$/,
  /^checkpoint not posted$/,
  /^root not newer$/,
  /^issued /,
  /^checkpoint too far$/,
  /^not signed by the leader$/,
  /^request not open$/,
  /^already answered$/,
  /^epoch not growing$/,
  /^no such proposal$/,
  /^processed too much$/,
  /^not running$/,
  /^closing is over$/,
  /^exit is final$/,
];

export function checkReverts({ reverted, chainId }: FakeChain): void {
  for (const { name, reason } of reverted.splice(0)) {
    demand(
      HARMLESS.some((pattern) => pattern.test(reason)),
      `chain ${chainId} refuses ${name}: ${reason}`,
    );
  }
}

/** What the events say about balances must be what the state holds. */
export interface Shadow {
  apply(applied: Applied): void;
}

export function createShadow(state: State): Shadow {
  const { ledger } = state.exchange;
  // 10⁻¹⁸ of the asset by account index, per asset index.
  const balances = ledger.assets.map(balancesOf);

  function balancesOf(asset: Asset): bigint[] {
    return Array.from({ length: ledger.accountCount }, (_, account) => balanceWad(asset, account));
  }

  function add(assetIndex: number, account: number, wad: bigint): void {
    const list = balances[assetIndex] ?? [];
    balances[assetIndex] = list;
    list[account] = (list[account] ?? 0n) + wad;
  }

  const indexOf = ({ address, subaccount }: { address: `0x${string}`; subaccount: number }) =>
    findAccount(ledger, address, subaccount);

  function addAtoms(event: Pick<WithdrawalChanged, 'account' | 'asset' | 'chainId' | 'token'>, atoms: bigint): void {
    const decimals = ledger.tokens.get(`${event.chainId}:${event.token}`)?.decimals ?? 0;
    add(ledger.assetById.get(event.asset) ?? -1, indexOf(event.account), atoms * 10n ** BigInt(18 - decimals));
  }

  function applyFill(fill: Fill): void {
    const book = state.exchange.bookById.get(fill.book);
    demand(book !== undefined, `a fill in book ${fill.book}`);
    const [base, quote] = [ledger.assets[book.base] as Asset, ledger.assets[book.quote] as Asset];
    const bought = BigInt(fill.quantity) * BigInt(book.lotSize) * base.unitWad;
    const paid = BigInt(fill.quantity) * BigInt(fill.price) * BigInt(book.tickSize) * quote.unitWad;
    const [buyer, seller] = fill.takerSide === BUY ? [fill.taker, fill.maker] : [fill.maker, fill.taker];
    add(book.base, indexOf(buyer), bought);
    add(book.base, indexOf(seller), -bought);
    add(book.quote, indexOf(buyer), -paid);
    add(book.quote, indexOf(seller), paid);
    for (const [who, fee] of [
      [fill.maker, fill.makerFee],
      [fill.taker, fill.takerFee],
    ] as const) {
      add(book.quote, indexOf(who), -BigInt(fee) * quote.unitWad);
      add(book.quote, ledger.feeAccount, BigInt(fee) * quote.unitWad);
    }
  }

  const unitsAt = (index: number, account: number) =>
    divDown(balances[index]?.[account] ?? 0n, (ledger.assets[index] as Asset).unitWad);

  /** The insurance account takes all that is left, or pays in whole units. */
  function applyInsurance({ account: id, asset, units }: InsuranceChanged): void {
    const index = ledger.assetById.get(asset) as number;
    const [account, insurance] = [indexOf(id), findAccount(ledger, state.insuranceAccount, 0)];
    const left = balances[index]?.[account] ?? 0n;
    demand(units < 0 || unitsAt(index, account) === BigInt(units), `the insurance account takes ${units}, not all`);
    const wad = units < 0 ? BigInt(units) * (ledger.assets[index] as Asset).unitWad : left;
    add(index, account, -wad);
    add(index, insurance, wad);
  }

  /** Only those who own something of the asset lose, each his part of the hole, rounded up, and together no more than that. */
  function applyLoss({ account: id, asset, units, owned, losses }: LossShared): void {
    const index = ledger.assetById.get(asset) as number;
    const { unitWad } = ledger.assets[index] as Asset;
    const debtor = indexOf(id);
    demand(unitsAt(index, debtor) === -BigInt(units), `${units} are shared, account ${debtor} owes something else`);
    const owners = Array.from({ length: ledger.accountCount }, (_, account) => account).filter(
      (account) => unitsAt(index, account) >= 0n,
    );
    const sum = owners.reduce((all, account) => all + unitsAt(index, account), 0n);
    demand(sum === owned, `a loss of ${units} is shared by the owners of ${owned}, who own ${sum}`);
    const told = new Map(losses.map(({ account, units: lost }) => [indexOf(account), BigInt(lost)]));
    let taken = 0n;
    for (const account of owners) {
      const held = unitsAt(index, account);
      const part = BigInt(units) >= owned ? held : -divDown(-held * BigInt(units), owned);
      demand((told.get(account) ?? 0n) === part, `account ${account} loses ${told.get(account)}, not ${part}`);
      told.delete(account);
      const wad = BigInt(units) >= owned ? (balances[index]?.[account] ?? 0n) : part * unitWad;
      add(index, account, -wad);
      taken += wad;
    }
    demand(told.size === 0, 'somebody loses who owns nothing');
    const hole = BigInt(units) * unitWad;
    demand(taken < hole + BigInt(owners.length) * unitWad, `${taken} is taken for a hole of ${hole}`);
    const paid = taken < hole ? taken : hole;
    const insurance = findAccount(ledger, state.insuranceAccount, 0);
    add(index, debtor, paid);
    add(index, insurance < 0 ? debtor : insurance, taken - paid);
  }

  return {
    apply({ sequence, outcome }) {
      for (const event of outcome.events) {
        if (event.type === 'credited') addAtoms(event, event.amount);
        else if (event.type === 'insuranceChanged') applyInsurance(event);
        else if (event.type === 'lossShared') applyLoss(event);
        else if (event.type === 'forcedCharged') addAtoms(event, -event.amount);
        else if (event.type === 'forcedReturned') addAtoms(event, event.amount);
        else if (event.type === 'fill') applyFill(event);
        else if (event.type === 'withdrawalChanged') {
          if (event.status === 'queued') addAtoms(event, -event.amount);
          if (event.status === 'cancelled' || event.status === 'expired') addAtoms(event, event.amount);
        }
      }
      for (const [index, asset] of ledger.assets.entries()) {
        for (let account = 0; account < ledger.accountCount; account++) {
          const told = balances[index]?.[account] ?? 0n;
          const held = balanceWad(asset, account);
          demand(
            told === held,
            `after ${sequence}, events give account ${account} ${told} of ${asset.symbol}, not ${held}`,
          );
        }
      }
    },
  };
}

/** The state is sound, and what it took in is what the chain says. */
export function checkApplied(
  state: State,
  { command, outcome }: Applied,
  chains: ReadonlyMap<number, FakeChain>,
): void {
  validateInternalState(state);
  checkWindDown(state, { command, outcome });
  for (const event of outcome.events) if (event.type === 'withdrawalChanged') checkWithdrawal(event, command, chains);
  if (command.type !== 'log') return;
  const chain = chains.get(command.chainId);
  demand(chain !== undefined, `a log of chain ${command.chainId}`);
  const log = chain.final.contracts.logs.get(command.contract);
  const source = state.sources.get(`${command.chainId}:${command.contract}`);
  demand(log !== undefined && source !== undefined, `a log of ${command.contract}`);
  demand(
    log.heads[source.index] === source.head,
    `the log of ${command.contract} on chain ${command.chainId} diverged`,
  );
  for (const [i, entry] of command.entries.entries()) {
    const real = log.entries[command.firstIndex + i];
    const isReal = real !== undefined && real.kind === entry.kind && equalBytes(real.data, entry.data);
    demand(isReal, `entry ${command.firstIndex + i} of ${command.contract} was never final`);
  }
  if (command.contract !== REGISTRY) return;
  checkCredits(command, outcome.events);
  if (source.index !== log.entries.length) return;
  for (const [token, atoms] of chain.final.contracts.vault) {
    const known = state.exchange.ledger.tokens.get(`${command.chainId}:${token}`)?.holdings;
    demand(
      known === atoms,
      `the vault of chain ${command.chainId} holds ${atoms} of ${token}, the state says ${known}`,
    );
  }
}

/** A withdrawal ends only in a way that its chain confirms, and comes back only when nobody can be paid for it any more. */
function checkWithdrawal(event: WithdrawalChanged, { type }: Command, chains: ReadonlyMap<number, FakeChain>): void {
  const { status, chainId, account, nonce, checkpoint, deadline } = event;
  const final = chains.get(chainId)?.final;
  const name = `withdrawal ${nonce} of ${account.address} on chain ${chainId}`;
  const isUsed = final?.contracts.usedNonces.has(`${account.address} ${nonce}`) === true;
  if (status === 'executed') demand(isUsed, `${name} is called executed, and is not`);
  if (status === 'expired') {
    demand((final?.timestamp ?? 0) > deadline, `${name} is given back although it can be executed until ${deadline}`);
    demand(!isUsed, `${name} is given back although its nonce is used`);
  }
  if (status !== 'cancelled') return;
  if (type === 'log') demand(isUsed, `${name} is given back although nobody cancelled it`);
  else demand(checkpoint === 0, `${name} is given back although checkpoint ${checkpoint} carries it`);
}

/** While a vault is in exit mode nothing is traded, and nobody begins to withdraw. */
function checkWindDown(state: State, { command, outcome }: Pick<Applied, 'command' | 'outcome'>): void {
  // The command that brings the entry may have brought the end of another before.
  if (state.exits.size === 0 || command.type === 'log') return;
  demand(state.exchange.orders.count === 0, 'orders are open while a vault is in exit mode');
  const forbidden = outcome.events.find(
    (event) =>
      event.type === 'fill' ||
      event.type === 'orderRested' ||
      (event.type === 'withdrawalChanged' && event.status === 'queued'),
  );
  demand(forbidden === undefined, `${forbidden?.type} while a vault is in exit mode`);
}

/** What a final vault gives away was paid nowhere: its roots know of every payment. */
export function checkExits(chains: ReadonlyMap<number, FakeChain>): void {
  const all = [...chains.values()].map(({ chainId, newest }) => ({ chainId, ...newest.contracts }));
  for (const { chainId, root } of all.filter(({ exit }) => exit.phase === 'final')) {
    for (const other of all) {
      const name = `chain ${other.chainId} has paid for checkpoint ${other.paidUpTo}`;
      demand(other.paidUpTo <= root.checkpoint, `${name}, chain ${chainId} is final by roots of ${root.checkpoint}`);
    }
  }
}

/** One credit for each deposit, to whom it names, of what arrived. */
function checkCredits({ entries, firstIndex, chainId }: LogCommand, events: Applied['outcome']['events']): void {
  const credits = events.flatMap((event) => (event.type === 'credited' ? [event] : []));
  const deposits = entries.flatMap((entry, i) => {
    const deposit = decodeRegistryEntry(entry, 'check');
    return deposit?.type === 'deposited' ? [{ ...deposit, index: firstIndex + i }] : [];
  });
  demand(credits.length === deposits.length, `${deposits.length} deposits, ${credits.length} credits`);
  for (const [i, deposit] of deposits.entries()) {
    const credit = credits[i];
    const isRight =
      credit?.logIndex === deposit.index &&
      credit.chainId === chainId &&
      credit.amount === deposit.amount &&
      credit.token === deposit.token &&
      credit.account.address === deposit.account &&
      credit.account.subaccount === deposit.subaccount;
    demand(isRight, `deposit ${deposit.index} of chain ${chainId} was credited otherwise`);
  }
}

/** What the keeper had in memory when it died, plus what its disk had beyond, is what comes back. */
export function checkSurvival({ machine, keeper }: Life): void {
  const { memory, disk } = machine;
  if (memory === undefined || keeper.leading === undefined) return;
  const { state, sequence } = keeper.leading.sequencer;
  demand(sequence >= memory.sequence, `${memory.sequence} was applied, the disk gave back ${sequence}`);
  const expected = decodeEngine(memory.engine, GENESIS);
  for (const record of disk.open().replay(memory.sequence)) step(expected, record.sequence, record.command);
  demand(engineHash(state) === engineHash(expected), `the engine at ${sequence} is not the one that died`);
}

/** Nothing that is given out speaks of more than what is final. */
export function checkApprovals({ keeper }: Life, chains: ReadonlyMap<number, FakeChain>, home: FakeChain): void {
  const { leading } = keeper;
  if (leading === undefined) return;
  const final = home.final.contracts.tip.number;
  for (const chainId of chains.keys()) {
    const root = leading.approvals.exitRoot(chainId);
    demand(
      (root?.message.checkpoint ?? 0) <= final,
      `an exit root of checkpoint ${root?.message.checkpoint}, final is ${final}`,
    );
    for (const { message } of leading.approvals.approvals(chainId)) {
      const { checkpoint, account, nonce } = message;
      demand(
        checkpoint <= final,
        `withdrawal ${nonce} of ${account} is approved for checkpoint ${checkpoint}, final is ${final}`,
      );
      const covered = root?.message.checkpoint ?? 0;
      demand(
        checkpoint <= covered,
        `withdrawal ${nonce} of ${account} is approved before the root of checkpoint ${checkpoint}`,
      );
    }
  }
}

/** What is sent is what lies on the disk. */
export function checkStored(
  { machine }: Life,
  number: number,
  digestOfSent: string,
  digestOf: (item: ReturnType<typeof decodeSignedCheckpoint>) => string,
): void {
  const stored = machine.disk.open().readOutbox(`checkpoint ${number}`);
  const isStored = stored !== undefined && digestOf(decodeSignedCheckpoint(stored)) === digestOfSent;
  demand(isStored, `checkpoint ${number} was sent before it was stored`);
}
