// A keeper without an engine, for tests of what stands in front of one: fixed views, a book that is a list of levels, and
// answers that a test can set. Nothing here checks a signature or a balance.
import type {
  Answer,
  ApprovalView,
  BatchAnswer,
  ExitRootView,
  ForcedAnswerView,
  HealthView,
  IdentityView,
  KeeperApi,
  Refusal,
  StreamItem,
} from '../../../../src/core/api.ts';
import type { Address, Hex } from '../../../../src/core/commands.ts';
import type { CoreEvent } from '../../../../src/core/events.ts';
import type {
  AccountView,
  AssetView,
  BookView,
  CandleView,
  ExitModeView,
  ExitProofView,
  FillView,
  MarginHealthView,
  OrderView,
  PriceView,
  TradeView,
  WithdrawalView,
} from '../../../../src/core/views.ts';

export const EXECUTOR_KEY: Hex = `0x${'11'.repeat(32)}`;
export const ALICE_KEY: Hex = `0x${'22'.repeat(32)}`;
export const HOME_CHAIN = 31337;
export const WETH = 1;
export const USDC = 2;
export const BOOK = 1;
export const WETH_TOKEN: Address = `0x${'aa'.repeat(20)}`;
export const USDC_TOKEN: Address = `0x${'bb'.repeat(20)}`;
export const REGISTRY: Address = `0x${'cc'.repeat(20)}`;
export const START_TIME = Date.UTC(2026, 0, 1);
export const START_SEQUENCE = 100;

const hash = (byte: string): Hex => `0x${byte.repeat(32)}`;
const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const signature: Hex = `0x${'5a'.repeat(64)}1b`;

type Level = { readonly price: number; readonly quantity: string; readonly orders: number };

/** What a test sets and reads. */
export interface FakeKeeper {
  readonly api: KeeperApi;
  /** Calls of the three submitting methods, oldest first. */
  readonly calls: unknown[];
  time: number;
  sequence: number;
  executor: Address;
  refusal: Refusal | undefined;
  /** Bids and asks of BOOK, by price. */
  readonly bids: Map<number, Level>;
  readonly asks: Map<number, Level>;
  accounts: readonly AccountView[];
  orders: readonly OrderView[];
  withdrawals: readonly WithdrawalView[];
  exits: readonly ExitModeView[];
  fills: readonly FillView[];
  trades: readonly TradeView[];
  exitRoot: ExitRootView | undefined;
  /** Of whoever asks. */
  exitProof: ExitProofView | undefined;
  approvals: readonly ApprovalView[];
  forcedAnswers: readonly ForcedAnswerView[];
  batchAnswer: Answer<BatchAnswer>;
  withdrawalAnswer: Answer<WithdrawalView>;
  /** What contract accounts are told that sign in. */
  contractRefusal: Refusal | undefined;
  /** Makes `solvency` throw, as a bug would. */
  broken: boolean;
  listeners: number;
  /** One applied command. */
  publish(events: readonly CoreEvent[]): StreamItem;
  /** New exit roots were signed. */
  publishExitRoots(): void;
  /** It waits for its vault's limit. */
  publishWaiting(withdrawal: WithdrawalView): void;
}

export function createFakeKeeper(input: { readonly executor: Address; readonly alice: Address }): FakeKeeper {
  const listeners = new Set<(item: StreamItem) => void>();
  const rootListeners = new Set<() => void>();
  const waitingListeners = new Set<(withdrawal: WithdrawalView) => void>();
  const calls: unknown[] = [];

  const fake: FakeKeeper = {
    api: undefined as never,
    calls,
    time: START_TIME,
    sequence: START_SEQUENCE,
    executor: input.executor,
    refusal: undefined,
    bids: new Map(),
    asks: new Map(),
    accounts: [accountOf(input.alice)],
    orders: [orderOf(input.alice)],
    withdrawals: [withdrawalOf(input.alice)],
    exits: [],
    fills: [fillView],
    trades: [tradeView],
    exitRoot: exitRootView,
    exitProof: undefined,
    approvals: [approvalOf(input.alice)],
    forcedAnswers: [forcedAnswer],
    batchAnswer: {
      ok: true,
      value: {
        sequence: 101,
        result: {
          code: 'ok',
          items: [
            { code: 'ok', orderId: 103424, filled: 2, remaining: 3, resting: true },
            { code: 'ok', cancelled: 1 },
            { code: 'risk.insufficientBalance', details: { asset: USDC, free: 10, needed: 25 } },
          ],
        },
        repeated: false,
      },
    },
    withdrawalAnswer: { ok: true, value: withdrawalOf(input.alice) },
    contractRefusal: { code: 'signature.invalid', message: 'The signature does not belong to it.', retryable: false },
    broken: false,
    listeners: 0,
    publish(events) {
      fake.sequence += 1;
      const item = { sequence: fake.sequence, time: fake.time, events };
      for (const listener of listeners) listener(item);
      return item;
    },
    publishWaiting(withdrawal) {
      for (const listener of waitingListeners) listener(withdrawal);
    },
    publishExitRoots() {
      for (const listener of rootListeners) listener();
    },
  };

  const levels = (side: Map<number, Level>, count: number, ascending: boolean) =>
    [...side.values()].sort((a, b) => (ascending ? a.price - b.price : b.price - a.price)).slice(0, count);

  const api: KeeperApi = {
    homeChainId: HOME_CHAIN,
    checkpointer: address('c1'),
    now: () => fake.time,
    notReady: () => fake.refusal,
    health: async () => ({ ...health, sequence: fake.sequence, exits: fake.exits }),
    identity: () => ({ ...identity, executor: fake.executor }),
    executor: () => fake.executor,
    exits: () => fake.exits,
    assets: () => assets,
    prices: () => prices,
    books: () => books,
    depth(book, count) {
      if (book !== BOOK) return undefined;
      const [bids, asks] = [levels(fake.bids, count, false), levels(fake.asks, count, true)];
      return { book, sequence: fake.sequence, bids, asks };
    },
    trades: ({ book, limit }) => fake.trades.filter((trade) => trade.book === book).slice(0, limit),
    candles(query) {
      calls.push(query);
      return query.book === BOOK ? [{ ...candleView, interval: query.interval }] : [];
    },
    bookOrders({ book, side, after, limit }) {
      if (book !== BOOK || after === 404) return undefined;
      const orders = fake.orders.filter((order) => order.side === side).slice(0, limit);
      return { book, sequence: fake.sequence, orders };
    },
    latestCheckpoint: () => checkpoint,
    solvency() {
      if (fake.broken) throw new Error('the secret 0xdeadbeef is in this message');
      return solvency;
    },
    async submitBatch(request) {
      calls.push(request);
      return fake.batchAnswer;
    },
    guardOrders(executor) {
      calls.push(['guard', executor]);
      return { lost: () => calls.push(['lost', executor]), release: () => calls.push(['release', executor]) };
    },
    async requestWithdrawal(request) {
      calls.push(request);
      return fake.withdrawalAnswer;
    },
    async cancelWithdrawal(request) {
      calls.push(request);
      return fake.withdrawalAnswer;
    },
    async checkContractSignature(input) {
      calls.push(input);
      return fake.contractRefusal;
    },
    simulate({ address: owner, subaccount, changes, orders }) {
      if (subaccount !== 0 || !fake.accounts.some((view) => view.address === owner)) return 'account.unknown';
      if (changes.some(({ asset }) => asset !== USDC)) return 'asset.unknown';
      return { before: healthView, after: { ...healthView, initHealth: '-1' }, allowed: orders.length === 0 };
    },
    accounts: (owner) => fake.accounts.filter((view) => view.address === owner),
    orders: ({ address: owner, before = Number.POSITIVE_INFINITY, limit }) =>
      fake.orders.filter((view) => view.address === owner && Number(view.orderId) < before).slice(0, limit),
    fills(query) {
      calls.push(query);
      return query.address === input.alice ? fake.fills.slice(0, query.limit) : [];
    },
    withdrawals: (owner) => fake.withdrawals.filter((view) => view.address === owner),
    acceptance(chainId) {
      if (chainId !== HOME_CHAIN) return undefined;
      const message = { candidate: identity.leader.address, epoch: 2, expectedTip: hash('00') };
      return { chainId, authority: identity.authority, message, signature };
    },
    standby(chainId) {
      if (chainId !== HOME_CHAIN) return undefined;
      const candidate = identity.leader.address;
      const message = { candidate, epoch: 2, expectedTip: hash('71') };
      return {
        chainId,
        authority: identity.authority,
        candidate,
        status: 'announced',
        readyAt: START_TIME / 1_000,
        leader: address('1d'),
        epoch: 1,
        paused: false,
        silenceSeconds: 2_200,
        staleAfterSeconds: 1_800,
        waitedSeconds: 310,
        step: { type: 'takeOver', message, enclaveSignature: signature, candidateSignature: signature },
      };
    },
    exitRoot: (chainId) => (chainId === fake.exitRoot?.chainId ? fake.exitRoot : undefined),
    forcedAnswers: (chainId) => fake.forcedAnswers.filter((answer) => answer.chainId === chainId),
    approvals: (chainId) => fake.approvals.filter((approval) => approval.chainId === chainId),
    async exitProof(owner) {
      return fake.exitProof && { ...fake.exitProof, address: owner };
    },
    subscribeWaiting(listener) {
      waitingListeners.add(listener);
      return () => waitingListeners.delete(listener);
    },
    subscribeExitRoots(listener) {
      rootListeners.add(listener);
      return () => rootListeners.delete(listener);
    },
    subscribe(listener) {
      listeners.add(listener);
      fake.listeners = listeners.size;
      return () => {
        listeners.delete(listener);
        fake.listeners = listeners.size;
      };
    },
  };
  return Object.assign(fake, { api });
}

const identity: IdentityView = {
  mode: 'SIMULATED',
  homeChainId: HOME_CHAIN,
  authority: address('a1'),
  checkpointer: address('c1'),
  directory: address('d1'),
  enclave: { address: address('e1'), publicKey: `0x02${'e1'.repeat(32)}` },
  leader: { address: address('e2'), publicKey: `0x03${'e2'.repeat(32)}` },
  executor: address('00'),
  epoch: 1,
  role: 'leader',
  keyEpoch: 1,
};

const health: HealthView = {
  status: 'degraded',
  problems: ['The gas key holds only 0.01 ETH.'],
  role: 'leader',
  epoch: 1,
  sequence: 0,
  checkpoint: { landed: 7, final: 6, ageMs: 4_200 },
  gas: { address: address('f1'), wei: '10000000000000000' },
  exits: [],
  chains: [
    {
      chainId: HOME_CHAIN,
      finalBlock: 120,
      rpcs: [
        { host: 'one.example', ok: true, failuresInARow: 0, lastError: undefined },
        { host: 'two.example', ok: false, failuresInARow: 3, lastError: 'It did not answer in time.' },
      ],
    },
    { chainId: 31338, finalBlock: null, rpcs: [] },
  ],
};

const prices: readonly PriceView[] = [
  {
    asset: 1,
    symbol: 'ETH',
    ledgerDecimals: 9,
    valueDecimals: 6,
    price: {
      bid: '1995000000000000000',
      ask: '2003000000000000000',
      stable: '2000000000000000000',
      time: 1_767_225_600_000,
    },
    status: 'fresh',
    weights: { initAsset: 800_000, initLiability: 1_200_000, maintAsset: 900_000, maintLiability: 1_100_000 },
  },
  {
    asset: 2,
    symbol: 'USD',
    ledgerDecimals: 6,
    valueDecimals: 6,
    price: null,
    status: 'unusable',
    weights: null,
  },
];

const assets: readonly AssetView[] = [
  {
    asset: WETH,
    symbol: 'WETH',
    ledgerDecimals: 9,
    risk: {
      initAssetWeightPpm: 800_000,
      initLiabilityWeightPpm: 1_200_000,
      maintAssetWeightPpm: 900_000,
      maintLiabilityWeightPpm: 1_100_000,
      liquidationFeePpm: 25_000,
      valueDecimals: 6,
      depositScaleStart: '1000000000000',
      borrowScaleStart: '1000000000000',
      borrowCap: '1000000000000',
    },
    tokens: [{ chainId: HOME_CHAIN, token: WETH_TOKEN, decimals: 18 }],
  },
  {
    asset: USDC,
    symbol: 'USDC',
    ledgerDecimals: 6,
    risk: null,
    tokens: [{ chainId: HOME_CHAIN, token: USDC_TOKEN, decimals: 6 }],
  },
];

const books: readonly BookView[] = [
  {
    book: BOOK,
    base: { asset: WETH, symbol: 'WETH', decimals: 9 },
    quote: { asset: USDC, symbol: 'USDC', decimals: 6 },
    lotSize: '1000000',
    tickSize: '10',
    makerFeePpm: 100,
    takerFeePpm: 300,
    status: 'open',
  },
];

const checkpointMessage = {
  number: 7,
  epoch: 1,
  parent: hash('06'),
  stateHash: hash('57'),
  payloadHash: hash('bd'),
  withdrawalsHash: hash('3d'),
  settlementsHash: hash('5e'),
  journalIndex: 98,
};
const { number, epoch, stateHash, journalIndex } = checkpointMessage;
const checkpoint = {
  number,
  epoch,
  stateHash,
  journalIndex,
  digest: hash('07'),
  final: false,
  message: checkpointMessage,
};

const solvency = [
  {
    asset: USDC,
    symbol: 'USDC',
    accounts: '2500000000000000000000',
    withdrawals: '40000000000000000000',
    vaults: '2540000000000000000000',
    difference: '0',
    perChain: [
      { chainId: HOME_CHAIN, token: USDC_TOKEN, asset: USDC, symbol: 'USDC', decimals: 6, atoms: '2540000000' },
    ],
  },
];

const fillView: FillView = {
  sequence: 99,
  time: START_TIME - 1_000,
  book: BOOK,
  orderId: '101376',
  subaccount: 0,
  side: 'buy',
  role: 'taker',
  price: 250_000,
  quantity: 4,
  fee: { asset: USDC, symbol: 'USDC', decimals: 6, amount: '3000' },
};

export const candleView: CandleView = {
  book: BOOK,
  interval: '1m',
  start: START_TIME,
  open: 250_000,
  high: 250_100,
  low: 249_900,
  close: 250_050,
  volume: '12',
  turnover: '3000300',
  trades: 3,
};

const tradeView: TradeView = {
  sequence: 99,
  time: START_TIME - 1_000,
  book: BOOK,
  takerSide: 'buy',
  price: 250_000,
  quantity: 4,
};

export const exitProofView: ExitProofView = {
  address: address('00'),
  roots: { epoch: 1, checkpoint: 6, issuedAt: START_TIME / 1000, root: hash('ee') },
  enclaveSignature: signature,
  leaderSignature: signature,
  chains: [
    {
      chainId: HOME_CHAIN,
      registry: REGISTRY,
      treeRoot: hash('7e'),
      processedIndex: 12,
      rootProof: [hash('a0')],
      tokens: [
        { token: USDC_TOKEN, symbol: 'USDC', decimals: 6, offsetTotal: '-5', transitTotal: '0', proof: [hash('a1')] },
        { token: address('dd'), symbol: null, decimals: null, offsetTotal: '0', transitTotal: '0', proof: [] },
      ],
      leaves: [{ token: USDC_TOKEN, offset: '-12', transit: '3', salt: hash('5a'), proof: [hash('a2'), hash('a3')] }],
    },
  ],
};

const exitRootView: ExitRootView = {
  chainId: HOME_CHAIN,
  registry: REGISTRY,
  message: { epoch: 1, checkpoint: 6, issuedAt: START_TIME / 1000, root: hash('ee') },
  treeRoot: hash('00'),
  processedIndex: 12,
  proof: [hash('a0')],
  enclaveSignature: signature,
  leaderSignature: signature,
};

const healthView: MarginHealthView = {
  valueDecimals: 6,
  initHealth: '250000000',
  maintHealth: '400000000',
  assets: '1500000000',
  liabilities: '500000000',
  leveragePpm: '1500000',
  distanceToLiquidationPpm: null,
};

function accountOf(owner: Address): AccountView {
  const balance = { asset: USDC, symbol: 'USDC', decimals: 6, amount: '1500000000' };
  return {
    address: owner,
    subaccount: 0,
    balances: [{ ...balance, reserved: '500000000', free: '1000000000', dust: '0' }],
    unlisted: [{ chainId: HOME_CHAIN, token: address('dd'), atoms: '5' }],
    margin: {
      tier: 1,
      debtLimit: '100000000000',
      ...healthView,
      liquidation: {
        since: 1_700_000_000_000,
        bankrupt: false,
        settlement: {
          sell: { asset: 3, symbol: 'MEME', decimals: 3, amount: '5' },
          buy: { ...balance, amount: '7' },
        },
      },
    },
  };
}

function orderOf(owner: Address): OrderView {
  return {
    orderId: '101377',
    clientId: '42',
    address: owner,
    subaccount: 0,
    book: BOOK,
    side: 'buy',
    price: 240_000,
    quantity: 30,
    remaining: 20,
    expiry: null,
  };
}

function withdrawalOf(owner: Address): WithdrawalView {
  return {
    chainId: HOME_CHAIN,
    token: USDC_TOKEN,
    asset: USDC,
    symbol: 'USDC',
    decimals: 6,
    atoms: '40000000',
    address: owner,
    subaccount: 0,
    recipient: owner,
    nonce: '77',
    status: 'queued',
    checkpoint: 0,
    deadline: 0,
    fitsAt: null,
  };
}

const forcedAnswer: ForcedAnswerView = {
  chainId: HOME_CHAIN,
  registry: REGISTRY,
  message: { id: 3n, paid: 40_000_000n, reason: 0, checkpoint: 6 },
  enclaveSignature: signature,
  leaderSignature: signature,
};

function approvalOf(owner: Address): ApprovalView {
  const deadline = START_TIME / 1000 + 3_600;
  const message = { account: owner, token: USDC_TOKEN, amount: 40_000_000n, recipient: owner, nonce: 2n ** 200n };
  return {
    chainId: HOME_CHAIN,
    registry: REGISTRY,
    message: { ...message, checkpoint: 6, deadline },
    enclaveSignature: signature,
    leaderSignature: signature,
  };
}
