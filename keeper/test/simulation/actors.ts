// The people and programs around the keeper. They know the keeper's API and the chains, nothing of its inside.
import type { AcceptanceView, BatchAnswer, KeeperApi } from '../../src/core/api.ts';
import type { Action, Address } from '../../src/core/commands.ts';
import { BUY, IMMEDIATE_OR_CANCEL, SELL } from '../../src/core/commands.ts';
import type { CourierChain } from '../../src/core/courierPorts.ts';
import type { Signer } from '../../src/core/ports.ts';
import type { WithdrawalRequestMessage } from '../../src/core/typedMessages.ts';
import { ZERO_HASH } from '../../src/core/typedMessages.ts';
import { carry } from '../../src/flows/carry.ts';
import { cancel, cancelAll, ETH_USD, HOME, MEME_USD, place, TOKENS } from '../support/exchange.ts';
import {
  acceptLeader,
  answerForced,
  cancelNonce,
  type FakeChain,
  makeDeposit,
  payWithdrawal,
  postExitRoot,
  proposeLeader,
  requestForced,
  type Transaction,
} from '../support/fakeChain.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { signBatch, signCancel, signWithdrawal } from '../support/fakeWorld.ts';
import { demand } from './checks.ts';
import type { Market } from './market.ts';
import { createNetwork, type Wire } from './network.ts';

/**
 * Asks whichever keeper is reached. `lineage` names the history that it continues, and is told at once when the question
 * has arrived, whatever becomes of the answer.
 */
export type Call = <T>(
  ask: (api: KeeperApi) => T | Promise<T>,
  arrived?: (lineage: number) => void,
) => Promise<{ readonly value: T; readonly lineage: number }>;

export interface Scene {
  readonly wire: Wire;
  readonly chains: ReadonlyMap<number, FakeChain>;
  readonly call: Call;
  /** Everything that a user has ever signed, by chain, account and nonce. */
  readonly requests: Map<string, WithdrawalRequestMessage[]>;
  readonly counts: Record<string, number>;
  /** Where some trade on credit. */
  readonly market: Market | undefined;
  /** Is told when one of the people here finds a promise broken. */
  readonly onBroken: (error: unknown) => void;
}

export const requestKey = (chainId: number, account: Address, nonce: bigint) => `${chainId} ${account} ${nonce}`;

export function count({ counts }: Pick<Scene, 'counts'>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

const USERS = ['ann', 'ben', 'cem', 'dia', 'eve'].map(fakeSigner);
const TOKEN_LIST = Object.values(TOKENS);
const BOOKS = [
  { book: ETH_USD, price: 200_000, quantity: 60 },
  { book: MEME_USD, price: 5_000, quantity: 4_000 },
];

function pause({ wire }: Scene, from: number, to: number): Promise<void> {
  return new Promise((resolve) => wire.clock.after(wire.random.between(from, to), resolve));
}

/** Sends a transaction some day soon. */
export function send({ wire, chains }: Scene, chainId: number, transaction: Transaction): void {
  wire.clock.after(wire.random.between(1, 3_000), () => chains.get(chainId)?.send(transaction));
}

/** What a person of means brings. */
function someAmount({ wire }: Scene, decimals: number, most = 1_000): bigint {
  return (BigInt(wire.random.between(1, most)) * 10n ** BigInt(decimals)) / 10n + BigInt(wire.random.below(10));
}

export function startUsers(scene: Scene): void {
  for (const user of USERS) void liveAs(scene, user).catch(scene.onBroken);
}

async function liveAs(scene: Scene, user: Signer): Promise<void> {
  const { random, conditions } = scene.wire;
  const asked: { readonly chainId: number; readonly nonce: bigint }[] = [];
  let nonce = 0n;
  deposit(scene, user);
  while (!conditions.calm) {
    await pause(scene, 500, 8_000);
    if (conditions.calm) return;
    const what = random.below(100);
    if (what < 30) deposit(scene, user);
    else if (what < 65) {
      if (random.chance(0.9)) nonce++;
      const chainId = await withdraw(scene, user, nonce);
      if (chainId !== undefined) asked.push({ chainId, nonce });
    } else if (what < 82 && asked.length > 0) await takeBack(scene, user, random.pick(asked.slice(-2)));
    else if (what < 86) force(scene, user);
    else if (what < 93) {
      // Sometimes one that was never asked for.
      const chainId = random.pick([...scene.chains.keys()]);
      send(scene, chainId, cancelNonce(user.address, nonce + BigInt(random.below(3))));
    } else await steal(scene, user);
  }
}

function deposit(scene: Scene, user: Signer): void {
  const { chainId, token, decimals } = scene.wire.random.pick(TOKEN_LIST);
  const subaccount = scene.wire.random.chance(0.1) ? 1 : 0;
  const amount = someAmount(scene, decimals);
  send(scene, chainId, makeDeposit({ token, amount, account: user.address, subaccount }));
}

function force(scene: Scene, user: Signer): void {
  const { random } = scene.wire;
  const { chainId, token, decimals } = random.pick(TOKEN_LIST);
  const amount = someAmount(scene, decimals, 300);
  send(scene, chainId, requestForced({ token, amount, account: user.address, transferFails: random.chance(0.1) }));
}

/** Answers the chain when the withdrawal was accepted. */
export async function withdraw(scene: Scene, user: Signer, nonce: bigint): Promise<number | undefined> {
  const { random, clock } = scene.wire;
  const { chainId, token, decimals } = random.pick(TOKEN_LIST);
  const request = signWithdrawal(user, {
    chainId,
    token,
    amount: someAmount(scene, decimals, 300),
    nonce,
    deadline: clock.now() + 60_000,
    recipient: random.chance(0.8) ? user.address : random.pick(USERS).address,
  });
  const key = requestKey(chainId, user.address, nonce);
  scene.requests.set(key, [...(scene.requests.get(key) ?? []), request.message]);
  for (let tries = 0; tries < 4; tries++) {
    const answer = await scene.call((api) => api.requestWithdrawal(request)).catch(() => undefined);
    if (answer?.value.ok) {
      count(scene, 'withdrawals accepted');
      return chainId;
    }
    if (answer !== undefined && !answer.value.ok && !answer.value.refusal.retryable) {
      const { code, message } = answer.value.refusal;
      demand(code !== 'signature.invalid', `a user’s own signature is refused: ${message}`);
      count(scene, `refused ${code}`);
      return undefined;
    }
    await pause(scene, 200, 2_000);
  }
  return undefined;
}

async function takeBack(
  scene: Scene,
  user: Signer,
  { chainId, nonce }: { readonly chainId: number; readonly nonce: bigint },
): Promise<void> {
  const answer = await scene
    .call((api) => api.cancelWithdrawal(signCancel(user, { chainId, nonce })))
    .catch(() => undefined);
  if (answer?.value.ok) count(scene, 'withdrawals taken back');
}

/** Signs for somebody else. */
async function steal(scene: Scene, thief: Signer): Promise<void> {
  const { random, clock } = scene.wire;
  const victim = random.pick(USERS.filter((user) => user !== thief));
  const { chainId, token } = random.pick(TOKEN_LIST);
  const request = { account: victim.address, chainId, token, amount: 1n, recipient: thief.address, nonce: 999n };
  const deadline = clock.now() + 60_000;
  const answer = await scene
    .call((api) => api.requestWithdrawal(signWithdrawal(thief, { ...request, deadline })))
    .catch(() => undefined);
  demand(answer?.value.ok !== true, 'a withdrawal was accepted with somebody else’s signature');
  const batch = signBatch([cancelAll(victim.address)], { nonce: 2 ** 40, executor: thief.address }, thief);
  const traded = await scene.call((api) => api.submitBatch(batch)).catch(() => undefined);
  demand(traded?.value.ok !== true, 'a user traded by himself');
}

// The executor.

interface Known {
  readonly request: ReturnType<typeof signBatch>;
  readonly answer: BatchAnswer;
  readonly lineage: number;
}

export async function runExecutor(scene: Scene): Promise<void> {
  const { random, conditions } = scene.wire;
  const acknowledged: Known[] = [];
  let orders: { readonly account: Address; readonly orderId: number }[] = [];
  let nonce = 0;
  while (!conditions.calm) {
    await pause(scene, 100, 2_500);
    if (random.chance(0.15) && acknowledged.length > 0) {
      await repeat(scene, random.pick(acknowledged.slice(-20)));
      continue;
    }
    const actions = Array.from({ length: random.between(0, 6) }, () => someActions(scene, orders)).flat();
    const known = await submit(scene, actions, ++nonce);
    if (known === undefined) continue;
    acknowledged.push(known);
    orders = [...orders, ...restingOrders(actions, known.answer)].slice(-50);
  }
}

function someActions(
  { wire: { random }, market }: Scene,
  orders: readonly { account: Address; orderId: number }[],
): readonly Action[] {
  if (market !== undefined && random.chance(0.5)) return market.risk();
  const what = random.below(10);
  if (what === 0) return [cancelAll(random.pick(USERS).address, random.pick([0, ETH_USD, MEME_USD]))];
  const order = orders.length > 0 ? random.pick(orders) : undefined;
  if (what < 3 && order !== undefined) return [cancel(order.account, order.orderId)];
  const { book, price, quantity } = random.pick(BOOKS);
  return [
    place(
      random.pick(USERS).address,
      book,
      random.pick([BUY, SELL]),
      (market?.ticksOf(book) ?? price) + random.between(-20, 20),
      random.between(1, market === undefined ? quantity : 5 * quantity),
      random.chance(0.2) ? { timeInForce: IMMEDIATE_OR_CANCEL } : {},
    ),
  ];
}

function restingOrders(actions: readonly Action[], { result }: BatchAnswer) {
  const items = result.code === 'ok' ? (result.items ?? []) : [];
  return items.flatMap((item, i) =>
    item.code === 'ok' && 'orderId' in item && item.resting
      ? [{ account: (actions[i] as Action).account, orderId: item.orderId }]
      : [],
  );
}

/** The same signed batch until it is answered; undefined when it is given up. */
async function submit(scene: Scene, actions: readonly Action[], nonce: number): Promise<Known | undefined> {
  const { clock } = scene.wire;
  const identity = await scene.call((api) => api.identity().epoch).catch(() => undefined);
  const request = signBatch(actions, { nonce, epoch: identity?.value ?? 1, deadline: clock.now() + 30_000 });
  const lineages = new Set<number>();
  for (let tries = 0; tries < 6; tries++) {
    const answer = await scene
      .call(
        (api) => api.submitBatch(request),
        (lineage) => lineages.add(lineage),
      )
      .catch(() => undefined);
    if (answer?.value.ok) {
      count(scene, 'batches accepted');
      return { request, answer: answer.value.value, lineage: answer.lineage };
    }
    if (answer !== undefined && !answer.value.ok && !answer.value.refusal.retryable) {
      const { code } = answer.value.refusal;
      // It was applied before, so its answer must have been stored, unless another history answered.
      const isForgotten = code === 'batch.nonceNotGrowing' && lineages.size === 1;
      demand(!isForgotten, `batch ${nonce} was applied, and its answer is forgotten`);
      return void count(scene, `refused ${code}`);
    }
    await pause(scene, 100, 1_500);
  }
  return undefined;
}

/** What was acknowledged stays true, as long as the same history goes on. */
async function repeat(scene: Scene, { request, answer, lineage }: Known): Promise<void> {
  const again = await scene.call((api) => api.submitBatch(request)).catch(() => undefined);
  if (again === undefined || again.lineage !== lineage) return;
  if (!again.value.ok && again.value.refusal.retryable) return;
  const { nonce } = request.message;
  demand(again.value.ok, `batch ${nonce} was acknowledged and is now refused: ${JSON.stringify(again.value)}`);
  const { sequence, result, repeated } = again.value.value;
  const isSame = repeated && sequence === answer.sequence && JSON.stringify(result) === JSON.stringify(answer.result);
  demand(isSame, `batch ${nonce} was acknowledged as ${answer.sequence}, now it is ${sequence}`);
  count(scene, 'answers repeated');
}

// The courier and the council.

/** The real courier; what it cannot reach it tries again. */
export function startCourier(scene: Scene): void {
  const { wire, chains, call } = scene;
  const value = <T>(ask: (api: KeeperApi) => T) => call(ask).then((answer) => answer.value);
  carry({
    keeper: {
      acceptance: (chainId) => value((api) => api.acceptance(chainId)),
      standby: (chainId) => value((api) => api.standby(chainId)),
      exitRoot: (chainId) => value((api) => (api.notReady() === undefined ? api.exitRoot(chainId) : undefined)),
      approvals: (chainId) => value((api) => (api.notReady() === undefined ? api.approvals(chainId) : [])),
      forcedAnswers: (chainId) => value((api) => (api.notReady() === undefined ? api.forcedAnswers(chainId) : [])),
    },
    chains: [...chains.values()].map((chain) => courierChain(scene, chain)),
    clock: wire.clock,
    pollMs: 2_000,
    report: ({ type }) => count(scene, `courier ${type}`),
  });
}

function courierChain({ wire }: Scene, chain: FakeChain): CourierChain {
  const network = createNetwork(wire, wire.clock, 'courier');
  const carried = async (transactions: readonly Transaction[]) => {
    const [reason] = await network(() => chain.simulate(transactions));
    if (reason !== undefined) return { ok: false as const, reason };
    await network(() => {
      for (const transaction of transactions) chain.send(transaction);
    });
    await new Promise<void>((resolve) => wire.clock.after(2_000, resolve));
    return { ok: true as const, hash: ZERO_HASH };
  };
  const payments = (approvals: Parameters<CourierChain['wouldPay']>[0]) => approvals.map(payWithdrawal);
  return {
    chainId: chain.chainId,
    standing: () =>
      network(() => {
        const { proposal, root } = chain.newest.contracts;
        return { proposal, newestRoot: root };
      }),
    acceptLeader: (acceptance: AcceptanceView) => carried([acceptLeader(acceptance)]),
    postExitRoot: (root) => carried([postExitRoot(HOME, root)]),
    // Nobody proposes a standby here.
    helpStandby: async () => undefined,
    wouldPay: (approvals) => network(() => chain.simulate(payments(approvals)).map((reason) => reason === undefined)),
    whyNotPaid: (approval) =>
      network(() => {
        const [reason] = chain.simulate([payWithdrawal(approval)]);
        return reason === undefined ? undefined : { done: reason === 'nonce used', reason };
      }),
    awaitsAnswer: ({ message }) => network(() => isOpen(chain, message)),
    answerForced: (answer) => carried([answerForced(answer)]),
    async withdrawMany(approvals) {
      const result = await carried(payments(approvals));
      return { ...result, paid: result.ok ? approvals.length : 0 };
    },
  };
}

function isOpen(chain: FakeChain, { id, checkpoint }: { readonly id: bigint; readonly checkpoint: number }): boolean {
  const request = chain.newest.contracts.forced[Number(id) - 1];
  return request !== undefined && request.open > 0n && request.answeredBy < checkpoint;
}

/** Whom the council wants to lead. It proposes until that stands on all chains. */
export async function runCouncil(
  scene: Scene,
  wanted: () => { readonly leader: Address; readonly epoch: number },
): Promise<void> {
  for (;;) {
    const { leader, epoch } = wanted();
    for (const [chainId, chain] of scene.chains) {
      const { contracts } = chain.newest;
      const stands = contracts.leader === leader && contracts.epoch === epoch;
      const isProposed = contracts.proposal.candidate === leader && contracts.proposal.epoch === epoch;
      if (!stands && !isProposed) send(scene, chainId, proposeLeader(leader, epoch));
    }
    await pause(scene, 4_000, 6_000);
  }
}
