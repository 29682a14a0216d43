// How large checkpoints are, and how long a cut and a recovery take, for many accounts and several k:
//
//   node keeper/bench/checkpoints.ts [--accounts 100000] [--changed 100] [--k 16,64,256,1024] [--json]
//
// Accounts own six assets each, every tenth with dust. Between two checkpoints `changed` accounts, picked at random,
// change. Sizes are of the sealed payload, the mean and the largest of those measured; times are CPU time of this process.
// All payloads that a recovery needs are kept, so none may be larger than a transaction: that, and not k, bounds memory.
import { parseArgs } from 'node:util';
import { openPayload, sealPayload } from '../src/adapters/tee/sealPayload.ts';
import { TRANSACTION_LIMIT_BYTES } from '../src/core/checkpointRoom.ts';
import type { Address } from '../src/core/commands.ts';
import { keccak256Hex } from '../src/core/keccak.ts';
import { addAsset, markChanged, openAccount } from '../src/core/ledger.ts';
import { addPart, assembledState, beginAssembly, encodePart, missingOf } from '../src/core/rollingSnapshot.ts';
import { indexState } from '../src/core/snapshot.ts';
import { createState, type State, takeChanges } from '../src/core/state.ts';

const ASSETS = 6;
/** Above the largest k that a configuration takes, 4 096. */
const MOST_CHECKPOINTS = 16_384;
const NOBODY: Address = `0x${'00'.repeat(20)}`;
const SEALING = { stateRootKeys: [new Uint8Array(32)], chainId: 1, checkpointer: NOBODY, epoch: 1 };

const { values: options } = parseArgs({
  options: {
    accounts: { type: 'string', default: '100000' },
    changed: { type: 'string', default: '100' },
    k: { type: 'string', default: '16,64,256,1024' },
    json: { type: 'boolean', default: false },
  },
});
const accounts = Number(options.accounts);
const changed = Number(options.changed);

/** Park–Miller: the same accounts at every run. */
let seed = 1;
function below(n: number): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % n;
}

function addressOf(number: number): Address {
  return `0x${number.toString(16).padStart(8, '0').repeat(5)}`;
}

function createExchange(): State {
  const state = createState({ homeChainId: 1, authority: NOBODY, checkpointer: NOBODY, directory: NOBODY });
  const { ledger } = state.exchange;
  for (let id = 1; id <= ASSETS; id++) addAsset(ledger, { id, symbol: `A${id}`, ledgerDecimals: 9 });
  for (let i = 0; i < accounts; i++) {
    const account = openAccount(ledger, addressOf(i), 0);
    for (const { units, dust } of ledger.assets) {
      units[account] = 1 + below(2 ** 31 - 2) * 4_096;
      if (i % 10 === 0) dust[account] = 12_345_678n;
    }
  }
  takeChanges(state);
  return state;
}

function cpuMs<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const before = process.cpuUsage();
  const value = work();
  const { user, system } = process.cpuUsage(before);
  return { value, ms: (user + system) / 1_000 };
}

function cut(state: State, slices: number): Uint8Array {
  for (let i = 0; i < changed; i++) markChanged(state.exchange.ledger, below(accounts));
  const number = ++state.cutNumber;
  const indexed = indexState(state);
  keccak256Hex(indexed.bytes);
  const plaintext = encodePart(indexed, { number, slices, changes: takeChanges(state) });
  const payload = sealPayload({ ...SEALING, number, plaintext });
  if (payload.length > TRANSACTION_LIMIT_BYTES) throw new RangeError(`${payload.length} bytes: --changed is too large`);
  return payload;
}

/** Goes back from the newest; answers how many it took, or 0 when they are not enough. */
function recover(payloads: readonly { readonly number: number; readonly payload: Uint8Array }[]): number {
  const [newest, ...older] = payloads.toReversed().map((sealed) => ({ ...SEALING, ...sealed }));
  if (newest === undefined) throw new Error('nothing to recover from');
  const assembly = beginAssembly(openPayload(newest));
  let read = 1;
  for (const sealed of older) {
    if (missingOf(assembly) === 0) break;
    addPart(assembly, openPayload(sealed));
    read++;
  }
  if (missingOf(assembly) > 0) return 0;
  keccak256Hex(assembledState(assembly));
  return read;
}

function measure(state: State, slices: number) {
  const payloads: { number: number; payload: Uint8Array }[] = [];
  const times: number[] = [];
  let [read, recovery] = [0, 0];
  // As many as a recovery needs; where the share is halved these are more than k.
  for (let goal = slices; read === 0; goal *= 2) {
    if (goal > MOST_CHECKPOINTS) throw new RangeError(`${goal / 2} checkpoints do not hold everybody`);
    while (payloads.length < goal) {
      const { value: payload, ms } = cpuMs(() => cut(state, slices));
      payloads.push({ number: state.cutNumber, payload });
      times.push(ms);
    }
    ({ value: read, ms: recovery } = cpuMs(() => recover(payloads)));
  }
  const sizes = payloads.map(({ payload }) => payload.length);
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  return {
    k: slices,
    meanBytes: Math.round(mean(sizes)),
    largestBytes: Math.max(...sizes),
    checkpointsRead: read,
    cutMs: Math.round(mean(times)),
    recoveryMs: Math.round(recovery),
  };
}

const state = createExchange();
const stateBytes = indexState(state).bytes.length;
const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1024);
const rows = options.k.split(',').map((k) => measure(state, Number(k)));
if (options.json) {
  process.stdout.write(`${JSON.stringify({ accounts, changed, stateBytes, peakMb: peakMb(), rows })}\n`);
} else {
  console.log(`${accounts} accounts, ${changed} of them change between two checkpoints, ${stateBytes} bytes in all\n`);
  console.log('     k   mean bytes   largest   read to recover   cut ms   recovery ms');
  for (const { k, meanBytes, largestBytes, checkpointsRead, cutMs, recoveryMs } of rows) {
    const columns = [
      [k, 6],
      [meanBytes, 13],
      [largestBytes, 10],
      [checkpointsRead, 18],
      [cutMs, 9],
      [recoveryMs, 14],
    ] as const;
    console.log(columns.map(([value, width]) => String(value).padStart(width)).join(''));
  }
  console.log(`\nThe process took at most ${peakMb()} MiB of memory.`);
}
