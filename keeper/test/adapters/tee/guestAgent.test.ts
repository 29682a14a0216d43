import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createGuestAgent } from '../../../src/adapters/tee/guestAgent.ts';
import { simulatedQuote } from '../../../src/adapters/tee/simulator/simulatedQuote.ts';
import { startSimulator } from '../../../src/adapters/tee/simulator/simulator.ts';
import { TeeError } from '../../../src/adapters/tee/teeError.ts';
import { atEnd, cleanUp, newDirectory, startAgent } from './support.ts';

afterEach(cleanUp);

const KEY = '11'.repeat(32);
const SIGNATURE = '22'.repeat(65);

const answering = (body: unknown, status = 200) =>
  startAgent((_, response) => {
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });

async function refusal(socketPath: string, call: (agent: ReturnType<typeof createGuestAgent>) => Promise<unknown>) {
  const error = await call(createGuestAgent(socketPath, 300)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TeeError);
  return (error as TeeError).message;
}

describe('the guest agent', () => {
  it('is asked with POST, JSON and the fields of dstack', async () => {
    const seen: unknown[] = [];
    const socketPath = await startAgent((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push([request.method, request.url, JSON.parse(Buffer.concat(chunks).toString())]);
        response.end(JSON.stringify({ key: KEY, signature_chain: [SIGNATURE, SIGNATURE] }));
      });
    });
    const derived = await createGuestAgent(socketPath).getKey('a/path', 'a purpose');
    expect(seen).toEqual([['POST', '/GetKey', { path: 'a/path', purpose: 'a purpose', algorithm: 'secp256k1' }]]);
    expect(derived).toEqual({
      key: new Uint8Array(32).fill(0x11),
      signatureChain: [`0x${SIGNATURE}`, `0x${SIGNATURE}`],
    });
  });

  it.each([
    [
      'a short key',
      { key: KEY.slice(2), signature_chain: [SIGNATURE, SIGNATURE] },
      /32 bytes in lower-case hex in "key"/,
    ],
    ['a key with 0x', { key: `0x${KEY}`, signature_chain: [SIGNATURE, SIGNATURE] }, /"key"/],
    ['a key in upper case', { key: 'AB'.repeat(32), signature_chain: [SIGNATURE, SIGNATURE] }, /"key"/],
    ['a key that is a number', { key: 5, signature_chain: [SIGNATURE, SIGNATURE] }, /"key"/],
    ['no key', { signature_chain: [SIGNATURE, SIGNATURE] }, /"key"/],
    ['no chain', { key: KEY }, /a list in "signature_chain"/],
    ['one signature', { key: KEY, signature_chain: [SIGNATURE] }, /two signatures in "signature_chain"/],
    ['three signatures', { key: KEY, signature_chain: [SIGNATURE, SIGNATURE, SIGNATURE] }, /two signatures/],
    ['a short signature', { key: KEY, signature_chain: [SIGNATURE, '22'] }, /65 bytes in lower-case hex/],
    ['a list', [], /"key"/],
    ['null', null, /"key"/],
    ['what is not JSON', 'key', /"key"/],
    ['nothing', '', /"key"/],
  ])('that answers %s is refused', async (_, body, message) => {
    expect(await refusal(await answering(body), (agent) => agent.getKey('p', 'q'))).toMatch(message);
  });

  it('that answers an error is refused, with what it says', async () => {
    const socketPath = await answering({ error: 'no such app' }, 500);
    expect(await refusal(socketPath, (agent) => agent.info())).toMatch(
      /answered 500: \{"error":"no such app"\} \(Info\)/,
    );
  });

  it('that is not there is refused', async () => {
    const socketPath = join(newDirectory(), 'nobody.sock');
    expect(await refusal(socketPath, (agent) => agent.info())).toMatch(
      /nobody\.sock cannot be asked: .*ENOENT.* \(Info\)/,
    );
  });

  it('that never answers is given up', async () => {
    const socketPath = await startAgent(() => {});
    expect(await refusal(socketPath, (agent) => agent.info())).toMatch(/did not answer within 300 ms/);
  });

  it('that stops in the middle is given up', async () => {
    const socketPath = await startAgent((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"key":');
      setImmediate(() => response.destroy());
    });
    expect(await refusal(socketPath, (agent) => agent.info())).toMatch(/the guest agent at/);
  });

  it('that answers without end is given up', async () => {
    const socketPath = await startAgent((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await refusal(socketPath, (agent) => agent.info())).toMatch(/the guest agent at/);
  });

  it('that quotes other report data is refused', async () => {
    const quote = Buffer.from(simulatedQuote(new Uint8Array(64).fill(1))).toString('hex');
    const socketPath = await answering({ quote, event_log: '[]', vm_config: '{}', report_data: '02'.repeat(64) });
    const reportData = new Uint8Array(64).fill(2);
    expect(await refusal(socketPath, (agent) => agent.getQuote(reportData))).toMatch(
      /a quote over the given report data/,
    );
    expect(await refusal(await answering({ quote: '' }), (agent) => agent.getQuote(reportData))).toMatch(/"quote"/);
  });

  it('is not asked to quote more than 64 bytes', async () => {
    const agent = createGuestAgent(await answering({}));
    await expect(agent.getQuote(new Uint8Array(65))).rejects.toThrow(RangeError);
  });

  it('quotes report data filled up with zeros, and tells who it is', async () => {
    const socketPath = join(newDirectory(), 'agent.sock');
    const simulator = await startSimulator({ socketPath, homeChainId: 31337 });
    atEnd(() => simulator.close());
    const agent = createGuestAgent(socketPath);
    const { quote, eventLog } = await agent.getQuote(new Uint8Array(52).fill(7));
    expect([...quote.subarray(568, 632)]).toEqual([...new Uint8Array(52).fill(7), ...new Uint8Array(12)]);
    expect(Buffer.from(quote).includes('SIMULATED QUOTE, NOT FROM TDX')).toBe(true);
    expect(JSON.parse(eventLog)).toContainEqual(expect.objectContaining({ event: 'app-id' }));
    const info = await agent.info();
    expect(info.appName).toBe('SIMULATED myrtle-wyckoff');
    expect(info.appId).toBe(`0x${Buffer.from('SIMULATED-APP-ID-MW!').toString('hex')}`);
  });
});
