import { depositRouterAbi } from '@myrtle-wyckoff/generated';
import type { Command } from 'commander';
import { erc20Abi, isAddressEqual } from 'viem';
import type { LocalAccount } from 'viem/accounts';
import { type Deposit, depositNative, depositToken } from '../client/deposit.ts';
import type { KeeperClient } from '../client/keeperClient.ts';
import type { Address } from '../core/commands.ts';
import { accountText } from './support/accountText.ts';
import { NATIVE_DECIMALS, readerOf, walletOf } from './support/chainAccess.ts';
import { type ConnectionOptions, connect, withConnection, withKey } from './support/connection.ts';
import { CommandError, UsageError } from './support/errors.ts';
import { exitLines } from './support/exitText.ts';
import { signingAccount } from './support/keys.ts';
import { findChainId, findToken, profileChain, type Token } from './support/lookup.ts';
import type { Output } from './support/output.ts';
import type { ProfileChain } from './support/profile.ts';
import { formatUnits, parseInteger, parseUnits } from './support/units.ts';
import { DEFAULT_TIMEOUT_SECONDS, parseTimeout, pollUntil } from './support/waiting.ts';

const HELP = `
Approves exactly the amount, deposits it, and waits until the keeper has credited it, which it does once the block is
final. With --native the chain's own coin is sent, which the vault keeps wrapped.

Examples:
  $ mw deposit 1.5 WETH --chain 31337 --as alice
  $ mw deposit 1.5 WETH --chain 31337 --as alice --native
  $ mw deposit 250 USDC --chain 31338 --key-file ./key --subaccount 3`;

const UINT32_MAX = 2 ** 32 - 1;
const STREAM_TIMEOUT_MS = 15_000;

interface Options extends ConnectionOptions {
  readonly chain: string;
  readonly subaccount: string;
  readonly native?: true;
  readonly wait: boolean;
  readonly timeout: string;
}

export function registerDeposit(program: Command): void {
  const command = program
    .command('deposit')
    .description("put tokens or a chain's coin into its vault")
    .argument('<amount>', 'in whole units, such as 1.5')
    .argument('<token>', 'symbol, or address of the token on that chain')
    .requiredOption('--chain <chain>', 'id of the chain, or its name in the profile')
    .option('--subaccount <n>', 'which of your accounts is credited', '0')
    .option('--native', "send the chain's own coin instead of the wrapped token")
    .option('--no-wait', 'do not wait for the keeper')
    .option('--timeout <seconds>', 'how long to wait for the keeper', DEFAULT_TIMEOUT_SECONDS);
  withKey(withConnection(command)).addHelpText('after', HELP).action(deposit);
}

async function deposit(amountText: string, tokenName: string, options: Options, command: Command): Promise<void> {
  const { client, profile, output } = connect(command, options);
  const subaccount = parseInteger(options.subaccount, 'The subaccount', { most: UINT32_MAX });
  const timeoutMs = parseTimeout(options.timeout);
  const chain = profileChain(findChainId(options.chain, profile), profile);
  const signer = signingAccount(options, { profile });
  const token = findToken(tokenName, { assets: await client.assets(), chainId: chain.chainId });
  const amount = parseUnits(amountText, { decimals: token.decimals, what: `The amount of ${token.symbol}` });
  if (amount === 0n) throw new UsageError('The amount must be greater than zero.');

  const [windDown, ...vaults] = exitLines((await client.health()).exits);
  if (windDown !== undefined) {
    const hint = `Nothing was sent: ${vaults.join('; ')}.`;
    throw new CommandError(windDown, { code: 'exchange.windingDown', hint });
  }
  await client.signIn(signer);
  // Before anything is sent, so that no credit can be missed.
  const credits = options.wait ? await followCredits(client) : undefined;
  try {
    const what = `${amountText} ${token.symbol}${options.native ? ' as native coin' : ''}`;
    output.progress(`depositing ${what} on chain ${chain.chainId} for ${signer.address}, subaccount ${subaccount} …`);
    const sending = { signer, chain, token, amount, subaccount };
    const sent = await (options.native ? sendNative(sending) : sendToken(sending));
    const arrived = `${formatUnits(sent.amount, token.decimals)} ${token.symbol}`;
    output.progress(`the vault has ${arrived}: entry ${sent.logIndex} of its log, block ${sent.receipt.blockNumber}`);
    const facts = factsOf(sent, token);
    if (credits === undefined) return output.result({ ...facts, credited: false }, () => facts.transactionHash);
    await waitForCredit({ client, credits, output, timeoutMs, chainId: chain.chainId, sent });
    const accounts = await client.accounts();
    const text = () => `credited ${arrived}\n\n${accountText(signer.address.toLowerCase() as Address, accounts)}`;
    output.result({ ...facts, credited: true, accounts }, text);
  } finally {
    credits?.close();
  }
}

function factsOf({ receipt, logIndex, amount }: Deposit, { chainId, address, symbol, decimals }: Token) {
  const { transactionHash, blockNumber } = receipt;
  const place = { transactionHash, blockNumber: Number(blockNumber), logIndex: Number(logIndex) };
  return { chainId, token: address, symbol, decimals, atoms: String(amount), ...place };
}

interface Sending {
  readonly signer: LocalAccount;
  readonly chain: ProfileChain;
  readonly token: Token;
  readonly amount: bigint;
  readonly subaccount: number;
}

async function sendToken(sending: Sending): Promise<Deposit> {
  const { signer, chain, token, amount, subaccount } = sending;
  const { wallet, reader } = await access(sending);
  const held = await reader.readContract({
    address: token.address,
    abi: erc20Abi,
    functionName: 'balanceOf',
    args: [signer.address],
  });
  if (held < amount) throw tooLittle(sending, { held, decimals: token.decimals, symbol: token.symbol });
  const { registry } = chain;
  return depositToken({ wallet, reader, account: signer.address, subaccount, registry, token: token.address, amount });
}

async function sendNative(sending: Sending): Promise<Deposit> {
  const { signer, chain, token, amount, subaccount } = sending;
  const { wallet, reader } = await access(sending);
  const wrapped = await reader.readContract({
    address: chain.router,
    abi: depositRouterAbi,
    functionName: 'wrappedNative',
  });
  if (!isAddressEqual(wrapped, token.address)) {
    throw new CommandError(`${token.symbol} is not the wrapped coin of chain ${chain.chainId}, which is ${wrapped}.`, {
      hint: 'Leave out --native to deposit the token itself.',
    });
  }
  const held = await reader.getBalance({ address: signer.address });
  if (held < amount) throw tooLittle(sending, { held, decimals: NATIVE_DECIMALS, symbol: 'of the coin' });
  const { registry, router } = chain;
  return depositNative({ wallet, reader, account: signer.address, subaccount, registry, router, amount });
}

function tooLittle(
  { signer, chain }: Sending,
  { held, decimals, symbol }: { readonly held: bigint; readonly decimals: number; readonly symbol: string },
): CommandError {
  const holds = `${formatUnits(held, decimals)} ${symbol}`;
  return new CommandError(`${signer.address} holds only ${holds} on chain ${chain.chainId}.`, {
    code: 'deposit.tooLittle',
    hint: 'Nothing was sent. Bring it there first, or deposit less.',
  });
}

async function access({ signer, chain }: Sending) {
  const reader = await readerOf(chain);
  return { reader, wallet: walletOf(chain, signer) };
}

interface Credits {
  has(deposit: { readonly chainId: number; readonly logIndex: bigint }): boolean;
  /** The keeper restarted, or we were away for too long: what was credited meanwhile was not told. */
  readonly missedSome: boolean;
  close(): void;
}

/** Listens to one's own credits. Resolves when nothing that comes can be missed. */
async function followCredits(client: KeeperClient): Promise<Credits> {
  const stream = client.stream();
  const seen = new Set<string>();
  let missedSome = false;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(
    () => reject(new CommandError('The stream of the keeper does not answer.')),
    STREAM_TIMEOUT_MS,
  );
  stream.subscribe({
    topic: { channel: 'account' },
    onEnd: reject,
    onMessage(message) {
      if (message.type === 'gap') missedSome = true;
      if (message.type === 'snapshot') resolve();
      if (message.channel !== 'account' || message.type !== 'delta') return;
      for (const event of message.data.events) {
        if (event.type === 'credited') seen.add(`${event.deposit.chainId} ${event.logIndex}`);
        if (event.type === 'heldUnlisted') seen.add(`${event.chainId} ${event.logIndex}`);
      }
    },
  });
  try {
    await promise;
  } catch (error) {
    stream.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    has: ({ chainId, logIndex }) => seen.has(`${chainId} ${logIndex}`),
    get missedSome() {
      return missedSome;
    },
    close: () => stream.close(),
  };
}

async function waitForCredit(input: {
  readonly client: KeeperClient;
  readonly credits: Credits;
  readonly output: Output;
  readonly timeoutMs: number;
  readonly chainId: number;
  readonly sent: Deposit;
}): Promise<void> {
  const { client, credits, output, chainId, sent } = input;
  const { logIndex } = sent;
  const { blockNumber } = sent.receipt;
  let told: number | undefined;
  let reached: number | undefined;
  await pollUntil({
    what: `the keeper to credit entry ${logIndex} of the vault's log`,
    timeoutMs: input.timeoutMs,
    hint: 'The deposit is safe in the vault and will be credited; look again with `mw account`.',
    output,
    async ask() {
      if (credits.has({ chainId, logIndex })) return true;
      const final = (await client.health()).chains.find((chain) => chain.chainId === chainId)?.finalBlock ?? undefined;
      if (final !== undefined && final !== told && final < blockNumber) {
        output.progress(`the keeper has read up to final block ${final}; the deposit is in block ${blockNumber}`);
        told = final;
      }
      if (final === undefined || final < blockNumber) return undefined;
      // Without news from the stream: once the keeper goes on to a later block, it has read this one completely.
      reached ??= final;
      return credits.missedSome && final > reached ? true : undefined;
    },
  });
}
