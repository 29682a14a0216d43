// Compiles one changed file without forge: into the artifacts of those contracts that contain it, which is a second
// instead of the half minute that forge needs for all the tests behind it.
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix } from 'node:path';

interface Bytecode {
  readonly object: string;
  readonly sourceMap: string;
  readonly linkReferences: unknown;
  readonly immutableReferences?: unknown;
}

interface Compiled {
  readonly evm: { readonly bytecode: Bytecode; readonly deployedBytecode: Bytecode };
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Readonly<Record<string, Readonly<Record<string, Compiled>>>>;
}

/** What forge keeps of a contract, as far as it matters here. */
export interface Artifact {
  readonly bytecode: Bytecode;
  readonly deployedBytecode: Bytecode;
}

// As in the profile `quick` of foundry.toml.
const SETTINGS = {
  remappings: [
    'forge-std/=node_modules/@layerzerolabs/toolbox-foundry/lib/forge-std/',
    'solady/=node_modules/solady/src/',
    '@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/',
  ],
  evmVersion: 'cancun',
  optimizer: { enabled: false },
  metadata: { bytecodeHash: 'none', appendCBOR: false },
};

const solc = createRequire(import.meta.url)('solc') as {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
};

function importsOf(root: string, file: string): string[] {
  const imports = readFileSync(join(root, file), 'utf8').matchAll(/from "(\.[^"]+)"/g);
  return [...imports].map(([, path]) => posix.join(posix.dirname(file), path as string));
}

/** Which of the project's files a file needs, itself included. */
function neededBy(root: string, file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const path of importsOf(root, file)) neededBy(root, path, seen);
  return seen;
}

/**
 * The files whose bytecode holds code of `file`: all that need it in `contracts/src`; of the tests, which load those from
 * their artifacts, only those that import it themselves.
 */
export function holdersOf(root: string, file: string): string[] {
  const sources = globSync('contracts/src/**/*.sol', { cwd: root }).filter((each) => neededBy(root, each).has(file));
  const tests = globSync('contracts/test/**/*.sol', { cwd: root }).filter((each) =>
    importsOf(root, each).includes(file),
  );
  return [...sources, ...tests];
}

/**
 * The new bytecode of every contract in `holders`, by file and name, when `file` has the contents `text`; undefined when
 * that does not compile.
 */
export function compileMutant(
  root: string,
  { file, text, holders }: { readonly file: string; readonly text: string; readonly holders: readonly string[] },
): Map<string, Map<string, Artifact>> | undefined {
  const contentOf = (path: string) => (path === file ? text : readFileSync(join(root, path), 'utf8'));
  const outputs = { '*': ['evm.bytecode', 'evm.deployedBytecode'] };
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(holders.map((path) => [path, { content: contentOf(path) }])),
    settings: { ...SETTINGS, outputSelection: Object.fromEntries(holders.map((path) => [path, outputs])) },
  };
  const read = (path: string) => ({ contents: contentOf(path) });
  const { errors = [], contracts = {} } = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as Output;
  if (errors.some(({ severity }) => severity === 'error')) return undefined;
  return new Map(
    Object.entries(contracts)
      .filter(([path]) => holders.includes(path))
      .map(([path, byName]) => [
        path,
        new Map(Object.entries(byName).map(([name, { evm }]) => [name, artifactOf(evm)])),
      ]),
  );
}

function artifactOf({ bytecode, deployedBytecode }: Compiled['evm']): Artifact {
  const asForge = ({ object, sourceMap, linkReferences, immutableReferences }: Bytecode) => ({
    object: `0x${object}`,
    sourceMap,
    linkReferences,
    ...(immutableReferences === undefined ? {} : { immutableReferences }),
  });
  return { bytecode: asForge(bytecode), deployedBytecode: asForge(deployedBytecode) };
}
