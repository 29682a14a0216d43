import type { Command } from 'commander';
import type { TopicMessage } from '../client/keeperStream.ts';
import type { BookView, DepthView } from '../core/views.ts';
import { type Connection, type ConnectionOptions, connect, withConnection, withKey } from './support/connection.ts';
import { UsageError } from './support/errors.ts';
import { hasKey, signingAccount } from './support/keys.ts';
import { bookName, findBook } from './support/lookup.ts';
import { formatTable } from './support/tables.ts';
import { formatPrice, formatSize, formatUnits, parseInteger } from './support/units.ts';

const HELP = `
Prices are in quote per base, sizes and totals in base; a total counts from the best price outwards. Where the operator
does not publish depth, only the executor sees it: sign in as the executor.

Examples:
  $ mw book
  $ mw book WETH/USDC --levels 5
  $ mw book WETH/USDC --watch
  $ mw book WETH/USDC --as executor --json`;

/** Most levels that the keeper shows. */
const MOST_LEVELS = 200;
/** Fees are counted in millionths, which is percent with four decimals. */
const PERCENT_DECIMALS = 4;

interface Options extends ConnectionOptions {
  readonly levels: string;
  readonly watch?: true;
}

export function registerBook(program: Command): void {
  const command = program
    .command('book')
    .description('the order books, or what rests in one')
    .argument('[book]', 'a pair such as WETH/USDC, or the number of a book; otherwise all are listed')
    .option('--levels <n>', 'how many prices of each side', '10')
    .option('--watch', 'show it again whenever it changes, until Ctrl-C');
  withKey(withConnection(command))
    .addHelpText('after', HELP)
    .action(async (name: string | undefined, options: Options, command: Command) => {
      const connection = connect(command, options);
      const { client, profile, output } = connection;
      const levels = parseInteger(options.levels, 'The number of levels', { least: 1, most: MOST_LEVELS });
      const books = await client.books();
      if (name === undefined) {
        if (options.watch) throw new UsageError('--watch needs a book, such as WETH/USDC.');
        return output.result(books, () => booksText(books));
      }
      const book = findBook(name, books);
      if (hasKey(options)) await client.signIn(signingAccount(options, { profile }));
      if (options.watch) return watch(connection, { book, levels });
      const depth = await client.depth({ book: book.book, levels });
      return output.result(depth, () => depthText(depth, book));
    });
}

function booksText(books: readonly BookView[]): string {
  if (books.length === 0) return 'No book is open yet.';
  const columns = [
    { name: 'id', right: true },
    { name: 'book' },
    ...['price step', 'size step', 'maker fee %', 'taker fee %'].map((name) => ({ name, right: true })),
    { name: 'status' },
  ];
  const rows = books.map((book) => [
    String(book.book),
    bookName(book),
    formatPrice(1, book),
    formatSize(1, book),
    formatUnits(String(book.makerFeePpm), PERCENT_DECIMALS),
    formatUnits(String(book.takerFeePpm), PERCENT_DECIMALS),
    book.status,
  ]);
  return formatTable(columns, rows);
}

type Levels = DepthView['bids'];

/** Asks above, the best ones of both sides in the middle. */
function depthText({ bids, asks }: Pick<DepthView, 'bids' | 'asks'>, book: BookView): string {
  const columns = [{ name: '' }, ...['price', 'size', 'total', 'orders'].map((name) => ({ name, right: true }))];
  const rows = [...sideRows('ask', asks, book).toReversed(), ...sideRows('bid', bids, book)];
  const title = `${bookName(book)}, ${book.status}: ${spreadText({ bids, asks }, book)}`;
  return rows.length === 0 ? title : `${title}\n${formatTable(columns, rows)}`;
}

function sideRows(side: string, levels: Levels, book: BookView): string[][] {
  let total = 0n;
  return levels.map(({ price, quantity, orders }) => {
    total += BigInt(quantity);
    return [side, formatPrice(price, book), formatSize(quantity, book), formatSize(total, book), String(orders)];
  });
}

function spreadText({ bids, asks }: Pick<DepthView, 'bids' | 'asks'>, book: BookView): string {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined && ask === undefined) return 'nothing rests';
  if (bid === undefined || ask === undefined) return `no ${bid === undefined ? 'bids' : 'asks'}`;
  return `spread ${formatPrice(ask.price - bid.price, book)} ${book.quote.symbol}`;
}

/** Shows the book after each change. Ends only when the keeper ends it, with its refusal. */
async function watch(
  { client, output }: Connection,
  { book, levels }: { readonly book: BookView; readonly levels: number },
): Promise<void> {
  const stream = client.stream();
  const sides = { bids: new Map<number, Levels[number]>(), asks: new Map<number, Levels[number]>() };
  try {
    await new Promise<void>((_, reject) => {
      stream.subscribe({
        topic: { channel: 'book', book: book.book },
        onEnd: reject,
        onMessage(message) {
          if (!apply(message, sides)) return;
          const bids = [...sides.bids.values()].toSorted((a, b) => b.price - a.price).slice(0, levels);
          const asks = [...sides.asks.values()].toSorted((a, b) => a.price - b.price).slice(0, levels);
          const depth = { book: book.book, sequence: message.seq, bids, asks };
          output.result(depth, () => `${new Date(message.time).toISOString()} ${depthText(depth, book)}\n`);
        },
      });
    });
  } finally {
    stream.close();
  }
}

type Sides = Readonly<Record<'bids' | 'asks', Map<number, Levels[number]>>>;

/** Brings the sides up to date; false when the message says nothing of them. */
function apply(message: TopicMessage, sides: Sides): boolean {
  if (message.channel !== 'book' || message.type === 'gap') return false;
  for (const side of ['bids', 'asks'] as const) {
    if (message.type === 'snapshot') sides[side].clear();
    for (const level of message.data[side]) {
      if (level.quantity === '0') sides[side].delete(level.price);
      else sides[side].set(level.price, level);
    }
  }
  return true;
}
