import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const compiler: { compile(input: string): string } = createRequire(import.meta.url)('solc');

/** Enough files for two threads. */
const FILES = 41;

/** All contracts create the first one, so its code is in contracts of each thread. The first one deserves a warning. */
function inputWith(change: (source: string, index: number) => string): string {
  const files = Array.from({ length: FILES }, (_, index) => {
    const [imports, body] =
      index === 0 ? ['', 'return address(0);'] : [`import "./C0.sol";`, 'return address(new C0());'];
    const source = `// SPDX-License-Identifier: MIT\npragma solidity 0.8.30; ${imports} contract C${index} { function make() public returns (address) { ${body} } }`;
    return [`C${index}.sol`, change(source, index)] as const;
  });
  return JSON.stringify({
    language: 'Solidity',
    sources: Object.fromEntries(files.map(([file, content]) => [file, { content }])),
    settings: {
      optimizer: { enabled: true },
      outputSelection: Object.fromEntries(
        files.map(([file]) => [file, { '*': ['abi', 'evm.bytecode', 'evm.deployedBytecode.sourceMap'] }]),
      ),
    },
  });
}

function inThreads(input: string) {
  return JSON.parse(
    execFileSync(process.execPath, [join(import.meta.dirname, 'solc'), '--standard-json'], { input, encoding: 'utf8' }),
  );
}

describe('tools/solc', () => {
  it('makes in several threads what the compiler makes in one, and warns once', () => {
    const input = inputWith((source) => source);
    const expected = JSON.parse(compiler.compile(input));
    const made = inThreads(input);
    expect(Object.keys(made.contracts)).toHaveLength(FILES);
    expect(made.contracts).toEqual(expected.contracts);
    expect(made.sources).toEqual(expected.sources);
    const messages = (output: typeof made) =>
      output.errors.map((each: { formattedMessage: string }) => each.formattedMessage);
    expect(messages(made).toSorted()).toEqual(messages(expected).toSorted());
  });

  it('says what is wrong with any file, once, and makes nothing', () => {
    const made = inThreads(
      inputWith((source, index) => (index === 30 ? `${source} contract Bad { uint x = ; }` : source)),
    );
    expect(made.contracts).toEqual({});
    expect(made.errors).toMatchObject([{ severity: 'error', sourceLocation: { file: 'C30.sol' } }]);
  });
});
