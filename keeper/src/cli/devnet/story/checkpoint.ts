import { checkpointerAbi } from '@myrtle-wyckoff/generated';
import { keccak256, size } from 'viem';
import type { LatestCheckpoint } from '../../../client/keeperClient.ts';
import { waitUntil } from '../waitUntil.ts';
import { expectEqual, type World } from './world.ts';

/** A checkpoint that holds everything up to a place in the journal lands on the home chain and becomes final. */
export async function checkpoint(
  world: World,
  { sequence, tell }: { readonly sequence: number; readonly tell: (fact: string) => void },
): Promise<void> {
  const landed = await waitUntil('a checkpoint with the trades to be final', async () => {
    const newest = await world.keeper.latestCheckpoint();
    return newest?.final && newest.journalIndex >= sequence ? newest : undefined;
  });
  const { chainId, epoch, payload } = await readFromChain(world, landed);
  tell(`checkpoint ${landed.number} of epoch ${epoch} stands on chain ${chainId}: ${size(payload)} encrypted bytes`);
  tell(`it holds the state after entry ${landed.journalIndex} of the journal; state hash ${landed.stateHash}`);
}

/** What the Checkpointer itself says, compared with what the keeper says. */
async function readFromChain({ devnet: { home } }: World, landed: LatestCheckpoint) {
  const contract = { address: home.deployment.checkpointer, abi: checkpointerAbi } as const;
  const [tip] = await home.reader.readContract({ ...contract, functionName: 'tip', blockTag: 'finalized' });
  if (tip < BigInt(landed.number))
    throw new Error(`Checkpoint ${landed.number} is not final: the Checkpointer is at ${tip}.`);
  const logs = await home.reader.getContractEvents({
    ...contract,
    eventName: 'Checkpointed',
    fromBlock: 0n,
    strict: true,
  });
  const log = logs.find(({ args }) => args.checkpoint.number === BigInt(landed.number));
  if (log === undefined) throw new Error(`The Checkpointer has no event of checkpoint ${landed.number}.`);
  const { checkpoint: posted, payload } = log.args;
  expectEqual('The state hash on chain', posted.stateHash, landed.stateHash);
  expectEqual('The place in the journal on chain', posted.journalIndex, BigInt(landed.journalIndex));
  expectEqual('The hash of the payload on chain', keccak256(payload), posted.payloadHash);
  return { chainId: home.chainId, epoch: posted.epoch, payload };
}
