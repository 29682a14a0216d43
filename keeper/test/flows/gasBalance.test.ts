import { expect, it } from 'vitest';
import { createGasBalance } from '../../src/flows/gasBalance.ts';
import { createFakeClock } from '../support/fakeClock.ts';

/** An RPC that answers when the test says so. */
function openPoster() {
  const questions: PromiseWithResolvers<bigint>[] = [];
  const clock = createFakeClock();
  const gasBalance = () => {
    const question = Promise.withResolvers<bigint>();
    questions.push(question);
    return question.promise;
  };
  return { questions, clock, read: createGasBalance({ poster: { gasBalance }, clock }) };
}

it('asks once in 15 seconds, however many people want to know', async () => {
  const { questions, clock, read } = openPoster();
  const many = Array.from({ length: 100 }, () => read());
  expect(questions).toHaveLength(1);
  questions[0]?.resolve(7n);
  expect(new Set(await Promise.all(many))).toEqual(new Set([7n]));
  clock.skip(14_999);
  expect(await read()).toBe(7n);
  expect(questions).toHaveLength(1);
  clock.skip(1);
  const next = read();
  questions[1]?.resolve(8n);
  expect(await next).toBe(8n);
  expect(questions).toHaveLength(2);
});

it('does not know when it gets an error, until it asks again', async () => {
  const { questions, clock, read } = openPoster();
  const first = read();
  questions[0]?.reject(new Error('no answer'));
  expect(await first).toBeUndefined();
  expect(await read()).toBeUndefined();
  clock.skip(15_000);
  const second = read();
  questions[1]?.resolve(5n);
  expect(await second).toBe(5n);
});

it('waits for a slow answer once, takes it when it comes, and not after a newer one', async () => {
  const { questions, clock, read } = openPoster();
  const first = read();
  await clock.advance(2_000);
  expect(await first).toBeUndefined();
  expect(await read()).toBeUndefined();
  questions[0]?.resolve(5n);
  await clock.advance(0);
  expect(await read()).toBe(5n);

  await clock.advance(15_000);
  const second = read();
  await clock.advance(2_000);
  expect(await second).toBeUndefined();
  await clock.advance(15_000);
  const third = read();
  questions[2]?.resolve(9n);
  expect(await third).toBe(9n);
  questions[1]?.resolve(1n);
  await clock.advance(0);
  expect(await read()).toBe(9n);
});
