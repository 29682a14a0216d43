// What bad input gets, from the real keeper over real HTTP: a clear refusal, and nothing moves.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, BOB, CAROL, EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import { signBatch, signWithdrawalCancel, signWithdrawalRequest } from '../../src/client/signing.ts';
import { type LiveDevnet, startLiveDevnet } from '../support/liveDevnet.ts';
import {
  accountOf,
  addressOf,
  atoms,
  type Balances,
  balancesOf,
  depositAll,
  MEME_USDC,
  nextNonce,
  place,
  refusalOf,
  requestWithdrawal,
  type SignedBatch,
  SOLVENT,
  sign,
  signWithdrawal,
  solvencyDifferences,
  tokenOf,
  trade,
  untilWithdrawal,
  vaults,
} from '../support/trading.ts';

const USERS = [ALICE, BOB, CAROL];
const LARGEST = Number.MAX_SAFE_INTEGER;

let live: LiveDevnet;
let before: { readonly balances: Balances; readonly orders: unknown };
let accepted: { readonly batch: SignedBatch; readonly sequence: number; readonly result: unknown };

async function everything() {
  const orders = await Promise.all(USERS.map((index) => live.keeper.orders({ address: addressOf(index) })));
  return { balances: await balancesOf(live.keeper, USERS), orders };
}

/** A buy order of Alice's that would rest; every field may be changed. */
function buying(changes: Parameters<typeof place>[1] | object = {}) {
  return place('buy', { account: addressOf(ALICE), price: 100_000, quantity: 10, ...changes });
}

beforeAll(async () => {
  live = await startLiveDevnet();
  await depositAll(live, [
    { chain: live.home, from: ALICE, symbol: 'USDC', amount: '10000' },
    { chain: live.second, from: BOB, symbol: 'WETH', amount: '5' },
    { chain: live.home, from: CAROL, symbol: 'WETH', amount: '1' },
  ]);
  const batch = await sign(live, [
    place('sell', { account: addressOf(BOB), price: 300_000, quantity: 2_000 }),
    place('buy', { account: addressOf(ALICE), price: 300_000, quantity: 1_000 }),
    place('buy', { account: addressOf(ALICE), price: 290_000, quantity: 500 }),
  ]);
  const { sequence, result } = await live.keeper.submitBatch(batch);
  expect(result).toMatchObject({ items: [{ resting: true }, { filled: 1_000 }, { resting: true }] });
  accepted = { batch, sequence, result };
  before = await everything();
});
afterAll(async () => {
  await live?.stop();
});

describe('a batch', () => {
  it('that a user signed for himself is refused: only the executor trades', async () => {
    const batch = await sign(live, [buying()], { executor: addressOf(ALICE), signer: ALICE });
    const refusal = await refusalOf(live.keeper.submitBatch(batch));
    expect(refusal).toMatchObject({ code: 'signature.notExecutor', status: 403, retryable: false });
    expect(refusal.message).toContain(addressOf(ALICE));
  });

  it('that a user signed in the name of the executor is refused', async () => {
    const batch = await sign(live, [buying()], { signer: ALICE });
    expect(await refusalOf(live.keeper.submitBatch(batch))).toMatchObject({ code: 'signature.invalid', status: 401 });
  });

  it('that was altered after it was signed is refused, whatever was altered', async () => {
    const { message, signature } = await sign(live, [buying()]);
    const altered: SignedBatch['message'][] = [
      { ...message, nonce: message.nonce + 1 },
      { ...message, deadline: message.deadline + 1 },
      { ...message, epoch: 2 },
      { ...message, makersFirst: true },
      { ...message, actions: [buying({ price: 100_001 })] },
      { ...message, actions: [buying({ account: addressOf(BOB) })] },
      { ...message, actions: [buying(), buying()] },
    ];
    for (const each of altered) {
      const refusal = await refusalOf(live.keeper.submitBatch({ message: each, signature }));
      expect(refusal).toMatchObject({ code: 'signature.invalid', status: 401 });
    }
  });

  it('whose signature was altered is refused', async () => {
    const { message, signature } = await sign(live, [buying()]);
    const flipped = signature.slice(0, 10) + (signature[10] === '0' ? '1' : '0') + signature.slice(11);
    for (const bad of [flipped, `0x${'00'.repeat(65)}`, `0x${'ff'.repeat(65)}`]) {
      const refusal = await refusalOf(live.keeper.submitBatch({ message, signature: bad as typeof signature }));
      expect(refusal.code).toBe('signature.invalid');
    }
  });

  it('that was signed for another chain or another Checkpointer is refused', async () => {
    const { message } = await sign(live, [buying()]);
    const { domain } = live.devnet;
    const others = [
      { ...domain, chainId: live.second.chainId },
      { ...domain, verifyingContract: live.home.deployment.registry },
    ];
    for (const other of others) {
      const signature = await signBatch({ account: accountOf(EXECUTOR), domain: other, message });
      expect((await refusalOf(live.keeper.submitBatch({ message, signature }))).code).toBe('signature.invalid');
    }
  });

  it('whose deadline has passed is refused', async () => {
    const batch = await sign(live, [buying()], { deadline: Date.now() - 1_000 });
    const refusal = await refusalOf(live.keeper.submitBatch(batch));
    expect(refusal).toMatchObject({ code: 'batch.expired', status: 422 });
    expect(refusal.message).toContain(String(batch.message.deadline));
  });

  it('of another epoch is refused', async () => {
    for (const epoch of [0, 2]) {
      const refusal = await refusalOf(live.keeper.submitBatch(await sign(live, [buying()], { epoch })));
      expect(refusal).toMatchObject({ code: 'batch.wrongEpoch', status: 409, details: { epoch, current: 1 } });
    }
  });

  it('whose nonce does not grow is refused', async () => {
    const { nonce } = accepted.batch.message;
    for (const old of [nonce, nonce - 1, 0]) {
      const refusal = await refusalOf(live.keeper.submitBatch(await sign(live, [buying()], { nonce: old })));
      expect(refusal).toMatchObject({ code: 'batch.nonceNotGrowing', status: 409, details: { nonce: old } });
    }
  });

  it('that comes again is answered with the stored result and does nothing', async () => {
    const { batch, sequence, result } = accepted;
    const answers = await Promise.all([1, 2, 3].map(() => live.keeper.submitBatch(batch)));
    for (const answer of answers) expect(answer).toEqual({ sequence, result, repeated: true });
  });

  it('is taken, but its items are refused one by one: unknown book, price, size, balance, account', async () => {
    const richest = place('sell', { account: addressOf(CAROL), price: 300_000, quantity: 1_001 });
    const { result } = await live.keeper.submitBatch(
      await sign(live, [
        buying({ book: 99 }),
        buying({ price: 0 }),
        buying({ quantity: 0 }),
        buying({ price: LARGEST, quantity: LARGEST }),
        buying({ price: 300_000, quantity: 5_000 }),
        richest,
        buying({ book: MEME_USDC, side: 1 }),
        buying({ account: addressOf(EXECUTOR) }),
        buying({ side: 2 }),
        buying({ kind: 9 }),
        buying({ kind: 1, orderId: 1, price: 0, quantity: 0 }),
      ]),
    );
    const codes = 'items' in result ? result.items?.map(({ code }) => code) : [];
    expect(codes).toEqual([
      'book.unknown',
      'order.priceOutOfRange',
      'order.quantityOutOfRange',
      'order.notionalOutOfRange',
      'risk.insufficientBalance',
      'risk.insufficientBalance',
      'risk.insufficientBalance',
      'account.unknown',
      'action.invalid',
      'action.invalid',
      'order.unknown',
    ]);
    const refused = 'items' in result ? result.items?.[5] : undefined;
    expect(refused).toMatchObject({ details: { symbol: 'WETH', needed: '1001000000', free: '1000000000' } });
  });

  it('that is no batch at all gets 400 and a sentence', async () => {
    const { message, signature } = await sign(live, [buying()]);
    const bodies = [
      '',
      'nonsense',
      '[]',
      JSON.stringify({ message }),
      JSON.stringify({ message: { ...message, actions: [] }, signature }),
      JSON.stringify({ message: { ...message, unknownField: 1 }, signature }),
      JSON.stringify({ message: { ...message, nonce: -1 }, signature }),
      JSON.stringify({ message: { ...message, nonce: 0.5 }, signature }),
      JSON.stringify({ message: { ...message, actions: [buying({ price: -1 })] }, signature }),
      JSON.stringify({ message: { ...message, actions: Array.from({ length: 1_025 }, () => buying()) }, signature }),
      JSON.stringify({ message, signature }).replace(`"nonce":${message.nonce}`, '"nonce":9007199254740993'),
      JSON.stringify({ message, signature: '0x12' }),
    ];
    for (const body of bodies) {
      const response = await fetch(`${live.keeper.url}/v1/batches`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      expect(response.status, body.slice(0, 80)).toBe(400);
      expect(await response.json()).toMatchObject({ code: expect.stringMatching(/^request\./), retryable: false });
    }
  });
});

describe('a withdrawal', () => {
  const wish = (changes: object = {}) => ({ chain: live.home, from: ALICE, symbol: 'USDC', amount: '1', ...changes });

  async function refused(...args: Parameters<typeof signWithdrawal> extends [unknown, ...infer R] ? R : never) {
    return refusalOf(live.keeper.requestWithdrawal(await signWithdrawal(live, ...args)));
  }

  it('beyond the free balance is refused: what rests in the book is put aside', async () => {
    // Of her 10 000 she paid 3 000 and a fee of 1.5, and put 1 450 and the highest fee aside.
    const refusal = await refused(wish({ amount: '6000' }));
    expect(refusal).toMatchObject({ code: 'withdrawal.insufficientBalance', status: 422 });
    expect(refusal.details).toMatchObject({ symbol: 'USDC', requested: '6000000000' });
    const free = Number(refusal.details.free);
    expect(free).toBeGreaterThan(5_540_000_000);
    expect(free).toBeLessThan(5_549_000_000);
    expect(refusal.message).toContain(String(free));
  });

  it('of something that the account does not have is refused', async () => {
    expect((await refused(wish({ symbol: 'MEME' }))).code).toBe('withdrawal.insufficientBalance');
  });

  it('to a chain whose vault holds too little is refused and told how much it holds', async () => {
    const refusal = await refused(wish({ from: BOB, symbol: 'WETH', amount: '2' }));
    const holds = String(atoms(live, live.home, '1', 'WETH'));
    expect(refusal).toMatchObject({ code: 'withdrawal.vaultTooLow', status: 422, details: { holds } });
    expect(refusal.message).toContain(`holds ${holds}`);
  });

  it('of an unlisted token is refused, also when the token is listed on another chain', async () => {
    for (const token of [addressOf(CAROL), tokenOf(live.second, 'USDC')]) {
      expect(await refused(wish(), { token })).toMatchObject({ code: 'withdrawal.unlistedToken', status: 422 });
    }
  });

  it('of nothing is refused', async () => {
    expect(await refused(wish(), { amount: 0n })).toMatchObject({ code: 'withdrawal.zeroAmount', status: 422 });
  });

  it('to a chain without a vault is refused', async () => {
    expect(await refused(wish(), { chainId: 1 })).toMatchObject({ code: 'withdrawal.unknownChain', status: 422 });
  });

  it('to nobody, or to the vault itself, is refused', async () => {
    for (const recipient of [`0x${'00'.repeat(20)}` as const, live.home.deployment.registry]) {
      expect((await refused(wish(), { recipient })).code).toBe('withdrawal.badRecipient');
    }
  });

  it('whose deadline has passed, or lies too far ahead, is refused', async () => {
    expect((await refused(wish(), { deadline: Date.now() - 1 })).code).toBe('withdrawal.expired');
    const inEightDays = Date.now() + 8 * 24 * 3_600_000;
    expect((await refused(wish(), { deadline: inEightDays })).code).toBe('withdrawal.deadlineTooFar');
  });

  it('that somebody else signed is refused, be he the executor', async () => {
    for (const signer of [BOB, EXECUTOR]) {
      expect(await refused(wish(), { signer })).toMatchObject({ code: 'signature.invalid', status: 401 });
    }
  });

  it('that was altered after it was signed is refused, whatever was altered', async () => {
    const { message, signature } = await signWithdrawal(live, wish());
    const altered = [
      { ...message, amount: message.amount + 1n },
      { ...message, recipient: addressOf(BOB) },
      { ...message, chainId: live.second.chainId, token: tokenOf(live.second, 'USDC') },
      { ...message, nonce: message.nonce + 1n },
      { ...message, subaccount: 1 },
      { ...message, account: addressOf(BOB) },
      { ...message, deadline: message.deadline + 1 },
    ];
    for (const each of altered) {
      const refusal = await refusalOf(live.keeper.requestWithdrawal({ message: each, signature }));
      expect(refusal).toMatchObject({ code: 'signature.invalid', status: 401 });
    }
  });

  it('that was signed for another exchange is refused', async () => {
    const { message } = await signWithdrawal(live, wish());
    const domain = { ...live.devnet.domain, chainId: live.second.chainId };
    const signature = await signWithdrawalRequest({ account: accountOf(ALICE), domain, message });
    expect((await refusalOf(live.keeper.requestWithdrawal({ message, signature }))).code).toBe('signature.invalid');
  });

  it('that nobody asked for cannot be cancelled', async () => {
    const message = { account: addressOf(ALICE), chainId: live.home.chainId, nonce: BigInt(nextNonce()) };
    const { domain } = live.devnet;
    const signature = await signWithdrawalCancel({ account: accountOf(ALICE), domain, message });
    const refusal = await refusalOf(live.keeper.cancelWithdrawal({ message, signature }));
    expect(refusal).toMatchObject({ code: 'withdrawal.unknown', status: 404 });
  });

  it('cannot be cancelled by somebody else', async () => {
    const nonce = await requestWithdrawal(live, wish());
    const message = { account: addressOf(ALICE), chainId: live.home.chainId, nonce };
    const { domain } = live.devnet;
    const signature = await signWithdrawalCancel({ account: accountOf(BOB), domain, message });
    expect((await refusalOf(live.keeper.cancelWithdrawal({ message, signature }))).code).toBe('signature.invalid');
    expect(await live.keeper.withdrawals({ address: addressOf(ALICE) })).toMatchObject([{ nonce: String(nonce) }]);
  });

  it('whose nonce was used before is refused, and so is the very same request, before it is paid and after', async () => {
    const signed = await signWithdrawal(live, wish());
    const { nonce } = signed.message;
    await live.keeper.requestWithdrawal(signed);
    for (const status of ['queued', 'executed']) {
      if (status === 'executed') await untilWithdrawal(live, { of: ALICE, nonce, status });
      const again = await refusalOf(live.keeper.requestWithdrawal(signed));
      expect(again).toMatchObject({ code: 'withdrawal.nonceUsed', status: 409 });
      expect((await refused(wish({ amount: '2' }), { nonce })).code).toBe('withdrawal.nonceUsed');
    }
  });
});

describe('a stranger', () => {
  it('sees no account without a session, and none but his own with one', async () => {
    const stranger = live.client(live.keeper.url);
    expect((await refusalOf(stranger.accounts())).code).toBe('session.required');
    await stranger.signIn(accountOf(BOB));
    expect((await refusalOf(stranger.accounts({ address: addressOf(ALICE) }))).code).toBe('access.notExecutor');
    expect(await stranger.accounts()).toMatchObject([{ address: addressOf(BOB), subaccount: 0 }]);
  });
});

describe('a second keeper on the same data directory', () => {
  it('ends with code 70 and a clear message, and the first one goes on', async () => {
    const config = live.writeKeeperConfig('intruder', { http: { host: '127.0.0.1', port: 0 } });
    const { code, stdout, stderr } = await live.start('keeper', '--config', config).ended;
    expect(code).toBe(70);
    expect(stdout).toBe('');
    const last = JSON.parse(stderr.trimEnd().split('\n').at(-1) as string) as { level: number; msg: string };
    expect(last.level).toBe(60);
    expect(last.msg).toMatch(/^Another keeper is using .*Only one may: stop the other one first\.$/);
    const { orderIds } = await trade(live, [buying()]);
    expect(orderIds).toHaveLength(1);
    await trade(live, [buying({ kind: 1, orderId: orderIds[0], price: 0, quantity: 0 })]);
  });
});

describe('after all of it', () => {
  it('nothing has moved but two withdrawals of 1 USDC, and the exchange is solvent', async () => {
    const withdrawals = await live.keeper.withdrawals({ address: addressOf(ALICE) });
    expect(withdrawals).toMatchObject([{ status: 'executed' }, { status: 'executed' }]);
    const now = await everything();
    const key = `${addressOf(ALICE)}/0 USDC`;
    const [amount, reserved] = (before.balances[key] as string).split(' ');
    expect(now).toEqual({
      orders: before.orders,
      balances: { ...before.balances, [key]: `${BigInt(amount as string) - 2_000_000n} ${reserved}` },
    });
    expect(await solvencyDifferences(live.keeper)).toEqual(SOLVENT);
    const { counted, real } = await vaults(live);
    expect(real).toEqual(counted);
    expect(live.lost).toEqual([]);
  });
});
