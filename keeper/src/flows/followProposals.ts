// Watches the Authority of every chain for a proposal that names this keeper's leader key, so that its acceptance can be
// handed to whoever carries it there.
import type { Address } from '../core/commands.ts';
import type { AuthorityView, ChainReader, Clock } from '../core/ports.ts';
import { repeat } from './repeat.ts';

export interface Proposals {
  /** What the Authority of each chain said last. */
  readonly views: ReadonlyMap<number, AuthorityView>;
  start(): void;
  stop(): void;
}

export function createProposals(input: {
  readonly readers: ReadonlyMap<number, ChainReader>;
  /** The same address on every chain. */
  readonly authority: Address;
  readonly clock: Clock;
  readonly pollMs: number;
}): Proposals {
  const views = new Map<number, AuthorityView>();

  async function readAll(): Promise<void> {
    await Promise.all(
      [...input.readers].map(async ([chainId, reader]) => {
        // A chain that does not answer keeps its last view; the contract refuses an acceptance that is out of date.
        const view = await reader.readAuthority(input.authority, 'latest').catch(() => undefined);
        if (view !== undefined) views.set(chainId, view);
      }),
    );
  }

  return {
    views,
    ...repeat(readAll, input),
  };
}
