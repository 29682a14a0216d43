import { beforeEach, describe, expect, it } from 'vitest';
import type {
  AcceptanceView,
  ApprovalView,
  ExitRootView,
  ForcedAnswerView,
  StandbyStepView,
  StandbyView,
} from '../../src/core/api.ts';
import type { Address } from '../../src/core/commands.ts';
import type { Carried, CourierChain, CourierKeeper } from '../../src/core/courierPorts.ts';
import { ZERO_HASH } from '../../src/core/typedMessages.ts';
import {
  APPROVALS_PER_TRANSACTION,
  type CarryEvent,
  carry,
  carryOnce,
  LONGEST_PAUSE_ROUNDS,
  TRANSACTIONS_PER_ROUND,
} from '../../src/flows/carry.ts';
import { createFakeClock } from '../support/fakeClock.ts';

const CHAIN_ID = 31338;
const POLL_MS = 1_000;
const candidate: Address = `0x${'1e'.repeat(20)}`;
const nobody: Address = `0x${'00'.repeat(20)}`;
const contract: Address = `0x${'cc'.repeat(20)}`;
const signatures = { enclaveSignature: '0xe0', leaderSignature: '0x1e' } as const;

/** A chain that behaves like the contracts, in memory, and notes what was sent to it. */
interface FakeChain extends CourierChain {
  proposal: { candidate: Address; epoch: number };
  newestRoot: { epoch: number; checkpoint: number };
  /** Of a standby, that the chain has taken. */
  readonly steps: Set<string>;
  readonly paid: Set<bigint>;
  readonly answered: Set<bigint>;
  /** Nonces of withdrawals that the contract would not pay. */
  readonly bad: Set<bigint>;
  readonly sent: string[];
  down: boolean;
  refusal: string | undefined;
}

let keeper: {
  acceptance?: AcceptanceView;
  standby?: StandbyView;
  root?: ExitRootView;
  approvals: ApprovalView[];
  answers?: ForcedAnswerView[];
};
let chain: FakeChain;
let events: CarryEvent[];

beforeEach(() => {
  keeper = { approvals: [] };
  chain = createFakeChain(CHAIN_ID);
  events = [];
});

const keeperPort: CourierKeeper = {
  acceptance: async () => keeper.acceptance,
  standby: async () => keeper.standby,
  exitRoot: async () => keeper.root,
  approvals: async () => keeper.approvals,
  forcedAnswers: async () => keeper.answers ?? [],
};

function createFakeChain(chainId: number): FakeChain {
  const mined = (what: string): Carried => {
    if (fake.refusal !== undefined) return { ok: false, reason: fake.refusal };
    fake.sent.push(what);
    return { ok: true, hash: `0x${fake.sent.length.toString(16).padStart(64, '0')}` };
  };
  const pays = ({ message }: ApprovalView) => !fake.paid.has(message.nonce) && !fake.bad.has(message.nonce);
  const fake: FakeChain = {
    chainId,
    proposal: { candidate: nobody, epoch: 0 },
    newestRoot: { epoch: 1, checkpoint: 0 },
    steps: new Set(),
    paid: new Set(),
    answered: new Set(),
    bad: new Set(),
    sent: [],
    down: false,
    refusal: undefined,
    async standing() {
      if (fake.down) throw new Error('no RPC answers');
      return { proposal: fake.proposal, newestRoot: fake.newestRoot };
    },
    async acceptLeader() {
      const carried = mined('acceptLeader');
      if (carried.ok) fake.proposal = { candidate: nobody, epoch: 0 };
      return carried;
    },
    async helpStandby({ step }) {
      if (step === null || fake.steps.has(step.type)) return undefined;
      const carried = mined(step.type);
      if (carried.ok) fake.steps.add(step.type);
      return carried;
    },
    async postExitRoot({ message }) {
      const carried = mined(`root ${message.epoch}/${message.checkpoint}`);
      if (carried.ok) fake.newestRoot = { epoch: message.epoch, checkpoint: message.checkpoint };
      return carried;
    },
    wouldPay: async (approvals) => approvals.map(pays),
    async whyNotPaid({ message }) {
      fake.sent.push(`why ${message.nonce}`);
      if (fake.paid.has(message.nonce)) return { done: true, reason: 'NonceUsed' };
      return fake.bad.has(message.nonce) ? { done: false, reason: 'TransferFailed' } : undefined;
    },
    awaitsAnswer: async ({ message }) => !fake.answered.has(message.id),
    async answerForced({ message }) {
      const carried = mined(`answer ${message.id}`);
      if (carried.ok) fake.answered.add(message.id);
      return carried;
    },
    async withdrawMany(approvals) {
      const paying = approvals.filter(pays);
      const carried = mined(`pay ${approvals.map(({ message }) => message.nonce).join(' ')}`);
      if (carried.ok) for (const { message } of paying) fake.paid.add(message.nonce);
      return { ...carried, paid: paying.length };
    },
  };
  return fake;
}

function acceptanceOf(epoch: number): AcceptanceView {
  const message = { candidate, epoch, expectedTip: ZERO_HASH };
  return { chainId: CHAIN_ID, authority: contract, message, signature: '0x51' };
}

function standbyOf(step: StandbyStepView | null): StandbyView {
  const times = { readyAt: 0, silenceSeconds: 0, staleAfterSeconds: 900, waitedSeconds: 0 };
  const seen = { status: 'listed', leader: contract, epoch: 1, paused: false } as const;
  return { chainId: CHAIN_ID, authority: contract, candidate, ...seen, ...times, step };
}

function rootOf(checkpoint: number, epoch = 1): ExitRootView {
  const message = { epoch, checkpoint, issuedAt: 1, root: ZERO_HASH };
  const position = { treeRoot: ZERO_HASH, processedIndex: 0, proof: [] };
  return { chainId: CHAIN_ID, registry: contract, message, ...position, ...signatures };
}

function answerOf(id: bigint, checkpoint = 1): ForcedAnswerView {
  const message = { id, paid: 5n, reason: 0, checkpoint };
  return { chainId: CHAIN_ID, registry: contract, message, ...signatures };
}

function approvalOf(nonce: bigint, checkpoint = 1): ApprovalView {
  const payment = { token: contract, amount: 1n, recipient: candidate };
  const message = { account: candidate, ...payment, nonce, checkpoint, deadline: 2_000_000_000 };
  return { chainId: CHAIN_ID, registry: contract, message, ...signatures };
}

function range(from: number, count: number): ApprovalView[] {
  return Array.from({ length: count }, (_, i) => approvalOf(BigInt(from + i)));
}

let refusals: Awaited<ReturnType<typeof carryOnce>> = new Map();
async function round(): Promise<void> {
  refusals = await carryOnce({ keeper: keeperPort, chain, report: (event) => events.push(event), refusals });
}
beforeEach(() => {
  refusals = new Map();
});

describe('one round on one chain', () => {
  it('does nothing when there is nothing to do', async () => {
    await round();
    expect([chain.sent, events]).toEqual([[], []]);
  });

  it('carries everything that waits, in the order in which it opens', async () => {
    chain.proposal = { candidate, epoch: 1 };
    keeper = { acceptance: acceptanceOf(1), root: rootOf(3), approvals: [approvalOf(7n, 3)] };
    await round();
    expect(chain.sent).toEqual(['acceptLeader', 'root 1/3', 'pay 7']);
    expect(events.map(({ type }) => type)).toEqual(['leaderAccepted', 'rootPosted', 'withdrawalsPaid']);
  });

  it('does nothing twice', async () => {
    chain.proposal = { candidate, epoch: 1 };
    keeper = { acceptance: acceptanceOf(1), root: rootOf(3), approvals: [approvalOf(7n, 3)] };
    await round();
    await round();
    await round();
    expect(chain.sent.filter((what) => !what.startsWith('why'))).toEqual(['acceptLeader', 'root 1/3', 'pay 7']);
    expect(events).toHaveLength(3);
  });

  it('accepts only the leader that is proposed, for the epoch that is proposed', async () => {
    keeper.acceptance = acceptanceOf(2);
    chain.proposal = { candidate, epoch: 1 };
    await round();
    chain.proposal = { candidate: contract, epoch: 2 };
    await round();
    expect(chain.sent).toEqual([]);
  });

  it('sends each step of a standby once, before roots, and says when the contract refuses', async () => {
    keeper = { standby: standbyOf(null), approvals: [] };
    await round();
    expect(chain.sent).toEqual([]);
    keeper = { standby: standbyOf({ type: 'announce' }), root: rootOf(3), approvals: [] };
    await round();
    await round();
    expect(chain.sent).toEqual(['announce', 'root 1/3']);
    expect(events[0]).toMatchObject({ type: 'standbyHelped', chainId: CHAIN_ID, step: 'announce' });
    const message = { candidate, epoch: 2, expectedTip: ZERO_HASH };
    const both = { enclaveSignature: '0xe0', candidateSignature: '0x1e' } as const;
    keeper = { standby: standbyOf({ type: 'takeOver', message, ...both }), approvals: [] };
    chain.refusal = 'Authority_WrongTip';
    await round();
    await round();
    expect(events.slice(2)).toMatchObject([
      { type: 'refused', what: "standby's takeOver", reason: 'Authority_WrongTip' },
    ]);
    chain.refusal = undefined;
    await round();
    expect(chain.sent.at(-1)).toBe('takeOver');
  });

  it('posts only newer roots: by epoch first, then by checkpoint', async () => {
    chain.newestRoot = { epoch: 2, checkpoint: 5 };
    for (const old of [rootOf(5, 2), rootOf(4, 2), rootOf(9, 1)]) {
      keeper.root = old;
      await round();
    }
    expect(chain.sent).toEqual([]);
    for (const newer of [rootOf(6, 2), rootOf(6, 3)]) {
      keeper.root = newer;
      await round();
    }
    expect(chain.sent).toEqual(['root 2/6', 'root 3/6']);
  });

  it('leaves withdrawals alone until a root of their checkpoint stands', async () => {
    keeper.approvals = [approvalOf(1n, 1), approvalOf(2n, 2)];
    await round();
    expect(chain.sent).toEqual([]);
    keeper.root = rootOf(1);
    await round();
    expect(chain.sent).toEqual(['root 1/1', 'pay 1']);
    keeper.root = rootOf(2);
    await round();
    expect([...chain.paid]).toEqual([1n, 2n]);
  });

  it('answers forced withdrawals first, once their root stands, each in a transaction of its own', async () => {
    keeper = {
      root: rootOf(2),
      approvals: [approvalOf(1n, 1)],
      answers: [answerOf(4n, 1), answerOf(5n, 2), answerOf(6n, 3)],
    };
    await round();
    await round();
    expect(chain.sent.filter((what) => !what.startsWith('why'))).toEqual(['root 1/2', 'answer 4', 'answer 5', 'pay 1']);
    expect(events).toContainEqual(expect.objectContaining({ type: 'forcedAnswered', id: 4n, paid: 5n }));
  });

  it('tells once why an answer is refused, and goes on', async () => {
    chain.newestRoot = { epoch: 1, checkpoint: 1 };
    keeper = { approvals: [approvalOf(1n, 1)], answers: [answerOf(4n)] };
    chain.answerForced = async () => ({ ok: false, reason: 'OverLimit' });
    await round();
    await round();
    expect([...chain.paid]).toEqual([1n]);
    const what = 'answer to forced withdrawal 4';
    expect(events.filter(({ type }) => type === 'refused')).toMatchObject([{ what, reason: 'OverLimit' }]);
  });

  it('pays what is open already when the newest root is refused', async () => {
    chain.newestRoot = { epoch: 1, checkpoint: 1 };
    keeper = { root: rootOf(2), approvals: [approvalOf(1n, 1), approvalOf(2n, 2)] };
    const { postExitRoot } = chain;
    chain.postExitRoot = async () => ({ ok: false, reason: 'CheckpointTooFar' });
    await round();
    expect([...chain.paid]).toEqual([1n]);
    expect(events[0]).toMatchObject({ type: 'refused', what: 'exit root of checkpoint 2', reason: 'CheckpointTooFar' });
    chain.postExitRoot = postExitRoot;
    await round();
    expect([...chain.paid]).toEqual([1n, 2n]);
  });
});

describe('withdrawals', () => {
  beforeEach(() => {
    chain.newestRoot = { epoch: 1, checkpoint: 1 };
  });

  it('are paid in bounded batches, in their order', async () => {
    keeper.approvals = range(0, APPROVALS_PER_TRANSACTION + 1);
    await round();
    const first = Array.from({ length: APPROVALS_PER_TRANSACTION }, (_, i) => i).join(' ');
    expect(chain.sent).toEqual([`pay ${first}`, `pay ${APPROVALS_PER_TRANSACTION}`]);
  });

  it('that are too many for one round wait for the next', async () => {
    const perRound = APPROVALS_PER_TRANSACTION * TRANSACTIONS_PER_ROUND;
    keeper.approvals = range(0, perRound + 5);
    await round();
    expect(chain.paid.size).toBe(perRound);
    await round();
    expect(chain.paid.size).toBe(perRound + 5);
  });

  it('that would fail stop no other, however many they are', async () => {
    const bad = APPROVALS_PER_TRANSACTION * (TRANSACTIONS_PER_ROUND + 2);
    keeper.approvals = range(0, bad + 3);
    for (let nonce = 0n; nonce < bad; nonce++) chain.bad.add(nonce);
    await round();
    expect([...chain.paid]).toEqual([BigInt(bad), BigInt(bad + 1), BigInt(bad + 2)]);
  });

  it('that would fail are reported once, and paid when they no longer would', async () => {
    keeper.approvals = range(1, 2);
    chain.bad.add(1n);
    await round();
    await round();
    expect(events.filter(({ type }) => type === 'refused')).toEqual([
      { type: 'refused', chainId: CHAIN_ID, what: `withdrawal 1 of ${candidate}`, reason: 'TransferFailed' },
    ]);
    expect(chain.sent.filter((what) => what === 'why 1')).toHaveLength(1);
    chain.bad.delete(1n);
    await round();
    expect(chain.paid).toEqual(new Set([2n, 1n]));
  });

  it('that somebody else has carried are no news', async () => {
    keeper.approvals = range(1, 2);
    chain.paid.add(1n);
    chain.paid.add(2n);
    await round();
    expect(events).toEqual([]);
  });

  it('that the contract refuses together are tried again', async () => {
    keeper.approvals = range(1, 2);
    chain.refusal = 'TooLittleGas';
    await round();
    expect(events).toMatchObject([{ type: 'refused', what: '2 withdrawals together' }]);
    chain.refusal = undefined;
    await round();
    expect(chain.paid.size).toBe(2);
  });
});

describe('the courier', () => {
  it('serves each chain on its own, and one that is down holds up nobody', async () => {
    const clock = createFakeClock();
    const other = createFakeChain(31337);
    chain.down = true;
    keeper.root = rootOf(1);
    const report = (event: CarryEvent) => events.push(event);
    const { stop } = carry({ keeper: keeperPort, chains: [chain, other], clock, report, pollMs: POLL_MS });
    await clock.advance(0);
    expect(other.sent).toEqual(['root 1/1']);
    expect(events).toContainEqual({
      type: 'failed',
      chainId: CHAIN_ID,
      reason: 'no RPC answers',
      retryInMs: 2 * POLL_MS,
    });
    chain.down = false;
    await clock.advance(2 * POLL_MS);
    expect(chain.sent).toEqual(['root 1/1']);
    stop();
  });

  it('waits longer after each failure, up to a limit, and as usual after a success', async () => {
    const clock = createFakeClock();
    chain.down = true;
    const pauses: number[] = [];
    const report = (event: CarryEvent) => {
      if (event.type === 'failed') pauses.push(event.retryInMs);
    };
    const { stop } = carry({ keeper: keeperPort, chains: [chain], clock, report, pollMs: POLL_MS });
    await clock.advance(5 * LONGEST_PAUSE_ROUNDS * POLL_MS);
    expect(pauses.slice(0, 8)).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    chain.down = false;
    await clock.advance(LONGEST_PAUSE_ROUNDS * POLL_MS);
    pauses.length = 0;
    chain.down = true;
    await clock.advance(POLL_MS);
    expect(pauses).toEqual([2_000]);
    stop();
  });

  it('does nothing any more when it is stopped', async () => {
    const clock = createFakeClock();
    const { stop } = carry({ keeper: keeperPort, chains: [chain], clock, report: () => {}, pollMs: POLL_MS });
    await clock.advance(0);
    stop();
    keeper.root = rootOf(1);
    await clock.advance(10 * POLL_MS);
    expect(chain.sent).toEqual([]);
    expect(await clock.runNext()).toBe(false);
  });
});
