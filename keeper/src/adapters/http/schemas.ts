// The shapes that go in and out over HTTP, once: they check requests, type the handlers and make up the OpenAPI document.
// Answers mirror core/views.ts and core/api.ts.
//
// Larger than the limit: all shapes stand together, because each is made of the scalars above it.
import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import { isAddress } from 'viem';
import type { Address, Hex } from '../../core/commands.ts';
import { BATCH_LIMIT } from '../../core/commands.ts';
import { CANDLE_INTERVALS, type CandleInterval } from '../../core/views.ts';

const MAX_DEPTH_LEVELS = 200;
const MAX_TRADES = 500;
const MAX_CANDLES = 1_000;
const MAX_FILLS = 500;
export const MAX_ORDERS = 1_000;
/** EIP-1271 signatures of contract accounts are longer than 65 bytes. */
const MAX_SIGNATURE_BYTES = 4096;
const MAX_SIGN_IN_TEXT = 4096;

/** An object with these fields and no others. */
export function strict<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** As the handlers of typed data see it: nobody changes it any more. */
export type Shape<S extends TSchema> = Frozen<Static<S>>;
type Frozen<T> = T extends string | number | boolean | null | undefined ? T : { readonly [K in keyof T]: Frozen<T[K]> };

// Scalars.

const uint = (bits: 8 | 32, description?: string) =>
  Type.Integer({ minimum: 0, maximum: 2 ** bits - 1, ...(description === undefined ? {} : { description }) });

/** A uint64 of a typed message, of which only safe integers are used. */
const safeInteger = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const milliseconds = (what = 'Time') => safeInteger(`${what}, in milliseconds since 1970.`);
const seconds = (what: string) => safeInteger(`${what}, in seconds.`);
const chainId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'EIP-155 chain id.' });
const side = Type.Enum(['buy', 'sell']);

/** In requests: all lower case, or with the right EIP-55 checksum, which costs a hash (viem remembers the last 8192). */
const addressInput = Type.Unsafe<Address>(
  Type.Refine(
    Type.String({ pattern: '^0x[0-9a-fA-F]{40}$', description: 'Address, lower-case or with its EIP-55 checksum.' }),
    (value: string) => value === value.toLowerCase() || isAddress(value),
    () => 'must be lower-case or carry the right EIP-55 checksum',
  ),
);

const MAX_UINT256 = 2n ** 256n - 1n;
const uint256Input = Type.Refine(
  Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$', description: 'uint256 as a decimal string.' }),
  (value: string) => BigInt(value) <= MAX_UINT256,
  () => 'must fit into 256 bits',
);

const hexInput = (bytes: { readonly min: number; readonly max: number }, description: string) =>
  Type.Unsafe<Hex>(Type.String({ pattern: `^0x([0-9a-fA-F]{2}){${bytes.min},${bytes.max}}$`, description }));

const address = Type.Unsafe<Address>(Type.String({ pattern: '^0x[0-9a-f]{40}$', description: 'Lower-case address.' }));
const hex = Type.Unsafe<Hex>(Type.String({ pattern: '^0x([0-9a-f]{2})*$' }));
const hash = Type.Unsafe<Hex>(Type.String({ pattern: '^0x[0-9a-f]{64}$' }));
const decimal = (description: string) => Type.String({ pattern: '^-?[0-9]+$', description });
const symbol = Type.String();
const decimals = uint(8, 'value = amount / 10^decimals');
const assetId = uint(32);
const bookId = uint(32);

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

export const AssetsAnswer = Type.Array(
  strict({
    asset: assetId,
    symbol,
    ledgerDecimals: decimals,
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
    margin: Type.Union([strict({ tier: uint(8), ...healthFields }), Type.Null()]),
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
  remaining: safeInteger('Lots that still rest.'),
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

const exitRootsMessage = strict({
  epoch: safeInteger('Epoch of the leader.'),
  checkpoint: safeInteger('Number of the checkpoint.'),
  issuedAt: seconds('Signed at'),
  root: hash,
});
export const ExitRootAnswer = strict({
  chainId,
  registry: address,
  message: exitRootsMessage,
  treeRoot: hash,
  processedIndex: safeInteger("Entries of the chain's log that the root knows."),
  proof: Type.Array(hash),
  enclaveSignature: hex,
  leaderSignature: hex,
});

export const ForcedAnswersAnswer = Type.Array(
  strict({
    chainId,
    registry: address,
    message: strict({
      id: decimal('Of the request, at its vault.'),
      paid: decimal('Atoms.'),
      reason: uint(8, '0 paid, 1 no balance, 2 debt, 3 transfer fails, 4 over the limit'),
      checkpoint: safeInteger('Number of the checkpoint that carries it.'),
    }),
    enclaveSignature: hex,
    leaderSignature: hex,
  }),
);

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const toTreeRoot = Type.Array(hash, { description: 'Siblings up to the tree root.' });
export const ExitProofAnswer = strict({
  address,
  roots: exitRootsMessage,
  enclaveSignature: hex,
  leaderSignature: hex,
  chains: Type.Array(
    strict({
      chainId,
      registry: address,
      treeRoot: hash,
      processedIndex: safeInteger("Entries of the vault's log that the checkpoint knew."),
      rootProof: Type.Array(hash, { description: 'Siblings from the leaf of the chain up to `roots.root`.' }),
      tokens: Type.Array(
        strict({
          token: address,
          symbol: orNull(symbol),
          decimals: orNull(decimals),
          offsetTotal: decimal('Atoms, of all keys.'),
          transitTotal: decimal('Atoms that shuttles may bring.'),
          proof: toTreeRoot,
        }),
      ),
      leaves: Type.Array(
        strict({
          token: address,
          offset: decimal('Atoms: what could be taken out + withdrawn − deposited.'),
          transit: decimal("Atoms: the account's part of what shuttles may bring."),
          salt: hash,
          proof: toTreeRoot,
        }),
      ),
    }),
  ),
});

export const ApprovalsAnswer = Type.Array(
  strict({
    chainId,
    registry: address,
    message: strict({
      account: address,
      token: address,
      amount: decimal("Atoms of the chain's token."),
      recipient: address,
      nonce: decimal('uint256'),
      checkpoint: safeInteger('Number of the checkpoint that carries it.'),
      deadline: seconds('Pays out until'),
    }),
    enclaveSignature: hex,
    leaderSignature: hex,
  }),
);

const acceptLeader = strict({ candidate: address, epoch: safeInteger('The new epoch.'), expectedTip: hash });

export const AcceptanceAnswer = strict({ chainId, authority: address, message: acceptLeader, signature: hex });

export const StandbyAnswer = strict({
  chainId,
  authority: address,
  candidate: address,
  status: Type.Enum(['proposed', 'listed', 'announced']),
  readyAt: seconds('From when on the proposal can be accepted, since 1970'),
  leader: address,
  epoch: safeInteger('The current epoch.'),
  paused: Type.Boolean(),
  silenceSeconds: seconds('How long nobody has heard the leader, without pauses'),
  staleAfterSeconds: seconds('After how much of that a takeover may be announced'),
  waitedSeconds: seconds('How long ago it was announced, without pauses; 0 when it was not'),
  step: Type.Union([
    Type.Null(),
    strict({
      type: Type.Literal('accept'),
      message: strict({ candidate: address, evidenceDigest: hash }),
      signature: hex,
    }),
    strict({ type: Type.Literal('announce') }),
    strict({
      type: Type.Literal('takeOver'),
      message: acceptLeader,
      enclaveSignature: hex,
      candidateSignature: hex,
    }),
  ]),
});
