import { describe, expect, it } from 'vitest';
import type { CoreEvent } from '../../../src/core/events.ts';
import { type Asset, addWad, setCreditTier, takeChanged } from '../../../src/core/ledger.ts';
import { absorb } from '../../../src/core/margin/bankruptcy.ts';
import { carryLosses, lossUp, shareLoss } from '../../../src/core/margin/sharedLoss.ts';
import {
  addressOf,
  deposit,
  FEES,
  INSURANCE,
  openExchange,
  type TestExchange,
  TOKENS,
} from '../../support/exchange.ts';

/** Index of the dollar. */
const DOLLARS = 1;
const OWNED = 100;

/** So many owners of a hundred dollar units, of which every checkpoint so far tells. */
function ownersOf(count: number): TestExchange {
  const exchange = openExchange();
  const { ledger } = exchange.state.exchange;
  for (const first of [FEES, INSURANCE]) deposit(exchange, TOKENS.usdHome, first, BigInt(OWNED));
  for (let owner = 0; ledger.accountCount < count; owner++) {
    deposit(exchange, TOKENS.usdHome, addressOf(`owner ${owner}`), BigInt(OWNED));
  }
  takeChanged(ledger);
  return exchange;
}

describe('a loss', () => {
  it.each([
    { units: 10n, loss: { units: 0n, owned: 30n }, lost: 0n },
    { units: 10n, loss: { units: 3n, owned: 30n }, lost: 1n },
    { units: 11n, loss: { units: 3n, owned: 30n }, lost: 2n },
    { units: 0n, loss: { units: 3n, owned: 30n }, lost: 0n },
    { units: 10n, loss: { units: 29n, owned: 30n }, lost: 10n },
    { units: 10n, loss: { units: 30n, owned: 30n }, lost: 10n },
  ])(
    'of $loss.units of $loss.owned takes $lost of $units: pro rata, rounded up, never more',
    ({ units, loss, lost }) => {
      expect(lossUp(units, loss)).toBe(lost);
    },
  );

  // Columns of the ledger hold 64 accounts at first, and twice as many each time they grow.
  it.each([2, 63, 64, 65, 128])('is shared by all of %i owners, the first and the last alike', (count) => {
    const { state } = ownersOf(count);
    const { shared, wad } = shareLoss(state, { index: DOLLARS, units: BigInt(5 * count), debtor: 0 });
    const asset = state.exchange.ledger.assets[DOLLARS];
    expect(shared.losses).toHaveLength(count);
    expect(asset?.units.subarray(0, count).every((units) => units === OWNED - 5)).toBe(true);
    expect(wad).toBe(BigInt(5 * count) * (asset?.unitWad ?? 0n));
  });

  it('is carried by the next checkpoints of everybody: who is left out has it again after a recovery', () => {
    const { state } = ownersOf(7);
    shareLoss(state, { index: DOLLARS, units: 5n, debtor: 3 });
    expect(takeChanged(state.exchange.ledger)).toEqual([]);
    carryLosses(state);
    expect(takeChanged(state.exchange.ledger)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(state.losses).toEqual([]);
  });

  it('that comes while another is carried lets all be carried once more, from the first on', () => {
    const { state } = ownersOf(7);
    shareLoss(state, { index: DOLLARS, units: 5n, debtor: 3 });
    state.lossesCarried = 4;
    shareLoss(state, { index: DOLLARS, units: 5n, debtor: 3 });
    carryLosses(state);
    expect(takeChanged(state.exchange.ledger)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('of one unit costs nobody anything while the insurance account has one', () => {
    const { state } = ownersOf(5);
    const { ledger } = state.exchange;
    const asset = ledger.assets[DOLLARS] as Asset;
    const debtor = 4;
    setCreditTier(ledger, debtor, 1);
    addWad(ledger, asset, debtor, BigInt(-OWNED - 1) * asset.unitWad);
    const events: CoreEvent[] = [];
    expect(absorb(state, debtor, events)).toBe(true);
    expect(events).toMatchObject([{ type: 'insuranceChanged', units: -1 }]);
    // Fees, insurance, two owners, and who owed.
    expect([...asset.units.subarray(0, 5)]).toEqual([OWNED, OWNED - 1, OWNED, OWNED, 0]);
  });
});
