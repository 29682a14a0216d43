import type { ExitModeView } from '../../core/views.ts';

/** What everybody should know while a vault is in exit mode; nothing while none is. */
export function exitLines(exits: readonly ExitModeView[]): string[] {
  if (exits.length === 0) return [];
  const vaults = exits.map(({ chainId, phase, since }) => {
    const state = phase === 'final' ? 'its exit is final' : 'it may still be cured';
    return `the vault of chain ${chainId} is in exit mode: ${state}; known since ${new Date(since).toISOString()}`;
  });
  return ['The exchange winds down: no orders, no withdrawals.', ...vaults];
}
