// A short story on a fresh devnet. Each step checks what it claims, in the keeper and on chain, and stops the run if
// anything is not as it should be.
import type { Progress } from './progress.ts';
import type { Devnet } from './startDevnet.ts';
import { checkpoint } from './story/checkpoint.ts';
import { crash } from './story/crash.ts';
import { deposits } from './story/deposits.ts';
import { report } from './story/report.ts';
import { trades } from './story/trades.ts';
import { withdrawal } from './story/withdrawal.ts';
import { enterWorld } from './story/world.ts';

export async function tellStory({
  devnet,
  progress,
}: {
  readonly devnet: Devnet;
  readonly progress: Progress;
}): Promise<void> {
  const world = await enterWorld(devnet);
  await progress.step('deposit', 'Three users deposit on two chains', (tell) => deposits(world, tell));
  const sequence = await progress.step('trade', 'The executor trades for them in two books', (tell) =>
    trades(world, tell),
  );
  await progress.step('checkpoint', 'A checkpoint lands on the home chain', (tell) =>
    checkpoint(world, { sequence, tell }),
  );
  await progress.step('crash', 'The keeper is killed and comes back', (tell) => crash(world, tell));
  const tables = await progress.step('withdraw', 'A user withdraws on the other chain', async (tell) => {
    await withdrawal(world, tell);
    return report(world);
  });
  progress.say(`\n${tables}\n`);
}
