import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../../src/adapters/crypto/secp256k1.ts', import.meta.url));

it('never falls back to the JavaScript curve', () => {
  // Where the package looks for its native part; there is none in that place.
  const env = { ...process.env, SECP256K1_PREBUILD: '/nonexistent' };
  const { status, stderr } = spawnSync(process.execPath, [MODULE], { env, encoding: 'utf8' });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/The native secp256k1 does not load on .*: run npm ci on this machine\./);
  expect(stderr).toMatch(/No native build was found/);
  expect(spawnSync(process.execPath, [MODULE]).status).toBe(0);
});
