import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/cli/support/errors.ts';
import {
  type BookUnits,
  formatPrice,
  formatSize,
  formatUnits,
  parseInteger,
  parsePrice,
  parseSize,
  parseUnits,
} from '../../src/cli/support/units.ts';

const WETH = { asset: 1, symbol: 'WETH', decimals: 9 };
const USDC = { asset: 2, symbol: 'USDC', decimals: 6 };

/** A lot is 0.0001 WETH, a tick 0.01 USDC per WETH. */
const WETH_USDC: BookUnits = { base: WETH, quote: USDC, lotSize: '100000', tickSize: '1' };

const decimals = fc.integer({ min: 0, max: 18 });
const units = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

function amount(text: string, decimals: number): bigint {
  return parseUnits(text, { decimals, what: 'The amount of X' });
}

describe('amounts', () => {
  it('are read exactly', () => {
    expect(amount('1.5', 18)).toBe(1_500_000_000_000_000_000n);
    expect(amount('0.000001', 6)).toBe(1n);
    expect(amount('0', 6)).toBe(0n);
    expect(amount('7', 0)).toBe(7n);
  });

  it('are written without zeros that say nothing', () => {
    expect(formatUnits(1_500_000n, 6)).toBe('1.5');
    expect(formatUnits('2000000', 6)).toBe('2');
    expect(formatUnits(1n, 18)).toBe('0.000000000000000001');
    expect(formatUnits(0n, 6)).toBe('0');
    expect(formatUnits(42n, 0)).toBe('42');
    expect(formatUnits(-1_050_000n, 6)).toBe('-1.05');
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(units, decimals, (value, places) => {
        expect(amount(formatUnits(value, places), places)).toBe(value);
      }),
    );
  });

  it('may end in zeros beyond what the asset has, because they add nothing', () => {
    expect(amount('1.50', 1)).toBe(15n);
    expect(amount('3.000', 0)).toBe(3n);
  });

  it('are refused with more decimals than the asset has, and the error says how many it has', () => {
    expect(() => amount('1.1234567', 6)).toThrow('The amount of X has at most 6 decimals, got "1.1234567" with 7.');
    expect(() => amount('1.5', 0)).toThrow('The amount of X has no decimals, got "1.5" with 1.');
    fc.assert(
      fc.property(units, decimals, (value, places) => {
        const text = `${formatUnits(value, 0)}.${'0'.repeat(places)}1`;
        expect(() => amount(text, places)).toThrow(UsageError);
      }),
    );
  });

  it.each([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '1E3',
    '1,000',
    '1_000',
    "1'000",
    '.5',
    '5.',
    '01',
    '0x10',
    '1 000',
    ' 1',
    '1 ',
    '1\n',
    '1.2.3',
    'NaN',
    'Infinity',
    '١',
    '½',
  ])('are refused when they are no plain decimal: %j', (text) => {
    expect(() => amount(text, 18)).toThrow(
      `The amount of X must be a plain decimal number such as 1.5, got "${text}".`,
    );
  });

  it('are refused when they are absurdly long, and the error stays short', () => {
    expect(() => amount('9'.repeat(100_000), 18)).toThrow(/got "9{100}…"\.$/);
  });
});

describe('prices and sizes', () => {
  it('become ticks and lots', () => {
    expect(parsePrice('2000', WETH_USDC)).toBe(200_000);
    expect(parsePrice('0.01', WETH_USDC)).toBe(1);
    expect(parseSize('0.5', WETH_USDC)).toBe(5_000);
    expect(parseSize('0.0001', WETH_USDC)).toBe(1);
  });

  it('agree with the engine: value of a fill = lots · ticks · tickSize', () => {
    const lots = parseSize('1.25', WETH_USDC);
    const ticks = parsePrice('2000.40', WETH_USDC);
    expect(formatUnits(BigInt(lots) * BigInt(ticks) * BigInt(WETH_USDC.tickSize), USDC.decimals)).toBe('2500.5');
  });

  it('are refused between two ticks or lots, with both neighbours', () => {
    expect(() => parsePrice('2000.005', WETH_USDC)).toThrow(
      'The price must be a multiple of 0.01 USDC per WETH, got 2000.005. The nearest: 2000 or 2000.01.',
    );
    expect(() => parseSize('0.00015', WETH_USDC)).toThrow(
      'The size must be a multiple of 0.0001 WETH, got 0.00015. The nearest: 0.0001 or 0.0002.',
    );
  });

  it('name only the smallest one when that is the nearest', () => {
    expect(() => parsePrice('0.001', WETH_USDC)).toThrow(/The nearest: 0\.01\.$/);
  });

  it('must be greater than zero', () => {
    expect(() => parsePrice('0', WETH_USDC)).toThrow('The price must be at least 0.01 USDC per WETH, got 0.');
    expect(() => parseSize('0.0', WETH_USDC)).toThrow('The size must be at least 0.0001 WETH, got 0.0.');
  });

  it('are refused beyond what the engine can count', () => {
    expect(parseSize('900719925474.0991', WETH_USDC)).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseSize('900719925474.0992', WETH_USDC)).toThrow(
      'The size must be at most 900719925474.0991 WETH, got 900719925474.0992.',
    );
  });

  it('come back as they were written, in any book whose steps end in decimals', () => {
    const book = fc
      .record({
        baseDecimals: decimals,
        quoteDecimals: decimals,
        lotDigits: fc.integer({ min: 0, max: 12 }),
        tickSize: fc.integer({ min: 1, max: 1_000_000 }),
      })
      .map(
        ({ baseDecimals, quoteDecimals, lotDigits, tickSize }): BookUnits => ({
          base: { ...WETH, decimals: baseDecimals },
          quote: { ...USDC, decimals: quoteDecimals },
          lotSize: String(10n ** BigInt(lotDigits)),
          tickSize: String(tickSize),
        }),
      );
    const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(book, count, (units, value) => {
        expect(parsePrice(formatPrice(value, units), units)).toBe(value);
        expect(parseSize(formatSize(value, units), units)).toBe(value);
      }),
    );
  });

  it('are cut and marked where they have no end in decimals', () => {
    const thirds: BookUnits = { ...WETH_USDC, lotSize: '300000' };
    expect(formatSize(2, thirds)).toBe('0.0006');
    expect(formatPrice(1, thirds)).toBe('0.003333333333…');
    expect(parsePrice('0.01', thirds)).toBe(3);
    expect(() => parsePrice('0.0033', thirds)).toThrow(
      'The price must be a multiple of 0.003333333333… USDC per WETH, got 0.0033. The nearest: 0.003333333333….',
    );
  });
});

describe('whole numbers', () => {
  it('are read up to their limit', () => {
    expect(parseInteger('0', 'The subaccount')).toBe(0);
    expect(parseInteger('9007199254740991', 'The order id')).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseInteger('4294967295', 'The subaccount', { most: 2 ** 32 - 1 })).toBe(2 ** 32 - 1);
  });

  it.each(['', '-1', '1.5', '1e3', '01', '0x1', '4294967296', '99999999999999999999', ' 1'])(
    'are refused: %j',
    (text) => {
      expect(() => parseInteger(text, 'The subaccount', { most: 2 ** 32 - 1 })).toThrow(
        `The subaccount must be a whole number from 0 to 4294967295, got "${text}".`,
      );
    },
  );
});
