import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ContractFunctionExecutionError, erc20Abi } from 'viem';
import type { Access } from '../../client/exit.ts';
import { ANSWER_WITHIN_SECONDS, type ForcedProgress, readForcedProgress, requestForced } from '../../client/forced.ts';
import type { Address } from '../../core/commands.ts';
import type { ForcedReason } from '../../core/events.ts';
import { NATIVE_DECIMALS, walletOf } from '../support/chainAccess.ts';
import { withKey } from '../support/connection.ts';
import { CommandError, UsageError } from '../support/errors.ts';
import { signingAccount } from '../support/keys.ts';
import { findAddress, findChainId, profileChain } from '../support/lookup.ts';
import { formatUnits, parseUnits } from '../support/units.ts';
import { DEFAULT_TIMEOUT_SECONDS, parseTimeout } from '../support/waiting.ts';
import { keptAddresses } from './proofStore.ts';
import { accessTo, type Exit, type ExitOptions, openExit, proofsFor, timeText, withVaults } from './vaults.ts';

const HELP = `
Asks the vault itself, for a small fee of the chain's coin, and not the keeper. The keeper must answer within 7 days: paid,
in parts when it is more than the vault's limit, or refused with a reason. If it does not, anybody may enter exit mode with
\`mw exit enter --request\`. Whoever carries the answer gets the fee. Orders that hold what is asked for are cancelled.

Tokens are known by their addresses, and by their symbols from kept exit proofs.

Examples:
  $ mw exit force 250 USDC --chain home --as alice
  $ mw exit force 1 0x1111111111111111111111111111111111111111 --chain base --key-file ./key --no-wait`;

const POLL_MS = 1_000;
const REASON_TEXTS: Readonly<Record<ForcedReason, string>> = {
  paid: 'paid',
  noBalance: 'the account has less, or this vault has less of it',
  debt: 'the account owes something',
  transferFails: 'the token refuses the recipient',
  overLimit: 'it is more than the limit: the rest follows',
};

interface Options extends ExitOptions {
  readonly chain: string;
  readonly to?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export function registerForce(exit: Command): void {
  const command = exit
    .command('force')
    .description('ask a vault for what is yours; the keeper must answer within 7 days')
    .argument('<amount>', 'in whole units, such as 250')
    .argument('<token>', 'symbol, or address of the token on that chain')
    .requiredOption('--chain <chain>', 'id of the chain, or its name in the profile')
    .option('--to <address>', 'who is paid: an address or a name of the profile; otherwise the account itself')
    .option('--no-wait', 'do not wait for the answer')
    .option('--timeout <seconds>', 'how long to wait', DEFAULT_TIMEOUT_SECONDS);
  withKey(withVaults(command)).addHelpText('after', HELP).action(force);
}

async function force(amountText: string, named: string, options: Options, command: Command): Promise<void> {
  const exit = openExit(command, options);
  const { profile, output } = exit;
  const timeoutMs = parseTimeout(options.timeout);
  const chain = profileChain(findChainId(options.chain, profile), profile);
  const signer = signingAccount(options, { profile });
  const own = signer.address.toLowerCase() as Address;
  const recipient = options.to === undefined ? own : findAddress(options.to, { what: 'The recipient', profile });
  const access = await accessTo(chain);
  const token = await findVaultToken(exit, options.directory, access, named);
  const amount = parseUnits(amountText, { decimals: token.decimals, what: `The amount of ${token.symbol}` });
  if (amount === 0n) throw new UsageError('The amount must be greater than zero.');

  const signing = { ...access, wallet: walletOf(chain, signer) };
  const requested = await requestForced(signing, { token: token.address, amount, recipient });
  const facts = { chainId: chain.chainId, id: String(requested.id), token: token.address, symbol: token.symbol };
  const fee = `${formatUnits(requested.feeWei, NATIVE_DECIMALS)} of its coin`;
  output.progress(`${chain.name} has taken request ${requested.id}, for a fee of ${fee}`);
  const progress = options.wait
    ? await waitForAnswer({ access, requested, timeoutMs, onPart: (text) => output.progress(`${chain.name}: ${text}`) })
    : await readForcedProgress(access, requested);
  const { paid, open, reason } = progress;
  const amounts = { atoms: String(amount), paid: String(paid), open: String(open), decimals: token.decimals };
  const text = () => {
    const done = `${formatUnits(String(paid), token.decimals)} of ${amountText} ${token.symbol} paid to ${recipient}`;
    const at = timeText(progress.askedAt + ANSWER_WITHIN_SECONDS);
    return open === 0n ? done : `${done}; request ${requested.id} must be answered by ${at}`;
  };
  output.result(
    {
      ...facts,
      ...amounts,
      reason: reason ?? null,
      feeWei: String(requested.feeWei),
      transactionHash: requested.transactionHash,
    },
    text,
  );
  if (open > 0n || paid === amount) return;
  throw new CommandError(`Refused: ${REASON_TEXTS[reason ?? 'noBalance']}.`, {
    code: `forced.${reason}`,
    hint: 'Look with `mw account` and `mw account --solvency`; ask for less, elsewhere, or for another recipient.',
  });
}

async function waitForAnswer(input: {
  readonly access: Access;
  readonly requested: Awaited<ReturnType<typeof requestForced>>;
  readonly timeoutMs: number;
  readonly onPart: (text: string) => void;
}): Promise<ForcedProgress> {
  const { access, requested, timeoutMs, onPart } = input;
  const end = Date.now() + timeoutMs;
  let told = 0n;
  for (;;) {
    const progress = await readForcedProgress(access, requested);
    if (progress.open === 0n) return progress;
    if (progress.paid > told) onPart(`a part is paid, ${progress.open} atoms follow`);
    told = progress.paid;
    if (Date.now() >= end) {
      throw new CommandError(`Waited ${timeoutMs / 1000} s for the answer to request ${requested.id}.`, {
        code: 'timeout',
        hint: 'It stays at the vault. After 7 days without an answer: `mw exit enter --request`.',
      });
    }
    await sleep(POLL_MS);
  }
}

async function findVaultToken(exit: Exit, directory: string, { reader, chainId }: Access, named: string) {
  if (/^0x/.test(named)) {
    const address = findAddress(named, { what: 'The token', profile: undefined });
    const decimals = await reader.readContract({ address, abi: erc20Abi, functionName: 'decimals' }).catch((cause) => {
      if (!(cause instanceof ContractFunctionExecutionError)) throw cause;
      throw new CommandError(`${address} is no token of chain ${chainId}: it does not tell its decimals.`, { cause });
    });
    return { address, symbol: address, decimals };
  }
  const proofs = keptAddresses(directory).flatMap((account) => proofsFor(exit, directory, account).slice(0, 1));
  const known = proofs.flatMap(({ chains }) => chains.filter((chain) => chain.chainId === chainId));
  for (const { token, symbol, decimals } of known.flatMap(({ tokens }) => tokens)) {
    if (symbol?.toLowerCase() === named.toLowerCase()) return { address: token, symbol, decimals: decimals ?? 0 };
  }
  throw new UsageError(
    `No kept exit proof knows ${named} on chain ${chainId}: give the address of the token, as /v1/assets of the keeper has it.`,
  );
}
