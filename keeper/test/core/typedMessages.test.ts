import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { encodeAbiParameters, encodePacked, hashTypedData, keccak256 } from 'viem';
import { describe, expect, it } from 'vitest';
import type { Action, Address, Hex } from '../../src/core/commands.ts';
import type { BatchMessage, MessageType, TypedMessages, WithdrawalMessage } from '../../src/core/typedMessages.ts';
import {
  digestFromJson,
  digestOf,
  domainOf,
  encodeType,
  exitRootsTree,
  MESSAGE_TYPES,
  payloadHash,
  settlementsHash,
  typesOf,
  withdrawalsHash,
  ZERO_HASH,
} from '../../src/core/typedMessages.ts';

const CHECKPOINTER: Address = '0x00000000000000000000000000000000000000c0';
const DOMAIN = { chainId: 31337, verifyingContract: CHECKPOINTER };
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

const hexOf = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as Hex);

/** Any value of a field's type, the largest and smallest often among them. */
function anyOf(field: { name: string; type: string }, uint64Max: bigint): fc.Arbitrary<unknown> {
  if (field.type === 'Action[]') return fc.array(actionOf(), { maxLength: 5 });
  if (field.type === 'address') return hexOf(20);
  if (field.type === 'bytes32') return hexOf(32);
  if (field.type === 'bool') return fc.boolean();
  const max = field.type === 'uint64' ? uint64Max : 2n ** BigInt(field.type.slice(4)) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, 1n, max));
}

function messageOf(fields: readonly { name: string; type: string }[], uint64Max: bigint): fc.Arbitrary<object> {
  return fc.record(Object.fromEntries(fields.map((field) => [field.name, anyOf(field, uint64Max)])));
}

function actionOf(): fc.Arbitrary<Action> {
  const fields = typesOf('Batch').Action ?? [];
  return messageOf(fields, SAFE_MAX).map((action) =>
    Object.fromEntries(Object.entries(action).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v])),
  ) as fc.Arbitrary<Action>;
}

function viemDigest(type: MessageType, message: object, domain = DOMAIN): Hex {
  return hashTypedData({
    domain: domainOf(type, domain),
    types: typesOf(type),
    primaryType: type,
    message: message as Record<string, unknown>,
  });
}

const ACTION: Action = {
  kind: 0,
  account: '0x00000000000000000000000000000000000000a1',
  subaccount: 0,
  book: 1,
  side: 0,
  timeInForce: 0,
  flags: 0,
  price: 100,
  quantity: 5,
  orderId: 0,
  clientId: 7,
  expiry: 0,
  maxFeePpm: 500,
};

const BATCH: BatchMessage = {
  executor: '0x00000000000000000000000000000000000000e0',
  epoch: 1,
  nonce: 2,
  deadline: 3,
  makersFirst: true,
  actions: [ACTION],
};

const WITHDRAWAL: WithdrawalMessage = {
  account: '0x00000000000000000000000000000000000000a1',
  token: '0x00000000000000000000000000000000000000b1',
  amount: 10n ** 18n,
  recipient: '0x00000000000000000000000000000000000000a2',
  nonce: 3n,
  checkpoint: 4,
  deadline: 1_800_000_000,
};

describe('digests', () => {
  it.each(MESSAGE_TYPES)('hashes %s as viem does', (type) => {
    const isApi = domainOf(type, DOMAIN).name === 'MyrtleWyckoff';
    const messages = messageOf(typesOf(type)[type] ?? [], isApi ? SAFE_MAX : 2n ** 64n - 1n);
    const domains = fc.record({ chainId: fc.integer({ min: 1 }), verifyingContract: hexOf(20) });
    fc.assert(
      fc.property(messages, domains, (message, domain) => {
        expect(digestOf(type, domain, message as TypedMessages[typeof type])).toBe(viemDigest(type, message, domain));
      }),
      { numRuns: 100 },
    );
  });

  it('writes each type as the design does', () => {
    expect(encodeType('Withdrawal')).toBe(
      'Withdrawal(address account,address token,uint256 amount,address recipient,uint256 nonce,uint64 checkpoint,uint64 deadline)',
    );
    expect(encodeType('Batch')).toBe(
      'Batch(address executor,uint64 epoch,uint64 nonce,uint64 deadline,bool makersFirst,Action[] actions)Action(uint8 kind,address account,uint32 subaccount,uint32 book,uint8 side,uint8 timeInForce,uint8 flags,uint64 price,uint64 quantity,uint64 orderId,uint64 clientId,uint64 expiry,uint32 maxFeePpm)',
    );
  });

  it('writes each type that a contract hashes as the contract does', () => {
    const library = new URL('../../../contracts/src/libraries/TypedMessages.sol', import.meta.url);
    const written = [...readFileSync(library, 'utf8').matchAll(/"(\w+)(\(.+\))"/g)].filter(
      ([, name]) => name !== 'EIP712Domain',
    );
    expect(written.length).toBeGreaterThanOrEqual(7);
    for (const [, name, fields] of written) expect(encodeType(name as MessageType)).toBe(`${name}${fields}`);
  });

  it('names the domain of each type', () => {
    const names = Object.fromEntries(MESSAGE_TYPES.map((type) => [type, domainOf(type, DOMAIN).name]));
    expect(names).toEqual({
      Withdrawal: 'MyrtleWyckoff DepositRegistry',
      SettlementIntent: 'MyrtleWyckoff DepositRegistry',
      SettlementOrder: 'MyrtleWyckoff DepositRegistry',
      ShedHooks: 'MyrtleWyckoff DepositRegistry',
      Shuttle: 'MyrtleWyckoff DepositRegistry',
      ForcedAnswer: 'MyrtleWyckoff DepositRegistry',
      Absorb: 'MyrtleWyckoff DepositRegistry',
      ExitRoots: 'MyrtleWyckoff Checkpointer',
      Checkpoint: 'MyrtleWyckoff Checkpointer',
      AcceptLeader: 'MyrtleWyckoff Authority',
      AcceptStandby: 'MyrtleWyckoff Authority',
      Batch: 'MyrtleWyckoff',
      WithdrawalRequest: 'MyrtleWyckoff',
      WithdrawalCancel: 'MyrtleWyckoff',
      SettlementRequest: 'MyrtleWyckoff',
      ShuttleRequest: 'MyrtleWyckoff',
    });
  });

  it('changes with chain, contract and every field', () => {
    const original = digestOf('Withdrawal', DOMAIN, WITHDRAWAL);
    const others = [
      digestOf('Withdrawal', { ...DOMAIN, chainId: 31338 }, WITHDRAWAL),
      digestOf('Withdrawal', { ...DOMAIN, verifyingContract: WITHDRAWAL.token }, WITHDRAWAL),
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, account: WITHDRAWAL.recipient }),
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, amount: WITHDRAWAL.amount + 1n }),
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, nonce: 4n }),
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, checkpoint: 5 }),
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, deadline: 0 }),
    ];
    expect(new Set([original, ...others]).size).toBe(8);
  });

  it('takes checksummed and lower-case addresses alike', () => {
    const account = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8';
    const lower = account.toLowerCase() as Address;
    expect(digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, account })).toBe(
      digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, account: lower }),
    );
  });
});

describe('the strict encoder', () => {
  const refuses = (message: object, problem: RegExp) =>
    expect(() => digestOf('Withdrawal', DOMAIN, message as WithdrawalMessage)).toThrow(problem);

  it.each([
    ['a negative amount', { amount: -1n }, /Withdrawal\.amount: expected uint256 from 0 to \d+, got -1/],
    ['an amount of 257 bits', { amount: 2n ** 256n }, /Withdrawal\.amount: expected uint256/],
    ['a deadline of 65 bits', { deadline: 2n ** 64n }, /Withdrawal\.deadline: expected uint64/],
    ['a fraction', { deadline: 1.5 }, /Withdrawal\.deadline: expected uint64, got 1\.5/],
    ['a number that is not safe', { amount: 2 ** 53 }, /integers above 2\^53 - 1 must not be numbers/],
    ['NaN', { deadline: Number.NaN }, /Withdrawal\.deadline/],
    ['a string where an integer belongs', { amount: '1' }, /Withdrawal\.amount: expected uint256, got "1"/],
    ['a short address', { account: '0x1234' }, /Withdrawal\.account: expected address/],
    ['an address with other characters', { account: `0x${'zz'.repeat(20)}` }, /Withdrawal\.account: expected address/],
    ['an address without 0x', { account: `00${'11'.repeat(20)}` }, /Withdrawal\.account: expected address/],
    ['a missing field', { nonce: undefined }, /Withdrawal\.nonce/],
    ['an unknown field', { memo: 'x' }, /Withdrawal: unknown memo; known are account/],
  ])('refuses %s', (_, change, problem) => refuses({ ...WITHDRAWAL, ...change }, problem));

  it('refuses a field that is not there', () => {
    const { nonce: _, ...rest } = WITHDRAWAL;
    refuses(rest, /Withdrawal: missing nonce/);
  });

  it('refuses what is not a bool', () => {
    const batch = { ...BATCH, makersFirst: 1 } as unknown as BatchMessage;
    expect(() => digestOf('Batch', DOMAIN, batch)).toThrow(/Batch\.makersFirst: expected bool, got 1/);
  });

  it('says which action is wrong', () => {
    const actions = [ACTION, { ...ACTION, price: -1 }];
    expect(() => digestOf('Batch', DOMAIN, { ...BATCH, actions })).toThrow(/Batch\.actions\[1\]\.price/);
  });

  it('allows 64 bits in contract messages and 53 in requests', () => {
    const deadline = (2n ** 53n) as unknown as number;
    expect(() => digestOf('Withdrawal', DOMAIN, { ...WITHDRAWAL, deadline })).not.toThrow();
    expect(() => digestOf('Batch', DOMAIN, { ...BATCH, deadline })).toThrow(
      /Batch\.deadline: expected uint64 from 0 to 9007199254740991/,
    );
  });

  it('refuses a domain that is none', () => {
    expect(() => digestOf('Withdrawal', { ...DOMAIN, chainId: -1 }, WITHDRAWAL)).toThrow(/domain\.chainId/);
    const verifyingContract = '0x12' as Address;
    expect(() => digestOf('Withdrawal', { ...DOMAIN, verifyingContract }, WITHDRAWAL)).toThrow(
      /domain\.verifyingContract/,
    );
  });
});

describe('digests from JSON', () => {
  const json = (message: unknown, domain: unknown = DOMAIN) => JSON.stringify({ domain, message });

  it('takes numbers and decimal strings', () => {
    const digest = digestOf('Withdrawal', DOMAIN, WITHDRAWAL);
    const strings = { ...WITHDRAWAL, amount: '1000000000000000000', nonce: '3', checkpoint: '4' };
    expect(digestFromJson('Withdrawal', json(strings))).toBe(digest);
    expect(digestFromJson('Withdrawal', json({ ...strings, nonce: 3, checkpoint: 4 }))).toBe(digest);
    expect(digestFromJson('Withdrawal', json(strings, { ...DOMAIN, chainId: '31337' }))).toBe(digest);
  });

  it('reads the actions of a batch', () => {
    const actions = [Object.fromEntries(Object.entries(ACTION).map(([k, v]) => [k, String(v)]))];
    expect(digestFromJson('Batch', json({ ...BATCH, actions }))).toBe(digestOf('Batch', DOMAIN, BATCH));
  });

  it('accepts a whole domain when it is the right one', () => {
    const message = { root: ZERO_HASH, epoch: 1, checkpoint: 2, issuedAt: 3 };
    const domain = { ...DOMAIN, name: 'MyrtleWyckoff Checkpointer', version: '1' };
    expect(digestFromJson('ExitRoots', json(message, domain))).toBe(digestFromJson('ExitRoots', json(message)));
    expect(() => digestFromJson('ExitRoots', json(message, { ...domain, name: 'MyrtleWyckoff' }))).toThrow(
      'domain.name: ExitRoots is signed in the domain "MyrtleWyckoff Checkpointer"',
    );
    expect(() => digestFromJson('ExitRoots', json(message, { ...domain, version: '2' }))).toThrow('domain.version');
  });

  it.each([
    ['an unknown type', 'Widthdrawal', json({}), /Widthdrawal: unknown type; known are Withdrawal, /],
    ['the name of an inherited property', 'toString', json({}), /unknown type/],
    ['what is not JSON', 'ShedHooks', '{', /json: cannot be read/],
    ['an array', 'ShedHooks', '[]', /ShedHooks: expected an object, got an array/],
    ['a missing domain', 'ShedHooks', '{"message":{}}', /ShedHooks: missing domain/],
    ['a number that was rounded', 'Withdrawal', json({ ...WITHDRAWAL, amount: 1e18, nonce: 3 }), /must not be numbers/],
    ['a hex integer', 'Withdrawal', json({ ...WITHDRAWAL, amount: '0x10', nonce: 3 }), /expected uint256, got "0x10"/],
    ['an empty integer', 'Withdrawal', json({ ...WITHDRAWAL, amount: '', nonce: 3 }), /expected uint256, got ""/],
    ['a negative integer', 'Withdrawal', json({ ...WITHDRAWAL, amount: '-1', nonce: 3 }), /expected uint256/],
    ['an unknown field', 'ShedHooks', json({ hooksHash: ZERO_HASH, x: 1 }), /ShedHooks: unknown x/],
    [
      'an unknown field of the domain',
      'ShedHooks',
      json({ hooksHash: ZERO_HASH }, { ...DOMAIN, salt: 1 }),
      /unknown salt/,
    ],
    ['no message', 'ShedHooks', json(null), /message: expected an object, got null/],
  ])('refuses %s', (_, type, text, problem) => {
    expect(() => digestFromJson(type, text)).toThrow(problem);
  });
});

describe('hashes of a checkpoint', () => {
  const withdrawals = fc.array(
    fc.record({
      account: hexOf(20),
      token: hexOf(20),
      amount: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      recipient: hexOf(20),
      nonce: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
      checkpoint: fc.maxSafeNat(),
      deadline: fc.maxSafeNat(),
    }),
    { maxLength: 6 },
  );

  it('encodes withdrawals as Solidity does', () => {
    const components = (typesOf('Withdrawal').Withdrawal ?? []).map(({ name, type }) => ({ name, type }));
    fc.assert(
      fc.property(withdrawals, (items) => {
        const encoded = encodeAbiParameters([{ type: 'tuple[]', components }], [items]);
        expect(withdrawalsHash(items)).toBe(keccak256(encoded));
      }),
    );
  });

  it('encodes ciphertexts as Solidity does', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 6 }), (ciphertexts) => {
        const hexes = ciphertexts.map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as Hex);
        expect(settlementsHash(ciphertexts)).toBe(keccak256(encodeAbiParameters([{ type: 'bytes[]' }], [hexes])));
      }),
    );
  });

  it('hashes the payload as it is', () => {
    const payload = new Uint8Array([1, 2, 3]);
    expect(payloadHash(payload)).toBe(keccak256(payload));
  });

  it('says which withdrawal does not fit', () => {
    expect(() => withdrawalsHash([WITHDRAWAL, { ...WITHDRAWAL, amount: -1n }])).toThrow(/withdrawals\[1\]\.amount/);
  });
});

describe('the exit roots of all chains', () => {
  const leaves = fc.uniqueArray(
    fc.record({
      chainId: fc.integer({ min: 1, max: 2 ** 31 }),
      registry: hexOf(20),
      treeRoot: hexOf(32),
      processedIndex: fc.maxSafeNat(),
    }),
    { minLength: 1, maxLength: 12, selector: (leaf) => leaf.chainId },
  );

  const leafHash = (leaf: { chainId: number; registry: Address; treeRoot: Hex; processedIndex: number }) =>
    keccak256(
      keccak256(
        encodeAbiParameters(
          [{ type: 'uint256' }, { type: 'address' }, { type: 'bytes32' }, { type: 'uint256' }],
          [BigInt(leaf.chainId), leaf.registry, leaf.treeRoot, BigInt(leaf.processedIndex)],
        ),
      ),
    );

  /** What OpenZeppelin's MerkleProof.processProof does. */
  const climb = (proof: readonly Hex[], leaf: Hex) =>
    proof.reduce((node, sibling) => {
      const [low, high] = node < sibling ? [node, sibling] : [sibling, node];
      return keccak256(encodePacked(['bytes32', 'bytes32'], [low, high]));
    }, leaf);

  it('give every chain a proof that leads to the root, whatever the order of the chains', () => {
    fc.assert(
      fc.property(leaves, (chains) => {
        const tree = exitRootsTree(chains);
        for (const chain of chains) expect(climb(tree.proof(chain.chainId), leafHash(chain))).toBe(tree.root);
        expect(exitRootsTree([...chains].reverse()).root).toBe(tree.root);
      }),
    );
  });

  it('are the leaf itself for one chain', () => {
    const leaf = { chainId: 31337, registry: CHECKPOINTER, treeRoot: ZERO_HASH, processedIndex: 9 };
    const tree = exitRootsTree([leaf]);
    expect(tree.root).toBe(leafHash(leaf));
    expect(tree.proof(31337)).toEqual([]);
  });

  it('promote an odd node', () => {
    const chains = [1, 2, 3].map((chainId) => ({
      chainId,
      registry: CHECKPOINTER,
      treeRoot: ZERO_HASH,
      processedIndex: 0,
    }));
    expect(exitRootsTree(chains).proof(3)).toHaveLength(1);
    expect(exitRootsTree(chains).proof(1)).toHaveLength(2);
  });

  it('refuse no chain, a chain twice and a proof for a stranger', () => {
    const leaf = { chainId: 1, registry: CHECKPOINTER, treeRoot: ZERO_HASH, processedIndex: 0 };
    expect(() => exitRootsTree([])).toThrow('at least one chain');
    expect(() => exitRootsTree([leaf, leaf])).toThrow('twice');
    expect(() => exitRootsTree([leaf]).proof(2)).toThrow('chain 2 is not in the exit roots');
  });
});
