// Addresses by their bytes. A million commands name the same few thousand: a new string for each, of forty digits that
// have to be put together and hashed, would cost more than everything else that is done with a command.
import { toHex } from './bytes.ts';
import type { Address } from './commands.ts';

const ADDRESS_BYTES = 20;
/** An address as 32-bit words. */
const WORDS = 5;
const SIZE = 1 << 16;

/** Each address has one place, and the newest one that it was asked for: whoever picks addresses cannot make it slow. */
export interface AddressCache {
  readonly words: Int32Array;
  readonly addresses: (Address | undefined)[];
}

export function createAddressCache(): AddressCache {
  return { words: new Int32Array(SIZE * WORDS), addresses: new Array(SIZE) };
}

/** The address that stands there as 20 bytes: mostly the same string as the time before. */
export function addressAt({ words, addresses }: AddressCache, bytes: Uint8Array, offset: number): Address {
  const first = wordAt(bytes, offset);
  const second = wordAt(bytes, offset + 4);
  const third = wordAt(bytes, offset + 8);
  const fourth = wordAt(bytes, offset + 12);
  const fifth = wordAt(bytes, offset + 16);
  const mixed =
    Math.imul(first ^ Math.imul(second ^ Math.imul(third ^ Math.imul(fourth, 5), 3), 7), 0x85ebca6b) ^ fifth;
  const place = (Math.imul(mixed, 0x9e3779b1) >>> 16) & (SIZE - 1);
  const start = place * WORDS;
  const known = addresses[place];
  if (
    known !== undefined &&
    words[start + 4] === fifth &&
    words[start + 3] === fourth &&
    words[start + 2] === third &&
    words[start + 1] === second &&
    words[start] === first
  ) {
    return known;
  }
  const address = toHex(bytes.subarray(offset, offset + ADDRESS_BYTES)) as Address;
  words.set([first, second, third, fourth, fifth], start);
  addresses[place] = address;
  return address;
}

function wordAt(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}
