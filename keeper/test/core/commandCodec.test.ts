import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressCache } from '../../src/core/addressCache.ts';
import {
  decodeCommand,
  decodeCommands,
  encodeBatch,
  encodeCommand,
  encodeCommands,
} from '../../src/core/commandCodec.ts';
import type { Action, Address, Command, Hex, LogEntry } from '../../src/core/commands.ts';
import { FormatError } from '../../src/core/packing.ts';
import { addressOf, place } from '../support/exchange.ts';

const safe = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.constant(Number.MAX_SAFE_INTEGER),
);
const big = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 54n }));
const hexOf = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`);
const address: fc.Arbitrary<Address> = hexOf(20);
const action: fc.Arbitrary<Action> = fc.record({
  kind: safe,
  account: address,
  subaccount: safe,
  book: safe,
  side: safe,
  timeInForce: safe,
  flags: safe,
  price: safe,
  quantity: safe,
  orderId: safe,
  clientId: safe,
  expiry: safe,
  maxFeePpm: safe,
});
const entry: fc.Arbitrary<LogEntry> = fc.record({ kind: hexOf(32), data: fc.uint8Array({ maxLength: 300 }) });
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    type: fc.constant('batch' as const),
    time: safe,
    executor: address,
    epoch: safe,
    nonce: safe,
    deadline: safe,
    makersFirst: fc.boolean(),
    actions: fc.array(action, { maxLength: 12 }),
  }),
  fc.record({
    type: fc.constant('requestWithdrawal' as const),
    time: safe,
    account: address,
    subaccount: safe,
    chainId: safe,
    token: address,
    amount: big,
    recipient: address,
    nonce: big,
    deadline: safe,
  }),
  fc.record({ type: fc.constant('tick' as const), time: safe }),
  fc.record({ type: fc.constant('executorLost' as const), time: safe, executor: address }),
  fc.record({
    type: fc.constant('cancelWithdrawal' as const),
    time: safe,
    account: address,
    chainId: safe,
    nonce: big,
  }),
  fc.record({
    type: fc.constant('log' as const),
    time: safe,
    chainId: safe,
    contract: address,
    firstIndex: safe,
    entries: fc.array(entry, { maxLength: 5 }),
    contracts: fc.array(address, { maxLength: 3 }),
    block: fc.record({ number: safe, hash: hexOf(32), timestamp: safe }),
  }),
  fc.record({
    type: fc.constant('answerForced' as const),
    time: safe,
    chainId: safe,
    id: safe,
    account: address,
    token: address,
    open: big,
    capacity: big,
    isKeyHolder: fc.boolean(),
    transferFails: fc.boolean(),
  }),
  fc.record({ type: fc.constant('cutCheckpoint' as const), time: safe }),
  fc.record({
    type: fc.constant('prices' as const),
    time: safe,
    prices: fc.array(fc.record({ asset: safe, time: safe, bid: big, ask: big, confidencePpm: safe }), { maxLength: 5 }),
  }),
);

/** Decodes, or answers the error; anything but a `FormatError` fails the test. */
function tryDecode(bytes: Uint8Array): Command | FormatError {
  try {
    return decodeCommand(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe('a command as bytes', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(commands, (command) => {
        expect(decodeCommand(encodeCommand(command))).toEqual(command);
      }),
      { numRuns: 500 },
    );
  });

  it('of a batch is the same where it was encoded before it got its time', () => {
    fc.assert(
      fc.property(commands, (command) => {
        if (command.type !== 'batch') return;
        const encoded = encodeBatch(command);
        expect(encodeCommand({ ...command, encoded })).toEqual(encodeCommand(command));
        expect(decodeCommand(encodeCommand({ ...command, encoded }))).toEqual(command);
      }),
      { numRuns: 500 },
    );
  });

  it('has exactly one encoding: what decodes, encodes to the same bytes', () => {
    const damage = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(commands, damage, (command, { at, byte }) => {
        const bytes = encodeCommand(command);
        bytes[at % bytes.length] = byte;
        const decoded = tryDecode(bytes);
        if (!(decoded instanceof FormatError)) expect(encodeCommand(decoded)).toEqual(bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused when it is cut short or has bytes too many', () => {
    fc.assert(
      fc.property(commands, fc.nat(), (command, cut) => {
        const bytes = encodeCommand(command);
        expect(() => decodeCommand(bytes.subarray(0, cut % bytes.length))).toThrow(FormatError);
        expect(() => decodeCommand(new Uint8Array([...bytes, 0]))).toThrow(FormatError);
      }),
    );
  });

  it('is refused, and never worse, when the bytes are random', () => {
    const noise = fc.uint8Array({ maxLength: 120 });
    const plausible = fc
      .tuple(fc.integer({ min: 1, max: 5 }), noise)
      .map(([kind, rest]) => new Uint8Array([1, kind, ...rest]));
    fc.assert(
      fc.property(fc.oneof(noise, plausible), (bytes) => {
        const decoded = tryDecode(bytes);
        if (!(decoded instanceof FormatError)) expect(encodeCommand(decoded)).toEqual(bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('comes back from among others, and nothing else does', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 8 }), fc.nat(), (list, cut) => {
        const bytes = encodeCommands(list);
        expect(decodeCommands(bytes, createAddressCache())).toEqual(list);
        if (bytes.length === 0) return;
        const end = cut % bytes.length;
        const left = [...list.keys()].map((count) => encodeCommands(list.slice(0, count)).length);
        const decode = () => decodeCommands(bytes.subarray(0, end), createAddressCache());
        if (left.includes(end)) expect(decode()).toEqual(list.slice(0, left.indexOf(end)));
        else expect(decode).toThrow(FormatError);
      }),
    );
  });

  it('is refused where its length is announced wrongly', () => {
    const bytes = encodeCommands([{ type: 'cutCheckpoint', time: 5 }]);
    bytes[3] = (bytes[3] as number) - 1;
    expect(() => decodeCommands(bytes, createAddressCache())).toThrow('where 2 were announced');
  });

  it('is refused in another version, and the version is named', () => {
    const bytes = encodeCommand({ type: 'cutCheckpoint', time: 5 });
    bytes[0] = 9;
    expect(() => decodeCommand(bytes)).toThrow('version 9');
  });

  it('does not claim memory for items that are only announced', () => {
    const batch = encodeCommand({
      type: 'batch',
      time: 1,
      executor: addressOf('executor'),
      epoch: 1,
      nonce: 1,
      deadline: 1,
      makersFirst: false,
      actions: [],
    });
    expect(() => decodeCommand(new Uint8Array([...batch.subarray(0, -1), 0xff, 0xff, 0x3f]))).toThrow('cannot follow');
  });

  it('takes less than 48 bytes for an order of a large account book', () => {
    const order = place(addressOf('ann'), 1_000, 1, 12_345_678, 1_000_000, { clientId: 4_000_000_000, maxFeePpm: 500 });
    const empty = {
      type: 'batch' as const,
      time: 1,
      executor: addressOf('x'),
      epoch: 1,
      nonce: 1,
      deadline: 1,
      makersFirst: true,
    };
    const [one, none] = [[order], []].map((actions) => encodeCommand({ ...empty, actions }).length) as [number, number];
    expect(one - none).toBeLessThan(48);
  });

  it.each([
    ['a negative number', { time: -1 }],
    ['a fraction', { time: 0.5 }],
    ['a number above 2^53 - 1', { time: 2 ** 53 }],
    ['no number', { time: Number.NaN }],
    ['an amount below zero', { nonce: -1n }],
    ['an amount above 256 bits', { nonce: 2n ** 256n }],
    ['an address in upper case', { account: addressOf('ann').toUpperCase().replace('0X', '0x') as Address }],
    ['an address that is too short', { account: '0x12' as Address }],
  ])('cannot be made from %s', (_, wrong) => {
    const command = { type: 'cancelWithdrawal' as const, time: 1, account: addressOf('ann'), chainId: 1, nonce: 1n };
    expect(() => encodeCommand({ ...command, ...wrong })).toThrow(FormatError);
  });
});
