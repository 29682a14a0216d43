// A chain in memory that follows the rules of the contracts: real log hash chains, real digests, both signatures checked.
// Each block keeps the whole state after it, so that a reorganisation is going back to an earlier block.
import { recoverAddress } from '../../src/adapters/crypto/recover.ts';
import type { AcceptanceView, ApprovalView, ExitRootView, ForcedAnswerView, StandbyView } from '../../src/core/api.ts';
import { compareBytes, concatBytes, fromHex } from '../../src/core/bytes.ts';
import type { Address, Block, Hex, LogEntry } from '../../src/core/commands.ts';
import { ZERO_ADDRESS } from '../../src/core/commands.ts';
import { keccak256, keccak256Hex } from '../../src/core/keccak.ts';
import { encodeEntry } from '../../src/core/logEncoding.ts';
import { nextHead, type RegistryEntry, replayHead } from '../../src/core/logEntries.ts';
import type {
  ForcedRequest,
  LandedCheckpoint,
  SignedCheckpoint,
  StandbyStanding,
  WithdrawalLimit,
} from '../../src/core/ports.ts';
import type { ExitRootsMessage } from '../../src/core/typedMessages.ts';
import { digestOf, payloadHash, settlementsHash, withdrawalsHash, ZERO_HASH } from '../../src/core/typedMessages.ts';
import { GENESIS, HOME, REGISTRY } from './exchange.ts';

const MAX_DEADLINE_AHEAD = 7 * 24 * 3_600;
export const STALE_AFTER_SECONDS = 900;
export const TAKE_OVER_WAIT_SECONDS = 300;
const CLOSING_SECONDS = 48 * 3_600;
const ROOT_MATURES_AFTER_SECONDS = 72 * 3_600;
/** From the proposal of a standby. */
const LEADER_DELAY_SECONDS = 60;
const EXIT_ROOT_POSTED = keccak256Hex(new TextEncoder().encode('ExitRootPosted'));

interface ForcedAtVault extends Omit<ForcedRequest, 'isKeyHolder' | 'transferFails'> {
  readonly answeredBy: number;
  readonly transferFails: boolean;
}

interface Log {
  readonly entries: readonly LogEntry[];
  /** Head before each entry, and after the last one. */
  readonly heads: readonly Hex[];
}

/** What the contracts of one chain hold. */
export interface Contracts {
  readonly logs: ReadonlyMap<Address, Log>;
  readonly enclave: Address;
  readonly leader: Address;
  readonly epoch: number;
  readonly paused: boolean;
  /** Of its beginning; counts while `paused`. */
  readonly pausedAt: number;
  /** Pauses that are over, in seconds, oldest first. */
  readonly pauses: readonly { readonly from: number; readonly to: number }[];
  readonly proposal: { readonly candidate: Address; readonly epoch: number };
  readonly standbys: ReadonlyMap<Address, FakeStandby>;
  /** When it was deployed or the leader changed. */
  readonly heartbeatFloor: number;
  readonly tip: { readonly number: number; readonly digest: Hex };
  /** Oldest first. */
  readonly checkpoints: readonly LandedCheckpoint[];
  /** Atoms per token. */
  readonly vault: ReadonlyMap<Address, bigint>;
  /** Of every token alike; nothing refills it but `refillBucket`. */
  readonly bucket: Omit<WithdrawalLimit, 'time'>;
  readonly usedNonces: ReadonlySet<string>;
  readonly exit: {
    readonly phase: 'running' | 'closing' | 'final';
    /** Of the last entry. */
    readonly reason: ExitReason;
    readonly requestId: number;
    readonly enteredAt: number;
  };
  /** The newest checkpoint of which anything was paid. */
  readonly paidUpTo: number;
  /** By id, from 1 on; `open` 0 when it is closed. */
  readonly forced: readonly ForcedAtVault[];
  readonly root: {
    readonly epoch: number;
    readonly checkpoint: number;
    readonly issuedAt: number;
    readonly postedAt: number;
    readonly treeRoot: Hex;
    readonly processedIndex: number;
  };
}

type ExitReason = 'stale' | 'unanswered' | 'governor';
type FakeStandby = Pick<StandbyStanding, 'evidenceDigest' | 'readyAt' | 'announcedAt' | 'listed'>;

export interface FakeBlock extends Block {
  readonly contracts: Contracts;
  readonly transactions: readonly Transaction[];
}

/** Gives the contracts after it, or throws why it reverts. */
export interface Transaction {
  readonly name: string;
  readonly apply: (contracts: Contracts, block: Block) => Contracts;
}

export interface FakeChain {
  readonly chainId: number;
  readonly newest: FakeBlock;
  readonly final: FakeBlock;
  /** Undefined: no such block (any more). */
  blockAt(number: number): FakeBlock | undefined;
  /** Puts a transaction where the next block takes it from. */
  send(transaction: Transaction): void;
  mine(timestamp: number): FakeBlock;
  /** Why each of them would revert, one after the other, on top of the newest block; undefined for one that would not. */
  simulate(transactions: readonly Transaction[]): (string | undefined)[];
  /** Undoes the newest blocks, never a final one. Answers their transactions, oldest first. */
  reorganise(depth: number): readonly Transaction[];
  /** What was mined and reverted, and why. */
  readonly reverted: { readonly name: string; readonly reason: string }[];
}

export function createFakeChain(input: {
  readonly chainId: number;
  readonly enclave: Address;
  /** Seconds. */
  readonly timestamp: number;
  readonly finalityBlocks: number;
}): FakeChain {
  const { chainId, finalityBlocks } = input;
  let forks = 0;
  let pending: Transaction[] = [];
  const blocks: FakeBlock[] = [];
  let finalNumber = 0;
  const reverted: FakeChain['reverted'] = [];
  const newest = () => blocks.at(-1) as FakeBlock;

  function tryOne(transaction: Transaction, contracts: Contracts, block: Block): Contracts | string {
    try {
      return transaction.apply(contracts, block);
    } catch (error) {
      return (error as Error).message;
    }
  }

  function add(contracts: Contracts, timestamp: number, transactions: readonly Transaction[]): FakeBlock {
    const number = blocks.length;
    const block: Block = {
      number,
      timestamp,
      hash: keccak256Hex(new TextEncoder().encode(`${chainId} ${number} ${forks}`)),
    };
    let after = contracts;
    for (const transaction of transactions) {
      const result = tryOne(transaction, after, block);
      if (typeof result === 'string') reverted.push({ name: transaction.name, reason: result });
      else after = result;
    }
    blocks.push({ ...block, contracts: after, transactions });
    finalNumber = Math.max(finalNumber, number - finalityBlocks);
    return newest();
  }

  add(deployed(input), input.timestamp, []);
  return {
    chainId,
    get newest() {
      return newest();
    },
    get final() {
      return blocks[finalNumber] as FakeBlock;
    },
    blockAt: (number) => blocks[number],
    send(transaction) {
      pending.push(transaction);
    },
    mine(timestamp) {
      const transactions = pending;
      pending = [];
      return add(newest().contracts, Math.max(timestamp, newest().timestamp), transactions);
    },
    simulate(transactions) {
      let after = newest().contracts;
      return transactions.map((transaction) => {
        const result = tryOne(transaction, after, newest());
        if (typeof result === 'string') return result;
        after = result;
        return undefined;
      });
    },
    reorganise(depth) {
      forks++;
      const kept = Math.max(finalNumber + 1, blocks.length - depth);
      return blocks.splice(kept).flatMap(({ transactions }) => transactions);
    },
    reverted,
  };
}

function deployed({
  chainId,
  enclave,
  timestamp,
}: {
  chainId: number;
  enclave: Address;
  timestamp: number;
}): Contracts {
  const contracts = [GENESIS.authority, GENESIS.checkpointer, GENESIS.directory, REGISTRY];
  return {
    logs: new Map(contracts.map((contract) => [contract, { entries: [], heads: [replayHead(chainId, contract)] }])),
    enclave,
    leader: ZERO_ADDRESS,
    epoch: 0,
    paused: false,
    pausedAt: 0,
    pauses: [],
    standbys: new Map(),
    heartbeatFloor: timestamp,
    proposal: { candidate: ZERO_ADDRESS, epoch: 0 },
    tip: { number: 0, digest: ZERO_HASH },
    checkpoints: [],
    vault: new Map(),
    bucket: { capacity: 2n ** 104n - 1n, used: 0n, refillSeconds: 0 },
    usedNonces: new Set(),
    root: {
      epoch: 0,
      checkpoint: 0,
      issuedAt: timestamp,
      postedAt: timestamp,
      treeRoot: ZERO_HASH,
      processedIndex: 0,
    },
    exit: { phase: 'running', reason: 'stale', requestId: 0, enteredAt: 0 },
    paidUpTo: 0,
    forced: [],
  };
}

type AnyEntry = Parameters<typeof encodeEntry>[0];

function append(contracts: Contracts, contract: Address, entry: AnyEntry | LogEntry): Contracts['logs'] {
  const { entries, heads } = contracts.logs.get(contract) as Log;
  const encoded = 'kind' in entry ? entry : encodeEntry(entry);
  const head = nextHead(heads.at(-1) as Hex, entries.length, encoded);
  return new Map(contracts.logs).set(contract, { entries: [...entries, encoded], heads: [...heads, head] });
}

function demand(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new Error(reason);
}

interface Signatures {
  readonly enclaveSignature: Hex;
  readonly leaderSignature: Hex;
}

function demandBoth({ enclave, leader }: Contracts, digest: Hex, signed: Signatures): void {
  demand(recoverAddress(digest, signed.enclaveSignature) === enclave, 'not signed by the enclave');
  demand(recoverAddress(digest, signed.leaderSignature) === leader, 'not signed by the leader');
}

// Directory and Authority.

export function list(entries: readonly AnyEntry[]): Transaction {
  return {
    name: 'list',
    apply(contracts) {
      let after = contracts;
      for (const entry of entries) after = { ...after, logs: append(after, GENESIS.directory, entry) };
      return after;
    },
  };
}

export function proposeLeader(candidate: Address, epoch: number): Transaction {
  return {
    name: 'proposeLeader',
    apply(contracts) {
      demand(epoch > contracts.epoch, 'epoch not growing');
      return { ...contracts, proposal: { candidate, epoch } };
    },
  };
}

export function acceptLeader({ chainId, authority, message, signature }: AcceptanceView): Transaction {
  return {
    name: 'acceptLeader',
    apply(contracts, block) {
      const { candidate, epoch } = contracts.proposal;
      demand(
        candidate !== ZERO_ADDRESS && message.candidate === candidate && message.epoch === epoch,
        'no such proposal',
      );
      const digest = digestOf('AcceptLeader', { chainId, verifyingContract: authority }, message);
      demand(recoverAddress(digest, signature) === candidate, 'not signed by the candidate');
      return appoint(contracts, block, { leader: candidate, epoch });
    },
  };
}

/** As if proposed and accepted. */
export function nameLeader(leader: Address, epoch: number): Transaction {
  return { name: 'nameLeader', apply: (contracts, block) => appoint(contracts, block, { leader, epoch }) };
}

/** Whoever leads stands by no more. */
function appoint(
  contracts: Contracts,
  { timestamp: heartbeatFloor }: Block,
  { leader, epoch }: { readonly leader: Address; readonly epoch: number },
): Contracts {
  demand(epoch > contracts.epoch, 'epoch not growing');
  const logs = append(contracts, GENESIS.authority, { type: 'leaderChanged', leader, epoch });
  const standbys = new Map(contracts.standbys);
  standbys.delete(leader);
  return {
    ...contracts,
    logs,
    leader,
    epoch,
    heartbeatFloor,
    standbys,
    proposal: { candidate: ZERO_ADDRESS, epoch: 0 },
  };
}

/** Nobody leads any more; the epoch stays. */
export function vacateLeader(): Transaction {
  return {
    name: 'vacateLeader',
    apply: (contracts, { timestamp: heartbeatFloor }) => ({ ...contracts, leader: ZERO_ADDRESS, heartbeatFloor }),
  };
}

export function setPaused(paused: boolean): Transaction {
  return {
    name: 'setPaused',
    apply(contracts, { timestamp }) {
      const ended = contracts.paused ? [{ from: contracts.pausedAt, to: timestamp }] : [];
      return { ...contracts, paused, pausedAt: timestamp, pauses: [...contracts.pauses, ...ended] };
    },
  };
}

// Standbys.

export function proposeStandby(candidate: Address, evidenceDigest: Hex = ZERO_HASH): Transaction {
  return {
    name: 'proposeStandby',
    apply(contracts, { timestamp }) {
      demand(candidate !== contracts.leader, 'already leads');
      const proposed = { evidenceDigest, readyAt: timestamp + LEADER_DELAY_SECONDS, announcedAt: 0, listed: false };
      return { ...contracts, standbys: new Map(contracts.standbys).set(candidate, proposed) };
    },
  };
}

/** What a courier sends for a standby, as the Authority takes it. */
export function helpStandby(view: StandbyView): Transaction {
  const { chainId, authority, candidate, step } = view;
  const domain = { chainId, verifyingContract: authority };
  return {
    name: `${step?.type} ${candidate}`,
    apply(contracts, block) {
      const own = contracts.standbys.get(candidate);
      demand(own !== undefined && step !== null, 'no standby');
      const update = (change: Partial<FakeStandby>) => ({
        ...contracts,
        standbys: new Map(contracts.standbys).set(candidate, { ...own, ...change }),
      });
      const heardAt = heardAtOf(contracts);
      const isVacant = contracts.leader === ZERO_ADDRESS;
      const silence = runningSeconds(contracts, heardAt, block.timestamp);
      if (step.type === 'accept') {
        demand(!own.listed && block.timestamp >= own.readyAt, 'not ready');
        const digest = digestOf('AcceptStandby', domain, { candidate, evidenceDigest: own.evidenceDigest });
        demand(recoverAddress(digest, step.signature) === candidate, 'not signed by the candidate');
        return update({ listed: true });
      }
      demand(own.listed, 'not listed');
      if (step.type === 'announce') {
        demand(own.announcedAt < heardAt, 'already announced');
        demand(isVacant || silence >= STALE_AFTER_SECONDS, 'keeper is heard');
        return update({ announcedAt: block.timestamp });
      }
      const { message } = step;
      demand(!contracts.paused, 'paused');
      demand(own.announcedAt >= heardAt, 'not announced');
      demand(runningSeconds(contracts, own.announcedAt, block.timestamp) >= TAKE_OVER_WAIT_SECONDS, 'too early');
      demand(isVacant || silence >= STALE_AFTER_SECONDS + TAKE_OVER_WAIT_SECONDS, 'too early');
      demand(message.candidate === candidate && message.expectedTip === tipOf(chainId, contracts), 'wrong tip');
      const digest = digestOf('AcceptLeader', domain, message);
      demand(recoverAddress(digest, step.enclaveSignature) === contracts.enclave, 'not signed by the enclave');
      demand(recoverAddress(digest, step.candidateSignature) === candidate, 'not signed by the candidate');
      return appoint(contracts, block, { leader: candidate, epoch: message.epoch });
    },
  };
}

/** What the Authority says about a standby after a block. */
export function standbyStanding({
  chainId,
  block,
  candidate,
}: {
  readonly chainId: number;
  readonly block: FakeBlock;
  readonly candidate: Address;
}): StandbyStanding | undefined {
  const { contracts, number, hash, timestamp } = block;
  const own = contracts.standbys.get(candidate);
  if (own === undefined) return undefined;
  const { leader, epoch, paused } = contracts;
  const heardAt = heardAtOf(contracts);
  return {
    ...own,
    leader,
    epoch,
    paused,
    heardAt,
    staleAfterSeconds: STALE_AFTER_SECONDS,
    silenceSeconds: runningSeconds(contracts, heardAt, timestamp),
    waitedSeconds: runningSeconds(contracts, own.announcedAt, timestamp),
    tip: tipOf(chainId, contracts),
    block: { number, hash, timestamp },
  };
}

function heardAtOf({ root, heartbeatFloor }: Contracts): number {
  return Math.max(root.issuedAt, heartbeatFloor);
}

function runningSeconds({ pauses, paused, pausedAt }: Contracts, from: number, to: number): number {
  const all = paused ? [...pauses, { from: pausedAt, to }] : pauses;
  const lost = all.map((pause) => Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from)));
  return Math.max(0, to - from - lost.reduce((sum, seconds) => sum + seconds, 0));
}

function tipOf(chainId: number, { tip, root }: Contracts): Hex {
  if (chainId === HOME) return tip.digest;
  const { epoch, checkpoint, treeRoot, processedIndex } = root;
  const [epochWord, checkpointWord, indexWord] = [epoch, checkpoint, processedIndex].map((n) => word(BigInt(n)));
  return keccak256Hex(
    concatBytes(epochWord as Uint8Array, checkpointWord as Uint8Array, fromHex(treeRoot, 32), indexWord as Uint8Array),
  );
}

// Checkpointer.

export function postCheckpoint(chainId: number, signed: SignedCheckpoint): Transaction {
  const { checkpoint, payload, withdrawals, ciphertexts } = signed;
  return {
    name: `checkpoint ${checkpoint.number}`,
    apply(contracts) {
      const { tip, epoch, paused } = contracts;
      demand(checkpoint.number === tip.number + 1, `wrong number: ${tip.number} stands`);
      demand(checkpoint.parent === tip.digest, 'wrong parent');
      demand(checkpoint.payloadHash === payloadHash(payload), 'wrong payload');
      demand(checkpoint.withdrawalsHash === withdrawalsHash(withdrawals), 'wrong withdrawals');
      demand(checkpoint.settlementsHash === settlementsHash(ciphertexts), 'wrong settlements');
      demand(!paused, 'paused');
      demand(checkpoint.epoch === epoch, 'wrong epoch');
      const digest = digestOf('Checkpoint', { chainId, verifyingContract: GENESIS.checkpointer }, checkpoint);
      demandBoth(contracts, digest, signed);
      const logs = append(contracts, GENESIS.checkpointer, { type: 'checkpointed', ...checkpoint });
      const checkpoints = [...contracts.checkpoints, { checkpoint, payload }];
      return { ...contracts, logs, checkpoints, tip: { number: checkpoint.number, digest } };
    },
  };
}

// DepositRegistry.

export function makeDeposit(deposit: {
  readonly token: Address;
  readonly amount: bigint;
  readonly account: Address;
  readonly subaccount?: number;
}): Transaction {
  const { token, amount, account, subaccount = 0 } = deposit;
  return {
    name: 'deposit',
    apply(contracts) {
      demandNotFinal(contracts);
      return {
        ...contracts,
        vault: new Map(contracts.vault).set(token, (contracts.vault.get(token) ?? 0n) + amount),
        logs: append(contracts, REGISTRY, { type: 'deposited', token, amount, account, subaccount, payer: account }),
      };
    },
  };
}

/** As time does, or the governor. */
export function refillBucket(bucket: Pick<WithdrawalLimit, 'capacity' | 'used'>, refillSeconds = 0): Transaction {
  return { name: 'refill', apply: (contracts) => ({ ...contracts, bucket: { ...bucket, refillSeconds } }) };
}

/** What nobody but a thief of both keys can do. */
export function payWithoutSignatures(paid: Omit<RegistryEntry & { type: 'withdrawn' }, 'type'>): Transaction {
  return {
    name: 'theft',
    apply: (contracts) => ({ ...contracts, logs: append(contracts, REGISTRY, { type: 'withdrawn', ...paid }) }),
  };
}

export function cancelNonce(account: Address, nonce: bigint): Transaction {
  return {
    name: 'cancelWithdrawal',
    apply: (contracts) => ({
      ...contracts,
      usedNonces: useNonce(contracts, account, nonce),
      logs: append(contracts, REGISTRY, { type: 'withdrawalCancelled', account, nonce }),
    }),
  };
}

export function payWithdrawal({ chainId, registry, message, ...signed }: ApprovalView): Transaction {
  const { account, token, amount, recipient, nonce, checkpoint, deadline } = message;
  return {
    name: `withdraw ${account} ${nonce}`,
    apply(contracts, block) {
      const { root, epoch, paused, vault, bucket } = contracts;
      demand(!paused, 'paused');
      demandNotFinal(contracts);
      demand(block.timestamp <= deadline, 'expired');
      demand(deadline - block.timestamp <= MAX_DEADLINE_AHEAD, 'deadline too far');
      demand(root.epoch === epoch && root.checkpoint >= checkpoint, 'checkpoint not posted');
      demandBoth(contracts, digestOf('Withdrawal', { chainId, verifyingContract: registry }, message), signed);
      demand(amount > 0n && recipient !== ZERO_ADDRESS && recipient !== REGISTRY, 'bad withdrawal');
      const usedNonces = useNonce(contracts, account, nonce);
      const held = vault.get(token) ?? 0n;
      demand(amount <= held, 'vault holds too little');
      demand(amount <= bucket.capacity - bucket.used, 'over limit');
      return {
        ...contracts,
        usedNonces,
        paidUpTo: Math.max(contracts.paidUpTo, checkpoint),
        bucket: { ...bucket, used: bucket.used + amount },
        vault: new Map(vault).set(token, held - amount),
        logs: append(contracts, REGISTRY, { type: 'withdrawn', account, token, amount, recipient, nonce }),
      };
    },
  };
}

/** By whoever has the key of the account. `transferFails`: the token will not move to the recipient. */
export function requestForced(wish: {
  readonly account: Address;
  readonly token: Address;
  readonly amount: bigint;
  readonly transferFails?: boolean;
}): Transaction {
  const { account, token, amount: open, transferFails = false } = wish;
  return {
    name: 'requestForcedWithdrawal',
    apply(contracts) {
      demandNotFinal(contracts);
      demand(open > 0n, 'zero amount');
      const forced = [...contracts.forced, { account, token, open, transferFails, answeredBy: 0 }];
      const logs = append(contracts, REGISTRY, {
        type: 'forcedRequested',
        id: BigInt(forced.length),
        account,
        token,
        amount: open,
        recipient: account,
      });
      return { ...contracts, forced, logs };
    },
  };
}

/** The token's issuer blocks whoever made the request. */
export function blockRecipient(id: number, transferFails = true): Transaction {
  return {
    name: 'block',
    apply(contracts) {
      const request = contracts.forced[id - 1];
      demand(request !== undefined, 'no such request');
      return { ...contracts, forced: contracts.forced.with(id - 1, { ...request, transferFails }) };
    },
  };
}

export function forcedRequestOf({ forced }: Contracts, id: number): ForcedRequest | undefined {
  const request = forced[id - 1];
  if (request === undefined || request.open === 0n) return undefined;
  const { account, token, open, transferFails } = request;
  return { account, token, open, transferFails, isKeyHolder: true };
}

export function answerForced({ chainId, registry, message, ...signed }: ForcedAnswerView): Transaction {
  const { paid, reason, checkpoint } = message;
  const id = Number(message.id);
  return {
    name: `answerForced ${id}`,
    apply(contracts, block) {
      const { root, epoch, paused, vault, bucket, exit } = contracts;
      demand(!paused, 'paused');
      demandNotFinal(contracts);
      demand(root.epoch === epoch && root.checkpoint >= checkpoint, 'checkpoint not posted');
      demandBoth(contracts, digestOf('ForcedAnswer', { chainId, verifyingContract: registry }, message), signed);
      const request = contracts.forced[id - 1];
      demand(request !== undefined && request.open > 0n, 'request not open');
      demand(checkpoint > request.answeredBy, 'already answered');
      const { account, token } = request;
      const isLeast = 4n * paid >= bucket.capacity && 16n * paid >= request.open;
      const isPart = reason === 4 && isLeast && paid < request.open;
      demand(reason === 0 ? paid === request.open : isPart || (reason !== 4 && paid === 0n), 'wrong payment');
      const held = vault.get(token) ?? 0n;
      demand(paid <= held, 'vault holds too little');
      demand(paid <= bucket.capacity - bucket.used, 'over limit');
      demand(paid === 0n || !request.transferFails, 'transfer fails');
      const open = reason === 4 ? request.open - paid : 0n;
      const answered = {
        ...contracts,
        paidUpTo: paid === 0n ? contracts.paidUpTo : Math.max(contracts.paidUpTo, checkpoint),
        bucket: { ...bucket, used: bucket.used + paid },
        vault: new Map(vault).set(token, held - paid),
        forced: contracts.forced.with(id - 1, { ...request, open, answeredBy: checkpoint }),
        logs: append(contracts, REGISTRY, {
          type: 'forcedAnswered',
          id: message.id,
          account,
          token,
          paid,
          recipient: account,
          reason,
          open,
        }),
      };
      const isCure = exit.reason === 'unanswered' && exit.requestId === id && !isClosingOver(contracts, block);
      return exit.phase === 'closing' && isCure ? cured(answered) : answered;
    },
  };
}

function useNonce({ usedNonces }: Contracts, account: Address, nonce: bigint): Set<string> {
  const key = `${account} ${nonce}`;
  demand(!usedNonces.has(key), 'nonce used');
  return new Set(usedNonces).add(key);
}

/** As the vault takes it: `enterExitMode`, `enterExitModeFor` and `enterExitModeByGovernor`, without their conditions. */
export function enterExitMode(reason: ExitReason, requestId = 0): Transaction {
  return {
    name: 'enterExitMode',
    apply(contracts, block) {
      demand(contracts.exit.phase === 'running', 'not running');
      const exit = { phase: 'closing', reason, requestId, enteredAt: block.timestamp } as const;
      return { ...contracts, exit, logs: append(contracts, REGISTRY, { type: 'exitModeEntered' }) };
    },
  };
}

export function finalizeExit(): Transaction {
  return {
    name: 'finalizeExit',
    apply(contracts, block) {
      demand(contracts.exit.phase === 'closing', 'not closing');
      demand(isClosingOver(contracts, block), 'not over');
      demand(block.timestamp - contracts.root.postedAt >= ROOT_MATURES_AFTER_SECONDS, 'root is young');
      const exit = { ...contracts.exit, phase: 'final' } as const;
      return { ...contracts, exit, logs: append(contracts, REGISTRY, { type: 'exitModeFinal' }) };
    },
  };
}

function cured(contracts: Contracts): Contracts {
  const exit = { ...contracts.exit, phase: 'running' } as const;
  return { ...contracts, exit, logs: append(contracts, REGISTRY, { type: 'exitModeCured' }) };
}

function isClosingOver(contracts: Contracts, { timestamp }: Block): boolean {
  return runningSeconds(contracts, contracts.exit.enteredAt, timestamp) >= CLOSING_SECONDS;
}

function demandNotFinal({ exit }: Contracts): void {
  demand(exit.phase !== 'final', 'exit is final');
}

export function postExitRoot(homeChainId: number, view: ExitRootView): Transaction {
  const { message, treeRoot, processedIndex } = view;
  return {
    name: `exitRoot ${message.checkpoint}`,
    apply(contracts, block) {
      const domain = { chainId: homeChainId, verifyingContract: GENESIS.checkpointer };
      const { phase, reason, enteredAt } = contracts.exit;
      demandNotFinal(contracts);
      demand(phase === 'running' || !isClosingOver(contracts, block), 'closing is over');
      demand(message.epoch === contracts.epoch, 'wrong epoch');
      demandBoth(contracts, digestOf('ExitRoots', domain, message), view);
      demandNewer(contracts.root, message, block.timestamp);
      demand(processedIndex <= (contracts.logs.get(REGISTRY) as Log).entries.length, 'processed too much');
      demand(isProven(view), 'not in root');
      const { epoch, checkpoint, issuedAt } = message;
      const data = concatBytes(fromHex(message.root, 32), fromHex(treeRoot, 32));
      const isCure = phase === 'closing' && reason === 'stale' && issuedAt > enteredAt;
      const admitted = isCure ? cured(contracts) : contracts;
      return {
        ...admitted,
        root: { epoch, checkpoint, issuedAt, postedAt: block.timestamp, treeRoot, processedIndex },
        logs: append(admitted, REGISTRY, { kind: EXIT_ROOT_POSTED, data }),
      };
    },
  };
}

function demandNewer(root: Contracts['root'], message: ExitRootsMessage, timestamp: number): void {
  const { epoch, checkpoint, issuedAt } = message;
  demand(epoch !== root.epoch || checkpoint > root.checkpoint, 'root not newer');
  demand(issuedAt <= timestamp, 'issued in the future');
  demand(issuedAt >= root.issuedAt, 'issued before the newest');
  const seconds = Math.max(timestamp - root.postedAt, issuedAt - root.issuedAt);
  demand(checkpoint <= root.checkpoint + seconds, 'checkpoint too far');
}

/** As OpenZeppelin and Solady verify: pairs hashed in sorted order, the leaf hashed twice. */
export function isProven({ chainId, registry, treeRoot, processedIndex, proof, message }: ExitRootView): boolean {
  const leaf = concatBytes(
    word(BigInt(chainId)),
    word(BigInt(registry)),
    fromHex(treeRoot, 32),
    word(BigInt(processedIndex)),
  );
  let node = keccak256(keccak256(leaf));
  for (const sibling of proof.map((hash) => fromHex(hash, 32))) {
    node = keccak256(compareBytes(node, sibling) <= 0 ? concatBytes(node, sibling) : concatBytes(sibling, node));
  }
  return compareBytes(node, fromHex(message.root, 32)) === 0;
}

function word(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, '0')}`, 32);
}
