import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const INTEGRATION = 'keeper/test/integration/**/*.test.ts';

export default defineConfig({
  test: {
    // Integration tests start real chains and wait for blocks; the limits only end what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // A second, the default, is not enough where others work, too.
    expect: { poll: { timeout: 60_000 } },
    // The programs that tests start are compiled once, not each time.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, 'cache/node') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['keeper/test/**/*.test.ts', 'tools/*.test.ts'],
          exclude: ['**/node_modules/**', INTEGRATION],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        // Two cores are enough for one whole exchange at a time: two chains, keeper, courier, and who uses them.
        test: { name: 'integration', include: [INTEGRATION], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
