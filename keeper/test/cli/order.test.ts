import { recoverAddress } from 'viem';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Action, type Hex, UNUSED_ACTION } from '../../src/core/commands.ts';
import type { ActionResult } from '../../src/core/events.ts';
import { type BatchMessage, digestOf } from '../../src/core/typedMessages.ts';
import { BOOK } from '../adapters/http/support/fakeKeeperApi.ts';
import { jsonLines, runMw } from './support/runMw.ts';
import { alice, executor, type StandIn, startStandIn } from './support/standIn.ts';

let standIn: StandIn;

beforeEach(async () => {
  standIn = await startStandIn();
  vi.stubEnv('MW_PROFILE', standIn.profile);
  vi.stubEnv('MW_URL', undefined);
  vi.stubEnv('MW_PRIVATE_KEY', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await standIn.close();
});

/** What the keeper will say of the one order in the batch. */
function answerWith(item: ActionResult): void {
  standIn.keeper.batchAnswer = {
    ok: true,
    value: { sequence: 101, result: { code: 'ok', items: [item] }, repeated: false },
  };
}

const RESTING: ActionResult = { code: 'ok', orderId: 103424, filled: 200, remaining: 300, resting: true };

/** The one batch that the keeper was sent. */
function sentBatch(): { readonly message: BatchMessage; readonly signature: Hex } {
  expect(standIn.keeper.calls).toHaveLength(1);
  return standIn.keeper.calls[0] as { message: BatchMessage; signature: Hex };
}

const NOTHING: Action = { ...UNUSED_ACTION, kind: 0, account: alice };

describe('mw order buy and sell', () => {
  it('signs a batch of one as the executor of the devnet', async () => {
    answerWith(RESTING);
    const before = Date.now();
    const run = await runMw('order', 'buy', '0.5', 'WETH/USDC', '--price', '2500.5', '--for', 'alice');
    expect(run).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: 'order 103424: buy 0.5 WETH at 2500.5 USDC in WETH/USDC\nfilled 0.2 WETH, 0.3 WETH rests in the book\n',
    });
    const { message, signature } = sentBatch();
    expect(message).toMatchObject({ executor, epoch: 1, makersFirst: false });
    expect(message.nonce).toBeGreaterThanOrEqual(before);
    expect(message.deadline).toBeGreaterThan(Date.now());
    expect(message.actions).toEqual([{ ...NOTHING, book: BOOK, price: 250_050, quantity: 500, maxFeePpm: 300 }]);
    const { homeChainId: chainId, checkpointer: verifyingContract } = standIn.keeper.api.identity();
    const digest = digestOf('Batch', { chainId, verifyingContract }, message);
    expect((await recoverAddress({ hash: digest, signature })).toLowerCase()).toBe(executor);
  });

  it('passes on every choice', async () => {
    answerWith({ code: 'ok', orderId: 7, filled: 0, remaining: 1, resting: false });
    const run = await runMw(
      ...['order', 'sell', '0.001', '1', '--price', '3000', '--for', alice, '--subaccount', '3', '--ioc'],
      ...['--client-id', '42', '--max-fee', '500', '--nonce', '9', '--as', 'executor', '--json'],
    );
    expect(jsonLines(run)).toEqual([{ code: 'ok', orderId: 7, filled: 0, remaining: 1, resting: false }]);
    expect(sentBatch().message.nonce).toBe(9);
    expect(sentBatch().message.actions).toEqual([
      {
        ...NOTHING,
        subaccount: 3,
        book: BOOK,
        side: 1,
        timeInForce: 2,
        price: 300_000,
        quantity: 1,
        clientId: 42,
        maxFeePpm: 500,
      },
    ]);
  });

  it('says what became of an order that does not rest', async () => {
    answerWith({ code: 'ok', orderId: 7, filled: 200, remaining: 300, resting: false });
    const args = ['order', 'sell', '0.5', 'WETH/USDC', '--price', '3000', '--for', 'alice', '--ioc'];
    expect((await runMw(...args)).stdout).toContain('filled 0.2 WETH, 0.3 WETH cancelled');
    answerWith({ code: 'ok', orderId: 8, filled: 500, remaining: 0, resting: false });
    expect((await runMw(...args)).stdout).toContain('filled 0.5 WETH, nothing remains');
  });

  it.each([
    [['buy', '0.5', 'WETH/USDC', '--price', '2500.005'], 'The price must be a multiple of 0.01 USDC per WETH'],
    [['buy', '0.5', 'WETH/USDC', '--price', '2500.005'], 'The nearest: 2500 or 2500.01.'],
    [['buy', '0.0005', 'WETH/USDC', '--price', '2500'], 'The size must be a multiple of 0.001 WETH'],
    [['buy', '0', 'WETH/USDC', '--price', '2500'], 'The size must be at least 0.001 WETH'],
    [['buy', '1e3', 'WETH/USDC', '--price', '2500'], 'The size must be a plain decimal number'],
    [['buy', '0.5', 'WETH/USDC', '--price', '-1'], 'The price must be a plain decimal number'],
    [
      ['buy', '0.5', 'WETH/USDC', '--price', '1', '--subaccount', '4294967296'],
      'The subaccount must be a whole number',
    ],
    [['buy', '0.5', 'WETH/USDC'], "required option '--price <price>' not specified"],
    [['cancel', '1.5'], 'The order must be a whole number'],
  ])('sends nothing when it is not understood: %s', async (args, message) => {
    const run = await runMw('order', ...args, '--for', 'alice');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(standIn.keeper.calls).toEqual([]);
  });

  it('tells an executor how much is missing', async () => {
    answerWith({
      code: 'risk.insufficientBalance',
      details: { symbol: 'USDC', decimals: 6, needed: '1250375000', free: '1000000000' },
    });
    expect(await runMw('order', 'buy', '0.5', 'WETH/USDC', '--price', '2500', '--for', 'alice')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'error: The free balance is too small: the order needs 1250.375 USDC, free are 1000 USDC.\n' +
        'See the balances with `mw account`; deposit, or cancel orders that reserve them.\n',
    });
  });

  it('prints the refusal of the keeper to whoever is not the executor', async () => {
    const message = `Only the executor ${executor} may submit trades; this batch names ${alice}.`;
    const run = await runMw('order', 'buy', '0.5', 'WETH/USDC', '--price', '2500', '--for', 'alice', '--as', 'alice');
    expect(run).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: ${message}\nSign with the key of the executor; on a devnet: --as executor.\n`,
    });
    expect(standIn.keeper.calls).toEqual([]);
  });

  it('names a refusal that it has no words for', async () => {
    answerWith({ code: 'batch.tooLarge' });
    const run = await runMw('order', 'buy', '0.5', 'WETH/USDC', '--price', '2500', '--for', 'alice');
    expect(run.stderr).toBe('error: Refused: batch.tooLarge.\n');
  });
});

describe('mw order buy and sell, in all their kinds', () => {
  const ORDER = ['order', 'buy', '0.5', 'WETH/USDC', '--for', 'alice'];
  const PLAIN = { ...NOTHING, book: BOOK, price: 250_000, quantity: 500, maxFeePpm: 300 };

  it.each([
    [['--fok'], { timeInForce: 3 }],
    [['--post-only'], { flags: 1 }],
    [['--self-trade', 'expire-taker'], { flags: 8 }],
    [['--self-trade', 'expire-both'], { flags: 16 }],
    [['--post-only', '--self-trade', 'decrement'], { flags: 25 }],
  ])('signs %s', async (choice, expected) => {
    answerWith(RESTING);
    expect(await runMw(...ORDER, '--price', '2500', ...choice)).toMatchObject({ exitCode: 0 });
    expect(sentBatch().message.actions).toEqual([{ ...PLAIN, ...expected }]);
  });

  it('signs how long an order is good', async () => {
    answerWith(RESTING);
    const before = Date.now();
    await runMw(...ORDER, '--price', '2500', '--good-for', '60');
    const [action] = sentBatch().message.actions;
    expect(action).toEqual({ ...PLAIN, timeInForce: 1, expiry: action?.expiry });
    expect(action?.expiry).toBeGreaterThanOrEqual(before + 60_000);
    expect(action?.expiry).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it('signs a budget, and says what it left over', async () => {
    answerWith({ code: 'ok', orderId: 7, filled: 399, remaining: 2_500_000, resting: false });
    const run = await runMw('order', 'buy', '1000', 'WETH/USDC', '--budget', '--for', 'alice');
    expect(run.stdout).toBe(
      'order 7: buy 1000 USDC at any price in WETH/USDC\nfilled 0.399 WETH, 2.5 USDC left over\n',
    );
    expect(sentBatch().message.actions).toEqual([
      { ...PLAIN, price: 0, quantity: 1_000_000_000, timeInForce: 2, flags: 4 },
    ]);
  });

  it.each([
    [['--price', '2500', '--ioc', '--fok'], 'Choose one of --ioc'],
    [['--price', '2500', '--fok', '--good-for', '5'], 'Choose one of --ioc'],
    [['--price', '2500', '--self-trade', 'maybe'], '--self-trade must be one of expire-maker'],
    [['--price', '2500', '--good-for', '1.5'], 'The time must be a whole number'],
    [[], "required option '--price <price>' not specified"],
  ])('sends nothing with %s', async (choice, message) => {
    const run = await runMw(...ORDER, ...choice);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(standIn.keeper.calls).toEqual([]);
  });

  it('does not sell for a budget without a worst price', async () => {
    const run = await runMw('order', 'sell', '1000', 'WETH/USDC', '--budget', '--for', 'alice');
    expect(run.stderr).toContain("required option '--price <price>' not specified");
  });
});

describe('mw order amend', () => {
  it('changes the price, the size or both', async () => {
    answerWith({ code: 'ok', orderId: 7, filled: 0, remaining: 400, resting: true });
    const args = ['order', 'amend', '7', 'WETH/USDC', '--size', '0.4', '--price', '2501', '--post-only'];
    expect((await runMw(...args, '--for', 'alice')).stdout).toBe(
      'amended order 7\nfilled 0 WETH, 0.4 WETH rests in the book\n',
    );
    expect(sentBatch().message.actions).toEqual([
      { ...NOTHING, kind: 3, book: BOOK, orderId: 7, price: 250_100, quantity: 400, flags: 1 },
    ]);
  });

  it('needs something to change', async () => {
    const run = await runMw('order', 'amend', '7', 'WETH/USDC', '--for', 'alice');
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Give --price, --size or both.') });
    expect(standIn.keeper.calls).toEqual([]);
  });
});

describe('mw order cancel-all-after', () => {
  it.each([
    ['30', 30_000, 'all orders will go in 30 s\n'],
    ['0', 0, 'switched off\n'],
  ])('signs %s seconds', async (seconds, expiry, text) => {
    answerWith({ code: 'ok', cancelled: 0 });
    expect((await runMw('order', 'cancel-all-after', seconds, '--for', 'alice')).stdout).toBe(text);
    expect(sentBatch().message.actions).toEqual([{ ...NOTHING, kind: 4, expiry }]);
  });
});

describe('mw order cancel', () => {
  it('cancels one order', async () => {
    answerWith({ code: 'ok', cancelled: 1 });
    const run = await runMw('order', 'cancel', '103424', '--for', 'alice', '--book', 'WETH/USDC');
    expect(run).toEqual({ exitCode: 0, stderr: '', stdout: 'cancelled order 103424\n' });
    expect(sentBatch().message.actions).toEqual([{ ...NOTHING, kind: 1, book: BOOK, orderId: 103424 }]);
  });

  it('says that an order does not rest any more', async () => {
    answerWith({ code: 'order.unknown' });
    const run = await runMw('order', 'cancel', '103424', '--for', 'alice');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toBe(
      'error: No such order of this account rests: it was filled, cancelled, or belongs to somebody else.\n' +
        'See what rests: `mw account --orders`.\n',
    );
  });

  it('cancels all orders of an account, in one book or in all', async () => {
    answerWith({ code: 'ok', cancelled: 2 });
    expect((await runMw('order', 'cancel-all', '--for', 'alice')).stdout).toBe('cancelled 2 orders\n');
    expect(sentBatch().message.actions).toEqual([{ ...NOTHING, kind: 2 }]);
    await runMw('order', 'cancel-all', '--for', 'alice', '--book', 'WETH/USDC');
    expect(standIn.keeper.calls[1]).toMatchObject({ message: { actions: [{ ...NOTHING, kind: 2, book: BOOK }] } });
  });
});
