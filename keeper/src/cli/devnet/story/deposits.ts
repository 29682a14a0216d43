import { depositNative, depositToken } from '../../../client/deposit.ts';
import type { Address } from '../../../core/commands.ts';
import { parseUnits } from '../../support/units.ts';
import { type DevnetChain, mint, tokenBalance } from '../chainAccess.ts';
import { waitUntil } from '../waitUntil.ts';
import { alice, balancesOf, bob, carol, expectEqual, inLedgerUnits, type Person, type World } from './world.ts';

interface DepositPlan {
  readonly person: Person;
  readonly chain: DevnetChain;
  readonly symbol: string;
  readonly amount: string;
  /** The chain's own coin, which the vault keeps wrapped. */
  readonly native: boolean;
}

/** Three people deposit three assets on two chains, and the keeper credits exactly what arrived in the vaults. */
export async function deposits(world: World, tell: (fact: string) => void): Promise<void> {
  const { home, second } = world.devnet;
  const plans: readonly DepositPlan[] = [
    { person: alice, chain: home, symbol: 'USDC', amount: '10000', native: false },
    { person: bob, chain: second, symbol: 'WETH', amount: '5', native: true },
    { person: carol, chain: second, symbol: 'MEME', amount: '2000000', native: false },
  ];
  await Promise.all(plans.map((plan) => deposit(world, plan)));
  for (const { person, chain, symbol, amount, native } of plans) {
    const coin = native ? 'the native coin, kept as WETH' : symbol;
    tell(
      `${person.name} deposited ${amount} of ${coin} on the ${chain.name} chain; the keeper credited ${amount} ${symbol}`,
    );
  }
}

async function deposit(world: World, plan: DepositPlan): Promise<void> {
  const { person, chain, symbol } = plan;
  const { registry, tokens } = chain.deployment;
  const token = tokens[symbol] as Address;
  const vaultBefore = await tokenBalance(chain, { token, owner: registry });
  const atoms = await send(world, plan, token);
  const vaultAfter = await tokenBalance(chain, { token, owner: registry });
  expectEqual(`What the ${chain.name} vault received of ${symbol}`, vaultAfter - vaultBefore, atoms);

  const credited = await waitUntil(`${person.name}'s deposit to be credited`, async () => {
    return (await balancesOf(world)).get(`${person.name} ${symbol}`);
  });
  expectEqual(`${person.name}'s ${symbol} in the keeper's ledger`, credited, inLedgerUnits(world, plan.amount, symbol));
}

/** Returns the atoms that were sent. */
async function send(world: World, plan: DepositPlan, token: Address): Promise<bigint> {
  const { person, chain, symbol, native } = plan;
  const { registry, router } = chain.deployment;
  const decimals = world.assets.flatMap(({ tokens }) => tokens).find((listed) => listed.token === token)?.decimals;
  if (decimals === undefined) throw new Error(`${symbol} of the ${chain.name} chain is not listed in the Directory.`);
  const amount = parseUnits(plan.amount, { decimals, what: `The amount of ${symbol}` });
  const to = {
    wallet: chain.wallet(person.index),
    reader: chain.reader,
    account: person.address,
    subaccount: 0,
    registry,
    amount,
  };
  if (!native) await mint(chain, { token, index: person.index, amount });
  const { amount: arrived } = native ? await depositNative({ ...to, router }) : await depositToken({ ...to, token });
  expectEqual(`What the vault measured of ${person.name}'s ${plan.amount} ${symbol}`, arrived, amount);
  return amount;
}
