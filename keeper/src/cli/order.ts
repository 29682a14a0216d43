import type { Command } from 'commander';
import { signBatch } from '../client/signing.ts';
import type { Action, Address } from '../core/commands.ts';
import {
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_PLACE,
  BUY,
  GOOD_TILL_CANCELLED,
  IMMEDIATE_OR_CANCEL,
  SELL,
  UNUSED_ACTION,
} from '../core/commands.ts';
import type { ActionResult } from '../core/events.ts';
import type { BookView } from '../core/views.ts';
import {
  apiDomain,
  type Connection,
  type ConnectionOptions,
  connect,
  withConnection,
  withKey,
} from './support/connection.ts';
import { CommandError } from './support/errors.ts';
import { signingAccount } from './support/keys.ts';
import { bookName, findAddress, findBook } from './support/lookup.ts';
import { refusalHint, refusalText } from './support/refusals.ts';
import { formatPrice, formatSize, parseInteger, parsePrice, parseSize } from './support/units.ts';

const HELP = `
Only the executor may trade, for any account. On a devnet its key is taken when no other is named.

Examples:
  $ mw order sell 0.5 WETH/USDC --price 2000 --for alice
  $ mw order buy 0.5 WETH/USDC --price 2000.50 --for bob --ioc
  $ mw order cancel 123456 --for alice
  $ mw order cancel-all --book WETH/USDC --for alice
  $ mw account alice --orders --as executor`;

const UINT32_MAX = 2 ** 32 - 1;
/** How long the keeper may take to accept a batch. */
const ACCEPT_WITHIN_MS = 60_000;

interface Options extends ConnectionOptions {
  readonly for: string;
  readonly subaccount: string;
  readonly nonce?: string;
}

interface PlaceOptions extends Options {
  readonly price: string;
  readonly ioc?: true;
  readonly clientId: string;
  readonly maxFee?: string;
}

interface CancelOptions extends Options {
  readonly book?: string;
}

export function registerOrder(program: Command): void {
  const order = program
    .command('order')
    .description('place and cancel orders, as the executor')
    .addHelpText('after', HELP);
  registerPlace(order, 'buy');
  registerPlace(order, 'sell');
  registerCancel(order);
  registerCancelAll(order);
}

function registerPlace(order: Command, side: 'buy' | 'sell'): void {
  const command = order
    .command(side)
    .description(`${side} at a price or a better one`)
    .argument('<size>', 'in the base asset, such as 0.5')
    .argument('<book>', 'a pair such as WETH/USDC, or the number of a book')
    .requiredOption('--price <price>', 'in the quote asset per unit of the base asset')
    .option('--ioc', 'cancel at once what is not filled; otherwise it rests in the book')
    .option('--client-id <n>', 'your own number for it; a repeat does nothing', '0')
    .option('--max-fee <ppm>', 'highest fee, in millionths; otherwise that of the book');
  asExecutor(command).action(async (size: string, book: string, options: PlaceOptions, command: Command) => {
    const connection = connect(command, options);
    const found = findBook(book, await connection.client.books());
    const action: Action = {
      ...UNUSED_ACTION,
      ...owner(connection, options),
      kind: ACTION_PLACE,
      book: found.book,
      side: side === 'buy' ? BUY : SELL,
      timeInForce: options.ioc ? IMMEDIATE_OR_CANCEL : GOOD_TILL_CANCELLED,
      price: parsePrice(options.price, found),
      quantity: parseSize(size, found),
      clientId: parseInteger(options.clientId, 'The client id'),
      maxFeePpm: feeLimit(options, found),
    };
    const item = await submit(connection, options, action);
    connection.output.result(item, () => placedText(item, { side, action, book: found }));
  });
}

function registerCancel(order: Command): void {
  const command = order
    .command('cancel')
    .description('cancel one order')
    .argument('<order>', 'its number')
    .option('--book <book>', 'only if it rests in this book');
  asExecutor(command).action(async (order: string, options: CancelOptions, command: Command) => {
    const connection = connect(command, options);
    const orderId = parseInteger(order, 'The order');
    const book = await bookNumber(connection, options);
    const action = { ...UNUSED_ACTION, ...owner(connection, options), kind: ACTION_CANCEL, book, orderId };
    const item = await submit(connection, options, action);
    connection.output.result(item, () => `cancelled order ${orderId}`);
  });
}

function registerCancelAll(order: Command): void {
  const command = order
    .command('cancel-all')
    .description('cancel all orders of an account')
    .option('--book <book>', 'only in this book');
  asExecutor(command).action(async (options: CancelOptions, command: Command) => {
    const connection = connect(command, options);
    const book = await bookNumber(connection, options);
    const action = { ...UNUSED_ACTION, ...owner(connection, options), kind: ACTION_CANCEL_ALL, book };
    const item = await submit(connection, options, action);
    const cancelled = 'cancelled' in item ? item.cancelled : 0;
    connection.output.result(item, () => `cancelled ${cancelled} ${cancelled === 1 ? 'order' : 'orders'}`);
  });
}

/** Options that all orders share. */
function asExecutor(command: Command): Command {
  command
    .requiredOption('--for <account>', 'whose order it is: an address or a name of the profile')
    .option('--subaccount <n>', 'which of its accounts', '0')
    .option('--nonce <n>', 'of the batch, must grow; otherwise the time in milliseconds');
  return withKey(withConnection(command)).addHelpText('after', HELP);
}

function owner({ profile }: Connection, options: Options): Pick<Action, 'account' | 'subaccount'> {
  const account = findAddress(options.for, { what: 'The account', profile });
  return { account, subaccount: parseInteger(options.subaccount, 'The subaccount', UINT32_MAX) };
}

async function bookNumber({ client }: Connection, { book }: CancelOptions): Promise<number> {
  return book === undefined ? 0 : findBook(book, await client.books()).book;
}

/** What was read in the book's listing is what is agreed to, should the fee change meanwhile. */
function feeLimit({ maxFee }: PlaceOptions, { makerFeePpm, takerFeePpm }: BookView): number {
  return maxFee === undefined ? Math.max(makerFeePpm, takerFeePpm) : parseInteger(maxFee, 'The fee', 1_000_000);
}

type Done = Extract<ActionResult, { readonly code: 'ok' }>;

/** A batch of one, signed and sent. Throws `CommandError` when the engine refuses the item. */
async function submit({ client, profile }: Connection, options: Options, action: Action): Promise<Done> {
  const signer = signingAccount(options, { profile, otherwise: 'executor' });
  const identity = await client.identity();
  const now = Date.now();
  const message = {
    executor: signer.address.toLowerCase() as Address,
    epoch: identity.epoch,
    nonce: options.nonce === undefined ? now : parseInteger(options.nonce, 'The nonce'),
    deadline: now + ACCEPT_WITHIN_MS,
    makersFirst: false,
    actions: [action],
  };
  const signature = await signBatch({ account: signer, domain: apiDomain(identity), message });
  const { result } = await client.submitBatch({ message, signature });
  const item = result.code === 'ok' ? result.items?.[0] : result;
  if (item === undefined) throw new Error('The keeper accepted the batch, but does not say what became of its order.');
  if (item.code === 'ok') return item as Done;
  const { code } = item;
  throw new CommandError(refusalText(item), { code, hint: refusalHint({ code }) });
}

function placedText(
  item: Done,
  { side, action, book }: { readonly side: string; readonly action: Action; readonly book: BookView },
): string {
  if (!('orderId' in item)) throw new Error('The keeper answered an order as if it were a cancellation.');
  const { orderId, filled, remaining, resting } = item;
  const size = (lots: number) => `${formatSize(lots, book)} ${book.base.symbol}`;
  const price = `${formatPrice(action.price, book)} ${book.quote.symbol}`;
  const rest =
    remaining === 0 ? 'nothing remains' : `${size(remaining)} ${resting ? 'rests in the book' : 'cancelled'}`;
  return `order ${orderId}: ${side} ${size(action.quantity)} at ${price} in ${bookName(book)}\nfilled ${size(filled)}, ${rest}`;
}
