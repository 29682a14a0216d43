// What executors, settlers and traders use to talk to a keeper: one method per route of docs/api.md.
import { createSiweMessage } from 'viem/siwe';
import type {
  AcceptanceView,
  ApprovalView,
  BatchAnswer,
  ExitRootView,
  ForcedAnswerView,
  HealthView,
  IdentityView,
  KeeperApi,
  StandbyView,
} from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { SimulatedChanges } from '../core/margin/marginViews.ts';
import type { BatchMessage, WithdrawalCancelMessage, WithdrawalRequestMessage } from '../core/typedMessages.ts';
import type {
  AccountView,
  AssetView,
  BookOrdersView,
  BookView,
  CandleInterval,
  CandleView,
  DepthView,
  ExitProofView,
  FillView,
  OrderView,
  PriceView,
  SimulationView,
  SolvencyView,
  TradeView,
  WithdrawalView,
} from '../core/views.ts';
import { KeeperApiError } from './keeperApiError.ts';
import { createKeeperStream, type KeeperStream } from './keeperStream.ts';
import { type Query, request } from './request.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
/** As many of each as the keeper gives at once. */
const ORDERS_PER_PAGE = 1_000;
const APPROVALS_PER_PAGE = 500;
/** More than can wait: a keeper has at most 16 384 withdrawals under way. */
const APPROVAL_PAGES_LIMIT = 64;

export type LatestCheckpoint = NonNullable<ReturnType<KeeperApi['latestCheckpoint']>>;

/** Who signs in: viem's LocalAccount, or a wallet behind the same two members. */
export interface SignInAccount {
  readonly address: Hex;
  signMessage(input: { readonly message: string }): Promise<Hex>;
}

/** Whose data is asked for: one's own, or for the executor anybody's. */
interface OfAddress {
  readonly address?: Address;
}

/** What is tried: ledger units (a decimal, perhaps negative) that are added to assets, and orders that are placed. */
export interface Simulation extends OfAddress {
  readonly subaccount?: number;
  readonly changes?: readonly { readonly asset: number; readonly units: string }[];
  readonly orders?: SimulatedChanges['orders'];
}

/** All methods throw `KeeperApiError`. Shapes and units are those of core/views.ts. */
export interface KeeperClient {
  readonly url: string;

  health(): Promise<HealthView>;
  identity(): Promise<IdentityView>;
  assets(): Promise<readonly AssetView[]>;
  prices(): Promise<readonly PriceView[]>;
  books(): Promise<readonly BookView[]>;
  depth(query: { readonly book: number; readonly levels?: number }): Promise<DepthView>;
  /** Newest first. */
  trades(query: { readonly book: number; readonly limit?: number }): Promise<readonly TradeView[]>;
  /** Newest first, 100 unless `limit` says otherwise (1000 at most); `before` is the `start` of the last one known. */
  candles(query: {
    readonly book: number;
    readonly interval: CandleInterval;
    readonly before?: number;
    readonly limit?: number;
  }): Promise<readonly CandleView[]>;
  /** undefined before the first one has landed. */
  latestCheckpoint(): Promise<LatestCheckpoint | undefined>;
  solvency(): Promise<readonly SolvencyView[]>;

  /** `signature` is the executor's, see signBatch in signing.ts. Refused items are in the answer, not thrown. */
  submitBatch(input: { readonly message: BatchMessage; readonly signature: Hex }): Promise<BatchAnswer>;
  requestWithdrawal(input: {
    readonly message: WithdrawalRequestMessage;
    readonly signature: Hex;
  }): Promise<WithdrawalView>;
  cancelWithdrawal(input: {
    readonly message: WithdrawalCancelMessage;
    readonly signature: Hex;
  }): Promise<WithdrawalView>;

  /** Opens a session for the methods below; when the keeper has forgotten it, they sign in again by themselves. */
  signIn(account: SignInAccount): Promise<{ readonly address: Address; readonly expiresAt: number }>;
  signOut(): Promise<void>;
  /** All subaccounts. */
  accounts(query?: OfAddress): Promise<readonly AccountView[]>;
  /** What the health of an account would be; `units` as decimal integers, added to an asset. */
  simulate(query: Simulation): Promise<SimulationView>;
  /** Newest first, 500 unless `limit` says otherwise (1000 at most); `before` is the `orderId` of the last one known. */
  orders(query?: OfAddress & { readonly before?: string; readonly limit?: number }): Promise<readonly OrderView[]>;
  /** All of them, page by page. */
  allOrders(query?: OfAddress): Promise<readonly OrderView[]>;
  /** For the executor: everybody's on one side of a book, best first; `after` is the `orderId` of the last one known. */
  bookOrders(query: {
    readonly book: number;
    readonly side: 'buy' | 'sell';
    readonly after?: string;
    readonly limit?: number;
  }): Promise<BookOrdersView>;
  /** Newest first; `before` is a sequence. */
  fills(query?: OfAddress & { readonly before?: number; readonly limit?: number }): Promise<readonly FillView[]>;
  withdrawals(query?: OfAddress): Promise<readonly WithdrawalView[]>;
  /** What it takes to claim without the keeper; undefined before the first exit roots are signed. */
  exitProof(query?: OfAddress): Promise<ExitProofView | undefined>;

  /** undefined while none is signed. */
  exitRoot(chainId: number): Promise<ExitRootView | undefined>;
  /** All of them, page by page, oldest first. What is paid meanwhile may hide one, which is there the next time. */
  approvals(chainId: number): Promise<readonly ApprovalView[]>;
  /** Answers to forced withdrawals, oldest first. */
  forcedAnswers(chainId: number): Promise<readonly ForcedAnswerView[]>;
  /** undefined while the council has not proposed this keeper. */
  acceptance(chainId: number): Promise<AcceptanceView | undefined>;
  /** undefined where this keeper is neither a standby nor proposed as one. */
  standby(chainId: number): Promise<StandbyView | undefined>;

  /** One connection for any number of topics; private ones use the session. Close it when done. */
  stream(): KeeperStream;
}

/**
 * @param input.domain what sign-in texts name, when the keeper is configured with another domain than the host of `url`.
 * It is never taken from the keeper's own words: a false keeper could have us sign in to a real one for it.
 */
export function createKeeperClient(input: {
  readonly url: string;
  readonly domain?: string;
  readonly timeoutMs?: number;
}): KeeperClient {
  const { url, timeoutMs = DEFAULT_TIMEOUT_MS } = input;
  const { host, protocol } = new URL(url);
  const domain = input.domain ?? host;
  let account: SignInAccount | undefined;
  let token: string | undefined;
  let homeChainId: number | undefined;
  let signingIn: Promise<{ readonly address: Address; readonly expiresAt: number }> | undefined;

  const get = <T>(path: string, query: Query = {}) => request<T>({ url, method: 'GET', path, query, timeoutMs });
  const send = <T>(method: 'POST' | 'DELETE', path: string, body?: unknown) =>
    request<T>({ url, method, path, body, timeoutMs });

  /** With the session, if there is one. A request that was refused because the session ended has done nothing yet. */
  async function withSession<T>(call: (token: string | undefined) => Promise<T>): Promise<T> {
    try {
      return await call(token);
    } catch (error) {
      if (!(error instanceof KeeperApiError) || error.code !== 'session.unknown') throw error;
      return call(await freshToken());
    }
  }

  /** What the session may see; market data that the operator hides is shown to the executor's. */
  const getAs = <T>(path: string, query: Query = {}) =>
    withSession((token) => request<T>({ url, method: 'GET', path, query, token, timeoutMs }));

  /** Several who notice at once that the session ended share one sign-in. */
  async function freshToken(): Promise<string | undefined> {
    if (account === undefined) return undefined;
    signingIn ??= openSession(account).finally(() => {
      signingIn = undefined;
    });
    await signingIn;
    return token;
  }

  async function openSession(signer: SignInAccount) {
    homeChainId ??= (await get<IdentityView>('/v1/identity')).homeChainId;
    const { nonce } = await send<{ nonce: string }>('POST', '/v1/session/nonce');
    const message = createSiweMessage({
      address: signer.address,
      domain,
      uri: `${protocol}//${domain}`,
      chainId: homeChainId,
      version: '1',
      nonce,
    });
    const signature = await signer.signMessage({ message });
    const session = await send<{ token: string; address: Address; expiresAt: number }>('POST', '/v1/session', {
      message,
      signature,
    });
    token = session.token;
    return { address: session.address, expiresAt: session.expiresAt };
  }

  return {
    url,
    health: () => get('/v1/health'),
    identity: () => get('/v1/identity'),
    assets: () => get('/v1/assets'),
    prices: () => get('/v1/prices'),
    books: () => get('/v1/books'),
    depth: ({ book, levels }) => getAs(`/v1/books/${book}/depth`, { levels }),
    trades: (query) => getAs('/v1/trades', query),
    candles: (query) => getAs('/v1/candles', query),
    latestCheckpoint: () => unless('checkpoint.none', get('/v1/checkpoints/latest')),
    solvency: () => get('/v1/solvency'),

    // The executor's session pays for large bodies at once; without it they wait for the bucket of the IP address.
    submitBatch: (body) =>
      withSession((token) => request({ url, method: 'POST', path: '/v1/batches', body, token, timeoutMs })),
    requestWithdrawal: ({ message, signature }) =>
      send('POST', '/v1/withdrawals', { message: withDecimals(message), signature }),
    cancelWithdrawal: ({ message, signature }) =>
      send('DELETE', '/v1/withdrawals', { message: withDecimals(message), signature }),

    async signIn(signer) {
      account = signer;
      return openSession(signer);
    },
    async signOut() {
      const ended = token;
      [account, token] = [undefined, undefined];
      if (ended === undefined) return;
      await request({ url, method: 'DELETE', path: '/v1/session', token: ended, timeoutMs });
    },
    accounts: ({ address } = {}) => getAs('/v1/account', { address }),
    simulate: (body) =>
      withSession((token) => request({ url, method: 'POST', path: '/v1/account/simulate', body, token, timeoutMs })),
    orders: (query = {}) => getAs('/v1/orders', { ...query }),
    async allOrders({ address } = {}) {
      const all: OrderView[] = [];
      for (;;) {
        const query = { address, before: all.at(-1)?.orderId, limit: ORDERS_PER_PAGE };
        const page = await getAs<readonly OrderView[]>('/v1/orders', query);
        all.push(...page);
        if (page.length < ORDERS_PER_PAGE) return all;
      }
    },
    bookOrders: ({ book, ...query }) => getAs(`/v1/books/${book}/orders`, query),
    fills: (query = {}) => getAs('/v1/fills', { ...query }),
    withdrawals: ({ address } = {}) => getAs('/v1/withdrawals', { address }),
    exitProof: ({ address } = {}) => unless('exitProof.none', getAs('/v1/exit-proof', { address })),

    exitRoot: (chain) => unless('exitRoot.none', get('/v1/exit-roots', { chain })),
    async approvals(chain) {
      const approvals: ApprovalView[] = [];
      for (let page = 0; page < APPROVAL_PAGES_LIMIT; page++) {
        const query = { chain, skip: page === 0 ? undefined : approvals.length };
        const answer = await get<readonly JsonOf<ApprovalView>[]>('/v1/approvals', query);
        approvals.push(...answer.map(approvalOf));
        if (answer.length < APPROVALS_PER_PAGE) break;
      }
      return approvals;
    },
    async forcedAnswers(chain) {
      const answers = await get<readonly JsonOf<ForcedAnswerView>[]>('/v1/forced-answers', { chain });
      return answers.map(({ message, ...rest }) => {
        return { ...rest, message: { ...message, id: BigInt(message.id), paid: BigInt(message.paid) } };
      });
    },
    acceptance: (chain) => unless('acceptance.none', get('/v1/acceptance', { chain })),
    standby: (chain) => unless('standby.none', get('/v1/standby', { chain })),

    stream: () => createKeeperStream({ url, token: () => token, freshToken }),
  };
}

/** As JSON carries it. */
type JsonOf<T> = T extends bigint
  ? string
  : T extends string | number | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: JsonOf<T[K]> };

function approvalOf({ message, ...rest }: JsonOf<ApprovalView>): ApprovalView {
  return { ...rest, message: { ...message, amount: BigInt(message.amount), nonce: BigInt(message.nonce) } };
}

function withDecimals<T extends object>(message: T): JsonOf<T> {
  const entries = Object.entries(message).map(([name, value]) => [
    name,
    typeof value === 'bigint' ? String(value) : value,
  ]);
  return Object.fromEntries(entries) as JsonOf<T>;
}

/** undefined when there is no such thing yet, which the keeper says with a 404 of this code. */
async function unless<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KeeperApiError && error.code === code) return undefined;
    throw error;
  }
}
