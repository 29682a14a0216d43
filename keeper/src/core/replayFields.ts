// Reads the fields of a JSON object strictly: every field must be of its type, and every one must be known.
import { fromHex, toHex } from './bytes.ts';
import type { Address, Hex } from './commands.ts';

const DECIMAL = /^(0|[1-9][0-9]*)$/;

/** A line is no command. The message begins with its number. */
export class ReplayError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReplayError';
  }
}

export interface Fields {
  /** Names of all fields. */
  names(): string[];
  text(name: string): string;
  /** 0 … 2⁵³ − 1, as a number or a decimal string. */
  integer(name: string): number;
  /** Not negative, as a number up to 2⁵³ − 1 or a decimal string. */
  big(name: string): bigint;
  flag(name: string): boolean;
  /** Either case; answers lower case. */
  address(name: string): Address;
  /** The addresses of a list. */
  addresses(name: string): Address[];
  bytes(name: string): Uint8Array;
  /** The number of a name, or the number itself. */
  oneOf(name: string, values: Readonly<Record<string, number>>): number;
  object(name: string): Fields;
  /** The objects of a list. */
  list(name: string): Fields[];
  /** undefined when the field is missing. */
  optional<T>(name: string, read: (name: string) => T): T | undefined;
  asHex(text: string, length: number): Hex;
  error(message: string): ReplayError;
  /** Throws when a field stands there that nobody asked for. */
  end(): void;
}

export function fieldsOf(text: string, line: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ReplayError(`line ${line}: no JSON`, { cause });
  }
  return createFields(value, `line ${line}`);
}

function createFields(value: unknown, where: string): Fields {
  const error = (message: string) => new ReplayError(`${where}: ${message}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw error('not an object');
  const given = new Map<string, unknown>(Object.entries(value));
  const asked = new Set<string>();

  const take = (name: string): unknown => {
    asked.add(name);
    if (!given.has(name)) throw error(`${name} is missing`);
    return given.get(name);
  };
  const big = (name: string): bigint => {
    const found = take(name);
    if (typeof found === 'number' && Number.isSafeInteger(found) && found >= 0) return BigInt(found);
    if (typeof found === 'string' && DECIMAL.test(found)) return BigInt(found);
    throw error(`${name} must be a whole number that is not negative, or a string of one`);
  };
  const text = (name: string): string => {
    const found = take(name);
    if (typeof found === 'string') return found;
    throw error(`${name} must be a string`);
  };
  const integer = (name: string): number => {
    const found = big(name);
    if (found <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(found);
    throw error(`${name} must be at most 2^53 - 1`);
  };
  const bytes = (name: string, found: string, length?: number): Uint8Array => {
    try {
      return fromHex(found, length);
    } catch (cause) {
      throw new ReplayError(`${where}: ${name}: ${(cause as Error).message}`, { cause });
    }
  };

  return {
    names: () => {
      for (const name of given.keys()) asked.add(name);
      return [...given.keys()];
    },
    text,
    integer,
    big,
    flag(name) {
      const found = take(name);
      if (typeof found === 'boolean') return found;
      throw error(`${name} must be true or false`);
    },
    address: (name) => toHex(bytes(name, text(name), 20)),
    addresses(name) {
      const found = take(name);
      if (!Array.isArray(found)) throw error(`${name} must be a list`);
      return found.map((item, index) => toHex(bytes(`${name}[${index}]`, String(item), 20)));
    },
    bytes: (name) => bytes(name, text(name)),
    oneOf(name, values) {
      const found = given.get(name);
      if (typeof found !== 'string' || DECIMAL.test(found)) return integer(name);
      if (!Object.hasOwn(values, found)) throw error(`${name} must be one of ${Object.keys(values).join(', ')}`);
      asked.add(name);
      return values[found] as number;
    },
    object: (name) => createFields(take(name), `${where}: ${name}`),
    list(name) {
      const found = take(name);
      if (!Array.isArray(found)) throw error(`${name} must be a list`);
      return found.map((item, index) => createFields(item, `${where}: ${name}[${index}]`));
    },
    optional: (name, read) => (given.has(name) ? read(name) : undefined),
    asHex: (found, length) => toHex(bytes('hex', found, length)),
    error,
    end() {
      for (const name of given.keys()) if (!asked.has(name)) throw error(`unknown field ${name}`);
    },
  };
}
