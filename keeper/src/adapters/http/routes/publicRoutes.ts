// What everybody may read.
import type { HealthView, KeeperApi } from '../../../core/api.ts';
import type { Access } from '../access.ts';
import { bookUnknown, HttpError } from '../errors.ts';
import { type Route, route } from '../route.ts';
import type { Shape } from '../schemas.ts';
import * as schemas from '../schemas.ts';
import { ordersIn } from '../stream/bookFeed.ts';

const DEFAULT_LEVELS = 20;
const DEFAULT_TRADES = 50;
const DEFAULT_CANDLES = 100;
/** The keeper counts the orders of every level that it shows: so many cost one more request. */
const ORDERS_PER_TOKEN = 1_000;

export function publicRoutes({ api, access }: { readonly api: KeeperApi; readonly access: Access }): Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/health',
      summary: 'How the keeper feels',
      answer: schemas.HealthAnswer,
      needsState: false,
      handle: async () => healthAnswer(await api.health()),
    }),
    route({
      method: 'GET',
      url: '/v1/identity',
      summary: 'Keys, contracts and role of this keeper',
      answer: schemas.IdentityAnswer,
      needsState: false,
      handle: () => api.identity(),
    }),
    route({
      method: 'GET',
      url: '/v1/assets',
      summary: 'Listed assets and their tokens on every chain',
      answer: schemas.AssetsAnswer,
      handle: () => api.assets(),
    }),
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
        if (!api.books().some(({ book }) => book === query.book)) throw bookUnknown(query.book);
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
        if (!api.books().some(({ book }) => book === query.book)) throw bookUnknown(query.book);
        const { book, interval, before, limit = DEFAULT_CANDLES } = query;
        return api.candles({ book, interval, limit, ...(before === undefined ? {} : { before }) });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/checkpoints/latest',
      summary: 'The newest checkpoint on chain',
      answer: schemas.CheckpointAnswer,
      handle() {
        const checkpoint = api.latestCheckpoint();
        if (checkpoint !== undefined) return checkpoint;
        throw new HttpError({ code: 'checkpoint.none', message: 'No checkpoint has landed yet.', retryable: true });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/solvency',
      summary: 'What accounts own against what the vaults hold, per asset',
      answer: schemas.SolvencyAnswer,
      handle: () => api.solvency(),
    }),
  ];
}

/** JSON has no undefined. */
function healthAnswer({ chains, ...health }: HealthView): Shape<typeof schemas.HealthAnswer> {
  const rpcViews = ({ rpcs }: HealthView['chains'][number]) =>
    rpcs.map(({ lastError, ...rpc }) => ({ ...rpc, ...(lastError === undefined ? {} : { lastError }) }));
  return { ...health, chains: chains.map((chain) => ({ ...chain, rpcs: rpcViews(chain) })) };
}
