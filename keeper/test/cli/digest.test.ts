import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, hashTypedData, keccak256, stringToHex } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domainOf, encodeType, MESSAGE_TYPES, typesOf } from '../../src/core/typedMessages.ts';
import { jsonLines, runMw, runProcess } from './support/runMw.ts';

const DOMAIN = { chainId: 31337, verifyingContract: `0x${'c1'.repeat(20)}` } as const;
const CANCEL = {
  domain: DOMAIN,
  message: { account: `0x${'a1'.repeat(20)}`, chainId: 31338, nonce: '7' },
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mw-digest-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Some value of an EIP-712 type, as JSON. */
function example(type: string): unknown {
  if (type === 'address') return `0x${'Ab'.repeat(20)}`;
  if (type === 'bytes32') return `0x${'5e'.repeat(32)}`;
  if (type === 'bool') return true;
  if (type === 'uint256') return String(2n ** 256n - 1n);
  return type === 'uint64' ? String(Number.MAX_SAFE_INTEGER) : 200;
}

/** The same value as viem takes it. */
function forViem(type: string, value: unknown): unknown {
  if (type === 'address') return String(value).toLowerCase();
  return type.startsWith('uint') ? BigInt(String(value)) : value;
}

describe('mw digest', () => {
  it('prints the digest of a message', async () => {
    const digest = hashTypedData({
      domain: { name: 'MyrtleWyckoff', version: '1', ...DOMAIN },
      types: {
        WithdrawalCancel: [
          { name: 'account', type: 'address' },
          { name: 'chainId', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
        ],
      },
      primaryType: 'WithdrawalCancel',
      message: { account: `0x${'a1'.repeat(20)}`, chainId: 31338n, nonce: 7n },
    });
    const text = JSON.stringify(CANCEL);
    expect(await runProcess(['digest', 'WithdrawalCancel', text])).toEqual({
      exitCode: 0,
      stdout: `${digest}\n`,
      stderr: '',
    });
    const file = join(folder, 'cancel.json');
    writeFileSync(file, text);
    expect((await runProcess(['digest', 'WithdrawalCancel', `@${file}`])).stdout).toBe(`${digest}\n`);
    expect((await runProcess(['digest', 'WithdrawalCancel', '-'], text)).stdout).toBe(`${digest}\n`);
  });

  it.each(MESSAGE_TYPES)('shows what the digest of %s is made of, and agrees with viem', async (type) => {
    const types = typesOf(type);
    const structOf = (name: string): Record<string, unknown> =>
      Object.fromEntries(
        (types[name] ?? []).map((field) => {
          const items = field.type.endsWith('[]');
          return [field.name, items ? [structOf('Action'), structOf('Action')] : example(field.type)];
        }),
      );
    const viemStruct = (name: string, values: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        (types[name] ?? []).map((field) => {
          const value = values[field.name];
          const items = field.type.endsWith('[]') ? (value as Record<string, unknown>[]) : undefined;
          return [field.name, items?.map((item) => viemStruct('Action', item)) ?? forViem(field.type, value)];
        }),
      );
    const message = structOf(type);
    const run = await runMw('digest', type, JSON.stringify({ domain: DOMAIN, message }), '--json');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const [parts] = jsonLines(run) as Record<'digest' | 'typeHash' | 'domainSeparator' | 'structHash', `0x${string}`>[];
    expect(parts).toMatchObject({ type, domain: domainOf(type, DOMAIN), encodeType: encodeType(type) });
    const { digest, typeHash, domainSeparator, structHash } = parts as NonNullable<typeof parts>;
    expect(typeHash).toBe(keccak256(stringToHex(encodeType(type))));
    expect(digest).toBe(keccak256(concat(['0x1901', domainSeparator, structHash])));
    const typed = { domain: domainOf(type, DOMAIN), types, primaryType: type, message: viemStruct(type, message) };
    expect(digest).toBe(hashTypedData(typed));
  });

  it('takes a chain id that is too large for a JSON number', async () => {
    const domain = { ...DOMAIN, chainId: String(2n ** 200n) };
    const run = await runMw('digest', 'WithdrawalCancel', JSON.stringify({ ...CANCEL, domain }), '--json');
    expect(jsonLines(run)).toMatchObject([{ domain, digest: expect.stringMatching(/^0x[0-9a-f]{64}$/) }]);
  });

  it.each<[string, string, unknown, string]>([
    [
      'an unknown field',
      'WithdrawalCancel',
      { ...CANCEL.message, nonse: 7 },
      'unknown nonse; known are account, chainId',
    ],
    [
      'a missing field',
      'WithdrawalCancel',
      { account: CANCEL.message.account },
      'WithdrawalCancel.chainId: expected uint256, got undefined',
    ],
    [
      'a negative number',
      'WithdrawalCancel',
      { ...CANCEL.message, nonce: -1 },
      'WithdrawalCancel.nonce: expected uint256',
    ],
    ['a number that JSON rounds', 'WithdrawalCancel', { ...CANCEL.message, nonce: 2 ** 60 }, 'must not be numbers'],
    [
      'a short address',
      'WithdrawalCancel',
      { ...CANCEL.message, account: '0xa1' },
      'WithdrawalCancel.account: expected',
    ],
    ['a list in its place', 'WithdrawalCancel', [], 'expected an object'],
  ])('refuses a message with %s, says where, and how the type looks', async (_, type, message, problem) => {
    const run = await runMw('digest', type, JSON.stringify({ domain: DOMAIN, message }));
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain(problem);
    expect(run.stderr).toContain('The type is WithdrawalCancel(address account,uint256 chainId,uint256 nonce).');
  });

  it('refuses what is no JSON, and a domain of another contract', async () => {
    expect((await runMw('digest', 'WithdrawalCancel', '{"domain":')).stderr).toContain('json: cannot be read');
    const domain = { ...DOMAIN, name: 'MyrtleWyckoff Checkpointer' };
    const run = await runMw('digest', 'WithdrawalCancel', JSON.stringify({ ...CANCEL, domain }));
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(run.stderr).toContain('WithdrawalCancel is signed in the domain "MyrtleWyckoff"');
  });

  it.each([
    [['digest'], 2, 'error: Name a type: Withdrawal, '],
    [['digest', 'Withdrawl', '{}'], 2, 'error: Unknown type "Withdrawl". Known are Withdrawal, '],
    [['digest', 'constructor', '{}'], 2, 'error: Unknown type "constructor".'],
    [['digest', 'Batch'], 2, 'error: Give the message as JSON, as @file, or - for standard input.'],
    [['digest', 'Batch', '--list'], 2, 'error: --list takes no message.'],
    [['digest', 'Batch', '@nowhere.json'], 1, 'error: nowhere.json cannot be read: ENOENT'],
  ])('is not understood: %s', async (args, exitCode, message) => {
    const run = await runMw(...args);
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});

describe('mw digest --list', () => {
  it('shows every type, its domain and its encoding', async () => {
    const { stdout } = await runMw('digest', '--list');
    const blocks = stdout.trimEnd().split('\n\n');
    expect(blocks).toHaveLength(MESSAGE_TYPES.length);
    expect(blocks).toContain(
      [
        'WithdrawalCancel',
        '  domain     MyrtleWyckoff, version 1',
        `  type hash  ${keccak256(stringToHex('WithdrawalCancel(address account,uint256 chainId,uint256 nonce)'))}`,
        '  WithdrawalCancel(address account,uint256 chainId,uint256 nonce)',
      ].join('\n'),
    );
  });

  it('is one line of JSON for machines', async () => {
    const [list] = jsonLines(await runMw('digest', '--list', '--json')) as { type: string; encodeType: string }[][];
    expect(list?.map(({ type }) => type)).toEqual(MESSAGE_TYPES);
    for (const { type, encodeType } of list ?? []) expect(encodeType.startsWith(`${type}(`)).toBe(true);
  });
});
