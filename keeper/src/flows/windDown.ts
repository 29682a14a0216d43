// What may still be signed while vaults are in exit mode. A claim is written in no log, so that nothing may be paid at one
// vault which the roots of another still give to somebody. See docs/decisions/wind-down.md.
import type { ChainReader, Clock } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import type { Leadership } from './leadership.ts';

/** From the first entry: so long checkpoints are cut and forced withdrawals decided, as if nothing were. */
const OPEN_SECONDS = 12 * 3_600;
/** And so long new roots are signed: of the 48 hours of a vault enough is left to carry them to each. */
const SIGN_SECONDS = 24 * 3_600;

export interface WindDown {
  /** Whether what happens now will be part of roots that every vault takes. */
  readonly isOpen: boolean;
  /** The newest checkpoint of which roots may be signed: each vault in exit mode has it, or time enough to take it. */
  readonly rootLimit: number;
  /** The newest checkpoint whose withdrawals and answers may be signed: each vault in exit mode goes by it already. */
  readonly paymentLimit: number;
  /** Looks at the vaults that are in exit mode. One that does not answer takes nothing any more. */
  read(): Promise<void>;
}

/** Of a vault in its final block; seconds. */
interface Standing {
  readonly enteredAt: number;
  readonly checkpoint: number;
}

const UNKNOWN: Standing = { enteredAt: 0, checkpoint: 0 };

export function createWindDown(input: {
  readonly state: State;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly leadership: Pick<Leadership, 'chainTime'>;
  readonly clock: Clock;
}): WindDown {
  const { state, readers, leadership, clock } = input;
  let standings: ReadonlyMap<number, Standing> = new Map();

  async function standingOf(chainId: number): Promise<Standing> {
    const reader = readers.get(chainId);
    const registry = state.chains.get(chainId)?.registry;
    if (reader === undefined || registry === undefined) return UNKNOWN;
    const [enteredAt, { checkpoint }] = await Promise.all([
      reader.readExitEntry(registry, 'finalized'),
      reader.readNewestRoot(registry, 'finalized'),
    ]);
    return { enteredAt, checkpoint };
  }

  const known = () => [...state.exits.keys()].map((chainId) => standings.get(chainId) ?? UNKNOWN);

  /** The machine's host sets its clock; the home chain is not behind by much. */
  function isWithin(seconds: number, { enteredAt }: Standing): boolean {
    return Math.max(clock.now() / 1000, leadership.chainTime) - enteredAt < seconds;
  }

  return {
    get isOpen() {
      return known().every((standing) => isWithin(OPEN_SECONDS, standing));
    },
    get rootLimit() {
      const limits = known().map((standing) =>
        isWithin(SIGN_SECONDS, standing) ? Number.POSITIVE_INFINITY : standing.checkpoint,
      );
      return Math.min(...limits);
    },
    get paymentLimit() {
      return Math.min(...known().map(({ checkpoint }) => checkpoint));
    },
    async read() {
      const all = [...state.exits.keys()].map(
        async (chainId) => [chainId, await standingOf(chainId).catch(() => UNKNOWN)] as const,
      );
      standings = new Map(await Promise.all(all));
    },
  };
}
