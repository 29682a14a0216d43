// A world from one seed: two chains that reorganise, a network that loses and repeats, disks and keepers that die at any
// moment, a council that names others, users, an executor and a courier. The core and the flows in it are the real ones.
//
// The promises in checks.ts are checked at every step. At the end everything calms down, and the exchange must have
// found its way back: all deposits credited, all withdrawals paid or given back, every checkpoint final.
import type { KeeperApi } from '../../src/core/api.ts';
import { AssertionError } from '../../src/core/assertion.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import { decodeRegistryEntry } from '../../src/core/logEntries.ts';
import type { LandedCheckpoint } from '../../src/core/ports.ts';
import { decodeState, encodeEngine } from '../../src/core/snapshot.ts';
import { digestOf } from '../../src/core/typedMessages.ts';
import { ForeignCheckpointError } from '../../src/flows/cutCheckpoint.ts';
import { SupersededError } from '../../src/flows/runKeeper.ts';
import { assembleState } from '../support/assembleState.ts';
import { GENESIS, HOME, listings, REGISTRY, SECOND } from '../support/exchange.ts';
import { createFakeChain, type FakeChain, list, setPaused } from '../support/fakeChain.ts';
import { createFakeClock, START } from '../support/fakeClock.ts';
import { createFakeSealing, fakeKeys, fakeSigner } from '../support/fakeKeys.ts';
import { API_DOMAIN, EXECUTOR_KEY } from '../support/fakeWorld.ts';
import { count, requestKey, runCouncil, runExecutor, type Scene, startCourier, startUsers } from './actors.ts';
import {
  checkApplied,
  checkApprovals,
  checkExits,
  checkReverts,
  checkStored,
  checkSurvival,
  createShadow,
  demand,
} from './checks.ts';
import { closeForGood, isInExitMode, startExits } from './exits.ts';
import { createLiquidationWatch, LIQUIDATION_EVENTS } from './liquidations.ts';
import {
  boot,
  crash,
  createMachine,
  DiedAtWrite,
  type Life,
  type Machine,
  type Observer,
  type Surroundings,
} from './machine.ts';
import { createMarket, marginListings } from './market.ts';
import { type Conditions, createNetwork, type Wire } from './network.ts';
import { createRandom } from './random.ts';

const FINALITY_BLOCKS = 4;
/** One chain is twice as fast as the other. */
const BLOCK_MS = { [HOME]: 2_000, [SECOND]: 1_000 } as const;
/** After which a withdrawal expires. */
const DAY_MS = 24 * 3_600_000;
const COURIERS = 2;
const DURATION_MS = 240_000;

export interface SimulationOptions {
  readonly seed: number;
  /** Simulated time until everything calms down. */
  readonly durationMs?: number;
  /**
   * A lying disk may lose, in a crash, the write that it confirmed last; then only what the journal promises for it must
   * hold. One that lies in secret is taken for honest: promises must be found broken.
   */
  readonly disks?: 'honest' | 'lying' | 'lyingInSecret';
  /** Vaults enter exit mode, and in the end one of them is closed for good. */
  readonly exits?: boolean;
  /** Some trade on credit, prices move, and who owes too much is liquidated. */
  readonly margin?: boolean;
  /** Is told what happens, for people who look for the cause of a failure. */
  readonly log?: (line: string) => void;
}

/** How often what happened. */
export type Counts = Readonly<Record<string, number>>;

export class SimulationError extends Error {
  override name = 'SimulationError';
}

/** Runs one seed. Throws `SimulationError`, which names it, when a promise was broken. */
export async function simulate(options: SimulationOptions): Promise<Counts> {
  const { seed, disks = 'honest', exits = false, margin = false } = options;
  const world = createSimulation(options);
  try {
    return await world.run();
  } catch (error) {
    const { message } = error as Error;
    const how = `node keeper/test/simulation/run.ts --seed ${seed}${disks === 'lying' ? ' --lying-disks' : ''}${exits ? ' --exits' : ''}${margin ? ` --margin --ms ${options.durationMs ?? DURATION_MS}` : ''} --verbose`;
    throw new SimulationError(`Seed ${seed} after ${world.elapsedMs()} ms: ${message}\nAgain: ${how}`, {
      cause: error,
    });
  }
}

function createSimulation({
  seed,
  durationMs = DURATION_MS,
  disks = 'honest',
  exits = false,
  margin = false,
  log = () => {},
}: SimulationOptions) {
  const random = createRandom(seed);
  const clock = createFakeClock();
  const conditions: Conditions = { calm: false, down: new Set() };
  const wire: Wire = { clock, random, conditions };
  const { enclave } = fakeKeys();
  const chains = new Map<number, FakeChain>(
    [HOME, SECOND].map((chainId) => [
      chainId,
      createFakeChain({
        chainId,
        enclave: enclave.address,
        timestamp: START / 1000,
        finalityBlocks: FINALITY_BLOCKS,
      }),
    ]),
  );
  const [home, second] = [...chains.values()] as [FakeChain, FakeChain];
  const counts: Record<string, number> = {};
  const tell = (what: string) => {
    count({ counts }, what.replace(/ \d.*/, ''));
    log(`${String(clock.now() - START).padStart(9)} ${what}`);
  };

  const machines: Machine[] = [createMachine('leader 1')];
  let wanted = { machine: machines[0] as Machine, epoch: 1 };
  // A history of acknowledged commands; a recovery from chain, a lying disk or another machine begins a new one.
  let lineage = 0;
  const lineages = new WeakMap<Life, number>();
  const newestLineage = new WeakMap<Machine, number>();
  /** Digest of every checkpoint that was sent, by number and epoch, and by whom. */
  const sent = new Map<string, { readonly digest: string; readonly machine: Machine }>();
  // Some worlds are rougher than others.
  const longestPeaceMs = random.pick([10_000, 30_000, 80_000]);
  let broken: unknown;
  let skippedMs = 0;
  let chainsStandStill = false;

  const observer: Observer = {
    onLeading(life, from) {
      tell(`${life.machine.leader} leads from ${from}`.replace(/^leader \d+ /, 'a keeper '));
      guard(() => onLeading(life, from));
    },
    onFatal(life, error) {
      guard(() => onFatal(life, error));
    },
    onSeal(life, { epoch, number }) {
      const { role, epoch: known } = life.keeper.api.identity();
      guard(() => demand(role === 'leader' && known === epoch, `a ${role} of epoch ${known} signs for epoch ${epoch}`));
      const stored = life.machine.disk.open().readOutbox(`checkpoint ${number}`);
      const isAgain = stored !== undefined && sent.get(`${number} ${epoch}`)?.machine === life.machine;
      guard(() =>
        demand(!isAgain || life.machine.hasEverLied, `checkpoint ${number} of epoch ${epoch} is signed twice`),
      );
    },
    onPost(life, signed) {
      guard(() => {
        const { number, epoch } = signed.checkpoint;
        const digest = digestOf('Checkpoint', API_DOMAIN, signed.checkpoint);
        checkStored(life, number, digest, (item) => digestOf('Checkpoint', API_DOMAIN, item.checkpoint));
        const key = `${number} ${epoch}`;
        const isSame = (sent.get(key)?.digest ?? digest) === digest;
        demand(isSame || life.machine.hasEverLied, `two different checkpoints ${number} of epoch ${epoch} were sent`);
        sent.set(key, { digest, machine: life.machine });
      });
    },
    diesNow: () => {
      const dies = !conditions.calm && random.chance(0.002);
      if (dies) tell('a keeper dies at a write');
      return dies;
    },
  };
  const market = margin ? createMarket(seed) : undefined;
  const surroundings: Surroundings = { wire, home, second, sealing: createFakeSealing(), observer, market };
  const onBroken = (error: unknown): void => {
    broken ??= error;
  };
  const scene: Scene = { wire, chains, call, requests: new Map(), counts, market, onBroken };

  /** What a check finds inside the keeper's own calls must not be caught there. */
  function guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      broken ??= error;
    }
  }

  function onLeading(life: Life, from: string): void {
    const { machine, keeper } = life;
    const { sequencer } = keeper.leading as NonNullable<typeof keeper.leading>;
    if (from === 'journal') {
      if (!machine.hasLied) checkSurvival(life);
    } else if (machine.memory !== undefined && !machine.hasLied) {
      const { checkpoint } = home.newest.contracts.checkpoints.at(-1) ?? {};
      const by = checkpoint && sent.get(`${checkpoint.number} ${checkpoint.epoch}`)?.machine;
      demand(by !== undefined && by !== machine, `an honest disk was given up for what stands ${from}`);
    }
    const before = newestLineage.get(machine);
    if (from !== 'journal' || before === undefined || machine.hasLied) newestLineage.set(machine, ++lineage);
    lineages.set(life, newestLineage.get(machine) as number);
    machine.memory = undefined;
    machine.hasLied = false;
    const shadow = createShadow(sequencer.state);
    const liquidations = createLiquidationWatch(sequencer.state);
    sequencer.subscribe((applied) =>
      guard(() => {
        if (!life.isAlive) return;
        checkApplied(sequencer.state, applied, chains);
        shadow.apply(applied);
        liquidations.apply(applied);
        if (random.chance(0.01)) saveSnapshotSoon(life);
        for (const event of applied.outcome.events) {
          if (event.type === 'fill') count(scene, 'fills');
          if (LIQUIDATION_EVENTS.has(event.type)) count(scene, event.type);
          if (event.type === 'exitModeChanged') count(scene, `exit mode known as ${event.phase}`);
          if (event.type === 'withdrawalChanged') count(scene, `withdrawal ${event.status}`);
        }
      }),
    );
  }

  /** As the sequencer does every now and then, only more often. */
  function saveSnapshotSoon(life: Life): void {
    life.clock.after(1, () => {
      const { sequencer } = life.keeper.leading ?? {};
      const journal = life.machine.disk.open();
      if (sequencer === undefined || sequencer.sequence !== journal.lastSequence) return;
      tell('snapshot');
      const { sequence, state } = sequencer;
      journal.saveSnapshot({ sequence, engine: encodeEngine(state) }).catch((error) => {
        if (!(error instanceof DiedAtWrite)) throw error;
      });
    });
  }

  function onFatal(life: Life, error: unknown): void {
    const isStranger = home.newest.contracts.leader !== fakeKeys(life.machine.leader).leader.address;
    const isLate = error instanceof ForeignCheckpointError || error instanceof AssertionError;
    const isExpected = error instanceof SupersededError || (isLate && (isStranger || life.machine.hasEverLied));
    tell(`a keeper stops: ${(error as Error).name}`);
    crash(life);
    if (!isExpected) throw error;
  }

  /** Whoever is reached of those that live; mostly one that leads, or believes so, or that the council wants. */
  function call<T>(
    ask: (api: KeeperApi) => T | Promise<T>,
    arrived: (lineage: number) => void = () => {},
  ): Promise<{ readonly value: T; readonly lineage: number }> {
    const network = createNetwork(wire, clock, 'keeper');
    const reached = (): Promise<{ value: T; lineage: number }> => {
      const alive = machines.flatMap(({ life }) => (life === undefined ? [] : [life]));
      const leading = alive.filter(({ machine, keeper }) => keeper.leading !== undefined || machine === wanted.machine);
      const candidates = leading.length > 0 && random.chance(0.9) ? leading : alive;
      if (candidates.length === 0) throw new Error('connection refused');
      const life = random.pick(candidates);
      const mine = lineages.get(life) ?? 0;
      arrived(mine);
      return new Promise<{ value: T; lineage: number }>((resolve, reject) => {
        const answer = Promise.resolve().then(() => ask(life.keeper.api));
        // Who has died answers nobody.
        answer.then(
          (value) => life.isAlive && resolve({ value, lineage: mine }),
          (error) => life.isAlive && reject(error),
        );
      });
    };
    return network(reached);
  }

  function mineOn(chain: FakeChain): void {
    const every = BLOCK_MS[chain.chainId as keyof typeof BLOCK_MS];
    clock.after(every, () => mineOn(chain));
    if (chainsStandStill) return;
    if (!conditions.calm && random.chance(0.05)) {
      tell('reorganisation');
      for (const transaction of chain.reorganise(random.between(1, FINALITY_BLOCKS))) {
        if (random.chance(0.75)) clock.after(random.below(8_000), () => chain.send(transaction));
      }
    }
    const { number, digest } = chain.newest.contracts.tip;
    const { tip } = chain.mine(Math.floor(clock.now() / 1000)).contracts;
    if (chain === home && tip.number > 0 && (tip.number !== number || tip.digest !== digest)) guard(checkOnChain);
  }

  /** Whatever is lost at this moment: the state comes back from what stands on chain. */
  function checkOnChain(): void {
    const { checkpoints } = home.newest.contracts;
    const { checkpoint } = checkpoints.at(-1) as LandedCheckpoint;
    const { bytes, read } = assembleState(checkpoints, surroundings.sealing.open);
    validateInternalState(decodeState(bytes, GENESIS));
    demand(keccak256Hex(bytes) === checkpoint.stateHash, `checkpoint ${checkpoint.number} gives another state`);
    if (read > 1) counts['states from several checkpoints'] = (counts['states from several checkpoints'] ?? 0) + 1;
  }

  function kill(machine: Machine): void {
    if (machine.life === undefined) return;
    crash(machine.life);
    if (disks === 'honest' || !random.chance(0.5)) return;
    tell('the disk had lied');
    machine.disk.forgetNewestWrite();
    if (disks === 'lyingInSecret') return;
    machine.hasLied = true;
    machine.hasEverLied = true;
  }

  /** Somebody starts again what has crashed. */
  function supervise(): void {
    clock.after(random.between(500, 3_000), supervise);
    for (const machine of machines) {
      const isNeeded = machine === wanted.machine || (!conditions.calm && random.chance(0.05));
      if (machine.life === undefined && isNeeded) boot(machine, surroundings);
    }
  }

  function replaceMachine(): void {
    const machine = createMachine(`leader ${machines.length + 1}`);
    machines.push(machine);
    wanted = { machine, epoch: wanted.epoch + 1 };
  }

  function outage(name: string, milliseconds: number): void {
    conditions.down.add(name);
    clock.after(milliseconds, () => conditions.down.delete(name));
  }

  function somethingHappens(): void {
    if (conditions.calm) return;
    clock.after(random.between(1_000, longestPeaceMs), somethingHappens);
    const what = random.below(100);
    if (what < 50) {
      tell('crash');
      kill(wanted.machine);
    } else if (what < 68) {
      const name = random.pick(['home', 'second', 'courier']);
      tell(`outage of ${name}`);
      outage(name, random.between(1_000, 20_000));
    } else if (what < 73) {
      tell('machine lost');
      kill(wanted.machine);
      replaceMachine();
    } else if (what < 79) {
      tell('another leader is named');
      replaceMachine();
    } else if (what < 86) {
      tell('the leader gets a new epoch');
      wanted = { ...wanted, epoch: wanted.epoch + 1 };
    } else if (what < 92) {
      tell('pause');
      home.send(setPaused(true));
      clock.after(random.between(2_000, 20_000), () => home.send(setPaused(false)));
    } else if (what < 95 && ![...chains.values()].some(isInExitMode)) {
      // Nobody carries anything for a while, so that withdrawals come near their deadlines.
      tell('a day passes');
      outage('courier', random.between(10_000, 60_000));
      clock.after(random.between(5_000, 40_000), () => skip(DAY_MS + random.between(-120_000, 30_000)));
    }
  }

  function skip(milliseconds: number): void {
    clock.skip(milliseconds);
    skippedMs += milliseconds;
  }

  function checkStep(): void {
    if (broken !== undefined) throw broken;
    for (const chain of chains.values()) checkReverts(chain);
    checkExits(chains);
    for (const { life } of machines) if (life !== undefined) checkApprovals(life, chains, home);
  }

  async function runFor(milliseconds: number): Promise<void> {
    const until = clock.now() - skippedMs + milliseconds;
    while (clock.now() - skippedMs < until) {
      await clock.runNext();
      checkStep();
    }
  }

  /** What is still pending was asked for with a nonce that is used up: it was cancelled before the keeper heard of it. */
  function checkPending(): void {
    const { withdrawals, exchange } = wanted.machine.life?.keeper.leading?.sequencer.state ?? {};
    for (const { account, token, nonce } of withdrawals?.values() ?? []) {
      const { usedNonces } = (chains.get(token.chainId) as FakeChain).newest.contracts;
      const address = exchange?.ledger.addresses[account];
      demand(usedNonces.has(`${address} ${nonce}`), `withdrawal ${nonce} of ${address} is not paid in the end`);
    }
  }

  /** All that was promised to people was kept, and the exchange is open. */
  async function checkEnd(): Promise<void> {
    const { keeper } = wanted.machine.life ?? {};
    const others = machines.filter(({ life }) => life !== wanted.machine.life && life?.keeper.leading !== undefined);
    demand(others.length === 0, 'a keeper holds on to its state although another one leads');
    demand(keeper?.leading !== undefined, 'nobody leads in the end');
    const { state } = keeper.leading.sequencer;
    const { status, problems } = await withClock(keeper.api.health());
    // Of an exchange that has ended, one problem tells.
    demand(exits ? problems.length === 1 : status === 'ok', `in the end: ${problems.join(' ')}`);
    demand(state.withdrawals.size === 0, `${state.withdrawals.size} withdrawals are still pending`);
    const { tip } = home.final.contracts;
    demand(state.finalNumber === tip.number, `final is ${tip.number}, the keeper knows ${state.finalNumber}`);
    for (const chain of chains.values()) checkChainInTheEnd(chain);
    demand(tip.number > 0, 'no checkpoint is final');
    counts['checkpoints final'] = tip.number;
  }

  /** Every deposit is in, and nobody was paid who had not asked for it, or twice. */
  function checkChainInTheEnd({ chainId, final }: FakeChain): void {
    const { state } = wanted.machine.life?.keeper.leading?.sequencer ?? {};
    const entries = final.contracts.logs.get(REGISTRY)?.entries ?? [];
    demand(
      state?.sources.get(`${chainId}:${REGISTRY}`)?.index === entries.length,
      `the log of chain ${chainId} is not read`,
    );
    const paid = new Set<string>();
    for (const entry of entries) {
      const payment = decodeRegistryEntry(entry, 'check');
      if (payment?.type !== 'withdrawn') continue;
      const key = requestKey(chainId, payment.account, payment.nonce);
      demand(!paid.has(key), `withdrawal ${key} was paid twice`);
      paid.add(key);
      const isAsked = scene.requests
        .get(key)
        ?.some(
          (asked) =>
            asked.token === payment.token && asked.amount === payment.amount && asked.recipient === payment.recipient,
        );
      demand(isAsked === true, `withdrawal ${key} was paid, but nobody asked for it`);
    }
    counts['withdrawals paid'] = (counts['withdrawals paid'] ?? 0) + paid.size;
  }

  async function withClock<T>(promise: Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    void promise.then((value) => {
      result = { value };
    });
    while (result === undefined) {
      await clock.runNext();
      checkStep();
    }
    return result.value;
  }

  return {
    elapsedMs: () => clock.now() - START,
    async run(): Promise<Counts> {
      home.send(list([...listings(EXECUTOR_KEY.address), ...(margin ? marginListings() : [])]));
      for (let i = 0; i <= FINALITY_BLOCKS; i++) home.mine(START / 1000);
      for (const chain of chains.values()) mineOn(chain);
      boot(wanted.machine, surroundings);
      void runCouncil(scene, () => ({ leader: fakeSigner(wanted.machine.leader).address, epoch: wanted.epoch }));
      startUsers(scene);
      void runExecutor(scene).catch(scene.onBroken);
      for (let i = 0; i < COURIERS; i++) startCourier(scene);
      supervise();
      clock.after(20_000, somethingHappens);
      if (exits) startExits(scene, seed);
      market?.start(scene);
      await runFor(durationMs);
      tell('calm');
      conditions.calm = true;
      conditions.down.clear();
      home.send(setPaused(false));
      await runFor(180_000);
      checkPending();
      // What could not be paid comes back.
      skip(DAY_MS + 3_600_000);
      await runFor(60_000);
      if (exits) await closeForGood(scene, { runFor, skip });
      chainsStandStill = true;
      await runFor(5_000);
      await checkEnd();
      return counts;
    },
  };
}
