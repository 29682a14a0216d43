import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { BUY, type Command, ZERO_ADDRESS } from '../../src/core/commands.ts';
import { exitInputOf } from '../../src/core/exitInput.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { encodeEntry } from '../../src/core/logEncoding.ts';
import { KINDS, nextHead, replayHead } from '../../src/core/logEntries.ts';
import { engineHash, stateHash } from '../../src/core/snapshot.ts';
import { chains, depositChains, logSources, registries } from '../../src/core/state.ts';
import { step } from '../../src/core/step.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import {
  addressOf,
  apply,
  balanceOf,
  batch,
  deposit,
  directoryLog,
  EPOCH,
  ETH,
  ETH_USD,
  EXECUTOR,
  emptyExchange,
  FEES,
  GENESIS,
  HOME,
  hashOf,
  INSURANCE,
  log,
  MEME,
  openExchange,
  place,
  REGISTRY,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN] = [addressOf('ann'), addressOf('ben')];
const HOME_AUTHORITY = { chainId: HOME, contract: GENESIS.authority };
const DIRECTORY = { chainId: HOME, contract: GENESIS.directory };
const CHECKPOINTER = { chainId: HOME, contract: GENESIS.checkpointer };

let exchange: TestExchange;
/** An assertion leaves the state unusable; tests that expect one turn the closing check off. */
let isBroken: boolean;

beforeEach(() => {
  exchange = openExchange();
  isBroken = false;
});

afterEach(() => {
  if (!isBroken) validateInternalState(exchange.state);
});

function expectAssertion(run: () => void, message: string | RegExp): void {
  isBroken = true;
  expect(run).toThrow(AssertionError);
  exchange = openExchange();
  expect(run).toThrow(message);
}

const OPENED = {
  nonce: hashOf(1),
  sellToken: TOKENS.usdHome.token,
  buyToken: TOKENS.ethHome.token,
  sellAmount: 1n,
  buyAmount: 1n,
  buyExact: false,
  partiallyFillable: false,
  validTo: 9,
  owner: hashOf(2),
  checkpoint: 1,
};
const SENT = {
  nonce: hashOf(2),
  originChainId: HOME,
  destinationChainId: SECOND,
  inputToken: TOKENS.usdHome.token,
  outputToken: TOKENS.usdSecond.token,
  inputAmount: 1n,
  outputAmount: 1n,
  fillDeadline: 3,
  validUntil: 4,
  checkpoint: 1,
};

describe('a batch', () => {
  const order = place(BEN, ETH_USD, BUY, 1, 1);

  it.each([
    ['somebody who is not the executor', { executor: ANN }, { code: 'batch.notExecutor' }],
    ['the trader himself', { executor: BEN }, { code: 'batch.notExecutor' }],
    ['the zero address', { executor: ZERO_ADDRESS }, { code: 'batch.notExecutor' }],
    ['another epoch', { epoch: 2 }, { code: 'batch.wrongEpoch', details: { epoch: 2, current: EPOCH } }],
    ['the past', { deadline: 1_699_999_999_999 }, { code: 'batch.expired' }],
    ['an old nonce', { nonce: 0 }, { code: 'batch.nonceNotGrowing', details: { nonce: 0, newest: 0 } }],
    ['more than 1024 items', { actions: new Array(1025).fill(order) }, { code: 'batch.tooLarge' }],
  ])('of %s is refused as a whole, and changes nothing', (_, wrong, refusal) => {
    deposit(exchange, TOKENS.usdHome, BEN, 1_000_000n);
    const before = stateHash(exchange.state);
    const { result, events } = batch(exchange, [order], wrong);
    expect(result).toMatchObject(refusal);
    expect(events).toEqual([]);
    expect(stateHash(exchange.state)).toBe(before);
  });

  it('is accepted at its deadline and up to 1024 items', () => {
    deposit(exchange, TOKENS.usdHome, BEN, 1_000_000_000n);
    const { result } = batch(exchange, new Array(1024).fill(order), { deadline: exchange.time });
    expect(result.code === 'ok' && result.items?.every((item) => item.code === 'ok')).toBe(true);
  });

  it('uses up its nonce and all below it, gaps allowed', () => {
    expect(batch(exchange, [], { nonce: 10 }).result.code).toBe('ok');
    expect(batch(exchange, [], { nonce: 10 }).result.code).toBe('batch.nonceNotGrowing');
    expect(batch(exchange, [], { nonce: 9 }).result.code).toBe('batch.nonceNotGrowing');
    expect(batch(exchange, [], { nonce: 1_000 }).result.code).toBe('ok');
  });

  it('keeps its nonces through a change of executor and back, so that none can be played again', () => {
    batch(exchange, [], { nonce: 10 });
    directoryLog(exchange, [{ type: 'executorChanged', executor: ANN }]);
    expect(batch(exchange, [], { nonce: 11 }).result.code).toBe('batch.notExecutor');
    directoryLog(exchange, [{ type: 'executorChanged', executor: EXECUTOR }]);
    expect(batch(exchange, [], { nonce: 10 }).result.code).toBe('batch.nonceNotGrowing');
  });

  it('is refused from everybody once the council has revoked the executor', () => {
    directoryLog(exchange, [{ type: 'executorChanged', executor: ZERO_ADDRESS }]);
    expect(batch(exchange, []).result.code).toBe('batch.notExecutor');
    expect(batch(exchange, [], { executor: ZERO_ADDRESS }).result.code).toBe('batch.notExecutor');
  });

  it('follows the epoch of the leader at home, and of no other chain', () => {
    log(exchange, { chainId: SECOND, contract: GENESIS.authority }, [{ type: 'leaderChanged', leader: ANN, epoch: 7 }]);
    expect(exchange.state.epoch).toBe(EPOCH);
    const { events } = log(exchange, HOME_AUTHORITY, [{ type: 'leaderChanged', leader: ANN, epoch: 3 }]);
    expect(events).toEqual([{ type: 'directoryChanged', what: 'leader' }]);
    expect(exchange.state).toMatchObject({ epoch: 3, leader: ANN });
    expect(batch(exchange, []).result.code).toBe('batch.wrongEpoch');
    expect(batch(exchange, [], { epoch: 3 }).result.code).toBe('ok');
  });
});

describe('a deposit', () => {
  it('is credited in ledger units and dust, from tokens of more and of fewer decimals', () => {
    const { events } = deposit(exchange, TOKENS.ethHome, ANN, 1_234_567_890_123n);
    deposit(exchange, TOKENS.memeHome, ANN, 1n);
    deposit(exchange, TOKENS.memeSecond, ANN, 1_999_999n);
    expect(balanceOf(exchange, ANN, ETH)).toEqual({ units: 1_234, reserved: 0, dust: 567_890_123n });
    expect(balanceOf(exchange, ANN, MEME)).toEqual({ units: 11, reserved: 0, dust: 999_999n * 10n ** 9n });
    expect(events).toEqual([
      {
        type: 'credited',
        account: { address: ANN, subaccount: 0 },
        asset: ETH,
        chainId: HOME,
        token: TOKENS.ethHome.token,
        amount: 1_234_567_890_123n,
        logIndex: 0,
      },
    ]);
  });

  it('makes the account, and is remembered with its chain for all subaccounts of the address', () => {
    expect(depositChains(exchange.state, ANN)).toEqual([]);
    deposit(exchange, TOKENS.usdSecond, ANN, 5n, 3);
    expect(depositChains(exchange.state, ANN)).toEqual([SECOND]);
    deposit(exchange, TOKENS.usdHome, ANN, 5n);
    expect(depositChains(exchange.state, ANN)).toEqual([HOME, SECOND]);
    expect(depositChains(exchange.state, FEES)).toEqual([]);
  });

  it('remembers on which chains the account is a contract', () => {
    const { token, chainId } = TOKENS.usdHome;
    const entry = { type: 'deposited' as const, token, amount: 5n, account: ANN, subaccount: 0, payer: BEN };
    registryLog(exchange, chainId, [entry, { ...entry, account: BEN }], { contracts: [ANN] });
    deposit(exchange, TOKENS.usdSecond, ANN, 5n);
    expect([...exitInputOf(exchange.state).boundTo.values()]).toEqual([[HOME]]);
    registryLog(exchange, SECOND, [{ ...entry, token: TOKENS.usdSecond.token, subaccount: 4 }], { contracts: [ANN] });
    expect([...exitInputOf(exchange.state).boundTo.values()]).toEqual([[HOME, SECOND]]);
  });

  it('makes its token known, as the vault’s listing does', () => {
    const known = () => exitInputOf(exchange.state).tokens.map(({ token }) => token);
    const before = known();
    const [listed, deposited] = [addressOf('listed by the vault'), addressOf('deposited')];
    registryLog(exchange, HOME, [{ type: 'tokenListed', token: listed }]);
    deposit(exchange, { chainId: HOME, token: deposited }, ANN, 1n);
    expect(known()).toEqual([...before, listed, deposited]);
  });

  it('of an unlisted token is held, and credited when an asset lists it', () => {
    const token = { chainId: SECOND, token: addressOf('late token') };
    const held = deposit(exchange, token, ANN, 1_500n);
    deposit(exchange, token, ANN, 500n);
    deposit(exchange, token, BEN, 7n, 2);
    expect(held.events).toMatchObject([{ type: 'heldUnlisted', amount: 1_500n, logIndex: 0 }]);
    validateInternalState(exchange.state);
    const { events } = directoryLog(exchange, [
      { type: 'assetListed', asset: 9, symbol: 'LATE', ledgerDecimals: 0 },
      { type: 'assetTokenListed', asset: 9, ...token, decimals: 3 },
    ]);
    expect(events.filter(({ type }) => type === 'credited')).toMatchObject([
      { account: { address: ANN }, asset: 9, amount: 2_000n },
      { account: { address: BEN, subaccount: 2 }, amount: 7n },
    ]);
    expect(balanceOf(exchange, ANN, 9)).toEqual({ units: 2, reserved: 0, dust: 0n });
    expect(balanceOf(exchange, BEN, 9, 2)).toEqual({ units: 0, reserved: 0, dust: 7n * 10n ** 15n });
    expect(deposit(exchange, token, ANN, 1n).events).toMatchObject([{ type: 'credited' }]);
  });

  it('that the ledger cannot count stops the keeper', () => {
    const tooMuch = 2n ** 53n * 10n ** 9n;
    expectAssertion(() => deposit(exchange, TOKENS.ethHome, ANN, tooMuch), 'leaves the range');
    expectAssertion(() => {
      deposit(exchange, TOKENS.ethHome, ANN, tooMuch / 2n);
      deposit(exchange, TOKENS.ethSecond, BEN, tooMuch / 2n);
    }, 'more ETH than the ledger can count');
  });
});

describe('a log', () => {
  function logOf(more: object): Command {
    const { state, time } = exchange;
    const source = state.sources.get(`${HOME}:${REGISTRY}`);
    const block = { number: 1_000, hash: hashOf(1), timestamp: 5 };
    const entry = {
      type: 'deposited' as const,
      token: TOKENS.usdHome.token,
      amount: 5n,
      account: ANN,
      subaccount: 0,
      payer: ANN,
    };
    const at = { chainId: HOME, contract: REGISTRY, firstIndex: source?.index ?? 0 };
    const command = { type: 'log' as const, time, ...at, contracts: [] };
    return { ...command, entries: [encodeEntry(entry)], block, ...more };
  }

  function applyLog(more: object = {}): void {
    exchange.sequence++;
    step(exchange.state, exchange.sequence, logOf(more));
  }

  it('moves the head by every entry, also by those of unknown kinds', () => {
    const entries = [
      { kind: hashOf(5), data: new Uint8Array([1, 2, 3]) },
      encodeEntry({ type: 'executorChanged', executor: ANN }),
    ];
    const young = emptyExchange();
    log(young, DIRECTORY, entries);
    let head = replayHead(HOME, GENESIS.directory);
    for (const [index, entry] of entries.entries()) head = nextHead(head, index, entry);
    expect(logSources(young.state, HOME).find(({ kind }) => kind === 'directory')?.position).toEqual({
      index: 2,
      head,
      blockNumber: young.block,
    });
    expect(young.state.executor).toBe(ANN);
  });

  it('that comes twice is never credited twice: it stops the keeper', () => {
    expectAssertion(() => {
      const twice = logOf({});
      step(exchange.state, exchange.sequence + 1, twice);
      step(exchange.state, exchange.sequence + 2, twice);
    }, 'registry log of chain 31337: entries from 0 on, but 1 comes next');
  });

  it('with a gap stops the keeper', () => {
    expectAssertion(() => applyLog({ firstIndex: 1 }), 'entries from 1 on, but 0 comes next');
  });

  it.each([
    { type: 'settlementOpened', ...OPENED },
    { type: 'shuttleSent', digest: hashOf(1), order: SENT },
  ] as const)(
    'that money has left for a lane or a bridge stops the keeper, which never signed that: $type',
    (entry) => {
      const exchange = openExchange();
      expect(() => registryLog(exchange, HOME, [entry])).toThrow(/never gave/);
    },
  );

  it('of a contract or chain that is not ours stops the keeper', () => {
    expectAssertion(() => applyLog({ contract: ANN }), 'which is none of ours');
    expectAssertion(() => applyLog({ chainId: 5 }), 'which is none of ours');
  });

  it('of an older block than before stops the keeper', () => {
    expectAssertion(() => {
      applyLog();
      applyLog({ block: { number: 999, hash: hashOf(1), timestamp: 5 } });
    }, 'block 999 after block 1000');
  });

  it('with an entry that is cut short stops the keeper and says which', () => {
    const entries = [{ kind: KINDS.deposited, data: new Uint8Array(31) }];
    expectAssertion(
      () => applyLog({ entries }),
      'registry log of chain 31337, entry 0: expected 5 words, got 31 bytes',
    );
  });

  it('means what its contract may say: a deposit in the Directory’s log is nothing', () => {
    const entry = {
      type: 'deposited' as const,
      token: TOKENS.usdHome.token,
      amount: 5n,
      account: ANN,
      subaccount: 0,
      payer: ANN,
    };
    expect(directoryLog(exchange, [entry]).events).toEqual([]);
    expect(exchange.state.exchange.ledger.accountByKey.has(ANN)).toBe(false);
  });

  it('is followed from the moment its chain is listed', () => {
    const young = emptyExchange();
    expect(logSources(young.state).map(({ kind }) => kind)).toEqual(['authority', 'checkpointer', 'directory']);
    expect(registries(exchange.state)).toEqual([
      { chainId: HOME, registry: REGISTRY, processedIndex: 0 },
      { chainId: SECOND, registry: REGISTRY, processedIndex: 0 },
    ]);
    deposit(exchange, TOKENS.usdSecond, ANN, 1n);
    expect(registries(exchange.state)[1]).toMatchObject({ processedIndex: 1 });
    expect(chains(exchange.state)[1]).toEqual({
      chainId: SECOND,
      registry: REGISTRY,
      authority: GENESIS.authority,
      finality: 0,
      heartbeatSeconds: 300,
    });
    expect(logSources(exchange.state, SECOND).map(({ kind }) => kind)).toEqual(['registry', 'authority']);
  });
});

describe('the Directory', () => {
  const chain = { type: 'chainListed' as const, registry: REGISTRY, authority: ANN, finality: 0, heartbeatSeconds: 9 };

  it('tells the roles', () => {
    expect(exchange.state).toMatchObject({
      executor: EXECUTOR,
      settler: addressOf('settler'),
      settlerKey: `0x02${'11'.repeat(32)}`,
      feeAccount: FEES,
      insuranceAccount: INSURANCE,
    });
  });

  it.each([
    [
      'another authority for the home chain than the keeper was told',
      [{ ...chain, chainId: HOME }],
      "the home chain's authority is",
    ],
    [
      'a registry that is another of our contracts',
      [{ ...chain, chainId: HOME, authority: GENESIS.authority, registry: GENESIS.directory }],
      'is another contract of ours',
    ],
    [
      'a chain twice',
      [
        { ...chain, chainId: 5 },
        { ...chain, chainId: 5 },
      ],
      'listed twice',
    ],
    [
      'a token of an asset that is not listed',
      [{ type: 'assetTokenListed', asset: 4, chainId: 5, token: ANN, decimals: 1 }],
      'asset 4 is not listed',
    ],
    [
      'a book of assets that are not listed',
      [{ type: 'bookListed', book: 1, base: 4, quote: 5, lotSize: 1, tickSize: 1 }],
      'of unlisted assets',
    ],
    [
      'a change of a book that is not listed',
      [{ type: 'bookChanged', book: 1, makerFeePpm: 1, takerFeePpm: 1, status: 0 }],
      'book 1 is not listed',
    ],
  ] as const)('that lists %s stops the keeper', (_, entries, message) => {
    const young = emptyExchange();
    isBroken = true;
    expect(() => directoryLog(young, [...entries])).toThrow(message);
  });

  it.each([
    ['an asset twice', { type: 'assetListed', asset: ETH, symbol: 'X', ledgerDecimals: 1 }, 'listed twice'],
    ['a token twice', { type: 'assetTokenListed', ...TOKENS.usdHome }, 'listed twice'],
    [
      'a token of a chain that is not listed',
      { type: 'assetTokenListed', asset: ETH, chainId: 5, token: ANN, decimals: 1 },
      'chain 5 is not listed',
    ],
    ['a book twice', { type: 'bookListed', book: 1, base: ETH, quote: USD, lotSize: 1, tickSize: 1 }, 'listed twice'],
    [
      'a book with lots of nothing',
      { type: 'bookListed', book: 8, base: ETH, quote: USD, lotSize: 0, tickSize: 1 },
      'size 0',
    ],
    [
      'a fee of everything',
      { type: 'bookChanged', book: 1, makerFeePpm: 1_000_000, takerFeePpm: 1, status: 0 },
      'a fee of everything',
    ],
    [
      'an unknown status',
      { type: 'bookChanged', book: 1, makerFeePpm: 1, takerFeePpm: 1, status: 4 },
      'unknown status',
    ],
  ] as const)('that lists %s stops the keeper', (_, entry, message) => {
    expectAssertion(() => directoryLog(exchange, [entry]), message);
  });
});

describe('a checkpoint', () => {
  const message = {
    epoch: EPOCH,
    parent: hashOf(1),
    stateHash: hashOf(2),
    payloadHash: hashOf(3),
    withdrawalsHash: hashOf(4),
    settlementsHash: hashOf(5),
    journalIndex: 7,
  };

  it('counts on from the last one, also while earlier ones are not final', () => {
    expect(apply(exchange, { type: 'cutCheckpoint' }).events).toEqual([{ type: 'checkpointCut', number: 1 }]);
    expect(apply(exchange, { type: 'cutCheckpoint' }).events).toEqual([{ type: 'checkpointCut', number: 2 }]);
    expect(exchange.state).toMatchObject({ cutNumber: 2, finalNumber: 0 });
  });

  it('is final when the home chain says so, with the digest that both keys signed', () => {
    apply(exchange, { type: 'cutCheckpoint' });
    const { events } = log(exchange, CHECKPOINTER, [{ type: 'checkpointed', number: 1, ...message }]);
    const domain = { chainId: HOME, verifyingContract: GENESIS.checkpointer };
    const digest = digestOf('Checkpoint', domain, { number: 1, ...message });
    expect(events).toEqual([{ type: 'checkpointFinal', number: 1, digest }]);
    expect(exchange.state).toMatchObject({ finalNumber: 1, finalDigest: digest });
  });

  it('by somebody else stops the keeper', () => {
    expectAssertion(
      () => log(exchange, CHECKPOINTER, [{ type: 'checkpointed', number: 1, ...message }]),
      'checkpoint 1 by somebody else: the newest cut here is 0',
    );
  });

  it('out of turn stops the keeper', () => {
    expectAssertion(() => {
      for (let i = 0; i < 3; i++) apply(exchange, { type: 'cutCheckpoint' });
      log(exchange, CHECKPOINTER, [{ type: 'checkpointed', number: 2, ...message }]);
    }, 'checkpoint 2 after checkpoint 0');
  });

  it('is not cut while 4096 others wait to be final', () => {
    for (let i = 0; i < 4_096; i++) expect(apply(exchange, { type: 'cutCheckpoint' }).result.code).toBe('ok');
    expect(apply(exchange, { type: 'cutCheckpoint' }).result.code).toBe('checkpoint.inFlight');
    expect(exchange.state.cutNumber).toBe(4_096);
  });
});

describe('the one writer', () => {
  it('refuses a time that runs backwards', () => {
    expectAssertion(
      () => apply(exchange, { type: 'cutCheckpoint', time: exchange.state.time - 1 }),
      'time runs backwards',
    );
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53])('refuses sequence %d', (sequence) => {
    const { time } = exchange;
    expectAssertion(
      () => step(exchange.state, sequence, { type: 'cutCheckpoint', time }),
      `sequence ${sequence} after`,
    );
  });

  it('refuses a sequence that was used', () => {
    const { sequence, time } = exchange;
    expectAssertion(
      () => step(exchange.state, sequence, { type: 'cutCheckpoint', time }),
      `sequence ${sequence} after ${sequence}`,
    );
  });

  it('gives the same hash for the same commands, and another one for others', () => {
    const again = openExchange();
    expect(engineHash(again.state)).toBe(engineHash(exchange.state));
    deposit(again, TOKENS.usdHome, ANN, 1n);
    expect(engineHash(again.state)).not.toBe(engineHash(exchange.state));
  });
});

describe('the vaults', () => {
  it('hold what their logs say, also of tokens without an asset', () => {
    deposit(exchange, TOKENS.usdHome, ANN, 5n);
    deposit(exchange, TOKENS.usdHome, BEN, 6n);
    registryLog(exchange, SECOND, []);
    expect(exchange.state.exchange.ledger.tokens.get(`${HOME}:${TOKENS.usdHome.token}`)?.holdings).toBe(11n);
    expect(exchange.state.exchange.ledger.tokens.get(`${SECOND}:${TOKENS.usdSecond.token}`)?.holdings).toBe(0n);
  });
});
