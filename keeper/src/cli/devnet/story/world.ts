// What the steps of the story share: the people, the market, and how to look at what they own.
import { privateKeyToAccount } from 'viem/accounts';
import { createKeeperClient, type KeeperClient } from '../../../client/keeperClient.ts';
import type { Address } from '../../../core/commands.ts';
import type { AssetView, BookView } from '../../../core/views.ts';
import { parseUnits } from '../../support/units.ts';
import { ALICE, BOB, CAROL, developmentKey, EXECUTOR, FEE_ACCOUNT, INSURANCE_ACCOUNT } from '../accounts.ts';
import type { Devnet } from '../startDevnet.ts';
import { waitUntil } from '../waitUntil.ts';

export interface Person {
  readonly name: string;
  /** Place in the well-known mnemonic. */
  readonly index: number;
  readonly address: Address;
}

function person(name: string, index: number): Person {
  return { name, index, address: developmentKey(index).address };
}

export const alice = person('Alice', ALICE);
export const bob = person('Bob', BOB);
export const carol = person('Carol', CAROL);
export const everybody = [
  alice,
  bob,
  carol,
  person('fees', FEE_ACCOUNT),
  person('insurance', INSURANCE_ACCOUNT),
] as const;

export interface World {
  readonly devnet: Devnet;
  /** Signed in as the executor, who may see the accounts of all its users. */
  readonly keeper: KeeperClient;
  readonly assets: readonly AssetView[];
  readonly books: readonly BookView[];
}

export async function enterWorld(devnet: Devnet): Promise<World> {
  const keeper = createKeeperClient({ url: devnet.keeperUrl });
  await keeper.signIn(privateKeyToAccount(developmentKey(EXECUTOR).privateKey));
  const assets = await waitUntil('the listings of the Directory', async () => {
    const [listed, books] = await Promise.all([keeper.assets(), keeper.books()]);
    return listed.length > 0 && books.length > 0 ? listed : undefined;
  });
  return { devnet, keeper, assets, books: await keeper.books() };
}

export function assetOf({ assets }: World, symbol: string): AssetView {
  const asset = assets.find((candidate) => candidate.symbol === symbol);
  if (asset === undefined) throw new Error(`The Directory lists no ${symbol}.`);
  return asset;
}

export function bookOf({ books }: World, base: string): BookView {
  const book = books.find((candidate) => candidate.base.symbol === base);
  if (book === undefined) throw new Error(`There is no book for ${base}.`);
  return book;
}

/** A decimal amount in the asset's ledger units. */
export function inLedgerUnits(world: World, amount: string, symbol: string): bigint {
  return parseUnits(amount, { decimals: assetOf(world, symbol).ledgerDecimals, what: `The amount of ${symbol}` });
}

/** Ledger units by what they are, for instance "Alice WETH" or, of these, "Alice WETH reserved". Nothing that is zero. */
export type Balances = ReadonlyMap<string, bigint>;

/** What everybody has in the keeper's ledger, fees and insurance included. */
export async function balancesOf({ keeper }: World): Promise<Balances> {
  const found = new Map<string, bigint>();
  for (const { name, address } of everybody) {
    for (const { balances } of await keeper.accounts({ address })) {
      for (const { symbol, amount, reserved } of balances) {
        add(found, { [`${name} ${symbol}`]: BigInt(amount), [`${name} ${symbol} reserved`]: BigInt(reserved) });
      }
    }
  }
  return found;
}

/** Adds changes to balances in place. */
export function add(balances: Map<string, bigint>, changes: Readonly<Record<string, bigint>>): void {
  for (const [what, change] of Object.entries(changes)) {
    const sum = (balances.get(what) ?? 0n) + change;
    if (sum === 0n) balances.delete(what);
    else balances.set(what, sum);
  }
}

/** Stops the story unless what happened is what was to be expected. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  const [is, shouldBe] = [actual, expected].map((value) => JSON.stringify(value, (_, part) => plain(part)));
  if (is !== shouldBe) throw new Error(`${what} should be ${shouldBe} and is ${is}.`);
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map ? Object.fromEntries([...value].toSorted()) : value;
}
