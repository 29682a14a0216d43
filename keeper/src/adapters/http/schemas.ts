// The shapes that go in and out over HTTP, once: they check requests, type the handlers and make up the OpenAPI document.
// Answers mirror core/views.ts and core/api.ts.
import Type from 'typebox';
import { BATCH_LIMIT } from '../../core/commands.ts';
import { CANDLE_INTERVALS, type CandleInterval } from '../../core/views.ts';
import {
  address,
  addressInput,
  assetId,
  bookId,
  chainId,
  decimal,
  decimals,
  hash,
  hex,
  hexInput,
  milliseconds,
  orNull,
  safeInteger,
  seconds,
  side,
  strict,
  symbol,
  uint,
  uint256Input,
} from './scalars.ts';

const MAX_DEPTH_LEVELS = 200;
const MAX_TRADES = 500;
const MAX_CANDLES = 1_000;
const MAX_FILLS = 500;
export const MAX_ORDERS = 1_000;
/** EIP-1271 signatures of contract accounts are longer than 65 bytes. */
const MAX_SIGNATURE_BYTES = 4096;
const MAX_SIGN_IN_TEXT = 4096;

// Requests.

export const ChainQuery = strict({ chain: chainId });
export const ApprovalsQuery = strict({
  chain: chainId,
  skip: Type.Optional(safeInteger('Leave out so many of the oldest.')),
});
export const LevelsQuery = strict({
  levels: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_DEPTH_LEVELS, default: 20 })),
});
export const TradesQuery = strict({
  book: bookId,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_TRADES, default: 50 })),
});
export const CandlesQuery = strict({
  book: bookId,
  interval: Type.Unsafe<CandleInterval>(Type.Enum(Object.keys(CANDLE_INTERVALS))),
  before: Type.Optional(milliseconds('Only those that start before')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_CANDLES, default: 100 })),
});
export const BookOrdersQuery = strict({
  side,
  after: Type.Optional(safeInteger('Only orders behind this one.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ORDERS, default: 500 })),
});
export const BookParams = strict({ id: bookId });
const ofAddress = Type.Optional(addressInput);
export const AccountQuery = strict({ address: ofAddress });
export const OrdersQuery = strict({
  address: ofAddress,
  before: Type.Optional(safeInteger('Only orders of smaller ids.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ORDERS, default: 500 })),
});
export const FillsQuery = strict({
  address: ofAddress,
  before: Type.Optional(safeInteger('Only fills of smaller sequences.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_FILLS, default: 100 })),
});

const ActionInput = strict({
  kind: uint(8, '0 place, 1 cancel, 2 cancel all, 3 amend, 4 cancel all after'),
  account: addressInput,
  subaccount: uint(32),
  book: uint(32, '0: all books, for a cancel-all'),
  side: uint(8, '0 buy, 1 sell'),
  timeInForce: uint(8, '0 GTC, 1 GTT, 2 IOC, 3 FOK'),
  flags: uint(8, 'bit 0 post-only, 1 reduce-only, 2 quantity is a quote budget, 3–4 self-trade prevention'),
  price: safeInteger('Ticks; 0: as it is, for an amend.'),
  quantity: safeInteger('Lots, or a budget in quote units; 0: as it is, for an amend.'),
  orderId: safeInteger('Of a cancel or amend; else 0.'),
  clientId: safeInteger("The executor's own number; 0 for none."),
  expiry: safeInteger(
    'When a GTT order expires, or how long from now a cancel-all-after waits, in milliseconds; else 0.',
  ),
  maxFeePpm: uint(32, 'Highest fee that the order accepts.'),
});

export const BatchBody = strict({
  message: strict({
    executor: addressInput,
    epoch: safeInteger('Epoch of the leader.'),
    nonce: safeInteger('Grows from batch to batch.'),
    deadline: milliseconds('Not accepted after'),
    makersFirst: Type.Boolean(),
    actions: Type.Array(ActionInput, { minItems: 1, maxItems: BATCH_LIMIT }),
  }),
  signature: hexInput({ min: 65, max: 65 }, "The executor's signature of the typed message Batch: r‖s‖v."),
});

const accountSignature = hexInput(
  { min: 65, max: MAX_SIGNATURE_BYTES },
  "The account's signature of the typed message: r‖s‖v, or what EIP-1271 of a contract account accepts.",
);

export const WithdrawalBody = strict({
  message: strict({
    account: addressInput,
    subaccount: uint(32),
    chainId,
    token: addressInput,
    amount: uint256Input,
    recipient: addressInput,
    nonce: uint256Input,
    deadline: milliseconds('Accepted until'),
  }),
  signature: accountSignature,
});

export const WithdrawalCancelBody = strict({
  message: strict({ account: addressInput, chainId, nonce: uint256Input }),
  signature: accountSignature,
});

export const SignInBody = strict({
  message: Type.String({ minLength: 1, maxLength: MAX_SIGN_IN_TEXT, description: 'EIP-4361 text.' }),
  signature: hexInput(
    { min: 65, max: MAX_SIGNATURE_BYTES },
    'EIP-191 signature of the text: r‖s‖v, or what EIP-1271 of a contract account accepts.',
  ),
});

// Answers.

const amountFields = {
  asset: assetId,
  symbol,
  decimals,
  amount: decimal('Ledger units.'),
};
const atomsFields = {
  chainId,
  token: address,
  asset: assetId,
  symbol,
  decimals,
  atoms: decimal("Atoms of the chain's token."),
};
const assetOfBook = strict({ asset: assetId, symbol, decimals });
const role = Type.Enum(['leader', 'candidate']);

export const ErrorAnswer = strict({
  code: Type.String({ description: 'Stable; see docs/api.md for the list.' }),
  message: Type.String(),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
  retryable: Type.Boolean({ description: 'The same request may succeed later.' }),
});

export const HealthAnswer = strict({
  status: Type.Enum(['ok', 'degraded', 'stopped']),
  problems: Type.Array(Type.String()),
  role,
  epoch: safeInteger('Epoch of the leader.'),
  sequence: safeInteger('Newest applied command.'),
  checkpoint: strict({
    landed: safeInteger('Number of the newest one on chain.'),
    final: safeInteger('Number of the newest one in a final block.'),
    ageMs: Type.Union([safeInteger('Age of the newest one, in milliseconds.'), Type.Null()]),
  }),
  gas: strict({ address, wei: decimal('Wei.') }),
  exits: Type.Array(
    strict({ chainId, phase: Type.Enum(['closing', 'final']), since: milliseconds('When the keeper learnt of it') }),
  ),
  chains: Type.Array(
    strict({
      chainId,
      finalBlock: Type.Union([safeInteger('Newest final block that was read.'), Type.Null()]),
      rpcs: Type.Array(
        strict({
          host: Type.String(),
          ok: Type.Boolean(),
          failuresInARow: safeInteger('Failures since the last answer.'),
          lastError: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
});

const publicKey = strict({ address, publicKey: hex });
export const IdentityAnswer = strict({
  mode: Type.Enum(['SIMULATED', 'TDX']),
  homeChainId: chainId,
  authority: address,
  checkpointer: address,
  directory: address,
  enclave: publicKey,
  leader: publicKey,
  executor: address,
  epoch: safeInteger('Epoch of the leader.'),
  role,
  keyEpoch: safeInteger('Version of the derived keys.'),
});

const ppm = uint(32, 'In millionths.');

const assetRisk = strict({
  initAssetWeightPpm: ppm,
  initLiabilityWeightPpm: ppm,
  maintAssetWeightPpm: ppm,
  maintLiabilityWeightPpm: ppm,
  liquidationFeePpm: ppm,
  valueDecimals: decimals,
  depositScaleStart: decimal('Value units held by margin accounts from which on the asset counts for less.'),
  borrowScaleStart: decimal('Value units owed by them from which on it counts for more.'),
  borrowCap: decimal('Ledger units that all of them together may owe.'),
});

export const AssetsAnswer = Type.Array(
  strict({
    asset: assetId,
    symbol,
    ledgerDecimals: decimals,
    risk: Type.Union([assetRisk, Type.Null()]),
    tokens: Type.Array(strict({ chainId, token: address, decimals })),
  }),
);

const price = decimal('10⁻¹⁸ value units per ledger unit.');

export const PricesAnswer = Type.Array(
  strict({
    asset: assetId,
    symbol,
    ledgerDecimals: decimals,
    valueDecimals: decimals,
    price: Type.Union([strict({ bid: price, ask: price, stable: price, time: milliseconds() }), Type.Null()]),
    status: Type.Enum(['fresh', 'stale', 'unusable', 'halted']),
    weights: Type.Union([
      strict({ initAsset: uint(32), initLiability: uint(32), maintAsset: uint(32), maintLiability: uint(32) }),
      Type.Null(),
    ]),
  }),
);

export const BooksAnswer = Type.Array(
  strict({
    book: bookId,
    base: assetOfBook,
    quote: assetOfBook,
    lotSize: decimal('Base units per lot.'),
    tickSize: decimal('Quote units per (lot × tick).'),
    makerFeePpm: uint(32),
    takerFeePpm: uint(32),
    status: Type.Enum(['open', 'postOnly', 'cancelOnly', 'closed']),
  }),
);

const level = strict({
  price: safeInteger('Ticks.'),
  quantity: decimal('Lots.'),
  orders: safeInteger('How many orders rest here.'),
});
export const DepthAnswer = strict({
  book: bookId,
  sequence: safeInteger('Newest command that changed the state.'),
  bids: Type.Array(level),
  asks: Type.Array(level),
});

export const TradesAnswer = Type.Array(
  strict({
    sequence: safeInteger('Command that made it.'),
    time: milliseconds(),
    book: bookId,
    takerSide: side,
    price: safeInteger('Ticks.'),
    quantity: safeInteger('Lots.'),
  }),
);

export const CandlesAnswer = Type.Array(
  strict({
    book: bookId,
    interval: Type.Unsafe<CandleInterval>(Type.Enum(Object.keys(CANDLE_INTERVALS))),
    start: milliseconds('Begins at'),
    open: safeInteger('Ticks.'),
    high: safeInteger('Ticks.'),
    low: safeInteger('Ticks.'),
    close: safeInteger('Ticks.'),
    volume: decimal('Lots.'),
    turnover: decimal('Σ lots · ticks.'),
    trades: safeInteger('How many.'),
  }),
);

export const CheckpointAnswer = strict({
  number: safeInteger('1 for the first.'),
  epoch: safeInteger('Epoch of the leader.'),
  digest: hash,
  stateHash: hash,
  journalIndex: safeInteger('Newest command that it holds.'),
  final: Type.Boolean({ description: 'It stands in a final block of the home chain.' }),
  message: strict({
    number: safeInteger('As above.'),
    epoch: safeInteger('As above.'),
    parent: hash,
    stateHash: hash,
    payloadHash: hash,
    withdrawalsHash: hash,
    settlementsHash: hash,
    journalIndex: safeInteger('As above.'),
  }),
});

export const SolvencyAnswer = Type.Array(
  strict({
    asset: assetId,
    symbol,
    accounts: decimal('10⁻¹⁸ of the asset: what accounts own.'),
    withdrawals: decimal('10⁻¹⁸ of the asset: deducted and not yet seen paid.'),
    vaults: decimal('10⁻¹⁸ of the asset: what the vaults hold.'),
    difference: decimal('vaults − accounts − withdrawals.'),
    perChain: Type.Array(strict(atomsFields)),
  }),
);

const refusalFields = {
  code: Type.String({ description: 'Why the item was refused.' }),
  details: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
};
const ok = Type.Literal('ok');
const ActionResult = Type.Union([
  strict({
    code: ok,
    orderId: safeInteger('Of the order.'),
    filled: safeInteger('Lots traded at once.'),
    remaining: safeInteger('What did not trade, in the unit of the quantity.'),
    resting: Type.Boolean({ description: 'What remains rests in the book.' }),
  }),
  strict({ code: ok, cancelled: safeInteger('Orders cancelled.') }),
  strict(refusalFields),
]);
export const BatchAnswer = strict({
  sequence: safeInteger('Number of the command.'),
  result: strict({ code: ok, items: Type.Optional(Type.Array(ActionResult)) }),
  repeated: Type.Boolean({ description: 'This very batch was answered before; nothing was done again.' }),
});

export const WithdrawalAnswer = strict({
  ...atomsFields,
  address,
  subaccount: uint(32),
  recipient: address,
  nonce: decimal('uint256'),
  status: Type.Enum(['queued', 'posted', 'final', 'executed', 'cancelled', 'expired']),
  checkpoint: safeInteger('Number of the checkpoint that carries it; 0 while queued.'),
  deadline: seconds('Pays out until; 0 while queued'),
  fitsAt: Type.Union([
    Type.Null(),
    seconds("When the vault's limit lets it out, since 1970, if that is what it waits for; deposits make it sooner"),
  ]),
});
export const WithdrawalsAnswer = Type.Array(WithdrawalAnswer);

export const NonceAnswer = strict({ nonce: Type.String({ pattern: '^[a-zA-Z0-9]{8,}$' }) });
export const SessionAnswer = strict({ token: Type.String(), address, expiresAt: milliseconds('Ends at') });
export const SignedOutAnswer = strict({ closed: Type.Boolean() });

const decimalOrNull = (description: string) => Type.Union([decimal(description), Type.Null()]);

const healthFields = {
  valueDecimals: decimals,
  initHealth: decimalOrNull('Value units. Below 0 nothing may be done that lowers it.'),
  maintHealth: decimalOrNull('Value units. Below 0 the account is liquidated.'),
  assets: decimalOrNull('Value units.'),
  liabilities: decimalOrNull('Value units.'),
  leveragePpm: decimalOrNull('assets / (assets − liabilities), in millionths.'),
  distanceToLiquidationPpm: decimalOrNull('By how much assets may fall against liabilities, in millionths.'),
};

const MAX_SIMULATED = 32;

export const SimulateBody = strict({
  address: ofAddress,
  subaccount: Type.Optional(uint(32)),
  changes: Type.Optional(
    Type.Array(
      strict({
        asset: uint(32),
        units: Type.String({ pattern: '^-?[0-9]{1,16}$', description: 'Ledger units added.' }),
      }),
      { maxItems: MAX_SIMULATED },
    ),
  ),
  orders: Type.Optional(
    Type.Array(strict({ book: uint(32), side, price: safeInteger('Ticks.'), quantity: safeInteger('Lots.') }), {
      maxItems: MAX_SIMULATED,
    }),
  ),
});

export const SimulateAnswer = strict({
  before: strict(healthFields),
  after: strict(healthFields),
  allowed: Type.Boolean({ description: 'Whether a margin account may do it.' }),
});

const liquidation = Type.Union([
  Type.Null(),
  strict({
    since: milliseconds('Began at'),
    bankrupt: Type.Boolean({ description: 'It owes more than it owns is worth: nobody withdraws meanwhile.' }),
    settlement: Type.Union([Type.Null(), strict({ sell: strict(amountFields), buy: strict(amountFields) })]),
  }),
]);

export const AccountsAnswer = Type.Array(
  strict({
    address,
    subaccount: uint(32),
    balances: Type.Array(
      strict({
        ...amountFields,
        reserved: decimal('Ledger units put aside for open orders.'),
        free: decimal('Ledger units: amount − reserved.'),
        dust: decimal('10⁻¹⁸ of the asset, below one ledger unit.'),
      }),
    ),
    unlisted: Type.Array(strict({ chainId, token: address, atoms: decimal("Atoms of the chain's token.") })),
    margin: Type.Union([
      strict({
        tier: uint(8, 'Credit tier; 0 when it was taken away.'),
        debtLimit: decimal('Value units that the account may owe.'),
        ...healthFields,
        liquidation,
      }),
      Type.Null(),
    ]),
  }),
);

const restingOrder = strict({
  orderId: decimal('Unique for ever.'),
  clientId: decimal("The executor's own number; 0 for none."),
  address,
  subaccount: uint(32),
  book: bookId,
  side,
  price: safeInteger('Ticks.'),
  quantity: safeInteger('Lots that it was placed or last amended for.'),
  remaining: safeInteger('Those of them that still rest.'),
  expiry: orNull(milliseconds('Good till')),
});
export const OrdersAnswer = Type.Array(restingOrder);
export const BookOrdersAnswer = strict({
  book: bookId,
  sequence: safeInteger('Newest command that changed the state.'),
  orders: Type.Array(restingOrder),
});

export const FillsAnswer = Type.Array(
  strict({
    sequence: safeInteger('Command that made it.'),
    time: milliseconds(),
    book: bookId,
    orderId: decimal("The account's own order."),
    subaccount: uint(32),
    side,
    role: Type.Enum(['maker', 'taker']),
    price: safeInteger('Ticks.'),
    quantity: safeInteger('Lots.'),
    fee: strict(amountFields),
  }),
);
