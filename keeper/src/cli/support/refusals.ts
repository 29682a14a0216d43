// Refusals in the words of people: amounts with their units, and what to do next.
import { formatUnits } from './units.ts';

type Details = Readonly<Record<string, string | number>>;

export interface RefusalFacts {
  readonly code: string;
  readonly message?: string;
  readonly details?: Details | undefined;
}

/** Sentences for what the engine refuses with a code alone, or with amounts in its own units. */
const TEXTS: Readonly<Record<string, string | ((details: Details) => string)>> = {
  'action.invalid': 'The order contradicts itself, or has a field that it must not have.',
  'account.unknown': 'The account has never had a deposit.',
  'book.unknown': 'There is no such book.',
  'book.notOpen': 'The book takes no such orders at the moment.',
  'book.full': 'The book holds as many orders or prices as it can.',
  'book.postOnlyWouldCross': 'The order would trade at once, and it must not: it is post-only, or the book is.',
  'account.liquidated':
    'The account is being liquidated: until that is over it only cancels, and places reduce-only orders.',
  'account.notMargin': 'Reduce-only is for margin accounts, and this account is funded.',
  'order.wouldNotFill': 'The book cannot fill all of it at once; nothing was traded.',
  'order.alreadyFilled': 'As much as that was filled already; the order is as it was.',
  'order.expired': 'The time until which the order is good has passed.',
  'checkpoint.full': 'The next checkpoint has no room for so many trading accounts.',
  'order.priceOutOfRange': 'The price lies outside of what the book can hold.',
  'order.quantityOutOfRange': 'The size lies outside of what the book can hold.',
  'order.notionalOutOfRange': 'Price times size is more than the book can count.',
  'order.feeAboveMaximum': ({ feePpm }) => `The fee of the book, ${feePpm} ppm, is above the signed maximum.`,
  'order.unknown': 'No such order of this account rests: it was filled, cancelled, or belongs to somebody else.',
  'risk.insufficientBalance': (details) =>
    `The free balance is too small: the order needs ${amount(details, 'needed')}, free are ${amount(details, 'free')}.`,
  'risk.insufficientHealth': 'The init health of the margin account would be below 0, and lower than before.',
  'risk.borrowCap': 'Margin accounts together owe as much of the asset as they may.',
  'risk.debtLimit': 'The account would owe more than its credit tier allows, if all its orders were filled.',
  'risk.priceUnknown': 'The account is weighed at prices, and a fresh one is missing.',
  'exchange.windingDown': ({ chainId, phase }) =>
    phase === 'final'
      ? `The exit from the vault of chain ${chainId} is final: the exchange has ended.`
      : `The vault of chain ${chainId} is in exit mode: no orders and no withdrawals at any vault, unless it is cured.`,
  'withdrawal.insufficientBalance': (details) =>
    `The free balance is too small: asked for ${amount(details, 'requested')}, free are ${amount(details, 'free')}.`,
  'withdrawal.vaultTooLow': (details) => {
    const promised =
      details.alreadyPromised === '0' ? '' : `, of which ${amount(details, 'alreadyPromised')} is promised`;
    return `The vault of this chain holds too little: ${amount(details, 'holds')}${promised}.`;
  },
  'withdrawal.overLimit': (details) =>
    `The vault of this chain never lets out more than ${amount(details, 'capacity')} at once, asked for ${amount(details, 'requested')}.`,
};

const HINTS: Readonly<Record<string, string>> = {
  'exchange.windingDown':
    'Keep your exit proofs: `mw exit watch`. When the exit is final, `mw exit claim` takes out what is yours.',
  'signature.notExecutor': 'Sign with the key of the executor; on a devnet: --as executor.',
  'access.notPublic': 'Sign in as the executor; on a devnet: --as executor.',
  'access.notExecutor': 'Ask as that address itself, or as the executor.',
  'account.unknown': 'Deposit first: `mw deposit --help`.',
  'order.unknown': 'See what rests: `mw account --orders`.',
  'order.feeAboveMaximum': 'Give a higher --max-fee, in millionths.',
  'risk.insufficientBalance': 'See the balances with `mw account`; deposit, or cancel orders that reserve them.',
  'withdrawal.insufficientBalance': 'See the balances with `mw account`; open orders reserve some of them.',
  'withdrawal.vaultTooLow':
    'Choose another chain or a smaller amount; `mw account --solvency` shows what each vault holds.',
  'withdrawal.overLimit': 'Ask for less, several times, or choose another chain.',
  'withdrawal.unknown':
    'See `mw withdraw --list`. What a checkpoint carries already can be cancelled at its vault, by `cancelWithdrawal(nonce)`.',
  'withdrawal.unlistedToken': 'See `mw withdraw --help`.',
  'batch.nonceNotGrowing': 'Another program of the executor uses larger nonces: give a larger one with --nonce.',
};

const RETRY_HINT = 'Try again in a moment.';

/** What was refused and why, in one or two sentences. */
export function refusalText({ code, message, details = {} }: RefusalFacts): string {
  const text = TEXTS[code];
  if (typeof text === 'function') return text(details);
  return text ?? message ?? `Refused: ${code}.`;
}

/** What to do next; undefined when nothing is known to help. */
export function refusalHint({
  code,
  retryable,
}: {
  readonly code: string;
  readonly retryable?: boolean;
}): string | undefined {
  return HINTS[code] ?? (retryable ? RETRY_HINT : undefined);
}

/** The amount called `name`, in human units when the details say which. */
function amount(details: Details, name: string): string {
  const { decimals, symbol } = details;
  const value = String(details[name] ?? '?');
  if (typeof decimals !== 'number' || !/^-?[0-9]+$/.test(value)) return value;
  return `${formatUnits(value, decimals)}${symbol === undefined ? '' : ` ${symbol}`}`;
}
