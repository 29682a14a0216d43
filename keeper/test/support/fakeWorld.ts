// Two chains with an open exchange, a clock, and a keeper on a fake disk: the real flows on fake ports.
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import type { Answer, KeeperApi } from '../../src/core/api.ts';
import type { Action, Address } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import type { StatePacker } from '../../src/core/packingStore.ts';
import type { ChainReader, KeeperKeys, Logger, Signer } from '../../src/core/ports.ts';
import type { State } from '../../src/core/state.ts';
import type { BatchMessage, WithdrawalCancelMessage, WithdrawalRequestMessage } from '../../src/core/typedMessages.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { CHECKPOINT_SETTINGS } from '../../src/flows/cutCheckpoint.ts';
import { GATE_SETTINGS } from '../../src/flows/gates.ts';
import type { Leading } from '../../src/flows/keeperApi.ts';
import type { Keeper } from '../../src/flows/runKeeper.ts';
import { createKeeper } from '../../src/flows/runKeeper.ts';
import { GENESIS, HOME, listings, SECOND, type TOKENS } from './exchange.ts';
import type { FakeChain } from './fakeChain.ts';
import {
  answerForced,
  createFakeChain,
  helpStandby,
  list,
  makeDeposit,
  nameLeader,
  payWithdrawal,
  postExitRoot,
} from './fakeChain.ts';
import type { FakeClock } from './fakeClock.ts';
import { createFakeClock, START } from './fakeClock.ts';
import { createFakeExitTrees } from './fakeExitTrees.ts';
import type { FakeDisk } from './fakeJournal.ts';
import { createFakeDisk } from './fakeJournal.ts';
import { createFakeSealing, fakeBatchSigners, fakeKeys, fakeSigner } from './fakeKeys.ts';
import { createFakePacker } from './fakePacker.ts';
import type { FakePoster, Network, Wallet } from './fakeReader.ts';
import { createFakePoster, createFakeReader, quickNetwork } from './fakeReader.ts';

export const EXECUTOR_KEY = fakeSigner('executor');
export const ALICE = fakeSigner('alice');
export const BOB = fakeSigner('bob');
export const API_DOMAIN = { chainId: HOME, verifyingContract: GENESIS.checkpointer };
export const FINALITY_BLOCKS = 3;
export const BLOCK_MS = 2_000;

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

export interface FakeWorld {
  readonly clock: FakeClock;
  readonly home: FakeChain;
  readonly second: FakeChain;
  /** Between the keepers and each chain, and for what they post; tests put in others. */
  readonly networks: { home: Network; second: Network; poster: Network };
  readonly wallets: Map<Address, Wallet>;
  /** What keepers said that they cannot go on with. */
  readonly fatal: unknown[];
  /** Blocks come while it is true. */
  mining: boolean;
}

export interface RunningKeeper {
  readonly keeper: Keeper;
  readonly keys: KeeperKeys;
  readonly disk: FakeDisk;
  readonly poster: FakePoster;
  readonly asides: FakeDisk[];
  /** How it reads the home chain; tests may put in other answers. */
  readonly home: { -readonly [K in keyof ChainReader]: ChainReader[K] };
  /** Tests may let it wait, or fail. */
  readonly packer: { -readonly [K in keyof StatePacker]: StatePacker[K] };
}

/** The Directory has listed everything, unless it is said otherwise; nobody leads. */
export function createWorld({ listed = true } = {}): FakeWorld {
  const clock = createFakeClock();
  const { enclave } = fakeKeys();
  const [home, second] = [HOME, SECOND].map((chainId) =>
    createFakeChain({ chainId, enclave: enclave.address, timestamp: START / 1000, finalityBlocks: FINALITY_BLOCKS }),
  ) as [FakeChain, FakeChain];
  if (listed) home.send(list(listings(EXECUTOR_KEY.address)));
  const networks = { home: quickNetwork, second: quickNetwork, poster: quickNetwork };
  const world: FakeWorld = { clock, home, second, networks, wallets: new Map(), fatal: [], mining: true };
  const mine = () => {
    clock.after(BLOCK_MS, mine);
    if (!world.mining) return;
    for (const chain of [home, second]) chain.mine(Math.floor(clock.now() / 1000));
  };
  mine();
  return world;
}

/** A keeper as the composition would start it. The council has to name its leader key. */
export function startKeeper(world: FakeWorld, { leader = 'leader', disk = createFakeDisk() } = {}): RunningKeeper {
  const { clock, home, second, wallets } = world;
  const keys = fakeKeys(leader);
  const toHome: Network = (ask) => world.networks.home(ask);
  const toSecond: Network = (ask) => world.networks.second(ask);
  const poster = createFakePoster(home, (ask) => world.networks.poster(ask));
  const asides: FakeDisk[] = [];
  const packer = createFakePacker();
  const homeReader = createFakeReader(home, { network: toHome, wallets });
  const keeper = createKeeper({
    genesis: GENESIS,
    keys,
    gasAddress: fakeSigner('gas').address,
    readers: new Map([
      [HOME, homeReader],
      [SECOND, createFakeReader(second, { network: toSecond, wallets })],
    ]),
    poster,
    exitTrees: createFakeExitTrees(),
    packer,
    journal: disk.open(),
    setAside() {
      asides.push(createFakeDisk());
      return (asides.at(-1) as FakeDisk).open();
    },
    ...createFakeSealing(),
    recoverAddress,
    batchSigners: fakeBatchSigners(API_DOMAIN),
    clock,
    logger: silentLogger,
    pollMs: 1_000,
    checkpointSettings: CHECKPOINT_SETTINGS,
    gateSettings: GATE_SETTINGS,
    schedule: queueMicrotask,
    onFatal: (error) => world.fatal.push(error),
  });
  keeper.start();
  return { keeper, keys, disk, poster, asides, home: homeReader, packer };
}

/** Nothing of the keeper runs on; its disk is what is left. */
export function kill({ keeper }: RunningKeeper): void {
  keeper.stop();
}

/** A world in which a keeper leads in epoch 1 and has read the Directory. */
export async function openWorld(): Promise<FakeWorld & { running: RunningKeeper }> {
  const world = createWorld();
  const running = startKeeper(world);
  appoint(world, running, 1);
  await world.clock.advance(10 * BLOCK_MS);
  return Object.assign(world, { running });
}

export function appoint({ home, second }: FakeWorld, { keys }: RunningKeeper, epoch: number): void {
  for (const chain of [home, second]) chain.send(nameLeader(keys.leader.address, epoch));
}

/** The state of a keeper that leads, checked. */
export function stateOf(running: RunningKeeper): State {
  const { state } = leading(running).sequencer;
  validateInternalState(state);
  return state;
}

export function leading({ keeper }: RunningKeeper): Leading {
  if (keeper.leading === undefined) throw new Error('the keeper does not lead');
  return keeper.leading;
}

/** Deposits atoms of a token on its chain. */
export function deposit(
  { home, second }: FakeWorld,
  token: (typeof TOKENS)[keyof typeof TOKENS],
  owner: Signer,
  amount: bigint,
): void {
  (token.chainId === HOME ? home : second).send(makeDeposit({ token: token.token, amount, account: owner.address }));
}

/** Posts whatever the keeper has signed for a standby, exit roots, answers and withdrawals. */
export function carry({ home, second }: FakeWorld, api: KeeperApi): void {
  for (const chain of [home, second]) {
    const standby = api.standby(chain.chainId);
    if (standby?.step) chain.send(helpStandby(standby));
    const root = api.exitRoot(chain.chainId);
    const isNewer =
      root !== undefined &&
      (root.message.epoch > chain.newest.contracts.root.epoch ||
        root.message.checkpoint > chain.newest.contracts.root.checkpoint);
    if (isNewer) chain.send(postExitRoot(HOME, root));
    for (const answer of api.forcedAnswers(chain.chainId)) chain.send(answerForced(answer));
    for (const approval of api.approvals(chain.chainId)) chain.send(payWithdrawal(approval));
  }
}

export function signBatch(
  actions: readonly Action[],
  more: Partial<BatchMessage> & { readonly nonce: number },
  signer: Signer = EXECUTOR_KEY,
): Parameters<KeeperApi['submitBatch']>[0] {
  const message: BatchMessage = {
    executor: EXECUTOR_KEY.address,
    epoch: 1,
    deadline: START + 24 * 3_600_000,
    makersFirst: false,
    actions,
    ...more,
  };
  return { message, signature: signer.sign(digestOf('Batch', API_DOMAIN, message)) };
}

export function signWithdrawal(
  owner: Signer,
  more: Partial<WithdrawalRequestMessage> & Pick<WithdrawalRequestMessage, 'chainId' | 'token' | 'amount'>,
): Parameters<KeeperApi['requestWithdrawal']>[0] {
  const message: WithdrawalRequestMessage = {
    account: owner.address,
    subaccount: 0,
    recipient: owner.address,
    nonce: 1n,
    deadline: START + 24 * 3_600_000,
    ...more,
  };
  return { message, signature: owner.sign(digestOf('WithdrawalRequest', API_DOMAIN, message)) };
}

export function signCancel(
  owner: Signer,
  { chainId, nonce }: Omit<WithdrawalCancelMessage, 'account'>,
): Parameters<KeeperApi['cancelWithdrawal']>[0] {
  const message = { account: owner.address, chainId, nonce };
  return { message, signature: owner.sign(digestOf('WithdrawalCancel', API_DOMAIN, message)) };
}

/** What was accepted, or an error with what the refusal says. */
export function accepted<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.code}: ${answer.refusal.message}`);
  return answer.value;
}

export function refusalOf<T>(answer: Answer<T>): string {
  return answer.ok ? 'accepted' : answer.refusal.code;
}
