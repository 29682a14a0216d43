import type { BookView } from '../../../core/views.ts';
import { formatUnits, parsePrice, parseSize } from '../../support/units.ts';
import { placing, submit } from './executor.ts';
import {
  add,
  alice,
  type Balances,
  balancesOf,
  bob,
  bookOf,
  carol,
  expectEqual,
  type Person,
  type World,
} from './world.ts';

const PPM = 1_000_000n;

interface Trade {
  readonly seller: Person;
  readonly buyer: Person;
  readonly base: string;
  readonly price: string;
  /** What the seller offers; what is not bought rests in the book. */
  readonly offered: string;
  readonly bought: string;
}

const TRADES: readonly Trade[] = [
  { seller: bob, buyer: alice, base: 'WETH', price: '3000', offered: '2', bought: '1.5' },
  { seller: carol, buyer: alice, base: 'MEME', price: '0.002', offered: '1000000', bought: '500000' },
];

/**
 * The executor trades for the three in two books: two offers, then two orders that take a part of each. Returns the
 * journal's sequence of the last batch.
 */
export async function trades(world: World, tell: (fact: string) => void): Promise<number> {
  const before = await balancesOf(world);
  await submit(
    world,
    TRADES.map(({ seller, offered, ...terms }) =>
      placing(world, { person: seller, side: 'sell', size: offered, ...terms }),
    ),
  );
  const { sequence, items } = await submit(
    world,
    TRADES.map(({ buyer, bought, ...terms }) => placing(world, { person: buyer, side: 'buy', size: bought, ...terms })),
  );
  const after = await balancesOf(world);

  const expected = new Map(before);
  for (const [i, trade] of TRADES.entries()) {
    const book = bookOf(world, trade.base);
    const item = items[i];
    expectEqual('Lots that were traded', item && 'filled' in item ? item.filled : 0, parseSize(trade.bought, book));
    add(expected, changesOf(trade, book));
    const { seller, buyer, bought, base, price } = trade;
    tell(
      `${buyer.name} bought ${bought} ${base} from ${seller.name} at ${price} ${book.quote.symbol}; the rest of the offer stays in the book`,
    );
  }
  expectEqual('Balances after the trades', after, expected);
  tell(`fees: ${feesOf(world, after)}`);
  return sequence;
}

/** What a trade does to the ledger, computed here once more from the terms of the book. */
function changesOf({ seller, buyer, base, price, offered, bought }: Trade, book: BookView): Record<string, bigint> {
  const quote = book.quote.symbol;
  const [lotSize, tickSize] = [BigInt(book.lotSize), BigInt(book.tickSize)];
  const lots = BigInt(parseSize(bought, book));
  const notional = lots * BigInt(parsePrice(price, book)) * tickSize;
  const makerFee = shareUp(notional, book.makerFeePpm);
  const takerFee = shareUp(notional, book.takerFeePpm);
  return {
    [`${seller.name} ${base}`]: -lots * lotSize,
    [`${seller.name} ${base} reserved`]: (BigInt(parseSize(offered, book)) - lots) * lotSize,
    [`${seller.name} ${quote}`]: notional - makerFee,
    [`${buyer.name} ${base}`]: lots * lotSize,
    [`${buyer.name} ${quote}`]: -notional - takerFee,
    [`fees ${quote}`]: makerFee + takerFee,
  };
}

function shareUp(amount: bigint, ppm: number): bigint {
  return (amount * BigInt(ppm) + PPM - 1n) / PPM;
}

function feesOf({ books }: World, balances: Balances): string {
  const quotes = new Map(books.map(({ quote }) => [quote.symbol, quote.decimals]));
  return [...quotes]
    .map(([symbol, decimals]) => `${formatUnits(balances.get(`fees ${symbol}`) ?? 0n, decimals)} ${symbol}`)
    .join(', ');
}
