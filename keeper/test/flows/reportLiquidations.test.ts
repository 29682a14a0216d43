import { describe, expect, it } from 'vitest';
import { BUY } from '../../src/core/commands.ts';
import type { Outcome } from '../../src/core/events.ts';
import { isChange } from '../../src/flows/cutCheckpoint.ts';
import { reportLiquidations } from '../../src/flows/reportLiquidations.ts';
import type { Applied } from '../../src/flows/sequencer.ts';
import { act, apply, deposit, ETH, ETH_USD, MEME, place, type TestExchange, TOKENS, USD } from '../support/exchange.ts';
import { ANN, BOB, DOLLAR, give, marginExchange, setPrice, TICKS } from '../support/marginExchange.ts';

/** Ann owns 2.4 ETH and owes 3 800 USD. */
function leveraged(): TestExchange {
  const exchange = marginExchange();
  give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
  give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2_400_000_000 });
  setPrice(exchange, 1_850);
  return exchange;
}

const appliedOf = (exchange: TestExchange, outcome: Outcome): Applied => {
  const last = exchange.commands.at(-1);
  if (last === undefined) throw new Error('no command');
  return { ...last, outcome };
};

describe('the operator’s log', () => {
  it('says what becomes of liquidated accounts, and neither whose they are nor how much it is', () => {
    const exchange = leveraged();
    const lines: string[] = [];
    let told: (applied: Applied) => void = () => {};
    const line = (level: string) => (fields: object, message: string) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    reportLiquidations({
      sequencer: {
        subscribe(listener) {
          told = listener;
          return () => {};
        },
      },
      logger: { info: line('info'), warn: line('warn'), error: line('error') },
    });
    const tell = (outcome: Outcome) => told(appliedOf(exchange, outcome));
    tell(setPrice(exchange, 1_700));
    tell(setPrice(exchange, 1_550));
    act(exchange, place(BOB, ETH_USD, BUY, 1_500 * TICKS, 2_400));
    tell(setPrice(exchange, 1_510));
    deposit(exchange, TOKENS.memeHome, BOB, 1_000n);
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1 });
    tell(setPrice(exchange, 1_510));
    expect(lines).toEqual([
      'warn a margin account is liquidated {}',
      `warn our own books do not close a liquidated account {"sell":${ETH},"buy":${USD}}`,
      'error an account owes more than it owns: withdrawals are stopped {}',
      `warn our own books do not close a liquidated account {"sell":${ETH},"buy":${USD}}`,
      `error a debt is lost by all who own something of the asset {"asset":${USD}}`,
      'info an account owes no longer more than it owns {}',
      'info a liquidation is over {}',
      'error a margin account owes something that has no price: nobody can say whether it is safe {}',
    ]);
  });
});

describe('a command without content', () => {
  it('is carried by the next checkpoint when liquidations went on in it, and otherwise not', () => {
    const exchange = leveraged();
    setPrice(exchange, 1_770);
    expect(isChange(appliedOf(exchange, apply(exchange, { type: 'tick' })))).toBe(false);
    const { margin } = exchange.state.exchange;
    // As if the prices before had left no time for it.
    const believed = margin.prices[0];
    if (believed === undefined) throw new Error('no price');
    margin.prices[0] = { ...believed, bid: believed.bid - believed.bid / 10n };
    margin.looksLeft = 1;
    expect(isChange(appliedOf(exchange, apply(exchange, { type: 'tick' })))).toBe(true);
  });
});
