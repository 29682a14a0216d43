import { BaseError, ContractFunctionRevertedError } from 'viem';
import { KeeperApiError } from '../../client/keeperApiError.ts';
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

/** Any error as what a person and a program want to know of it. */
export function describeError(error: unknown): ErrorFacts {
  if (error instanceof UsageError) return { usage: true, code: 'usage', message: error.message, hint: USAGE_HINT };
  if (error instanceof CommandError) {
    const { code, message, hint } = error;
    return { usage: false, code, message, ...(hint !== undefined && { hint }) };
  }
  if (error instanceof KeeperApiError) return describeRefusal(error);
  if (error instanceof BaseError) return { usage: false, code: 'chain.failed', message: chainProblem(error) };
  return { usage: false, code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}

function describeRefusal(error: KeeperApiError): ErrorFacts {
  const { code, details, retryable, status } = error;
  const hint = status === 0 ? NO_KEEPER_HINT : refusalHint({ code, retryable });
  return { usage: false, code, message: refusalText(error), details, retryable, ...(hint !== undefined && { hint }) };
}

/** viem's long message repeats the whole call; what is wrong is the contract's own error, or the short message. */
function chainProblem(error: BaseError): string {
  const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
  if (!(reverted instanceof ContractFunctionRevertedError) || reverted.data === undefined) return error.shortMessage;
  const { errorName, args = [] } = reverted.data;
  return `The contract refused: ${errorName}(${args.map(String).join(', ')}).`;
}
