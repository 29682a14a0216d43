// How long trading stands still for a checkpoint or a local snapshot of many accounts, while another thread packs it, and
// how long all of it takes. Standing still is what the event loop of the main thread shows: the longest time between two of
// its turns, from the cut until everything is there, whatever the cause.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from '../src/adapters/journal/openJournal.ts';
import { createStatePacker } from '../src/adapters/packing/createStatePacker.ts';
import { sealPayload } from '../src/adapters/tee/sealPayload.ts';
import { ACTION_PLACE, type Address, BUY, UNUSED_ACTION, ZERO_ADDRESS } from '../src/core/commands.ts';
import { keccak256Hex } from '../src/core/keccak.ts';
import { type Asset, addAsset, addNet, markChanged, openAccount, openToken } from '../src/core/ledger.ts';
import { BOOK_OPEN, createBook } from '../src/core/orderBook.ts';
import { placeOrder } from '../src/core/placeOrder.ts';
import { encodePart } from '../src/core/rollingSnapshot.ts';
import { CORE_VERSION, copyEngineRest, encodeEngine, engineRestOf, indexState } from '../src/core/snapshot.ts';
import { createState, type State, takeChanges } from '../src/core/state.ts';
import { patchOfCut, patchSinceCut } from '../src/core/stateImage.ts';
import { step } from '../src/core/step.ts';
import { GENESIS } from '../test/support/exchange.ts';
import { median } from './measure.ts';

export const ACCOUNTS = 100_000;
export const ASSETS = 6;
export const RESTING = 50_000;
/** Accounts that change between two checkpoints: about what one has room for. */
export const CHANGED = 500;
const ROUNDS = 7;
const SLICES = 16;
const KEY = new Uint8Array(32).fill(7);
const ATOMS = 10n ** 18n;

/** Milliseconds. */
export interface Pause {
  readonly p50: number;
  readonly max: number;
  /** Median time until everything is there. */
  readonly whole: number;
  /** Median of the longest when the main thread does all of it alone. */
  readonly alone: number;
}

export async function measurePauses(): Promise<{
  readonly cut: Pause;
  readonly snapshot: Pause;
  readonly bytes: number;
}> {
  const state = manyAccounts();
  const packer = createStatePacker();
  const directory = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  const identity = { homeChainId: GENESIS.homeChainId, checkpointer: GENESIS.checkpointer, coreVersion: CORE_VERSION };
  const journal = openJournal({ directory, key: KEY, identity });
  try {
    await packer.begin(indexState(state));
    journal.begin({ sequence: state.sequence, engine: new Uint8Array() });
    const next = () => {
      changeSome(state);
      const sequence = state.sequence + 1;
      const command = { type: 'cutCheckpoint' as const, time: state.time + 1 };
      journal.append([{ sequence, command }]);
      step(state, sequence, command);
    };

    const cut = await pauseOf(next, {
      async beside() {
        const { cutNumber: number } = state;
        const { plaintext } = await packer.packCut({ patch: patchOfCut(state), number, slices: SLICES });
        keccak256Hex(sealed(number, plaintext));
      },
      async alone() {
        const { cutNumber: number, lastChanges: changes } = state;
        const indexed = indexState(state);
        keccak256Hex(indexed.bytes);
        keccak256Hex(sealed(number, encodePart(indexed, { number, slices: SLICES, changes })));
        // Cuts that the packer has not seen would make its image too old.
        await packer.begin(indexed);
      },
    });
    let bytes = 0;
    const snapshot = await pauseOf(next, {
      async beside() {
        await packer.packCut({ patch: patchOfCut(state), number: state.cutNumber, slices: SLICES });
        const { sequence } = state;
        const engine = await packer.packEngine({
          patch: patchSinceCut(state),
          rest: copyEngineRest(engineRestOf(state)),
        });
        bytes = engine.length;
        await journal.saveSnapshot({ sequence, engine });
      },
      async alone() {
        const engine = encodeEngine(state);
        await journal.saveSnapshot({ sequence: state.sequence, engine });
        await packer.begin(indexState(state));
      },
    });
    return { cut, snapshot, bytes };
  } finally {
    await packer.close();
    journal.close();
    rmSync(directory, { recursive: true });
  }
}

async function pauseOf(
  prepare: () => void,
  work: { readonly beside: () => Promise<void>; readonly alone: () => Promise<void> },
): Promise<Pause> {
  const pauses: number[] = [];
  const wholes: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    prepare();
    const { longest, whole } = await watch(work.beside);
    pauses.push(longest);
    wholes.push(whole);
    prepare();
    alone.push((await watch(work.alone)).longest);
  }
  return { p50: median(pauses), max: Math.max(...pauses), whole: median(wholes), alone: median(alone) };
}

/** The longest time without a turn of the event loop, and all of the time. */
export async function watch(work: () => Promise<void>): Promise<{ readonly longest: number; readonly whole: number }> {
  const begin = performance.now();
  let last = begin;
  let longest = 0;
  let done = false;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  const whole = performance.now() - begin;
  done = true;
  turn();
  return { longest, whole };
}

function sealed(number: number, plaintext: Uint8Array): Uint8Array {
  const { homeChainId: chainId, checkpointer } = GENESIS;
  return sealPayload({ stateRootKeys: [KEY], chainId, checkpointer, epoch: 1, number, plaintext });
}

/** Balances, deposits and dust of everybody in everything, and orders of some. */
function manyAccounts(): State {
  const state = createState(GENESIS);
  const { ledger, books, bookById } = state.exchange;
  for (let id = 1; id <= ASSETS; id++) addAsset(ledger, { id, symbol: `A${id}`, ledgerDecimals: 9 });
  const tokens = ledger.assets.map(({ id }) => openToken(ledger, 1, `0x${id.toString(16).padStart(40, 'e')}`));
  for (let i = 0; i < ACCOUNTS; i++) {
    const account = openAccount(ledger, `0x${(i + 1).toString(16).padStart(40, '0')}`, 0);
    for (const [index, asset] of (ledger.assets as Asset[]).entries()) {
      asset.units[account] = (i * 7_919 + asset.id * 104_729) * 1_000_003;
      asset.dust[account] = i % 10 === 0 ? BigInt(i) * 1_000n : 0n;
      const token = tokens[index];
      if (token !== undefined) addNet(ledger, token, account, BigInt(i + 1) * ATOMS);
    }
  }
  ledger.feeAccount = openAccount(ledger, ZERO_ADDRESS, 1);
  const book = createBook({ id: 1, index: 0, base: 0, quote: 1, lotSize: 1, tickSize: 1 });
  book.status = BOOK_OPEN;
  books.push(book);
  bookById.set(book.id, book);
  for (let i = 0; i < RESTING; i++) {
    const account = 1 + (i % (ACCOUNTS - 1));
    const action = {
      ...UNUSED_ACTION,
      account: ledger.addresses[account] as Address,
      kind: ACTION_PLACE,
      book: 1,
      side: BUY,
      price: 1 + (i % 997),
      quantity: 10,
      clientId: i + 1,
    };
    const code = placeOrder(state.exchange, book, account, action, i + 1, 0);
    if (code !== 'ok') throw new Error(`order ${i} was refused: ${code}`);
  }
  takeChanges(state);
  return state;
}

let changes = 0;
function changeSome(state: State): void {
  const { ledger } = state.exchange;
  const [asset] = ledger.assets as [Asset];
  for (let i = 0; i < CHANGED; i++) {
    const account = (++changes * 7_919) % ACCOUNTS;
    asset.units[account] = (asset.units[account] as number) + 1;
    markChanged(ledger, account);
  }
}
