// One random history of vaults to its end: does everybody get what he owns?
import { exitShares } from '../../../src/core/exitShares.ts';
import type { ExitInput } from '../../../src/core/exitTree.ts';
import { type ExitDay, entitlements, exitDay, paidKey } from './claims.ts';
import {
  ASSETS,
  CHAINS,
  coarsestWad,
  createWorld,
  holderOf,
  liveAndDie,
  type ModelOptions,
  OWNERS,
  type World,
} from './world.ts';

/** Decimals of both assets, by chain. */
const EVEN: ModelOptions = {
  decimals: [
    [18, 18],
    [18, 18],
    [18, 18],
  ],
  contracts: [],
  lends: false,
};
const UNEVEN: ModelOptions = {
  decimals: [
    [6, 18],
    [18, 9],
    [8, 2],
  ],
  contracts: [],
  lends: false,
};

/** Worlds of even and uneven decimals, without and with a contract account or debts. */
export const WORLDS = {
  'even decimals': EVEN,
  'uneven decimals': UNEVEN,
  'a contract among the accounts': { ...UNEVEN, contracts: ['dan'] },
  'accounts that owe': { ...UNEVEN, lends: true },
} as const satisfies Record<string, ModelOptions>;

/** Coarsest atoms that rounding may cost: one where a balance is placed, and one per vault that shuttles touch. */
const ROUNDED_AWAY = 1n + BigInt(CHAINS.length);

export interface History {
  readonly seed: number;
  readonly claims: number;
  readonly settlements: number;
  readonly shuttles: number;
  readonly stranded: number;
  readonly debts: number;
}

/**
 * Throws when somebody is paid more than he owns, or less than rounding explains, when a contract is paid on a chain that is
 * not its own, or when a vault is asked for more than it has. The fee account takes what rounding leaves.
 */
export function checkHistory(seed: number, options: ModelOptions): History {
  const world = createWorld(seed, options);
  const { input, trees } = liveAndDie(world);
  const day = exitDay(world, trees);
  const owned = entitlements(world, input);
  const { stranded } = exitShares(input);
  for (const [owner, name] of OWNERS.entries()) {
    if (name === 'fees') continue;
    for (const asset of ASSETS) {
      const key = paidKey(name, asset);
      const difference = (day.paid.get(key) ?? 0n) - (owned.get(key) ?? 0n);
      const left = stranded.find((item) => item.owner === owner && item.asset === asset)?.wad ?? 0n;
      const what = `seed ${seed}: ${name} of asset ${asset}: paid less owned is ${difference}`;
      if (difference > feesOfNothing(world, asset)) throw new Error(`${what}, too much`);
      if (-difference > left + ROUNDED_AWAY * coarsestWad(world, asset)) throw new Error(`${what}, too little`);
    }
  }
  assertContractsStayHome(world, input, day);
  const { settlements, shuttles } = world;
  const claims = day.claims.filter(({ paid }) => paid > 0n).length;
  const debts = input.balances.flat().filter((balance) => balance < 0n).length;
  return { seed, claims, settlements: settlements.size, shuttles: shuttles.size, stranded: stranded.length, debts };
}

/** What is never sent or comes back does so with its fee; without the keeper that goes to those who waited for shuttles. */
function feesOfNothing({ shuttles }: World, asset: number): bigint {
  return [...shuttles.values()]
    .filter((shuttle) => shuttle.asset === asset && shuttle.status !== 'filled' && shuttle.known !== 'over')
    .reduce((sum, { feeWad }) => sum + feeWad, 0n);
}

/** Save for what others bring to its address on another chain after the checkpoint. */
function assertContractsStayHome(world: World, input: ExitInput, { claims }: ExitDay): void {
  for (const holder of world.options.contracts.map(holderOf)) {
    for (const { chain, moves } of world.vaults.slice(1)) {
      const { processedIndex } = input.chains[chain] as ExitInput['chains'][number];
      for (const asset of ASSETS) {
        const brought = moves.filter(
          (move) => move.holder === holder && move.asset === asset && move.index >= processedIndex,
        );
        const own = claims.filter((claim) => claim.holder === holder && claim.chain === chain && claim.asset === asset);
        const paid = own.reduce((sum, claim) => sum + claim.paid, 0n);
        const mayBePaid = brought.reduce((sum, { amount }) => sum + amount, 0n);
        if (paid > mayBePaid) throw new Error(`a contract was paid ${paid} on chain ${chain}, not ${mayBePaid}`);
      }
    }
  }
}
