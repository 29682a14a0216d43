import { defineConfig } from '@wagmi/cli';
import { foundry } from '@wagmi/cli/plugins';

// `npm run generate` builds the contracts, then this writes the ABIs of those that TypeScript talks to.
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
  plugins: [foundry({ forge: { build: false }, include: CONTRACTS.map((name) => `${name}.json`) })],
});
