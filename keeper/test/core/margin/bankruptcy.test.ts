import { describe, expect, it } from 'vitest';
import { type Address, BUY, SELL, type WithdrawalRequestCommand } from '../../../src/core/commands.ts';
import type { CoreEvent, Outcome } from '../../../src/core/events.ts';
import { validateInternalState } from '../../../src/core/invariants.ts';
import { withdrawalStop } from '../../../src/core/margin/bankruptcy.ts';
import { createPackingStore } from '../../../src/core/packingStore.ts';
import { addPart, assembledState, beginAssembly, encodePart, missingOf } from '../../../src/core/rollingSnapshot.ts';
import {
  decodeEngine,
  decodeState,
  encodeEngine,
  engineHash,
  engineRestOf,
  indexState,
} from '../../../src/core/snapshot.ts';
import { LOSSES_LIMIT } from '../../../src/core/state.ts';
import { patchOfCut, patchSinceCut } from '../../../src/core/stateImage.ts';
import {
  act,
  addressOf,
  apply,
  balanceOf,
  deposit,
  ETH,
  ETH_USD,
  FEES,
  GENESIS,
  grantCredit,
  INSURANCE,
  MEME,
  place,
  registryLog,
  type TestExchange,
  TOKENS,
  USD,
} from '../../support/exchange.ts';
import {
  ANN,
  BOB,
  DOLLAR,
  give,
  marginExchange,
  price,
  setPrice,
  setPrices,
  TICKS,
  weigh,
} from '../../support/marginExchange.ts';

const ETHER = 1_000_000_000;
const CAT = addressOf('cat');
const namesOf = (events: readonly CoreEvent[]) =>
  events.map(({ type }) => type).filter((type) => type !== 'priceChanged');
const usdOf = (exchange: TestExchange, owner: Address) => balanceOf(exchange, owner, USD).units;
const isLiquidated = ({ state }: TestExchange) => state.exchange.margin.liquidations.size > 0;

/** Ann owns 2.4 ETH and owes 3 800 USD, which at 1 550 for an ETH is more than they are worth. */
function bankrupt(): TestExchange {
  const exchange = marginExchange();
  give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
  give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
  for (const dollars of [1_850, 1_700, 1_550]) setPrice(exchange, dollars);
  return exchange;
}

/** All that Ann owns is bought at 1 500 USD for an ETH; 201.8 USD are missing. */
function sellOut(exchange: TestExchange): readonly CoreEvent[] {
  act(exchange, place(BOB, ETH_USD, BUY, 1_500 * TICKS, 2_400));
  const { events } = setPrice(exchange, 1_510);
  validateInternalState(exchange.state);
  return events;
}
const MISSING = 201_800_000;

/** In minutes. */
const DAY = 24 * 60;

/** So many minutes, with prices in each of them. */
function wait(exchange: TestExchange, minutes: number, see: () => Outcome): readonly CoreEvent[] {
  const events: CoreEvent[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    exchange.time += 50_000;
    events.push(...see().events);
  }
  return events;
}

let nonce = 0n;
function withdraw(
  exchange: TestExchange,
  account: Address,
  asked: Partial<Pick<WithdrawalRequestCommand, 'chainId' | 'token' | 'amount'>> = {},
) {
  const { result } = apply(exchange, {
    type: 'requestWithdrawal',
    account,
    subaccount: 0,
    chainId: TOKENS.usdHome.chainId,
    token: TOKENS.usdHome.token,
    amount: 1n,
    ...asked,
    recipient: account,
    nonce: nonce++,
    deadline: exchange.time + 60_000,
  });
  return result;
}

describe('an account that owes more than it owns', () => {
  it('is sold out, and what is missing then is paid by the insurance account', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, INSURANCE, 1_000n * DOLLAR);
    const before = usdOf(exchange, BOB);
    const events = sellOut(exchange);
    expect(namesOf(events)).toEqual([
      'fill',
      'liquidationTraded',
      'insuranceChanged',
      'bankruptcyChanged',
      'liquidationEnded',
    ]);
    expect(events).toContainEqual(expect.objectContaining({ type: 'insuranceChanged', asset: USD, units: -MISSING }));
    expect(usdOf(exchange, INSURANCE)).toBe(1_000_000_000 - MISSING);
    expect(usdOf(exchange, ANN)).toBe(0);
    // Bob has paid for what he bought, with the maker's fee, and nothing else.
    expect(usdOf(exchange, BOB)).toBe(before - 3_600_000_000 - 720_000);
  });

  it('is paid for by all who own something of the asset, each pro rata, when the insurance account has too little', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, INSURANCE, 100n * DOLLAR);
    deposit(exchange, TOKENS.usdHome, CAT, 50_000n * DOLLAR + 1n);
    const events = sellOut(exchange);
    const shared = events.find((event) => event.type === 'lossShared');
    const lost = MISSING - 100_000_000;
    expect(shared).toMatchObject({ asset: USD, units: lost, account: { address: ANN } });
    const losses = new Map(shared?.losses.map(({ account, units }) => [account.address, units]));
    expect([...losses.keys()].sort()).toEqual([BOB, CAT, FEES].sort());
    for (const [owner, units] of losses) {
      const owned = BigInt(usdOf(exchange, owner) + units);
      const exact = owned * BigInt(lost);
      const total = shared?.owned ?? 0n;
      expect(BigInt(units)).toBe(exact / total + (exact % total === 0n ? 0n : 1n));
    }
    // What was rounded up is the insurance account's.
    const taken = [...losses.values()].reduce((sum, units) => sum + units, 0);
    expect(usdOf(exchange, INSURANCE)).toBe(taken - lost);
    expect(taken - lost).toBeLessThan(losses.size);
    expect(usdOf(exchange, ANN)).toBe(0);
    expect(isLiquidated(exchange)).toBe(false);
  });

  it('keeps nothing that is worth less than a trade: the insurance account gets it, and pays', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, INSURANCE, 1_000n * DOLLAR);
    // Half a lot of ETH, of what no lot can be sold.
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 500_000 });
    const events = sellOut(exchange);
    expect(events).toContainEqual(expect.objectContaining({ type: 'insuranceChanged', asset: ETH, units: 500_000 }));
    expect(balanceOf(exchange, INSURANCE, ETH).units).toBe(500_000);
    for (const asset of [ETH, USD]) expect(balanceOf(exchange, ANN, asset)).toMatchObject({ units: 0, dust: 0n });
  });

  it('stops withdrawals, forced ones as well, from when it is seen until it is over', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, CAT, 1_000n * DOLLAR);
    const refusal = { code: 'withdrawal.stopped', details: { reason: 'bankruptAccount' } };
    expect(withdraw(exchange, CAT)).toEqual(refusal);
    registryLog(exchange, TOKENS.usdHome.chainId, [
      { type: 'forcedRequested', id: 1n, account: CAT, token: CAT, amount: 1n, recipient: CAT },
    ]);
    const { chainId, token } = TOKENS.usdHome;
    const facts = { open: DOLLAR, capacity: 2n ** 100n, isKeyHolder: true, transferFails: false };
    const force = () => apply(exchange, { type: 'answerForced', chainId, id: 1, account: CAT, token, ...facts }).result;
    expect(force()).toEqual(refusal);
    // So it is after a restart, from the disk as from a checkpoint, before any price is known.
    expect(withdrawalStop(decodeEngine(encodeEngine(exchange.state), GENESIS).exchange)).toBe('bankruptAccount');
    expect(withdrawalStop(decodeState(indexState(exchange.state).bytes, GENESIS).exchange)).toBe('bankruptAccount');
    sellOut(exchange);
    expect(withdraw(exchange, CAT)).toEqual({ code: 'ok' });
    expect(force()).toEqual({ code: 'ok' });
  });

  it('cannot stop them for ever with something that nobody buys, nor do others lose more than what is missing', () => {
    const exchange = bankrupt();
    const bob = usdOf(exchange, BOB);
    wait(exchange, DAY - 1, () => setPrice(exchange, 1_550));
    expect(withdrawalStop(exchange.state.exchange)).toBe('bankruptAccount');
    expect(namesOf(wait(exchange, 2, () => setPrice(exchange, 1_550)))).toEqual([]);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
    // After a restart as well.
    expect(withdrawalStop(decodeState(indexState(exchange.state).bytes, GENESIS).exchange)).toBeUndefined();
    expect(isLiquidated(exchange)).toBe(true);
    expect(balanceOf(exchange, ANN, ETH).units).toBe(2.4 * ETHER);
    expect(usdOf(exchange, BOB)).toBe(bob - 1);
    const shared = sellOut(exchange).find((event) => event.type === 'lossShared');
    expect(shared?.units).toBe(MISSING);
  });

  it('may stop them for a day in all, however often it becomes bankrupt anew, until they were not for as long', () => {
    const exchange = bankrupt();
    const stop = () => withdrawalStop(exchange.state.exchange);
    wait(exchange, DAY - 60, () => setPrice(exchange, 1_550));
    setPrice(exchange, 1_600);
    expect(stop()).toBeUndefined();
    setPrice(exchange, 1_550);
    expect(stop()).toBe('bankruptAccount');
    wait(exchange, 61, () => setPrice(exchange, 1_550));
    expect(stop()).toBeUndefined();
    wait(exchange, 120, () => setPrice(exchange, 1_600));
    wait(exchange, 119, () => setPrice(exchange, 1_550));
    expect(stop()).toBe('bankruptAccount');
    wait(exchange, 4, () => setPrice(exchange, 1_550));
    expect(stop()).toBeUndefined();
  });

  it('keeps what has no price for a day, in which it may get one; then the insurance account has it', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.memeHome, ANN, 7n);
    expect(namesOf(sellOut(exchange))).not.toContain('lossShared');
    const events = wait(exchange, DAY - 1, () => setPrice(exchange, 1_510));
    expect(namesOf(events)).not.toContain('lossShared');
    expect(withdrawalStop(exchange.state.exchange)).toBe('bankruptAccount');
    const late = wait(exchange, 2, () => setPrice(exchange, 1_510));
    expect(late).toContainEqual(expect.objectContaining({ type: 'insuranceChanged', asset: MEME, units: 70 }));
    expect(namesOf(late)).toContain('lossShared');
    expect(isLiquidated(exchange)).toBe(false);
    validateInternalState(exchange.state);
  });

  it('costs others nothing when what it owns gets a price in that day that is enough', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.memeHome, ANN, 10_000_000_00n);
    sellOut(exchange);
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    const { events } = setPrices(exchange, { [ETH]: price(1_510, 9), [USD]: price(1, 6), [MEME]: price(1, 3) });
    expect(namesOf(events)).toContain('liquidationEnded');
    expect(namesOf(events)).not.toContain('lossShared');
    expect(usdOf(exchange, ANN)).toBe(-MISSING);
    expect(withdrawalStop(exchange.state.exchange)).toBeUndefined();
  });

  it('is not kept open by a gift that nobody buys, of ten dollars or up to a hundredth of the debt', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [0, 2_000_000], maint: [0, 2_000_000] });
    const see = () => setPrices(exchange, { [ETH]: price(2_000, 9), [USD]: price(1, 6), [MEME]: price(1, 3) });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 5_000 * Number(DOLLAR) });
    deposit(exchange, TOKENS.memeHome, ANN, 3_900n);
    expect(balanceOf(exchange, ANN, MEME).units).toBe(39_000);
    expect(namesOf(wait(exchange, DAY, see))).not.toContain('lossShared');
    expect(namesOf(wait(exchange, 2, see))).toContain('lossShared');
  });

  it('cannot stop them for ever with a debt that has no price any more', () => {
    const exchange = bankrupt();
    const onlyEth = () => {
      exchange.time += 60_000;
      return namesOf(setPrices(exchange, { [ETH]: price(1_550, 9) }).events);
    };
    for (let minute = 0; minute < 11; minute++) onlyEth();
    expect(onlyEth()).toEqual(['healthUnknown']);
    expect(withdrawalStop(exchange.state.exchange)).toBe('bankruptAccount');
    give(exchange, { from: ANN, to: BOB, asset: ETH, units: 2.4 * ETHER });
    expect(onlyEth()).toEqual(['healthUnknown', 'lossShared', 'bankruptcyChanged', 'liquidationEnded']);
    expect(usdOf(exchange, ANN)).toBe(0);
  });

  it('stops them no longer when its assets are worth enough again', () => {
    const exchange = bankrupt();
    expect(namesOf(setPrice(exchange, 1_600).events)).toEqual(['bankruptcyChanged', 'settlementMarked']);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
    expect(isLiquidated(exchange)).toBe(true);
  });

  it('may be the insurance account itself, which cannot pay for itself', () => {
    const exchange = marginExchange();
    grantCredit(exchange, INSURANCE);
    give(exchange, { from: INSURANCE, to: BOB, asset: USD, units: 50 * Number(DOLLAR) });
    const { events } = setPrice(exchange, 2_000);
    expect(namesOf(events)).toEqual([
      'liquidationBegan',
      'bankruptcyChanged',
      'lossShared',
      'bankruptcyChanged',
      'liquidationEnded',
    ]);
    expect(usdOf(exchange, INSURANCE)).toBeLessThan(3);
    validateInternalState(exchange.state);
  });

  it('takes nothing from the insurance account that its own orders have put aside', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, INSURANCE, 1_000n * DOLLAR);
    act(exchange, place(INSURANCE, ETH_USD, BUY, 1 * TICKS, 900_000));
    const free = 1_000_000_000 - balanceOf(exchange, INSURANCE, USD).reserved;
    expect(free).toBeLessThan(MISSING);
    expect(sellOut(exchange)).toContainEqual(expect.objectContaining({ type: 'insuranceChanged', units: -free }));
  });

  it('costs others only those orders that they cannot pay any more, the newest first', () => {
    const exchange = bankrupt();
    deposit(exchange, TOKENS.usdHome, CAT, 50_000n * DOLLAR);
    for (const clientId of [1, 2, 3]) {
      expect(act(exchange, place(CAT, ETH_USD, BUY, 10 * TICKS, 1_600_000, { clientId })).code).toBe('ok');
    }
    deposit(exchange, TOKENS.ethHome, CAT, 10n ** 18n);
    act(exchange, place(CAT, ETH_USD, SELL, 3_000 * TICKS, 1_000, { clientId: 4 }));
    // 48 024 USD are put aside for three orders; what is free does not cover the loss.
    give(exchange, { from: CAT, to: BOB, asset: USD, units: 1_976_000_000 - 1 });
    const cancelled = sellOut(exchange).filter(
      (event) => event.type === 'orderCancelled' && event.account.address === CAT,
    );
    expect(cancelled).toMatchObject([{ reason: 'lossShared', side: BUY }]);
    const { reserved, units } = balanceOf(exchange, CAT, USD);
    expect(reserved).toBe(32_016_000_000);
    expect(units).toBeGreaterThan(reserved);
  });
});

describe('a debt of all that there is', () => {
  it('takes the dust of its owners as well, because a debt is rounded up and what is owned is rounded down', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    const see = () => setPrices(exchange, { [USD]: price(1, 6), [ETH]: price(2_000, 9), [MEME]: price(1, 3) }).events;
    see();
    // Half a unit comes to Ann, and when Bob has bought all that she could lend, half a unit of his leaves.
    const { chainId, token } = TOKENS.memeSecond;
    deposit(exchange, TOKENS.memeSecond, ANN, 500_000n);
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 500_000 });
    expect(withdraw(exchange, BOB, { chainId, token, amount: 500_000n })).toEqual({ code: 'ok' });
    expect(balanceOf(exchange, ANN, MEME)).toMatchObject({ units: -500_000, dust: 5n * 10n ** 14n });
    expect(balanceOf(exchange, BOB, MEME)).toMatchObject({ units: 499_999, dust: 5n * 10n ** 14n });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 1_000 * Number(DOLLAR) });
    const store = createPackingStore();
    apply(exchange, { type: 'cutCheckpoint' });
    store.begin(indexState(exchange.state));
    expect(namesOf(see())).toContain('lossShared');
    // Exactly nothing is left of it, as the vault has exactly nothing to pay.
    for (const owner of [ANN, BOB]) expect(balanceOf(exchange, owner, MEME)).toMatchObject({ units: 0, dust: 0n });
    validateInternalState(exchange.state);
    const engine = store.packEngine({ patch: patchSinceCut(exchange.state), rest: engineRestOf(exchange.state) });
    expect(Buffer.compare(engine, encodeEngine(exchange.state))).toBe(0);
    expect(engineHash(decodeEngine(engine, GENESIS))).toBe(engineHash(exchange.state));
  });

  it('may be one of dust only, and is paid in dust', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    deposit(exchange, TOKENS.memeSecond, BOB, 500_000n);
    deposit(exchange, TOKENS.memeSecond, ANN, 500_000n);
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1 });
    const { chainId, token } = TOKENS.memeSecond;
    expect(withdraw(exchange, BOB, { chainId, token, amount: 1_000_000n })).toEqual({ code: 'ok' });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 1_000 * Number(DOLLAR) });
    const { events } = setPrices(exchange, { [USD]: price(1, 6), [ETH]: price(2_000, 9), [MEME]: price(1, 3) });
    expect(events).toContainEqual(expect.objectContaining({ type: 'lossShared', units: 1, owned: 0n, losses: [] }));
    for (const owner of [ANN, BOB]) expect(balanceOf(exchange, owner, MEME)).toMatchObject({ units: 0, dust: 0n });
    validateInternalState(exchange.state);
    expect(engineHash(decodeEngine(encodeEngine(exchange.state), GENESIS))).toBe(engineHash(exchange.state));
  });
});

describe('as many losses as checkpoints can tell of', () => {
  it('let the next one wait, and withdrawals with it', () => {
    const exchange = bankrupt();
    const { state } = exchange;
    const loss = { checkpoint: state.cutNumber + 1, asset: 1, units: 1n, owned: 1_000_000n };
    state.losses = Array.from({ length: LOSSES_LIMIT }, () => loss);
    expect(namesOf(sellOut(exchange))).not.toContain('lossShared');
    expect(withdrawalStop(state.exchange)).toBe('bankruptAccount');
    apply(exchange, { type: 'cutCheckpoint' });
    expect(namesOf(setPrice(exchange, 1_510).events)).toContain('lossShared');
    expect(withdrawalStop(state.exchange)).toBeUndefined();
  });
});

describe('a loss that more accounts share than a checkpoint can carry', () => {
  const OWNERS = 3_000;
  const SLICES = 8;

  it.each([
    { of: 'funded accounts', isMargin: false },
    { of: 'margin accounts', isMargin: true },
  ])(
    'is in every state that is put together from checkpoints, and forgotten when all were carried: $of',
    ({ isMargin }) => {
      const exchange = bankrupt();
      const parts: Uint8Array[] = [];
      const store = createPackingStore();
      store.begin(indexState(exchange.state));
      const cut = () => {
        const { result } = apply(exchange, { type: 'cutCheckpoint' });
        expect(result.code).toBe('ok');
        const { state } = exchange;
        const indexed = indexState(state);
        const number = state.cutNumber;
        parts.unshift(encodePart(indexed, { number, slices: SLICES, changes: state.lastChanges }));
        const packed = store.packCut({ patch: patchOfCut(state), number, slices: SLICES });
        expect(Buffer.compare(packed.state, indexed.bytes)).toBe(0);
        expect(Buffer.compare(packed.plaintext, parts[0] as Uint8Array)).toBe(0);
        const assembly = beginAssembly(parts[0] as Uint8Array);
        for (const part of parts.slice(1)) if (missingOf(assembly) > 0) addPart(assembly, part);
        expect(missingOf(assembly)).toBe(0);
        expect(Buffer.compare(assembledState(assembly), indexed.bytes)).toBe(0);
        // As the contract does, or too many would be on their way.
        state.finalNumber = state.cutNumber;
      };
      cut();
      for (let owner = 0; owner < OWNERS; owner++) {
        deposit(exchange, TOKENS.usdHome, addressOf(`owner ${owner}`), BigInt(1 + owner));
        if (isMargin) grantCredit(exchange, addressOf(`owner ${owner}`));
        if (owner % 500 === 499) cut();
      }
      cut();
      sellOut(exchange);
      expect(exchange.state.losses).toHaveLength(1);
      const rest = engineRestOf(exchange.state);
      const engine = store.packEngine({ patch: patchSinceCut(exchange.state), rest });
      expect(Buffer.compare(engine, encodeEngine(exchange.state))).toBe(0);
      // Most of them are not even marked.
      expect(exchange.state.exchange.ledger.changedAccounts.length).toBeLessThan(10);
      let cuts = 0;
      for (; exchange.state.losses.length > 0; cuts++) {
        cut();
        // Some go on trading and depositing in between, and there is another loss.
        deposit(exchange, TOKENS.usdHome, addressOf(`owner ${cuts * 700}`), 1_000n);
        if (cuts === 1) {
          give(exchange, { from: ANN, to: BOB, asset: USD, units: 5_000_000 });
          expect(namesOf(setPrice(exchange, 1_500).events)).toContain('lossShared');
          expect(exchange.state.losses).toHaveLength(2);
        }
      }
      expect(cuts).toBeGreaterThan(3);
      cut();
      validateInternalState(exchange.state);
      const restarted = decodeEngine(encodeEngine(exchange.state), GENESIS);
      expect(engineHash(restarted)).toBe(engineHash(exchange.state));
    },
  );
});

describe('a price that is more than three times off', () => {
  it('lets who depends on it wait and stops withdrawals', () => {
    const exchange = marginExchange();
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
    setPrice(exchange, 1_850);
    expect(setPrice(exchange, 600).events).toContainEqual(expect.objectContaining({ halted: true }));
    expect(withdraw(exchange, BOB)).toEqual({ code: 'withdrawal.stopped', details: { reason: 'priceHalted' } });
    // New weights would liquidate her now.
    expect(namesOf(weigh(exchange, ETH, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] }).events)).toEqual([
      'directoryChanged',
    ]);
    expect(isLiquidated(exchange)).toBe(false);
    // A price like the last one ends it.
    expect(namesOf(setPrice(exchange, 1_850).events)).toContain('liquidationBegan');
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
  });

  it('stops nothing where nobody owes anything, or none of that is at stake', () => {
    const exchange = marginExchange();
    setPrice(exchange, 600);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
    // Ann owes MEME and owns USD.
    deposit(exchange, TOKENS.memeHome, BOB, 1_000n);
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1 });
    setPrice(exchange, 600);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
  });

  it('stops nothing because of a gift to somebody who owes: neither liquidations nor withdrawals', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [0, 2_000_000], maint: [0, 2_000_000] });
    const see = (eth: number, meme: number) =>
      setPrices(exchange, { [ETH]: price(eth, 9), [USD]: price(1, 6), [MEME]: price(meme, 3) });
    see(2_000, 0.01);
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
    deposit(exchange, TOKENS.memeHome, ANN, 10_000n);
    see(1_850, 0.034);
    const { events } = see(1_750, 0.041);
    expect(events).toContainEqual(expect.objectContaining({ type: 'priceChanged', asset: MEME, halted: true }));
    expect(namesOf(events)).toContain('liquidationBegan');
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
  });

  it('lets nobody else wait for it to be liquidated', () => {
    const exchange = marginExchange();
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    const see = (eth: number, meme: number) =>
      setPrices(exchange, { [ETH]: price(eth, 9), [USD]: price(1, 6), [MEME]: price(meme, 3) });
    see(2_000, 1);
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
    deposit(exchange, TOKENS.memeHome, BOB, 1_000n);
    deposit(exchange, TOKENS.usdHome, CAT, 1_000n * DOLLAR);
    grantCredit(exchange, CAT);
    give(exchange, { from: CAT, to: BOB, asset: MEME, units: 1 });
    see(1_850, 4);
    expect(namesOf(see(1_750, 4).events)).toContain('liquidationBegan');
    expect(withdrawalStop(exchange.state.exchange)).toBe('priceHalted');
  });

  it('stops withdrawals for a day in all, however long it goes on', () => {
    const exchange = marginExchange();
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 4_800 * Number(DOLLAR) });
    give(exchange, { from: BOB, to: ANN, asset: ETH, units: 2.4 * ETHER });
    // Never so that three agree for an hour.
    let minute = 0;
    const see = () => setPrice(exchange, minute++ % 30 < 15 ? 7_400 : 9_000);
    wait(exchange, DAY, see);
    expect(withdrawalStop(exchange.state.exchange)).toBe('priceHalted');
    wait(exchange, 2, see);
    expect(withdrawalStop(exchange.state.exchange)).toBeUndefined();
    wait(exchange, DAY, see);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
  });

  it('stops nothing any more when nobody has seen it for ten minutes', () => {
    const exchange = bankrupt();
    setPrice(exchange, 1_700);
    setPrice(exchange, 500);
    expect(withdrawalStop(exchange.state.exchange)).toBe('priceHalted');
    exchange.time += 600_001;
    apply(exchange, { type: 'tick' });
    expect(withdrawalStop(exchange.state.exchange)).toBeUndefined();
  });
});

describe('a debt without a price', () => {
  it('waits, and keeps nobody from withdrawing', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.memeHome, BOB, 1_000n);
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1 });
    const { events } = setPrices(exchange, { [USD]: price(1, 6) });
    expect(namesOf(events)).toEqual(['healthUnknown']);
    expect(withdraw(exchange, BOB)).toEqual({ code: 'ok' });
  });

  it('does not keep an account with dust of anything else from being wound up once it has one', () => {
    const exchange = marginExchange();
    deposit(exchange, TOKENS.memeHome, BOB, 1_000n);
    weigh(exchange, MEME, { init: [500_000, 1_500_000], maint: [600_000, 1_400_000] });
    give(exchange, { from: ANN, to: BOB, asset: USD, units: 1_000 * Number(DOLLAR) - 1 });
    give(exchange, { from: ANN, to: BOB, asset: MEME, units: 1_000 });
    deposit(exchange, TOKENS.ethHome, ANN, 1n);
    const { events } = setPrices(exchange, { [USD]: price(1, 6), [ETH]: price(2_000, 9), [MEME]: price(1, 3) });
    expect(namesOf(events)).toContain('lossShared');
    expect(balanceOf(exchange, ANN, ETH)).toEqual({ units: 0, reserved: 0, dust: 0n });
    expect(isLiquidated(exchange)).toBe(false);
    validateInternalState(exchange.state);
  });
});
