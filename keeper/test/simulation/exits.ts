// Vaults that enter exit mode now and then, until one of them is closed for good.

import { HOME, SECOND, TOKENS } from '../support/exchange.ts';
import { enterExitMode, type FakeChain, finalizeExit, requestForced } from '../support/fakeChain.ts';
import { fakeSigner } from '../support/fakeKeys.ts';
import { signWithdrawal } from '../support/fakeWorld.ts';
import { count, type Scene } from './actors.ts';
import { demand } from './checks.ts';
import { createRandom } from './random.ts';

const HOUR_MS = 3_600_000;
/** As in flows/windDown.ts: checkpoints are cut for twelve hours, and roots mature for 72. */
const UNTIL_LAST_ROOTS_MS = 13 * HOUR_MS;
const UNTIL_FINAL_MS = 73 * HOUR_MS;
const ASKED_TIMES = 6;

/** Whoever asks for what he has claimed already. */
const THIEF = fakeSigner('ann');

export function isInExitMode({ newest }: FakeChain): boolean {
  return newest.contracts.exit.phase !== 'running';
}

/** A stale vault is cured by the next root that the courier brings; sometimes the governor closes one, which nothing cures. */
export function startExits(scene: Scene, seed: number): void {
  const { clock, conditions } = scene.wire;
  // Of its own, so that the other worlds stay what they were.
  const random = createRandom(seed + 2 ** 31);
  const enter = () => {
    if (conditions.calm) return;
    clock.after(random.between(10_000, 90_000), enter);
    const reason = random.chance(0.9) ? 'stale' : 'governor';
    count(scene, `exit mode: ${reason}`);
    scene.chains.get(random.pick([HOME, SECOND]))?.send(enterExitMode(reason));
  };
  clock.after(random.between(10_000, 60_000), enter);
}

/** The second vault is closed, and its exit becomes final. What was claimed there is asked for once more at the other. */
export async function closeForGood(
  scene: Scene,
  { runFor, skip }: { runFor(milliseconds: number): Promise<void>; skip(milliseconds: number): void },
): Promise<void> {
  const [home, second] = [HOME, SECOND].map((chainId) => scene.chains.get(chainId)) as [FakeChain, FakeChain];
  second.send(enterExitMode('governor'));
  await runFor(60_000);
  skip(UNTIL_LAST_ROOTS_MS);
  await runFor(120_000);
  const last = second.newest.contracts.root.checkpoint;
  skip(UNTIL_FINAL_MS);
  second.send(finalizeExit());
  await runFor(60_000);
  demand(second.newest.contracts.exit.phase === 'final', `the exit is ${second.newest.contracts.exit.phase}`);

  const { token } = TOKENS.usdHome;
  home.send(requestForced({ token, amount: 1n, account: THIEF.address }));
  const wish = { chainId: HOME, token, amount: 1n, nonce: 10n ** 6n, deadline: scene.wire.clock.now() + 60_000 };
  const request = signWithdrawal(THIEF, wish);
  const asked: string[] = [];
  for (let tries = 0; tries < ASKED_TIMES; tries++) {
    // A candidate that is reached instead fails.
    scene
      .call((api) => api.requestWithdrawal(request))
      .then(({ value }) => asked.push(value.ok ? 'accepted' : value.refusal.code))
      .catch(() => {});
    await runFor(5_000);
  }
  const isRefused = asked.length > 0 && asked.every((code) => code === 'exchange.windingDown');
  demand(isRefused, `a withdrawal after the end: ${asked.join()}`);
  await runFor(60_000);
  demand(home.newest.contracts.forced.at(-1)?.open === 1n, 'a forced withdrawal was answered after the end');
  for (const { chainId, newest } of [home, second]) {
    const { root } = newest.contracts;
    demand(root.checkpoint === last, `chain ${chainId} goes by the roots of ${root.checkpoint}, not of ${last}`);
  }
}
