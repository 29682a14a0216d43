import type { Address } from '../../core/commands.ts';
import type { AccountView } from '../../core/views.ts';
import { formatTable } from './tables.ts';
import { formatUnits } from './units.ts';

/** Dust, and everything about solvency, is counted in 10⁻¹⁸ of the asset. */
export const WAD_DECIMALS = 18;

const COLUMNS = [
  { name: 'subaccount', right: true },
  { name: 'asset' },
  ...['amount', 'reserved', 'free', 'dust'].map((name) => ({ name, right: true })),
];

/** The balances of all subaccounts of an address. */
export function accountText(address: Address, accounts: readonly AccountView[]): string {
  if (accounts.length === 0) {
    return `${address}\nThe keeper does not know this account: it never had a deposit (see \`mw deposit --help\`).`;
  }
  const rows = accounts.flatMap(({ subaccount, balances }) =>
    balances.map(({ symbol, decimals, amount, reserved, free, dust }) => [
      String(subaccount),
      symbol,
      ...[amount, reserved, free].map((units) => formatUnits(units, decimals)),
      formatUnits(dust, WAD_DECIMALS),
    ]),
  );
  const held = accounts.flatMap(({ unlisted }) =>
    unlisted.map(
      ({ chainId, token, atoms }) => `held until the token is listed: ${atoms} atoms of ${token} on chain ${chainId}`,
    ),
  );
  return [address, formatTable(COLUMNS, rows), ...held].join('\n');
}
