import type { KeeperApi } from '../../../core/api.ts';
import type { Logger } from '../../../core/ports.ts';
import type { ExitProofView } from '../../../core/views.ts';
import { accountOfKey } from './topics.ts';

export interface ExitProofs {
  /** The followers of this topic want to know, if it is an account's. */
  want(key: string): void;
  close(): void;
}

/**
 * Fetches the exit proofs of followed accounts after each signing of exit roots, one after the other: there may be many
 * accounts, and trees are not looked into on the keeper's own thread. Who is still waiting when newer roots are signed hears
 * of the newer ones only.
 */
export function createExitProofs(input: {
  readonly api: KeeperApi;
  /** Keys of all topics that are followed now. */
  readonly followed: () => Iterable<string>;
  readonly tell: (key: string, proof: ExitProofView) => void;
  readonly logger: Logger;
}): ExitProofs {
  const { api, logger } = input;
  const wanted = new Set<string>();
  let running = false;

  const stopListening = api.subscribeExitRoots(() => {
    for (const key of input.followed()) want(key);
  });

  function want(key: string): void {
    if (accountOfKey(key) === undefined) return;
    wanted.add(key);
    void fetchAll();
  }

  async function fetchAll(): Promise<void> {
    if (running) return;
    running = true;
    try {
      for (const key of wanted) {
        wanted.delete(key);
        const address = accountOfKey(key);
        const proof = address === undefined ? undefined : await api.exitProof(address);
        if (proof !== undefined) input.tell(key, proof);
      }
    } catch (error) {
      logger.warn({ error: error instanceof Error ? error.message : String(error) }, 'Exit proofs could not be told');
    } finally {
      running = false;
    }
  }

  return {
    want,
    close() {
      stopListening();
      wanted.clear();
    },
  };
}
