// A stand-in for a keeper: the real HTTP server in front of fixed views, so that the commands and the client are tested
// as they are, and the profile that leads to it. Nothing behind it checks a signature or a balance.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PublicBooks } from '../../../src/adapters/http/access.ts';
import { ALICE, developmentKey, EXECUTOR } from '../../../src/cli/devnet/accounts.ts';
import type { Profile } from '../../../src/cli/support/profile.ts';
import type { Address } from '../../../src/core/commands.ts';
import { type FakeKeeper, HOME_CHAIN, REGISTRY } from '../../adapters/http/support/fakeKeeperApi.ts';
import { startTestServer } from '../../adapters/http/support/testServer.ts';

export const alice = developmentKey(ALICE).address;
export const executor = developmentKey(EXECUTOR).address;
const ROUTER: Address = `0x${'ce'.repeat(20)}`;

export interface StandIn {
  readonly url: string;
  readonly keeper: FakeKeeper;
  /** Path of the profile. */
  readonly profile: string;
  /** Nobody answers any more; the profile stays. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export async function startStandIn(
  input: { readonly publicBooks?: PublicBooks; readonly rpcUrl?: string; readonly registry?: Address } = {},
): Promise<StandIn> {
  const { publicBooks, rpcUrl = 'http://127.0.0.1:9', registry = REGISTRY } = input;
  const server = await startTestServer(publicBooks === undefined ? {} : { publicBooks });
  const { keeper } = server;
  // The people of the devnet, at the time of this machine: the client says when it signs in.
  keeper.time = Date.now();
  keeper.executor = executor;
  keeper.accounts = keeper.accounts.map((view) => ({ ...view, address: alice }));
  keeper.orders = keeper.orders.map((view) => ({ ...view, address: alice }));
  keeper.withdrawals = keeper.withdrawals.map((view) => ({ ...view, address: alice, recipient: alice }));

  const profile: Profile = {
    keeperUrl: server.url,
    chains: [{ chainId: HOME_CHAIN, name: 'home', rpcUrl, registry, router: ROUTER }],
    accounts: {
      alice: { address: alice, developmentIndex: ALICE },
      executor: { address: executor, developmentIndex: EXECUTOR },
    },
  };
  const directory = mkdtempSync(join(tmpdir(), 'mw-cli-'));
  const path = join(directory, 'profile.json');
  writeFileSync(path, JSON.stringify(profile));
  return {
    url: server.url,
    keeper,
    profile: path,
    stop: server.close,
    async close() {
      rmSync(directory, { recursive: true });
      await server.close();
    },
  };
}
