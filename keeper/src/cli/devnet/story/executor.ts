// The executor: the one program that may trade for users. It signs batches of actions.
import { privateKeyToAccount } from 'viem/accounts';
import { signBatch } from '../../../client/signing.ts';
import {
  ACTION_CANCEL,
  ACTION_PLACE,
  type Action,
  BUY,
  GOOD_TILL_CANCELLED,
  SELL,
  UNUSED_ACTION,
} from '../../../core/commands.ts';
import type { ActionResult } from '../../../core/events.ts';
import { parsePrice, parseSize } from '../../support/units.ts';
import { developmentKey, EXECUTOR } from '../accounts.ts';
import { bookOf, type Person, type World } from './world.ts';

const BATCH_LIVES_MS = 30_000;

export interface Order {
  readonly person: Person;
  readonly side: 'buy' | 'sell';
  /** Of base, as a decimal. */
  readonly size: string;
  readonly base: string;
  /** Quote per base, as a decimal. */
  readonly price: string;
}

/** A limit order that rests until it is filled or cancelled. */
export function placing(world: World, { person, side, size, base, price }: Order): Action {
  const book = bookOf(world, base);
  return {
    ...UNUSED_ACTION,
    kind: ACTION_PLACE,
    account: person.address,
    book: book.book,
    side: side === 'buy' ? BUY : SELL,
    timeInForce: GOOD_TILL_CANCELLED,
    price: parsePrice(price, book),
    quantity: parseSize(size, book),
    maxFeePpm: Math.max(book.makerFeePpm, book.takerFeePpm),
  };
}

export function cancelling(
  world: World,
  { person, base, orderId }: { person: Person; base: string; orderId: number },
): Action {
  return { ...UNUSED_ACTION, kind: ACTION_CANCEL, account: person.address, book: bookOf(world, base).book, orderId };
}

/** What became of a batch of which every item was accepted. */
export interface Accepted {
  /** Its place in the journal. */
  readonly sequence: number;
  readonly items: readonly Extract<ActionResult, { readonly code: 'ok' }>[];
}

/** Signs and submits a batch. Throws when the keeper refuses it or one of its items. */
export async function submit({ keeper, devnet }: World, actions: readonly Action[]): Promise<Accepted> {
  const { address, privateKey } = developmentKey(EXECUTOR);
  const { epoch } = await keeper.health();
  const now = Date.now();
  const message = { executor: address, epoch, nonce: now, deadline: now + BATCH_LIVES_MS, makersFirst: false, actions };
  const signature = await signBatch({
    account: privateKeyToAccount(privateKey),
    domain: devnet.domain,
    message,
  });
  const { sequence, result } = await keeper.submitBatch({ message, signature });
  if (result.code !== 'ok') throw new Error(`The keeper refused a batch of the executor: ${result.code}.`);
  const items = (result.items ?? []).map((item, i) => {
    if (item.code === 'ok') return item;
    throw new Error(`The keeper refused item ${i} of the executor's batch: ${item.code}.`);
  });
  if (items.length !== actions.length) throw new Error(`${actions.length} actions, ${items.length} results.`);
  return { sequence, items };
}
