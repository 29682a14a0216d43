import { describe, expect, it } from 'vitest';
import { findAddress, findBook, findChainId, findToken, profileChain } from '../../src/cli/support/lookup.ts';
import type { Profile } from '../../src/cli/support/profile.ts';
import type { AssetView, BookView } from '../../src/core/views.ts';

const address = (byte: string) => `0x${byte.repeat(20)}` as const;

const PROFILE: Profile = {
  keeperUrl: 'http://127.0.0.1:8000',
  chains: [
    { chainId: 31337, name: 'home', rpcUrl: 'http://127.0.0.1:1', registry: address('11'), router: address('12') },
  ],
  accounts: { alice: { address: '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045' } },
};

const ASSETS: readonly AssetView[] = [
  {
    asset: 1,
    symbol: 'WETH',
    ledgerDecimals: 9,
    risk: null,
    tokens: [{ chainId: 31337, token: address('aa'), decimals: 18 }],
  },
  {
    asset: 2,
    symbol: 'USDC',
    ledgerDecimals: 6,
    risk: null,
    tokens: [
      { chainId: 31337, token: address('bb'), decimals: 6 },
      { chainId: 31338, token: address('cc'), decimals: 18 },
      { chainId: 31338, token: address('dd'), decimals: 6 },
    ],
  },
];

const BOOK: BookView = {
  book: 1,
  base: { asset: 1, symbol: 'WETH', decimals: 9 },
  quote: { asset: 2, symbol: 'USDC', decimals: 6 },
  lotSize: '100000',
  tickSize: '1',
  makerFeePpm: 0,
  takerFeePpm: 500,
  status: 'open',
};

describe('an address', () => {
  const find = (text: string, profile: Profile | undefined = PROFILE) =>
    findAddress(text, { what: 'The recipient', profile });

  it('may be given as itself or by its name in the profile', () => {
    expect(find('alice')).toBe('0xd8da6bf26964af9d7eed9e03e53415d37aa96045');
    expect(find('0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045')).toBe('0xd8da6bf26964af9d7eed9e03e53415d37aa96045');
    expect(find(address('ab'))).toBe(address('ab'));
  });

  it('with a wrong checksum is refused', () => {
    expect(() => find('0xd8DA6BF26964aF9D7eEd9e03E53415D37aA96045')).toThrow('has a wrong checksum: is it mistyped?');
  });

  it('that is none is refused with the names that would do', () => {
    expect(() => find('bob')).toThrow(
      'The recipient must be an address (0x and 40 hex digits) or one of alice, got "bob".',
    );
    expect(() => findAddress('0x12', { what: 'The recipient', profile: undefined })).toThrow(
      'The recipient must be an address (0x and 40 hex digits), got "0x12".',
    );
    expect(() => find('toString')).toThrow('The recipient must be an address');
  });
});

describe('a chain', () => {
  it('may be given by its id or by its name in the profile', () => {
    expect(findChainId('31337', PROFILE)).toBe(31337);
    expect(findChainId('home', PROFILE)).toBe(31337);
    expect(findChainId('10', undefined)).toBe(10);
  });

  it('that is neither is refused', () => {
    expect(() => findChainId('mars', PROFILE)).toThrow('There is no chain "mars". There are: home (31337).');
    expect(() => findChainId('mars', undefined)).toThrow('There is no chain "mars". Give its id');
    expect(() => findChainId('1.5', PROFILE)).toThrow('The chain must be a whole number');
  });

  it('can only be sent to when the profile knows it', () => {
    expect(profileChain(31337, PROFILE).rpcUrl).toBe('http://127.0.0.1:1');
    expect(() => profileChain(1, PROFILE)).toThrow('The profile has no chain 1.');
    expect(() => profileChain(1, undefined)).toThrow('There is no profile that says where the chains are.');
  });
});

describe('a token', () => {
  const find = (text: string, chainId: number) => findToken(text, { assets: ASSETS, chainId });

  it('is found by its symbol, with the decimals that it has on that chain', () => {
    expect(find('weth', 31337)).toEqual({ chainId: 31337, address: address('aa'), symbol: 'WETH', decimals: 18 });
    expect(find('USDC', 31337)).toMatchObject({ address: address('bb'), decimals: 6 });
  });

  it('is found by its address', () => {
    expect(find(address('cc'), 31338)).toMatchObject({ symbol: 'USDC', decimals: 18 });
  });

  it('that a chain does not list is refused with what it lists, or where it is listed', () => {
    expect(() => find('DOGE', 31337)).toThrow(
      expect.objectContaining({ message: 'DOGE is not listed on chain 31337.', hint: 'Listed are: WETH, USDC.' }),
    );
    expect(() => find('WETH', 31338)).toThrow(expect.objectContaining({ hint: 'WETH is listed on chain 31337.' }));
    expect(() => find('DOGE', 1)).toThrow(expect.objectContaining({ hint: 'Listed are: none.' }));
  });

  it('that is ambiguous is refused with the addresses', () => {
    expect(() => find('USDC', 31338)).toThrow(
      expect.objectContaining({ hint: `Give the address instead: ${address('cc')}, ${address('dd')}.` }),
    );
  });
});

describe('a book', () => {
  it('is found by its pair or by its number', () => {
    expect(findBook('weth/usdc', [BOOK])).toBe(BOOK);
    expect(findBook('1', [BOOK])).toBe(BOOK);
  });

  it('that does not exist is refused with those that do', () => {
    expect(() => findBook('DOGE/USDC', [BOOK])).toThrow(
      expect.objectContaining({ message: 'There is no book DOGE/USDC.', hint: 'There are: WETH/USDC.' }),
    );
  });

  it('that is ambiguous is refused with the numbers', () => {
    expect(() => findBook('WETH/USDC', [BOOK, { ...BOOK, book: 7 }])).toThrow(
      expect.objectContaining({ hint: 'Give the number instead: 1, 7 (see `mw book`).' }),
    );
  });
});
