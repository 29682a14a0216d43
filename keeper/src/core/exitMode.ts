// Exit mode at one vault winds the whole exchange down: what is claimed at a vault is not written in its log, and may be
// traded or withdrawn nowhere else. See docs/decisions/wind-down.md.
//
// running → closing: 48 h in which the vault may be cured (running again) → final: claims pay, for ever.
import { assert } from './assertion.ts';
import { cancelEverybody } from './cancelOrder.ts';
import type { CoreEvent, RejectCode } from './events.ts';
import type { RegistryEntry } from './logEntries.ts';
import { lookAtAll } from './margin/marginState.ts';
import { chains, type State } from './state.ts';
import { WIND_DOWN } from './tape.ts';
import type { ExitModeView } from './views.ts';

/** Most orders that one command of a wind-down cancels: bounds how long everybody else waits. No order trades any more. */
const CANCEL_LIMIT = 16_384;

type ExitEntry = RegistryEntry & { type: 'exitModeEntered' | 'exitModeCured' | 'exitModeFinal' };

/** What the log of a chain's vault says of its exit mode. */
export function exitModeChanged(
  state: State,
  { chainId, entry, where }: { readonly chainId: number; readonly entry: ExitEntry; readonly where: string },
  events: CoreEvent[],
): void {
  const before = state.exits.get(chainId);
  const since = before?.since ?? state.time;
  const isNext = entry.type === 'exitModeEntered' ? before === undefined : before?.phase === 'closing';
  assert(isNext, `${where}: ${entry.type} of a vault that is ${before?.phase ?? 'running'}`);
  const phase = PHASES[entry.type];
  if (phase === 'running') state.exits.delete(chainId);
  else state.exits.set(chainId, { phase, since });
  // Nobody was liquidated meanwhile.
  if (!isWindingDown(state)) lookAtAll(state.exchange.margin, state.exchange.ledger);
  events.push({ type: 'exitModeChanged', chainId, phase, since });
}

const PHASES = { exitModeEntered: 'closing', exitModeCured: 'running', exitModeFinal: 'final' } as const;

/** Whether any vault is in exit mode: then nothing is traded, and nobody may ask for a withdrawal. */
export function isWindingDown({ exits }: State): boolean {
  return exits.size > 0;
}

/** Whether that can never end. */
export function isOver({ exits }: State): boolean {
  return [...exits.values()].some(({ phase }) => phase === 'final');
}

/** Vaults in exit mode, in the order in which their chains were listed. */
export function exitModes(state: State): readonly ExitModeView[] {
  return chains(state).flatMap(({ chainId }) => {
    const exit = state.exits.get(chainId);
    return exit === undefined ? [] : [{ chainId, ...exit }];
  });
}

/** Why nothing new may be asked for; undefined while all vaults are running. */
export function windDownRefusal(
  state: State,
): { readonly code: RejectCode; readonly details: Readonly<Record<string, string | number>> } | undefined {
  // Asked for every order: no list when it would be empty.
  if (!isWindingDown(state)) return undefined;
  const all = exitModes(state);
  const worst = all.find(({ phase }) => phase === 'final') ?? all[0];
  return worst && { code: 'exchange.windingDown', details: { ...worst } };
}

/** Open orders of everybody, so many at a time, until none is left. */
export function cancelInWindDown(state: State): void {
  if (isWindingDown(state) && state.exchange.orders.count > 0) {
    cancelEverybody(state.exchange, WIND_DOWN, CANCEL_LIMIT);
  }
}
