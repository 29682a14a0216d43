import type { OrderView } from '../../../core/views.ts';
import { waitUntil } from '../waitUntil.ts';
import { cancelling, placing, submit } from './executor.ts';
import { alice, balancesOf, everybody, expectEqual, type World } from './world.ts';

const LAST_ORDER = { person: alice, side: 'buy', size: '0.1', base: 'WETH', price: '2900' } as const;

/** The keeper is killed right after it answered, and comes back with every balance and every order. */
export async function crash(world: World, tell: (fact: string) => void): Promise<void> {
  const { devnet, keeper } = world;
  const before = await everythingIn(world);
  const leaderBefore = (await keeper.identity()).leader.address;

  const { sequence, items } = await submit(world, [placing(world, LAST_ORDER)]);
  const [placed] = items;
  if (placed === undefined || !('orderId' in placed) || !placed.resting)
    throw new Error('The last order does not rest.');
  await devnet.killKeeper();
  const answered = await keeper.health().then(
    () => true,
    () => false,
  );
  expectEqual('Whether a killed keeper answers', answered, false);
  tell(`killed with SIGKILL right after it had answered for entry ${sequence} of its journal`);

  await devnet.startKeeper();
  const { sequence: recovered } = await waitUntil('the keeper to have read its journal', async () => {
    const health = await keeper.health();
    return health.role === 'leader' && health.sequence >= sequence ? health : undefined;
  });
  const { address: leader } = (await keeper.identity()).leader;
  expectEqual('The leader key', leader, leaderBefore);
  const orders = await keeper.allOrders({ address: alice.address });
  const survivor = orders.find(({ orderId }) => orderId === String(placed.orderId));
  expectEqual('The order that was answered last', survivor?.remaining, placed.remaining);
  tell(`back at entry ${recovered} with the same leader key; the order that was answered last is in the book`);

  await submit(world, [cancelling(world, { ...LAST_ORDER, orderId: placed.orderId })]);
  expectEqual('Everything after the restart', await everythingIn(world), before);
  tell(
    `with that order cancelled, all ${before.balances.size} balances and ${before.orders.length} orders are as before`,
  );
}

async function everythingIn(world: World) {
  const orders: OrderView[] = [];
  for (const { address } of everybody) orders.push(...(await world.keeper.allOrders({ address })));
  return { balances: await balancesOf(world), orders };
}
