// One box: a disk and a leader key, and the keeper that lives in it until it crashes and starts again.
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import type { Logger, QuoteSource, SignedCheckpoint } from '../../src/core/ports.ts';
import { encodeEngine } from '../../src/core/snapshot.ts';
import { CHECKPOINT_SETTINGS } from '../../src/flows/cutCheckpoint.ts';
import type { PricedSource } from '../../src/flows/feedPrices.ts';
import { GATE_SETTINGS } from '../../src/flows/gates.ts';
import type { Keeper } from '../../src/flows/runKeeper.ts';
import { createKeeper } from '../../src/flows/runKeeper.ts';
import { GENESIS, HOME, SECOND } from '../support/exchange.ts';
import type { FakeChain } from '../support/fakeChain.ts';
import { postCheckpoint } from '../support/fakeChain.ts';
import { createFakeExitTrees } from '../support/fakeExitTrees.ts';
import { createFakeDisk, type FakeDisk } from '../support/fakeJournal.ts';
import type { createFakeSealing } from '../support/fakeKeys.ts';
import { fakeBatchSigners, fakeKeys, fakeSigner } from '../support/fakeKeys.ts';
import { createFakePacker } from '../support/fakePacker.ts';
import { createFakeReader } from '../support/fakeReader.ts';
import type { Market } from './market.ts';
import { createMortalClock, createNetwork, type MortalClock, type SlowNetwork, type Wire } from './network.ts';

export interface Machine {
  readonly leader: string;
  disk: FakeDisk;
  life: Life | undefined;
  /** What the keeper that died here had in memory, to compare with what comes back. */
  memory: { readonly sequence: number; readonly engine: Uint8Array } | undefined;
  /** The disk has lost something that it had confirmed: ever, and since the keeper led last. */
  hasEverLied: boolean;
  hasLied: boolean;
}

/** A keeper from its start to its crash. */
export interface Life {
  readonly machine: Machine;
  readonly keeper: Keeper;
  readonly clock: MortalClock;
  isAlive: boolean;
}

/** What the simulation wants to know, and when it wants a keeper to die. */
export interface Observer {
  onLeading(life: Life, from: string): void;
  onFatal(life: Life, error: unknown): void;
  onSeal(life: Life, checkpoint: { readonly epoch: number; readonly number: number }): void;
  onPost(life: Life, signed: SignedCheckpoint): void;
  /** Asked around every write. */
  diesNow(life: Life, moment: 'before' | 'after'): boolean;
}

export interface Surroundings {
  readonly wire: Wire;
  readonly home: FakeChain;
  readonly second: FakeChain;
  readonly sealing: ReturnType<typeof createFakeSealing>;
  readonly observer: Observer;
  /** Where the oracle asks. */
  readonly market: Market | undefined;
}

/** Over how many checkpoints the snapshots of a keeper may roll. Each start takes another number. */
const LARGEST_K = 6;

export class DiedAtWrite extends Error {}

export function createMachine(leader: string): Machine {
  return { leader, disk: createFakeDisk(), life: undefined, memory: undefined, hasEverLied: false, hasLied: false };
}

/** Starts a keeper on what the machine's disk holds. */
export function boot(machine: Machine, { wire, home, second, sealing, observer, market }: Surroundings): Life {
  const clock = createMortalClock(wire.clock);
  const keys = fakeKeys(machine.leader);
  const toHome = createNetwork(wire, clock, 'home');
  const toSecond = createNetwork(wire, clock, 'second');
  const watch = (disk: FakeDisk) => {
    disk.onWrite = (moment) => {
      if (!observer.diesNow(life, moment)) return;
      crash(life);
      throw new DiedAtWrite('the keeper died at this write');
    };
    return disk.open();
  };
  const keeper = createKeeper({
    genesis: GENESIS,
    keys,
    gasAddress: fakeSigner('gas').address,
    readers: new Map([
      [HOME, createFakeReader(home, { network: toHome })],
      [SECOND, createFakeReader(second, { network: toSecond })],
    ]),
    poster: {
      post(signed) {
        observer.onPost(life, signed);
        return toHome(() => {
          home.send(postCheckpoint(HOME, signed));
          return signed.checkpoint.payloadHash;
        });
      },
      gasBalance: () => toHome(() => 10n ** 18n),
    },
    ...(market === undefined ? {} : { prices: askedOver(createNetwork(wire, clock, 'oracle'), market) }),
    exitTrees: createFakeExitTrees(),
    packer: createFakePacker(),
    journal: watch(machine.disk),
    setAside() {
      machine.disk = createFakeDisk();
      return watch(machine.disk);
    },
    seal(plain) {
      observer.onSeal(life, plain);
      return sealing.seal(plain);
    },
    open: sealing.open,
    recoverAddress,
    batchSigners: fakeBatchSigners({ chainId: HOME, verifyingContract: GENESIS.checkpointer }),
    clock,
    logger: listenForLeading((from) => observer.onLeading(life, from)),
    pollMs: 1_000,
    checkpointSettings: { ...CHECKPOINT_SETTINGS, slices: wire.random.between(1, LARGEST_K) },
    gateSettings: GATE_SETTINGS,
    schedule: (flush) => void clock.after(wire.random.below(4), flush),
    onFatal: (error) => {
      if (life.isAlive) observer.onFatal(life, error);
    },
  });
  const life: Life = { machine, keeper, clock, isAlive: true };
  machine.life = life;
  keeper.start();
  return life;
}

/** The market's prices, as they are heard through a network. */
function askedOver(network: SlowNetwork, { prices: { sources, settings } }: Market): Market['prices'] {
  const [{ source, ...names }] = sources;
  const quote = (question: Parameters<QuoteSource['quote']>[0]) => network(() => source.quote(question));
  return { sources: [{ ...names, source: { ...source, quote } } as PricedSource], settings };
}

/** Nothing of it runs on; what it had sent arrives. */
export function crash(life: Life): void {
  const { machine, keeper, clock } = life;
  life.isAlive = false;
  clock.kill();
  machine.life = undefined;
  if (keeper.leading === undefined) return;
  const { state, sequence } = keeper.leading.sequencer;
  machine.memory = { sequence, engine: encodeEngine(state) };
}

/** The flows say so when they begin to lead; that line is where the state is exactly what was recovered. */
function listenForLeading(tell: (from: string) => void): Logger {
  return {
    info: (fields, message) => message === 'leading' && tell(String(fields.from)),
    warn: () => {},
    error: () => {},
  };
}
