// A quote of the right shape that nobody signed. It says so in every field that a person would look at.
import { createHash } from 'node:crypto';
import { fromHex } from '../../../core/bytes.ts';
import { SIMULATED_APP_ID } from '../simulatedRoot.ts';

const SIGNED_SIZE = 632;
const MARK = new TextEncoder().encode('SIMULATED QUOTE, NOT FROM TDX. ');
const RUNTIME_EVENT = 0x08000001;
const RUNTIME_REGISTER = 3;
const OFFSETS = { mrSeam: 64, mrtd: 184, rtmr3: 520, reportData: 568 };
const MEASUREMENT_SIZE = 48;

const text = (value: string) => new TextEncoder().encode(value);

export const SIMULATED_COMPOSE_HASH = createHash('sha256').update('SIMULATED COMPOSE FILE').digest();
export const SIMULATED_INSTANCE_ID = createHash('sha256').update('SIMULATED INSTANCE').digest().subarray(0, 20);

const EVENTS: readonly (readonly [name: string, payload: Uint8Array])[] = [
  ['app-id', fromHex(SIMULATED_APP_ID)],
  ['compose-hash', SIMULATED_COMPOSE_HASH],
  ['instance-id', SIMULATED_INSTANCE_ID],
  ['key-provider', text('{"name":"SIMULATED","id":""}')],
  ['system-ready', text('')],
];

function digestOf(name: string, payload: Uint8Array): Buffer {
  const type = Buffer.alloc(4);
  type.writeUInt32LE(RUNTIME_EVENT);
  return createHash('sha384').update(type).update(`:${name}:`).update(payload).digest();
}

/** JSON, as the guest agent gives it. */
export function simulatedEventLog(): string {
  return JSON.stringify(
    EVENTS.map(([event, payload]) => ({
      imr: RUNTIME_REGISTER,
      event_type: RUNTIME_EVENT,
      digest: digestOf(event, payload).toString('hex'),
      event,
      event_payload: Buffer.from(payload).toString('hex'),
    })),
  );
}

/** A TDX quote, version 4, without a signature. `reportData`: 64 bytes. */
export function simulatedQuote(reportData: Uint8Array): Uint8Array {
  const quote = Buffer.alloc(SIGNED_SIZE + 4);
  quote.writeUInt16LE(4, 0);
  quote.writeUInt16LE(2, 2);
  quote.writeUInt32LE(0x81, 4);
  quote.set(MARK, OFFSETS.mrSeam);
  quote.set(MARK, OFFSETS.mrtd);
  const rtmr3 = EVENTS.reduce<Buffer>(
    (register, [name, payload]) => createHash('sha384').update(register).update(digestOf(name, payload)).digest(),
    Buffer.alloc(MEASUREMENT_SIZE),
  );
  quote.set(rtmr3, OFFSETS.rtmr3);
  quote.set(reportData, OFFSETS.reportData);
  return quote;
}
