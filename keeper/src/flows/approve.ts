// What both keys sign once a checkpoint is final: one set of exit roots for all chains, then the answers to forced
// withdrawals and the withdrawals it carries, as many as the vault's limits let out. Nothing is signed earlier, and nothing
// while another keeper may lead.
import type { ApprovalView, ExitRootView, ForcedAnswerView } from '../core/api.ts';
import type { Address } from '../core/commands.ts';
import { answeredAtoms, finalAnswers, forcedKey } from '../core/forced.ts';
import type { ChainReader, Clock, KeeperKeys, WithdrawalLimit } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { nonceKey, registries } from '../core/state.ts';
import { digestOf } from '../core/typedMessages.ts';
import {
  finalWithdrawals,
  fitsAtOf,
  fittingWithdrawals,
  vaultTokenKey,
  type WithdrawalToSign,
} from '../core/withdrawal.ts';
import type { ExitRoots } from './exitRoots.ts';
import type { Leadership } from './leadership.ts';
import { repeat } from './repeat.ts';
import type { Sequencer } from './sequencer.ts';
import { signBoth } from './signBoth.ts';
import type { WindDown } from './windDown.ts';

export interface Approvals {
  /** undefined also while this keeper may not sign. */
  exitRoot(chainId: number): ExitRootView | undefined;
  approvals(chainId: number): readonly ApprovalView[];
  forcedAnswers(chainId: number): readonly ForcedAnswerView[];
  /** When the vault's limit will let a withdrawal out, in seconds; undefined when that is not what it waits for. */
  fitsAt(withdrawal: {
    readonly chainId: number;
    readonly account: Address;
    readonly nonce: bigint;
  }): number | undefined;
  /** Calls back with those that begin to wait for the limit, or whose time moved by more than a minute. Returns how to stop. */
  subscribe(listener: (withdrawals: readonly WithdrawalToSign[]) => void): () => void;
  /** Seconds of the newest root on each chain; 0 when none stands there. */
  readonly rootIssuedAt: ReadonlyMap<number, number>;
  start(): void;
  stop(): void;
}

/** Less is no news: time and rounding move it by seconds. */
const MOVED_SECONDS = 60;

export function createApprovals(input: {
  readonly sequencer: Sequencer;
  readonly exitRoots: ExitRoots;
  readonly keys: KeeperKeys;
  readonly leadership: Leadership;
  readonly windDown: WindDown;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly clock: Clock;
  readonly pollMs: number;
}): Approvals {
  const { sequencer, exitRoots, keys, leadership, windDown, readers } = input;
  const state: State = sequencer.state;
  const rootIssuedAt = new Map<number, number>();
  const signatures = new Map<string, ApprovalView>();
  let answers = new Map<string, ForcedAnswerView>();
  const listeners = new Set<(withdrawals: readonly WithdrawalToSign[]) => void>();
  /** By nonce, in seconds: what is known, and what listeners were told. */
  let fitsAt: ReadonlyMap<string, number> = new Map();
  let told: ReadonlyMap<string, number> = new Map();

  function maySign(): boolean {
    return leadership.role === 'leader' && leadership.problem === undefined && !sequencer.stopped;
  }

  /** The checkpoint of which, and of those before, withdrawals and answers may be signed. */
  function newestToPay(): number {
    return Math.min(state.finalNumber, exitRoots.signedFor.checkpoint, windDown.paymentLimit);
  }

  function signatureKey({ chainId, message }: WithdrawalToSign): string {
    return `${chainId}:${message.account}:${message.nonce}:${message.checkpoint}:${leadership.epoch}`;
  }

  /** In the final block, like all else that is known of the vaults. A chain that does not answer has none. */
  async function readLimits(): Promise<ReadonlyMap<string, WithdrawalLimit>> {
    const limits = new Map<string, WithdrawalLimit>();
    const unsigned = finalWithdrawals(state, state.finalNumber).filter(
      (withdrawal) => !signatures.has(signatureKey(withdrawal)),
    );
    const tokens = new Map(unsigned.map((withdrawal) => [vaultTokenKey(withdrawal), withdrawal]));
    await Promise.all(
      [...tokens].map(async ([key, withdrawal]) => {
        const { chainId, registry, message } = withdrawal;
        const reading = readers.get(chainId)?.readWithdrawalLimit(registry, message.token, 'finalized');
        const limit = await reading?.catch(() => undefined);
        if (limit === undefined) return;
        const answered = answeredAtoms(state, withdrawal, limit.capacity);
        limits.set(key, { ...limit, used: limit.used + answered });
      }),
    );
    return limits;
  }

  /** Every withdrawal that fits gets its signatures once; those that left the state are forgotten. */
  function signWithdrawals(limits: ReadonlyMap<string, WithdrawalLimit>): void {
    const keep = new Set<string>();
    const isSigned = (withdrawal: WithdrawalToSign) => signatures.has(signatureKey(withdrawal));
    const waiting = finalWithdrawals(state, newestToPay());
    noteWaiting(fitsAtOf(waiting, limits, isSigned));
    for (const withdrawal of fittingWithdrawals(waiting, limits, isSigned)) {
      const { chainId, registry, message } = withdrawal;
      const key = signatureKey(withdrawal);
      keep.add(key);
      if (signatures.has(key)) continue;
      const digest = digestOf('Withdrawal', { chainId, verifyingContract: registry }, message);
      signatures.set(key, { chainId, registry, message, ...signBoth(keys, digest) });
    }
    for (const key of signatures.keys()) if (!keep.has(key)) signatures.delete(key);
  }

  /** All of them: what they pay is put aside, and the vault waits for them for 7 days only. */
  function signAnswers(): void {
    const waiting = finalAnswers(state, newestToPay());
    answers = new Map(
      waiting.map(({ chainId, registry, message }) => {
        const key = `${forcedKey(chainId, Number(message.id))}:${message.checkpoint}:${leadership.epoch}`;
        const known = answers.get(key);
        if (known !== undefined) return [key, known];
        const digest = digestOf('ForcedAnswer', { chainId, verifyingContract: registry }, message);
        return [key, { chainId, registry, message, ...signBoth(keys, digest) }];
      }),
    );
  }

  function noteWaiting(times: ReadonlyMap<WithdrawalToSign, number>): void {
    fitsAt = new Map([...times].map(([withdrawal, time]) => [keyOf(withdrawal), time]));
    const isNews = (key: string, time: number) => Math.abs(time - (told.get(key) ?? 0)) > MOVED_SECONDS;
    const news = [...times].filter(([withdrawal, time]) => isNews(keyOf(withdrawal), time));
    const keys = new Set(news.map(([withdrawal]) => keyOf(withdrawal)));
    told = new Map([...fitsAt].map(([key, time]) => [key, keys.has(key) ? time : (told.get(key) as number)]));
    if (news.length > 0) for (const listener of listeners) listener(news.map(([withdrawal]) => withdrawal));
  }

  /** All chains at once: one that does not answer must not hold up the others. */
  async function readRoots(): Promise<void> {
    await Promise.all(
      registries(state).map(async ({ chainId, registry }) => {
        const reader = readers.get(chainId);
        const root = await reader?.readNewestRoot(registry, 'latest').catch(() => undefined);
        if (root !== undefined) rootIssuedAt.set(chainId, root.issuedAt);
      }),
    );
  }

  async function signAll(): Promise<void> {
    const [limits] = await Promise.all([readLimits(), readRoots(), windDown.read()]);
    if (maySign()) {
      exitRoots.sign(windDown.rootLimit);
      signAnswers();
      signWithdrawals(limits);
    }
  }

  return {
    rootIssuedAt,
    fitsAt: ({ chainId, account, nonce }) => fitsAt.get(nonceKey(chainId, account, nonce)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exitRoot: (chainId) => (maySign() ? exitRoots.exitRoot(chainId) : undefined),
    approvals: (chainId) => (maySign() ? [...signatures.values()].filter((item) => item.chainId === chainId) : []),
    forcedAnswers: (chainId) => (maySign() ? [...answers.values()].filter((item) => item.chainId === chainId) : []),
    ...repeat(signAll, input),
  };
}

function keyOf({ chainId, message }: WithdrawalToSign): string {
  return nonceKey(chainId, message.account, message.nonce);
}
