import type { Command } from 'commander';
import type { Address } from '../core/commands.ts';
import type { BookView, FillView, OrderView, SolvencyView } from '../core/views.ts';
import { accountText, WAD_DECIMALS } from './support/accountText.ts';
import { type Connection, type ConnectionOptions, connect, withConnection, withKey } from './support/connection.ts';
import { CommandError, UsageError } from './support/errors.ts';
import { exitLines } from './support/exitText.ts';
import { signingAccount } from './support/keys.ts';
import { bookName, findAddress } from './support/lookup.ts';
import { formatTable } from './support/tables.ts';
import { formatPrice, formatSize, formatUnits, parseInteger } from './support/units.ts';

const HELP = `
Amounts are in whole units of the asset; "reserved" is put aside for open orders, "dust" is less than the ledger counts
and pays out with the next withdrawal. --json prints the answers of the API (docs/api.md) in ledger units.

Examples:
  $ mw account --as alice
  $ mw account --as alice --orders --fills
  $ mw account bob --as executor        the executor may look at everybody
  $ mw account --solvency               what accounts own against what the vaults hold; needs no key`;

interface Options extends ConnectionOptions {
  readonly orders?: true;
  readonly fills?: true;
  readonly limit: string;
  readonly solvency?: true;
}

/** Most fills that one answer of the keeper holds. */
const MOST_FILLS = 500;

export function registerAccount(program: Command): void {
  const command = program
    .command('account')
    .description('balances, open orders and fills of an account')
    .argument('[address]', 'whose: an address or a name of the profile; otherwise the one that signs in')
    .option('--orders', 'also the open orders')
    .option('--fills', 'also the newest fills')
    .option('--limit <n>', 'how many fills', '20')
    .option('--solvency', 'instead: what all accounts own against what the vaults hold');
  withKey(withConnection(command))
    .addHelpText('after', HELP)
    .action((address: string | undefined, options: Options, command: Command) => {
      const connection = connect(command, options);
      if (options.solvency) return showSolvency(connection, address);
      return showAccount(connection, options, address);
    });
}

async function showAccount({ client, profile, output }: Connection, options: Options, who: string | undefined) {
  const limit = parseInteger(options.limit, 'The limit', { least: 1, most: MOST_FILLS });
  const signer = signingAccount(options, { profile });
  const address =
    who === undefined ? (signer.address.toLowerCase() as Address) : findAddress(who, { what: 'The account', profile });
  await client.signIn(signer);
  const of = { address };
  const [accounts, books, { exits }] = await Promise.all([client.accounts(of), client.books(), client.health()]);
  const orders = options.orders && (await client.allOrders(of));
  const fills = options.fills && (await client.fills({ address, limit }));
  output.result({ address, accounts, exits, ...(orders && { orders }), ...(fills && { fills }) }, () =>
    [
      [accountText(address, accounts), ...exitLines(exits)].join('\n'),
      ...(orders ? [ordersText(orders, books)] : []),
      ...(fills ? [fillsText(fills, books)] : []),
    ].join('\n\n'),
  );
}

function ordersText(orders: readonly OrderView[], books: readonly BookView[]): string {
  if (orders.length === 0) return 'no open orders';
  const columns = [
    { name: 'order', right: true },
    { name: 'book' },
    { name: 'side' },
    { name: 'price', right: true },
    { name: 'remaining', right: true },
    { name: 'subaccount', right: true },
    { name: 'client id', right: true },
  ];
  const rows = orders.map((order) => {
    const book = bookOf(order.book, books);
    return [
      order.orderId,
      bookName(book),
      order.side,
      formatPrice(order.price, book),
      formatSize(order.remaining, book),
      String(order.subaccount),
      order.clientId,
    ];
  });
  return formatTable(columns, rows);
}

function fillsText(fills: readonly FillView[], books: readonly BookView[]): string {
  if (fills.length === 0) return 'no fills';
  const columns = [
    { name: 'time' },
    { name: 'book' },
    { name: 'side' },
    { name: 'role' },
    { name: 'price', right: true },
    { name: 'size', right: true },
    { name: 'fee', right: true },
    { name: '' },
    { name: 'order', right: true },
  ];
  const rows = fills.map((fill) => {
    const book = bookOf(fill.book, books);
    return [
      new Date(fill.time).toISOString(),
      bookName(book),
      fill.side,
      fill.role,
      formatPrice(fill.price, book),
      formatSize(fill.quantity, book),
      formatUnits(fill.fee.amount, fill.fee.decimals),
      fill.fee.symbol,
      fill.orderId,
    ];
  });
  return formatTable(columns, rows);
}

function bookOf(id: number, books: readonly BookView[]): BookView {
  const book = books.find((candidate) => candidate.book === id);
  if (book === undefined) throw new Error(`The keeper spoke of book ${id}, but does not list it.`);
  return book;
}

async function showSolvency({ client, output }: Connection, address: string | undefined): Promise<void> {
  if (address !== undefined) throw new UsageError('--solvency is about all accounts and takes no address.');
  const assets = await client.solvency();
  output.result(assets, () => solvencyText(assets));
  const wrong = assets.filter(({ difference }) => difference !== '0').map(({ symbol }) => symbol);
  if (wrong.length === 0) return;
  throw new CommandError(`The books of ${wrong.join(', ')} do not balance: vaults - accounts - withdrawals is not 0.`, {
    code: 'solvency.unbalanced',
    hint: 'Compare with the logs of the vaults before trusting this keeper.',
  });
}

function solvencyText(assets: readonly SolvencyView[]): string {
  const chains = [...new Set(assets.flatMap(({ perChain }) => perChain.map(({ chainId }) => chainId)))].toSorted(
    (a, b) => a - b,
  );
  const columns = [
    { name: 'asset' },
    ...['accounts', 'withdrawals', 'vaults', 'difference', ...chains.map((chain) => `vault ${chain}`)].map((name) => ({
      name,
      right: true,
    })),
  ];
  const rows = assets.map(({ symbol, accounts, withdrawals, vaults, difference, perChain }) => [
    symbol,
    ...[accounts, withdrawals, vaults, difference].map((wad) => formatUnits(wad, WAD_DECIMALS)),
    ...chains.map((chain) => {
      const held = perChain.filter(({ chainId }) => chainId === chain);
      return held.map(({ atoms, decimals }) => formatUnits(atoms, decimals)).join(' + ') || '-';
    }),
  ]);
  return formatTable(columns, rows);
}
