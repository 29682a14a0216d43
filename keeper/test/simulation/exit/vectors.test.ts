import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Address, Hex } from '../../../src/core/commands.ts';
import { hashLeaf, hashTokenLeaf } from '../../support/exitLeaves.ts';
import { rootOf } from '../../support/merkle.ts';
import { exitVectors } from './vectors.ts';

interface Chain {
  readonly chainId: number;
  readonly registry: Address;
  readonly treeRoot: Hex;
  readonly tokens: readonly {
    readonly token: Address;
    readonly offsetTotal: string;
    readonly transitTotal: string;
    readonly proof: readonly Hex[];
  }[];
  readonly moves: readonly { readonly kind: string; readonly token: Address; readonly amount: string }[];
  readonly claims: readonly {
    readonly key: Hex;
    readonly token: Address;
    readonly hasLeaf: boolean;
    readonly offset: string;
    readonly transit: string;
    readonly salt: Hex;
    readonly proof: readonly Hex[];
    readonly paid: string;
  }[];
}

const text = readFileSync(resolve(import.meta.dirname, '../../../../contracts/test/vectors/exit.json'), 'utf8');
const { histories } = JSON.parse(text) as { histories: { name: string; checkpoint: number; chains: Chain[] }[] };

describe('the vectors of exits', () => {
  it('are what the generator writes', () => {
    expect(text === exitVectors()).toBe(true);
  });

  it.each(histories)(
    'of $name lead from every leaf to the root, and pay no more than there is',
    ({ checkpoint, chains }) => {
      for (const { chainId, registry, treeRoot, tokens, moves, claims } of chains) {
        const place = { chainId, registry, checkpoint };
        for (const { token, offsetTotal, transitTotal, proof } of tokens) {
          const leaf = { token, offsetTotal: BigInt(offsetTotal), transitTotal: BigInt(transitTotal) };
          expect(rootOf(hashTokenLeaf(place, leaf), proof)).toBe(treeRoot);
        }
        for (const { key, token, offset, transit, salt, proof } of claims.filter(({ hasLeaf }) => hasLeaf)) {
          const leaf = { key, token, offset: BigInt(offset), transit: BigInt(transit), salt };
          expect(rootOf(hashLeaf(place, leaf), proof)).toBe(treeRoot);
        }
        for (const { token } of tokens) {
          const paid = sum(claims.filter((claim) => claim.token === token).map((claim) => claim.paid));
          const came = moves.filter((move) => move.token === token && ['credit', 'arrive'].includes(move.kind));
          const went = moves.filter((move) => move.token === token && ['debit', 'send'].includes(move.kind));
          const left = sum(came.map(({ amount }) => amount)) - sum(went.map(({ amount }) => amount)) - paid;
          expect(left >= 0n).toBe(true);
        }
      }
    },
  );

  it('show every kind of move, claims of settlements, and claims without a leaf', () => {
    const all = histories.flatMap(({ chains }) => chains);
    const kinds = new Set(all.flatMap(({ moves }) => moves.map(({ kind }) => kind)));
    expect([...kinds].toSorted()).toEqual(['absorb', 'arrive', 'credit', 'debit', 'send']);
    const paying = all.flatMap(({ claims }) => claims).filter(({ paid }) => paid !== '0');
    expect(paying.some(({ hasLeaf }) => !hasLeaf)).toBe(true);
    expect(paying.some(({ transit }) => transit !== '0')).toBe(true);
    expect(paying.some(({ key }) => !key.startsWith(`0x${'00'.repeat(12)}`))).toBe(true);
  });
});

function sum(amounts: readonly string[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n);
}
