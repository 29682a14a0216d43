import type { Address } from '../../core/commands.ts';
import type { AccountView, AmountView, LiquidationView } from '../../core/views.ts';
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
  const margin = accounts.flatMap(({ subaccount, margin }) =>
    margin === null ? [] : [marginText(subaccount, margin)],
  );
  return [address, formatTable(COLUMNS, rows), ...margin, ...held].join('\n');
}

/** Credit and health in US dollars. */
function marginText(subaccount: number, margin: NonNullable<AccountView['margin']>): string {
  const { tier, valueDecimals } = margin;
  const dollars = (value: string | null) => (value === null ? 'unknown' : formatUnits(value, valueDecimals));
  const percent = (ppm: string | null) => (ppm === null ? 'unknown' : `${formatUnits(ppm, 4)} %`);
  const lines = [
    `margin of subaccount ${subaccount}: tier ${tier}, owes ${dollars(margin.liabilities)} of at most ${dollars(margin.debtLimit)} USD`,
    `  health in USD: init ${dollars(margin.initHealth)}, maint ${dollars(margin.maintHealth)}`,
    `  distance to liquidation: ${percent(margin.distanceToLiquidationPpm)}`,
  ];
  return [...lines, ...liquidationLines(margin.liquidation)].join('\n');
}

function liquidationLines(liquidation: LiquidationView | null): string[] {
  if (liquidation === null) return [];
  const { since, bankrupt, settlement } = liquidation;
  const amount = ({ amount: units, decimals, symbol }: AmountView) => `${formatUnits(units, decimals)} ${symbol}`;
  return [
    `  is liquidated since ${new Date(since).toISOString()}${bankrupt ? ', and owes more than it owns' : ''}`,
    ...(settlement === null ? [] : [`  to be settled: ${amount(settlement.sell)} for ${amount(settlement.buy)}`]),
  ];
}
