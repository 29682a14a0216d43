// The real contracts on an anvil, from what `forge build` made, with keys that the test holds.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { authorityAbi, checkpointerAbi, depositRegistryAbi, devnetTokenAbi } from '@myrtle-wyckoff/generated';
import {
  type Abi,
  createTestClient,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  http,
  keccak256,
  publicActions,
  walletActions,
  zeroAddress,
  zeroHash,
} from 'viem';
import { mnemonicToAccount, privateKeyToAccount } from 'viem/accounts';
import type { ApprovalView, ExitRootView, ForcedAnswerView, StandbyStepView, StandbyView } from '../../src/core/api.ts';
import type { Address, Hex } from '../../src/core/commands.ts';
import type { SignedCheckpoint } from '../../src/core/ports.ts';
import {
  type CheckpointMessage,
  digestOf,
  exitRootsTree,
  type ForcedAnswerMessage,
  payloadHash,
  settlementsHash,
  type WithdrawalMessage,
  withdrawalsHash,
  ZERO_HASH,
} from '../../src/core/typedMessages.ts';

const MNEMONIC = 'test test test test test test test test test test test junk';
const ROOT = resolve(import.meta.dirname, '../../..');
const MINED_POLL_MS = 20;

/** Anvil's funded accounts by number. */
export function developmentKey(index: number): Hex {
  const { privateKey } = mnemonicToAccount(MNEMONIC, { addressIndex: index }).getHdKey();
  return `0x${Buffer.from(privateKey as Uint8Array).toString('hex')}`;
}

/** Of what the council saw of a standby. */
export const EVIDENCE: Hex = keccak256('0xe1');
const enclaveKey: Hex = keccak256('0xe0');
const leaderKey: Hex = keccak256('0x1e');
export const enclave = lower(privateKeyToAccount(enclaveKey).address);
export const leader = lower(privateKeyToAccount(leaderKey).address);

type TestClient = ReturnType<typeof connect>;

/** Sends as the first development account, which is council and both governors of these contracts. */
function connect(url: string) {
  return createTestClient({
    mode: 'anvil',
    transport: http(url),
    account: mnemonicToAccount(MNEMONIC),
    pollingInterval: MINED_POLL_MS,
  })
    .extend(publicActions)
    .extend(walletActions);
}

export interface TestChain {
  readonly chainId: number;
  readonly client: TestClient;
  /** Waits until it is mined; without `to` it creates a contract. */
  send(transaction: { readonly to?: Address; readonly data: Hex }): Promise<Hex>;
  create(data: Hex): Promise<Address>;
  /** What `forge build` made of a contract, its external libraries put in; they are deployed once. */
  link(contract: string): Promise<Hex>;
  /** Deploys what `forge build` made. */
  deploy(contract: string, args: readonly unknown[]): Promise<Address>;
}

export interface TestContracts extends TestChain {
  /** 6 decimals, 10¹⁵ atoms of it minted to the deployer and approved to the vault. */
  readonly token: Address;
  readonly registry: Address;
  readonly authority: Address;
  readonly checkpointer: Address;
  deposit(input: { readonly account: Address; readonly amount: bigint }): Promise<void>;
  /** For epoch 1. */
  proposeLeader(): Promise<void>;
  /** The same key. */
  proposeStandby(): Promise<void>;
  /** Proposes the leader of epoch 1 and carries his acceptance. */
  electLeader(): Promise<void>;
}

/** The chain must mine on its own. */
export async function connectTo(url: string): Promise<TestChain> {
  const client = connect(url);
  const send = async (transaction: { readonly to?: Address; readonly data: Hex }): Promise<Hex> => {
    const hash = await client.sendTransaction({ ...transaction, chain: null });
    const { status } = await client.waitForTransactionReceipt({ hash });
    if (status !== 'success') throw new Error(`transaction ${hash} failed`);
    return hash;
  };
  const create = async (data: Hex): Promise<Address> => {
    const { contractAddress } = await client.getTransactionReceipt({ hash: await send({ data }) });
    return lower(contractAddress as string);
  };
  const libraries = new Map<string, Address>();
  const link = async (contract: string): Promise<Hex> => {
    const { object, linkReferences } = artifact(contract).bytecode;
    let linked = object.slice(2);
    for (const [name, places] of Object.values(linkReferences).flatMap((references) => Object.entries(references))) {
      const library = libraries.get(name) ?? (await create(await link(name)));
      libraries.set(name, library);
      for (const { start } of places) {
        linked = linked.slice(0, 2 * start) + library.slice(2) + linked.slice(2 * start + 40);
      }
    }
    return `0x${linked}`;
  };
  return {
    chainId: await client.getChainId(),
    client,
    send,
    create,
    link,
    async deploy(contract, args) {
      const bytecode = await link(contract);
      return create(encodeDeployData({ abi: artifact(contract).abi, bytecode, args }));
    },
  };
}

/**
 * Deploys token, vault, authority and checkpointer: this chain is its own home. The chain must mine on its own. The same
 * steps on two fresh chains give the same addresses. `ringSize`: of the checkpointer; `spokePool`: Across', if there is one.
 */
export async function deployContracts(url: string, { ringSize = 0n, spokePool = NOBODY } = {}): Promise<TestContracts> {
  const chain = await connectTo(url);
  const { chainId, client, send, deploy } = chain;
  const from = client.account.address;
  await chain.link('DepositRegistry');
  const firstNonce = BigInt(await client.getTransactionCount({ address: from }));
  const addressOf = (offset: bigint) => lower(getContractAddress({ from, nonce: firstNonce + offset }));
  const [token, registry, authority, checkpointer] = [addressOf(0n), addressOf(1n), addressOf(2n), addressOf(3n)];

  const proposeLeader = async () => {
    const args = [leader, 1n, zeroHash] as const;
    await send({ to: authority, data: encodeFunctionData({ abi: authorityAbi, functionName: 'proposeLeader', args }) });
  };
  const limit = { capacity: 10n ** 15n, refillSeconds: 86_400 };
  const limits = { withdrawalLimit: limit, settlementLimit: limit, shuttleLimit: limit };
  const listings = [{ token, depositCap: 10n ** 15n, ...limits, settleable: false }];
  const cow = { settlement: zeroAddress, shedFactory: zeroAddress };
  await deploy('DevnetToken', ['Test Dollar', 'TUSD', 6]);
  await deploy('DepositRegistry', [authority, chainId, checkpointer, 0, listings, cow, spokePool, 10n ** 15n]);
  const roles = { council: from, governor: from, slowGovernor: from, enclave, guardians: [] };
  await deploy('Authority', [{ ...roles, registry, checkpointer, leaderDelay: 0n, staleAfter: 0n }]);
  await deploy('Checkpointer', [authority, ringSize]);
  await send({
    to: token,
    data: encodeFunctionData({ abi: devnetTokenAbi, functionName: 'mint', args: [from, 10n ** 15n] }),
  });
  await send({
    to: token,
    data: encodeFunctionData({ abi: devnetTokenAbi, functionName: 'approve', args: [registry, 10n ** 15n] }),
  });

  return {
    ...chain,
    token,
    registry,
    authority,
    checkpointer,
    proposeLeader,
    async proposeStandby() {
      const args = [leader, EVIDENCE] as const;
      await send({
        to: authority,
        data: encodeFunctionData({ abi: authorityAbi, functionName: 'proposeStandby', args }),
      });
    },
    async deposit({ account, amount }) {
      const args = [token, amount, account, 0] as const;
      await send({
        to: registry,
        data: encodeFunctionData({ abi: depositRegistryAbi, functionName: 'deposit', args }),
      });
    },
    async electLeader() {
      await proposeLeader();
      const args = [await signAcceptance({ chainId, authority })] as const;
      await send({
        to: authority,
        data: encodeFunctionData({ abi: authorityAbi, functionName: 'acceptLeader', args }),
      });
    },
  };
}

export function signAcceptance(domain: { readonly chainId: number; readonly authority: Address }): Promise<Hex> {
  const { chainId, authority } = domain;
  const message = { candidate: leader, epoch: 1, expectedTip: ZERO_HASH };
  return sign(leaderKey, digestOf('AcceptLeader', { chainId, verifyingContract: authority }, message));
}

/** What a keeper with the leader's key would have sent for it as a standby, on the way to epoch 1. */
export async function signStandbyStep(
  { chainId, authority }: TestContracts,
  type: StandbyStepView['type'],
): Promise<StandbyView> {
  const domain = { chainId, verifyingContract: authority };
  const acceptance = { candidate: leader, evidenceDigest: EVIDENCE };
  const takeOver = { candidate: leader, epoch: 1, expectedTip: ZERO_HASH };
  const both = await signBoth(digestOf('AcceptLeader', domain, takeOver));
  const steps: Record<StandbyStepView['type'], StandbyStepView> = {
    accept: {
      type: 'accept',
      message: acceptance,
      signature: await sign(leaderKey, digestOf('AcceptStandby', domain, acceptance)),
    },
    announce: { type: 'announce' },
    takeOver: {
      type: 'takeOver',
      message: takeOver,
      enclaveSignature: both.enclaveSignature,
      candidateSignature: both.leaderSignature,
    },
  };
  const times = { readyAt: 0, silenceSeconds: 0, staleAfterSeconds: 0, waitedSeconds: 0 };
  const seen = { status: 'listed', leader: NOBODY, epoch: 0, paused: false } as const;
  return { chainId, authority, candidate: leader, ...seen, ...times, step: steps[type] };
}

/** A checkpoint as the keeper would sign it, of epoch 1; its digest is the next one's parent. */
export async function signCheckpoint(
  { chainId, checkpointer }: TestContracts,
  content: { readonly number: number; readonly parent: Hex; readonly payload: Uint8Array },
): Promise<SignedCheckpoint & { readonly digest: Hex }> {
  const { number, parent, payload } = content;
  const checkpoint: CheckpointMessage = {
    number,
    epoch: 1,
    parent,
    stateHash: keccak256(payload),
    payloadHash: payloadHash(payload),
    withdrawalsHash: withdrawalsHash([]),
    settlementsHash: settlementsHash([]),
    journalIndex: number * 100,
  };
  const digest = digestOf('Checkpoint', { chainId, verifyingContract: checkpointer }, checkpoint);
  return { checkpoint, payload, withdrawals: [], ciphertexts: [], ...(await signBoth(digest)), digest };
}

/** What `post` of the production poster sends, for tests of the reader. */
export async function postCheckpoint(contracts: TestContracts, signed: SignedCheckpoint): Promise<void> {
  const { number, epoch, journalIndex, ...hashes } = signed.checkpoint;
  const data = encodeFunctionData({
    abi: checkpointerAbi,
    functionName: 'checkpoint',
    args: [
      { ...hashes, number: BigInt(number), epoch: BigInt(epoch), journalIndex: BigInt(journalIndex) },
      `0x${Buffer.from(signed.payload).toString('hex')}`,
      [],
      [],
      signed.enclaveSignature,
      signed.leaderSignature,
    ],
  });
  await contracts.send({ to: contracts.checkpointer, data });
}

/** The root of one chain alone, of epoch 1. */
export async function signExitRoot(
  { chainId, registry, checkpointer }: TestContracts,
  root: {
    readonly checkpoint: number;
    readonly issuedAt: number;
    readonly processedIndex: number;
    /** Of an empty tree when left out. */
    readonly treeRoot?: Hex;
  },
): Promise<ExitRootView> {
  const { checkpoint, issuedAt, processedIndex, treeRoot = ZERO_HASH } = root;
  const tree = exitRootsTree([{ chainId, registry, treeRoot, processedIndex }]);
  const message = { epoch: 1, checkpoint, issuedAt, root: tree.root };
  const digest = digestOf('ExitRoots', { chainId, verifyingContract: checkpointer }, message);
  const proof = tree.proof(chainId);
  return { chainId, registry, message, treeRoot, processedIndex, proof, ...(await signBoth(digest)) };
}

export async function signApproval(
  { chainId, registry, token }: TestContracts,
  withdrawal: Omit<WithdrawalMessage, 'token'>,
): Promise<ApprovalView> {
  const message = { ...withdrawal, token };
  const digest = digestOf('Withdrawal', { chainId, verifyingContract: registry }, message);
  return { chainId, registry, message, ...(await signBoth(digest)) };
}

export async function signForcedAnswer(
  { chainId, registry }: TestContracts,
  message: ForcedAnswerMessage,
): Promise<ForcedAnswerView> {
  const digest = digestOf('ForcedAnswer', { chainId, verifyingContract: registry }, message);
  return { chainId, registry, message, ...(await signBoth(digest)) };
}

/** A contract of 45 bytes that answers every call with this word. */
export function deployAnswering(contracts: TestContracts, word: Hex): Promise<Address> {
  const runtime = `7f${word.slice(2)}60005260206000f3`;
  const size = (runtime.length / 2).toString(16).padStart(2, '0');
  return contracts.create(`0x60${size}600c60003960${size}6000f3${runtime}`);
}

/** With the enclave key and the leader key. */
export async function signBoth(
  digest: Hex,
): Promise<{ readonly enclaveSignature: Hex; readonly leaderSignature: Hex }> {
  return { enclaveSignature: await sign(enclaveKey, digest), leaderSignature: await sign(leaderKey, digest) };
}

function sign(privateKey: Hex, hash: Hex): Promise<Hex> {
  return privateKeyToAccount(privateKey).sign({ hash });
}

interface Artifact {
  readonly abi: Abi;
  readonly bytecode: {
    readonly object: Hex;
    /** By source and library: where in the code its address belongs, in bytes. */
    readonly linkReferences: Readonly<Record<string, Readonly<Record<string, readonly { readonly start: number }[]>>>>;
  };
}

function artifact(contract: string): Artifact {
  return JSON.parse(readFileSync(resolve(ROOT, `out/${contract}.sol/${contract}.json`), 'utf8')) as Artifact;
}

function lower(address: string): Address {
  return address.toLowerCase() as Address;
}

export const NOBODY = zeroAddress as Address;
