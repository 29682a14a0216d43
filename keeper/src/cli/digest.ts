import type { Command } from 'commander';
import { concat, domainSeparator, hashStruct, keccak256, stringToHex } from 'viem';
import type { Hex } from '../core/commands.ts';
import type { Domain } from '../core/eip712.ts';
import { TypedMessageError } from '../core/eip712.ts';
import type { MessageType } from '../core/typedMessages.ts';
import { digestFromJson, domainOf, encodeType, MESSAGE_TYPES, typesOf } from '../core/typedMessages.ts';
import { CommandError, UsageError } from './support/errors.ts';
import { outputOf } from './support/output.ts';
import { readInput } from './support/readInput.ts';

const HELP = `
The message is JSON {"domain": {"chainId", "verifyingContract"}, "message": {…}} with every field of the type and no
other. Integers may be numbers or decimal strings; above 2^53 - 1 they must be strings.

Examples:
  $ mw digest --list
  $ mw digest WithdrawalCancel '{"domain": {"chainId": 31337, "verifyingContract": "0x1111111111111111111111111111111111111111"},
      "message": {"account": "0x2222222222222222222222222222222222222222", "chainId": 31338, "nonce": "7"}}'
  $ mw digest Batch @batch.json --json
  $ jq -c .batch order.json | mw digest Batch -`;

interface Options {
  readonly list?: true;
  readonly json?: true;
}

export function registerDigest(program: Command): void {
  program
    .command('digest')
    .description('print the EIP-712 digest of any message that is signed here')
    .argument('[type]', 'name of the message type, see --list')
    .argument('[message]', 'JSON, @file, or - for standard input')
    .option('--list', 'print all types, and in whose domain each is signed')
    .option('--json', 'also the type hash, the domain separator and the struct hash, as one JSON object')
    .addHelpText('after', HELP)
    .action((type: string | undefined, message: string | undefined, options: Options, command: Command) => {
      const output = outputOf(command, options);
      if (options.list) {
        if (type !== undefined) throw new UsageError('--list takes no message.');
        return output.result(MESSAGE_TYPES.map(typeFacts), () => MESSAGE_TYPES.map(typeText).join('\n\n'));
      }
      if (type === undefined) throw new UsageError(`Name a type: ${MESSAGE_TYPES.join(', ')}.`);
      if (!isMessageType(type)) throw new UsageError(`Unknown type "${type}". Known are ${MESSAGE_TYPES.join(', ')}.`);
      if (message === undefined) throw new UsageError('Give the message as JSON, as @file, or - for standard input.');
      const text = messageText(message);
      const digest = digestOfText(type, text);
      return output.result(options.json && digestParts(type, digest, text), () => digest);
    });
}

function isMessageType(type: string): type is MessageType {
  return (MESSAGE_TYPES as readonly string[]).includes(type);
}

function messageText(argument: string): string {
  if (argument === '-') return readInput('-');
  if (argument.startsWith('@')) return readInput(argument.slice(1));
  return argument;
}

function digestOfText(type: MessageType, text: string): Hex {
  try {
    return digestFromJson(type, text);
  } catch (error) {
    if (!(error instanceof TypedMessageError)) throw error;
    throw new CommandError(error.message, { hint: `The type is ${encodeType(type)}.`, cause: error });
  }
}

/** Any domain will do where only its name and version are wanted. */
const NO_DOMAIN = { chainId: 0, verifyingContract: `0x${'00'.repeat(20)}` } as const;

function typeFacts(type: MessageType) {
  const { name, version } = domainOf(type, NO_DOMAIN);
  return { type, domain: { name, version }, encodeType: encodeType(type), typeHash: typeHash(type) };
}

function typeText(type: MessageType): string {
  const { domain, typeHash, encodeType } = typeFacts(type);
  return `${type}\n  domain     ${domain.name}, version ${domain.version}\n  type hash  ${typeHash}\n  ${encodeType}`;
}

function typeHash(type: MessageType): Hex {
  return keccak256(stringToHex(encodeType(type)));
}

/** What a digest is made of, as viem computes it: a second implementation, which must agree with the first. */
function digestParts(type: MessageType, digest: Hex, text: string) {
  const input = JSON.parse(text) as { readonly domain: Domain; readonly message: Record<string, unknown> };
  const domain = domainOf(type, input.domain);
  const types: ReturnType<typeof typesOf> = { ...typesOf(type), Place: PLACE };
  const place = valuesForViem({ ...input.domain }, { types, type: 'Place' });
  const separator = domainSeparator({ domain: { ...domain, ...place } });
  const structHash = hashStruct({ types, primaryType: type, data: valuesForViem(input.message, { types, type }) });
  const again = keccak256(concat(['0x1901', separator, structHash]));
  if (again !== digest) throw new Error(`Two implementations disagree about ${type}: ${digest} and ${again}.`);
  return { ...typeFacts(type), domain, domainSeparator: separator, structHash, digest };
}

/** The part of a domain that the JSON gives. */
const PLACE = [
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];

/** JSON that has passed our encoder, as viem wants it: integers as bigints, addresses without a checksum to check. */
function valuesForViem(
  values: Record<string, unknown>,
  { types, type }: { readonly types: ReturnType<typeof typesOf>; readonly type: string },
): Record<string, unknown> {
  const fields = (types[type] ?? []).map(({ name, type }) => {
    const value = values[name];
    if (type.startsWith('uint')) return [name, BigInt(value as number | string)];
    if (type === 'address') return [name, (value as string).toLowerCase()];
    if (!type.endsWith('[]')) return [name, value];
    const items = value as Record<string, unknown>[];
    return [name, items.map((item) => valuesForViem(item, { types, type: type.slice(0, -2) }))];
  });
  return Object.fromEntries(fields);
}
