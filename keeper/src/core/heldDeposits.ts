// Deposits of tokens that no asset listed when they came. There can be any number of them, for the price of their gas, so
// that the listing does not credit all at once: no checkpoint could carry so many accounts. Each is credited when its account
// is touched, and otherwise when its turn comes. Until then exit roots give its owner what he would have.
import { changeRoom } from './checkpointRoom.ts';
import type { CoreEvent } from './events.ts';
import { type Asset, accountIdOf, creditHeld, largestRecordBytes, tokensToCredit, type VaultToken } from './ledger.ts';
import type { State } from './state.ts';

/** Of the room for what changes, so much leaves the rest of what strangers may use to new deposits. */
const SHARE_OF_ROOM = 0.25;
/** Such a deposit's place in the vault's log was told when it came. */
const TOLD_BEFORE = -1;

/** Credits what an account had deposited of a token before that was listed, if it is not credited yet. */
export function creditHeldOf(state: State, token: VaultToken, account: number, events: CoreEvent[]): void {
  const { ledger } = state.exchange;
  const amount = creditHeld(ledger, token, account);
  if (amount === 0n) return;
  events.push({
    type: 'credited',
    account: accountIdOf(ledger, account),
    asset: (ledger.assets[token.asset] as Asset).id,
    chainId: token.chainId,
    token: token.token,
    amount,
    logIndex: TOLD_BEFORE,
  });
}

/** As many as the next checkpoint has room for, in the order of their accounts. */
export function creditHeldDeposits(state: State, events: CoreEvent[]): void {
  const { ledger } = state.exchange;
  const waiting = tokensToCredit(ledger);
  const limit = SHARE_OF_ROOM * changeRoom(state) - largestRecordBytes(ledger);
  for (let account = 0; account < ledger.accountCount; account++) {
    if (ledger.changedBytes > limit || waiting.every(({ held }) => held === 0n)) return;
    for (const token of waiting) creditHeldOf(state, token, account, events);
  }
}
