import type { Command } from 'commander';
import { signWithdrawalCancel, signWithdrawalRequest } from '../client/signing.ts';
import type { Address } from '../core/commands.ts';
import type { WithdrawalStatus } from '../core/events.ts';
import type { WithdrawalView } from '../core/views.ts';
import {
  apiDomain,
  type Connection,
  type ConnectionOptions,
  connect,
  withConnection,
  withKey,
} from './support/connection.ts';
import { CommandError, UsageError } from './support/errors.ts';
import { signingAccount } from './support/keys.ts';
import { findAddress, findChainId, findToken } from './support/lookup.ts';
import { formatTable } from './support/tables.ts';
import { formatUnits, parseInteger, parseUnits } from './support/units.ts';
import { DEFAULT_TIMEOUT_SECONDS, parseTimeout, pollUntil } from './support/waiting.ts';

const HELP = `
The amount leaves the balance at once. It is paid when the next checkpoint is final, by whoever carries it to the chain:
queued → posted (a checkpoint holds it) → final (both keys may sign it) → executed (paid). What is not paid by its
deadline comes back. While it is queued it can be taken back with --cancel.

Examples:
  $ mw withdraw 250 USDC --chain 31338 --as alice
  $ mw withdraw 1 WETH --chain 31337 --as alice --to 0x1111111111111111111111111111111111111111
  $ mw withdraw --list --as alice
  $ mw withdraw --cancel 1700000000000 --chain 31338 --as alice`;

const UINT32_MAX = 2 ** 32 - 1;
const UINT256 = /^(?:0|[1-9][0-9]{0,77})$/;
/** How long the keeper may take to accept the request. */
const ACCEPT_WITHIN_MS = 10 * 60_000;

interface Options extends ConnectionOptions {
  readonly chain?: string;
  readonly to?: string;
  readonly subaccount: string;
  readonly cancel?: string;
  readonly list?: true;
  readonly wait: boolean;
  readonly timeout: string;
}

export function registerWithdraw(program: Command): void {
  const command = program
    .command('withdraw')
    .description('be paid on any chain from the balance, list what is on its way, or take it back')
    .argument('[amount]', 'in whole units, such as 250')
    .argument('[token]', 'symbol, or address of the token on that chain')
    .option('--chain <chain>', 'id of the chain that pays, or its name in the profile')
    .option('--to <address>', 'who is paid: an address or a name of the profile; otherwise the account itself')
    .option('--subaccount <n>', 'which of your accounts pays', '0')
    .option('--list', 'instead: what was asked for, and where it stands')
    .option('--cancel <nonce>', 'instead: take back what is still queued')
    .option('--no-wait', 'do not wait until it is paid')
    .option('--timeout <seconds>', 'how long to wait', DEFAULT_TIMEOUT_SECONDS);
  withKey(withConnection(command))
    .addHelpText('after', HELP)
    .action((amount: string | undefined, token: string | undefined, options: Options, command: Command) => {
      const connection = connect(command, options);
      const { list, cancel } = options;
      if ((list || cancel !== undefined) && amount !== undefined) {
        throw new UsageError(`${list ? '--list' : '--cancel'} takes no amount.`);
      }
      if (list && cancel !== undefined) throw new UsageError('Give --list or --cancel, not both.');
      if (list) return showWithdrawals(connection, options);
      if (cancel !== undefined) return takeBack(connection, options, cancel);
      if (amount === undefined || token === undefined) {
        throw new UsageError('Say how much of what: `mw withdraw 250 USDC --chain 31338`.');
      }
      return withdraw(connection, options, { amount, token });
    });
}

async function withdraw(
  connection: Connection,
  options: Options,
  wish: { readonly amount: string; readonly token: string },
): Promise<void> {
  const { client, profile, output } = connection;
  const chainId = chainOf(connection, options);
  const subaccount = parseInteger(options.subaccount, 'The subaccount', { most: UINT32_MAX });
  const timeoutMs = parseTimeout(options.timeout);
  const signer = signingAccount(options, { profile });
  const account = signer.address.toLowerCase() as Address;
  const recipient = options.to === undefined ? account : findAddress(options.to, { what: 'The recipient', profile });
  const token = findToken(wish.token, { assets: await client.assets(), chainId });
  const amount = parseUnits(wish.amount, { decimals: token.decimals, what: `The amount of ${token.symbol}` });
  if (amount === 0n) throw new UsageError('The amount must be greater than zero.');

  const now = Date.now();
  // The time is unique enough, says when it was, and keeps the nonces that the vault remembers close together.
  const request = { account, subaccount, chainId, token: token.address, amount, recipient, nonce: BigInt(now) };
  const message = { ...request, deadline: now + ACCEPT_WITHIN_MS };
  const signature = await signWithdrawalRequest({
    account: signer,
    domain: apiDomain(await client.identity()),
    message,
  });
  const accepted = await client.requestWithdrawal({ message, signature });
  output.progress(statusText(accepted));
  if (!options.wait) return output.result(accepted, () => withdrawalText(accepted));

  await client.signIn(signer);
  const ended = await waitForEnd(connection, { accepted, timeoutMs });
  output.result(ended, () => withdrawalText(ended));
  if (ended.status === 'executed') return;
  throw new CommandError(`The withdrawal was ${ended.status}; the amount is back in the balance.`, {
    code: `withdrawal.${ended.status}`,
  });
}

async function takeBack(connection: Connection, options: Options, nonceText: string): Promise<void> {
  const { client, profile, output } = connection;
  const chainId = chainOf(connection, options);
  if (!UINT256.test(nonceText)) throw new UsageError(`The nonce must be a whole number, got "${nonceText}".`);
  const signer = signingAccount(options, { profile });
  const message = { account: signer.address.toLowerCase() as Address, chainId, nonce: BigInt(nonceText) };
  const signature = await signWithdrawalCancel({
    account: signer,
    domain: apiDomain(await client.identity()),
    message,
  });
  const cancelled = await client.cancelWithdrawal({ message, signature });
  output.result(cancelled, () => withdrawalText(cancelled));
}

async function showWithdrawals({ client, profile, output }: Connection, options: Options): Promise<void> {
  await client.signIn(signingAccount(options, { profile }));
  const withdrawals = await client.withdrawals();
  output.result(withdrawals, () => listText(withdrawals));
}

function chainOf({ profile }: Connection, { chain }: Options): number {
  if (chain === undefined) throw new UsageError('Which chain? Give --chain, for instance --chain 31337.');
  return findChainId(chain, profile);
}

const ENDED: readonly WithdrawalStatus[] = ['executed', 'cancelled', 'expired'];

/** Tells each step on the way. */
function waitForEnd(
  { client, output }: Connection,
  { accepted, timeoutMs }: { readonly accepted: WithdrawalView; readonly timeoutMs: number },
): Promise<WithdrawalView> {
  const { nonce, chainId } = accepted;
  let { status, fitsAt } = accepted;
  return pollUntil({
    what: 'the withdrawal to be paid',
    timeoutMs,
    hint: `It goes on without you: see \`mw withdraw --list\`. While it is queued, --cancel ${nonce} takes it back.`,
    output,
    async ask() {
      const all = await client.withdrawals();
      const current = all.find((candidate) => candidate.nonce === nonce && candidate.chainId === chainId);
      const isNews = current?.status !== status || (fitsAt === null && current.fitsAt !== null);
      if (current === undefined || !isNews) return undefined;
      ({ status, fitsAt } = current);
      output.progress(statusText(current));
      return ENDED.includes(status) ? current : undefined;
    },
  });
}

const STATUS_TEXTS: Readonly<Record<WithdrawalStatus, string>> = {
  queued: 'queued: the next checkpoint will carry it',
  posted: 'posted: waiting for the checkpoint to be final',
  final: 'final: both keys sign it, the courier may carry it to the chain',
  executed: 'executed: the vault has paid, and the block is final',
  cancelled: 'cancelled: the amount is back in the balance',
  expired: 'expired unused: the amount is back in the balance',
};

function statusText({ status, checkpoint, fitsAt }: WithdrawalView): string {
  if (fitsAt !== null) return `${status}: waits for the vault's limit, until ${isoTime(fitsAt)} at the latest`;
  return status === 'posted' ? `${STATUS_TEXTS.posted} (checkpoint ${checkpoint})` : STATUS_TEXTS[status];
}

function withdrawalText({ atoms, decimals, symbol, chainId, recipient, nonce, status }: WithdrawalView): string {
  const amount = `${formatUnits(atoms, decimals)} ${symbol}`;
  return `${status}: ${amount} on chain ${chainId} to ${recipient}, nonce ${nonce}`;
}

function listText(withdrawals: readonly WithdrawalView[]): string {
  if (withdrawals.length === 0) return 'no withdrawals';
  const columns = [
    { name: 'amount', right: true },
    { name: 'asset' },
    { name: 'chain', right: true },
    { name: 'status' },
    { name: 'checkpoint', right: true },
    { name: 'paid until' },
    { name: 'nonce', right: true },
    { name: 'recipient' },
  ];
  const rows = withdrawals.map((withdrawal) => [
    formatUnits(withdrawal.atoms, withdrawal.decimals),
    withdrawal.symbol,
    String(withdrawal.chainId),
    withdrawal.fitsAt === null ? withdrawal.status : `${withdrawal.status}, fits at ${isoTime(withdrawal.fitsAt)}`,
    withdrawal.checkpoint === 0 ? '-' : String(withdrawal.checkpoint),
    withdrawal.deadline === 0 ? '-' : isoTime(withdrawal.deadline),
    withdrawal.nonce,
    withdrawal.recipient,
  ]);
  return formatTable(columns, rows);
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
