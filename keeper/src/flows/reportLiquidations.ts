// Tells the operator's log that accounts are liquidated, and what needs somebody: a rest that our own books do not close, a
// bankrupt account while which nobody withdraws, a loss, a debt without a price. The log is read by who runs the machine: it
// names no accounts and no amounts.
import type { CoreEvent } from '../core/events.ts';
import type { Logger } from '../core/ports.ts';
import type { Sequencer } from './sequencer.ts';

/** From now on, until the answer is called. */
export function reportLiquidations({
  sequencer,
  logger,
}: {
  readonly sequencer: Pick<Sequencer, 'subscribe'>;
  readonly logger: Logger;
}): () => void {
  return sequencer.subscribe(({ command, outcome }) => {
    // No batch liquidates anybody.
    if (command.type === 'batch') return;
    for (const event of outcome.events) report(logger, event);
  });
}

function report(logger: Logger, event: CoreEvent): void {
  switch (event.type) {
    case 'liquidationBegan':
      return logger.warn({}, 'a margin account is liquidated');
    case 'liquidationDelayed':
      return logger.error({}, 'as many accounts are liquidated as may be at once: another one waits');
    case 'liquidationEnded':
      return logger.info({}, 'a liquidation is over');
    case 'settlementMarked':
      return logger.warn({ sell: event.sell, buy: event.buy }, 'our own books do not close a liquidated account');
    case 'bankruptcyChanged':
      if (event.bankrupt) return logger.error({}, 'an account owes more than it owns: withdrawals are stopped');
      return logger.info({}, 'an account owes no longer more than it owns');
    case 'insuranceChanged':
      return logger.warn({ asset: event.asset }, 'the insurance account winds up an account');
    case 'lossShared':
      return logger.error({ asset: event.asset }, 'a debt is lost by all who own something of the asset');
    case 'healthUnknown':
      return logger.error({}, 'a margin account owes something that has no price: nobody can say whether it is safe');
    default:
  }
}
