// Shuttles between two real chains with Across' real pools, signed with the keeper's own digests.
import { depositRegistryAbi, devnetTokenAbi } from '@myrtle-wyckoff/generated';
import {
  type Abi,
  BaseError,
  type ContractFunctionArgs,
  type ContractFunctionName,
  ContractFunctionRevertedError,
  encodeFunctionData,
  getAddress,
  keccak256,
  pad,
  parseEventLogs,
  stringToHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import type { Address, Hex } from '../../src/core/commands.ts';
import { type AbsorbMessage, digestOf, type ShuttleMessage } from '../../src/core/typedMessages.ts';
import { type AcrossPool, deployPool, FILLED, refund, relayOf } from '../support/acrossPool.ts';
import {
  connectTo,
  deployContracts,
  developmentKey,
  signBoth,
  signExitRoot,
  type TestContracts,
} from '../support/deployContracts.ts';

const DEPOSITED = 1_000_000_000n;
const INPUT = 100_000_000n;
const OUTPUT = 99_950_000n;
const MAX_FEE_PPM = 1_000;
const TWO_HOURS_SECONDS = 7_200;
const REFUND = 1;

const USER: Address = `0x${'a1'.repeat(20)}`;
const relayer = privateKeyToAccount(developmentKey(5));

interface Side {
  readonly anvil: Anvil;
  readonly pool: AcrossPool;
  readonly contracts: TestContracts;
}

type Write = ContractFunctionName<typeof depositRegistryAbi, 'nonpayable'>;

async function startSide(chainId: number): Promise<Side> {
  const anvil = await startAnvil({ chainId });
  const pool = await deployPool(await connectTo(anvil.url));
  const contracts = await deployContracts(anvil.url, { spokePool: pool.address });
  await contracts.electLeader();
  return { anvil, pool, contracts };
}

function call<Name extends Write>(
  { contracts }: Side,
  functionName: Name,
  args: ContractFunctionArgs<typeof depositRegistryAbi, 'nonpayable', Name>,
): Promise<Hex> {
  const data = encodeFunctionData({ abi: depositRegistryAbi, functionName, args } as never);
  return contracts.send({ to: contracts.registry, data });
}

/** The name of the error with which a contract refuses. */
async function refusal(
  { contracts }: Side,
  request: { readonly address: Address; readonly abi: Abi; readonly functionName: string; readonly args: unknown[] },
): Promise<string | undefined> {
  try {
    await contracts.client.simulateContract(request);
    return undefined;
  } catch (error) {
    const reverted =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (reverted instanceof ContractFunctionRevertedError) return reverted.data?.errorName;
    throw error;
  }
}

function vaultRefusal(side: Side, functionName: Write, ...args: unknown[]): Promise<string | undefined> {
  return refusal(side, { address: side.contracts.registry, abi: depositRegistryAbi, functionName, args });
}

/** Opens the gate for checkpoint 1. */
async function postRoot(side: Side): Promise<void> {
  const { client } = side.contracts;
  await pass(side, 10);
  const issuedAt = Number((await client.getBlock()).timestamp);
  const root = await signExitRoot(side.contracts, { checkpoint: 1, issuedAt, processedIndex: 0 });
  const { epoch, checkpoint } = root.message;
  const roots = {
    ...root.message,
    epoch: BigInt(epoch),
    checkpoint: BigInt(checkpoint),
    issuedAt: BigInt(root.message.issuedAt),
  };
  await call(side, 'postExitRoot', [roots, root.treeRoot, 0n, root.proof, root.enclaveSignature, root.leaderSignature]);
}

async function pass({ contracts }: Side, seconds: number): Promise<void> {
  await contracts.client.increaseTime({ seconds });
  await contracts.client.mine({ blocks: 1 });
}

function openRoute(from: Side, to: Side): Promise<Hex> {
  const route = { outputToken: to.contracts.token, inputDecimals: 6, outputDecimals: 6, maxFeePpm: MAX_FEE_PPM };
  return call(from, 'changeRoute', [from.contracts.token, BigInt(to.contracts.chainId), route]);
}

async function orderOf(from: Side, to: Side, name: string): Promise<ShuttleMessage> {
  const { timestamp } = await from.contracts.client.getBlock();
  return {
    nonce: keccak256(stringToHex(name)),
    originChainId: from.contracts.chainId,
    destinationChainId: to.contracts.chainId,
    inputToken: from.contracts.token,
    outputToken: to.contracts.token,
    inputAmount: INPUT,
    outputAmount: OUTPUT,
    fillDeadline: Number(timestamp) + TWO_HOURS_SECONDS,
    validUntil: Number(timestamp) + 600,
    checkpoint: 1,
  };
}

/** As viem encodes it, and reads it in an event. */
function encodable(order: ShuttleMessage) {
  return {
    ...order,
    inputToken: getAddress(order.inputToken),
    outputToken: getAddress(order.outputToken),
    originChainId: BigInt(order.originChainId),
    destinationChainId: BigInt(order.destinationChainId),
    validUntil: BigInt(order.validUntil),
    checkpoint: BigInt(order.checkpoint),
  };
}

/** In the domain of the origin's vault. */
function shuttleDigest(side: Side, order: ShuttleMessage): Hex {
  return digestOf('Shuttle', { chainId: order.originChainId, verifyingContract: side.contracts.registry }, order);
}

async function signed(on: Side, order: ShuttleMessage) {
  const { enclaveSignature, leaderSignature } = await signBoth(shuttleDigest(on, order));
  return [encodable(order), enclaveSignature, leaderSignature] as const;
}

async function send(on: Side, order: ShuttleMessage): Promise<Hex> {
  return call(on, 'shuttle', await signed(on, order));
}

/** With the relayer's own tokens. */
async function fill(side: Side, order: ShuttleMessage): Promise<void> {
  const { client, token, registry } = side.contracts;
  const run = async (to: Address, data: Hex) => {
    const hash = await client.sendTransaction({ account: relayer, to, data, chain: null });
    const { status } = await client.waitForTransactionReceipt({ hash });
    expect(status).toBe('success');
  };
  const { abi, address } = side.pool;
  const mint = [relayer.address, order.outputAmount] as const;
  await run(token, encodeFunctionData({ abi: devnetTokenAbi, functionName: 'mint', args: mint }));
  const approve = [address, order.outputAmount] as const;
  await run(token, encodeFunctionData({ abi: devnetTokenAbi, functionName: 'approve', args: approve }));
  const relay = relayOf(registry, order, shuttleDigest(side, order));
  const args = [relay, BigInt(order.originChainId), pad(relayer.address)];
  await run(address, encodeFunctionData({ abi, functionName: 'fillRelay', args }));
}

async function fillStatus({ contracts, pool }: Side, order: ShuttleMessage, digest: Hex): Promise<unknown> {
  const { address, abi } = pool;
  const relay = relayOf(contracts.registry, order, digest);
  const hash = await contracts.client.readContract({ address, abi, functionName: 'getV3RelayHash', args: [relay] });
  return contracts.client.readContract({ address, abi, functionName: 'fillStatuses', args: [hash] });
}

async function books({ contracts }: Side) {
  const { client, registry, token } = contracts;
  const of = { address: registry, abi: depositRegistryAbi, args: [token] } as const;
  const [accounted, inventory, balance] = await Promise.all([
    client.readContract({ ...of, functionName: 'accounted' }),
    client.readContract({ ...of, functionName: 'inventory' }),
    client.readContract({ address: token, abi: devnetTokenAbi, functionName: 'balanceOf', args: [registry] }),
  ]);
  return { accounted, inventory, balance };
}

async function entries({ contracts }: Side, hash: Hex) {
  const { logs } = await contracts.client.getTransactionReceipt({ hash });
  return parseEventLogs({
    abi: depositRegistryAbi,
    logs: logs.filter(({ address }) => address === contracts.registry),
  });
}

describe('a shuttle between the vaults of two chains', () => {
  let origin: Side;
  let destination: Side;

  beforeAll(async () => {
    [origin, destination] = await Promise.all([startSide(31337), startSide(31338)]);
    await openRoute(origin, destination);
    await origin.contracts.deposit({ account: USER, amount: DEPOSITED });
    await Promise.all([postRoot(origin), postRoot(destination)]);
  });
  afterAll(() => Promise.all([origin?.anvil.stop(), destination?.anvil.stop()]));

  it('goes between vaults that share nothing but the address', () => {
    expect(destination.contracts.registry).toBe(origin.contracts.registry);
    expect(destination.contracts.chainId).not.toBe(origin.contracts.chainId);
  });

  it('leaves the books of one, is filled by a relayer, and enters the books of the other', async () => {
    const order = await orderOf(origin, destination, 'filled');
    const digest = shuttleDigest(origin, order);
    const [sent] = await entries(origin, await send(origin, order));
    expect(sent).toMatchObject({ eventName: 'ShuttleSent', args: { digest, order: encodable(order) } });
    expect(await books(origin)).toEqual({
      accounted: DEPOSITED - INPUT,
      inventory: -INPUT,
      balance: DEPOSITED - INPUT,
    });

    expect(await vaultRefusal(destination, 'confirmArrival', encodable(order))).toBe('Shuttles_NotFilled');
    await fill(destination, order);
    expect(await fillStatus(destination, order, digest)).toBe(FILLED);
    const [arrived] = await entries(destination, await call(destination, 'confirmArrival', [encodable(order)]));
    expect(arrived).toMatchObject({ eventName: 'ShuttleArrived', args: { digest, order: encodable(order) } });
    expect(await books(destination)).toEqual({ accounted: OUTPUT, inventory: OUTPUT, balance: OUTPUT });
    expect(await vaultRefusal(destination, 'confirmArrival', encodable(order))).toBe('Shuttles_AlreadyArrived');
  });

  it('cannot be sent twice, nor from the other chain with the same signatures', async () => {
    const order = await orderOf(origin, destination, 'twice');
    await send(origin, order);
    expect(await vaultRefusal(origin, 'shuttle', ...(await signed(origin, order)))).toBe('Shuttles_NonceUsed');
    expect(await vaultRefusal(destination, 'shuttle', ...(await signed(origin, order)))).toBe('Shuttles_WrongChain');
  });

  it('comes back in one refund with another when nobody filled it, and is absorbed under its nonce', async () => {
    const order = await orderOf(origin, destination, 'expired');
    await send(origin, order);
    await Promise.all([pass(origin, TWO_HOURS_SECONDS + 60), pass(destination, TWO_HOURS_SECONDS + 60)]);
    const relay = relayOf(destination.contracts.registry, order, shuttleDigest(destination, order));
    const args = [relay, BigInt(order.originChainId), pad(relayer.address)];
    expect(await refusal(destination, { ...destination.pool, functionName: 'fillRelay', args })).toBe(
      'ExpiredFillDeadline',
    );
    const before = await books(origin);

    const { token, registry, chainId } = origin.contracts;
    await refund(origin.contracts, origin.pool, { token, to: registry, amount: 2n * INPUT, bundle: 0 });
    expect(await books(origin)).toEqual({ ...before, balance: before.balance + 2n * INPUT });
    for (const name of ['expired', 'twice']) {
      const nonce = keccak256(stringToHex(name));
      const absorption: AbsorbMessage = { nonce, token, amount: INPUT, reason: REFUND, checkpoint: 1 };
      const digest = digestOf('Absorb', { chainId, verifyingContract: registry }, absorption);
      const { enclaveSignature, leaderSignature } = await signBoth(digest);
      const args = [{ ...absorption, checkpoint: 1n }, enclaveSignature, leaderSignature] as const;
      const [absorbed] = await entries(origin, await call(origin, 'absorb', args));
      expect(absorbed).toMatchObject({ eventName: 'Absorbed', args: { nonce, amount: INPUT, reason: REFUND } });
    }
    expect(await books(origin)).toEqual({
      accounted: DEPOSITED - INPUT,
      inventory: -INPUT,
      balance: DEPOSITED - INPUT,
    });
  });
});
