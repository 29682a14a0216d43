// The exchange that the end-to-end bench trades on, and the batches that are sent to it: the operations of the engine's
// bench, which the executor signs a hundred at a time or one by one.
import { createSigner } from '../src/adapters/crypto/signer.ts';
import { batchDigest } from '../src/core/batchDigest.ts';
import { encodeBatch } from '../src/core/commandCodec.ts';
import {
  ACTION_CANCEL,
  ACTION_PLACE,
  type Action,
  type Address,
  BATCH_LIMIT,
  type Hex,
  UNUSED_ACTION,
} from '../src/core/commands.ts';
import { keccak256Hex } from '../src/core/keccak.ts';
import type { BatchMessage } from '../src/core/typedMessages.ts';
import {
  apply,
  directoryLog,
  EPOCH,
  ETH_USD,
  emptyExchange,
  GENESIS,
  HOME,
  listings,
  log,
  registryLog,
  type TestExchange,
  TOKENS,
} from '../test/support/exchange.ts';
import { ACCOUNTS, createWorkload, PLACE, WARM_UP, type Workload } from './workload.ts';

export const executorKey: Hex = keccak256Hex(new TextEncoder().encode('executor of the bench'));
const executor = createSigner(executorKey);
const domain = { chainId: HOME, verifyingContract: GENESIS.checkpointer };

/** Far enough ahead for a run, in milliseconds. */
const LIVES_MS = 3_600_000;
/** More than the executor's fee limits need. */
const MAX_FEE_PPM = 1_000;
/** Ledger units per account and asset: no order is refused, and the sum of all stays below 2⁵³. */
const FUNDS = 4_000_000_000_000n;
const ETH_ATOMS_PER_UNIT = 1_000_000_000n;
const DEPOSITS_PER_ENTRY = 500;

export interface SignedBatch {
  readonly message: BatchMessage;
  readonly signature: Hex;
}

/** Two assets, funded accounts, and the orders that rest before anything is measured. */
export function openMarket(now: number): TestExchange {
  const exchange = emptyExchange();
  exchange.time = now;
  directoryLog(exchange, listings(executor.address));
  const authority = { chainId: HOME, contract: GENESIS.authority };
  log(exchange, authority, [{ type: 'leaderChanged', leader: addressOf(0), epoch: EPOCH }]);
  for (let first = 0; first < ACCOUNTS; first += DEPOSITS_PER_ENTRY) {
    const accounts = Array.from({ length: DEPOSITS_PER_ENTRY }, (_, i) => addressOf(first + i));
    const deposits = accounts.flatMap((account) => [
      {
        type: 'deposited' as const,
        token: TOKENS.ethHome.token,
        amount: FUNDS * ETH_ATOMS_PER_UNIT,
        account,
        subaccount: 0,
        payer: account,
      },
      {
        type: 'deposited' as const,
        token: TOKENS.usdHome.token,
        amount: FUNDS,
        account,
        subaccount: 0,
        payer: account,
      },
    ]);
    registryLog(exchange, HOME, deposits);
  }
  const workload = createWorkload(0);
  for (let first = 0; first < WARM_UP; first += BATCH_LIMIT) {
    const length = Math.min(BATCH_LIMIT, WARM_UP - first);
    const { result } = apply(exchange, {
      type: 'batch',
      ...messageOf(workload, { first, length, nonce: first + 1, now }),
    });
    const refused = 'items' in result ? result.items?.find(({ code }) => code !== 'ok') : result;
    if (refused !== undefined) throw new Error(`the market could not be prepared: ${JSON.stringify(refused)}`);
  }
  exchange.commands.length = 0;
  return exchange;
}

interface Flow {
  readonly batches: number;
  readonly size: number;
  readonly now: number;
}

/** The operations after those of `openMarket`, as signed batches. */
export function signBatches(flow: Flow): SignedBatch[] {
  return Array.from(batchMessages(flow), (message) => {
    return { message, signature: executor.sign(batchDigest(domain, encodeBatch(message))) };
  });
}

/** The same without signatures. */
export function* batchMessages({ batches, size, now }: Flow): Generator<BatchMessage> {
  const workload = createWorkload(batches * size);
  for (let i = 0; i < batches; i++) {
    yield messageOf(workload, { first: WARM_UP + i * size, length: size, nonce: now + i, now });
  }
}

function messageOf(
  workload: Workload,
  batch: { readonly first: number; readonly length: number; readonly nonce: number; readonly now: number },
): BatchMessage {
  const { first, length, nonce, now } = batch;
  const actions = Array.from({ length }, (_, i) => actionOf(workload, first + i));
  return { executor: executor.address, epoch: EPOCH, nonce, deadline: now + LIVES_MS, makersFirst: false, actions };
}

/** Every order has its operation as client id, so that cancels can be signed before anybody knows the order ids. */
function actionOf(workload: Workload, operation: number): Action {
  const target = workload.kind[operation] === PLACE ? operation : (workload.target[operation] as number);
  const common = {
    ...UNUSED_ACTION,
    account: addressOf(workload.account[target] as number),
    book: ETH_USD,
    clientId: target + 1,
  };
  if (target !== operation) return { ...common, kind: ACTION_CANCEL };
  return {
    ...common,
    kind: ACTION_PLACE,
    side: workload.side[operation] as number,
    price: workload.price[operation] as number,
    quantity: workload.quantity[operation] as number,
    maxFeePpm: MAX_FEE_PPM,
  };
}

function addressOf(account: number): Address {
  return `0x${(account + 1).toString(16).padStart(40, 'a')}`;
}
