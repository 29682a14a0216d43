import { defineConfig } from '@wagmi/cli';
import { foundry } from '@wagmi/cli/plugins';

// `npx wagmi generate` builds the contracts and writes the ABIs of those that TypeScript talks to.
const CONTRACTS = [
  'Authority',
  'Checkpointer',
  'DepositRegistry',
  'DepositRouter',
  'DeterministicFactory',
  'DevnetToken',
  'DevnetWeth',
  'Directory',
];

export default defineConfig({
  out: 'generated/src/index.ts',
  plugins: [foundry({ include: CONTRACTS.map((name) => `${name}.json`) })],
});
