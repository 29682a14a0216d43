// What needs a typed signature and no session: batches of the executor, withdrawals of the accounts.
import type { Answer, KeeperApi } from '../../../core/api.ts';
import type { Address, Hex } from '../../../core/commands.ts';
import type { BatchMessage } from '../../../core/typedMessages.ts';
import { HttpError, refused } from '../errors.ts';
import type { Buckets, Rate } from '../rateLimit.ts';
import { batchCost } from '../rateLimit.ts';
import { type Route, route } from '../route.ts';
import * as schemas from '../schemas.ts';

/** The keeper recovers a signature before it knows who asks: a stranger pays more for that than for a read. */
const SIGNED_COST = 2;
const WITHDRAWAL_COST = 1;
const BATCH_BODY_LIMIT_BYTES = 512 * 1024;

export function signedRoutes({
  api,
  buckets,
  rates,
}: {
  readonly api: KeeperApi;
  readonly buckets: Buckets;
  readonly rates: { readonly account: Rate; readonly executor: Rate };
}): Route[] {
  return [
    route({
      method: 'POST',
      url: '/v1/batches',
      summary: 'Orders and cancels for users, signed by the executor',
      body: schemas.BatchBody,
      answer: schemas.BatchAnswer,
      // Not for the right to it, which is the signature, but for the executor to pay for its bodies from the beginning.
      session: 'optional',
      cost: SIGNED_COST,
      bodyLimitBytes: BATCH_BODY_LIMIT_BYTES,
      admit: (body) => requireExecutor(body, api.executor()),
      async handle({ body, paidBySigner }) {
        const message = batchMessage(body.message);
        buckets.check({ key: message.executor, rate: rates.executor });
        const answer = accepted(await api.submitBatch({ message, signature: lower(body.signature) }));
        if (!answer.repeated) paidBySigner(batchCost(message.actions), message.executor);
        const { sequence, result, repeated } = answer;
        if (result.code === 'ok') return { sequence, result, repeated };
        const text = `The batch was refused: ${result.code}.`;
        throw new HttpError({ code: result.code, message: text, details: { ...result.details, sequence } });
      },
    }),
    route({
      method: 'POST',
      url: '/v1/withdrawals',
      summary: 'Ask to be paid on one chain; deducted at once, paid after the next final checkpoint',
      body: schemas.WithdrawalBody,
      answer: schemas.WithdrawalAnswer,
      cost: SIGNED_COST,
      async handle({ body, paidBySigner }) {
        const { amount, nonce, ...rest } = body.message;
        const account = lower(rest.account);
        const message = {
          ...rest,
          account,
          token: lower(rest.token),
          recipient: lower(rest.recipient),
          amount: BigInt(amount),
          nonce: BigInt(nonce),
        };
        buckets.check({ key: account, rate: rates.account });
        const view = accepted(await api.requestWithdrawal({ message, signature: lower(body.signature) }));
        paidBySigner(WITHDRAWAL_COST, account);
        return view;
      },
    }),
    route({
      method: 'DELETE',
      url: '/v1/withdrawals',
      summary: 'Take back a withdrawal that is still queued',
      body: schemas.WithdrawalCancelBody,
      answer: schemas.WithdrawalAnswer,
      cost: SIGNED_COST,
      async handle({ body, paidBySigner }) {
        const { account, chainId, nonce } = body.message;
        const message = { account: lower(account), chainId, nonce: BigInt(nonce) };
        buckets.check({ key: message.account, rate: rates.account });
        const view = accepted(await api.cancelWithdrawal({ message, signature: lower(body.signature) }));
        paidBySigner(WITHDRAWAL_COST, message.account);
        return view;
      },
    }),
  ];
}

/** Throws `signature.notExecutor` for a batch that names another address, whatever else it holds. */
function requireExecutor(body: unknown, executor: Address): void {
  const named = (body as { readonly message?: { readonly executor?: unknown } | null } | null)?.message?.executor;
  // What is no address is left to the schema, which says where the mistake is.
  if (typeof named !== 'string' || !/^0x[0-9a-f]{40}$/i.test(named) || lower(named as Address) === executor) return;
  const message = `Only the executor ${executor} may submit trades; this batch names ${lower(named as Address)}.`;
  const details = { executor, signer: lower(named as Address) };
  throw new HttpError({ code: 'signature.notExecutor', message, details });
}

function accepted<T>(answer: Answer<T>): T {
  if (!answer.ok) throw refused(answer.refusal);
  return answer.value;
}

/** The core never sees checksummed addresses. */
function lower<T extends Address | Hex>(value: T): T {
  return value.toLowerCase() as T;
}

function batchMessage(message: BatchMessage): BatchMessage {
  return {
    ...message,
    executor: lower(message.executor),
    actions: message.actions.map((action) => {
      const account = lower(action.account);
      return account === action.account ? action : { ...action, account };
    }),
  };
}
