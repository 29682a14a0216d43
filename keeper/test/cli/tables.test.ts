import { describe, expect, it } from 'vitest';
import { formatTable } from '../../src/cli/support/tables.ts';

const COLUMNS = [{ name: 'asset' }, { name: 'amount', right: true }, { name: 'chain' }];

describe('a table', () => {
  it('puts decimal point below decimal point, and nothing behind the last character of a line', () => {
    const rows = [
      ['WETH', '1.5', '31337'],
      ['USDC', '12345.678901', ''],
      ['MEME', '7', '31338'],
    ];
    expect(formatTable(COLUMNS, rows).split('\n')).toEqual([
      'asset        amount  chain',
      'WETH       1.5       31337',
      'USDC   12345.678901',
      'MEME       7         31338',
    ]);
  });

  it('without rows is its head', () => {
    expect(formatTable(COLUMNS, [])).toBe('asset  amount  chain');
  });
});
