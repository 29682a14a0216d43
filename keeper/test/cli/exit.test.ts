// The vault is real, on an anvil; the keeper is a stand-in that tells exit proofs which are signed as a keeper signs them.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { depositRegistryAbi, devnetTokenAbi } from '@myrtle-wyckoff/generated';
import type { Hex } from 'viem';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Anvil, startAnvil } from '../../src/cli/devnet/anvil.ts';
import { chainOf, postRoot } from '../../src/client/exit.ts';
import type { ExitProofView } from '../../src/core/views.ts';
import { HOME_CHAIN } from '../adapters/http/support/fakeKeeperApi.ts';
import { deployContracts, signForcedAnswer, type TestContracts } from '../support/deployContracts.ts';
import { signExitProof } from '../support/signExitProof.ts';
import { jsonLines, type Run, runMw, startMw } from './support/runMw.ts';
import { alice, executor as bob, type StandIn, startStandIn } from './support/standIn.ts';

const DAY = 86_400;
/** Alice brought 1000 and has 700 left, Bob has the rest. */
const OWNERS = [
  { address: alice, deposited: 1_000_000_000n, owns: 700_000_000n },
  { address: bob, deposited: 0n, owns: 300_000_000n },
];

let anvil: Anvil;
let contracts: TestContracts;
let snapshot: Hex;
let standIn: StandIn;
let directory: string;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: HOME_CHAIN, accounts: 20, slotsInAnEpoch: 1 });
  contracts = await deployContracts(anvil.url);
  await contracts.electLeader();
  await contracts.deposit({ account: alice, amount: 1_000_000_000n });
});
afterAll(() => anvil.stop());

beforeEach(async () => {
  snapshot = await contracts.client.snapshot();
  standIn = await startStandIn({ rpcUrl: anvil.url, registry: contracts.registry });
  directory = mkdtempSync(join(tmpdir(), 'mw-exit-'));
  vi.stubEnv('MW_PROFILE', standIn.profile);
  vi.stubEnv('MW_EXIT_PROOFS', directory);
  for (const name of ['MW_URL', 'MW_PRIVATE_KEY']) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await standIn.close();
  rmSync(directory, { recursive: true });
  await contracts.client.revert({ id: snapshot });
});

function access() {
  const { client, chainId, registry } = contracts;
  return { reader: client as never, wallet: client as never, chainId, registry };
}

/** Of the vault's log as it is now. */
async function prove(checkpoint: number, account = alice): Promise<ExitProofView> {
  const { timestamp } = await contracts.client.getBlock();
  const processedIndex = Number((await logs()).length);
  return signExitProof(contracts, { account, owners: OWNERS, checkpoint, issuedAt: Number(timestamp), processedIndex });
}

/** Entries that the proofs of this test have taken in: the listing and the deposit. */
function logs() {
  const { client, registry } = contracts;
  return Promise.all(
    (['TokenListed', 'Deposited'] as const).map((eventName) =>
      client.getContractEvents({ address: registry, abi: depositRegistryAbi, eventName, fromBlock: 0n }),
    ),
  ).then((all) => all.flat());
}

/** Has the keeper tell it, and keeps it. */
async function keepOnce(proof: ExitProofView): Promise<Run> {
  standIn.keeper.exitProof = proof;
  return runMw('exit', 'watch', '--once', '--as', 'alice');
}

async function later(seconds: number): Promise<void> {
  await contracts.client.increaseTime({ seconds });
  await contracts.client.mine({ blocks: 1 });
}

/** Until they are final. */
const mineSome = () => contracts.client.mine({ blocks: 4 });

function wallet(address: Hex): Promise<bigint> {
  const { client, token } = contracts;
  return client.readContract({ address: token, abi: devnetTokenAbi, functionName: 'balanceOf', args: [address] });
}

function files(account = alice): string[] {
  return readdirSync(join(directory, account)).toSorted();
}

const lines = ({ stderr }: Pick<Run, 'stderr'>) => stderr.trimEnd().split('\n');

describe('mw exit watch', () => {
  it('keeps exactly what the keeper told, and says what the vault makes of it', async () => {
    await later(10);
    const proof = await prove(5);
    const kept = await keepOnce(proof);
    const path = join(directory, alice, '1-5.json');
    expect(kept).toMatchObject({ exitCode: 0, stderr: '' });
    expect(kept.stdout).toBe(`checkpoint 5: 1 leaves, kept in ${path}; home would take it\n`);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(proof);

    await postRoot(access(), proof);
    const again = await runMw('exit', 'watch', '--once', '--as', 'alice', '--json');
    expect(jsonLines(again)).toEqual([
      {
        event: 'kept',
        epoch: 1,
        checkpoint: 5,
        leaves: 1,
        path,
        removed: 0,
        vaults: [{ chainId: HOME_CHAIN, name: 'home', standing: 'inForce', text: 'goes by it' }],
      },
    ]);
    expect(files()).toEqual(['1-5.json']);
  });

  it('keeps nothing that the vault contradicts, that is of somebody else, or that is not whole', async () => {
    await later(10);
    const proof = await prove(5);
    await postRoot(access(), proof);
    const [chain] = proof.chains as [ExitProofView['chains'][number]];
    const withChain = (changes: object) => ({ ...proof, chains: [{ ...chain, ...changes }] });
    const other = await signExitProof(contracts, {
      account: alice,
      owners: OWNERS.map((owner) => ({ ...owner, owns: owner.deposited })),
      checkpoint: 5,
      issuedAt: proof.roots.issuedAt,
      processedIndex: chain.processedIndex,
    });
    const bad: readonly (readonly [string, ExitProofView])[] = [
      ['home goes by another tree of checkpoint 5', other],
      ['the leaf of token', withChain({ leaves: [{ ...chain.leaves[0], offset: '5' }] }) as ExitProofView],
      ['are missing', withChain({ leaves: [] })],
      ['the leaf of token', await prove(5, bob)],
      [
        'it is of another exchange',
        await signExitProof(
          { ...contracts, registry: contracts.token },
          { ...proof.roots, account: alice, owners: OWNERS, processedIndex: 3 },
        ),
      ],
    ];
    for (const [problem, false_] of bad) {
      const run = await keepOnce(false_);
      expect([problem, run.exitCode]).toEqual([problem, 1]);
      expect(run.stderr).toContain(problem);
    }
    expect(readdirSync(directory)).toEqual([]);
  });

  it('does not let a second story replace the first one of a checkpoint', async () => {
    await later(10);
    const first = await prove(5);
    await keepOnce(first);
    await later(1);
    const { exitCode, stderr } = await keepOnce({ ...(await prove(5)) });
    // Signed a second later: the same trees, so the same root.
    expect([exitCode, stderr]).toEqual([0, '']);
    const second = await signExitProof(contracts, {
      ...first.roots,
      account: alice,
      owners: OWNERS.map((owner) => ({ ...owner, owns: owner.deposited })),
      processedIndex: 2,
    });
    const refused = await keepOnce(second);
    expect(refused.exitCode).toBe(1);
    expect(lines(refused)[0]).toBe('error: The keeper told two different exit roots of checkpoint 5.');
    expect(JSON.parse(readFileSync(join(directory, alice, '1-5.json'), 'utf8')).roots.root).toBe(first.roots.root);
  });

  it('follows the stream, and forgets what no vault can go back to', async () => {
    await later(100);
    const first = await prove(5);
    await postRoot(access(), first);
    await mineSome();
    standIn.keeper.exitProof = first;
    const watching = startMw('exit', 'watch', '--as', 'alice', '--every', '1');
    await watching.waitFor(({ stdout }) => stdout.includes('checkpoint 5: 1 leaves'));
    const told: ExitProofView[] = [];
    for (const checkpoint of [6, 7, 8]) {
      const proof = await prove(checkpoint);
      told.push(proof);
      standIn.keeper.exitProof = proof;
      standIn.keeper.publishExitRoots();
      await watching.waitFor(({ stdout }) => stdout.includes(`checkpoint ${checkpoint}: 1 leaves`));
    }
    // 6 and 7 may still be posted.
    expect(files()).toEqual(['1-5.json', '1-6.json', '1-7.json', '1-8.json']);
    await later(10);
    await postRoot(access(), told[2] as ExitProofView);
    await mineSome();
    standIn.keeper.publishExitRoots();
    await watching.waitFor(({ stdout }) => stdout.includes('checkpoint 8: 1 leaves') && files().length < 4);
    // 5 is what the vault falls back to when 8 is discarded.
    expect(files()).toEqual(['1-5.json', '1-8.json']);
  });

  it('warns when the keeper delivers no proof of what a vault goes by, and when it hears nothing of it', async () => {
    await later(10);
    standIn.keeper.exitProof = await prove(4);
    const watching = startMw('exit', 'watch', '--as', 'alice', '--every', '1', '--json');
    await watching.waitFor(({ stdout }) => stdout.includes('"kept"'));
    const posted = await prove(5);
    await postRoot(access(), posted);
    await later(301);
    const { stdout } = await watching.waitFor((written) => written.stdout.includes('exit.notDelivered'));
    expect(stdout).toContain('home goes by the root of checkpoint 5');
    expect(stdout).toContain('the newest that is kept is of checkpoint 4');
    standIn.keeper.exitProof = posted;
    // It asks by itself.
    await watching.waitFor((written) => /"over","code":"exit.notDelivered"/.test(written.stdout));
    expect(files()).toContain('1-5.json');
    await later(DAY);
    await watching.waitFor((written) => written.stdout.includes('exit.noHeartbeat'));
    await standIn.stop();
    await watching.waitFor((written) => written.stdout.includes('exit.keeperSilent'));
  });

  it('says so when there is no proof yet', async () => {
    const run = await runMw('exit', 'watch', '--once', '--as', 'alice');
    expect(run.exitCode).toBe(1);
    expect(lines(run)).toEqual([
      'error: The keeper has signed no exit roots yet.',
      'The first checkpoint must be final; try again in a while.',
    ]);
  });
});

describe('the way out', () => {
  it('is refused before its time, each step of it, and says when', async () => {
    await later(10);
    await keepOnce(await prove(5));
    const early = await runMw('exit', 'claim', '--as', 'alice');
    expect(early.exitCode).toBe(1);
    expect(lines(early)).toEqual([
      'home: Exit mode was not entered.',
      'error: Not everything could be claimed: chain 31337.',
      '`mw exit status` says where each vault is; claim again when it is final.',
    ]);
    const enter = await runMw('exit', 'enter', '--as', 'alice');
    expect(enter.exitCode).toBe(1);
    expect(lines(enter)[0]).toMatch(/ExitHatch_NotLongEnough\(.+\)\. 604800 s \(7 days\) must pass/);
    const status = await runMw('exit', 'status', '--as', 'alice');
    expect(status.stdout).toContain('home: running, root of checkpoint 0, NO PROOF of it is kept. Heard ');
    expect(status.stdout).toMatch(/home +TUSD +700 +0 +0/);
  });

  it('leads from silence to what everybody owns, without a keeper', async () => {
    await later(10);
    const proof = await prove(5);
    await postRoot(access(), proof);
    await keepOnce(proof);
    await standIn.stop();
    await later(7 * DAY);
    expect((await runMw('exit', 'status', '--as', 'alice')).stdout).toContain(
      'Enter exit mode with `mw exit enter --chain home`.',
    );
    const entered = await runMw('exit', 'enter', '--as', 'executor');
    expect(entered).toMatchObject({ exitCode: 0, stderr: 'home: exit mode is entered\n' });
    const waiting = await runMw('exit', 'status', '--as', 'alice');
    expect(waiting.stdout).toMatch(/home: closing, root of checkpoint 5, its proof is kept\. Claims from 20\S+Z on/);
    await later(2 * DAY);
    // A damaged file is no reason to stay.
    writeFileSync(join(directory, alice, '1-9.json'), '{"roots":');
    const before = await wallet(alice);
    const claimed = await runMw('exit', 'claim', 'alice', '--as', 'executor', '--json');
    expect(claimed.exitCode).toBe(0);
    expect(jsonLines(claimed)).toMatchObject([
      { account: alice, recipient: alice, failed: [], paid: [{ symbol: 'TUSD', decimals: 6, atoms: '700000000' }] },
    ]);
    expect(await wallet(alice)).toBe(before + 700_000_000n);
    const again = await runMw('exit', 'claim', '--as', 'alice');
    expect(again).toMatchObject({ exitCode: 0, stdout: 'nothing was paid\n' });
    expect(lines(again)[0]).toContain('1-9.json cannot be read');
    expect(lines(again)).toHaveLength(1);
  });

  it('pays by the proof of a later leader, who signed the same trees when the vault took no roots any more', async () => {
    await later(10);
    const proof = await prove(5);
    await postRoot(access(), proof);
    const kept = await keepOnce({ ...proof, roots: { ...proof.roots, epoch: 2 } });
    expect(kept.stdout).toMatch(/; home goes by it\n$/);
    expect(files()).toEqual(['2-5.json']);
    await later(7 * DAY);
    await runMw('exit', 'enter', '--as', 'executor');
    await later(2 * DAY);
    expect((await runMw('exit', 'status', '--as', 'alice')).stdout).toContain(
      'root of checkpoint 5, its proof is kept',
    );
    const before = await wallet(alice);
    expect((await runMw('exit', 'claim', '--as', 'alice')).exitCode).toBe(0);
    expect(await wallet(alice)).toBe(before + 700_000_000n);
  });

  it('pays elsewhere only for the account itself, and who came after the last root without a leaf', async () => {
    await later(10);
    const proof = await prove(5);
    await postRoot(access(), proof);
    await keepOnce(proof);
    await contracts.deposit({ account: bob, amount: 5_000_000n });
    await later(7 * DAY);
    await runMw('exit', 'enter', '--as', 'executor');
    await later(2 * DAY);
    const stolen = await runMw('exit', 'claim', 'alice', '--as', 'executor', '--to', bob);
    expect(stolen.exitCode).toBe(1);
    expect(lines(stolen).join(' ')).toContain('ExitHatch_NotAccount');
    const to: Hex = `0x${'77'.repeat(20)}`;
    expect((await runMw('exit', 'claim', '--as', 'alice', '--to', to)).exitCode).toBe(0);
    expect(await wallet(to)).toBe(700_000_000n);
    const none = await runMw('exit', 'claim', '--as', 'executor');
    expect(none.stderr).toContain('no proof of it is kept. Who came later names his tokens with --token.');
    const before = await wallet(bob);
    const late = await runMw('exit', 'claim', '--as', 'executor', '--chain', 'home', '--token', contracts.token);
    expect(late).toMatchObject({ exitCode: 0 });
    expect(await wallet(bob)).toBe(before + 5_000_000n);
  });

  it('posts a newer root that nobody carried, but only after exit mode is entered', async () => {
    await later(10);
    const posted = await prove(5);
    await postRoot(access(), posted);
    await later(100);
    const newer = await prove(6);
    await keepOnce(newer);
    await later(7 * DAY - 50);
    const entered = await runMw('exit', 'enter', '--as', 'alice');
    expect(lines(entered)).toEqual(['home: posted the root of checkpoint 6', 'home: exit mode is entered']);
    const status = await runMw('exit', 'status', '--as', 'alice', '--json');
    expect(jsonLines(status)).toMatchObject([
      { newestProof: 6, vaults: [{ phase: 'closing', hasProof: true, newestRoot: { checkpoint: 6 } }] },
    ]);
    expect(chainOf(newer, access()).treeRoot).not.toBe(chainOf(posted, access()).treeRoot);
  });

  it('shows where the vaults are also to whom no proof was kept', async () => {
    await later(10);
    const run = await runMw('exit', 'status', '--as', 'executor');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^home: running, root of checkpoint 0, NO PROOF of it is kept\. Heard /);
    expect(lines(run)[0]).toMatch(/^error: \S+ keeps no exit proof of 0x/);
  });

  it('needs to know whose, and where', async () => {
    const nobody = await runMw('exit', 'status');
    expect(nobody.exitCode).toBe(2);
    expect(lines(nobody)[0]).toContain("keeps nobody's proofs: name an account");
    vi.stubEnv('MW_PROFILE', undefined);
    // Where no devnet has left its profile.
    vi.spyOn(process, 'cwd').mockReturnValue(directory);
    const nowhere = await runMw('exit', 'claim', '--as', 'alice', '--directory', directory);
    expect(nowhere.exitCode).toBe(2);
    expect(lines(nowhere)[0]).toContain('Where are the vaults?');
    const unnamed = await runMw('exit', 'enter', '--request', '3', '--as', 'alice', '--profile', standIn.profile);
    expect(unnamed.exitCode).toBe(2);
    expect(lines(unnamed)[0]).toContain('--request needs --chain');
  });
});

describe('mw exit force', () => {
  /** As the courier brings it. */
  async function answer(id: bigint, paid: bigint, reason: number): Promise<void> {
    await later(10);
    await postRoot(access(), await prove(5));
    const { client, registry } = contracts;
    const { message, ...signed } = await signForcedAnswer(contracts, { id, paid, reason, checkpoint: 5 });
    const args = [{ ...message, checkpoint: 5n }, signed.enclaveSignature, signed.leaderSignature] as const;
    const call = { address: registry, abi: depositRegistryAbi, functionName: 'answerForced', args } as const;
    const hash = await client.writeContract({ ...call, chain: null });
    await client.waitForTransactionReceipt({ hash });
  }

  it('asks the vault, and waits for what the keeper answers', async () => {
    await later(10);
    await keepOnce(await prove(4));
    // Its fee goes to whoever brings the answer, and the keeper is not asked.
    await standIn.stop();
    const before = await wallet(alice);
    const asking = startMw('exit', 'force', '250.5', 'tusd', '--chain', 'home', '--as', 'alice');
    await asking.waitFor(({ stderr }) => stderr.includes('home has taken request 1, for a fee of 0.001 of its coin'));
    await answer(1n, 250_500_000n, 0);
    expect(await asking.ended).toMatchObject({ exitCode: 0, stdout: `250.5 of 250.5 TUSD paid to ${alice}\n` });
    expect(await wallet(alice)).toBe(before + 250_500_000n);
  });

  it('says why it is refused', async () => {
    const asking = startMw('exit', 'force', '250', contracts.token, '--chain', 'home', '--as', 'alice', '--json');
    await expect.poll(() => contracts.client.getBalance({ address: contracts.registry })).not.toBe(0n);
    await answer(1n, 0n, 1);
    const refused = await asking.ended;
    expect(refused.exitCode).toBe(1);
    expect(jsonLines(refused)).toMatchObject([{ id: '1', paid: '0', open: '0', reason: 'noBalance' }]);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'forced.noBalance' } });
  });

  it('says until when it must be answered when nobody waits for it', async () => {
    const asked = await runMw('exit', 'force', '1', contracts.token, '--chain', 'home', '--as', 'alice', '--no-wait');
    expect(asked.exitCode).toBe(0);
    expect(asked.stdout).toMatch(/^0 of 1 0x.* paid to .*; request 1 must be answered by 20\S+Z\n$/);
    const waited = await runMw(
      'exit',
      'force',
      '1',
      contracts.token,
      '--chain',
      'home',
      '--as',
      'alice',
      '--timeout',
      '1',
    );
    expect(waited.exitCode).toBe(1);
    expect(lines(waited).at(-1)).toContain('`mw exit enter --request`');
  });

  it('needs a token that it knows, and an amount', async () => {
    const unknown = await runMw('exit', 'force', '1', 'WBTC', '--chain', 'home', '--as', 'alice');
    expect(unknown.exitCode).toBe(2);
    expect(lines(unknown)[0]).toContain('No kept exit proof knows WBTC on chain 31337');
    const nothing = await runMw('exit', 'force', '0', contracts.token, '--chain', 'home', '--as', 'alice');
    expect(nothing.exitCode).toBe(2);
    const unlisted = await runMw('exit', 'force', '1', alice, '--chain', 'home', '--as', 'alice');
    expect(unlisted.exitCode).toBe(1);
    expect(lines(unlisted)[0]).toBe(`error: ${alice} is no token of chain 31337: it does not tell its decimals.`);
  });
});
