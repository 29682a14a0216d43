import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData } from 'viem';
import { describe, expect, it } from 'vitest';
import { sealPayload } from '../../src/adapters/tee/sealPayload.ts';
import { toHex } from '../../src/core/bytes.ts';
import {
  changeRoom,
  entriesThatFit,
  isHalfFull,
  TRANSACTION_LIMIT_BYTES,
  tradingRoom,
  usedRoom,
} from '../../src/core/checkpointRoom.ts';
import { BUY, IMMEDIATE_OR_CANCEL, SELL } from '../../src/core/commands.ts';
import type { CoreEvent, Outcome } from '../../src/core/events.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { addAsset, addWad, markChanged, openAccount, openToken } from '../../src/core/ledger.ts';
import { encodePart } from '../../src/core/rollingSnapshot.ts';
import { decodeEngine, encodeEngine, indexState } from '../../src/core/snapshot.ts';
import { nonceKey, type State } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { addPending, rememberNonce, withdrawalsOfCheckpoint } from '../../src/core/withdrawal.ts';
import {
  act,
  addressOf,
  apply,
  batch,
  deposit,
  EPOCH,
  ETH_USD,
  GENESIS,
  HOME,
  hashOf,
  openExchange,
  place,
  registryLog,
  type TestExchange,
  TOKENS,
} from '../support/exchange.ts';

const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];
const user = (i: number) => addressOf(`user ${i}`);
const cut = (exchange: TestExchange) => apply(exchange, { type: 'cutCheckpoint' });
const typesOf = (events: readonly CoreEvent[]) => events.map(({ type }) => type);

/** So many users with ether, each in a checkpoint already. */
function openCrowd(users: number): TestExchange {
  const exchange = openExchange();
  for (let i = 0; i < users; i++) deposit(exchange, TOKENS.ethHome, user(i), 10n ** 18n);
  deposit(exchange, TOKENS.usdHome, BEN, 10n ** 14n);
  cut(exchange);
  return exchange;
}

describe('trading', () => {
  it('stops where the next checkpoint has no room for one more account, and goes on after the cut', () => {
    const users = 1_500;
    const exchange = openCrowd(users);
    const { ledger } = exchange.state.exchange;
    for (let i = 0; i < users; i++) batch(exchange, [place(user(i), ETH_USD, SELL, 1_000, 1)]);
    expect(usedRoom(exchange.state)).toBe(0);

    const sweep = batch(exchange, [place(BEN, ETH_USD, BUY, 2_000, users)]);
    const filled = typesOf(sweep.events).filter((type) => type === 'fill').length;
    expect(filled).toBeGreaterThan(500);
    expect(filled).toBeLessThan(users);
    expect(sweep.result).toMatchObject({ items: [{ code: 'ok', filled, remaining: users - filled, resting: false }] });
    expect(sweep.events.at(-1)).toMatchObject({ type: 'orderCancelled', reason: 'checkpointFull' });
    // The last maker, the taker and who takes the fees may come on top.
    const room = tradingRoom(exchange.state);
    expect(ledger.changedBytes).toBeGreaterThanOrEqual(room);
    expect(ledger.changedBytes).toBeLessThan(room + 3 * 400);
    validateInternalState(exchange.state);

    // What would not trade may rest; what would trade may not, and changes nothing.
    expect(act(exchange, place(BEN, ETH_USD, BUY, 999, 1))).toMatchObject({ code: 'ok', resting: true });
    const before = ledger.changedAccounts.length;
    for (const more of [{}, { timeInForce: IMMEDIATE_OR_CANCEL }]) {
      const { events, result } = batch(exchange, [place(BEN, ETH_USD, BUY, 1_000, 5, more)]);
      expect(result).toMatchObject({ items: [{ code: 'ok', filled: 0, remaining: 5, resting: false }] });
      expect(events).toMatchObject([{ type: 'orderCancelled', reason: 'checkpointFull' }]);
    }
    expect(ledger.changedAccounts).toHaveLength(before);

    cut(exchange);
    expect(act(exchange, place(BEN, ETH_USD, BUY, 1_000, 5))).toMatchObject({ filled: 5, remaining: 0 });
    validateInternalState(exchange.state);
  });

  it('stops at the same order after a restart', () => {
    const users = 1_200;
    const exchange = openCrowd(users);
    for (let i = 0; i < users; i++) batch(exchange, [place(user(i), ETH_USD, SELL, 1_000, 1)]);
    batch(exchange, [place(BEN, ETH_USD, BUY, 1_000, 300)]);
    const again = decodeEngine(encodeEngine(exchange.state), GENESIS);
    const command = {
      type: 'batch' as const,
      time: exchange.time,
      executor: exchange.state.executor,
      epoch: EPOCH,
      nonce: exchange.batchNonce + 1,
      deadline: exchange.time,
      makersFirst: false,
      actions: [place(BEN, ETH_USD, BUY, 1_000, 2_000)],
    };
    const outcomes = [exchange.state, again].map((state) => step(state, exchange.sequence + 1, command)) as [
      Outcome,
      Outcome,
    ];
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0].events.at(-1)).toMatchObject({ reason: 'checkpointFull' });
  });
});

describe('what strangers can bring about', () => {
  function request(exchange: TestExchange, account: typeof ANN, nonce = 1n): string {
    const { result } = apply(exchange, {
      type: 'requestWithdrawal',
      account,
      subaccount: 0,
      chainId: HOME,
      token: TOKENS.ethHome.token,
      amount: 5n,
      recipient: account,
      nonce,
      deadline: exchange.time + 60_000,
    });
    return result.code;
  }

  function fillHalf({ state }: TestExchange): void {
    const { ledger } = state.exchange;
    for (let account = 0; !isHalfFull(state); account++) markChanged(ledger, account);
  }

  it('is refused while half of the room is used, and taken after the cut; trading goes on', () => {
    const exchange = openCrowd(800);
    expect(request(exchange, user(700))).toBe('ok');
    fillHalf(exchange);
    expect(usedRoom(exchange.state)).toBeLessThan(0.6);
    expect(request(exchange, user(701))).toBe('withdrawal.tooMany');
    const takeBack = { type: 'cancelWithdrawal' as const, account: user(700), chainId: HOME, nonce: 1n };
    expect(apply(exchange, takeBack).result.code).toBe('withdrawal.tooMany');
    batch(exchange, [place(user(790), ETH_USD, SELL, 1_000, 1)]);
    expect(act(exchange, place(BEN, ETH_USD, BUY, 1_000, 1))).toMatchObject({ filled: 1 });
    cut(exchange);
    expect(request(exchange, user(701))).toBe('ok');
    expect(apply(exchange, { ...takeBack, account: user(701) }).result.code).toBe('ok');
  });

  it('ends bit by bit when very many withdrawals expire at once', () => {
    const exchange = openCrowd(500);
    for (let i = 0; i < 500; i++) {
      expect(request(exchange, user(i))).toBe('ok');
      if (i % 50 === 49) cut(exchange);
    }
    const { state } = exchange;
    expect(state.withdrawals.size).toBe(500);
    const late = Math.floor(exchange.time / 1_000) + 48 * 3_600;
    const left: number[] = [];
    while (state.withdrawals.size > 0) {
      registryLog(exchange, HOME, [], { timestamp: late });
      left.push(state.withdrawals.size);
      expect(usedRoom(state)).toBeLessThan(0.55);
      validateInternalState(state);
      cut(exchange);
    }
    expect(left.length).toBeGreaterThan(1);
    expect(left.length).toBeLessThan(8);
  });

  it('counts every deposit, of whatever token, and never more of them than fit', () => {
    const exchange = openExchange();
    const { state } = exchange;
    let entries = 0;
    for (let i = 0; entriesThatFit(state) > 0; i++) {
      const fitting = entriesThatFit(state);
      const account = user(i % 50);
      const token = i % 3 === 0 ? { chainId: HOME, token: addressOf(`unlisted ${i % 7}`) } : TOKENS.ethHome;
      registryLog(
        exchange,
        HOME,
        Array.from({ length: fitting }, (_, j) => ({
          type: 'deposited' as const,
          token: token.token,
          amount: 1n,
          account: j === 0 ? account : addressOf(`${i} ${j}`),
          subaccount: 0,
          payer: account,
        })),
      );
      entries += fitting;
      // A token that nobody has seen before takes a little more.
      expect(usedRoom(state)).toBeLessThan(0.52);
    }
    expect(entries).toBeGreaterThan(250);
    cut(exchange);
    expect(entriesThatFit(state)).toBeGreaterThan(100);
  });
});

describe('a checkpoint', () => {
  const LARGEST = 2n ** 53n - 1n;

  /** As large as the rules let it become, with every number as large as it may be. */
  function largestState({ assets, tokens, trades }: { assets: number; tokens: number; trades: boolean }): State {
    const { state } = openExchange();
    const { ledger } = state.exchange;
    while (ledger.assets.length < assets) {
      addAsset(ledger, { id: 2 ** 32 - 1 - ledger.assets.length, symbol: 'S'.repeat(32), ledgerDecimals: 0 });
    }
    for (let i = ledger.tokens.size; i < tokens; i++) {
      const token = openToken(ledger, HOME, addressOf(`token ${i}`));
      token.asset = i % assets;
      token.holdings = 2n ** 112n;
    }
    const nonce = 2n ** 255n;
    const [paid] = [...ledger.tokens.values()].filter(({ asset }) => asset >= 0);
    if (paid === undefined) throw new Error('no token');
    for (let i = 0; i < 512; i++) {
      const account = openAccount(ledger, user(i % 32), 2 ** 32 - 1);
      const key = { account, token: paid, amount: 2n ** 112n, recipient: user(i), nonce: nonce + BigInt(i) };
      addPending(state, { ...key, status: 'queued', checkpoint: 0, deadline: 0 });
    }
    const fill = (isFull: () => boolean) => {
      while (!isFull()) {
        const account = openAccount(ledger, addressOf(`rich ${ledger.accountCount}`), 2 ** 32 - 1);
        ledger.depositChains[account] = 3;
        for (const asset of ledger.assets) addWad(ledger, asset, account, asset.unitWad * LARGEST - 1n);
      }
    };
    // A share of such accounts as well.
    fill(() => ledger.accountCount > 4_000);
    for (let account = 0; account < 600; account++) {
      const key = nonceKey(HOME, ledger.addresses[account] as typeof ANN, nonce);
      rememberNonce(state, key, { account, until: 10 ** 15 });
    }
    step(state, state.sequence + 1, { type: 'cutCheckpoint', time: 10 ** 14 });
    if (trades) for (let account = 0; usedRoom(state) < 1; account++) markChanged(ledger, account);
    else fill(() => usedRoom(state) >= 1);
    return state;
  }

  function transactionBytes(state: State, slices: number): number {
    step(state, state.sequence + 1, { type: 'cutCheckpoint', time: 10 ** 14 });
    const number = state.cutNumber;
    const plaintext = encodePart(indexState(state), { number, slices, changes: state.lastChanges });
    const sealing = {
      stateRootKeys: [new Uint8Array(32)],
      chainId: HOME,
      checkpointer: GENESIS.checkpointer,
    };
    const withdrawals = withdrawalsOfCheckpoint(state, number).map(({ message }) => message);
    expect(withdrawals).toHaveLength(128);
    const hash = hashOf(1);
    const hashes = { parent: hash, stateHash: hash, payloadHash: hash, withdrawalsHash: hash, settlementsHash: hash };
    const data = encodeFunctionData({
      abi: checkpointerAbi,
      functionName: 'checkpoint',
      args: [
        { number: 1n, epoch: 1n, journalIndex: 1n, ...hashes },
        toHex(sealPayload({ ...sealing, epoch: 1, number, plaintext })),
        withdrawals.map(({ checkpoint, deadline, ...rest }) => ({
          ...rest,
          checkpoint: BigInt(checkpoint),
          deadline: BigInt(deadline),
        })),
        [],
        `0x${'11'.repeat(65)}`,
        `0x${'22'.repeat(65)}`,
      ],
    });
    return data.length / 2 - 1;
  }

  it.each([
    { assets: 3, tokens: 6, trades: true },
    { assets: 3, tokens: 6, trades: false },
    { assets: 25, tokens: 60, trades: true },
    { assets: 25, tokens: 60, trades: false },
  ])('fits into a transaction in the worst case: %o', (listed) => {
    for (const slices of [1, 7]) {
      const bytes = transactionBytes(largestState(listed), slices);
      // The rest of the transaction: fees, gas, address, signature.
      expect(bytes).toBeLessThan(TRANSACTION_LIMIT_BYTES - 200);
      expect(bytes).toBeGreaterThan(TRANSACTION_LIMIT_BYTES / 2);
    }
  });

  it('has more room the less is pending', () => {
    const { state } = openExchange();
    expect(changeRoom(state)).toBeGreaterThan(100_000);
    const full = largestState({ assets: 3, tokens: 6, trades: true });
    expect(changeRoom(full)).toBeGreaterThan(15_000);
    expect(changeRoom(full)).toBeLessThan(30_000);
  });
});
