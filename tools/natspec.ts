// Whether the contracts' interfaces say everything: each function, event and error has a notice, and each parameter of a
// function that is no address and no struct (an amount, a time, a flag, bytes) is explained, by `@param` or by its name in
// `backticks` in the notice. The compiler itself refuses a `@param` that names no parameter.
import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const INTERFACES = 'contracts/src/interfaces/*.sol';
/** Explained once, in the interface that the others inherit. */
const EXPLAINED_ONCE = ['enclaveSignature', 'leaderSignature', 'enclaveSignatures', 'leaderSignatures'];

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly components?: readonly Parameter[];
}

interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Parameter[];
}

interface Doc {
  readonly notice?: string;
  readonly params?: Readonly<Record<string, string>>;
}

/** By signature; errors may be declared several times. */
type Docs = Readonly<Record<string, Doc | readonly Doc[] | undefined>>;

interface Documentation {
  readonly methods?: Docs;
  readonly events?: Docs;
  readonly errors?: Docs;
}

export interface Metadata {
  readonly output: {
    readonly abi: readonly AbiItem[];
    readonly userdoc: Documentation;
    readonly devdoc: Documentation;
  };
}

const KINDS = new Map<string, keyof Documentation>([
  ['function', 'methods'],
  ['event', 'events'],
  ['error', 'errors'],
]);

function typeOf({ type, components }: Parameter): string {
  return components === undefined ? type : `(${components.map(typeOf).join(',')})${type.slice('tuple'.length)}`;
}

/** What the compiler's metadata of one interface leaves unexplained, as `Interface.item` or `Interface.item.parameter`. */
export function findUnexplained(name: string, { output }: Metadata): string[] {
  return output.abi.flatMap((item) => {
    const kind = KINDS.get(item.type);
    if (kind === undefined) return [];
    const signature = `${item.name}(${(item.inputs ?? []).map(typeOf).join(',')})`;
    const [notice, params] = [output.userdoc, output.devdoc].map((docs) => [docs[kind]?.[signature]].flat()[0]);
    if (notice?.notice === undefined) return [`${name}.${item.name}`];
    if (item.type !== 'function') return [];
    return (item.inputs ?? [])
      .filter(({ type }) => !type.startsWith('address') && !type.startsWith('tuple'))
      .map((parameter) => parameter.name)
      .filter((parameter) => !EXPLAINED_ONCE.includes(parameter))
      .filter((parameter) => params?.params?.[parameter] === undefined && !notice.notice?.includes(`\`${parameter}\``))
      .map((parameter) => `${name}.${item.name}.${parameter}`);
  });
}

function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const names = globSync(INTERFACES, { cwd: root }).map((file) => basename(file, '.sol'));
  const unexplained = names.toSorted().flatMap((name) => {
    const artifact = JSON.parse(readFileSync(join(root, `out/${name}.sol/${name}.json`), 'utf8'));
    return findUnexplained(name, JSON.parse(artifact.rawMetadata));
  });
  for (const item of unexplained) console.log(`✗ ${item}`);
  console.log(`${names.length} interfaces, ${unexplained.length} unexplained`);
  process.exitCode = names.length > 0 && unexplained.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
