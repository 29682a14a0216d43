import type { Command } from 'commander';
import { signBatch } from '../client/signing.ts';
import type { Action, Address } from '../core/commands.ts';
import {
  ACTION_AMEND,
  ACTION_CANCEL,
  ACTION_CANCEL_ALL,
  ACTION_CANCEL_ALL_AFTER,
  ACTION_PLACE,
  BUY,
  FILL_OR_KILL,
  GOOD_TILL_CANCELLED,
  GOOD_TILL_TIME,
  IMMEDIATE_OR_CANCEL,
  POST_ONLY,
  QUOTE_BUDGET,
  SELF_TRADE_SHIFT,
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
import { CommandError, UsageError } from './support/errors.ts';
import { signingAccount } from './support/keys.ts';
import { bookName, findAddress, findBook } from './support/lookup.ts';
import { refusalHint, refusalText } from './support/refusals.ts';
import {
  formatPrice,
  formatSize,
  formatUnits,
  parseInteger,
  parsePrice,
  parseSize,
  parseUnits,
} from './support/units.ts';

const HELP = `
Only the executor may trade, for any account. On a devnet its key is taken when no other is named.

Examples:
  $ mw order sell 0.5 WETH/USDC --price 2000 --for alice
  $ mw order buy 0.5 WETH/USDC --price 2000.50 --for bob --ioc
  $ mw order buy 1000 WETH/USDC --budget --for bob
  $ mw order sell 0.5 WETH/USDC --price 2100 --for alice --post-only --good-for 60
  $ mw order amend 123456 WETH/USDC --size 0.4 --for alice
  $ mw order cancel 123456 --for alice
  $ mw order cancel-all-after 30 --for alice
  $ mw order cancel-all --book WETH/USDC --for alice
  $ mw account alice --orders --as executor`;

const UINT32_MAX = 2 ** 32 - 1;
/** A year. */
const MOST_SECONDS = 31_536_000;
/** How long the keeper may take to accept a batch. */
const ACCEPT_WITHIN_MS = 60_000;
/** In the order of their numbers. */
const SELF_TRADE_KINDS = ['expire-maker', 'expire-taker', 'expire-both', 'decrement'];

interface Options extends ConnectionOptions {
  readonly for: string;
  readonly subaccount: string;
  readonly nonce?: string;
}

interface PlaceOptions extends Options {
  readonly price?: string;
  readonly ioc?: true;
  readonly fok?: true;
  readonly goodFor?: string;
  readonly budget?: true;
  readonly postOnly?: true;
  readonly selfTrade: string;
  readonly clientId: string;
  readonly maxFee?: string;
}

interface AmendOptions extends Options {
  readonly price?: string;
  readonly size?: string;
  readonly postOnly?: true;
}

interface CancelOptions extends Options {
  readonly book?: string;
}

export function registerOrder(program: Command): void {
  const order = program
    .command('order')
    .description('place, amend and cancel orders, as the executor')
    .addHelpText('after', HELP);
  registerPlace(order, 'buy');
  registerPlace(order, 'sell');
  registerAmend(order);
  registerCancel(order);
  registerCancelAll(order);
  registerCancelAllAfter(order);
}

function registerPlace(order: Command, side: 'buy' | 'sell'): void {
  const command = order
    .command(side)
    .description(`${side} at a price or a better one`)
    .argument('<size>', 'in the base asset, such as 0.5; with --budget in the quote asset')
    .argument('<book>', 'a pair such as WETH/USDC, or the number of a book')
    .option('--price <price>', 'in the quote asset per unit of the base asset; only a buy with --budget needs none')
    .option('--ioc', 'cancel at once what is not filled; otherwise it rests in the book')
    .option('--fok', 'fill all of it at once, or do nothing')
    .option('--good-for <seconds>', 'cancel what still rests after so long')
    .option('--budget', 'the size is what a buy may spend, fees included, or a sell is to bring; nothing rests')
    .option('--post-only', 'refuse it where it would trade at once')
    .option('--self-trade <kind>', `when it meets an own order: ${SELF_TRADE_KINDS.join(', ')}`, SELF_TRADE_KINDS[0])
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
      ...lifeOf(options),
      flags: flagsOf(options),
      price: limitOf(options, { side, book: found }),
      quantity: options.budget ? parseBudget(size, found) : parseSize(size, found),
      clientId: parseInteger(options.clientId, 'The client id'),
      maxFeePpm: feeLimit(options, found),
    };
    const item = await submit(connection, options, action);
    connection.output.result(item, () => placedText(item, { side, action, book: found }));
  });
}

function lifeOf({ ioc, fok, goodFor, budget, postOnly }: PlaceOptions): Pick<Action, 'timeInForce' | 'expiry'> {
  const chosen = [ioc ?? budget, fok, goodFor !== undefined].filter((choice) => choice === true);
  if (chosen.length > 1) throw new UsageError('Choose one of --ioc (or --budget), --fok and --good-for.');
  if (postOnly && (ioc || fok || budget)) {
    throw new UsageError('--post-only is for orders that may rest: leave out --ioc, --fok and --budget.');
  }
  if (goodFor !== undefined) {
    const seconds = parseInteger(goodFor, 'The time', { least: 1, most: MOST_SECONDS });
    return { timeInForce: GOOD_TILL_TIME, expiry: Date.now() + seconds * 1000 };
  }
  if (fok) return { timeInForce: FILL_OR_KILL, expiry: 0 };
  return { timeInForce: ioc || budget ? IMMEDIATE_OR_CANCEL : GOOD_TILL_CANCELLED, expiry: 0 };
}

function flagsOf({ budget, postOnly, selfTrade }: PlaceOptions): number {
  const kind = SELF_TRADE_KINDS.indexOf(selfTrade);
  if (kind < 0) throw new UsageError(`--self-trade must be one of ${SELF_TRADE_KINDS.join(', ')}.`);
  return (postOnly ? POST_ONLY : 0) | (budget ? QUOTE_BUDGET : 0) | (kind << SELF_TRADE_SHIFT);
}

function limitOf({ price, budget }: PlaceOptions, { side, book }: { side: 'buy' | 'sell'; book: BookView }): number {
  if (price !== undefined) return parsePrice(price, book);
  if (budget && side === 'buy') return 0;
  throw new UsageError("required option '--price <price>' not specified");
}

/** Ledger units of the quote asset. */
function parseBudget(size: string, { quote }: BookView): number {
  const units = parseUnits(size, { decimals: quote.decimals, what: 'The budget' });
  if (units === 0n || units > BigInt(Number.MAX_SAFE_INTEGER)) throw new UsageError('The budget is out of range.');
  return Number(units);
}

function registerAmend(order: Command): void {
  const command = order
    .command('amend')
    .description('change the price or the size of an order; smaller at the same price keeps its place')
    .argument('<order>', 'its number')
    .argument('<book>', 'where it rests')
    .option('--price <price>', 'the new one, in the quote asset per unit of the base asset')
    .option('--size <size>', 'the new one of the whole order, what was filled included, in the base asset')
    .option('--post-only', 'refuse it where it would trade at once');
  asExecutor(command).action(async (order: string, book: string, options: AmendOptions, command: Command) => {
    const connection = connect(command, options);
    const orderId = parseInteger(order, 'The order');
    const found = findBook(book, await connection.client.books());
    if (options.price === undefined && options.size === undefined)
      throw new UsageError('Give --price, --size or both.');
    const action: Action = {
      ...UNUSED_ACTION,
      ...owner(connection, options),
      kind: ACTION_AMEND,
      book: found.book,
      orderId,
      flags: options.postOnly ? POST_ONLY : 0,
      price: options.price === undefined ? 0 : parsePrice(options.price, found),
      quantity: options.size === undefined ? 0 : parseSize(options.size, found),
    };
    const item = await submit(connection, options, action);
    connection.output.result(item, () => `amended order ${orderId}\n${restText(item, { action, book: found })}`);
  });
}

function registerCancelAllAfter(order: Command): void {
  const command = order
    .command('cancel-all-after')
    .description('a dead-man switch: cancel all orders of an account unless this is said again in time')
    .argument('<seconds>', 'from now on; 0 switches it off');
  asExecutor(command).action(async (seconds: string, options: Options, command: Command) => {
    const connection = connect(command, options);
    const expiry = parseInteger(seconds, 'The time', { most: MOST_SECONDS }) * 1000;
    const action = { ...UNUSED_ACTION, ...owner(connection, options), kind: ACTION_CANCEL_ALL_AFTER, expiry };
    const item = await submit(connection, options, action);
    connection.output.result(item, () => (expiry === 0 ? 'switched off' : `all orders will go in ${seconds} s`));
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
  return { account, subaccount: parseInteger(options.subaccount, 'The subaccount', { most: UINT32_MAX }) };
}

async function bookNumber({ client }: Connection, { book }: CancelOptions): Promise<number> {
  return book === undefined ? 0 : findBook(book, await client.books()).book;
}

/** What was read in the book's listing is what is agreed to, should the fee change meanwhile. */
function feeLimit({ maxFee }: PlaceOptions, { makerFeePpm, takerFeePpm }: BookView): number {
  return maxFee === undefined
    ? Math.max(makerFeePpm, takerFeePpm)
    : parseInteger(maxFee, 'The fee', { most: 1_000_000 });
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

interface Told {
  readonly action: Action;
  readonly book: BookView;
}

function placedText(item: Done, { side, ...told }: Told & { readonly side: string }): string {
  if (!('orderId' in item)) throw new Error('The keeper answered an order as if it were a cancellation.');
  const { action, book } = told;
  const price = action.price === 0 ? 'any price' : `${formatPrice(action.price, book)} ${book.quote.symbol}`;
  const size = quantityText(action.quantity, told);
  return `order ${item.orderId}: ${side} ${size} at ${price} in ${bookName(book)}\n${restText(item, told)}`;
}

/** What was filled, and what became of the rest. */
function restText(item: Done, told: Told): string {
  if (!('orderId' in item)) throw new Error('The keeper answered an order as if it were a cancellation.');
  const { filled, remaining, resting } = item;
  const isBudget = (told.action.flags & QUOTE_BUDGET) !== 0;
  const fate = resting ? 'rests in the book' : isBudget ? 'left over' : 'cancelled';
  const rest = remaining === 0 ? 'nothing remains' : `${quantityText(remaining, told)} ${fate}`;
  return `filled ${formatSize(filled, told.book)} ${told.book.base.symbol}, ${rest}`;
}

/** In the unit of the order's quantity. */
function quantityText(quantity: number, { action, book }: Told): string {
  const { base, quote } = book;
  if ((action.flags & QUOTE_BUDGET) === 0) return `${formatSize(quantity, book)} ${base.symbol}`;
  return `${formatUnits(String(quantity), quote.decimals)} ${quote.symbol}`;
}
