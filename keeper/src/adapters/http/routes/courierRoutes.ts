// What a courier carries to the contracts. Public: both signatures are in it and it can only be posted once.
import type { KeeperApi } from '../../../core/api.ts';
import { HttpError } from '../errors.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';
import * as signedSchemas from '../signedSchemas.ts';

const APPROVALS_PER_PAGE = 500;
/** Writing so many of them costs about what one more request does. */
const APPROVALS_PER_TOKEN = 100;

export function courierRoutes({ api }: { readonly api: KeeperApi }): Route[] {
  return [
    route({
      method: 'GET',
      url: '/v1/exit-roots',
      summary: 'The newest signed exit root for a chain',
      query: schemas.ChainQuery,
      answer: signedSchemas.ExitRootAnswer,
      needsState: false,
      handle({ query }) {
        const root = api.exitRoot(query.chain);
        if (root !== undefined) return root;
        const message = `No exit root is signed for chain ${query.chain} yet.`;
        throw new HttpError({ code: 'exitRoot.none', message, details: { chain: query.chain }, retryable: true });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/approvals',
      summary: 'Signed withdrawals that wait to be paid on a chain, oldest first',
      query: schemas.ApprovalsQuery,
      answer: signedSchemas.ApprovalsAnswer,
      needsState: false,
      handle({ query: { chain, skip = 0 }, charge }) {
        const page = api.approvals(chain).slice(skip, skip + APPROVALS_PER_PAGE);
        charge(Math.floor(page.length / APPROVALS_PER_TOKEN));
        return page.map(({ message, ...rest }) => ({
          ...rest,
          message: { ...message, amount: String(message.amount), nonce: String(message.nonce) },
        }));
      },
    }),
    route({
      method: 'GET',
      url: '/v1/forced-answers',
      summary: 'Signed answers to forced withdrawals of a chain, oldest first',
      query: schemas.ChainQuery,
      answer: signedSchemas.ForcedAnswersAnswer,
      needsState: false,
      handle: ({ query: { chain } }) =>
        api.forcedAnswers(chain).map(({ message, ...rest }) => ({
          ...rest,
          message: { ...message, id: String(message.id), paid: String(message.paid) },
        })),
    }),
    route({
      method: 'GET',
      url: '/v1/acceptance',
      summary: "The candidate's signature for its own appointment on a chain",
      query: schemas.ChainQuery,
      answer: signedSchemas.AcceptanceAnswer,
      needsState: false,
      handle({ query }) {
        const acceptance = api.acceptance(query.chain);
        if (acceptance !== undefined) return acceptance;
        const message = `This keeper has nothing to accept on chain ${query.chain}.`;
        throw new HttpError({ code: 'acceptance.none', message, details: { chain: query.chain }, retryable: true });
      },
    }),
    route({
      method: 'GET',
      url: '/v1/standby',
      summary: 'How far this keeper is from leading a chain as a standby, and what waits to be sent for it',
      query: schemas.ChainQuery,
      answer: signedSchemas.StandbyAnswer,
      needsState: false,
      handle({ query }) {
        const standby = api.standby(query.chain);
        if (standby !== undefined) return standby;
        const message = `This keeper is no standby on chain ${query.chain}, nor proposed as one.`;
        throw new HttpError({ code: 'standby.none', message, details: { chain: query.chain }, retryable: true });
      },
    }),
  ];
}
