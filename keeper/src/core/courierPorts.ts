// What the courier needs from the outside world. A courier holds a gas key and nothing else: everything that it carries
// is signed by others and can be posted by anybody.
import type { AcceptanceView, ApprovalView, ExitRootView, ForcedAnswerView, StandbyView } from './api.ts';
import type { Address, Hex } from './commands.ts';

/** What the keeper has signed. `client/keeperClient.ts` is one of these. */
export interface CourierKeeper {
  /** undefined when the council has not proposed this keeper. */
  acceptance(chainId: number): Promise<AcceptanceView | undefined>;
  /** undefined where it is neither a standby nor proposed as one. */
  standby(chainId: number): Promise<StandbyView | undefined>;
  /** The newest one for the chain; undefined when none is signed. */
  exitRoot(chainId: number): Promise<ExitRootView | undefined>;
  /** Oldest first. */
  approvals(chainId: number): Promise<readonly ApprovalView[]>;
  /** Oldest first. */
  forcedAnswers(chainId: number): Promise<readonly ForcedAnswerView[]>;
}

/** Mined, or refused by the contract before anything was sent. */
export type Carried = { readonly ok: true; readonly hash: Hex } | { readonly ok: false; readonly reason: string };

/** What stands on a chain in its newest block. */
export interface Standing {
  /** The open proposal; the zero address when there is none. */
  readonly proposal: { readonly candidate: Address; readonly epoch: number };
  readonly newestRoot: { readonly epoch: number; readonly checkpoint: number };
}

/** Why an approval is not paid. `done`: its nonce is used, so that it has been paid or cancelled. */
export interface Unpaid {
  readonly done: boolean;
  readonly reason: string;
}

/** One chain as the courier sees and changes it. All methods throw `ChainError`. */
export interface CourierChain {
  readonly chainId: number;
  standing(): Promise<Standing>;
  acceptLeader(acceptance: AcceptanceView): Promise<Carried>;
  /** Sends the step of a standby; undefined when there is none, or the chain has got that far already. */
  helpStandby(standby: StandbyView): Promise<Carried | undefined>;
  postExitRoot(root: ExitRootView): Promise<Carried>;
  /** For each of them whether `withdrawMany` of all would pay it now. */
  wouldPay(approvals: readonly ApprovalView[]): Promise<readonly boolean[]>;
  /** What the contract has against one approval alone; undefined when it would be paid. */
  whyNotPaid(approval: ApprovalView): Promise<Unpaid | undefined>;
  /** Whether the request still waits for this answer. */
  awaitsAnswer(answer: ForcedAnswerView): Promise<boolean>;
  answerForced(answer: ForcedAnswerView): Promise<Carried>;
  /** `paid` counts what the receipt shows. */
  withdrawMany(approvals: readonly ApprovalView[]): Promise<Carried & { readonly paid: number }>;
}
