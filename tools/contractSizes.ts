// Every contract that is deployed stays below the limit, with room below the 24 576 bytes of EIP-170.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const LIMIT_BYTES = 23_000;

interface Artifact {
  readonly deployedBytecode: { readonly object: string };
}

const root = resolve(import.meta.dirname, '..');
const sources = globSync('contracts/src/**/*.sol', { cwd: root });
const sizes = sources.flatMap((source) =>
  globSync(`out/${source.split('/').at(-1)}/*.json`, { cwd: root }).map((file) => {
    const { deployedBytecode } = JSON.parse(readFileSync(resolve(root, file), 'utf8')) as Artifact;
    // A placeholder for a library's address counts as what replaces it: both have 40 characters.
    return {
      name: file.split('/').at(-1)?.replace('.json', '') ?? file,
      bytes: (deployedBytecode.object.length - 2) / 2,
    };
  }),
);
const deployed = sizes.filter(({ bytes }) => bytes > 0).toSorted((a, b) => b.bytes - a.bytes);
for (const { name, bytes } of deployed) {
  console.log(`${bytes < LIMIT_BYTES ? ' ' : '✗'} ${String(bytes).padStart(6)} ${name}`);
}
if (deployed.length === 0) console.log('no artifacts in out/; run: npm run build');
process.exitCode = deployed.length > 0 && deployed.every(({ bytes }) => bytes < LIMIT_BYTES) ? 0 : 1;
