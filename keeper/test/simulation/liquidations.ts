// What a liquidation must not do, whatever the world is like: looked at after each command, from what accounts had before.
import type { AccountId } from '../../src/core/commands.ts';
import type { CoreEvent, MarginEvent } from '../../src/core/events.ts';
import { findAccount } from '../../src/core/ledger.ts';
import { balancesOf } from '../../src/core/margin/accountHealth.ts';
import { withdrawalStop } from '../../src/core/margin/bankruptcy.ts';
import { healthOf } from '../../src/core/margin/health.ts';
import { lastTerms } from '../../src/core/margin/marginState.ts';
import type { State } from '../../src/core/state.ts';
import type { Applied } from '../../src/flows/sequencer.ts';
import { demand } from './checks.ts';

/** What happens to whoever is liquidated. */
export const LIQUIDATION_EVENTS: ReadonlySet<CoreEvent['type']> = new Set<MarginEvent['type']>([
  'liquidationBegan',
  'liquidationDelayed',
  'liquidationTraded',
  'settlementMarked',
  'bankruptcyChanged',
  'insuranceChanged',
  'lossShared',
  'liquidationEnded',
]);

export interface LiquidationWatch {
  apply(applied: Applied): void;
}

export function createLiquidationWatch(state: State): LiquidationWatch {
  const { exchange } = state;
  const { ledger, margin } = exchange;
  let before = take();

  function take() {
    const balances = new Map(ledger.marginAccounts.map((account) => [account, balancesOf(exchange, account)]));
    return { balances, liquidated: new Set(margin.liquidations.keys()) };
  }

  const indexOf = ({ address, subaccount }: AccountId) => findAccount(ledger, address, subaccount);
  /** Without orders, at the prices that are believed now. */
  const maintOf = (balances: readonly bigint[]) => healthOf(lastTerms(margin, 'maint', balances.length), balances, []);

  /** Only who was below 0, or was liquidated already, is touched. */
  function checkTouched(touched: ReadonlySet<number>): void {
    for (const account of touched) {
      const health = maintOf(before.balances.get(account) ?? []);
      const isBelow = health !== undefined && health < 0n;
      demand(before.liquidated.has(account) || isBelow, `account ${account} is liquidated with a health of ${health}`);
    }
  }

  /** Nobody else's order trades, and whoever is liquidated is healthier for it but for the fees. */
  function checkTrades(events: readonly CoreEvent[], touched: ReadonlySet<number>): void {
    const fees = new Map<number, bigint>();
    for (const event of events) {
      if (event.type !== 'fill') continue;
      const taker = indexOf(event.taker);
      demand(touched.has(taker), `account ${taker} takes in a command that is no batch, and is not liquidated`);
      // Quote assets are dollars: a unit is worth one value unit. Two more for what is rounded in a fill.
      fees.set(taker, (fees.get(taker) ?? 0n) + BigInt(event.takerFee) + 2n);
    }
    const lost = events.flatMap((event) => (event.type === 'lossShared' ? event.losses : []));
    const hasLost = new Set(lost.map(({ account }) => indexOf(account)));
    const isWoundUp = (account: number) =>
      events.some(({ type }) => type === 'insuranceChanged' || type === 'lossShared') &&
      !margin.liquidations.has(account);
    for (const account of touched) {
      if (hasLost.has(account) || isWoundUp(account)) continue;
      const then = maintOf(before.balances.get(account) ?? []);
      const now = maintOf(balancesOf(exchange, account));
      if (then === undefined || now === undefined) continue;
      const allowed = (fees.get(account) ?? 0n) + 2n;
      demand(now >= then - allowed, `the liquidation of account ${account} takes its health from ${then} to ${now}`);
    }
  }

  return {
    apply({ command, outcome }) {
      const { events } = outcome;
      const own = events.filter((event): event is MarginEvent => LIQUIDATION_EVENTS.has(event.type));
      demand(command.type !== 'batch' || own.length === 0, 'a batch liquidates');
      const asks = events.some((event) => event.type === 'withdrawalChanged' && event.status === 'queued');
      demand(!asks || withdrawalStop(exchange) === undefined, 'somebody withdraws while withdrawals are stopped');
      // Other commands change balances before anybody is looked at.
      if (command.type === 'prices' || command.type === 'tick') {
        const touched = new Set(own.map(({ account }) => indexOf(account)));
        checkTouched(touched);
        checkTrades(events, touched);
      }
      before = take();
    },
  };
}
