// Whatever stands in a vault's log, the keeper has to go on, unless only both of its keys can have put it there.
import { depositRegistryAbi } from '@myrtle-wyckoff/generated';
import { type AbiEvent, type AbiParameter, encodeAbiParameters, toEventSelector } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { fromHex } from '../../src/core/bytes.ts';
import type { LogEntry } from '../../src/core/commands.ts';
import { validateInternalState } from '../../src/core/invariants.ts';
import { nextHead } from '../../src/core/logEntries.ts';
import { engineHash } from '../../src/core/snapshot.ts';
import { sourceKey } from '../../src/core/state.ts';
import {
  addressOf,
  HOME,
  hashOf,
  openExchange,
  REGISTRY,
  registryLog,
  type TestExchange,
} from '../support/exchange.ts';

const STRANGER = addressOf('stranger');

/** Who can bring the vault to write it, beside both keys; and what the keeper makes of it. */
const ENTRIES: Readonly<Record<string, { readonly by: string; readonly keeper: 'counts it' | 'passes it' | 'stops' }>> =
  {
    Deposited: { by: 'anybody', keeper: 'counts it' },
    WithdrawalCancelled: { by: 'anybody', keeper: 'counts it' },
    WithdrawalRevoked: { by: 'the council', keeper: 'counts it' },
    ForcedRequested: { by: 'anybody', keeper: 'counts it' },
    ExitModeEntered: { by: 'anybody', keeper: 'counts it' },
    ExitModeCured: { by: 'anybody', keeper: 'counts it' },
    ExitModeFinal: { by: 'anybody', keeper: 'counts it' },
    TokenListed: { by: 'the governor', keeper: 'counts it' },
    DepositCapChanged: { by: 'the council', keeper: 'passes it' },
    SettleableChanged: { by: 'the council', keeper: 'passes it' },
    LimitChanged: { by: 'the council', keeper: 'passes it' },
    RouteChanged: { by: 'the council', keeper: 'passes it' },
    SettlementRevoked: { by: 'the council', keeper: 'passes it' },
    ShuttleRevoked: { by: 'the council', keeper: 'passes it' },
    ExitRootDiscarded: { by: 'the council', keeper: 'passes it' },
    ShuttleArrived: { by: 'anybody', keeper: 'passes it' },
    SettlementClosed: { by: 'nobody', keeper: 'passes it' },
    ExitRootPosted: { by: 'nobody', keeper: 'passes it' },
    Absorbed: { by: 'nobody', keeper: 'passes it' },
    // Money has left, and for whom is not known.
    Withdrawn: { by: 'nobody', keeper: 'stops' },
    ForcedAnswered: { by: 'nobody', keeper: 'stops' },
    SettlementOpened: { by: 'nobody', keeper: 'stops' },
    ShuttleSent: { by: 'nobody', keeper: 'stops' },
  };

const EVENTS = depositRegistryAbi
  .filter((item) => item.type === 'event')
  .filter(({ inputs: [first] }) => first?.name === 'index') as readonly AbiEvent[];

/** The entry with these values, and with ones of which nobody knows anything. */
function entryOf(name: string, values: Readonly<Record<string, unknown>> = {}): LogEntry {
  const event = EVENTS.find((item) => item.name === name) as AbiEvent;
  const inputs = event.inputs.filter(({ indexed }) => indexed !== true);
  const data = encodeAbiParameters(
    inputs,
    inputs.map((input) => values[input.name as string] ?? someValue(input)),
  );
  return { kind: toEventSelector(event), data: fromHex(data) };
}

function someValue(input: AbiParameter): unknown {
  if ('components' in input) return Object.fromEntries(input.components.map((part) => [part.name, someValue(part)]));
  if (input.type === 'address') return STRANGER;
  if (input.type === 'bytes32') return hashOf(9);
  if (input.type === 'bool') return true;
  const bits = Number(/^uint(\d+)$/.exec(input.type)?.[1]);
  expect(bits, `no value for ${input.type}`).toBeGreaterThan(0);
  return bits <= 48 ? 1 : 1n;
}

let exchange: TestExchange;
beforeEach(() => {
  exchange = openExchange();
});

const vaultLog = () => exchange.state.sources.get(sourceKey(HOME, REGISTRY));

describe('an entry of a vault', () => {
  it('is in the table, whichever it is', () => {
    expect(Object.keys(ENTRIES).toSorted()).toEqual(EVENTS.map(({ name }) => name).toSorted());
  });

  it('that others than both keys can bring about never stops the keeper', () => {
    const stopping = Object.values(ENTRIES).filter(({ keeper }) => keeper === 'stops');
    expect(new Set(stopping.map(({ by }) => by))).toEqual(new Set(['nobody']));
    const entered = { reason: 1, requestId: 1n };
    const entries = [
      entryOf('TokenListed', { token: addressOf('junk') }),
      // A vault accounts for no more.
      entryOf('Deposited', { token: addressOf('junk'), amount: 2n ** 112n - 2n, subaccount: 2 ** 32 - 1 }),
      entryOf('Deposited', { token: addressOf('junk'), amount: 1n, subaccount: 0 }),
      entryOf('WithdrawalCancelled', { nonce: 2n ** 256n - 1n }),
      entryOf('WithdrawalRevoked', { nonce: 0n }),
      entryOf('ForcedRequested', { id: 1n, token: addressOf('junk'), amount: 2n ** 112n - 1n }),
      entryOf('ExitModeEntered', entered),
      entryOf('ExitModeCured'),
      entryOf('ExitModeEntered', entered),
      entryOf('ExitModeFinal'),
    ];
    for (const entry of entries) {
      registryLog(exchange, HOME, [entry]);
      validateInternalState(exchange.state);
    }
    const counted = Object.keys(ENTRIES).filter((name) => ENTRIES[name]?.keeper === 'counts it');
    expect(new Set(entries.map(({ kind }) => kind)).size).toBe(counted.length);
  });

  const passed = Object.keys(ENTRIES).filter((name) => ENTRIES[name]?.keeper === 'passes it');
  it.each(passed)('moves the head and nothing else: %s', (name) => {
    const entry = entryOf(name);
    const { head, index } = vaultLog() as { head: `0x${string}`; index: number };
    const twin = openExchange();
    // As if an entry of a kind that is not known had come instead.
    registryLog(twin, HOME, [{ kind: hashOf(5), data: new Uint8Array() }]);
    expect(registryLog(exchange, HOME, [entry]).events).toEqual([]);
    expect(vaultLog()).toMatchObject({ head: nextHead(head, index, entry), index: index + 1 });
    const source = twin.state.sources.get(sourceKey(HOME, REGISTRY)) as { head: string };
    source.head = vaultLog()?.head as string;
    expect(engineHash(exchange.state)).toBe(engineHash(twin.state));
  });

  const stopping = Object.keys(ENTRIES).filter((name) => ENTRIES[name]?.keeper === 'stops');
  it.each(stopping)('stops the keeper when its keys have signed what it does not know: %s', (name) => {
    expect(() => registryLog(exchange, HOME, [entryOf(name, { amount: 5n, paid: 5n, id: 1n })])).toThrow(
      /never gave|nobody may guess|does not know/,
    );
  });
});
