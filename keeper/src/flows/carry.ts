// The courier: carries what the keeper has signed to the chains. Each round looks at what stands on the chain and does
// what is missing, so that any number of couriers may run at once, stop and start.
import type { ApprovalView, ForcedAnswerView, StandbyStepView } from '../core/api.ts';
import type { Hex } from '../core/commands.ts';
import type { CourierChain, CourierKeeper, Standing, Unpaid } from '../core/courierPorts.ts';
import type { Clock } from '../core/ports.ts';

/** `withdrawMany` reserves gas for each item: so many fit into a block with room to spare. */
export const APPROVALS_PER_TRANSACTION = 20;
/** What is left waits for the next round, after a newer exit root. */
export const TRANSACTIONS_PER_ROUND = 5;
/** In rounds that go well: a minute where there is one every second. */
export const LONGEST_PAUSE_ROUNDS = 60;

export type CarryEvent = { readonly chainId: number } & (
  | { readonly type: 'leaderAccepted'; readonly epoch: number; readonly hash: Hex }
  | { readonly type: 'standbyHelped'; readonly step: StandbyStepView['type']; readonly hash: Hex }
  | { readonly type: 'rootPosted'; readonly epoch: number; readonly checkpoint: number; readonly hash: Hex }
  | { readonly type: 'forcedAnswered'; readonly id: bigint; readonly paid: bigint; readonly hash: Hex }
  | { readonly type: 'withdrawalsPaid'; readonly paid: number; readonly hash: Hex }
  /** The contract does not take it. Told once, until the reason changes. */
  | { readonly type: 'refused'; readonly what: string; readonly reason: string }
  /** The round ended early; the next one comes after a pause. */
  | { readonly type: 'failed'; readonly reason: string; readonly retryInMs: number }
);

export interface Carrying {
  readonly keeper: CourierKeeper;
  readonly chains: readonly CourierChain[];
  readonly clock: Pick<Clock, 'after'>;
  readonly report: (event: CarryEvent) => void;
  /** Milliseconds between two rounds on a chain. After failures it doubles, up to `LONGEST_PAUSE_ROUNDS` of them. */
  readonly pollMs: number;
}

/** Carries to all chains until it is stopped. They do not wait for each other. */
export function carry(input: Carrying): { readonly stop: () => void } {
  const stops = input.chains.map((chain) => carryToOne(input, chain));
  return {
    stop() {
      for (const stop of stops) stop();
    },
  };
}

function carryToOne({ keeper, clock, report, pollMs }: Carrying, chain: CourierChain): () => void {
  const { chainId } = chain;
  let stopped = false;
  let cancelTimer = () => {};
  let failuresInARow = 0;
  let refusals: Refusals = new Map();

  async function round(): Promise<void> {
    let pauseMs = pollMs;
    try {
      refusals = await carryOnce({ keeper, chain, report, refusals });
      failuresInARow = 0;
    } catch (error) {
      failuresInARow++;
      pauseMs = pollMs * Math.min(2 ** failuresInARow, LONGEST_PAUSE_ROUNDS);
      const reason = error instanceof Error ? error.message : String(error);
      report({ type: 'failed', chainId, reason, retryInMs: pauseMs });
    }
    if (!stopped) cancelTimer = clock.after(pauseMs, () => void round());
  }

  void round();
  return () => {
    stopped = true;
    cancelTimer();
  };
}

/** What was not carried, and why. */
type Refusals = ReadonlyMap<string, Unpaid>;

interface Round {
  readonly keeper: CourierKeeper;
  readonly chain: CourierChain;
  readonly report: (event: CarryEvent) => void;
  /** Those of the round before. */
  readonly refusals: Refusals;
}

/**
 * One round on one chain: a new leader's acceptance, a standby's next step, the newest exit root, and the answers and
 * withdrawals that it lets out. Gives what was refused. Throws when the keeper or the chain cannot be asked, or a
 * transaction is not mined in time.
 */
export async function carryOnce(input: Round): Promise<Refusals> {
  const { keeper, chain, report } = input;
  const { chainId } = chain;
  const refusals = new Map<string, Unpaid>();
  const refuse = (what: string, why: Unpaid) => {
    const isNews = !why.done && input.refusals.get(what)?.reason !== why.reason;
    if (isNews) report({ type: 'refused', chainId, what, reason: why.reason });
    refusals.set(what, why);
  };

  const [standing, acceptance, standby, root, approvals, answers] = await Promise.all([
    chain.standing(),
    keeper.acceptance(chainId),
    keeper.standby(chainId),
    keeper.exitRoot(chainId),
    keeper.approvals(chainId),
    keeper.forcedAnswers(chainId),
  ]);

  if (acceptance !== undefined && isProposed(acceptance.message, standing)) {
    const { epoch } = acceptance.message;
    const carried = await chain.acceptLeader(acceptance);
    if (carried.ok) report({ type: 'leaderAccepted', chainId, epoch, hash: carried.hash });
    else refuse(`leader of epoch ${epoch}`, { done: false, reason: carried.reason });
  }

  if (standby?.step) {
    const { type: step } = standby.step;
    const carried = await chain.helpStandby(standby);
    if (carried?.ok) report({ type: 'standbyHelped', chainId, step, hash: carried.hash });
    else if (carried !== undefined) refuse(`standby's ${step}`, { done: false, reason: carried.reason });
  }

  let gate = standing.newestRoot;
  if (root !== undefined && isNewer(root.message, gate)) {
    const { epoch, checkpoint } = root.message;
    const carried = await chain.postExitRoot(root);
    if (carried.ok) {
      gate = { epoch, checkpoint };
      report({ type: 'rootPosted', chainId, epoch, checkpoint, hash: carried.hash });
    } else refuse(`exit root of checkpoint ${checkpoint}`, { done: false, reason: carried.reason });
  }

  // First: they were charged first, and a vault waits for them for 7 days only.
  await answerAll(
    { ...input, refuse },
    answers.filter(({ message }) => message.checkpoint <= gate.checkpoint),
  );
  const open = approvals.filter(({ message }) => message.checkpoint <= gate.checkpoint);
  await payAll({ ...input, refuse }, open);
  return refusals;
}

/** One transaction each: there are few, and each brings its fee. */
async function answerAll(
  { chain, report, refuse }: Round & { readonly refuse: (what: string, why: Unpaid) => void },
  answers: readonly ForcedAnswerView[],
): Promise<void> {
  let transactions = 0;
  for (const answer of answers) {
    if (transactions === TRANSACTIONS_PER_ROUND) return;
    if (!(await chain.awaitsAnswer(answer))) continue;
    const { id, paid } = answer.message;
    const carried = await chain.answerForced(answer);
    if (carried.ok) {
      transactions++;
      report({ type: 'forcedAnswered', chainId: chain.chainId, id, paid, hash: carried.hash });
    } else refuse(`answer to forced withdrawal ${id}`, { done: false, reason: carried.reason });
  }
}

/** Pays in the keeper's order. What would fail is left out, and stops nothing that comes after it. */
async function payAll(
  input: Round & { readonly refuse: (what: string, why: Unpaid) => void },
  approvals: readonly ApprovalView[],
): Promise<void> {
  const { chain, report, refuse } = input;
  let transactions = 0;
  for (let i = 0; i < approvals.length && transactions < TRANSACTIONS_PER_ROUND; i += APPROVALS_PER_TRANSACTION) {
    const batch = approvals.slice(i, i + APPROVALS_PER_TRANSACTION);
    const pays = await chain.wouldPay(batch);
    const payable = batch.filter((_, j) => pays[j]);
    for (const approval of batch.filter((_, j) => !pays[j])) {
      const what = nameOf(approval);
      // Known since an earlier round, or worth one more question. undefined: its turn comes when the others are paid.
      const why = input.refusals.get(what) ?? (await chain.whyNotPaid(approval));
      if (why !== undefined) refuse(what, why);
    }
    if (payable.length === 0) continue;
    transactions++;
    const carried = await chain.withdrawMany(payable);
    if (carried.ok) report({ type: 'withdrawalsPaid', chainId: chain.chainId, paid: carried.paid, hash: carried.hash });
    else refuse(`${payable.length} withdrawals together`, { done: false, reason: carried.reason });
  }
}

function isProposed(message: { readonly candidate: string; readonly epoch: number }, { proposal }: Standing): boolean {
  return message.candidate.toLowerCase() === proposal.candidate && message.epoch === proposal.epoch;
}

/** Exit roots are ordered by epoch, then by checkpoint. */
function isNewer(root: Standing['newestRoot'], than: Standing['newestRoot']): boolean {
  return root.epoch > than.epoch || (root.epoch === than.epoch && root.checkpoint > than.checkpoint);
}

function nameOf({ message }: ApprovalView): string {
  return `withdrawal ${message.nonce} of ${message.account}`;
}
