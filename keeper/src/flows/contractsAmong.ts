// Which depositors are contracts. The same address on another chain may be somebody else's, so that without the keeper a
// contract is paid on its own chain only.
import type { Address, LogEntry } from '../core/commands.ts';
import { depositChainsOf } from '../core/ledger.ts';
import { decodeRegistryEntry } from '../core/logEntries.ts';
import type { ChainReader } from '../core/ports.ts';
import { chainBit, type State } from '../core/state.ts';

/** Questions under way at a time. */
const AT_ONCE = 16;

/** Of those who deposit here for the first time in these entries of a vault's log. Throws what the reader throws. */
export async function contractsAmong(
  reader: ChainReader,
  { state, entries }: { readonly state: State; readonly entries: readonly LogEntry[] },
): Promise<readonly Address[]> {
  const isNew = (account: Address) =>
    (depositChainsOf(state.exchange.ledger, account) & chainBit(state, reader.chainId)) === 0;
  const accounts = new Set<Address>();
  for (const entry of entries) {
    const known = decodeRegistryEntry(entry, `log of chain ${reader.chainId}`);
    if (known?.type === 'deposited' && isNew(known.account)) accounts.add(known.account);
  }
  const contracts: Address[] = [];
  const unasked = [...accounts];
  while (unasked.length > 0) {
    const some = unasked.splice(0, AT_ONCE);
    const answers = await Promise.all(some.map((account) => reader.hasCode(account, 'finalized')));
    contracts.push(...some.filter((_, index) => answers[index]));
  }
  return contracts;
}
