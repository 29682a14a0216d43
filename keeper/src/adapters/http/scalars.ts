// The values that requests and answers over HTTP are made of.
import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import { isAddress } from 'viem';
import type { Address, Hex } from '../../core/commands.ts';

/** An object with these fields and no others. */
export function strict<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** As the handlers of typed data see it: nobody changes it any more. */
export type Shape<S extends TSchema> = Frozen<Static<S>>;
type Frozen<T> = T extends string | number | boolean | null | undefined ? T : { readonly [K in keyof T]: Frozen<T[K]> };

export const uint = (bits: 8 | 32, description?: string) =>
  Type.Integer({ minimum: 0, maximum: 2 ** bits - 1, ...(description === undefined ? {} : { description }) });

/** A uint64 of a typed message, of which only safe integers are used. */
export const safeInteger = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

export const milliseconds = (what = 'Time') => safeInteger(`${what}, in milliseconds since 1970.`);
export const seconds = (what: string) => safeInteger(`${what}, in seconds.`);
export const chainId = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'EIP-155 chain id.' });
export const side = Type.Enum(['buy', 'sell']);

/** In requests: all lower case, or with the right EIP-55 checksum, which costs a hash (viem remembers the last 8192). */
export const addressInput = Type.Unsafe<Address>(
  Type.Refine(
    Type.String({ pattern: '^0x[0-9a-fA-F]{40}$', description: 'Address, lower-case or with its EIP-55 checksum.' }),
    (value: string) => value === value.toLowerCase() || isAddress(value),
    () => 'must be lower-case or carry the right EIP-55 checksum',
  ),
);

const MAX_UINT256 = 2n ** 256n - 1n;
export const uint256Input = Type.Refine(
  Type.String({ pattern: '^(0|[1-9][0-9]{0,77})$', description: 'uint256 as a decimal string.' }),
  (value: string) => BigInt(value) <= MAX_UINT256,
  () => 'must fit into 256 bits',
);

export const hexInput = (bytes: { readonly min: number; readonly max: number }, description: string) =>
  Type.Unsafe<Hex>(Type.String({ pattern: `^0x([0-9a-fA-F]{2}){${bytes.min},${bytes.max}}$`, description }));

export const address = Type.Unsafe<Address>(
  Type.String({ pattern: '^0x[0-9a-f]{40}$', description: 'Lower-case address.' }),
);
export const hex = Type.Unsafe<Hex>(Type.String({ pattern: '^0x([0-9a-f]{2})*$' }));
export const hash = Type.Unsafe<Hex>(Type.String({ pattern: '^0x[0-9a-f]{64}$' }));
export const decimal = (description: string) => Type.String({ pattern: '^-?[0-9]+$', description });
export const symbol = Type.String();
export const decimals = uint(8, 'value = amount / 10^decimals');
export const assetId = uint(32);
export const bookId = uint(32);
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
