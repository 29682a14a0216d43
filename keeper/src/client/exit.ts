// The way out without the keeper, for one account at one vault: what the vault says, and the transactions.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import {
  type Account,
  type Chain,
  isAddressEqual,
  type PublicClient,
  parseEventLogs,
  type Transport,
  type WalletClient,
  zeroHash,
} from 'viem';
import type { Address, Hex } from '../core/commands.ts';
import { keyOf } from '../core/exitTree.ts';
import type { ExitProofView } from '../core/views.ts';
import { revertOf, succeeded } from './chain.ts';
import { compareRoots } from './keptRoots.ts';

export type ExitPhase = 'running' | 'closing' | 'final';
export type ProofOfChain = ExitProofView['chains'][number];
type TokenOfChain = ProofOfChain['tokens'][number];

const PHASES: readonly ExitPhase[] = ['running', 'closing', 'final'];
/** Of running time, that is without pauses: see `ExitHatch`. */
export const STALE_AFTER_SECONDS = 7 * 86_400;
export const CLOSING_SECONDS = 48 * 3_600;

export class ExitError extends Error {
  override readonly name = 'ExitError';
}

/** A vault. Its address may be the same on every chain. */
export interface Access {
  readonly reader: PublicClient;
  readonly chainId: number;
  readonly registry: Address;
}

export interface Signing extends Access {
  /** Signs and pays. */
  readonly wallet: WalletClient<Transport, Chain, Account>;
}

/** What a vault says of the exit. Times in seconds. */
export interface VaultExit {
  readonly phase: ExitPhase;
  readonly newestRoot: {
    readonly epoch: number;
    readonly checkpoint: number;
    readonly issuedAt: number;
    readonly postedAt: number;
  };
  readonly treeRoot: Hex;
  /** Entries of the vault's log that this root knows. */
  readonly processedIndex: number;
  readonly heartbeatAt: number;
  /** 0 when exit mode was never entered. */
  readonly enteredAt: number;
  /** Of the newest block. */
  readonly now: number;
}

export async function readVaultExit({ reader, registry }: Access): Promise<VaultExit> {
  const { number: blockNumber, timestamp } = await reader.getBlock();
  const at = { address: registry, abi: depositRegistryAbi, blockNumber } as const;
  const [phase, [epoch, checkpoint, issuedAt, postedAt], [treeRoot, processedIndex], heartbeatAt, [enteredAt]] =
    await Promise.all([
      reader.readContract({ ...at, functionName: 'exitPhase' }),
      reader.readContract({ ...at, functionName: 'newestRoot' }),
      reader.readContract({ ...at, functionName: 'newestTree' }),
      reader.readContract({ ...at, functionName: 'heartbeatAt' }),
      reader.readContract({ ...at, functionName: 'exitEntry' }),
    ]);
  return {
    phase: PHASES[phase] ?? 'running',
    newestRoot: {
      epoch: Number(epoch),
      checkpoint: Number(checkpoint),
      issuedAt: Number(issuedAt),
      postedAt: Number(postedAt),
    },
    treeRoot,
    processedIndex: Number(processedIndex),
    heartbeatAt: Number(heartbeatAt),
    enteredAt: Number(enteredAt),
    now: Number(timestamp),
  };
}

/**
 * What a vault makes of the root of a proof. inForce: it goes by it. acceptable: it would take it now. passed: it goes by a
 * newer one. refused: by an older one, and it does not take this one. false: by another tree of the same checkpoint.
 */
export type Standing =
  | { readonly is: 'inForce' | 'acceptable' | 'passed' | 'false' }
  | { readonly is: 'refused'; readonly reason: string };

/** Asks the vault itself, which checks both signatures. */
export async function standingOf(access: Access, vault: VaultExit, proof: ExitProofView): Promise<Standing> {
  if (isInForce(access, vault, proof)) return { is: 'inForce' };
  const age = compareRoots(proof.roots, vault.newestRoot);
  if (age < 0) return { is: 'passed' };
  if (age === 0) return { is: 'false' };
  const refusal = await access.reader.simulateContract(postCall(access, proof)).then(() => undefined, refusalOf);
  return refusal === undefined ? { is: 'acceptable' } : { is: 'refused', reason: refusal };
}

/**
 * Whether a vault goes by the tree of a proof. A later leader signs the trees of the same checkpoint anew, for its epoch: they
 * prove the same, also at a vault that takes no roots any more.
 */
export function isInForce(of: Omit<Access, 'reader'>, vault: VaultExit, proof: ExitProofView): boolean {
  if (proof.roots.checkpoint !== vault.newestRoot.checkpoint) return false;
  const { treeRoot, processedIndex } = chainOf(proof, of);
  return treeRoot === vault.treeRoot && processedIndex === vault.processedIndex;
}

/** Tokens of which the account has moved something that the root must know, but the proof has no leaf for it. */
export async function missingLeaves(
  { reader, registry }: Access,
  { address, chain }: { readonly address: Address; readonly chain: ProofOfChain },
): Promise<readonly Address[]> {
  const at = { address: registry, abi: depositRegistryAbi, functionName: 'counters' } as const;
  const isMissing = await Promise.all(
    chain.tokens.map(async ({ token }) => {
      if (chain.leaves.some((leaf) => leaf.token === token)) return false;
      const [, , firstIndex] = await reader.readContract({ ...at, args: [keyOf(address), token] });
      return firstIndex > 0n && firstIndex <= BigInt(chain.processedIndex);
    }),
  );
  return chain.tokens.flatMap(({ token }, i) => (isMissing[i] ? [token] : []));
}

/** Atoms of a token that are an account's in a vault. */
export interface Entitlement {
  /** What it could take out of what the vault has: offset + deposited − withdrawn, not below 0. */
  readonly payable: bigint;
  /** Its part of what shuttles may bring here. */
  readonly transit: bigint;
  /** What claims have paid. */
  readonly claimed: bigint;
  /** Neither a leaf nor anything later than what the proof knows: nothing can be claimed. */
  readonly isUnknown: boolean;
}

/** By the proof and the vault's counters now. */
export async function readEntitlement(
  { reader, registry }: Access,
  { address, chain, token }: { readonly address: Address; readonly chain: ProofOfChain; readonly token: Address },
): Promise<Entitlement> {
  const key = keyOf(address);
  const at = { address: registry, abi: depositRegistryAbi } as const;
  const [[deposited, withdrawn, firstIndex], [paid]] = await Promise.all([
    reader.readContract({ ...at, functionName: 'counters', args: [key, token] }),
    reader.readContract({ ...at, functionName: 'claimed', args: [key, token] }),
  ]);
  const leaf = chain.leaves.find((candidate) => candidate.token === token);
  const payable = BigInt(leaf?.offset ?? 0) + deposited - withdrawn;
  return {
    payable: payable > 0n ? payable : 0n,
    transit: BigInt(leaf?.transit ?? 0),
    claimed: paid.share + paid.transit,
    isUnknown: leaf === undefined && firstIndex <= BigInt(chain.processedIndex),
  };
}

/** Posts the root of a proof, which anybody may while the vault takes roots. */
export async function postRoot(signing: Signing, proof: ExitProofView): Promise<Hex> {
  const hash = await signing.wallet.writeContract(postCall(signing, proof));
  return (await succeeded(signing.reader, hash)).transactionHash;
}

function postCall(access: Access, proof: ExitProofView) {
  const { epoch, checkpoint, issuedAt, root } = proof.roots;
  const roots = { epoch: BigInt(epoch), checkpoint: BigInt(checkpoint), issuedAt: BigInt(issuedAt), root };
  const { treeRoot, processedIndex, rootProof } = chainOf(proof, access);
  const { enclaveSignature, leaderSignature } = proof;
  return {
    address: access.registry,
    abi: depositRegistryAbi,
    functionName: 'postExitRoot',
    args: [roots, treeRoot, BigInt(processedIndex), rootProof, enclaveSignature, leaderSignature],
  } as const;
}

/** What a proof says of a vault. Throws `ExitError` when it is of another exchange. */
export function chainOf({ chains }: ExitProofView, { chainId, registry }: Omit<Access, 'reader'>): ProofOfChain {
  const chain = chains.find(
    (candidate) => candidate.chainId === chainId && isAddressEqual(candidate.registry, registry),
  );
  if (chain !== undefined) return chain;
  throw new ExitError(`The proof knows no vault ${registry} on chain ${chainId}: it is of another exchange.`);
}

/** Enters exit mode: because the keeper is silent, or because it left a forced withdrawal unanswered. */
export async function enterExit(signing: Signing, requestId?: bigint): Promise<Hex> {
  const { wallet, registry } = signing;
  const call = { address: registry, abi: depositRegistryAbi } as const;
  const hash =
    requestId === undefined
      ? await wallet.writeContract({ ...call, functionName: 'enterExitMode' })
      : await wallet.writeContract({ ...call, functionName: 'enterExitModeFor', args: [requestId] });
  return (await succeeded(signing.reader, hash)).transactionHash;
}

/** Ends the 48 hours. */
export async function finalizeExit(signing: Signing): Promise<Hex> {
  const { wallet, registry } = signing;
  const hash = await wallet.writeContract({
    address: registry,
    abi: depositRegistryAbi,
    functionName: 'finalizeExit',
  });
  return (await succeeded(signing.reader, hash)).transactionHash;
}

/** What one claim paid. */
export interface Claimed {
  readonly token: Address;
  /** Atoms, of what the vault had and of what shuttles brought. */
  readonly share: bigint;
  readonly transit: bigint;
  readonly transactionHash: Hex;
}

/**
 * Claims one token for an account, and proves the token's totals first where nobody has. undefined: there is nothing (more)
 * to pay. Throws `ExitError` when the vault refuses, `TransactionError` when it changes its mind before the transaction is mined.
 */
export async function claimToken(
  signing: Signing,
  input: {
    readonly address: Address;
    readonly recipient: Address;
    /** undefined: there is no proof of the root in force, as for who came after it. */
    readonly chain: ProofOfChain | undefined;
    readonly token: Address;
  },
): Promise<Claimed | undefined> {
  const { wallet, reader, registry } = signing;
  const { address, recipient, chain, token } = input;
  const leaf = chain?.leaves.find((candidate) => candidate.token === token);
  const claim = {
    account: address,
    token,
    recipient,
    offset: BigInt(leaf?.offset ?? 0),
    transit: BigInt(leaf?.transit ?? 0),
    salt: leaf?.salt ?? zeroHash,
    proof: leaf?.proof ?? [],
  };
  const simulate = () =>
    reader.simulateContract({
      account: wallet.account,
      address: registry,
      abi: depositRegistryAbi,
      functionName: 'claim',
      args: [claim],
    });
  let simulated = await simulate().catch(refusalOf);
  const totals = chain?.tokens.find((candidate) => candidate.token === token);
  if (simulated === 'ExitHatch_TotalsNeeded' && totals !== undefined) {
    await proveTotals(signing, totals);
    simulated = await simulate().catch(refusalOf);
  }
  if (simulated === 'ExitHatch_NothingDue' || simulated === 'ExitHatch_LeafNeeded') return undefined;
  if (typeof simulated === 'string') throw new ExitError(`The vault refuses the claim of ${token}: ${simulated}.`);
  const receipt = await succeeded(signing.reader, await wallet.writeContract(simulated.request));
  const [paid] = parseEventLogs({ abi: depositRegistryAbi, eventName: 'Claimed', logs: receipt.logs });
  if (paid === undefined) throw new ExitError(`Transaction ${receipt.transactionHash} holds no claim.`);
  const { share, transit } = paid.args;
  return { token, share, transit, transactionHash: receipt.transactionHash };
}

/** Somebody else may be first: then they are proved as well. */
async function proveTotals(signing: Signing, { token, offsetTotal, transitTotal, proof }: TokenOfChain): Promise<void> {
  const { wallet, reader, registry } = signing;
  const simulated = await reader
    .simulateContract({
      account: wallet.account,
      address: registry,
      abi: depositRegistryAbi,
      functionName: 'proveTotals',
      args: [token, BigInt(offsetTotal), BigInt(transitTotal), proof],
    })
    .catch(refusalOf);
  if (simulated === 'ExitHatch_TotalsAreProved') return;
  if (typeof simulated === 'string') throw new ExitError(`The vault refuses the totals of ${token}: ${simulated}.`);
  await succeeded(signing.reader, await wallet.writeContract(simulated.request));
}

/** The name of the contract's own error; throws everything else again. */
function refusalOf(error: unknown): string {
  const name = revertOf(error)?.name;
  if (name === undefined) throw error;
  return name;
}
