import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { privateKeyToAccount } from 'viem/accounts';
import { signWithdrawalRequest } from '../../../client/signing.ts';
import type { Address } from '../../../core/commands.ts';
import { parseUnits } from '../../support/units.ts';
import { developmentKey } from '../accounts.ts';
import { tokenBalance } from '../chainAccess.ts';
import { waitUntil } from '../waitUntil.ts';
import { balancesOf, bob, expectEqual, inLedgerUnits, type World } from './world.ts';

const AMOUNT = '2000';
const SYMBOL = 'USDC';
const REQUEST_LIVES_MS = 60_000;

/** Bob, who deposited on the second chain, takes what he earned out of the vault of the home chain. */
export async function withdrawal(world: World, tell: (fact: string) => void): Promise<void> {
  const { home } = world.devnet;
  const { registry, tokens } = home.deployment;
  const token = tokens[SYMBOL] as Address;
  const before = await look(world, token);
  const { nonce, amount } = await request(world, token);

  const requested = await look(world, token);
  expectEqual(
    'What the request took from his balance',
    before.free - requested.free,
    inLedgerUnits(world, AMOUNT, SYMBOL),
  );
  tell(`${bob.name} asked for ${AMOUNT} ${SYMBOL} on the ${home.name} chain; deducted at once`);

  await waitUntil('the withdrawal to be paid and seen', async () => {
    const withdrawals = await world.keeper.withdrawals({ address: bob.address });
    return withdrawals.find((known) => known.nonce === String(nonce) && known.status === 'executed');
  });
  const after = await look(world, token);
  expectEqual(`What ${bob.name} received on chain`, after.wallet - before.wallet, amount);
  expectEqual('What left the vault', before.vault - after.vault, amount);
  expectEqual('What is left in the ledger', after.free, requested.free);
  const used = await home.reader.readContract({
    address: registry,
    abi: depositRegistryAbi,
    functionName: 'isNonceUsed',
    args: [bob.address, nonce],
  });
  expectEqual('Whether the nonce is used on chain', used, true);
  tell('carried in a final checkpoint, signed by both keys, submitted by the courier: he has it in his wallet');
}

/** In atoms of the home chain what is in Bob's wallet and in the vault, in ledger units what the keeper owes him. */
async function look(world: World, token: Address) {
  const { home } = world.devnet;
  const [wallet, vault, balances] = await Promise.all([
    tokenBalance(home, { token, owner: bob.address }),
    tokenBalance(home, { token, owner: home.deployment.registry }),
    balancesOf(world),
  ]);
  return { wallet, vault, free: balances.get(`${bob.name} ${SYMBOL}`) ?? 0n };
}

async function request(world: World, token: Address) {
  const { devnet, keeper, assets } = world;
  const decimals = assets.flatMap(({ tokens }) => tokens).find((listed) => listed.token === token)?.decimals;
  if (decimals === undefined) throw new Error(`${SYMBOL} of the ${devnet.home.name} chain is not listed.`);
  const now = Date.now();
  const message = {
    account: bob.address,
    subaccount: 0,
    chainId: devnet.home.chainId,
    token,
    amount: parseUnits(AMOUNT, { decimals, what: 'The amount' }),
    recipient: bob.address,
    nonce: BigInt(now),
    deadline: now + REQUEST_LIVES_MS,
  };
  const signature = await signWithdrawalRequest({
    account: privateKeyToAccount(developmentKey(bob.index).privateKey),
    domain: devnet.domain,
    message,
  });
  await keeper.requestWithdrawal({ message, signature });
  return message;
}
