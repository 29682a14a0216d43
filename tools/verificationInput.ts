// `npm run verification-input -- <chainId> [folder]`: what an explorer wants to see before it shows a contract's source,
// for every contract of deployments/<chainId>.json. Per contract, in the folder:
//   <Name>.json           solc's standard JSON input, with the libraries linked
//   <Name>.arguments.txt  the constructor's arguments, ABI-encoded, without 0x
// and a table of address, contract and compiler. Needs the artifacts that the deployment was made from: `npm run build`.
// As for the deploy script, DEPLOYMENTS names another folder than deployments.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** How a contract came to be, as the deploy script records it under `code` in deployments/<chainId>.json. */
export interface RecordedCode {
  readonly address: string;
  /** `contracts/src/DepositRegistry.sol:DepositRegistry` */
  readonly source: string;
  /** ABI-encoded, `0x` when there are none. */
  readonly constructorArguments: string;
  readonly codehash: string;
}

export interface StandardJsonInput {
  readonly language: string;
  readonly sources: Readonly<Record<string, { readonly content: string }>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The part of an artifact's metadata that solc writes about its own input. */
interface Metadata {
  readonly compiler: { readonly version: string };
  readonly language: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sources: Readonly<Record<string, unknown>>;
}

interface Artifact {
  readonly bytecode: { readonly linkReferences: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly metadata: Metadata;
}

const root = resolve(import.meta.dirname, '..');

function readRecordedCode(recordFile: string): Readonly<Record<string, RecordedCode>> {
  const { code } = JSON.parse(readFileSync(recordFile, 'utf8')) as { code?: Record<string, RecordedCode> };
  if (code === undefined) throw new Error(`${recordFile} says nothing about code: nothing was deployed for good there`);
  return code;
}

/**
 * The standard JSON input that gives a recorded contract's code: the sources that its artifact was compiled from, as they
 * are on disk, with the settings of that compilation.
 */
function standardJsonInput(
  source: string,
  recorded: Readonly<Record<string, RecordedCode>>,
): { readonly input: StandardJsonInput; readonly compilerVersion: string } {
  const { metadata, bytecode } = readArtifact(source);
  const { compilationTarget: _, ...settings } = metadata.settings;
  const sources = Object.fromEntries(
    Object.keys(metadata.sources).map((path) => [path, { content: readFileSync(join(root, path), 'utf8') }]),
  );
  const input: StandardJsonInput = {
    language: metadata.language,
    sources,
    settings: {
      ...settings,
      libraries: linkedLibraries(bytecode.linkReferences, recorded),
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode', 'evm.deployedBytecode'] } },
    },
  };
  return { input, compilerVersion: metadata.compiler.version };
}

function readArtifact(source: string): Artifact {
  const [path, name] = source.split(':');
  const file = join(root, 'out', path?.split('/').at(-1) ?? '', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Artifact;
}

/** By file and name, as solc wants them. */
function linkedLibraries(
  references: Artifact['bytecode']['linkReferences'],
  recorded: Readonly<Record<string, RecordedCode>>,
): Record<string, Record<string, string>> {
  const addresses = new Map(Object.values(recorded).map(({ source, address }) => [source, address]));
  return Object.fromEntries(
    Object.entries(references).map(([path, libraries]) => [
      path,
      Object.fromEntries(
        Object.keys(libraries).map((name) => {
          const address = addresses.get(`${path}:${name}`);
          if (address === undefined) throw new Error(`the record names no library ${path}:${name}`);
          return [name, address];
        }),
      ),
    ]),
  );
}

function main([chainId, folder = `verification/${chainId}`]: readonly string[]): void {
  if (chainId === undefined) throw new Error('usage: npm run verification-input -- <chainId> [folder]');
  const recorded = readRecordedCode(resolve(root, process.env.DEPLOYMENTS ?? 'deployments', `${chainId}.json`));
  const target = resolve(root, folder);
  mkdirSync(target, { recursive: true });
  for (const { address, source, constructorArguments } of Object.values(recorded)) {
    const { input, compilerVersion } = standardJsonInput(source, recorded);
    const name = source.split(':')[1] ?? source;
    writeFileSync(join(target, `${name}.json`), JSON.stringify(input, null, 2));
    writeFileSync(join(target, `${name}.arguments.txt`), constructorArguments.replace(/^0x/, ''));
    console.log(`${address}  ${source}  v${compilerVersion}`);
  }
  console.log(`written to ${target}`);
}

if (import.meta.main) main(process.argv.slice(2));
