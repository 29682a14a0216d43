// A few of the random histories as plain data, for the contracts' tests: what happened in each vault, the exit tree of the
// last checkpoint, and what every claim has to pay.
import type { Hex } from '../../../src/core/commands.ts';
import { type ExitTree, type Holder, keyOf } from '../../../src/core/exitTree.ts';
import { exitRootsTree, ZERO_HASH } from '../../../src/core/typedMessages.ts';
import { checkHistory, WORLDS } from './checkHistory.ts';
import { type Claim, type ExitDay, exitDay } from './claims.ts';
import {
  counterKey,
  createWorld,
  holderOf,
  liveAndDie,
  type ModelOptions,
  saltOf,
  tokenOf,
  type Vault,
  type World,
} from './world.ts';

/** Chosen because much is in flight when the keeper dies: settlements pending and open, shuttles sent and unsent. */
const HISTORIES: readonly (readonly [keyof typeof WORLDS, number])[] = [
  ['even decimals', 1314],
  ['uneven decimals', 91],
  ['uneven decimals', 2033],
  ['a contract among the accounts', 1032],
  ['accounts that owe', 2048],
  ['accounts that owe', 2397],
];

const ABOUT = [
  'Random histories of three vaults; written by `npm run generate`, read by the tests of the hatch and of the keeper.',
  'Amounts are atoms, as decimal strings. A key is an address in 32 bytes, or the commitment keccak256(abi.encode(account, subaccount, commitmentSalt)) of a settlement.',
  'moves: in this order, each while the log had `index` entries. credit and debit: tokens come or go and the counters of `key` grow. send: tokens go that no key withdrew. arrive: a plain transfer to the vault. absorb: what arrived enters the books.',
  'claims: in this order, each once `afterMoves` moves were made. Without a leaf (hasLeaf false) offset and transit are 0. `paid` is what exactly this claim pays.',
  'The root that is in force is that of `checkpoint`, with `treeRoot` and `processedIndex`; `proof` of a chain leads from its leaf to `root`.',
];

/** The file's text. */
export function exitVectors(): string {
  const histories = HISTORIES.map(([name, seed]) => {
    checkHistory(seed, WORLDS[name]);
    return history(`${name}, seed ${seed}`, seed, WORLDS[name]);
  });
  const text = JSON.stringify(
    { about: ABOUT, histories },
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
    1,
  );
  return `${text}\n`;
}

function history(name: string, seed: number, options: ModelOptions) {
  const world = createWorld(seed, options);
  const { trees } = liveAndDie(world);
  const day = exitDay(world, trees);
  const roots = exitRootsTree(trees);
  return {
    name,
    checkpoint: world.checkpoint,
    root: roots.root,
    chains: world.vaults.map((vault) =>
      chainVector(world, vault, { tree: trees[vault.chain] as ExitTree, day, roots }),
    ),
  };
}

function chainVector(
  world: World,
  vault: Vault,
  { tree, day, roots }: { tree: ExitTree; day: ExitDay; roots: ReturnType<typeof exitRootsTree> },
) {
  const { chain, chainId } = vault;
  const { registry, treeRoot, processedIndex } = tree;
  const known = new Set<string>();
  const claims = day.claims.filter((claim) => {
    // What pays nothing changes nothing: the first time is enough.
    const key = counterKey(claim.holder, claim.asset);
    const isNews = claim.paid > 0n || !known.has(key);
    if (claim.chain === chain) known.add(key);
    return claim.chain === chain && isNews && mayClaim(vault, tree, claim);
  });
  return {
    chainId,
    registry,
    treeRoot,
    processedIndex,
    proof: roots.proof(chainId),
    tokens: tree.tokenLeaves.map(({ leaf, proof }) => ({ ...leaf, proof })),
    moves: vault.moves.map(({ type, index, holder, asset, amount }) => ({
      kind: type,
      index,
      key: holder === undefined ? ZERO_HASH : keyOf(holder),
      token: tokenOf(chain, asset),
      amount,
    })),
    claims: claims.map((claim) => claimVector(world, tree, claim)),
  };
}

/** With a leaf, or when everything that the vault then knows of the key is younger than the checkpoint. */
function mayClaim({ moves }: Vault, tree: ExitTree, { holder, asset, chain, afterMoves }: Claim): boolean {
  if (leafOf(tree, holder, tokenOf(chain, asset)) !== undefined) return true;
  const first = moves.slice(0, afterMoves).find((move) => move.holder === holder && move.asset === asset);
  return first !== undefined && first.index >= tree.processedIndex;
}

function claimVector(world: World, tree: ExitTree, { chain, asset, holder, paid, afterMoves }: Claim) {
  const token = tokenOf(chain, asset);
  const found = leafOf(tree, holder, token);
  const { offset, transit, salt } = found?.leaf ?? { offset: 0n, transit: 0n, salt: ZERO_HASH };
  return {
    afterMoves,
    ...whoIs(world, holder),
    key: keyOf(holder),
    token,
    hasLeaf: found !== undefined,
    offset,
    transit,
    salt,
    proof: found?.proof ?? [],
    paid,
  };
}

function leafOf(tree: ExitTree, holder: Holder, token: Hex) {
  return tree.leavesOf(holder).find(({ leaf }) => leaf.token === token);
}

/** The account behind a key, and how its commitment opens. */
function whoIs({ settlements }: World, holder: Holder) {
  for (const [id, { name, subaccount, commitment }] of settlements) {
    if (commitment === holder) return { account: holderOf(name), subaccount, commitmentSalt: saltOf(id) };
  }
  return { account: holder, subaccount: 0, commitmentSalt: ZERO_HASH };
}
