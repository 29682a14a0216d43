// From what a person types to what the keeper and the chains call it.
import { isAddress } from 'viem';
import type { Address } from '../../core/commands.ts';
import type { AssetView, BookView } from '../../core/views.ts';
import { CommandError, UsageError } from './errors.ts';
import type { Profile, ProfileChain } from './profile.ts';
import { parseInteger } from './units.ts';

/** A token of one chain and the asset that it is. */
export interface Token {
  readonly chainId: number;
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
}

/** An address, or a name of the profile; in lower case. Throws `UsageError`. */
export function findAddress(
  text: string,
  input: { readonly what: string; readonly profile: Profile | undefined },
): Address {
  const accounts = input.profile?.accounts ?? {};
  const named = Object.hasOwn(accounts, text) ? accounts[text] : undefined;
  if (named !== undefined) return named.address.toLowerCase() as Address;
  if (isAddress(text)) return text.toLowerCase() as Address;
  if (isAddress(text, { strict: false }))
    throw new UsageError(`${input.what} ${text} has a wrong checksum: is it mistyped?`);
  const names = Object.keys(accounts);
  const orName = names.length === 0 ? '' : ` or one of ${names.join(', ')}`;
  throw new UsageError(`${input.what} must be an address (0x and 40 hex digits)${orName}, got "${text}".`);
}

/** A chain id, or a chain's name in the profile. Throws `UsageError`. */
export function findChainId(text: string, profile: Profile | undefined): number {
  const chains = profile?.chains ?? [];
  const named = chains.find(({ name }) => name === text);
  if (named !== undefined) return named.chainId;
  if (/^[0-9]/.test(text)) return parseInteger(text, 'The chain');
  throw new UsageError(`There is no chain "${text}". ${knownChains(chains)}`);
}

/** What the profile says of a chain, which is needed to send transactions there. Throws `CommandError`. */
export function profileChain(chainId: number, profile: Profile | undefined): ProfileChain {
  const chain = profile?.chains.find((candidate) => candidate.chainId === chainId);
  if (chain !== undefined) return chain;
  if (profile !== undefined) {
    const hint = `${knownChains(profile.chains)} Another one is to be added to the profile.`;
    throw new CommandError(`The profile has no chain ${chainId}.`, { hint });
  }
  throw new CommandError('There is no profile that says where the chains are.', {
    hint: 'Start a devnet with `npm start`, or give a profile with --profile or MW_PROFILE (see docs/cli.md).',
  });
}

function knownChains(chains: readonly ProfileChain[]): string {
  if (chains.length === 0) return 'Give its id; names need a profile.';
  return `There are: ${chains.map(({ chainId, name }) => `${name} (${chainId})`).join(', ')}.`;
}

/** A listed token on one chain, by the symbol of its asset or by its address. Throws `CommandError`. */
export function findToken(
  text: string,
  { assets, chainId }: { readonly assets: readonly AssetView[]; readonly chainId: number },
): Token {
  const tokens = assets.flatMap(({ symbol, tokens }) =>
    tokens.map(({ token, decimals, chainId }): Token => ({ chainId, address: token, symbol, decimals })),
  );
  const here = tokens.filter((token) => token.chainId === chainId);
  const matching = here.filter(({ symbol, address }) => same(symbol, text) || same(address, text));
  const [token, second] = matching;
  if (token === undefined) {
    const elsewhere = tokens.filter(({ symbol }) => same(symbol, text)).map((other) => other.chainId);
    const hint =
      elsewhere.length > 0 ? `${text} is listed on chain ${elsewhere.join(', ')}.` : `Listed are: ${listed(here)}.`;
    throw new CommandError(`${text} is not listed on chain ${chainId}.`, { hint });
  }
  if (second === undefined) return token;
  throw new CommandError(`Chain ${chainId} has several tokens of ${text}.`, {
    hint: `Give the address instead: ${matching.map(({ address }) => address).join(', ')}.`,
  });
}

function listed(tokens: readonly Token[]): string {
  return tokens.length === 0 ? 'none' : tokens.map(({ symbol }) => symbol).join(', ');
}

/** A book, by its pair such as WETH/USDC or by its number. Throws `CommandError`. */
export function findBook(text: string, books: readonly BookView[]): BookView {
  const matching = books.filter((book) => same(bookName(book), text) || String(book.book) === text);
  const [book, second] = matching;
  const names = books.map(bookName).join(', ');
  if (book === undefined) {
    throw new CommandError(`There is no book ${text}.`, { hint: `There are: ${names === '' ? 'none' : names}.` });
  }
  if (second === undefined) return book;
  throw new CommandError(`There are several books ${text}.`, {
    hint: `Give the number instead: ${matching.map((candidate) => candidate.book).join(', ')} (see \`mw book\`).`,
  });
}

export function bookName({ base, quote }: Pick<BookView, 'base' | 'quote'>): string {
  return `${base.symbol}/${quote.symbol}`;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
