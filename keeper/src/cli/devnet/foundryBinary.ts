import { createRequire } from 'node:module';

/**
 * The native program of the platform's package. The script that npm puts in front of it would have another process id,
 * and it ends with exit code 0 whatever the program says.
 */
export function foundryBinary(tool: 'anvil' | 'forge'): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const inRepository = createRequire(import.meta.url);
  const inTool = createRequire(inRepository.resolve(`@foundry-rs/${tool}/package.json`));
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return inTool.resolve(`@foundry-rs/${tool}-${process.platform}-${architecture}/bin/${tool}${suffix}`);
}
