// Whoever calls a contract decodes its errors, and whoever reads its log its events, with the ABI of its interface. What
// libraries raise and emit is in no ABI by itself: neither that of linked libraries nor what inlined ones do in assembly. So
// the compiled code is searched.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type AbiFunction, toEventSelector, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';

interface AbiItem {
  readonly type: string;
  readonly name: string;
  readonly inputs: AbiFunction['inputs'];
}

interface Artifact {
  readonly abi: readonly AbiItem[];
  readonly deployedBytecode: {
    readonly object: string;
    readonly linkReferences: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

/** Of a base contract, which an interface of ours cannot declare once more; it is in the contract's own ABI. */
const INHERITED = ['ReentrancyGuardReentrantCall'];
const OUT = resolve(import.meta.dirname, '../../../out');

function artifact(name: string): Artifact {
  const [file] = globSync(`*.sol/${name}.json`, { cwd: OUT });
  if (file === undefined) throw new Error(`no artifact of ${name} in out/: build the contracts`);
  return JSON.parse(readFileSync(resolve(OUT, file), 'utf8')) as Artifact;
}

function reportsOf({ abi }: Artifact): AbiItem[] {
  return abi.filter(({ type }) => type === 'error' || type === 'event');
}

/** Of an error 4 bytes, of an event 32: what the code puts in front of it. */
function selectorOf({ type, name, inputs }: AbiItem): bigint {
  if (type === 'event') return BigInt(toEventSelector({ type, name, inputs }));
  return BigInt(toFunctionSelector({ type: 'function', name, inputs, outputs: [], stateMutability: 'view' }));
}

/** The compiler writes a constant in whatever way is shortest: shifted to the left by any number of bits. */
function unshifted(constant: bigint): bigint {
  let odd = constant;
  while (odd !== 0n && odd % 2n === 0n) odd /= 2n;
  return odd;
}

/** All constants in the code of a contract and of the libraries that it calls. Unlinked addresses are read as 0. */
function constantsOf({ deployedBytecode }: Artifact): Set<bigint> {
  const code = Buffer.from(deployedBytecode.object.slice(2).replaceAll(/__\$.{34}\$__/g, '0'.repeat(40)), 'hex');
  const constants = new Set<bigint>();
  for (let at = 0; at < code.length; at++) {
    const pushed = (code[at] as number) - 0x5f;
    if (pushed < 1 || pushed > 32) continue;
    constants.add(unshifted(BigInt(`0x${code.subarray(at + 1, at + 1 + pushed).toString('hex') || '0'}`)));
    at += pushed;
  }
  for (const library of Object.values(deployedBytecode.linkReferences).flatMap((names) => Object.keys(names))) {
    for (const constant of constantsOf(artifact(library))) constants.add(constant);
  }
  return constants;
}

/** Every error and event of any compiled source. */
const known = globSync('*.sol/*.json', { cwd: OUT }).flatMap((file) =>
  reportsOf(JSON.parse(readFileSync(resolve(OUT, file), 'utf8')) as Artifact),
);

function reportedBy(name: string): Map<bigint, string> {
  const constants = constantsOf(artifact(name));
  const reported = known.filter((item) => constants.has(unshifted(selectorOf(item))));
  return new Map(reported.map((item) => [selectorOf(item), item.name]));
}

describe('the errors and events of code', () => {
  it('are found in linked libraries, in inlined ones, and in assembly', () => {
    const names = [...reportedBy('DepositRegistry').values()];
    const errors = ['ExitHatch_NotFinal', 'SafeCastOverflowedUintDowncast', 'TransferFailed', ...INHERITED];
    const events = ['Withdrawn', 'WithdrawalFailed', 'ForcedAnswered', 'Claimed'];
    for (const name of [...errors, ...events]) expect(names).toContain(name);
  });

  it.each(['Authority', 'Checkpointer', 'DepositRegistry', 'DepositRouter', 'Directory'])(
    'are in the interface of %s',
    (name) => {
      const declared = new Set(reportsOf(artifact(`I${name}`)).map(selectorOf));
      const missing = [...reportedBy(name)].filter(([selector]) => !declared.has(selector)).map(([, item]) => item);
      expect(missing.filter((item) => !INHERITED.includes(item))).toEqual([]);
      const own = new Set(reportsOf(artifact(name)).map((item) => item.name));
      expect(missing.filter((item) => !own.has(item))).toEqual([]);
    },
  );
});
