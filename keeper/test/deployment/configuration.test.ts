// The addresses in contracts/script/config are money: each is compared with what the project behind it publishes on npm,
// or derived from its creation code.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import {
  type Address,
  concat,
  encodeAbiParameters,
  getContractAddress,
  getCreate2Address,
  type Hex,
  keccak256,
  padHex,
  stringToHex,
  zeroAddress,
} from 'viem';
import { describe, expect, it } from 'vitest';

const DETERMINISTIC_DEPLOYER = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
/** Safe deploys by the same code at another address. */
const SAFE_SINGLETON_FACTORY = '0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7';

interface TokenConfig {
  readonly asset: number;
  readonly token: Address;
  readonly decimals: number;
  readonly depositCap: string;
  readonly withdrawalLimit: { readonly capacity: string };
  readonly settleable: boolean;
}

interface ChainConfig {
  readonly chainId: number;
  readonly wrappedNative: Address;
  readonly spokePool: Address;
  readonly cow: Readonly<Record<'settlement' | 'vaultRelayer' | 'shedFactory' | 'shedImplementation', Address>>;
  readonly tokens: readonly TokenConfig[];
  readonly sources: Readonly<Record<string, string>>;
}

interface Asset {
  readonly asset: number;
  readonly symbol: string;
  readonly ledgerDecimals: number;
  readonly risk: { readonly borrowCap: number };
}

const root = resolve(import.meta.dirname, '../../..');
const shared = readConfig('shared');
const chains: ReadonlyMap<string, ChainConfig> = new Map(
  (shared.chains as string[]).map((name) => [name, readConfig(name)]),
);

// biome-ignore lint/suspicious/noExplicitAny: the shapes are the files'
function readJson(file: string): any {
  return JSON.parse(readFileSync(resolve(root, file), 'utf8'));
}

function readConfig(name: string) {
  return readJson(`contracts/script/config/${name}.json`);
}

function safeArtifact(path: string): { readonly bytecode: Hex; readonly deployedBytecode: Hex } {
  return readJson(`node_modules/@safe-global/safe-smart-account/build/artifacts/contracts/${path}`);
}

describe('the configuration of a deployment', () => {
  it('is there for every chain of the mission', () => {
    const ids = new Map([...chains].map(([name, { chainId }]) => [name, chainId]));
    expect(Object.fromEntries(ids)).toEqual({ ethereum: 1, optimism: 10, polygon: 137, base: 8453, arbitrum: 42161 });
    expect([...ids.values()]).toContain(shared.homeChainId);
  });

  it('says where every address comes from', () => {
    for (const [name, { sources }] of chains) {
      for (const key of ['wrappedNative', 'weth', 'usdc', 'spokePool', 'cow', 'limits']) {
        expect(sources[key], `${name}: ${key}`).toMatch(/\w/);
      }
    }
  });

  it("names Across' pools", () => {
    const published = readJson('node_modules/@across-protocol/contracts/dist/broadcast/deployed-addresses.json').chains;
    for (const [name, { chainId, spokePool }] of chains) {
      expect(spokePool, name).toBe(published[chainId].contracts.SpokePool.address);
    }
  });

  it('names WETH, the native USDC and the wrapped coin of each chain', () => {
    const { TOKEN_SYMBOLS_MAP } = createRequire(resolve(root, 'node_modules/@across-protocol/contracts/package.json'))(
      '@across-protocol/constants',
    );
    const symbols = new Map((shared.directory.assets as Asset[]).map(({ asset, symbol }) => [asset, symbol]));
    for (const [name, { chainId, tokens, wrappedNative }] of chains) {
      for (const { asset, token, decimals } of tokens) {
        const published = TOKEN_SYMBOLS_MAP[symbols.get(asset) ?? ''];
        expect({ token, decimals }, `${name}: ${symbols.get(asset)}`).toEqual({
          token: published.addresses[chainId],
          decimals: published.decimals,
        });
      }
      expect(wrappedNative).toBe(TOKEN_SYMBOLS_MAP[chainId === 137 ? 'WPOL' : 'WETH'].addresses[chainId]);
      expect(tokens.map(({ token }) => token)).toContain(wrappedNative);
    }
  });

  it('names CoW Protocol, as its creation code gives it', () => {
    const published = readJson('node_modules/@cowprotocol/contracts/networks.json');
    const { bytecode, args } = readJson('node_modules/@cowprotocol/contracts/deployments/mainnet/GPv2Settlement.json');
    const settlement = getCreate2Address({
      from: DETERMINISTIC_DEPLOYER,
      salt: stringToHex('Mattresses in Berlin!', { size: 32 }),
      bytecode: concat([bytecode, encodeAbiParameters([{ type: 'address' }, { type: 'address' }], args)]),
    });
    for (const [name, { chainId, cow }] of chains) {
      expect(cow.settlement, name).toBe(settlement);
      expect(cow.settlement, name).toBe(published.GPv2Settlement[chainId].address);
      expect(cow.vaultRelayer, name).toBe(getContractAddress({ from: settlement, nonce: 1n }));
      expect(cow.vaultRelayer, name).toBe(published.GPv2VaultRelayer[chainId].address);
    }
  });

  it('settles nothing where CoW Protocol takes no orders and has no shed', () => {
    for (const [name, { cow, tokens }] of chains) {
      const isServed = name !== 'optimism';
      expect(cow.shedFactory !== zeroAddress && cow.shedImplementation !== zeroAddress, name).toBe(isServed);
      for (const { settleable } of tokens) expect(settleable, name).toBe(isServed);
    }
  });

  it('names Safe 1.5.0, as its creation code gives it', () => {
    const { council } = shared;
    const artifacts = {
      singleton: 'SafeL2.sol/SafeL2.json',
      proxyFactory: 'proxies/SafeProxyFactory.sol/SafeProxyFactory.json',
      fallbackHandler: 'handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json',
    };
    for (const [key, path] of Object.entries(artifacts)) {
      const { bytecode, deployedBytecode } = safeArtifact(path);
      const address = getCreate2Address({ from: SAFE_SINGLETON_FACTORY, salt: padHex('0x'), bytecode });
      expect(council[key], key).toBe(address);
      expect(council[`${key}Codehash`], key).toBe(keccak256(deployedBytecode));
    }
    expect(council.proxyCodehash).toBe(
      keccak256(safeArtifact('proxies/SafeProxy.sol/SafeProxy.json').deployedBytecode),
    );
  });

  it('keeps what all chains may hold of an asset, and what may be owed, within the range of the ledger', () => {
    for (const { asset, symbol, ledgerDecimals, risk } of shared.directory.assets as Asset[]) {
      const units = [...chains.values()]
        .flatMap(({ tokens }) => tokens.filter((token) => token.asset === asset))
        .map(
          ({ depositCap, decimals }) => (BigInt(depositCap) * 10n ** BigInt(ledgerDecimals)) / 10n ** BigInt(decimals),
        );
      const total = units.reduce((sum, amount) => sum + amount, BigInt(risk.borrowCap));
      expect(total, symbol).toBeGreaterThan(0n);
      expect(total, symbol).toBeLessThan(2n ** 53n);
    }
  });

  // A forced withdrawal must be paid a sixteenth at a time: IExitHatch.
  it('lets nobody who owns all that a vault takes force its exit by asking for it', () => {
    for (const [name, { tokens }] of chains) {
      for (const { token, depositCap, withdrawalLimit } of tokens) {
        expect(16n * BigInt(withdrawalLimit.capacity), `${name} ${token}`).toBeGreaterThanOrEqual(BigInt(depositCap));
      }
    }
  });
});
