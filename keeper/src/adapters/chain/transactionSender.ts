import {
  type Abi,
  BaseError,
  createPublicClient,
  decodeErrorResult,
  ExecutionRevertedError,
  fallback,
  formatEther,
  formatGwei,
  http,
  keccak256,
  type PublicClient,
  parseGwei,
  type TransactionReceipt,
} from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { Address, Hex } from '../../core/commands.ts';
import { ChainError, type ChainErrorCode } from './chainError.ts';
import { summaryOf } from './rpc.ts';

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_POLL_MS = 1_000;
const DEFAULT_MAX_FEE_PER_GAS = parseGwei('500');
/** What is paid more for replacing a transaction that is not mined; nodes ask for at least 10. */
const BUMP_PERCENT = 25n;
/** In one call, against a transaction of an earlier run whose fee is not known. */
const BUMPS_PER_SEND = 10;
/** On top of the estimate, for a state that changes until the transaction is mined. */
const GAS_MARGIN_PERCENT = 20n;

export interface SenderOptions {
  readonly chainId: number;
  /** Each transaction goes to all of them. What one says is trusted with gas and nothing else. */
  readonly rpcUrls: readonly string[];
  /** Holds only gas, and nobody else sends with it. */
  readonly privateKey: Hex;
  readonly timeoutMs?: number;
  /** How often a receipt is asked for. */
  readonly pollMs?: number;
  /** In wei. Nothing dearer is sent, whatever an RPC says that gas costs. */
  readonly maxFeePerGas?: bigint;
}

export interface Call {
  readonly to: Address;
  readonly data: Hex;
  /** Its errors explain a revert. */
  readonly abi: Abi;
}

interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** The newest transaction, and those with the same data that it replaced. */
interface Pending {
  readonly nonce: number;
  readonly fees: Fees;
  readonly data: Hex;
  readonly hashes: readonly Hex[];
}

/**
 * Sends transactions of one key, one at a time: as long as the newest is not mined, the next takes its place at a higher
 * fee. All methods throw `ChainError`; the code `reverted` means that the contract refuses, and the message says why.
 */
export class TransactionSender {
  readonly address: Address;
  readonly #account: PrivateKeyAccount;
  readonly #chainId: number;
  readonly #maxFeePerGas: bigint;
  readonly #pollMs: number;
  readonly #clients: readonly PublicClient[];
  /** The same RPCs as one client, once for each that may come first. */
  readonly #rotations: readonly PublicClient[];
  /** Grows with each failure, so that no single RPC can stand in the way for long. */
  #turn = 0;
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: SenderOptions) {
    this.#account = privateKeyToAccount(options.privateKey);
    this.address = this.#account.address.toLowerCase() as Address;
    this.#chainId = options.chainId;
    this.#maxFeePerGas = options.maxFeePerGas ?? DEFAULT_MAX_FEE_PER_GAS;
    this.#pollMs = options.pollMs ?? DEFAULT_POLL_MS;
    // No retries here: the next RPC is tried instead, and the caller comes back.
    const settings = { timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS, retryCount: 0 };
    const transports = options.rpcUrls.map((url) => http(url, settings));
    this.#clients = transports.map((transport) => createPublicClient({ transport }));
    this.#rotations = transports.map((_, first) => {
      const order = [...transports.slice(first), ...transports.slice(0, first)];
      return createPublicClient({ transport: fallback(order, { retryCount: 0 }) });
    });
  }

  /** In wei. */
  balance(): Promise<bigint> {
    return this.#ask((client) => client.getBalance({ address: this.address }));
  }

  /** What the call would return in the newest block. */
  async simulate({ to, data, abi }: Call): Promise<Hex> {
    const result = await this.#ask((client) => client.call({ account: this.address, to, data }), { to, abi });
    return result.data ?? '0x';
  }

  /** What a view function answers in the newest block, from one RPC: good enough to decide whether to spend gas. */
  read<T>(question: (client: PublicClient) => Promise<T>): Promise<T> {
    return this.#ask(question);
  }

  /** Checks that the call succeeds, signs and sends it, and gives the transaction's hash without waiting for it. */
  send(call: Call): Promise<Hex> {
    const sent = this.#queue.then(() => this.#send(call));
    this.#queue = sent.catch(() => {});
    return sent;
  }

  /** The receipt of a transaction that succeeded. */
  async wait(hash: Hex, timeoutMs: number): Promise<TransactionReceipt> {
    const polls = Math.max(1, Math.ceil(timeoutMs / this.#pollMs));
    for (let poll = 0; poll < polls; poll++) {
      const receipt = await this.#receipt(hash);
      if (receipt?.status === 'success') return receipt;
      if (receipt !== undefined) throw this.#error('reverted', `transaction ${hash} was mined and failed.`);
      await new Promise((resolve) => setTimeout(resolve, this.#pollMs));
    }
    throw this.#error('pending', `transaction ${hash} is not mined after ${timeoutMs} ms. Send it again to pay more.`);
  }

  async #send(call: Call): Promise<Hex> {
    const { to, data } = call;
    const gas = await this.#estimate(call);
    if (gas === undefined) return (await this.#landed(data)) as Hex;
    const [nonce, usual] = await this.#ask((client) =>
      Promise.all([
        client.getTransactionCount({ address: this.address, blockTag: 'latest' }),
        client.estimateFeesPerGas(),
      ]),
    );
    const replaced = this.#pending?.nonce === nonce ? this.#pending : undefined;
    let fees = replaced === undefined ? usual : higher(usual, bump(replaced.fees));
    for (let bumps = 0; bumps <= BUMPS_PER_SEND; bumps++) {
      await this.#requireAffordable(gas, fees);
      const transaction = { chainId: this.#chainId, type: 'eip1559', to, data, nonce, gas, ...fees } as const;
      const { hash, refusal } = await this.#broadcast(await this.#account.signTransaction(transaction));
      if (hash !== undefined) {
        const earlier = replaced?.data === data ? replaced.hashes : [];
        this.#pending = { nonce, fees, data, hashes: [...earlier, hash] };
        return hash;
      }
      this.#turn++;
      if (!/underpriced|fee too low/i.test(refusal)) {
        throw this.#error('pending', `no RPC takes the transaction with nonce ${nonce}: ${refusal}. Try again.`);
      }
      fees = bump(fees);
    }
    throw this.#error('gas', `a transaction with nonce ${nonce} waits with higher fees. Wait until it is mined.`);
  }

  /** Units of gas; undefined when the call fails because it has landed already. */
  async #estimate(call: Call): Promise<bigint | undefined> {
    const { to, data } = call;
    try {
      const asked = { account: this.address, to, data, blockTag: 'latest' } as const;
      const estimate = await this.#ask((client) => client.estimateGas(asked), call);
      return estimate + (estimate * GAS_MARGIN_PERCENT) / 100n;
    } catch (error) {
      if ((await this.#landed(data)) !== undefined) return undefined;
      throw error;
    }
  }

  /** The hash under which a call of this sender was mined. */
  async #landed(data: Hex): Promise<Hex | undefined> {
    if (this.#pending?.data !== data) return undefined;
    for (const hash of this.#pending.hashes) {
      if ((await this.#receipt(hash))?.status === 'success') return hash;
    }
    return undefined;
  }

  async #receipt(hash: Hex): Promise<TransactionReceipt | undefined> {
    const answers = await Promise.allSettled(this.#clients.map((client) => client.getTransactionReceipt({ hash })));
    return answers.find((answer) => answer.status === 'fulfilled')?.value;
  }

  async #requireAffordable(gas: bigint, { maxFeePerGas }: Fees): Promise<void> {
    if (maxFeePerGas > this.#maxFeePerGas) {
      const [price, limit] = [formatGwei(maxFeePerGas), formatGwei(this.#maxFeePerGas)];
      throw this.#error('gas', `gas costs ${price} gwei, the limit is ${limit}. Wait, or raise the limit.`);
    }
    const [needed, held] = [gas * maxFeePerGas, await this.balance()];
    if (held >= needed) return;
    const [has, needs] = [formatEther(held), formatEther(needed)];
    throw this.#error('gas', `the gas key ${this.address} holds ${has} ETH and needs up to ${needs}. Send it some.`);
  }

  /** To all RPCs at once: one that keeps it to itself stops nothing. */
  async #broadcast(raw: Hex): Promise<{ readonly hash: Hex | undefined; readonly refusal: string }> {
    const outcomes = await Promise.allSettled(
      this.#clients.map((client) => client.sendRawTransaction({ serializedTransaction: raw })),
    );
    const accepted = outcomes.some((outcome) => outcome.status === 'fulfilled' || isKnown(outcome.reason));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [summaryOf(outcome.reason)] : []));
    return { hash: accepted ? keccak256(raw) : undefined, refusal: [...new Set(refusals)].join('; ') };
  }

  async #ask<T>(question: (client: PublicClient) => Promise<T>, call?: Pick<Call, 'to' | 'abi'>): Promise<T> {
    try {
      return await question(this.#rotations[this.#turn % this.#rotations.length] as PublicClient);
    } catch (error) {
      this.#turn++;
      const reason = call === undefined ? undefined : revertReason(error, call.abi);
      if (reason !== undefined) throw this.#error('reverted', `${call?.to} refuses: ${reason}.`);
      throw this.#error('unreachable', `no RPC answers: ${summaryOf(error)}.`);
    }
  }

  #error(code: ChainErrorCode, message: string): ChainError {
    return new ChainError({ code, chainId: this.#chainId, message, retryable: code !== 'reverted' });
  }
}

function bump({ maxFeePerGas, maxPriorityFeePerGas }: Fees): Fees {
  const more = (fee: bigint) => fee + (fee * BUMP_PERCENT) / 100n + 1n;
  return { maxFeePerGas: more(maxFeePerGas), maxPriorityFeePerGas: more(maxPriorityFeePerGas) };
}

function higher(a: Fees, b: Fees): Fees {
  const larger = (x: bigint, y: bigint) => (x > y ? x : y);
  return {
    maxFeePerGas: larger(a.maxFeePerGas, b.maxFeePerGas),
    maxPriorityFeePerGas: larger(a.maxPriorityFeePerGas, b.maxPriorityFeePerGas),
  };
}

/** The RPC has this very transaction already. */
function isKnown(error: unknown): boolean {
  return /already (?:known|imported)|known transaction/i.test(summaryOf(error));
}

/** The contract's own error, like `Checkpointer_WrongNumber(2, 1)`; undefined when the call did not revert. */
function revertReason(error: unknown, abi: Abi): string | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const data = dataOf(error.walk((inner) => dataOf(inner) !== undefined));
  if (data === undefined)
    return error.walk((inner) => inner instanceof ExecutionRevertedError) ? 'it reverts' : undefined;
  try {
    const { errorName, args } = decodeErrorResult({ abi, data });
    return `${errorName}(${(args ?? []).join(', ')})`;
  } catch {
    return `it reverts with ${data.slice(0, 10)}`;
  }
}

function dataOf(error: unknown): Hex | undefined {
  const data = (error as { readonly data?: unknown } | null)?.data;
  return typeof data === 'string' && /^0x[0-9a-f]{8,}$/i.test(data) ? (data as Hex) : undefined;
}
