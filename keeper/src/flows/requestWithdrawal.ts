// A user's wish to be paid on one chain, and its recall while it is still queued.
import type { Answer, Refusal } from '../core/api.ts';
import type { Address, Hex } from '../core/commands.ts';
import type { WithdrawalChanged } from '../core/events.ts';
import { tokenKey } from '../core/ledger.ts';
import type { ChainReader } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import type { WithdrawalCancelMessage, WithdrawalRequestMessage } from '../core/typedMessages.ts';
import { digestOf } from '../core/typedMessages.ts';
import { withdrawalView } from '../core/viewState.ts';
import type { WithdrawalView } from '../core/views.ts';
import { withdrawalRefusal } from '../core/withdrawal.ts';
import { checkSignature, unreachable } from './checkSignature.ts';
import type { Applied, Sequencer } from './sequencer.ts';

interface Dependencies {
  readonly sequencer: Sequencer;
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address };
  readonly recover: (digest: Hex, signature: Hex) => Address | undefined;
  readonly readers: ReadonlyMap<number, ChainReader>;
  /** Why this may not be taken now. */
  readonly gate: () => Refusal | undefined;
}

/** Deducts at once; paid after the next checkpoint is final. The signature is the account's: an EOA's, or EIP-1271. */
export async function requestWithdrawal(
  dependencies: Dependencies,
  { message, signature }: { readonly message: WithdrawalRequestMessage; readonly signature: Hex },
): Promise<Answer<WithdrawalView>> {
  const { sequencer, domain } = dependencies;
  const closed = dependencies.gate();
  if (closed !== undefined) return { ok: false, refusal: closed };
  const digest = digestOf('WithdrawalRequest', domain, message);
  // The signature first: refusals tell balances. Then what the core would refuse anyway, before a chain is asked for it.
  const refusal =
    (await checkSignature(signatures(dependencies), { account: message.account, digest, signature })) ??
    foreseeRefusal(sequencer, message) ??
    (await checkVault(dependencies, message)) ??
    dependencies.gate();
  if (refusal !== undefined) return { ok: false, refusal };
  return answerOf(dependencies, await sequencer.submit({ type: 'requestWithdrawal', ...message }));
}

/** Gives back what is still queued; what a checkpoint carries can only be cancelled on its chain. */
export async function cancelWithdrawal(
  dependencies: Dependencies,
  { message, signature }: { readonly message: WithdrawalCancelMessage; readonly signature: Hex },
): Promise<Answer<WithdrawalView>> {
  const closed = dependencies.gate();
  if (closed !== undefined) return { ok: false, refusal: closed };
  const digest = digestOf('WithdrawalCancel', dependencies.domain, message);
  const refusal = await checkSignature(signatures(dependencies), { account: message.account, digest, signature });
  if (refusal !== undefined) return { ok: false, refusal };
  return answerOf(dependencies, await dependencies.sequencer.submit({ type: 'cancelWithdrawal', ...message }));
}

function signatures({ sequencer: { state }, readers, recover }: Dependencies) {
  return { state, readers, recover };
}

function foreseeRefusal({ state, now }: Sequencer, message: WithdrawalRequestMessage): Refusal | undefined {
  const refused = withdrawalRefusal(state, { type: 'requestWithdrawal', time: now(), ...message });
  return refused && refusalOf(refused);
}

/**
 * The registry's bitmap is the memory of nonces that were paid or cancelled: the state keeps none of them, or anybody could
 * fill it by cancelling. Its limits are its own business, too: what fits is looked up when it is signed. What can never be
 * paid, because of either, is refused here; one that becomes so after this look comes back to the account when it expires.
 */
async function checkVault(
  { readers, sequencer }: Dependencies,
  { account, chainId, token, amount, nonce }: WithdrawalRequestMessage,
): Promise<Refusal | undefined> {
  const registry = sequencer.state.chains.get(chainId)?.registry;
  const reader = readers.get(chainId);
  if (registry === undefined || reader === undefined) return undefined;
  try {
    const [isUsed, { capacity }] = await Promise.all([
      reader.isNonceUsed(registry, { account, nonce }, 'latest'),
      reader.readWithdrawalLimit(registry, token, 'latest'),
    ]);
    if (isUsed) return refusalOf({ code: 'withdrawal.nonceUsed' });
    return amount > capacity ? overLimit(sequencer.state, { chainId, token, amount, capacity }) : undefined;
  } catch (error) {
    return unreachable('The registry', chainId, error);
  }
}

function overLimit(
  state: State,
  asked: { readonly chainId: number; readonly token: Address; readonly amount: bigint; readonly capacity: bigint },
): Refusal {
  const { ledger } = state.exchange;
  const token = ledger.tokens.get(tokenKey(asked.chainId, asked.token));
  const symbol = ledger.assets[token?.asset ?? -1]?.symbol ?? asked.token;
  const details = {
    symbol,
    decimals: token?.decimals ?? 0,
    requested: String(asked.amount),
    capacity: String(asked.capacity),
  };
  return refusalOf({ code: 'withdrawal.overLimit', details });
}

function answerOf({ sequencer }: Dependencies, { outcome }: Applied): Answer<WithdrawalView> {
  if (outcome.result.code !== 'ok') return { ok: false, refusal: refusalOf(outcome.result) };
  const event = outcome.events.find(
    (candidate): candidate is WithdrawalChanged => candidate.type === 'withdrawalChanged',
  );
  if (event === undefined) throw new Error('An accepted withdrawal command has no event.');
  return { ok: true, value: withdrawalView(sequencer.state, event) };
}

const TEXTS: Readonly<Record<string, string>> = {
  'account.unknown': 'The account has never had a deposit.',
  'withdrawal.unknownChain': 'No vault is listed on this chain.',
  'withdrawal.unlistedToken': 'The token is not listed on this chain.',
  'withdrawal.zeroAmount': 'The amount must be greater than zero.',
  'withdrawal.badRecipient': 'The recipient may be neither the zero address nor the vault itself.',
  'withdrawal.expired': 'The request was to be accepted until an earlier time; sign a new one.',
  'withdrawal.deadlineTooFar': 'The deadline may be at most a day ahead.',
  'withdrawal.nonceUsed': 'The nonce was used before on this chain; choose another.',
  'withdrawal.unknown': 'No withdrawal with this nonce waits.',
  'withdrawal.notQueued': 'A checkpoint already carries the withdrawal: cancel its nonce in the registry of its chain.',
  'withdrawal.insufficientBalance': 'The free balance is smaller than the amount.',
  'withdrawal.liability': 'The account owes something: nothing can be withdrawn until that is paid.',
  'withdrawal.vaultTooLow': 'The vault of this chain holds too little; choose another chain or a smaller amount.',
  'withdrawal.overLimit': 'The vault of this chain never lets out so much at once; ask for less, several times.',
  'withdrawal.stopped':
    'Nobody withdraws while an account that owes too much is wound up, or a price cannot be believed; try again later.',
  'withdrawal.tooMany': 'Too many withdrawals wait; try again after the next checkpoint.',
};

function refusalOf(result: Pick<Refusal, 'code' | 'details'>): Refusal {
  const { code, details } = result;
  const facts =
    details === undefined
      ? ''
      : ` (${Object.entries(details)
          .map(([name, value]) => `${name} ${value}`)
          .join(', ')})`;
  const message = `${TEXTS[code] ?? `The withdrawal was refused: ${code}.`}${facts}`;
  return { code, message, ...(details === undefined ? {} : { details }), retryable: code === 'withdrawal.tooMany' };
}
