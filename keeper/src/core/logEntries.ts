// The logs of the contracts: the hash chain over their entries, and the entries that the core understands. An entry is
// the event itself: kind = topic0, data = ABI encoding of everything but the index. All of them are made of 32-byte
// words. An unknown kind moves the head and nothing else.
import { assert } from './assertion.ts';
import { MAX_SAFE, WAD_DECIMALS } from './assets.ts';
import { concatBytes, fromHex, toHex } from './bytes.ts';
import type { Address, Hex, LogEntry } from './commands.ts';
import { keccak256, keccak256Hex } from './keccak.ts';
import type { ShuttleMessage } from './typedMessages.ts';

const WORD = 32;

export type RegistryEntry =
  | {
      readonly type: 'deposited';
      readonly token: Address;
      readonly amount: bigint;
      readonly account: Address;
      readonly subaccount: number;
      readonly payer: Address;
    }
  | {
      readonly type: 'withdrawn';
      readonly account: Address;
      readonly token: Address;
      readonly amount: bigint;
      readonly recipient: Address;
      readonly nonce: bigint;
    }
  | {
      readonly type: 'withdrawalCancelled' | 'withdrawalRevoked';
      readonly account: Address;
      readonly nonce: bigint;
    }
  | {
      readonly type: 'forcedRequested';
      readonly id: bigint;
      readonly account: Address;
      readonly token: Address;
      readonly amount: bigint;
      readonly recipient: Address;
    }
  | {
      readonly type: 'forcedAnswered';
      readonly id: bigint;
      readonly account: Address;
      readonly token: Address;
      readonly paid: bigint;
      readonly recipient: Address;
      /** As `FORCED_REASONS` numbers them. */
      readonly reason: number;
      /** What waits for a further answer. */
      readonly open: bigint;
    }
  /** Its reason, and the request that nobody answered, are the vault's business. */
  | { readonly type: 'exitModeEntered' | 'exitModeCured' | 'exitModeFinal' }
  /** Money that left for a lane or a bridge, with both signatures. */
  | {
      readonly type: 'settlementOpened';
      readonly nonce: Hex;
      readonly sellToken: Address;
      readonly buyToken: Address;
      readonly sellAmount: bigint;
      readonly buyAmount: bigint;
      readonly buyExact: boolean;
      readonly partiallyFillable: boolean;
      /** Seconds. */
      readonly validTo: number;
      readonly owner: Hex;
      readonly checkpoint: number;
    }
  | { readonly type: 'shuttleSent'; readonly digest: Hex; readonly order: ShuttleMessage }
  /** From now on the vault takes it. Limits and the like follow, which are the vault's own business. */
  | { readonly type: 'tokenListed'; readonly token: Address };

export type AuthorityEntry = { readonly type: 'leaderChanged'; readonly leader: Address; readonly epoch: number };

export type CheckpointerEntry = {
  readonly type: 'checkpointed';
  readonly number: number;
  readonly epoch: number;
  readonly parent: Hex;
  readonly stateHash: Hex;
  readonly payloadHash: Hex;
  readonly withdrawalsHash: Hex;
  readonly settlementsHash: Hex;
  readonly journalIndex: number;
};

export type DirectoryEntry =
  | {
      readonly type: 'chainListed';
      readonly chainId: number;
      readonly registry: Address;
      readonly authority: Address;
      readonly finality: number;
      readonly heartbeatSeconds: number;
    }
  | { readonly type: 'assetListed'; readonly asset: number; readonly symbol: string; readonly ledgerDecimals: number }
  | {
      readonly type: 'assetRiskChanged';
      readonly asset: number;
      readonly initAssetWeightPpm: number;
      readonly initLiabilityWeightPpm: number;
      readonly maintAssetWeightPpm: number;
      readonly maintLiabilityWeightPpm: number;
      readonly liquidationFeePpm: number;
      /** Value units. */
      readonly depositScaleStart: bigint;
      readonly borrowScaleStart: bigint;
      /** Ledger units. */
      readonly borrowCap: bigint;
    }
  | {
      readonly type: 'assetTokenListed';
      readonly asset: number;
      readonly chainId: number;
      readonly token: Address;
      readonly decimals: number;
    }
  | {
      readonly type: 'bookListed';
      readonly book: number;
      readonly base: number;
      readonly quote: number;
      readonly lotSize: number;
      readonly tickSize: number;
    }
  | {
      readonly type: 'bookChanged';
      readonly book: number;
      readonly makerFeePpm: number;
      readonly takerFeePpm: number;
      readonly status: number;
    }
  /** `debtLimit`: value units. */
  | { readonly type: 'creditTierChanged'; readonly tier: number; readonly debtLimit: bigint }
  | {
      readonly type: 'accountCreditChanged';
      readonly account: Address;
      readonly subaccount: number;
      readonly tier: number;
    }
  | { readonly type: 'executorChanged'; readonly executor: Address }
  | { readonly type: 'settlerChanged'; readonly settler: Address; readonly encryptionKey: Hex }
  | { readonly type: 'feeAccountChanged'; readonly account: Address }
  | { readonly type: 'insuranceAccountChanged'; readonly account: Address };

/** topic0 of every event that the core understands. */
export const KINDS = {
  deposited: kindOf('Deposited(uint64,address,uint256,address,uint32,address)'),
  withdrawn: kindOf('Withdrawn(uint64,address,address,uint256,address,uint256)'),
  withdrawalCancelled: kindOf('WithdrawalCancelled(uint64,address,uint256)'),
  withdrawalRevoked: kindOf('WithdrawalRevoked(uint64,address,uint256)'),
  forcedRequested: kindOf('ForcedRequested(uint64,uint256,address,address,uint256,address)'),
  forcedAnswered: kindOf('ForcedAnswered(uint64,uint256,address,address,uint256,address,uint8,uint256)'),
  exitModeEntered: kindOf('ExitModeEntered(uint64,uint8,uint256)'),
  exitModeCured: kindOf('ExitModeCured(uint64)'),
  exitModeFinal: kindOf('ExitModeFinal(uint64,uint64,bytes32,uint64)'),
  settlementOpened: kindOf(
    'SettlementOpened(uint64,bytes32,address,address,uint256,uint256,bool,bool,uint32,bytes32,uint64)',
  ),
  shuttleSent: kindOf(
    'ShuttleSent(uint64,bytes32,(bytes32,uint256,uint256,address,address,uint256,uint256,uint32,uint64,uint64))',
  ),
  tokenListed: kindOf('TokenListed(uint64,address,uint256,(uint112,uint32),(uint112,uint32),(uint112,uint32),bool)'),
  leaderChanged: kindOf('LeaderChanged(uint64,address,uint64,bytes32)'),
  checkpointed: kindOf('Checkpointed(uint64,(uint64,uint64,bytes32,bytes32,bytes32,bytes32,bytes32,uint64),bytes)'),
  chainListed: kindOf('ChainListed(uint64,uint64,address,address,uint8,uint32)'),
  assetListed: kindOf('AssetListed(uint64,uint32,bytes32,uint8)'),
  assetRiskChanged: kindOf('AssetRiskChanged(uint64,uint32,uint32,uint32,uint32,uint32,uint32,uint64,uint64,uint64)'),
  assetTokenListed: kindOf('AssetTokenListed(uint64,uint32,uint64,address,uint8)'),
  bookListed: kindOf('BookListed(uint64,uint32,uint32,uint32,uint64,uint64)'),
  bookChanged: kindOf('BookChanged(uint64,uint32,uint32,uint32,uint8)'),
  creditTierChanged: kindOf('CreditTierChanged(uint64,uint8,uint64)'),
  accountCreditChanged: kindOf('AccountCreditChanged(uint64,address,uint32,uint8)'),
  executorChanged: kindOf('ExecutorChanged(uint64,address)'),
  settlerChanged: kindOf('SettlerChanged(uint64,address,uint8,bytes32)'),
  feeAccountChanged: kindOf('FeeAccountChanged(uint64,address)'),
  insuranceAccountChanged: kindOf('InsuranceAccountChanged(uint64,address)'),
} as const;

/** Head of a log without entries: keccak256(abi.encode(chainId, contract)). */
export function replayHead(chainId: number, contract: Address): Hex {
  return keccak256Hex(concatBytes(uintWord(BigInt(chainId)), new Uint8Array(12), fromHex(contract, 20)));
}

/** Head after entry `index`: keccak256(abi.encode(head, index, kind, keccak256(data))). */
export function nextHead(head: Hex, index: number, entry: LogEntry): Hex {
  return keccak256Hex(
    concatBytes(fromHex(head, WORD), uintWord(BigInt(index)), fromHex(entry.kind, WORD), keccak256(entry.data)),
  );
}

/** `where` names the entry in assertions. undefined: a kind that the core need not know. */
export function decodeRegistryEntry(entry: LogEntry, where: string): RegistryEntry | undefined {
  switch (entry.kind) {
    case KINDS.deposited: {
      const words = wordsOf(entry, 5, where);
      return {
        type: 'deposited',
        token: words.address(0),
        amount: words.uint(1),
        account: words.address(2),
        subaccount: words.number(3, 32),
        payer: words.address(4),
      };
    }
    case KINDS.withdrawn: {
      const words = wordsOf(entry, 5, where);
      return {
        type: 'withdrawn',
        account: words.address(0),
        token: words.address(1),
        amount: words.uint(2),
        recipient: words.address(3),
        nonce: words.uint(4),
      };
    }
    case KINDS.withdrawalCancelled:
    case KINDS.withdrawalRevoked: {
      const words = wordsOf(entry, 2, where);
      const type = entry.kind === KINDS.withdrawalCancelled ? 'withdrawalCancelled' : 'withdrawalRevoked';
      return { type, account: words.address(0), nonce: words.uint(1) };
    }
    case KINDS.forcedRequested: {
      const words = wordsOf(entry, 5, where);
      return {
        type: 'forcedRequested',
        id: words.uint(0),
        account: words.address(1),
        token: words.address(2),
        amount: words.uint(3),
        recipient: words.address(4),
      };
    }
    case KINDS.forcedAnswered: {
      const words = wordsOf(entry, 7, where);
      return {
        type: 'forcedAnswered',
        id: words.uint(0),
        account: words.address(1),
        token: words.address(2),
        paid: words.uint(3),
        recipient: words.address(4),
        reason: words.number(5, 8),
        open: words.uint(6),
      };
    }
    case KINDS.settlementOpened:
    case KINDS.shuttleSent:
      return decodeOutgoing(entry, where);
    case KINDS.tokenListed:
      return { type: 'tokenListed', token: wordsOf(entry, { atLeast: 1 }, where).address(0) };
    default:
      return decodeExitMode(entry, where);
  }
}

function decodeExitMode(entry: LogEntry, where: string): RegistryEntry | undefined {
  const known = EXIT_MODE.find(({ type }) => KINDS[type] === entry.kind);
  if (known === undefined) return undefined;
  wordsOf(entry, known.words, where);
  return { type: known.type };
}

const EXIT_MODE = [
  { type: 'exitModeEntered', words: 2 },
  { type: 'exitModeCured', words: 0 },
  { type: 'exitModeFinal', words: 3 },
] as const;

function decodeOutgoing(entry: LogEntry, where: string): RegistryEntry {
  if (entry.kind === KINDS.settlementOpened) {
    const words = wordsOf(entry, 10, where);
    return {
      type: 'settlementOpened',
      nonce: words.bytes32(0),
      sellToken: words.address(1),
      buyToken: words.address(2),
      sellAmount: words.uint(3),
      buyAmount: words.uint(4),
      buyExact: words.number(5, 1) === 1,
      partiallyFillable: words.number(6, 1) === 1,
      validTo: words.number(7, 32),
      owner: words.bytes32(8),
      checkpoint: words.number(9, 64),
    };
  }
  const words = wordsOf(entry, 11, where);
  const order = {
    nonce: words.bytes32(1),
    originChainId: words.number(2, 64),
    destinationChainId: words.number(3, 64),
    inputToken: words.address(4),
    outputToken: words.address(5),
    inputAmount: words.uint(6),
    outputAmount: words.uint(7),
    fillDeadline: words.number(8, 32),
    validUntil: words.number(9, 64),
    checkpoint: words.number(10, 64),
  };
  return { type: 'shuttleSent', digest: words.bytes32(0), order };
}

export function decodeAuthorityEntry(entry: LogEntry, where: string): AuthorityEntry | undefined {
  if (entry.kind !== KINDS.leaderChanged) return undefined;
  const words = wordsOf(entry, 3, where);
  return { type: 'leaderChanged', leader: words.address(0), epoch: words.number(1, 64) };
}

/** The payload behind the tuple is not looked at. */
export function decodeCheckpointerEntry(entry: LogEntry, where: string): CheckpointerEntry | undefined {
  if (entry.kind !== KINDS.checkpointed) return undefined;
  const words = wordsOf(entry, { atLeast: 10 }, where);
  return {
    type: 'checkpointed',
    number: words.number(0, 64),
    epoch: words.number(1, 64),
    parent: words.bytes32(2),
    stateHash: words.bytes32(3),
    payloadHash: words.bytes32(4),
    withdrawalsHash: words.bytes32(5),
    settlementsHash: words.bytes32(6),
    journalIndex: words.number(7, 64),
  };
}

export function decodeDirectoryEntry(entry: LogEntry, where: string): DirectoryEntry | undefined {
  switch (entry.kind) {
    case KINDS.chainListed: {
      const words = wordsOf(entry, 5, where);
      return {
        type: 'chainListed',
        chainId: words.number(0, 64),
        registry: words.address(1),
        authority: words.address(2),
        finality: words.number(3, 8),
        heartbeatSeconds: words.number(4, 32),
      };
    }
    case KINDS.assetListed:
    case KINDS.assetRiskChanged:
    case KINDS.assetTokenListed:
      return decodeAssetEntry(entry, where);
    case KINDS.bookListed:
    case KINDS.bookChanged:
      return decodeBookEntry(entry, where);
    case KINDS.creditTierChanged:
    case KINDS.accountCreditChanged:
      return decodeCreditEntry(entry, where);
    case KINDS.executorChanged:
      return { type: 'executorChanged', executor: wordsOf(entry, 1, where).address(0) };
    case KINDS.settlerChanged: {
      const words = wordsOf(entry, 3, where);
      const prefix = words.number(1, 8).toString(16).padStart(2, '0');
      return {
        type: 'settlerChanged',
        settler: words.address(0),
        encryptionKey: `0x${prefix}${words.bytes32(2).slice(2)}`,
      };
    }
    case KINDS.feeAccountChanged:
      return { type: 'feeAccountChanged', account: wordsOf(entry, 1, where).address(0) };
    case KINDS.insuranceAccountChanged:
      return { type: 'insuranceAccountChanged', account: wordsOf(entry, 1, where).address(0) };
    default:
      return undefined;
  }
}

function decodeAssetEntry(entry: LogEntry, where: string): DirectoryEntry {
  if (entry.kind === KINDS.assetListed) {
    const words = wordsOf(entry, 3, where);
    const ledgerDecimals = words.number(2, 8);
    assert(ledgerDecimals <= WAD_DECIMALS, `${where}: more than 18 ledger decimals`);
    return { type: 'assetListed', asset: words.number(0, 32), symbol: words.ascii(1), ledgerDecimals };
  }
  if (entry.kind === KINDS.assetRiskChanged) {
    const words = wordsOf(entry, 9, where);
    return {
      type: 'assetRiskChanged',
      asset: words.number(0, 32),
      initAssetWeightPpm: words.number(1, 32),
      initLiabilityWeightPpm: words.number(2, 32),
      maintAssetWeightPpm: words.number(3, 32),
      maintLiabilityWeightPpm: words.number(4, 32),
      liquidationFeePpm: words.number(5, 32),
      depositScaleStart: BigInt(words.number(6, 64)),
      borrowScaleStart: BigInt(words.number(7, 64)),
      borrowCap: BigInt(words.number(8, 64)),
    };
  }
  const words = wordsOf(entry, 4, where);
  const decimals = words.number(3, 8);
  assert(decimals <= WAD_DECIMALS, `${where}: a token of more than 18 decimals`);
  return {
    type: 'assetTokenListed',
    asset: words.number(0, 32),
    chainId: words.number(1, 64),
    token: words.address(2),
    decimals,
  };
}

function decodeCreditEntry(entry: LogEntry, where: string): DirectoryEntry {
  if (entry.kind === KINDS.creditTierChanged) {
    const words = wordsOf(entry, 2, where);
    return { type: 'creditTierChanged', tier: words.number(0, 8), debtLimit: BigInt(words.number(1, 64)) };
  }
  const words = wordsOf(entry, 3, where);
  return {
    type: 'accountCreditChanged',
    account: words.address(0),
    subaccount: words.number(1, 32),
    tier: words.number(2, 8),
  };
}

function decodeBookEntry(entry: LogEntry, where: string): DirectoryEntry {
  if (entry.kind === KINDS.bookListed) {
    const words = wordsOf(entry, 5, where);
    return {
      type: 'bookListed',
      book: words.number(0, 32),
      base: words.number(1, 32),
      quote: words.number(2, 32),
      lotSize: words.number(3, 64),
      tickSize: words.number(4, 64),
    };
  }
  const words = wordsOf(entry, 4, where);
  return {
    type: 'bookChanged',
    book: words.number(0, 32),
    makerFeePpm: words.number(1, 32),
    takerFeePpm: words.number(2, 32),
    status: words.number(3, 8),
  };
}

interface Words {
  address(index: number): Address;
  uint(index: number): bigint;
  /** An unsigned integer of that many bits, and below 2⁵³. */
  number(index: number, bits: number): number;
  bytes32(index: number): Hex;
  /** Left-aligned, zero-padded ASCII. The Directory does not look at the bytes, so strange ones become "?". */
  ascii(index: number): string;
}

function wordsOf(entry: LogEntry, count: number | { readonly atLeast: number }, where: string): Words {
  const { data } = entry;
  if (typeof count === 'number') {
    assert(data.length === count * WORD, `${where}: expected ${count} words, got ${data.length} bytes`);
  } else {
    const enough = data.length % WORD === 0 && data.length >= count.atLeast * WORD;
    assert(enough, `${where}: expected at least ${count.atLeast} whole words, got ${data.length} bytes`);
  }
  const word = (index: number) => data.subarray(index * WORD, (index + 1) * WORD);
  const uint = (index: number) => BigInt(toHex(word(index)));
  return {
    uint,
    address(index) {
      assert(
        word(index)
          .subarray(0, 12)
          .every((byte) => byte === 0),
        `${where}: word ${index} is no address`,
      );
      return toHex(word(index).subarray(12));
    },
    number(index, bits) {
      const value = uint(index);
      assert(value < 1n << BigInt(bits) && value <= BigInt(MAX_SAFE), `${where}: word ${index} is out of range`);
      return Number(value);
    },
    bytes32: (index) => toHex(word(index)),
    ascii: (index) =>
      String.fromCharCode(...word(index))
        .replace(/\0*$/, '')
        .replace(/[^!-~]/g, '?'),
  };
}

function uintWord(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(2 * WORD, '0')}`, WORD);
}

function kindOf(signature: string): Hex {
  return keccak256Hex(Uint8Array.from(signature, (character) => character.charCodeAt(0)));
}
