import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { recoverAddress } from 'viem';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Hex } from '../../src/core/commands.ts';
import type { WithdrawalStatus } from '../../src/core/events.ts';
import { digestOf, type WithdrawalCancelMessage, type WithdrawalRequestMessage } from '../../src/core/typedMessages.ts';
import type { WithdrawalView } from '../../src/core/views.ts';
import { HOME_CHAIN, USDC, USDC_TOKEN } from '../adapters/http/support/fakeKeeperApi.ts';
import { jsonLines, MW, type Run, runMw } from './support/runMw.ts';
import { alice, executor, type StandIn, startStandIn } from './support/standIn.ts';

const DEADLINE = Date.UTC(2027, 0, 1) / 1000;

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

function lines({ stderr }: Pick<Run, 'stderr'>): string[] {
  return stderr.trimEnd().split('\n');
}

function viewOf(message: WithdrawalRequestMessage, status: WithdrawalStatus): WithdrawalView {
  const posted = status !== 'queued';
  return {
    chainId: message.chainId,
    token: message.token,
    asset: USDC,
    symbol: 'USDC',
    decimals: 6,
    atoms: String(message.amount),
    address: message.account,
    subaccount: message.subaccount,
    recipient: message.recipient,
    nonce: String(message.nonce),
    status,
    checkpoint: posted ? 8 : 0,
    deadline: posted ? DEADLINE : 0,
    fitsAt: null,
  };
}

/** The keeper accepts, and each time it is asked the withdrawal has come one step further. */
function acceptAndGoThrough(...steps: readonly WithdrawalStatus[]): {
  readonly message: () => WithdrawalRequestMessage;
} {
  let accepted: WithdrawalRequestMessage | undefined;
  const left = [...steps];
  standIn.keeper.api.requestWithdrawal = async (request) => {
    standIn.keeper.calls.push(request);
    accepted = request.message;
    return { ok: true, value: viewOf(request.message, 'queued') };
  };
  standIn.keeper.api.withdrawals = () => {
    const status = left.length > 1 ? left.shift() : left[0];
    return accepted === undefined || status === undefined ? [] : [viewOf(accepted, status)];
  };
  return { message: () => accepted as WithdrawalRequestMessage };
}

function domain() {
  const { homeChainId, checkpointer } = standIn.keeper.api.identity();
  return { chainId: homeChainId, verifyingContract: checkpointer };
}

async function signerOf(digest: Hex, { signature }: { readonly signature: Hex }): Promise<string> {
  return (await recoverAddress({ hash: digest, signature })).toLowerCase();
}

describe('mw withdraw', () => {
  it('signs the request, follows it until it is paid, and tells each step', async () => {
    const { message } = acceptAndGoThrough('queued', 'posted', 'posted', 'final', 'executed');
    const before = Date.now();
    const run = await runMw('withdraw', '250.5', 'USDC', '--chain', 'home', '--as', 'alice');
    expect(run.exitCode).toBe(0);
    expect(lines(run)).toEqual([
      'queued: the next checkpoint will carry it',
      'posted: waiting for the checkpoint to be final (checkpoint 8)',
      'final: both keys sign it, the courier may carry it to the chain',
      'executed: the vault has paid, and the block is final',
    ]);
    const { nonce, deadline, ...rest } = message();
    expect(run.stdout).toBe(`executed: 250.5 USDC on chain 31337 to ${alice}, nonce ${nonce}\n`);
    expect(rest).toEqual({
      account: alice,
      subaccount: 0,
      chainId: HOME_CHAIN,
      token: USDC_TOKEN,
      amount: 250_500_000n,
      recipient: alice,
    });
    expect(Number(nonce)).toBeGreaterThanOrEqual(before);
    expect(deadline).toBeGreaterThan(Date.now());
    const digest = digestOf('WithdrawalRequest', domain(), message());
    expect(await signerOf(digest, standIn.keeper.calls[0] as { signature: Hex })).toBe(alice);
  });

  it('says what becomes of it when somebody interrupts the waiting', async () => {
    const { message } = acceptAndGoThrough('queued');
    const args = ['withdraw', '1', 'USDC', '--chain', 'home', '--as', 'alice'];
    const child = spawn(process.execPath, [MW, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(child, 'exit');
    const { withdrawals } = standIn.keeper.api;
    standIn.keeper.api.withdrawals = (address) => {
      child.kill('SIGINT');
      return withdrawals(address);
    };
    const told = await text(child.stderr);
    expect(await ended).toEqual([130, null]);
    expect(told).toContain(`While it is queued, --cancel ${message().nonce} takes it back.`);
  });

  it('pays whom it is told, from the subaccount it is told, and need not wait', async () => {
    const { message } = acceptAndGoThrough('queued');
    const args = ['--to', 'executor', '--subaccount', '3', '--no-wait', '--json'];
    const run = await runMw('withdraw', '1', 'USDC', '--chain', '31337', '--as', 'alice', ...args);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(message()).toMatchObject({ recipient: executor, subaccount: 3 });
    expect(jsonLines(run)).toEqual([viewOf(message(), 'queued')]);
  });

  it('fails when the withdrawal ends without being paid', async () => {
    acceptAndGoThrough('queued', 'posted', 'expired');
    const run = await runMw('withdraw', '1', 'USDC', '--chain', '31337', '--as', 'alice');
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/^expired: 1 USDC/);
    expect(lines(run).at(-1)).toBe('error: The withdrawal was expired; the amount is back in the balance.');
  });

  it('stops waiting when the time is over, and says how it goes on', async () => {
    const { message } = acceptAndGoThrough('queued');
    const run = await runMw('withdraw', '1', 'USDC', '--chain', '31337', '--as', 'alice', '--timeout', '1');
    expect(run).toMatchObject({ exitCode: 1, stdout: '' });
    expect(lines(run).slice(-2)).toEqual([
      'error: Waited 1 s for the withdrawal to be paid.',
      `It goes on without you: see \`mw withdraw --list\`. While it is queued, --cancel ${message().nonce} takes it back.`,
    ]);
  });

  it('goes on waiting while the keeper is away', async () => {
    acceptAndGoThrough('queued', 'executed');
    const { withdrawals } = standIn.keeper.api;
    let asked = 0;
    standIn.keeper.api.withdrawals = (address) => {
      asked += 1;
      const refusal = { code: 'keeper.notReady', message: 'This keeper is a candidate.', retryable: true } as const;
      // As if the keeper restarted between two questions.
      standIn.keeper.refusal = asked === 1 ? refusal : undefined;
      setTimeout(() => {
        standIn.keeper.refusal = undefined;
      }, 700);
      return withdrawals(address);
    };
    const run = await runMw('withdraw', '1', 'USDC', '--chain', '31337', '--as', 'alice');
    expect(run.exitCode).toBe(0);
    expect(lines(run)).toContain('This keeper is a candidate. Trying on …');
  });

  it('says how much the vault holds when that is too little', async () => {
    standIn.keeper.withdrawalAnswer = {
      ok: false,
      refusal: {
        code: 'withdrawal.vaultTooLow',
        message: 'The vault of this chain holds too little. (decimals 6, holds 100000000, alreadyPromised 40000000)',
        details: { decimals: 6, holds: '100000000', alreadyPromised: '40000000' },
        retryable: false,
      },
    };
    const run = await runMw('withdraw', '250', 'USDC', '--chain', '31337', '--as', 'alice');
    expect(run.exitCode).toBe(1);
    expect(lines(run)).toEqual([
      'error: The vault of this chain holds too little: 100, of which 40 is promised.',
      'Choose another chain or a smaller amount; `mw account --solvency` shows what each vault holds.',
    ]);
  });

  it('says how much is free when that is too little', async () => {
    standIn.keeper.withdrawalAnswer = {
      ok: false,
      refusal: {
        code: 'withdrawal.insufficientBalance',
        message: 'The free balance is smaller than the amount.',
        details: { symbol: 'USDC', decimals: 6, requested: '250000000', free: '100500000' },
        retryable: false,
      },
    };
    const run = await runMw('withdraw', '250', 'USDC', '--chain', '31337', '--as', 'alice');
    expect(lines(run)[0]).toBe('error: The free balance is too small: asked for 250 USDC, free are 100.5 USDC.');
  });

  it.each([
    [['1.1234567', 'USDC', '--chain', '31337'], 2, 'The amount of USDC has at most 6 decimals'],
    [['0', 'USDC', '--chain', '31337'], 2, 'The amount must be greater than zero.'],
    [['1', 'USDC'], 2, 'Which chain? Give --chain, for instance --chain 31337.'],
    [['1', '--chain', '31337'], 2, 'Say how much of what'],
    [['1', 'USDC', '--list'], 2, '--list takes no amount.'],
    [['--list', '--cancel', '7'], 2, 'Give --list or --cancel, not both.'],
    [['--cancel', '-7', '--chain', '31337'], 2, 'The nonce must be a whole number, got "-7".'],
    [['1', 'USDC', '--chain', '31337', '--to', 'nobody'], 2, 'The recipient must be an address'],
    [['1', 'USDC', '--chain', '31337', '--timeout', '0'], 2, 'The timeout must be at least 1 second'],
    [['1', 'DOGE', '--chain', '31337'], 1, 'DOGE is not listed on chain 31337.\nListed are: WETH, USDC.'],
    [['1', 'USDC', '--chain', '10'], 1, 'USDC is not listed on chain 10.\nUSDC is listed on chain 31337.'],
  ])('sends nothing when there is no such withdrawal: %s', async (args, exitCode, message) => {
    const run = await runMw('withdraw', ...args, '--as', 'alice');
    expect(run).toMatchObject({ exitCode, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(standIn.keeper.calls).toEqual([]);
  });
});

describe('mw withdraw --cancel', () => {
  it('signs the wish to have it back', async () => {
    const nonce = 2n ** 200n;
    const run = await runMw('withdraw', '--cancel', String(nonce), '--chain', 'home', '--as', 'alice');
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    const call = standIn.keeper.calls[0] as { message: WithdrawalCancelMessage; signature: Hex };
    expect(call.message).toEqual({ account: alice, chainId: HOME_CHAIN, nonce });
    expect(await signerOf(digestOf('WithdrawalCancel', domain(), call.message), call)).toBe(alice);
  });

  it('says where to cancel what a checkpoint carries already', async () => {
    const message = 'A checkpoint already carries the withdrawal: cancel its nonce in the registry of its chain.';
    standIn.keeper.withdrawalAnswer = {
      ok: false,
      refusal: { code: 'withdrawal.notQueued', message, retryable: false },
    };
    const run = await runMw('withdraw', '--cancel', '77', '--chain', 'home', '--as', 'alice');
    expect(run).toEqual({ exitCode: 1, stdout: '', stderr: `error: ${message}\n` });
  });
});

describe('mw withdraw --list', () => {
  it('shows what was asked for and where it stands', async () => {
    const [first] = standIn.keeper.withdrawals;
    const queued = first as NonNullable<typeof first>;
    const final = { ...queued, nonce: '78', status: 'final', checkpoint: 8, deadline: DEADLINE } as const;
    standIn.keeper.withdrawals = [queued, final];
    const run = await runMw('withdraw', '--list', '--as', 'alice');
    expect(run.stdout.trimEnd().split('\n')).toEqual([
      'amount  asset  chain  status  checkpoint  paid until                nonce  recipient',
      `    40  USDC   31337  queued           -  -                            77  ${alice}`,
      `    40  USDC   31337  final            8  2027-01-01T00:00:00.000Z     78  ${alice}`,
    ]);
  });

  it('shows when the vault will let out what waits for its limit', async () => {
    const [first] = standIn.keeper.withdrawals;
    const waiting = {
      ...(first as NonNullable<typeof first>),
      status: 'final',
      checkpoint: 8,
      fitsAt: DEADLINE,
    } as const;
    standIn.keeper.withdrawals = [waiting];
    const run = await runMw('withdraw', '--list', '--as', 'alice');
    expect(run.stdout).toContain('final, fits at 2027-01-01T00:00:00.000Z');
  });

  it('says that there is nothing', async () => {
    expect((await runMw('withdraw', '--list', '--as', 'executor')).stdout).toBe('no withdrawals\n');
  });
});
