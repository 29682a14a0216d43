import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { START_TIME, USDC } from '../adapters/http/support/fakeKeeperApi.ts';
import { jsonLines, type Run, runMw } from './support/runMw.ts';
import { alice, executor, type StandIn, startStandIn } from './support/standIn.ts';

let standIn: StandIn;

beforeEach(async () => {
  standIn = await startStandIn();
  vi.stubEnv('MW_PROFILE', standIn.profile);
  vi.stubEnv('MW_URL', undefined);
  vi.stubEnv('MW_PRIVATE_KEY', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await standIn.close();
});

function lines({ stdout }: Run): string[] {
  return stdout.trimEnd().split('\n');
}

describe('mw account', () => {
  it('shows balances in whole units, and what is held until its token is listed', async () => {
    const run = await runMw('account', '--as', 'alice');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(run)).toEqual([
      alice,
      'subaccount  asset  amount  reserved  free  dust',
      '         0  USDC     1500       500  1000     0',
      'margin of subaccount 0: tier 1, owes 500 of at most 100000 USD',
      '  health in USD: init 250, maint 400',
      '  distance to liquidation: unknown',
      '  is liquidated since 2023-11-14T22:13:20.000Z',
      '  to be settled: 0.005 MEME for 0.000007 USDC',
      `held until the token is listed: 5 atoms of 0x${'dd'.repeat(20)} on chain 31337`,
    ]);
  });

  it('shows dust, which is less than the ledger counts', async () => {
    const [view] = standIn.keeper.accounts;
    const balance = { asset: USDC, symbol: 'USDC', decimals: 6, amount: '1', reserved: '0', free: '1', dust: '7' };
    standIn.keeper.accounts = [{ ...(view as NonNullable<typeof view>), balances: [balance], unlisted: [] }];
    expect(lines(await runMw('account', '--as', 'alice'))[2]).toBe(
      '         0  USDC   0.000001         0  0.000001  0.000000000000000007',
    );
  });

  it('says that the exchange winds down', async () => {
    standIn.keeper.exits = [{ chainId: 31338, phase: 'closing', since: START_TIME }];
    expect(lines(await runMw('account', '--as', 'alice')).slice(-2)).toEqual([
      'The exchange winds down: no orders, no withdrawals.',
      `the vault of chain 31338 is in exit mode: it may still be cured; known since ${new Date(START_TIME).toISOString()}`,
    ]);
    const [view] = jsonLines(await runMw('account', '--as', 'alice', '--json'));
    expect(view).toMatchObject({ exits: standIn.keeper.exits });
  });

  it('shows orders and fills with prices and sizes of the book', async () => {
    // The stand-in has fills of one address only, which is not this alice's.
    standIn.keeper.api.fills = ({ limit }) => standIn.keeper.fills.slice(0, limit);
    const run = await runMw('account', '--as', 'alice', '--orders', '--fills');
    expect(lines(run).slice(10)).toEqual([
      ' order  book       side  price  remaining  subaccount  client id',
      '101377  WETH/USDC  buy    2400       0.02           0         42',
      '',
      'time                      book       side  role   price   size    fee         order',
      `${new Date(START_TIME - 1000).toISOString()}  WETH/USDC  buy   taker   2500  0.004  0.003  USDC  101376`,
    ]);
  });

  it('prints what the API answers as one line of JSON', async () => {
    const run = await runMw('account', '--as', 'alice', '--json', '--orders');
    expect(jsonLines(run)).toEqual([
      { address: alice, accounts: standIn.keeper.accounts, exits: [], orders: standIn.keeper.orders },
    ]);
    expect(run.stderr).toBe('');
  });

  it('says what to do when the account never had a deposit', async () => {
    const run = await runMw('account', '--as', 'executor');
    expect(run.exitCode).toBe(0);
    expect(lines(run)).toEqual([
      executor,
      'The keeper does not know this account: it never had a deposit (see `mw deposit --help`).',
    ]);
  });

  it('lets the executor look at everybody, and nobody else', async () => {
    const run = await runMw('account', 'alice', '--as', 'executor');
    expect(lines(run)[0]).toBe(alice);
    expect(lines(run)).toHaveLength(9);
    expect(await runMw('account', executor, '--as', 'alice')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'error: Only the executor may ask about other addresses.\nAsk as that address itself, or as the executor.\n',
    });
  });

  it('uses the key of MW_PRIVATE_KEY and the keeper of --url', async () => {
    vi.stubEnv('MW_PROFILE', undefined);
    vi.stubEnv('MW_PRIVATE_KEY', `0x${'11'.repeat(32)}`);
    const run = await runMw('account', '--url', standIn.url, '--profile', standIn.profile);
    expect(lines(run)[0]).toBe('0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a');
  });

  it('is not understood without a key', async () => {
    const run = await runMw('account');
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('error: Whose key shall sign?');
    expect(run.stderr).toContain('--help');
  });
});

describe('mw account --solvency', () => {
  it('shows without a key that the vaults hold what the accounts own', async () => {
    const run = await runMw('account', '--solvency');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(lines(run)).toEqual([
      'asset  accounts  withdrawals  vaults  difference  vault 31337',
      'USDC       2500           40    2540           0         2540',
    ]);
  });

  it('shows and reports a ledger that does not balance', async () => {
    const [usdc] = standIn.keeper.api.solvency();
    standIn.keeper.api.solvency = () => [
      { ...(usdc as NonNullable<typeof usdc>), vaults: '2530000000000000000000', difference: '-10000000000000000000' },
    ];
    const run = await runMw('account', '--solvency');
    expect(run.exitCode).toBe(1);
    expect(lines(run)[1]).toContain('-10');
    expect(run.stderr).toContain('error: The books of USDC do not balance');
  });
});

describe('the connection', () => {
  it('that is refused says so, and what to do', async () => {
    await standIn.stop();
    const run = await runMw('account', '--solvency');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^error: The keeper at http:\S+ cannot be reached: /);
    expect(run.stderr).toContain('`npm start` starts a devnet');
  });

  it('tells machines about a refusal as one line of JSON on stderr', async () => {
    const run = await runMw('account', alice.replace('0x', '0X'), '--as', 'alice', '--json');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(JSON.parse(run.stderr)).toEqual({
      error: {
        code: 'usage',
        message: expect.stringContaining('The account must be an address'),
        hint: expect.any(String),
      },
    });
    const unknown = await runMw('account', '--ass', 'alice', '--json');
    expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
    expect(JSON.parse(unknown.stderr)).toMatchObject({
      error: { code: 'usage', message: expect.stringContaining("unknown option '--ass'") },
    });
    const refused = await runMw('account', executor, '--as', 'alice', '--json');
    expect(JSON.parse(refused.stderr)).toEqual({
      error: {
        code: 'access.notExecutor',
        message: 'Only the executor may ask about other addresses.',
        details: { address: alice },
        retryable: false,
        hint: 'Ask as that address itself, or as the executor.',
      },
    });
  });

  it('passes on that the keeper is not ready', async () => {
    standIn.keeper.refusal = { code: 'keeper.notReady', message: 'This keeper is a candidate.', retryable: true };
    expect(await runMw('account', '--solvency')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: This keeper is a candidate.\nTry again in a moment.\n',
    });
  });

  it.each([
    ['an unknown option', ['account', '--ass', 'alice'], "error: unknown option '--ass'"],
    [
      'two keys',
      ['account', '--as', 'alice', '--key-file', 'key'],
      "error: option '--as <name>' cannot be used with option '--key-file <file>'",
    ],
    [
      'a URL that is none',
      ['account', '--url', 'localhost:1'],
      'error: The URL of the keeper must start with http:// or https://',
    ],
    ['too many words', ['account', 'alice', 'bob'], 'error: too many arguments'],
    [
      'a limit that is no number',
      ['account', '--as', 'alice', '--limit', 'ten'],
      'error: The limit must be a whole number',
    ],
    ['an address with --solvency', ['account', 'alice', '--solvency'], 'error: --solvency is about all accounts'],
  ])('is not understood with %s', async (_, args, message) => {
    const run = await runMw(...args);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });

  it.each(['account', 'book', 'deposit', 'withdraw', 'order', 'digest'])(
    'has help with examples: mw %s',
    async (name) => {
      const run = await runMw(name, '--help');
      expect(run).toMatchObject({ exitCode: 0, stderr: '' });
      expect(run.stdout).toMatch(/Examples:\n {2}\$ mw /);
    },
  );
});
