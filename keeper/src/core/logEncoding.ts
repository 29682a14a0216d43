// The inverse of logEntries.ts: an entry as its contract would emit it. For replays and tests, where no chain is.
import { concatBytes, fromHex } from './bytes.ts';
import type { Address, Hex, LogEntry } from './commands.ts';
import {
  type AuthorityEntry,
  type CheckpointerEntry,
  type DirectoryEntry,
  KINDS,
  type RegistryEntry,
} from './logEntries.ts';

type AnyEntry = RegistryEntry | AuthorityEntry | CheckpointerEntry | DirectoryEntry;

export function encodeEntry(entry: AnyEntry): LogEntry {
  return { kind: KINDS[entry.type], data: concatBytes(...wordsOf(entry)) };
}

function wordsOf(entry: AnyEntry): Uint8Array[] {
  switch (entry.type) {
    case 'deposited':
      return [
        address(entry.token),
        uint(entry.amount),
        address(entry.account),
        uint(entry.subaccount),
        address(entry.payer),
      ];
    case 'withdrawn':
      return [
        address(entry.account),
        address(entry.token),
        uint(entry.amount),
        address(entry.recipient),
        uint(entry.nonce),
      ];
    case 'withdrawalCancelled':
    case 'withdrawalRevoked':
      return [address(entry.account), uint(entry.nonce)];
    case 'forcedRequested':
    case 'forcedAnswered':
      return forcedWords(entry);
    case 'exitModeEntered':
      return [uint(0), uint(0)];
    case 'exitModeCured':
      return [];
    case 'exitModeFinal':
      return [uint(0), uint(0), uint(0)];
    case 'settlementOpened':
    case 'shuttleSent':
      return outgoingWords(entry);
    case 'tokenListed':
      return [address(entry.token), ...Array.from({ length: 8 }, () => uint(0))];
    case 'leaderChanged':
      return [address(entry.leader), uint(entry.epoch), uint(0)];
    case 'checkpointed':
      return checkpointWords(entry);
    default:
      return listingWords(entry);
  }
}

function forcedWords(entry: RegistryEntry & { type: 'forcedRequested' | 'forcedAnswered' }): Uint8Array[] {
  const { id, account, token, recipient } = entry;
  const asked = [uint(id), address(account), address(token)];
  if (entry.type === 'forcedRequested') return [...asked, uint(entry.amount), address(recipient)];
  return [...asked, uint(entry.paid), address(recipient), uint(entry.reason), uint(entry.open)];
}

function outgoingWords(entry: RegistryEntry & { type: 'settlementOpened' | 'shuttleSent' }): Uint8Array[] {
  if (entry.type === 'settlementOpened') {
    const flags = [entry.buyExact, entry.partiallyFillable].map((flag) => uint(flag ? 1 : 0));
    const tokens = [entry.sellToken, entry.buyToken].map(address);
    const amounts = [entry.sellAmount, entry.buyAmount].map(uint);
    const rest = [uint(entry.validTo), fromHex(entry.owner, 32), uint(entry.checkpoint)];
    return [fromHex(entry.nonce, 32), ...tokens, ...amounts, ...flags, ...rest];
  }
  const { nonce, originChainId, destinationChainId, inputToken, outputToken, ...order } = entry.order;
  const { inputAmount, outputAmount, fillDeadline, validUntil, checkpoint } = order;
  return [
    ...[entry.digest, nonce].map((hash) => fromHex(hash, 32)),
    ...[originChainId, destinationChainId].map(uint),
    ...[inputToken, outputToken].map(address),
    ...[inputAmount, outputAmount, fillDeadline, validUntil, checkpoint].map(uint),
  ];
}

/** The tuple, then an empty payload. */
function checkpointWords(entry: CheckpointerEntry): Uint8Array[] {
  const { number, epoch, parent, stateHash, payloadHash, withdrawalsHash, settlementsHash, journalIndex } = entry;
  const hashes = [parent, stateHash, payloadHash, withdrawalsHash, settlementsHash].map((hash) => fromHex(hash, 32));
  return [uint(number), uint(epoch), ...hashes, uint(journalIndex), uint(9 * 32), uint(0)];
}

function listingWords(entry: DirectoryEntry): Uint8Array[] {
  switch (entry.type) {
    case 'chainListed':
      return [
        uint(entry.chainId),
        address(entry.registry),
        address(entry.authority),
        uint(entry.finality),
        uint(entry.heartbeatSeconds),
      ];
    case 'assetListed':
      return [uint(entry.asset), symbol(entry.symbol), uint(entry.ledgerDecimals)];
    case 'assetRiskChanged':
      return [
        uint(entry.asset),
        uint(entry.initAssetWeightPpm),
        uint(entry.initLiabilityWeightPpm),
        uint(entry.maintAssetWeightPpm),
        uint(entry.maintLiabilityWeightPpm),
        uint(entry.liquidationFeePpm),
        uint(entry.depositScaleStart),
        uint(entry.borrowScaleStart),
        uint(entry.borrowCap),
      ];
    case 'assetTokenListed':
      return [uint(entry.asset), uint(entry.chainId), address(entry.token), uint(entry.decimals)];
    case 'bookListed':
      return [uint(entry.book), uint(entry.base), uint(entry.quote), uint(entry.lotSize), uint(entry.tickSize)];
    case 'bookChanged':
      return [uint(entry.book), uint(entry.makerFeePpm), uint(entry.takerFeePpm), uint(entry.status)];
    case 'creditTierChanged':
      return [uint(entry.tier), uint(entry.debtLimit)];
    case 'accountCreditChanged':
      return [address(entry.account), uint(entry.subaccount), uint(entry.tier)];
    case 'executorChanged':
      return [address(entry.executor)];
    case 'settlerChanged': {
      const key = fromHex(entry.encryptionKey, 33);
      return [address(entry.settler), uint(key[0] as number), key.subarray(1)];
    }
    case 'feeAccountChanged':
    case 'insuranceAccountChanged':
      return [address(entry.account)];
  }
}

function uint(value: number | bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, '0')}` as Hex, 32);
}

function address(value: Address): Uint8Array {
  return concatBytes(new Uint8Array(12), fromHex(value, 20));
}

function symbol(text: string): Uint8Array {
  const word = new Uint8Array(32);
  word.set(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  return word;
}
