import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../src/core/assertion.ts';
import { type Address, type AnswerForcedCommand, SELL } from '../../src/core/commands.ts';
import { FORCED_REASONS, type ForcedReason, type Outcome } from '../../src/core/events.ts';
import { exitInputOf } from '../../src/core/exitInput.ts';
import { exitShares } from '../../src/core/exitShares.ts';
import { ANSWERS_LIMIT, answeredAtoms, finalAnswers, givenPayments, undecided } from '../../src/core/forced.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { decodeEngine, decodeState, encodeEngine, encodeState, engineHash } from '../../src/core/snapshot.ts';
import {
  addressOf,
  apply,
  balanceOf,
  batch,
  deposit,
  ETH,
  ETH_USD,
  GENESIS,
  HOME,
  hashOf,
  log,
  openExchange,
  place,
  registryLog,
  SECOND,
  type TestExchange,
  TOKENS,
  USD,
} from '../support/exchange.ts';

const [ANN, BEN, SAFE] = [addressOf('ann'), addressOf('ben'), addressOf('safe')];
const { usdHome, usdSecond, ethHome } = TOKENS;
const MUCH = 2n ** 100n;

let exchange: TestExchange;
let asked: Record<number, number>;

/** Ann has 100 USD at home, Ben 50 USD on the second chain. */
beforeEach(() => {
  exchange = openExchange();
  asked = { [HOME]: 0, [SECOND]: 0 };
  deposit(exchange, usdHome, ANN, 100_000_000n);
  deposit(exchange, usdSecond, BEN, 50n * 10n ** 18n);
});
afterEach(() => {
  validateInternalState(exchange.state);
  // It survives a restart and a recovery from chain.
  const { state } = exchange;
  expect(engineHash(decodeEngine(encodeEngine(state), GENESIS))).toBe(engineHash(state));
  expect(encodeState(decodeState(encodeState(state), GENESIS))).toEqual(encodeState(state));
});

/** Somebody asks; answers the id. */
function ask(chainId = HOME): number {
  const id = (asked[chainId] ?? 0) + 1;
  asked[chainId] = id;
  registryLog(exchange, chainId, [requestedEntry(id)]);
  return id;
}

/** What the core knows of a request is its number. */
function requestedEntry(id: number) {
  return { type: 'forcedRequested', id: BigInt(id), account: ANN, token: ANN, amount: 1n, recipient: ANN } as const;
}

type Facts = Partial<AnswerForcedCommand>;

function decide(id: number, facts: Facts = {}): Outcome {
  return apply(exchange, {
    type: 'answerForced',
    chainId: HOME,
    id,
    account: ANN,
    token: usdHome.token,
    open: 30_000_000n,
    capacity: MUCH,
    isKeyHolder: true,
    transferFails: false,
    ...facts,
  });
}

/** What the core says to a request. */
function answerTo(facts: Facts = {}) {
  const chainId = facts.chainId ?? HOME;
  const id = ask(chainId);
  expect(decide(id, { ...facts, chainId }).result).toEqual({ code: 'ok' });
  const answer = exchange.state.answers.get(`${chainId}:${id}`);
  return { id, reason: answer?.reason, paid: answer?.paid };
}

function cut(): void {
  apply(exchange, { type: 'cutCheckpoint' });
}

/** The next checkpoint stands in a final block. */
function finalise(): void {
  const hashes = { parent: hashOf(1), stateHash: hashOf(2), payloadHash: hashOf(3), withdrawalsHash: hashOf(4) };
  const number = exchange.state.finalNumber + 1;
  log(exchange, { chainId: HOME, contract: GENESIS.checkpointer }, [
    { type: 'checkpointed', number, epoch: 1, ...hashes, settlementsHash: hashOf(5), journalIndex: 1 },
  ]);
}

function execute(
  id: number,
  answer: { paid: bigint; reason?: ForcedReason; open?: bigint; account?: Address },
): Outcome {
  const { paid, reason = 'paid', open = 0n, account = ANN } = answer;
  return registryLog(exchange, HOME, [
    {
      type: 'forcedAnswered',
      id: BigInt(id),
      account,
      token: usdHome.token,
      paid,
      recipient: account,
      reason: FORCED_REASONS.indexOf(reason),
      open,
    },
  ]);
}

const holdings = () => exchange.state.exchange.ledger.tokens.get(`${HOME}:${usdHome.token}`)?.holdings;
const toSign = () => finalAnswers(exchange.state, exchange.state.finalNumber).map(({ message }) => message);

describe('a forced withdrawal', () => {
  it('is charged when it is decided, signed when its checkpoint is final, and over when the vault has paid', () => {
    const id = ask();
    expect(undecided(exchange.state)).toEqual([{ chainId: HOME, id: 1 }]);
    expect(decide(id).events).toEqual([
      {
        type: 'forcedCharged',
        account: { address: ANN, subaccount: 0 },
        asset: USD,
        chainId: HOME,
        token: usdHome.token,
        amount: 30_000_000n,
        id,
      },
    ]);
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
    expect(undecided(exchange.state)).toEqual([]);
    cut();
    expect(toSign()).toEqual([]);
    finalise();
    expect(toSign()).toEqual([{ id: 1n, paid: 30_000_000n, reason: 0, checkpoint: 1 }]);
    expect(execute(id, { paid: 30_000_000n }).events).toMatchObject([
      { type: 'forcedAnswered', account: { address: ANN }, amount: 30_000_000n, reason: 'paid', id },
    ]);
    expect(toSign()).toEqual([]);
    expect(holdings()).toBe(70_000_000n);
    expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
  });

  it('is decided once, in the order of the requests, however often it is told', () => {
    ask();
    ask();
    expect(decide(2).result).toEqual({ code: 'forced.notWaiting' });
    expect(decide(1).result).toEqual({ code: 'ok' });
    expect(decide(1).result).toEqual({ code: 'forced.notWaiting' });
    expect(decide(2).result).toEqual({ code: 'ok' });
    expect(decide(3).result).toEqual({ code: 'forced.notWaiting' });
    expect(decide(1, { chainId: 99 }).result).toEqual({ code: 'forced.notWaiting' });
    expect(balanceOf(exchange, ANN, USD).units).toBe(40_000_000);
  });

  it('is refused when the account has not all of it, when the vault has not, and when there is no account', () => {
    expect(answerTo({ open: 100_000_001n })).toMatchObject({ reason: 'noBalance', paid: 0n });
    expect(answerTo({ account: addressOf('nobody') })).toMatchObject({ reason: 'noBalance' });
    expect(answerTo({ account: BEN, open: 1n })).toMatchObject({ reason: 'paid' });
    // Ben owns 50 USD, but they lie on the other chain, as all but 100 do.
    expect(answerTo({ account: ANN, chainId: SECOND, token: usdSecond.token, open: 51n * 10n ** 18n })).toMatchObject({
      reason: 'noBalance',
    });
    expect(answerTo({ token: addressOf('unlisted'), open: 1n })).toMatchObject({ reason: 'noBalance' });
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
  });

  it('is refused when the token would not move to the recipient', () => {
    const { id, reason } = answerTo({ transferFails: true });
    expect(reason).toBe('transferFails');
    cut();
    finalise();
    expect(toSign()).toEqual([{ id: 1n, paid: 0n, reason: 3, checkpoint: 1 }]);
    execute(id, { paid: 0n, reason: 'transferFails' });
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
    expect(holdings()).toBe(100_000_000n);
  });

  it('pays a quarter of the limit at a time when it is over the limit, each part in a later checkpoint', () => {
    const capacity = 50_000_001n;
    let open = 60_000_000n;
    const id = ask();
    decide(id, { open, capacity });
    const part = 12_500_001n;
    expect(exchange.state.answers.get(`${HOME}:1`)).toMatchObject({ reason: 'overLimit', paid: part });
    cut();
    finalise();
    open -= part;
    execute(id, { paid: part, reason: 'overLimit', open });
    expect(undecided(exchange.state)).toEqual([{ chainId: HOME, id }]);
    expect(decide(id, { open, capacity }).result).toEqual({ code: 'ok' });
    cut();
    finalise();
    // Now it is within the limit.
    expect(toSign()).toEqual([{ id: 1n, paid: open, reason: 0, checkpoint: 2 }]);
    execute(id, { paid: open });
    expect(balanceOf(exchange, ANN, USD).units).toBe(40_000_000);
    expect(holdings()).toBe(40_000_000n);
  });

  it('pays a sixteenth of what is open when the limit is so low', () => {
    const id = ask();
    decide(id, { open: 60_000_001n, capacity: 4_000_000n });
    expect(exchange.state.answers.get(`${HOME}:1`)).toMatchObject({ reason: 'overLimit', paid: 3_750_001n });
  });

  it('waits uncharged, and holds up no other, while the limit lets through nothing that the vault takes', () => {
    const [id, other] = [ask(), ask()];
    expect(decide(id, { open: 60_000_000n, capacity: 3_749_999n })).toEqual({ result: { code: 'ok' }, events: [] });
    expect(decide(id, { open: 60_000_000n, capacity: 0n }).result).toEqual({ code: 'forced.notWaiting' });
    expect(undecided(exchange.state).map((request) => request.id)).toEqual([id, other]);
    expect(decide(other, { open: 3_749_999n, capacity: 3_749_999n }).result).toEqual({ code: 'ok' });
    expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000 - 3_749_999);
    expect(undecided(exchange.state).map((request) => request.id)).toEqual([id]);
    validateInternalState(exchange.state);
    expect(decodeState(encodeState(exchange.state), GENESIS).forced).toEqual(exchange.state.forced);
    // What the vault would take at most of the old limit, it would refuse as too little of the new one.
    decide(id, { open: 60_000_000n, capacity: 40_000_000n });
    expect(exchange.state.answers.get(`${HOME}:1`)).toMatchObject({ reason: 'overLimit', paid: 10_000_000n });
  });

  it('is refused at once, whatever the limit, when nothing can be paid', () => {
    expect(answerTo({ open: 100_000_001n, capacity: 0n })).toMatchObject({ reason: 'noBalance', paid: 0n });
    expect(answerTo({ transferFails: true, capacity: 0n })).toMatchObject({ reason: 'transferFails', paid: 0n });
  });

  it('takes back what orders have put aside: an executor cannot keep it in', () => {
    deposit(exchange, ethHome, ANN, 10n ** 18n);
    batch(exchange, [place(ANN, ETH_USD, SELL, 200_000, 1_000)]);
    expect(balanceOf(exchange, ANN, ETH).reserved).toBeGreaterThan(0);
    const id = ask();
    const outcome = decide(id, { token: ethHome.token, open: 10n ** 18n });
    expect(outcome.events).toMatchObject([{ type: 'forcedCharged' }, { type: 'orderCancelled', reason: 'requested' }]);
    expect(balanceOf(exchange, ANN, ETH)).toMatchObject({ units: 0, reserved: 0 });
  });

  it('is not signed while only checkpoints before it are final', () => {
    cut();
    const { id } = answerTo();
    finalise();
    expect(toSign()).toEqual([]);
    cut();
    expect(toSign()).toEqual([]);
    finalise();
    expect(toSign()).toMatchObject([{ id: BigInt(id), checkpoint: 2 }]);
    expect(finalAnswers(exchange.state, 1)).toEqual([]);
  });

  it('is not final with the checkpoint before its own', () => {
    cut();
    const { id } = answerTo();
    cut();
    finalise();
    expect(exchange.state.answers.get(`${HOME}:${id}`)?.status).toBe('posted');
    expect(givenPayments(exchange.state)).toEqual([]);
  });

  it('of a token that no asset lists is refused, also of what came in', () => {
    const token = addressOf('unlisted');
    deposit(exchange, { chainId: HOME, token }, ANN, 5n);
    expect(answerTo({ token, open: 5n })).toMatchObject({ reason: 'noBalance', paid: 0n });
  });

  it('charges only subaccounts that have something of it, and leaves the orders of the others alone', () => {
    const cat = addressOf('cat');
    deposit(exchange, ethHome, cat, 10n ** 18n);
    deposit(exchange, usdHome, cat, 40_000_000n, 1);
    deposit(exchange, usdHome, cat, 5_000_000n, 2);
    const { events } = decide(ask(), { account: cat });
    expect(events).toMatchObject([{ type: 'forcedCharged', account: { address: cat, subaccount: 1 } }]);
    expect(events).toHaveLength(1);
  });

  it('of a contract counts against what came in of that token what is leaving of it, and of no other', () => {
    deposit(exchange, usdHome, SAFE, 10_000_000n);
    deposit(exchange, ethHome, SAFE, 10n ** 18n);
    const facts = { account: SAFE, isKeyHolder: false };
    // Nor what is leaving to others.
    answerTo({ open: 30_000_000n });
    expect(answerTo({ ...facts, token: ethHome.token, open: 10n ** 17n })).toMatchObject({ reason: 'paid' });
    expect(answerTo({ ...facts, open: 6_000_000n })).toMatchObject({ reason: 'paid', paid: 6_000_000n });
    deposit(exchange, usdSecond, SAFE, 10n * 10n ** 18n);
    expect(answerTo({ ...facts, open: 4_000_001n })).toMatchObject({ reason: 'noBalance', paid: 0n });
    expect(answerTo({ ...facts, open: 4_000_000n })).toMatchObject({ reason: 'paid', paid: 4_000_000n });
  });

  it('takes its part of the limit of its own token, unless it exceeds all of that', () => {
    deposit(exchange, ethHome, ANN, 10n ** 18n);
    answerTo({ open: 30_000_000n });
    answerTo({ open: 20_000_000n });
    answerTo({ token: ethHome.token, open: 5n });
    const answered = (chainId: number, token: Address, capacity: bigint) =>
      answeredAtoms(exchange.state, { chainId, message: { token } }, capacity);
    expect(answered(HOME, usdHome.token, 30_000_000n)).toBe(50_000_000n);
    expect(answered(HOME, usdHome.token, 29_999_999n)).toBe(20_000_000n);
    expect(answered(HOME, ethHome.token, 30_000_000n)).toBe(5n);
    expect(answered(SECOND, usdHome.token, 30_000_000n)).toBe(0n);
  });

  it('takes from all subaccounts, oldest first', () => {
    deposit(exchange, usdHome, ANN, 20_000_000n, 7);
    const { id } = answerTo({ open: 110_000_000n });
    expect(balanceOf(exchange, ANN, USD).units).toBe(0);
    expect(balanceOf(exchange, ANN, USD, 7).units).toBe(10_000_000);
    cut();
    finalise();
    execute(id, { paid: 110_000_000n });
  });

  it('belongs to its own vault in an exit, until it is executed', () => {
    deposit(exchange, usdHome, BEN, 5_000_000n);
    answerTo();
    const input = exitInputOf(exchange.state);
    const owner = input.owners.indexOf(ANN);
    const token = input.tokens.findIndex((item) => item.token === usdHome.token);
    expect(input.withdrawals).toEqual([{ owner, token, amount: 30_000_000n }]);
    expect(exitShares(input).tokens[token]?.exits.get(owner)).toBe(100_000_000n);
  });

  it('is answered to nobody who has only the address of a contract on another chain', () => {
    const deposited = { token: usdHome.token, amount: 40_000_000n, account: SAFE, subaccount: 0, payer: SAFE };
    registryLog(exchange, HOME, [{ type: 'deposited', ...deposited }], { contracts: [SAFE] });
    deposit(exchange, usdSecond, BEN, 50n * 10n ** 18n);
    const stranger = { account: SAFE, isKeyHolder: false };
    const elsewhere = { ...stranger, chainId: SECOND, token: usdSecond.token, open: 10n ** 18n };
    expect(answerTo(elsewhere)).toMatchObject({ reason: 'noBalance' });
    // A gift to the address there is his who is there, and no more.
    deposit(exchange, usdSecond, SAFE, 3n * 10n ** 18n);
    expect(answerTo({ ...elsewhere, open: 4n * 10n ** 18n })).toMatchObject({ reason: 'noBalance' });
    expect(answerTo({ ...elsewhere, open: 2n * 10n ** 18n })).toMatchObject({ reason: 'paid' });
    // What is on its way to him counts.
    expect(answerTo({ ...elsewhere, open: 2n * 10n ** 18n })).toMatchObject({ reason: 'noBalance' });
    expect(answerTo({ ...stranger, open: 40_000_000n })).toMatchObject({ reason: 'paid' });
  });

  describe('whose token refuses the recipient after it was decided', () => {
    const refused = { paid: 0n, reason: 'transferFails' } as const;
    /** A payment of 30, or of a part of 60, that both keys have signed. */
    function givenPayment(facts: Facts = {}): number {
      const id = ask();
      decide(id, facts);
      cut();
      finalise();
      return id;
    }
    function refuse(id: number): void {
      expect(decide(id, { transferFails: true }).result).toEqual({ code: 'ok' });
      cut();
      finalise();
    }

    it('is refused beside the payment, and what was charged comes back when the vault has executed the refusal', () => {
      const id = givenPayment();
      refuse(id);
      expect(toSign()).toEqual([
        { id: 1n, paid: 30_000_000n, reason: 0, checkpoint: 1 },
        { id: 1n, paid: 0n, reason: 3, checkpoint: 2 },
      ]);
      expect(balanceOf(exchange, ANN, USD).units).toBe(70_000_000);
      expect(exitInputOf(exchange.state).withdrawals).toHaveLength(1);
      expect(execute(id, refused).events).toMatchObject([
        { type: 'forcedReturned', account: { address: ANN, subaccount: 0 }, amount: 30_000_000n, id },
        { type: 'forcedAnswered', amount: 0n, reason: 'transferFails', id },
      ]);
      expect(balanceOf(exchange, ANN, USD).units).toBe(100_000_000);
      expect([holdings(), toSign(), undecided(exchange.state)]).toEqual([100_000_000n, [], []]);
    });

    it('is paid once when the payment comes first', () => {
      const id = givenPayment();
      refuse(id);
      execute(id, { paid: 30_000_000n });
      expect([balanceOf(exchange, ANN, USD).units, holdings(), toSign()]).toEqual([70_000_000, 70_000_000n, []]);
    });

    it('is closed by the refusal when a part was paid first: the rest is not decided anew', () => {
      const part = 12_500_000n;
      const id = givenPayment({ open: 60_000_000n, capacity: 50_000_000n });
      refuse(id);
      execute(id, { paid: part, reason: 'overLimit', open: 47_500_000n });
      expect(undecided(exchange.state)).toEqual([]);
      expect(toSign()).toEqual([{ id: 1n, paid: 0n, reason: 3, checkpoint: 2 }]);
      execute(id, refused);
      expect([balanceOf(exchange, ANN, USD).units, holdings(), toSign()]).toEqual([87_500_000, 87_500_000n, []]);
    });

    it('is refused once, and only when the payment may be signed and the token refuses it', () => {
      const id = ask();
      decide(id);
      expect(decide(id, { transferFails: true }).result).toEqual({ code: 'forced.notWaiting' });
      cut();
      finalise();
      expect(decide(id, { transferFails: false, capacity: 1n }).result).toEqual({ code: 'forced.notWaiting' });
      expect(givenPayments(exchange.state)).toEqual([{ chainId: HOME, id }]);
      expect(decide(id, { transferFails: true }).result).toEqual({ code: 'ok' });
      expect(decide(id, { transferFails: true }).result).toEqual({ code: 'forced.notWaiting' });
      expect(givenPayments(exchange.state)).toEqual([]);
    });

    it('stops the keeper when the vault executed a refusal that was not signed', () => {
      const id = givenPayment();
      for (const before of [() => {}, () => decide(id, { transferFails: true })]) {
        before();
        const copy = structuredCloneOf(exchange);
        expect(() => execute(id, refused)).toThrow(AssertionError);
        exchange = copy;
      }
    });
  });

  it('stops the keeper when the vault executed what was never answered', () => {
    const id = ask();
    for (const before of [() => {}, () => decide(id)]) {
      before();
      const copy = structuredCloneOf(exchange);
      expect(() => execute(id, { paid: 30_000_000n })).toThrow(AssertionError);
      exchange = copy;
    }
    cut();
    const copy = structuredCloneOf(exchange);
    expect(() => execute(id, { paid: 29_999_999n })).toThrow(AssertionError);
    exchange = copy;
    expect(() => registryLog(exchange, HOME, [requestedEntry(5)])).toThrow(AssertionError);
    exchange = structuredCloneOf(copy);
  });

  it('cannot fill the state: answers are bounded, and the rest waits at the vault', () => {
    for (let i = 0; i < ANSWERS_LIMIT + 3; i++) ask();
    for (let id = 1; id <= ANSWERS_LIMIT; id++) {
      expect(decide(id, { account: addressOf('nobody') }).result).toEqual({ code: 'ok' });
      if (id % 32 === 0) cut();
    }
    expect(decide(ANSWERS_LIMIT + 1).result).toEqual({ code: 'forced.tooMany' });
    execute(5, { paid: 0n, reason: 'noBalance', account: addressOf('nobody') });
    expect(decide(ANSWERS_LIMIT + 1).result).toEqual({ code: 'ok' });
    expect(undecided(exchange.state)).toEqual([{ chainId: HOME, id: ANSWERS_LIMIT + 2 }]);
  });
});

/** The same state, to go on from when a command has stopped the keeper. */
function structuredCloneOf(original: TestExchange): TestExchange {
  return { ...original, state: decodeEngine(encodeEngine(original.state), GENESIS) };
}
