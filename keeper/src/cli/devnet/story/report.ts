// The table at the end: who owns what, what the vaults hold, and that both are the same.
import type { Address } from '../../../core/commands.ts';
import type { AssetView, SolvencyView } from '../../../core/views.ts';
import { formatTable } from '../../support/tables.ts';
import { formatUnits } from '../../support/units.ts';
import { tokenBalance } from '../chainAccess.ts';
import { waitUntil } from '../waitUntil.ts';
import { type Balances, balancesOf, everybody, expectEqual, type World } from './world.ts';

const WAD_DECIMALS = 18;

/** Checks the sum of all accounts against the vaults, on chain too, and returns everything as text. */
export async function report(world: World): Promise<string> {
  const solvency = await waitUntil('the ledger and the vaults to agree', async () => {
    const sums = await world.keeper.solvency();
    return sums.every(({ difference, withdrawals }) => difference === '0' && withdrawals === '0') ? sums : undefined;
  });
  const vaults = await vaultTable(world, solvency);
  const balances = await balancesOf(world);
  return [
    'Accounts (what the keeper owes)',
    accountTable(world.assets, balances),
    'Vaults (on chain)',
    vaults,
    'Solvency: what the vaults hold is what the accounts own',
    solvencyTable(solvency),
  ].join('\n\n');
}

/** What somebody has put aside for open orders stands in a column of its own. */
function accountTable(assets: readonly AssetView[], balances: Balances): string {
  const columns = assets.flatMap(({ symbol, ledgerDecimals }) => {
    const isReserved = everybody.some(({ name }) => balances.has(`${name} ${symbol} reserved`));
    const column = (title: string, suffix: string) => ({
      title,
      cell: (name: string) => formatUnits(balances.get(`${name} ${symbol}${suffix}`) ?? 0n, ledgerDecimals),
    });
    return [column(symbol, ''), ...(isReserved ? [column('in orders', ' reserved')] : [])];
  });
  return formatTable(
    [{ name: 'account' }, ...columns.map(({ title }) => ({ name: title, right: true }))],
    everybody.map(({ name }) => [name, ...columns.map(({ cell }) => cell(name))]),
  );
}

/** Reads the vaults' tokens from the chains and compares them with what the keeper counted from the logs. */
async function vaultTable(world: World, solvency: readonly SolvencyView[]): Promise<string> {
  const { home, second } = world.devnet;
  const rows = await Promise.all(
    [home, second].map(async (chain) => {
      const cells = world.assets.map(async ({ symbol, asset }) => {
        const counted = solvency
          .find((sum) => sum.asset === asset)
          ?.perChain.find(({ chainId }) => chainId === chain.chainId);
        const token = chain.deployment.tokens[symbol] as Address;
        const held = await tokenBalance(chain, { token, owner: chain.deployment.registry });
        expectEqual(`${symbol} in the ${chain.name} vault, as the keeper counts it`, BigInt(counted?.atoms ?? 0), held);
        return formatUnits(held, counted?.decimals ?? 0);
      });
      return [`${chain.name} (${chain.chainId})`, ...(await Promise.all(cells))];
    }),
  );
  return formatTable([{ name: 'vault' }, ...world.assets.map(({ symbol }) => ({ name: symbol, right: true }))], rows);
}

function solvencyTable(solvency: readonly SolvencyView[]): string {
  const columns = ['accounts', 'withdrawals', 'vaults', 'difference'] as const;
  return formatTable(
    [{ name: 'asset' }, ...columns.map((name) => ({ name, right: true }))],
    solvency.map((sum) => [sum.symbol, ...columns.map((column) => formatUnits(sum[column], WAD_DECIMALS))]),
  );
}
