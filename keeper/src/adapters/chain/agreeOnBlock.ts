import type { Block } from '../../core/commands.ts';
import { agree, noQuorum, type Quorum } from './agree.ts';
import type { Rpc } from './rpc.ts';

/** Which block counts as final. `depth` is for chains whose nodes know no finality: so many blocks behind the newest. */
export type Finality = 'finalized' | 'safe' | { readonly depth: number };

export interface BlockQuestion {
  readonly tag: 'latest' | Finality;
  /** How long the others are waited for once enough have answered: the newest block need not be that of the fastest. */
  readonly stragglerMs: number;
}

interface Claim {
  readonly rpc: Rpc;
  readonly block: Block;
}

/**
 * The newest block at the tag that enough RPCs confirm with number and hash, and the RPCs that may be asked about it:
 * all but those that failed or answered for another chain. They may lag each other: a block counts as confirmed by everyone whose own is as new. Throws `ChainError`.
 */
export async function agreeOnBlock(
  quorum: Quorum,
  { tag, stragglerMs }: BlockQuestion,
): Promise<{ readonly block: Block; readonly quorum: Quorum }> {
  const { claims, failed } = await collectClaims(quorum, { tag, stragglerMs });
  const claimed = quorum.rpcs.filter((rpc) => claims.some((claim) => claim.rpc === rpc));
  const stragglers = quorum.rpcs.filter((rpc) => !claimed.includes(rpc) && !failed.has(rpc));
  const answering = { ...quorum, rpcs: [...claimed, ...stragglers] };
  const { needed } = quorum;
  claims.sort((a, b) => b.block.number - a.block.number);
  // The first that can have enough confirmations, then the next older ones, for the case that somebody invents blocks.
  const candidates = new Set(claims.slice(needed - 1).map(({ block }) => block.number));
  let last: unknown;
  for (const number of candidates) {
    const able = claims.filter(({ block }) => block.number >= number);
    try {
      const block = await confirm(quorum, number, able);
      return { block, quorum: answering };
    } catch (error) {
      last = error;
    }
  }
  throw (
    last ?? noQuorum(quorum, { about: 'the newest block', failures: [...failed.values()], opinions: claims.length })
  );
}

/** Hash and time of one block by its number, as enough of the RPCs know it. */
export async function blockByNumber(quorum: Quorum, number: number): Promise<Block> {
  return JSON.parse(
    await agree(quorum, {
      about: `block ${number}`,
      virtue: 'block',
      ask: async (rpc) => JSON.stringify(await rpc.block(number)),
    }),
  ) as Block;
}

async function confirm(quorum: Quorum, number: number, claims: readonly Claim[]): Promise<Block> {
  const own = new Map(claims.map(({ rpc, block }) => [rpc, block]));
  const answer = await agree(
    { ...quorum, rpcs: [...own.keys()] },
    {
      about: `block ${number}`,
      virtue: 'block',
      ask: async (rpc) => {
        const known = own.get(rpc);
        return JSON.stringify(known?.number === number ? known : await rpc.block(number));
      },
    },
  );
  return JSON.parse(answer) as Block;
}

/** Every RPC's own newest block at the tag. Those that answer for another chain are left out and marked. */
async function collectClaims(
  quorum: Quorum,
  { tag, stragglerMs }: BlockQuestion,
): Promise<{ readonly claims: Claim[]; readonly failed: ReadonlyMap<Rpc, Error> }> {
  const claims: Claim[] = [];
  const failed = new Map<Rpc, Error>();
  let enough = () => {};
  const enoughClaims = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const all = quorum.rpcs.map(async (rpc) => {
    try {
      claims.push({ rpc, block: await claimOf(rpc, quorum.chainId, tag) });
      if (claims.length === quorum.needed) enough();
    } catch (error) {
      failed.set(rpc, error as Error);
    }
  });
  await Promise.race([Promise.all(all), enoughClaims.then(() => wait(stragglerMs))]);
  return { claims: [...claims], failed: new Map(failed) };
}

async function claimOf(rpc: Rpc, chainId: number, tag: 'latest' | Finality): Promise<Block> {
  const name = typeof tag === 'object' ? 'latest' : tag;
  const [answersFor, block] = await Promise.all([rpc.chainId(), rpc.block(name)]);
  if (answersFor !== chainId) {
    rpc.judge('chain', `answers for chain ${answersFor} instead of ${chainId}`);
    throw new Error(`${rpc.host}: answers for chain ${answersFor}`);
  }
  rpc.judge('chain');
  return typeof tag === 'object' ? rpc.block(Math.max(0, block.number - tag.depth)) : block;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
