// Ties the flows together to what `core/api.ts` promises. A candidate has no state: it answers health, identity and
// couriers only.
import type { AcceptanceView, HealthView, IdentityView, KeeperApi, Refusal, StreamItem } from '../core/api.ts';
import type { Address } from '../core/commands.ts';
import { ZERO_ADDRESS } from '../core/commands.ts';
import { exitModes } from '../core/exitMode.ts';
import { findAccount, NO_ACCOUNT } from '../core/ledger.ts';
import { delayedLiquidations } from '../core/margin/liquidate.ts';
import { priceViews, simulate } from '../core/margin/marginViews.ts';
import type { AuthorityView, ChainReader, CheckpointPoster, Clock, KeeperKeys, RpcHealth } from '../core/ports.ts';
import { depositChains, type Genesis } from '../core/state.ts';
import { digestOf, ZERO_HASH } from '../core/typedMessages.ts';
import { accountViews, assetViews, bookOrdersView, bookViews, orderViews, withdrawalViews } from '../core/viewState.ts';
import type { WithdrawalView } from '../core/views.ts';
import type { WithdrawalToSign } from '../core/withdrawal.ts';
import type { ForcedAnswers } from './answerForced.ts';
import type { Approvals } from './approve.ts';
import { checkContractSignature } from './checkSignature.ts';
import type { Checkpoints } from './cutCheckpoint.ts';
import type { ExitRoots } from './exitRoots.ts';
import type { OrderExpiry } from './expireOrders.ts';
import type { PriceFeed } from './feedPrices.ts';
import { createGasBalance } from './gasBalance.ts';
import type { Gates } from './gates.ts';
import type { createOrderGuards } from './guardOrders.ts';
import type { History } from './history.ts';
import type { Ingestion } from './ingestLogs.ts';
import type { Leadership } from './leadership.ts';
import { publicReason, publicRpcReason } from './publicReason.ts';
import { cancelWithdrawal, requestWithdrawal } from './requestWithdrawal.ts';
import type { Applied, Sequencer } from './sequencer.ts';
import type { StandBy } from './standBy.ts';
import type { SubmitBatch } from './submitBatch.ts';
import { createViewCache } from './viewCache.ts';

/** Gas money below this (0.05 of the native coin) is reported as a problem: about a day of checkpoints on a busy L2. */
const GAS_LOW_WEI = 50_000_000_000_000_000n;

/** Everything that exists only while this keeper leads. */
export interface Leading {
  readonly sequencer: Sequencer;
  readonly ingestion: Ingestion;
  readonly forcedAnswers: ForcedAnswers;
  readonly checkpoints: Checkpoints;
  readonly exitRoots: ExitRoots;
  readonly approvals: Approvals;
  readonly history: History;
  readonly gates: Gates;
  readonly submitBatch: SubmitBatch;
  readonly guardOrders: ReturnType<typeof createOrderGuards>;
  readonly priceFeed: PriceFeed;
  readonly orderExpiry: OrderExpiry;
}

export interface KeeperApiInput {
  readonly genesis: Genesis;
  readonly keys: KeeperKeys;
  readonly gasAddress: Address;
  readonly leadership: Leadership;
  readonly readers: ReadonlyMap<number, ChainReader>;
  /** What the Authority of each chain said last, for the acceptance of a proposal. */
  readonly proposals: ReadonlyMap<number, AuthorityView>;
  readonly standBy: Pick<StandBy, 'views' | 'problem'>;
  readonly poster: CheckpointPoster;
  readonly recover: Parameters<typeof requestWithdrawal>[0]['recover'];
  readonly clock: Clock;
  /** undefined while this keeper is a candidate. */
  readonly leading: () => Leading | undefined;
}

export function createKeeperApi(input: KeeperApiInput): {
  readonly api: KeeperApi;
  /** Tells the subscribers of an applied command. They may have come while this keeper was a candidate. */
  readonly publish: (applied: Applied) => void;
  /** Tells that new exit roots were signed. */
  readonly publishExitRoots: () => void;
  /** Tells of withdrawals that wait for their vault's limit. */
  readonly publishWaiting: (waiting: readonly WithdrawalToSign[]) => void;
} {
  const { genesis, keys, leadership } = input;
  const listeners = new Set<(item: StreamItem) => void>();
  const rootListeners = new Set<() => void>();
  const waitingListeners = new Set<(withdrawal: WithdrawalView) => void>();
  const views = createViewCache(input.clock);
  const gasBalance = createGasBalance(input);
  const domain = { chainId: genesis.homeChainId, verifyingContract: genesis.checkpointer };

  /** The HTTP adapter asks `notReady` first, so a missing state here is a bug, not a condition. */
  function live(): Leading {
    const leading = input.leading();
    if (leading === undefined) throw new Error('The API was asked for state while this keeper is a candidate.');
    return leading;
  }

  function notReady(): Refusal | undefined {
    if (input.leading() !== undefined) return undefined;
    const message = 'This keeper is a candidate: it holds no state until its leader key leads, see /v1/identity.';
    return { code: 'keeper.notReady', message, retryable: true };
  }

  function withdrawalDependencies(gate: 'withdrawal' | 'cancellation') {
    const { sequencer, gates } = live();
    return { sequencer, domain, recover: input.recover, readers: input.readers, gate: gates[gate] };
  }

  const api: KeeperApi = {
    homeChainId: genesis.homeChainId,
    checkpointer: genesis.checkpointer,
    now: () => input.clock.now(),
    notReady,
    health: () => health(input, gasBalance),
    identity: () => identity(input),
    executor: () => input.leading()?.sequencer.state.executor ?? ZERO_ADDRESS,
    exits: () => exitModes(live().sequencer.state),
    assets: () => assetViews(live().sequencer.state),
    prices: () => priceViews(live().sequencer.state, live().sequencer.now()),
    books: () => bookViews(live().sequencer.state),
    depth: (book, levels) => views.depth(live().sequencer, { book, levels }),
    trades: (query) => live().history.trades(query),
    candles: (query) => live().history.candles(query),
    bookOrders(query) {
      const { state, sequence } = live().sequencer;
      return bookOrdersView(state, { ...query, sequence });
    },
    latestCheckpoint() {
      const { checkpoints, sequencer } = live();
      if (checkpoints.landed === undefined) return undefined;
      const { message, digest } = checkpoints.landed;
      const { number, epoch, stateHash, journalIndex } = message;
      return { number, epoch, digest, stateHash, journalIndex, message, final: number <= sequencer.state.finalNumber };
    },
    solvency: () => views.solvency(live().sequencer),
    submitBatch: (request) => live().submitBatch(request),
    guardOrders: (executor) => live().guardOrders(executor),
    requestWithdrawal: (request) => requestWithdrawal(withdrawalDependencies('withdrawal'), request),
    cancelWithdrawal: (request) => cancelWithdrawal(withdrawalDependencies('cancellation'), request),
    async checkContractSignature({ chainId, ...signed }) {
      const { state } = live().sequencer;
      // Who signs in names the chain on which he is a contract.
      if (!depositChains(state, signed.account).includes(chainId)) return notDeposited(signed.account, chainId);
      return checkContractSignature({ state, readers: input.readers }, signed);
    },
    accounts: (address) => accountViews(live().sequencer.state, address, live().sequencer.now()),
    simulate({ address, subaccount, ...changes }) {
      const { state, now } = live().sequencer;
      const account = findAccount(state.exchange.ledger, address, subaccount);
      return account === NO_ACCOUNT ? 'account.unknown' : simulate(state, { account, now: now(), ...changes });
    },
    orders: (query) => orderViews(live().sequencer.state, query),
    fills: (query) => live().history.fills({ ...query, books: bookViews(live().sequencer.state) }),
    withdrawals: (address) => withdrawalViews(live().sequencer.state, address).map(withFitsAt),
    acceptance: (chainId) => acceptance(input, chainId),
    standby: (chainId) => input.standBy.views.get(chainId),
    // A candidate has signed nothing: couriers that ask both keepers hear so instead of failing.
    exitRoot: (chainId) => input.leading()?.approvals.exitRoot(chainId),
    approvals: (chainId) => input.leading()?.approvals.approvals(chainId) ?? [],
    forcedAnswers: (chainId) => input.leading()?.approvals.forcedAnswers(chainId) ?? [],
    exitProof: (address) => live().exitRoots.exitProof(address),
    subscribe: (listener) => listen(listeners, listener),
    subscribeExitRoots: (listener) => listen(rootListeners, listener),
    subscribeWaiting: (listener) => listen(waitingListeners, listener),
  };

  function publish({ sequence, command, outcome }: Applied): void {
    if (outcome.events.length === 0) return;
    const item = { sequence, time: command.time, events: outcome.events };
    for (const listener of listeners) listener(item);
  }

  function withFitsAt(withdrawal: WithdrawalView): WithdrawalView {
    const { chainId, address: account, nonce } = withdrawal;
    return { ...withdrawal, fitsAt: live().approvals.fitsAt({ chainId, account, nonce: BigInt(nonce) }) ?? null };
  }

  function publishWaiting(waiting: readonly WithdrawalToSign[]): void {
    if (waitingListeners.size === 0) return;
    for (const { chainId, message } of waiting) {
      const nonce = String(message.nonce);
      const view = api.withdrawals(message.account).find((own) => own.chainId === chainId && own.nonce === nonce);
      if (view !== undefined) for (const listener of waitingListeners) listener(view);
    }
  }

  function publishExitRoots(): void {
    for (const listener of rootListeners) listener();
  }

  return { api, publish, publishExitRoots, publishWaiting };

  function acceptance({ proposals }: KeeperApiInput, chainId: number): AcceptanceView | undefined {
    const proposal = proposals.get(chainId)?.proposal;
    if (proposal === undefined || proposal.candidate !== keys.leader.address) return undefined;
    const message = { candidate: keys.leader.address, epoch: proposal.epoch, expectedTip: ZERO_HASH };
    const digest = digestOf('AcceptLeader', { chainId, verifyingContract: genesis.authority }, message);
    return { chainId, authority: genesis.authority, message, signature: keys.leader.sign(digest) };
  }

  function identity({ leading }: KeeperApiInput): IdentityView {
    return {
      mode: keys.mode,
      homeChainId: genesis.homeChainId,
      authority: genesis.authority,
      checkpointer: genesis.checkpointer,
      directory: genesis.directory,
      enclave: { address: keys.enclave.address, publicKey: keys.enclave.publicKey },
      leader: { address: keys.leader.address, publicKey: keys.leader.publicKey },
      executor: leading()?.sequencer.state.executor ?? ZERO_ADDRESS,
      epoch: leadership.epoch,
      role: leadership.role === 'leader' ? 'leader' : 'candidate',
      keyEpoch: keys.keyEpoch,
    };
  }
}

function notDeposited(account: Address, chainId: number): Refusal {
  const message = `The signature does not belong to ${account}, and no contract account of that address deposited from chain ${chainId}.`;
  return { code: 'signature.invalid', message, retryable: false };
}

/** Until the returned function is called. */
function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function health(input: KeeperApiInput, gasBalance: ReturnType<typeof createGasBalance>): Promise<HealthView> {
  const { leadership, readers, clock } = input;
  const leading = input.leading();
  const wei = await gasBalance();
  const chains = [...readers.values()].map((reader) => ({
    chainId: reader.chainId,
    finalBlock: leading?.ingestion.finalBlocks.get(reader.chainId) ?? null,
    rpcs: reader.health().map(publicRpc),
  }));
  const problems = [
    ...keeperProblems(input),
    ...exitProblems(leading),
    ...liquidationProblems(leading),
    ...gasProblems(input, wei),
    ...chains.flatMap(rpcProblems),
  ];
  const oldest = leading?.checkpoints.oldestChangeAt;
  return {
    status: problems.length === 0 ? 'ok' : 'degraded',
    problems,
    role: leadership.role === 'leader' ? 'leader' : 'candidate',
    epoch: leadership.epoch,
    sequence: leading?.sequencer.sequence ?? 0,
    checkpoint: {
      landed: leading?.checkpoints.landed?.message.number ?? 0,
      final: leading?.sequencer.state.finalNumber ?? 0,
      ageMs: oldest === undefined ? null : Math.max(0, clock.now() - oldest),
    },
    gas: { address: input.gasAddress, wei: String(wei ?? 0n) },
    exits: leading === undefined ? [] : exitModes(leading.sequencer.state),
    chains,
  };
}

/** What is wrong with the leadership, with checkpoints, with reading logs, and what is closed because of it. */
function keeperProblems(input: KeeperApiInput): string[] {
  const leading = input.leading();
  const problems = leadershipProblems(input);
  const heldUp = leading?.checkpoints.problem;
  if (heldUp !== undefined) problems.push(`Checkpoints: ${publicReason(heldUp)}.`);
  for (const [chainId, problem] of leading?.ingestion.problems ?? []) {
    problems.push(`Chain ${chainId}: ${publicReason(problem)}.`);
  }
  for (const gate of leading === undefined ? [] : [leading.gates.orders(), leading.gates.withdrawal()]) {
    if (gate !== undefined && !problems.includes(gate.message)) problems.push(gate.message);
  }
  return problems;
}

/** What is wrong with the Authority, and with leading or taking over. */
function leadershipProblems({ leadership, standBy }: KeeperApiInput): string[] {
  const problems: string[] = [];
  if (leadership.problem !== undefined) problems.push(authorityProblem(leadership.problem));
  if (!leadership.enclaveMatches)
    problems.push('The Authority names another enclave key than mine: nothing I sign is valid.');
  if (leadership.paused) problems.push('The Authority of the home chain is paused.');
  if (standBy.problem !== undefined)
    problems.push(`As a standby I could not take over: ${publicReason(standBy.problem)}.`);
  return problems;
}

/** A hint to move inventory: everybody is still paid while the keeper lives. */
function exitProblems(leading: Leading | undefined): string[] {
  const owners = leading?.exitRoots.strandedOwners ?? 0;
  if (owners === 0) return [];
  return [`In an exit now ${owners} contract accounts would not find all that is theirs on their own chains.`];
}

function liquidationProblems(leading: Leading | undefined): string[] {
  const delayed = leading === undefined ? 0 : delayedLiquidations(leading.sequencer.state.exchange);
  if (delayed === 0) return [];
  return [`${delayed} margin accounts wait to be liquidated, because as many are liquidated as may be at once.`];
}

function gasProblems({ gasAddress }: KeeperApiInput, wei: bigint | undefined): string[] {
  if (wei === undefined) return ['The balance of the gas key cannot be read.'];
  return wei < GAS_LOW_WEI ? [`The gas key ${gasAddress} holds only ${wei} wei; send it native coin.`] : [];
}

function rpcProblems({ chainId, rpcs }: HealthView['chains'][number]): string[] {
  const silent = rpcs.filter(({ ok }) => !ok);
  return silent.map(({ host, lastError }) => `RPC ${host} of chain ${chainId}: ${lastError ?? 'does not answer'}`);
}

function publicRpc({ lastError, ...rpc }: RpcHealth): RpcHealth {
  return { ...rpc, lastError: lastError === undefined ? undefined : publicRpcReason(lastError) };
}

/** Of a sentence that goes on with somebody else's words after the first colon. */
function authorityProblem(problem: string): string {
  const [own, ...words] = problem.split(': ');
  return words.length === 0 ? problem : `${own}: ${publicReason(words.join(': '))}.`;
}
