// The examples of docs/margin.md are run as they stand there.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type HealthCase, healthOfCase } from './vectors.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../../docs/margin.md'), 'utf8');
const COLUMNS = [
  'balances of T1, T2, T3',
  'put aside in T2/T1: T1, T2',
  'put aside in T3/T1: T1, T3',
  'lowest ask in T2/T1',
  'highest bid in T3/T1',
  'deposits of all',
  'scale starts in dollars',
  'init health',
];

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The rows below the heading that consists of exactly these columns. */
function rowsOf(page: string, columns: readonly string[]): string[][] {
  const lines = page.split('\n');
  const heading = lines.findIndex((line) => cellsOf(line).join('|') === columns.join('|'));
  if (heading < 0) throw new Error(`no table with the columns ${columns.join(', ')}`);
  const below = lines.slice(heading + 2);
  return below
    .slice(
      0,
      below.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
}

/** "−100, 2.5" as numbers. */
function numbersOf(cell: string): number[] {
  return cell === '' ? [] : cell.split(',').map((text) => Number(text.trim().replace('−', '-')));
}

function readCase(cells: readonly string[]): HealthCase {
  const [balances, aside12, aside13, ask, bid, deposits, starts, health] = cells.map(numbersOf) as [
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
    number[],
  ];
  const [lowestAsk, highestBid] = [ask[0], bid[0]];
  return {
    name: cells.join(' | '),
    balances,
    ...(aside12.length > 0 && {
      book12: {
        reserved: aside12 as unknown as readonly [number, number],
        ...(lowestAsk !== undefined && { lowestAsk }),
      },
    }),
    ...(aside13.length > 0 && {
      book13: {
        reserved: aside13 as unknown as readonly [number, number],
        ...(highestBid !== undefined && { highestBid }),
      },
    }),
    assets: deposits.map((amount, index) => ({ deposits: amount, depositStart: starts[index] as number })),
    health: health[0] as number,
  };
}

describe('the page about margin', () => {
  const cases = rowsOf(PAGE, COLUMNS).map(readCase);

  it('has its examples', () => {
    expect(cases.length).toBeGreaterThanOrEqual(6);
    for (const { name, balances, health } of cases)
      expect([...balances, health].every(Number.isFinite), name).toBe(true);
  });

  it.each(cases)('says what the health is: $name', (example) => {
    expect(Math.abs(healthOfCase(example) - example.health)).toBeLessThan(1e-6);
  });
});
