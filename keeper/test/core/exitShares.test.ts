import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeOut, exitShares, type ShareInput, type VaultPosition } from '../../src/core/exitShares.ts';
import { addressOf } from '../support/exchange.ts';

const [ANN, BEN, CAT] = [0, 1, 2];
const OWNERS = [addressOf('ann'), addressOf('ben'), addressOf('cat')];
const COMMITMENT = `0x${'c1'.repeat(32)}` as const;

describe('the close-out', () => {
  it('leaves everything as it is while nobody owes anything', () => {
    const balances = [
      [5n, 0n],
      [0n, 7n],
    ];
    expect(closeOut(balances, [])).toBe(balances);
  });

  it('makes a debtor pay with what he has', () => {
    // Asset 0 at 1, asset 1 at 2. Ann brought 100 of asset 1 and sold 40 of asset 0, which she does not have, for 30 more.
    const closed = closeOut(
      [
        [-40n, 100n, 40n],
        [130n, 0n, 0n],
      ],
      [1n, 2n],
    );
    // 100 of asset 0 are there for the 140 that Ben and Cat own: 71 and 28; they miss 29 + 12 = 41, a value of Ann's 40.
    expect(closed[0]).toEqual([0n, 71n, 28n]);
    const [ann, ben, cat] = closed[1] as [bigint, bigint, bigint];
    expect([ann, ben, cat]).toEqual([110n, 14n, 5n]);
  });

  it('shares the loss of a bankrupt among those who miss something, by what they miss', () => {
    const closed = closeOut(
      [
        [-100n, 150n, 50n],
        [30n, 0n, 0n],
      ],
      [1n, 1n],
    );
    expect(closed).toEqual([
      [0n, 75n, 25n],
      [0n, 22n, 7n],
    ]);
  });

  it('asks nobody to pay for a debt that is worth nothing', () => {
    expect(
      closeOut(
        [
          [-100n, 150n],
          [30n, 9n],
        ],
        [0n, 1n],
      ),
    ).toEqual([
      [0n, 50n],
      [30n, 9n],
    ]);
  });

  it('takes nothing from a debtor whose things are worth nothing', () => {
    expect(
      closeOut(
        [
          [-100n, 150n],
          [30n, 0n],
        ],
        [1n, 0n],
      ),
    ).toEqual([
      [0n, 50n],
      [30n, 0n],
    ]);
  });

  it('counts to the last unit, also where nobody has anything of an asset', () => {
    expect(
      closeOut(
        [
          [-1n, 2n],
          [1n, 0n],
          [0n, 0n],
        ],
        [1n, 1n, 1n],
      ),
    ).toEqual([
      [0n, 1n],
      [0n, 1n],
      [0n, 0n],
    ]);
  });

  it('rounds what is paid up: never to the loss of those who miss something', () => {
    // Of 1 that is due a third falls on asset 1, and two thirds on asset 2.
    expect(
      closeOut(
        [
          [-1n, 2n],
          [1n, 0n],
          [2n, 0n],
        ],
        [1n, 1n, 1n],
      ),
    ).toEqual([
      [0n, 1n],
      [0n, 1n],
      [1n, 1n],
    ]);
  });

  it('refuses what cannot be: more owed than owned', () => {
    expect(() => closeOut([[-2n, 1n]], [1n])).toThrow('more is owed');
  });

  const amount = fc.oneof(
    { arbitrary: fc.bigInt({ min: 0n, max: 10n ** 24n }), weight: 4 },
    { arbitrary: fc.bigInt({ min: -(10n ** 23n), max: 0n }), weight: 1 },
  );
  const columns = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }))
    .chain(([accounts, assets]) =>
      fc.record({
        balances: fc.array(fc.array(amount, { minLength: accounts, maxLength: accounts }), {
          minLength: assets,
          maxLength: assets,
        }),
        prices: fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: assets, maxLength: assets }),
      }),
    )
    // No more is owed of an asset than is owned of it: the last account owns enough.
    .map(({ balances, prices }) => {
      for (const column of balances) {
        const held = sum(column);
        if (held < 0n) column[column.length - 1] = (column.at(-1) as bigint) - held;
      }
      return { balances, prices };
    });

  it('conserves every asset, to the last few 10⁻¹⁸, and leaves no debt', () => {
    fc.assert(
      fc.property(columns, ({ balances, prices }) => {
        for (const [asset, column] of closeOut(balances, prices).entries()) {
          const lost = sum(balances[asset] as bigint[]) - sum(column);
          // At most one where a share, and one where a part of the pool is rounded down.
          expect(lost >= 0n && lost <= 2n * BigInt(column.length)).toBe(true);
          expect(column.every((balance) => balance >= 0n)).toBe(true);
        }
      }),
    );
  });

  it('keeps every equity when nobody is bankrupt, and leaves nothing to those who are', () => {
    let solvent = 0;
    fc.assert(
      fc.property(columns, ({ balances, prices }) => {
        const before = equities(balances, prices);
        const after = equities(closeOut(balances, prices), prices);
        // Rounding: one unit of each asset for the share and the payment of each account, and for the part of the pool.
        const slack = 3n * sum([...prices]) * BigInt(before.length);
        const isSolvent = before.every((equity) => equity >= 0n);
        if (isSolvent && balances.flat().some((balance) => balance < 0n)) solvent++;
        for (const [account, equity] of before.entries()) {
          const difference = (after[account] as bigint) - (equity > 0n ? equity : 0n);
          expect(difference <= slack).toBe(true);
          if (isSolvent) expect(difference >= -slack).toBe(true);
        }
      }),
    );
    expect(solvent).toBeGreaterThan(10);
  });
});

describe('the shares in the vaults', () => {
  const CHAIN = 1;
  const OTHER = 2;
  const vault = (more: Partial<VaultPosition>): VaultPosition => ({
    chainId: CHAIN,
    asset: 0,
    decimals: 18,
    holdings: 0n,
    netOf: new Map(),
    ...more,
  });
  const input = (more: Partial<ShareInput>): ShareInput => ({
    owners: OWNERS,
    ownerOf: [ANN, BEN, CAT] as number[],
    balances: [[0n, 0n, 0n]],
    prices: [],
    boundTo: new Map(),
    lastOwners: [],
    tokens: [],
    withdrawals: [],
    settlements: [],
    shuttles: [],
    ...more,
  });
  const exitsOf = (result: ReturnType<typeof exitShares>) =>
    result.tokens.map(({ exits }) => Object.fromEntries(exits));

  it('are where each owner deposited, as far as he still owns it, and otherwise where there is room', () => {
    const tokens = [
      vault({ holdings: 70n, netOf: net([ANN, 50n], [BEN, 20n]) }),
      vault({ chainId: OTHER, holdings: 30n, netOf: net([BEN, 30n]) }),
    ];
    const result = exitShares(input({ balances: [[60n, 40n, 0n]], tokens }));
    expect(exitsOf(result)).toEqual([
      { 0: 50n, 1: 20n },
      { 0: 10n, 1: 20n },
    ]);
    expect(result.tokens.map(({ exitTotal }) => exitTotal)).toEqual([70n, 30n]);
  });

  it('sum up the subaccounts of an owner', () => {
    const tokens = [vault({ holdings: 12n })];
    const result = exitShares(input({ ownerOf: [ANN, ANN, BEN], balances: [[5n, 4n, 3n]], tokens }));
    expect(exitsOf(result)).toEqual([{ 0: 9n, 1: 3n }]);
  });

  it('are whole atoms of each chain, fractions rounded down, or placed where atoms are finer', () => {
    const tokens = [vault({ decimals: 17, holdings: 6n }), vault({ chainId: OTHER, decimals: 18, holdings: 7n })];
    expect(exitsOf(exitShares(input({ balances: [[33n, 34n, 0n]], tokens })))).toEqual([
      { 0: 3n, 1: 3n },
      { 0: 3n, 1: 4n },
    ]);
    const coarse = [vault({ decimals: 17, holdings: 6n })];
    expect(exitsOf(exitShares(input({ balances: [[26n, 34n, 0n]], tokens: coarse })))).toEqual([{ 0: 2n, 1: 3n }]);
  });

  it('leave what is promised to withdrawals and settlements where it lies', () => {
    const tokens = [vault({ holdings: 50n }), vault({ chainId: OTHER, holdings: 50n })];
    const result = exitShares(
      input({
        balances: [[60n, 0n, 0n]],
        tokens,
        withdrawals: [{ owner: BEN, token: 0, amount: 30n }],
        settlements: [{ commitment: COMMITMENT, token: 1, sellAmount: 10n, status: 'pending' }],
      }),
    );
    expect(exitsOf(result)).toEqual([{ 0: 20n, 1: 30n }, { 0: 40n }]);
  });

  it('leave to a lane what has not reached it, and nothing that has', () => {
    const tokens = [vault({ holdings: 50n }), vault({ chainId: OTHER, holdings: 50n })];
    const settlements = [
      { commitment: COMMITMENT, token: 0, sellAmount: 10n, status: 'pending' as const },
      { commitment: COMMITMENT, token: 0, sellAmount: 5n, status: 'open' as const },
    ];
    const result = exitShares(input({ balances: [[60n, 0n, 0n]], tokens, settlements }));
    expect(exitsOf(result)).toEqual([{ 0: 40n }, { 0: 20n }]);
  });

  it('of an unlisted token are what everybody brought', () => {
    const tokens = [vault({ asset: -1, decimals: 0, holdings: 9n, netOf: net([ANN, 4n], [CAT, 5n]) })];
    expect(exitsOf(exitShares(input({ balances: [], tokens })))).toEqual([{ 0: 4n, 2: 5n }]);
  });

  it('of a contract lie on its own chain, before all others; what finds no room there is stranded', () => {
    const tokens = [vault({ holdings: 50n, netOf: net([ANN, 50n]) }), vault({ chainId: OTHER, holdings: 50n })];
    const bound = input({ balances: [[40n, 60n, 0n]], tokens, boundTo: new Map([[BEN, [CHAIN]]]) });
    const result = exitShares(bound);
    expect(exitsOf(result)).toEqual([{ 1: 50n }, { 0: 40n }]);
    expect(result.stranded).toEqual([{ owner: BEN, asset: 0, wad: 10n }]);
  });

  it('of a contract that lives on several chains are on each at most what came in there', () => {
    const tokens = [
      vault({ holdings: 50n, netOf: net([ANN, 40n], [BEN, 10n]) }),
      vault({ chainId: OTHER, holdings: 50n, netOf: net([ANN, 45n], [BEN, 5n]) }),
    ];
    const boundTo = new Map([[BEN, [CHAIN, OTHER]]]);
    const result = exitShares(input({ balances: [[60n, 40n, 0n]], tokens, boundTo }));
    expect(exitsOf(result)).toEqual([
      { 0: 40n, 1: 10n },
      { 0: 20n, 1: 5n },
    ]);
    expect(result.stranded).toEqual([{ owner: BEN, asset: 0, wad: 25n }]);
  });

  it('count what is stranded or rounded away as owed, so that it does not pass for what a shuttle brought', () => {
    const shuttles = [{ origin: 1, destination: 0, inputAmount: 20n, outputAmount: 20n, status: 'sent' as const }];
    const tokens = [vault({ holdings: 50n }), vault({ chainId: OTHER, holdings: 50n })];
    const result = exitShares(
      input({ balances: [[60n, 60n, 0n]], tokens, boundTo: new Map([[BEN, [CHAIN]]]), shuttles }),
    );
    expect(result.stranded).toEqual([{ owner: BEN, asset: 0, wad: 10n }]);
    expect(result.tokens.map(({ exitTotal }) => exitTotal)).toEqual([50n, 50n]);
    expect(exitsOf(result)).toEqual([{ 1: 50n }, { 0: 50n }]);
    expect(result.tokens.map(({ transits }) => Object.fromEntries(transits))).toEqual([{ 0: 10n }, { 0: 10n }]);
  });

  it('in shuttles are the same share of each of them, on both ends, and fall to the last owners first', () => {
    const tokens = [vault({ holdings: 30n }), vault({ chainId: OTHER, decimals: 17, holdings: 8n })];
    const shuttles = [
      // Still in the vault, fee included; on its way; arrived before its sending was seen.
      { origin: 0, destination: 1, inputAmount: 11n, outputAmount: 1n, status: 'pending' as const },
      { origin: 1, destination: 0, inputAmount: 4n, outputAmount: 30n, status: 'sent' as const },
      { origin: 0, destination: 1, inputAmount: 9n, outputAmount: 1n, status: 'early' as const },
    ];
    const result = exitShares(input({ balances: [[60n, 30n, 40n]], tokens, shuttles, lastOwners: [ANN] }));
    expect(exitsOf(result)).toEqual([{ 0: 10n }, { 0: 1n, 1: 3n, 2: 4n }]);
    expect(result.tokens.map(({ transits }) => Object.fromEntries(transits))).toEqual([{ 0: 40n }, { 0: 4n }]);
    expect(result.tokens.map(({ transitTotal }) => transitTotal)).toEqual([40n, 4n]);
    expect(result.tokens.map(({ exitTotal }) => exitTotal)).toEqual([10n, 8n]);
  });

  it('in shuttles of one asset are those of its owners, and only in the vaults that it touches', () => {
    const tokens = [
      vault({}),
      vault({ chainId: OTHER }),
      vault({ chainId: 3 }),
      vault({ asset: 1 }),
      vault({ chainId: OTHER, asset: 1 }),
    ];
    const shuttles = [
      { origin: 0, destination: 1, inputAmount: 7n, outputAmount: 7n, status: 'sent' as const },
      { origin: 4, destination: 3, inputAmount: 9n, outputAmount: 9n, status: 'sent' as const },
    ];
    const balances = [
      [7n, 0n, 0n],
      [0n, 9n, 0n],
    ];
    const result = exitShares(input({ balances, tokens, shuttles }));
    const transits = result.tokens.map((token) => Object.fromEntries(token.transits));
    expect(transits).toEqual([{ 0: 7n }, { 0: 7n }, {}, { 1: 9n }, { 1: 9n }]);
  });

  it('in shuttles are whole atoms of the coarsest token', () => {
    const tokens = [vault({ decimals: 18 }), vault({ chainId: OTHER, decimals: 17, holdings: 1n })];
    const shuttles = [{ origin: 1, destination: 0, inputAmount: 3n, outputAmount: 30n, status: 'sent' as const }];
    const result = exitShares(input({ balances: [[25n, 15n, 0n]], tokens, shuttles }));
    expect(exitsOf(result)).toEqual([{}, { 0: 1n }]);
    expect(result.tokens.map(({ transits }) => Object.fromEntries(transits))).toEqual([
      { 0: 10n, 1: 10n },
      { 0: 1n, 1: 1n },
    ]);
  });

  it('are of the last atom, in a vault or on its way', () => {
    const tokens = [vault({ holdings: 1n }), vault({ chainId: OTHER })];
    const shuttles = [{ origin: 0, destination: 1, inputAmount: 1n, outputAmount: 1n, status: 'sent' as const }];
    const result = exitShares(input({ balances: [[1n, 1n, 0n]], tokens, shuttles }));
    expect(exitsOf(result)).toEqual([{ 0: 1n }, {}]);
    expect(result.tokens.map(({ transits }) => Object.fromEntries(transits))).toEqual([{ 1: 1n }, { 1: 1n }]);
  });

  it('are none of an asset that no vault holds yet', () => {
    expect(exitShares(input({}))).toEqual({ tokens: [], stranded: [] });
  });

  it.each([
    { name: 'a whole atom of the finest token of its chain', owned: 110n, wad: 10n },
    { name: 'all but a fraction of such an atom', owned: 109n, wad: undefined },
  ])('of a contract: stranded is $name', ({ owned, wad }) => {
    // On its chain one coarse atom lies, and none of the finer ones.
    const tokens = [
      vault({ decimals: 16, holdings: 1n }),
      vault({ decimals: 17 }),
      vault({ chainId: OTHER, holdings: 99n }),
    ];
    const result = exitShares(input({ balances: [[0n, owned, 0n]], tokens, boundTo: new Map([[BEN, [CHAIN]]]) }));
    expect(exitsOf(result)).toEqual([{ 1: 1n }, {}, {}]);
    expect(result.stranded).toEqual(wad === undefined ? [] : [{ owner: BEN, asset: 0, wad }]);
  });

  it('of a contract whose chain has no vault of the asset are all stranded', () => {
    const tokens = [vault({ chainId: OTHER, holdings: 1n })];
    const result = exitShares(input({ balances: [[0n, 1n, 0n]], tokens, boundTo: new Map([[BEN, [CHAIN]]]) }));
    expect(exitsOf(result)).toEqual([{}]);
    expect(result.stranded).toEqual([{ owner: BEN, asset: 0, wad: 1n }]);
  });

  it('of a contract on several chains are none where nothing came in', () => {
    const tokens = [vault({ holdings: 5n, netOf: net([BEN, 5n]) }), vault({ chainId: OTHER, holdings: 5n })];
    const boundTo = new Map([[BEN, [CHAIN, OTHER]]]);
    expect(exitsOf(exitShares(input({ balances: [[0n, 10n, 0n]], tokens, boundTo })))).toEqual([{ 1: 5n }, {}]);
  });

  it('are never more than there is', () => {
    const tokens = [vault({ holdings: 9n })];
    expect(() => exitShares(input({ balances: [[10n, 0n, 0n]], tokens }))).toThrow('10 owned, 9 held');
    const withdrawals = [{ owner: ANN, token: 0, amount: 10n }];
    expect(() => exitShares(input({ tokens, withdrawals }))).toThrow('more promised');
  });
});

function net(...entries: [owner: number, atoms: bigint][]): ReadonlyMap<number, bigint> {
  return new Map(entries);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** Of every account. */
function equities(balances: readonly (readonly bigint[])[], prices: readonly bigint[]): bigint[] {
  return (balances[0] as readonly bigint[]).map((_, account) =>
    balances.reduce((total, column, asset) => total + (column[account] as bigint) * (prices[asset] as bigint), 0n),
  );
}
