// Books and what happens in them. What the operator does not publish, only the executor sees.
import type { KeeperApi } from '../../../core/api.ts';
import type { Access } from '../access.ts';
import { bookUnknown, HttpError } from '../errors.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';
import { ordersIn } from '../stream/bookFeed.ts';

const DEFAULT_LEVELS = 20;
const DEFAULT_ORDERS = 500;
const DEFAULT_TRADES = 50;
const DEFAULT_CANDLES = 100;
/** The keeper counts the orders of every level that it shows: so many cost one more request. */
const ORDERS_PER_TOKEN = 1_000;

export function marketRoutes({ api, access }: { readonly api: KeeperApi; readonly access: Access }): Route[] {
  function requireBook(id: number): void {
    if (!api.books().some(({ book }) => book === id)) throw bookUnknown(id);
  }

  return [
    route({
      method: 'GET',
      url: '/v1/books',
      summary: 'Order books',
      answer: schemas.BooksAnswer,
      handle: () => api.books(),
    }),
    route({
      method: 'GET',
      url: '/v1/books/:id/depth',
      summary: 'Best levels of a book, when the operator shows them',
      params: schemas.BookParams,
      query: schemas.LevelsQuery,
      answer: schemas.DepthAnswer,
      session: 'optional',
      handle({ params, query, session, charge }) {
        access.requireMarketData('depth', session);
        const depth = api.depth(params.id, query.levels ?? DEFAULT_LEVELS);
        if (depth === undefined) throw bookUnknown(params.id);
        charge(Math.floor(ordersIn(depth) / ORDERS_PER_TOKEN));
        return depth;
      },
    }),
    route({
      method: 'GET',
      url: '/v1/trades',
      summary: 'Newest trades of a book, newest first, when the operator shows them',
      query: schemas.TradesQuery,
      answer: schemas.TradesAnswer,
      session: 'optional',
      handle({ query, session }) {
        access.requireMarketData('trades', session);
        requireBook(query.book);
        return api.trades({ book: query.book, limit: query.limit ?? DEFAULT_TRADES });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/candles',
      summary: 'Prices over time, newest first, when the operator shows trades',
      query: schemas.CandlesQuery,
      answer: schemas.CandlesAnswer,
      session: 'optional',
      handle({ query, session }) {
        access.requireMarketData('trades', session);
        requireBook(query.book);
        const { book, interval, before, limit = DEFAULT_CANDLES } = query;
        return api.candles({ book, interval, limit, ...(before === undefined ? {} : { before }) });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/books/:id/orders',
      summary: "Everybody's resting orders on one side of a book, best first, for the executor",
      params: schemas.BookParams,
      query: schemas.BookOrdersQuery,
      answer: schemas.BookOrdersAnswer,
      session: 'required',
      handle({ session, params, query }) {
        access.requireExecutor(session);
        const { side, after, limit = DEFAULT_ORDERS } = query;
        requireBook(params.id);
        const view = api.bookOrders({ book: params.id, side, limit, ...(after === undefined ? {} : { after }) });
        if (view !== undefined) return view;
        const message = `Order ${after} does not rest on that side any more; begin anew.`;
        throw new HttpError({ code: 'order.unknown', message, details: { orderId: after ?? 0 }, retryable: true });
      },
    }),
  ];
}
