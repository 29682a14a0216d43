// What stands where on the development chains: the committed files deployments/<chainId>.json.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SafeContracts } from '../../adapters/safe/executeAsCouncil.ts';
import type { Address } from '../../core/commands.ts';

export const HOME_CHAIN = 31337;
export const SECOND_CHAIN = 31338;

/** The root of the repository: forge runs there, and the deployments lie there. */
export const ROOT = resolve(import.meta.dirname, '../../../..');

export interface Deployment {
  readonly chainId: number;
  readonly authority: Address;
  readonly registry: Address;
  readonly router: Address;
  readonly council: Address;
  readonly safe: SafeContracts;
  /** By symbol. */
  readonly tokens: Readonly<Record<string, Address>>;
}

export interface HomeDeployment extends Deployment {
  readonly checkpointer: Address;
  readonly directory: Address;
}

interface DeploymentFile {
  readonly chainId: number;
  readonly contracts: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, string>>;
}

export function readDeployment(chainId: number): Deployment {
  return parse(readFile(chainId));
}

export function readHomeDeployment(): HomeDeployment {
  const file = readFile(HOME_CHAIN);
  const at = addressesOf(file);
  return { ...parse(file), checkpointer: at('checkpointer'), directory: at('directory') };
}

function readFile(chainId: number): DeploymentFile {
  return JSON.parse(readFileSync(join(ROOT, 'deployments', `${chainId}.json`), 'utf8')) as DeploymentFile;
}

function addressesOf(file: DeploymentFile): (name: string) => Address {
  return (name) => {
    const address = file.contracts[name];
    if (address === undefined) throw new Error(`deployments/${file.chainId}.json names no ${name}`);
    return address.toLowerCase() as Address;
  };
}

function parse(file: DeploymentFile): Deployment {
  const at = addressesOf(file);
  return {
    chainId: file.chainId,
    authority: at('authority'),
    registry: at('registry'),
    router: at('router'),
    council: at('council'),
    safe: {
      singleton: at('safeSingleton'),
      proxyFactory: at('safeProxyFactory'),
      multiSend: at('multiSend'),
      multiSendCallOnly: at('multiSendCallOnly'),
    },
    tokens: Object.fromEntries(
      Object.entries(file.tokens).map(([symbol, token]) => [symbol, token.toLowerCase() as Address]),
    ),
  };
}
