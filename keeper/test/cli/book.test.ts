import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BUY } from '../../src/core/commands.ts';
import { BOOK } from '../adapters/http/support/fakeKeeperApi.ts';
import { jsonLines, type Run, runMw, startMw } from './support/runMw.ts';
import { alice, type StandIn, startStandIn } from './support/standIn.ts';

let standIn: StandIn;

async function begin(input: Parameters<typeof startStandIn>[0] = {}): Promise<void> {
  standIn = await startStandIn(input);
  vi.stubEnv('MW_PROFILE', standIn.profile);
  vi.stubEnv('MW_URL', undefined);
  vi.stubEnv('MW_PRIVATE_KEY', undefined);
}

function rest(side: 'bids' | 'asks', price: number, quantity: string): void {
  standIn.keeper[side].set(price, { price, quantity, orders: 1 });
}

function fillTheBook(): void {
  rest('asks', 250_010, '500');
  rest('asks', 250_100, '1000');
  rest('bids', 250_000, '250');
  rest('bids', 249_950, '1');
}

function lines({ stdout }: Run): string[] {
  return stdout.trimEnd().split('\n');
}

beforeEach(() => begin());
afterEach(async () => {
  vi.unstubAllEnvs();
  await standIn.close();
});

describe('mw book', () => {
  it('lists the books with their steps and fees', async () => {
    expect(lines(await runMw('book'))).toEqual([
      'id  book       price step  size step  maker fee %  taker fee %  status',
      ' 1  WETH/USDC        0.01      0.001         0.01         0.03  open',
    ]);
  });

  it('shows what rests, asks above bids, with totals from the best price outwards', async () => {
    fillTheBook();
    expect(lines(await runMw('book', 'weth/usdc'))).toEqual([
      'WETH/USDC, open: spread 0.1 USDC',
      '      price   size  total  orders',
      'ask  2501    1      1.5         1',
      'ask  2500.1  0.5    0.5         1',
      'bid  2500    0.25   0.25        1',
      'bid  2499.5  0.001  0.251       1',
    ]);
  });

  it('shows only the best levels that were asked for', async () => {
    fillTheBook();
    const run = await runMw('book', 'WETH/USDC', '--levels', '1', '--json');
    expect(jsonLines(run)).toEqual([
      {
        book: BOOK,
        sequence: standIn.keeper.sequence,
        bids: [{ price: 250_000, quantity: '250', orders: 1 }],
        asks: [{ price: 250_010, quantity: '500', orders: 1 }],
      },
    ]);
  });

  it('says that one side or both are empty', async () => {
    expect(lines(await runMw('book', '1'))).toEqual(['WETH/USDC, open: nothing rests']);
    rest('bids', 250_000, '250');
    expect(lines(await runMw('book', '1'))[0]).toBe('WETH/USDC, open: no asks');
  });

  it('does not know other books', async () => {
    expect(await runMw('book', 'DOGE/USDC')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: There is no book DOGE/USDC.\nThere are: WETH/USDC.\n',
    });
  });

  it.each([
    [['book', '--watch'], 'error: --watch needs a book, such as WETH/USDC.'],
    [['book', 'WETH/USDC', '--levels', '201'], 'error: The number of levels must be a whole number from 1 to 200'],
  ])('is not understood: %s', async (args, message) => {
    const run = await runMw(...args);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(message);
  });
});

describe('mw book in the dark', () => {
  beforeEach(async () => {
    await standIn.close();
    await begin({ publicBooks: 'dark' });
    fillTheBook();
  });

  it('says who may see it', async () => {
    const run = await runMw('book', 'WETH/USDC');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('only the executor sees them.\nSign in as the executor; on a devnet: --as executor.');
  });

  it('shows it to the executor', async () => {
    expect(lines(await runMw('book', 'WETH/USDC', '--as', 'executor'))).toHaveLength(6);
  });

  it('ends a watch with the refusal', async () => {
    const run = await runMw('book', 'WETH/USDC', '--watch', '--as', 'alice');
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('only the executor sees them.');
  });
});

describe('mw book --watch', () => {
  it('shows the book after every change', async () => {
    fillTheBook();
    const running = startMw('book', 'WETH/USDC', '--watch', '--json', '--levels', '2');
    await running.waitFor(({ stdout }) => stdout.includes('\n'));
    rest('asks', 250_005, '7');
    standIn.keeper.bids.delete(250_000);
    standIn.keeper.publish([
      {
        type: 'orderRested',
        book: BOOK,
        orderId: 1,
        clientId: 0,
        account: { address: alice, subaccount: 0 },
        side: BUY,
        price: 250_005,
        quantity: 7,
        remaining: 7,
        expiry: 0,
      },
    ]);
    const run = await running.waitFor(({ stdout }) => stdout.split('\n').length > 2);
    const [first, second] = jsonLines(run) as { bids: unknown; asks: unknown }[];
    expect(first).toMatchObject({
      bids: [{ price: 250_000 }, { price: 249_950 }],
      asks: [{ price: 250_010 }, { price: 250_100 }],
    });
    expect(second).toMatchObject({
      bids: [{ price: 249_950, quantity: '1' }],
      asks: [
        { price: 250_005, quantity: '7' },
        { price: 250_010, quantity: '500' },
      ],
    });
  });
});
