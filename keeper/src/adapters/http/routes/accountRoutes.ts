// What an account sees of itself, and the executor of all.
import type { KeeperApi } from '../../../core/api.ts';
import type { Access } from '../access.ts';
import { HttpError } from '../errors.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';
import * as signedSchemas from '../signedSchemas.ts';

const DEFAULT_FILLS = 100;
const DEFAULT_ORDERS = 500;
/** Every open order of the account is looked at six times. */
const SIMULATION_COST = 4;

export function accountRoutes({ api, access }: { readonly api: KeeperApi; readonly access: Access }): Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/account',
      summary: 'Balances of all subaccounts; empty when the keeper does not know the address',
      query: schemas.AccountQuery,
      answer: schemas.AccountsAnswer,
      session: 'required',
      handle: ({ session, query }) => api.accounts(access.subject(session, query.address)),
    }),
    route({
      method: 'POST',
      url: '/v1/account/simulate',
      summary: 'What the health of an account would be with other balances and orders; nothing happens',
      body: schemas.SimulateBody,
      answer: schemas.SimulateAnswer,
      session: 'required',
      cost: SIMULATION_COST,
      handle({ session, body: { address, subaccount = 0, changes = [], orders = [] } }) {
        const answer = api.simulate({
          address: access.subject(session, address),
          subaccount,
          changes: changes.map(({ asset, units }) => ({ asset, units: BigInt(units) })),
          orders,
        });
        if (typeof answer !== 'string') return answer;
        throw new HttpError({ code: answer, message: `The simulation was refused: ${answer}.` });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/orders',
      summary: 'Resting orders, newest first',
      query: schemas.OrdersQuery,
      answer: schemas.OrdersAnswer,
      session: 'required',
      handle({ session, query }) {
        const { before, limit = DEFAULT_ORDERS } = query;
        const address = access.subject(session, query.address);
        return api.orders({ address, limit, ...(before === undefined ? {} : { before }) });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/fills',
      summary: 'Fills, newest first',
      query: schemas.FillsQuery,
      answer: schemas.FillsAnswer,
      session: 'required',
      handle({ session, query }) {
        const { before, limit = DEFAULT_FILLS } = query;
        const address = access.subject(session, query.address);
        return api.fills({ address, limit, ...(before === undefined ? {} : { before }) });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/withdrawals',
      summary: 'Withdrawals and where they stand',
      query: schemas.AccountQuery,
      answer: schemas.WithdrawalsAnswer,
      session: 'required',
      handle: ({ session, query }) => api.withdrawals(access.subject(session, query.address)),
    }),
    route({
      method: 'GET',
      url: '/v1/exit-proof',
      summary: 'Leaves and proofs under the newest signed exit roots: what it takes to claim without the keeper',
      query: schemas.AccountQuery,
      answer: signedSchemas.ExitProofAnswer,
      session: 'required',
      async handle({ session, query }) {
        const proof = await api.exitProof(access.subject(session, query.address));
        if (proof !== undefined) return proof;
        const message = 'No exit roots are signed yet.';
        throw new HttpError({ code: 'exitProof.none', message, retryable: true });
      },
    }),
  ];
}
