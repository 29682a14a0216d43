import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReplayOutput, replay } from '../../src/core/replay.ts';
import { ReplayError } from '../../src/core/replayFields.ts';

const documentation = readFileSync(resolve(import.meta.dirname, '../../../docs/replay.md'), 'utf8');
const [example, exampleOutput, marginExample, marginOutput] = [...documentation.matchAll(/```json\n(.*?)```/gs)].map(
  (match) => match[1],
) as [string, string, string, string];
const setup = example.split('\n')[0] as string;
const ANN = '0x00000000000000000000000000000000000000a1';
const BEN = '0x00000000000000000000000000000000000000b2';

function run(...lines: readonly object[]): ReplayOutput[] {
  return [...replay([setup, ...lines.map((line) => JSON.stringify(line))].join('\n'))];
}

describe('a replay', () => {
  it('prints for the example of the documentation what the documentation says', () => {
    const outputs = [...replay(example)];
    expect(JSON.stringify(outputs[4])).toBe(exampleOutput.trim());
    expect(outputs.map((output) => output.type)).toEqual(['log', 'log', 'log', 'batch', 'batch', 'batch', 'end']);
    expect(outputs[5]).toMatchObject({ result: { items: [{ code: 'ok', cancelled: 1 }] } });
  });

  it('liquidates in the example of the documentation as the documentation says', () => {
    const outputs = [...replay(marginExample)];
    const text = JSON.stringify(outputs.at(-2), (_, value) => (typeof value === 'bigint' ? String(value) : value));
    expect(text).toBe(marginOutput.trim());
  });

  it('refuses what exceeds the debt limit or the borrow cap of its setup', () => {
    const buy = {
      type: 'place',
      account: ANN,
      book: 1,
      side: 'buy',
      price: 200_000,
      quantity: 2_000,
      timeInForce: 'IOC',
    };
    const codeOf = (from: string, to: string) => {
      const [head, prices] = marginExample.split('\n') as [string, string];
      const text = [head.replace(from, to), prices, JSON.stringify(buy)].join('\n');
      const output = [...replay(text)].at(-2);
      return output?.type === 'batch' && output.result.code === 'ok' ? output.result.items?.[0]?.code : undefined;
    };
    expect(codeOf('', '')).toBe('ok');
    expect(codeOf('"debtLimit":"5000000000"', '"debtLimit":3000000000')).toBe('risk.debtLimit');
    const weight = '"initLiabilityWeightPpm":1000000';
    expect(codeOf(weight, `${weight},"borrowCap":3000000000`)).toBe('risk.borrowCap');
    expect(codeOf(weight, `${weight},"borrowScaleStart":1000000000`)).toBe('risk.insufficientHealth');
    expect(codeOf('"creditTier":1,', '')).toBe('risk.insufficientBalance');
  });

  it('pays from the insurance account of its setup', () => {
    const insurance = `0x${'c3'.repeat(20)}`;
    const [head, ...rest] = marginExample.trim().split('\n') as [string, ...string[]];
    const accounts = `"insuranceAccount":"${insurance}","accounts":[{"address":"${insurance}","balances":{"USD":"900000000"}},`;
    // Nobody bids, the price falls on, and then somebody buys all of it for too little.
    const lines = [head.replace('"accounts":[', accounts), ...rest.filter((line) => !line.includes('"price":165000'))];
    const priceAt = (time: number, dollars: number) => ({
      asset: 1,
      time,
      bid: `${dollars}000000000000000`,
      ask: `${dollars}000000000000000`,
      confidencePpm: 0,
    });
    const prices = (time: number, dollars: number) =>
      JSON.stringify({ type: 'prices', time, prices: [priceAt(time, dollars)] });
    const bid = { type: 'place', account: BEN, book: 1, side: 'buy', price: 130_000, quantity: 2_000 };
    const outputs = [
      ...replay(
        [...lines, prices(40_000, 1_490), prices(50_000, 1_350), JSON.stringify(bid), prices(60_000, 1_340)].join('\n'),
      ),
    ];
    const events = outputs.flatMap((output) => (output.type === 'prices' ? output.events : []));
    const paid = { type: 'insuranceChanged', account: { address: ANN, subaccount: 0 }, asset: 2 };
    expect(events).toContainEqual(expect.objectContaining(paid));
    expect(events.map(({ type }) => type)).not.toContain('lossShared');
  });

  it('gives the same bytes every time', () => {
    expect([...replay(example)]).toEqual([...replay(example)]);
  });

  it('ends with another hash when one lot differs', () => {
    const other = example.replace('"quantity":40', '"quantity":41');
    expect([...replay(other)].at(-1)).not.toEqual([...replay(example)].at(-1));
  });

  it('takes a batch with all its fields and refuses what the core refuses', () => {
    const order = { kind: 'place', account: ANN, book: 1, side: 'sell', price: '7', quantity: 1 };
    const outputs = run(
      { type: 'batch', epoch: 9, actions: [order] },
      { type: 'batch', nonce: 5, time: 10, deadline: 12, makersFirst: true, actions: [order, { ...order, kind: 1 }] },
      { type: 'batch', nonce: 5, actions: [order] },
      { type: 'batch', executor: BEN, actions: [order] },
    );
    expect(outputs.slice(3, 7).map((output) => 'result' in output && output.result.code)).toEqual([
      'batch.wrongEpoch',
      'ok',
      'batch.nonceNotGrowing',
      'batch.notExecutor',
    ]);
  });

  it('deposits, withdraws and cuts a checkpoint', () => {
    const token = `0x${'2'.padStart(40, '0')}`;
    const request = {
      account: BEN,
      chainId: 31337,
      token,
      amount: '5000000001',
      recipient: BEN,
      nonce: 1,
      deadline: 5,
    };
    const outputs = run(
      { type: 'requestWithdrawal', ...request },
      { type: 'deposit', account: BEN, asset: 'USD', amount: 1, sequence: 77 },
      { type: 'requestWithdrawal', ...request },
      { type: 'cutCheckpoint', time: 1000 },
      { type: 'cancelWithdrawal', account: BEN, chainId: 31337, nonce: '1' },
    );
    expect(outputs.slice(3, 8).map((output) => 'result' in output && output.result.code)).toEqual([
      'withdrawal.insufficientBalance',
      'ok',
      'ok',
      'ok',
      'withdrawal.notQueued',
    ]);
    expect(outputs.slice(3).map((output) => output.sequence)).toEqual([4, 77, 78, 79, 80, 80]);
  });

  it('follows raw logs from a genesis', () => {
    const contracts = { authority: ANN, checkpointer: BEN, directory: `0x${'dd'.repeat(20)}` };
    const lines = [
      { type: 'genesis', homeChainId: 1, ...contracts },
      {
        type: 'log',
        chainId: 1,
        contract: ANN,
        firstIndex: 0,
        entries: [{ kind: `0x${'ab'.repeat(32)}`, data: '0x' }],
        block: { number: 3, hash: `0x${'00'.repeat(32)}`, timestamp: 4 },
      },
    ];
    const outputs = [...replay(lines.map((line) => JSON.stringify(line)).join('\n'))];
    expect(outputs[0]).toMatchObject({ line: 2, sequence: 1, result: { code: 'ok' }, events: [] });
  });

  it.each([
    ['nothing', '', 'there is no line'],
    ['no JSON', '{', 'line 1: no JSON'],
    ['a list', '[]', 'line 1: not an object'],
    ['a command first', '{"type":"cutCheckpoint"}', 'line 1: the first line must be a genesis or a setup'],
    ['an unknown type', `${setup}\n{"type":"dance"}`, 'line 2: unknown type dance'],
    ['an unknown field', `${setup}\n\n{"type":"cutCheckpoint","hurry":1}`, 'line 3: unknown field hurry'],
    ['a broken number', `${setup}\n{"type":"cutCheckpoint","time":1.5}`, 'line 2: time must be a whole number'],
    ['a number that is too large', `${setup}\n{"type":"cutCheckpoint","time":"9007199254740992"}`, 'at most 2^53 - 1'],
    ['no address', `${setup}\n{"type":"cancelAll","account":"0x12"}`, 'line 2: account: expected 20 bytes'],
    ['a strange side', `${setup}\n{"type":"place","account":"${ANN}","side":"both"}`, 'side must be one of buy, sell'],
    ['a missing field', `${setup}\n{"type":"place"}`, 'line 2: account is missing'],
    ['a strange risk', setup.replace('"ledgerDecimals":6', '"ledgerDecimals":6,"risk":{"weight":1}'), 'is missing'],
    ['an unknown asset', `${setup}\n{"type":"deposit","asset":"GOLD"}`, 'line 2: no asset GOLD'],
  ])('refuses %s and names the line', (_, text, message) => {
    expect(() => [...replay(text)]).toThrow(ReplayError);
    expect(() => [...replay(text)]).toThrow(message);
  });
});
