// What everybody may read.
import type { HealthView, KeeperApi } from '../../../core/api.ts';
import { HttpError } from '../errors.ts';
import { type Route, route } from '../route.ts';
import type { Shape } from '../scalars.ts';
import * as schemas from '../schemas.ts';

export function publicRoutes({ api }: { readonly api: KeeperApi }): Route[] {
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
      url: '/v1/prices',
      summary: 'Prices that the exchange believes, and what assets count for in margin accounts',
      answer: schemas.PricesAnswer,
      handle: () => api.prices(),
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
