import { authorityAbi, checkpointerAbi, depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { encodeFunctionData, erc20Abi, parseAbi } from 'viem';
import type { Address, Hex } from '../../core/commands.ts';
import type { AuthorityView, BlockTag, ChainReader, ForcedRequest, StandbyStanding } from '../../core/ports.ts';
import { agree } from './agree.ts';
import type { Finality } from './agreeOnBlock.ts';
import { type AgreedBlock, createBlockSource } from './blockSource.ts';
import { ChainError } from './chainError.ts';
import { readCheckpoints } from './readCheckpoints.ts';
import { readLog } from './readLog.ts';
import { readView } from './readView.ts';
import { createRpc, RpcRefusal } from './rpc.ts';

/** Where one RPC, which is then trusted completely, is enough, and where blocks may stand still. */
const DEVELOPMENT_CHAINS: readonly number[] = [31337, 31338];

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_STRAGGLER_MS = 250;
const DEFAULT_FINAL_REUSE_MS = 2_000;
const AGE_LIMIT_MS = { finalized: 2 * 3_600_000, latest: 15 * 60_000 } as const;
const NO_AGE_LIMIT = { finalized: Number.POSITIVE_INFINITY, latest: Number.POSITIVE_INFINITY } as const;

/** `OutflowKind.Withdrawal` of the contracts. */
const WITHDRAWALS = 0;
const eip1271Abi = parseAbi(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)']);
/** EIP-1271's yes, as a whole word: the selector and zeros. */
const EIP_1271_VALID: Hex = `0x1626ba7e${'00'.repeat(28)}`;
/** What the code of an account with a key begins with when it delegates: EIP-7702. */
const DELEGATION = '0xef0100';
/** Neither nothing nor anything that a failed call gives. */
const TRANSFERRED: Hex = '0x01';
/** JSON-RPC's code for a call that reverts. What else a contract can do wrong, nodes say in words. */
const REVERTED = 3;
const EXECUTION_FAILED = /revert|out ?of ?gas|invalid opcode|invalid jump|stack (?:under|over)flow|EVM error/i;

export interface ChainReaderOptions {
  readonly chainId: number;
  /** Of different operators. One is allowed on the development chains 31337 and 31338 only. */
  readonly rpcUrls: readonly string[];
  /** How many of them must agree: more than half. */
  readonly quorum: number;
  /** What the tag `finalized` means on this chain. */
  readonly finality: Finality;
  /** For one request. An RPC is asked up to three times. */
  readonly timeoutMs?: number;
  /** How long slower RPCs are waited for when enough have named their newest block. */
  readonly stragglerMs?: number;
  /** For so long the same final block is good for several reads: by default 2 s, and not at all in development. */
  readonly finalReuseMs?: number;
  /** Agreed blocks that are older are refused: by default after 2 hours and 15 minutes, never in development. */
  readonly ageLimitMs?: Readonly<Record<BlockTag, number>>;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** Reads a chain through several RPCs. Throws `ChainError` when the settings can never give a quorum. */
export function createChainReader(options: ChainReaderOptions): ChainReader {
  requireUsable(options);
  const { chainId, finality, timeoutMs = DEFAULT_TIMEOUT_MS, now = Date.now } = options;
  const rpcs = options.rpcUrls.map((url) => createRpc({ url, timeoutMs }));
  const blockAt = createBlockSource({
    everyone: { chainId, rpcs, needed: options.quorum },
    finality,
    stragglerMs: options.stragglerMs ?? DEFAULT_STRAGGLER_MS,
    finalReuseMs: options.finalReuseMs ?? (isDevelopment(chainId) ? 0 : DEFAULT_FINAL_REUSE_MS),
    ageLimitMs: options.ageLimitMs ?? (isDevelopment(chainId) ? NO_AGE_LIMIT : AGE_LIMIT_MS),
    now,
  });
  return {
    chainId,
    readLog: async (contract, from, tag) => readLog(await blockAt(tag), contract, from),
    readAuthority: async (address, tag) => readAuthority(await blockAt(tag), address),
    readStandby: async (address, candidate, tag) => readStandby(await blockAt(tag), address, candidate),
    readTip: async (address, tag) => readTip(await blockAt(tag), address),
    async *readCheckpoints(checkpointer, tag) {
      yield* readCheckpoints(await blockAt(tag), checkpointer);
    },
    async readNewestRoot(address, tag) {
      const call = { address, abi: depositRegistryAbi, functionName: 'newestRoot' } as const;
      const [epoch, checkpoint, issuedAt] = await readView(await blockAt(tag), call);
      return { epoch: Number(epoch), checkpoint: Number(checkpoint), issuedAt: Number(issuedAt) };
    },
    async readExitEntry(address, tag) {
      const call = { address, abi: depositRegistryAbi, functionName: 'exitEntry' } as const;
      const [enteredAt] = await readView(await blockAt(tag), call);
      return Number(enteredAt);
    },
    async readWithdrawalLimit(address, token, tag) {
      const args = [token, WITHDRAWALS] as const;
      const call = { address, abi: depositRegistryAbi, functionName: 'outflow', args } as const;
      const at = await blockAt(tag);
      const [{ capacity, refillSeconds }, used] = await readView(at, call);
      return { capacity, used, time: at.block.timestamp, refillSeconds };
    },
    readForced: async (registry, id, tag) => readForced(await blockAt(tag), { registry, id }),
    async isNonceUsed(address, { account, nonce }, tag) {
      const call = { address, abi: depositRegistryAbi, functionName: 'isNonceUsed', args: [account, nonce] } as const;
      return readView(await blockAt(tag), call);
    },
    hasCode: async (address, tag) => hasCode(await blockAt(tag), address),
    isValidContractSignature: async (signed) => isValidSignature(await blockAt('latest'), signed),
    health: () => rpcs.map((rpc) => rpc.health()),
  };
}

async function readAuthority(at: AgreedBlock, address: Address): Promise<AuthorityView> {
  const [[enclave, leader, epoch, paused], [candidate, proposedEpoch, , readyAt]] = await Promise.all([
    readView(at, { address, abi: authorityAbi, functionName: 'signers' }),
    readView(at, { address, abi: authorityAbi, functionName: 'proposal' }),
  ]);
  return {
    enclave: lower(enclave),
    leader: lower(leader),
    epoch: Number(epoch),
    paused,
    proposal: { candidate: lower(candidate), epoch: Number(proposedEpoch), readyAt: Number(readyAt) },
    block: at.block,
  };
}

async function readStandby(
  at: AgreedBlock,
  address: Address,
  candidate: Address,
): Promise<StandbyStanding | undefined> {
  const authority = { address, abi: authorityAbi } as const;
  const [evidenceDigest, readyAt, announcedAt, listed] = await readView(at, {
    ...authority,
    functionName: 'standby',
    args: [candidate],
  });
  if (readyAt === 0n) return undefined;
  const [[, leader, epoch, paused], heardAt, staleAfter, tip] = await Promise.all([
    readView(at, { ...authority, functionName: 'signers' }),
    readView(at, { ...authority, functionName: 'heartbeatAt' }),
    readView(at, { ...authority, functionName: 'staleAfter' }),
    readView(at, { ...authority, functionName: 'tip' }),
  ]);
  const runningSince = (time: bigint) =>
    readView(at, { ...authority, functionName: 'runningSeconds', args: [time, BigInt(at.block.timestamp)] });
  const [silence, waited] = await Promise.all([runningSince(heardAt), runningSince(announcedAt)]);
  return {
    evidenceDigest,
    readyAt: Number(readyAt),
    listed,
    announcedAt: Number(announcedAt),
    leader: lower(leader),
    epoch: Number(epoch),
    paused,
    heardAt: Number(heardAt),
    staleAfterSeconds: Number(staleAfter),
    silenceSeconds: Number(silence),
    waitedSeconds: Number(waited),
    tip,
    block: at.block,
  };
}

async function readTip(at: AgreedBlock, address: Address): Promise<{ readonly number: number; readonly digest: Hex }> {
  const [number, digest] = await readView(at, { address, abi: checkpointerAbi, functionName: 'tip' });
  return { number: Number(number), digest };
}

async function readForced(
  at: AgreedBlock,
  { registry, id }: { readonly registry: Address; readonly id: number },
): Promise<ForcedRequest | undefined> {
  const call = {
    address: registry,
    abi: depositRegistryAbi,
    functionName: 'forcedRequest',
    args: [BigInt(id)],
  } as const;
  const { account, token, recipient, open } = await readView(at, call);
  if (open === 0n) return undefined;
  const [isKeyHolder, transferFails] = await Promise.all([
    hasSentTransactions(at, account),
    refusesTransfer(at, { registry, token, recipient }),
  ]);
  return { account: lower(account), token: lower(token), open, isKeyHolder, transferFails };
}

/** Nobody can give a contract of his the address of somebody's key. Code that a key delegates to (EIP-7702) is its own. */
async function hasSentTransactions({ block, quorum }: AgreedBlock, address: Address): Promise<boolean> {
  const at = { address, blockHash: block.hash };
  const [code, nonce] = await Promise.all([
    agree(quorum, { about: `the code of ${address}`, virtue: 'state', ask: (rpc) => rpc.code(at) }),
    agree(quorum, { about: `the nonce of ${address}`, virtue: 'state', ask: (rpc) => rpc.nonce(at) }),
  ]);
  return BigInt(nonce) > 0n && (code === '0x' || code.startsWith(DELEGATION));
}

/** Of one atom: the vault itself must try more. */
async function refusesTransfer(
  { block, quorum }: AgreedBlock,
  transfer: { readonly registry: Address; readonly token: Address; readonly recipient: Address },
): Promise<boolean> {
  const { registry: from, token: to, recipient } = transfer;
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [recipient, 1n] });
  const answer = await agree(quorum, {
    about: `a transfer of ${to} to ${recipient}`,
    virtue: 'state',
    ask: (rpc) => rpc.call({ to, from, data, blockHash: block.hash }).then(succeeded, failedAsAnswer),
  });
  return answer !== TRANSFERRED;
}

/** As Solady's `safeTransfer` judges: nothing, or true. */
function succeeded(answer: Hex): Hex {
  return answer === '0x' || /^0x0{63}1/.test(answer) ? TRANSFERRED : '0x';
}

async function hasCode({ block, quorum }: AgreedBlock, address: Address): Promise<boolean> {
  const code = await agree(quorum, {
    about: `the code of ${address}`,
    virtue: 'state',
    ask: (rpc) => rpc.code({ address, blockHash: block.hash }),
  });
  return code !== '0x';
}

async function isValidSignature(
  { block, quorum }: AgreedBlock,
  signed: { readonly account: Address; readonly digest: Hex; readonly signature: Hex },
): Promise<boolean> {
  const { account, digest, signature } = signed;
  const data = encodeFunctionData({ abi: eip1271Abi, functionName: 'isValidSignature', args: [digest, signature] });
  const answer = await agree(quorum, {
    about: `the signature of ${account}`,
    virtue: 'state',
    ask: (rpc) => rpc.call({ to: account, data, blockHash: block.hash }).catch(failedAsAnswer),
  });
  return answer.slice(0, EIP_1271_VALID.length) === EIP_1271_VALID;
}

/** That a contract reverts is an answer, the same from every RPC, and no fault of theirs. */
function failedAsAnswer(error: unknown): Hex {
  const failed = error instanceof RpcRefusal && (error.code === REVERTED || EXECUTION_FAILED.test(error.message));
  if (failed) return '0x';
  throw error;
}

function requireUsable({ chainId, rpcUrls, quorum }: ChainReaderOptions): void {
  const require = (condition: boolean, message: string) => {
    if (!condition) throw new ChainError({ code: 'configuration', chainId, message, retryable: false });
  };
  require(rpcUrls.every((url) => URL.canParse(url)), 'an RPC has no valid URL.');
  const urls = rpcUrls.map((url) => new URL(url));
  const hosts = new Set(urls.map(({ host }) => host));
  require(hosts.size === urls.length, 'two RPCs have the same host. They must be of different operators.');
  require(Number.isInteger(quorum) &&
    quorum * 2 > urls.length &&
    quorum <=
      urls.length, `${quorum} of ${urls.length} RPCs is no quorum. It must be more than half, for instance 2 of 3.`);
  if (isDevelopment(chainId)) return;
  require(quorum >= 2, 'one RPC is enough on the development chains 31337 and 31338 only. Name three, quorum 2.');
  require(urls.every(
    ({ protocol }) => protocol === 'https:',
  ), 'RPCs must be https, or the host of this machine can speak for all of them.');
}

function isDevelopment(chainId: number): boolean {
  return DEVELOPMENT_CHAINS.includes(chainId);
}

function lower(address: string): Address {
  return address.toLowerCase() as Address;
}
