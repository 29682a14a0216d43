// Questions and answers that take their time, get lost, or arrive twice.
import type { Clock } from '../../src/core/ports.ts';
import type { Random } from './random.ts';

const TIMEOUT_MS = 5_000;

/** As `Network`, for questions whose answers take their time. */
export type SlowNetwork = <T>(ask: () => T | Promise<T>) => Promise<T>;

/** How the world is at the moment. */
export interface Conditions {
  /** Nothing goes wrong any more. */
  calm: boolean;
  /** Who answers nobody for a while. */
  readonly down: Set<string>;
}

export interface Wire {
  /** What is under way goes on after its sender has died. */
  readonly clock: Clock;
  readonly random: Random;
  readonly conditions: Conditions;
}

/**
 * A way from somebody, whose timers end with his life, to `name` and back. A question that was lost fails after a timeout,
 * and so does one whose answer was lost.
 */
export function createNetwork({ clock, random, conditions }: Wire, sender: Clock, name: string): SlowNetwork {
  return <T>(ask: () => T | Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const isUnlucky = (probability: number) => !conditions.calm && random.chance(probability);
      const delay = () => (isUnlucky(0.02) ? random.between(500, 4_000) : random.between(1, 60));
      const fail = () => void sender.after(TIMEOUT_MS, () => reject(new Error(`${name} does not answer`)));
      const deliver = () => {
        const answer = Promise.resolve().then(ask);
        // Who asks is told even of a failure; who is dead is told nothing.
        answer.then(
          (value) => sender.after(delay(), () => resolve(value)),
          (error) => sender.after(delay(), () => reject(error)),
        );
      };
      if (conditions.down.has(name) || isUnlucky(0.01)) {
        fail();
        return;
      }
      const answerIsLost = isUnlucky(0.01);
      const comesTwice = isUnlucky(0.01);
      clock.after(delay(), () => {
        if (answerIsLost) {
          Promise.resolve()
            .then(ask)
            .catch(() => {});
          fail();
          return;
        }
        deliver();
        if (comesTwice)
          clock.after(
            delay(),
            () =>
              void Promise.resolve()
                .then(ask)
                .catch(() => {}),
          );
      });
    });
}

/** A clock whose timers end with the life of who uses it. */
export interface MortalClock extends Clock {
  kill(): void;
}

export function createMortalClock(clock: Clock): MortalClock {
  let isAlive = true;
  return {
    now: () => clock.now(),
    after: (milliseconds, callback) => clock.after(milliseconds, () => isAlive && callback()),
    kill() {
      isAlive = false;
    },
  };
}
