import { expect, it } from 'vitest';
import { createNonces, NONCE_LIFE_MS } from '../../../src/adapters/http/nonces.ts';

it('takes each nonce once, while it is young', () => {
  let now = 1_000;
  const nonces = createNonces({ now: () => now, maxUsed: 10 });
  const [first, second] = [nonces.issue(), nonces.issue()];
  expect(first).toMatch(/^[0-9a-f]{76}$/);
  expect([nonces.isGood(first), nonces.use(first), nonces.isGood(first), nonces.use(first)]).toEqual([
    true,
    true,
    false,
    false,
  ]);
  now += NONCE_LIFE_MS;
  expect(nonces.isGood(second)).toBe(true);
  now += 1;
  expect(nonces.isGood(second)).toBe(false);
});

it('takes no nonce that another one issued or that was altered', () => {
  const nonces = createNonces({ now: () => 0, maxUsed: 10 });
  const nonce = nonces.issue();
  for (let i = 0; i < nonce.length; i++) {
    const altered = nonce.slice(0, i) + (nonce[i] === '0' ? '1' : '0') + nonce.slice(i + 1);
    expect(nonces.isGood(altered)).toBe(false);
  }
  expect(nonces.isGood(createNonces({ now: () => 0, maxUsed: 10 }).issue())).toBe(false);
  expect(nonces.isGood(`${nonce}00`)).toBe(false);
});

it('refuses sign-ins rather than forget a used nonce, until the old ones are dead', () => {
  let now = 0;
  const nonces = createNonces({ now: () => now, maxUsed: 2 });
  const [first, second, third] = [nonces.issue(), nonces.issue(), nonces.issue()];
  nonces.use(first);
  nonces.use(second);
  expect(() => nonces.use(third)).toThrow('Too many sign-ins');
  expect(nonces.isGood(first)).toBe(false);
  now += NONCE_LIFE_MS + 1;
  expect(nonces.use(nonces.issue())).toBe(true);
});
