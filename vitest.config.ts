import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['keeper/test/**/*.test.ts', 'tools/*.test.ts'],
    // Integration tests start real chains and wait for blocks; the limits only end what hangs.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Two cores are enough for one test file and the chains that it starts, twice.
    maxWorkers: 2,
  },
});
