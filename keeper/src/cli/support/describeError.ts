import { CommanderError } from 'commander';
import { BaseError, ContractFunctionZeroDataError, HttpRequestError, InsufficientFundsError, TimeoutError } from 'viem';
import { revertOf, TransactionError } from '../../client/chain.ts';
import { DepositError } from '../../client/deposit.ts';
import { ExitError } from '../../client/exit.ts';
import { KeeperApiError } from '../../client/keeperApiError.ts';
import { ConfigError } from '../../config.ts';
import { contractErrorText } from './contractErrors.ts';
import { CommandError, UsageError } from './errors.ts';
import { refusalHint, refusalText } from './refusals.ts';

export interface ErrorFacts {
  /** The command line itself was wrong. */
  readonly usage: boolean;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, string | number>>;
  readonly retryable?: boolean;
  /** What to do next. */
  readonly hint?: string;
}

const USAGE_HINT = '(add --help for usage and examples)';
const NO_KEEPER_HINT = 'Is it running? `npm start` starts a devnet; --url or MW_URL name another keeper.';
const HINTS = [
  { of: InsufficientFundsError, hint: "Gas is paid in the chain's own coin: send some of it to the account." },
  { of: ContractFunctionZeroDataError, hint: 'Are the addresses of the profile those of this chain? See docs/cli.md.' },
];
const CONFIG_HINT = 'docs/cli.md shows a configuration, field by field.';
const NO_RPC_HINT = 'Is its URL in the profile right, and is it up? Any RPC of the chain will do.';

/** Any error as what a person and a program want to know of it. */
export function describeError(error: unknown): ErrorFacts {
  if (error instanceof UsageError || error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { usage: true, code: 'usage', message, hint: USAGE_HINT };
  }
  if (error instanceof CommandError) {
    const { code, message, hint } = error;
    return { usage: false, code, message, ...(hint !== undefined && { hint }) };
  }
  if (error instanceof ConfigError) {
    return { usage: false, code: 'config.invalid', message: error.message, hint: CONFIG_HINT };
  }
  if (error instanceof KeeperApiError) return describeRefusal(error);
  if (error instanceof BaseError) return describeChainError(error);
  if (error instanceof TransactionError || error instanceof DepositError || error instanceof ExitError)
    return { usage: false, code: 'chain.failed', message: error.message };
  return { usage: false, code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}

function describeRefusal(error: KeeperApiError): ErrorFacts {
  const { code, details, retryable, status } = error;
  const hint = status === 0 ? NO_KEEPER_HINT : refusalHint({ code, retryable });
  return { usage: false, code, message: refusalText(error), details, retryable, ...(hint !== undefined && { hint }) };
}

/** viem's long message repeats the whole call: what is wrong is the contract's own error, the RPC, or the short message. */
function describeChainError(error: BaseError): ErrorFacts {
  const facts = { usage: false, code: 'chain.failed' };
  const revert = revertOf(error);
  if (revert !== undefined) {
    const { name, values } = revert;
    const text = contractErrorText(name, values);
    const message = `The contract refused: ${name}(${values.join(', ')}).${text === undefined ? '' : ` ${text}`}`;
    return { ...facts, message };
  }
  const hint = HINTS.find(({ of }) => error.walk((cause) => cause instanceof of) !== null)?.hint;
  const failed = error.walk((cause) => cause instanceof HttpRequestError || cause instanceof TimeoutError);
  if (!(failed instanceof HttpRequestError || failed instanceof TimeoutError))
    return { ...facts, message: error.shortMessage, ...(hint !== undefined && { hint }) };
  // Of the address only what is no secret: the rest of it may be the key of a provider.
  const { origin } = new URL(failed.url);
  return {
    ...facts,
    message: `The RPC at ${origin} cannot be used: ${failed.details}.`,
    retryable: true,
    hint: NO_RPC_HINT,
  };
}
