import { authorityAbi, checkpointerAbi, depositRegistryAbi, directoryAbi } from '@myrtle-wyckoff/generated';
import fc from 'fast-check';
import { type AbiEvent, encodeAbiParameters, keccak256, toEventSelector, toHex as viemHex } from 'viem';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { fromHex } from '../../src/core/bytes.ts';
import type { Hex, LogEntry } from '../../src/core/commands.ts';
import { encodeEntry } from '../../src/core/logEncoding.ts';
import {
  decodeAuthorityEntry,
  decodeCheckpointerEntry,
  decodeDirectoryEntry,
  decodeRegistryEntry,
  KINDS,
  nextHead,
  replayHead,
} from '../../src/core/logEntries.ts';
import { addressOf, HOME, hashOf } from '../support/exchange.ts';

const EVENTS = [...authorityAbi, ...checkpointerAbi, ...depositRegistryAbi, ...directoryAbi].filter(
  (item): item is Extract<typeof item, { type: 'event' }> => item.type === 'event',
);

/** The event as the contract's ABI has it, encoded by viem. */
function emitted(name: string, values: readonly unknown[]): LogEntry {
  const event = EVENTS.find((item) => item.name === name) as AbiEvent;
  const data = encodeAbiParameters(
    event.inputs.filter((input) => input.indexed !== true),
    values,
  );
  return { kind: toEventSelector(event), data: fromHex(data) };
}

const A = addressOf('a');
const B = addressOf('b');
const BIG = 2n ** 256n - 1n;
const TUPLE = {
  number: 3n,
  epoch: 2n,
  parent: hashOf(1),
  stateHash: hashOf(2),
  payloadHash: hashOf(3),
  withdrawalsHash: hashOf(4),
  settlementsHash: hashOf(5),
  journalIndex: 99n,
};
const CHECKPOINT = { ...TUPLE, type: 'checkpointed' as const, number: 3, epoch: 2, journalIndex: 99 };
const SYMBOL = viemHex('WETH', { size: 32 });

const SHUTTLE = {
  nonce: hashOf(8),
  originChainId: 1,
  destinationChainId: 2,
  inputToken: A,
  outputToken: B,
  inputAmount: BIG,
  outputAmount: 7n,
  fillDeadline: 3,
  validUntil: 4,
  checkpoint: 5,
};
const NO_LIMIT = { capacity: 0n, refillSeconds: 0 };

const CASES = [
  [
    emitted('Deposited', [A, BIG, B, 4_294_967_295, A]),
    { type: 'deposited', token: A, amount: BIG, account: B, subaccount: 4_294_967_295, payer: A },
  ],
  [
    emitted('Withdrawn', [A, B, 7n, A, BIG]),
    { type: 'withdrawn', account: A, token: B, amount: 7n, recipient: A, nonce: BIG },
  ],
  [emitted('WithdrawalCancelled', [A, 5n]), { type: 'withdrawalCancelled', account: A, nonce: 5n }],
  [emitted('WithdrawalRevoked', [A, 5n]), { type: 'withdrawalRevoked', account: A, nonce: 5n }],
  [
    emitted('ForcedRequested', [BIG, A, B, 7n, A]),
    { type: 'forcedRequested', id: BIG, account: A, token: B, amount: 7n, recipient: A },
  ],
  [
    emitted('ForcedAnswered', [3n, A, B, 7n, A, 4, BIG]),
    { type: 'forcedAnswered', id: 3n, account: A, token: B, paid: 7n, recipient: A, reason: 4, open: BIG },
  ],
  [emitted('ExitModeEntered', [0, 0n]), { type: 'exitModeEntered' }],
  [emitted('ExitModeCured', []), { type: 'exitModeCured' }],
  [emitted('ExitModeFinal', [0n, hashOf(0), 0n]), { type: 'exitModeFinal' }],
  [
    emitted('SettlementOpened', [hashOf(1), A, B, 7n, BIG, true, false, 9, hashOf(2), 3n]),
    {
      type: 'settlementOpened',
      nonce: hashOf(1),
      sellToken: A,
      buyToken: B,
      sellAmount: 7n,
      buyAmount: BIG,
      buyExact: true,
      partiallyFillable: false,
      validTo: 9,
      owner: hashOf(2),
      checkpoint: 3,
    },
  ],
  [
    emitted('ShuttleSent', [
      hashOf(1),
      { ...SHUTTLE, originChainId: 1n, destinationChainId: 2n, validUntil: 4n, checkpoint: 5n },
    ]),
    { type: 'shuttleSent', digest: hashOf(1), order: SHUTTLE },
  ],
  [emitted('TokenListed', [A, 0n, NO_LIMIT, NO_LIMIT, NO_LIMIT, false]), { type: 'tokenListed', token: A }],
  [emitted('LeaderChanged', [A, 4n, hashOf(0)]), { type: 'leaderChanged', leader: A, epoch: 4 }],
  [emitted('Checkpointed', [TUPLE, '0x']), CHECKPOINT],
  [
    emitted('ChainListed', [1n, A, B, 1, 300]),
    { type: 'chainListed', chainId: 1, registry: A, authority: B, finality: 1, heartbeatSeconds: 300 },
  ],
  [emitted('AssetListed', [9, SYMBOL, 18]), { type: 'assetListed', asset: 9, symbol: 'WETH', ledgerDecimals: 18 }],
  [
    emitted('AssetRiskChanged', [9, 800_000, 1_200_000, 900_000, 1_100_000, 25_000, 3n, 2n ** 53n - 1n, 5n]),
    {
      type: 'assetRiskChanged',
      asset: 9,
      initAssetWeightPpm: 800_000,
      initLiabilityWeightPpm: 1_200_000,
      maintAssetWeightPpm: 900_000,
      maintLiabilityWeightPpm: 1_100_000,
      liquidationFeePpm: 25_000,
      depositScaleStart: 3n,
      borrowScaleStart: 2n ** 53n - 1n,
      borrowCap: 5n,
    },
  ],
  [
    emitted('AssetTokenListed', [9, 10n, A, 0]),
    { type: 'assetTokenListed', asset: 9, chainId: 10, token: A, decimals: 0 },
  ],
  [
    emitted('BookListed', [1, 2, 3, 4n, 2n ** 53n - 1n]),
    { type: 'bookListed', book: 1, base: 2, quote: 3, lotSize: 4, tickSize: Number.MAX_SAFE_INTEGER },
  ],
  [emitted('BookChanged', [1, 2, 3, 2]), { type: 'bookChanged', book: 1, makerFeePpm: 2, takerFeePpm: 3, status: 2 }],
  [emitted('CreditTierChanged', [254, 7n]), { type: 'creditTierChanged', tier: 254, debtLimit: 7n }],
  [
    emitted('AccountCreditChanged', [A, 4_294_967_295, 0]),
    { type: 'accountCreditChanged', account: A, subaccount: 4_294_967_295, tier: 0 },
  ],
  [emitted('ExecutorChanged', [A]), { type: 'executorChanged', executor: A }],
  [
    emitted('SettlerChanged', [A, 3, hashOf(6)]),
    { type: 'settlerChanged', settler: A, encryptionKey: `0x03${hashOf(6).slice(2)}` },
  ],
  [emitted('FeeAccountChanged', [B]), { type: 'feeAccountChanged', account: B }],
  [emitted('InsuranceAccountChanged', [B]), { type: 'insuranceAccountChanged', account: B }],
] as const;

function decode(entry: LogEntry, where = 'entry 5') {
  const decoders = [decodeRegistryEntry, decodeAuthorityEntry, decodeCheckpointerEntry, decodeDirectoryEntry];
  return decoders.map((decoder) => decoder(entry, where)).find((decoded) => decoded !== undefined);
}

describe('an entry of a log', () => {
  it.each(CASES)('is read as the contract wrote it (%#)', (entry, expected) => {
    expect(decode(entry)).toEqual(expected);
  });

  it.each(CASES)('can be written as the contract would (%#)', (entry, expected) => {
    expect(encodeEntry(expected)).toEqual(entry);
  });

  it('is known for every event that the core needs, and has the topic of the contract', () => {
    expect(new Set(CASES.map(([entry]) => entry.kind))).toEqual(new Set(Object.values(KINDS)));
  });

  it('passes unread when its kind is unknown', () => {
    expect(decode(emitted('Paused', [A, 5n]))).toBeUndefined();
    expect(decode({ kind: hashOf(77), data: new Uint8Array(3) })).toBeUndefined();
  });

  it('keeps its payload out of what is read of a checkpoint', () => {
    expect(decode(emitted('Checkpointed', [TUPLE, `0x${'ab'.repeat(77)}`]))).toEqual(CHECKPOINT);
  });

  it.each(CASES)('stops the keeper when it is cut or has a byte too many, and says which (%#)', (entry) => {
    const others = [entry.data.subarray(1), new Uint8Array([...entry.data, 0]), new Uint8Array(0)];
    for (const data of others.filter(({ length }) => length !== entry.data.length)) {
      expect(() => decode({ kind: entry.kind, data })).toThrow(AssertionError);
      expect(() => decode({ kind: entry.kind, data })).toThrow(/^entry 5: /);
    }
  });

  it.each([
    ['an address with dirty bytes', 'ExecutorChanged', 0, 1],
    ['a uint32 above 32 bits', 'Deposited', 3 * 32, 1],
    ['a uint64 above 2^53 - 1', 'BookListed', 3 * 32 + 24, 0x20],
    ['a uint8 above 8 bits', 'BookChanged', 3 * 32 + 30, 1],
    ['19 ledger decimals', 'AssetListed', 2 * 32 + 31, 19],
    ['a token of 19 decimals', 'AssetTokenListed', 3 * 32 + 31, 19],
  ])('stops the keeper: %s', (_, name, offset, byte) => {
    const found = CASES.find(
      ([{ kind }]) => kind === toEventSelector(EVENTS.find((item) => item.name === name) as AbiEvent),
    );
    const data = (found as (typeof CASES)[number])[0].data.slice();
    data[offset] = byte;
    expect(() => decode({ kind: (found as (typeof CASES)[number])[0].kind, data })).toThrow(/^entry 5: /);
  });

  it('shows strange bytes of a symbol as question marks', () => {
    const entry = emitted('AssetListed', [9, `0x41ff20${'00'.repeat(29)}`, 18]);
    expect(decode(entry)).toMatchObject({ symbol: 'A??' });
  });
});

describe('the head of a log', () => {
  it('is the hash chain of the contracts', () => {
    const words = fc.uint8Array({ maxLength: 200 });
    const start = keccak256(encodeAbiParameters([{ type: 'uint256' }, { type: 'address' }], [BigInt(HOME), A]));
    expect(replayHead(HOME, A)).toBe(start);
    fc.assert(
      fc.property(words, fc.nat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (data, index, kindBytes) => {
        const kind: Hex = viemHex(kindBytes);
        const expected = keccak256(
          encodeAbiParameters(
            [{ type: 'bytes32' }, { type: 'uint64' }, { type: 'bytes32' }, { type: 'bytes32' }],
            [start, BigInt(index), kind, keccak256(data)],
          ),
        );
        expect(nextHead(start, index, { kind, data })).toBe(expected);
      }),
    );
  });
});
