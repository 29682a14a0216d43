// The ports through which a keeper sees a fake chain, over a network that a test may slow down or cut.
import type { Address, Hex } from '../../src/core/commands.ts';
import { keccak256Hex } from '../../src/core/keccak.ts';
import type { BlockTag, ChainReader, CheckpointPoster, SignedCheckpoint } from '../../src/core/ports.ts';
import type { FakeBlock, FakeChain } from './fakeChain.ts';
import { forcedRequestOf, postCheckpoint, standbyStanding } from './fakeChain.ts';

/** Brings a question to the node, which answers when it hears it, and the answer back. */
export type Network = <T>(ask: () => T) => Promise<T>;

/** Answers at once. */
export const quickNetwork: Network = async (ask) => ask();
/** Nobody is there. */
export const deadNetwork: Network = async () => {
  throw new Error('no answer');
};
/** The question never arrives, and nobody says so. */
export const silentNetwork: Network = () => new Promise(() => {});

/** What a contract account says to EIP-1271. */
export type Wallet = (digest: Hex, signature: Hex) => boolean;

export function createFakeReader(
  chain: FakeChain,
  {
    network = quickNetwork,
    wallets = new Map<Address, Wallet>(),
  }: { network?: Network; wallets?: ReadonlyMap<Address, Wallet> } = {},
): ChainReader {
  const at = <T>(tag: BlockTag, read: (block: FakeBlock) => T): Promise<T> =>
    network(() => read(tag === 'finalized' ? chain.final : chain.newest));
  const plain = ({ number, hash, timestamp }: FakeBlock) => ({ number, hash, timestamp });
  return {
    chainId: chain.chainId,
    readLog: (contract, from, tag) =>
      at(tag, (block) => {
        if (block.number < from.blockNumber) throw new Error('the RPCs are behind');
        const log = block.contracts.logs.get(contract);
        if (log?.heads[from.index] !== from.head) throw new Error('the log no longer begins with what was read');
        return { firstIndex: from.index, entries: log.entries.slice(from.index), block: plain(block) };
      }),
    readAuthority: (_, tag) =>
      at(tag, (block) => {
        const { enclave, leader, epoch, paused, proposal } = block.contracts;
        return { enclave, leader, epoch, paused, proposal: { ...proposal, readyAt: 0 }, block: plain(block) };
      }),
    readStandby: (_, candidate, tag) =>
      at(tag, (block) => standbyStanding({ chainId: chain.chainId, block, candidate })),
    readTip: (_, tag) => at(tag, (block) => block.contracts.tip),
    async *readCheckpoints(_, tag) {
      const { checkpoints } = await at(tag, ({ contracts }) => contracts);
      for (const [i, checkpoint] of checkpoints.toReversed().entries()) {
        // Each of them is asked for; that the first one comes at once is the answer above.
        yield i === 0 ? checkpoint : await at(tag, () => checkpoint);
      }
    },
    readNewestRoot: (_, tag) => at(tag, (block) => block.contracts.root),
    readExitEntry: (_, tag) => at(tag, (block) => block.contracts.exit.enteredAt),
    readWithdrawalLimit: (_, _token, tag) => at(tag, (block) => ({ ...block.contracts.bucket, time: block.timestamp })),
    readForced: (_, id, tag) => at(tag, (block) => forcedRequestOf(block.contracts, id)),
    isNonceUsed: (_, { account, nonce }, tag) =>
      at(tag, (block) => block.contracts.usedNonces.has(`${account} ${nonce}`)),
    hasCode: (address, tag) => at(tag, () => wallets.has(address)),
    isValidContractSignature: ({ account, digest, signature }) =>
      at('latest', () => wallets.get(account)?.(digest, signature) ?? false),
    health: () => [{ host: 'fake', ok: true, failuresInARow: 0, lastError: undefined }],
  };
}

export interface FakePoster extends CheckpointPoster {
  /** Everything that was handed over, repeats included. */
  readonly posted: SignedCheckpoint[];
}

export function createFakePoster(chain: FakeChain, network: Network = quickNetwork): FakePoster {
  const posted: SignedCheckpoint[] = [];
  return {
    posted,
    post(signed) {
      posted.push(signed);
      return network(() => {
        chain.send(postCheckpoint(chain.chainId, signed));
        return keccak256Hex(signed.payload);
      });
    },
    gasBalance: () => network(() => 10n ** 18n),
  };
}
