// What a person must know who relies on his kept proofs: told once when it begins, and once when it ends.
import { readVaultExit, STALE_AFTER_SECONDS, type VaultExit } from '../../client/exit.ts';
import { compareRoots } from '../../client/keptRoots.ts';
import { describeError } from '../support/describeError.ts';
import type { Output } from '../support/output.ts';
import type { ProfileChain } from '../support/profile.ts';
import type { Keeping } from './keepVerified.ts';
import { proofFiles } from './proofStore.ts';
import { accessTo, timeText } from './vaults.ts';

/** A keeper posts roots several times a day at least; this long without one is worth a look. */
const SILENT_AFTER_SECONDS = 86_400;
/** From the posting of a root until its proof is missed. */
const DELIVERED_WITHIN_SECONDS = 300;

export interface Warning {
  readonly code: 'exit.chainSilent' | 'exit.entered' | 'exit.noHeartbeat' | 'exit.notDelivered' | 'exit.keeperSilent';
  readonly chainId?: number;
  readonly message: string;
}

/** What is wrong at each vault now, as far as the chains say. */
export async function vaultWarnings(keeping: Keeping): Promise<readonly Warning[]> {
  const all = await Promise.all(
    keeping.profile.chains.map(async (chain): Promise<readonly Warning[]> => {
      try {
        return warningsAt(keeping, chain, await readVaultExit(await accessTo(chain)));
      } catch (error) {
        const message = `${chain.name} does not answer: ${describeError(error).message}`;
        return [{ code: 'exit.chainSilent', chainId: chain.chainId, message }];
      }
    }),
  );
  return all.flat();
}

function warningsAt({ directory, account }: Keeping, chain: ProfileChain, vault: VaultExit): Warning[] {
  const { chainId, name } = chain;
  const { phase, heartbeatAt, newestRoot, now } = vault;
  const warnings: Warning[] = [];
  if (phase !== 'running') {
    const message = `exit mode was entered at ${name}; \`mw exit status\` says what comes next`;
    warnings.push({ code: 'exit.entered', chainId, message });
  } else if (now - heartbeatAt > SILENT_AFTER_SECONDS) {
    const from = timeText(heartbeatAt + STALE_AFTER_SECONDS);
    const message = `${name} has heard nothing of the keeper since ${timeText(heartbeatAt)}; exit mode may be entered from ${from} on`;
    warnings.push({ code: 'exit.noHeartbeat', chainId, message });
  }
  const [newest] = proofFiles(directory, account);
  const isBehind = newestRoot.epoch > 0 && (newest === undefined || compareRoots(newest, newestRoot) < 0);
  if (isBehind && now - newestRoot.postedAt > DELIVERED_WITHIN_SECONDS) {
    const message = `${name} goes by the root of checkpoint ${newestRoot.checkpoint}, and the keeper delivers no proof of it; the newest that is kept is of ${newest === undefined ? 'none' : `checkpoint ${newest.checkpoint}`}`;
    warnings.push({ code: 'exit.notDelivered', chainId, message });
  }
  return warnings;
}

/** Tells what began and what ended since the last time. */
export function createTeller(output: Output): (warnings: readonly Warning[]) => void {
  let told = new Map<string, Warning>();
  return (warnings) => {
    const now = new Map(warnings.map((warning) => [`${warning.code} ${warning.chainId}`, warning]));
    for (const [key, warning] of now) {
      if (!told.has(key)) output.result({ event: 'warning', ...warning }, () => `WARNING: ${warning.message}`);
    }
    for (const [key, warning] of told) {
      if (!now.has(key)) output.result({ event: 'over', ...warning }, () => `no longer: ${warning.message}`);
    }
    told = now;
  };
}
