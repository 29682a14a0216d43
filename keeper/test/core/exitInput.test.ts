import { describe, expect, it } from 'vitest';
import { wadPer } from '../../src/core/assets.ts';
import { exitInputOf } from '../../src/core/exitInput.ts';
import { exitShares } from '../../src/core/exitShares.ts';
import { exitTrees } from '../../src/core/exitTree.ts';
import { decodeState, encodeState } from '../../src/core/snapshot.ts';
import { solvencyOf } from '../../src/core/viewState.ts';
import { addressOf, deposit, FEES, GENESIS, HOME, INSURANCE } from '../support/exchange.ts';
import { createPair, randomCommand } from '../support/randomCommands.ts';

const SALT_KEY = new Uint8Array(32).fill(3);

/** A busy exchange with pending withdrawals and an unlisted token. */
function busyState(seed: number) {
  const pair = createPair(seed);
  const { state } = pair.exchange;
  for (let i = 0; i < 800 || state.withdrawals.size === 0; i++) randomCommand(pair);
  deposit(pair.exchange, { chainId: HOME, token: addressOf('unlisted') }, addressOf('ann'), 77n);
  return state;
}

describe('the exit trees of a state', () => {
  it.each([1, 2, 3, 4, 5])('give everybody what the ledger says, in vaults that hold it (seed %i)', (seed) => {
    const state = busyState(seed);
    const input = exitInputOf(state);
    const { tokens, stranded } = exitShares(input);
    expect(stranded).toEqual([]);
    for (const [asset, balances] of input.balances.entries()) {
      const own = input.tokens.flatMap((token, index) =>
        token.asset === asset ? [{ ...token, ...tokens[index] }] : [],
      );
      const coarsest = wadPer(Math.min(...own.map(({ decimals }) => decimals)));
      for (const owner of input.owners.keys()) {
        let owned = input.withdrawals
          .filter(({ owner: of, token }) => of === owner && input.tokens[token]?.asset === asset)
          .reduce((sum, { token, amount }) => sum + amount * wadPer(input.tokens[token]?.decimals as number), 0n);
        for (const [account, balance] of balances.entries()) if (input.ownerOf[account] === owner) owned += balance;
        const placed = own.reduce((sum, { exits, decimals }) => sum + (exits?.get(owner) ?? 0n) * wadPer(decimals), 0n);
        expect(owned - placed >= 0n && owned - placed < coarsest).toBe(true);
      }
      for (const { holdings, exitTotal, exits } of own) {
        expect(exitTotal).toBe(holdings);
        expect([...(exits?.values() ?? [])].reduce((sum, atoms) => sum + atoms, 0n) <= holdings).toBe(true);
      }
      expect(solvencyOf(state, asset).vaults).toBe(
        own.reduce((sum, { holdings, decimals }) => sum + holdings * wadPer(decimals), 0n),
      );
    }
  });

  it('are the same after a recovery from the checkpoint', () => {
    const state = busyState(7);
    const recovered = decodeState(encodeState(state), GENESIS);
    const [before, after] = [state, recovered].map((of) => exitTrees(exitInputOf(of), SALT_KEY).trees);
    expect(after?.map(({ treeRoot }) => treeRoot)).toEqual(before?.map(({ treeRoot }) => treeRoot));
  });

  it('serve the fee and the insurance account last', () => {
    const { owners, lastOwners } = exitInputOf(busyState(7));
    expect(lastOwners.map((owner) => owners[owner])).toEqual([FEES, INSURANCE]);
  });
});
