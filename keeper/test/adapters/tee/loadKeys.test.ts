import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { privateKeyToAccount } from 'viem/accounts';
import { afterEach, describe, expect, it } from 'vitest';
import { recoverAddress } from '../../../src/adapters/crypto/recover.ts';
import { createSigner } from '../../../src/adapters/crypto/signer.ts';
import type { KeyOptions } from '../../../src/adapters/tee/loadKeys.ts';
import { loadKeys } from '../../../src/adapters/tee/loadKeys.ts';
import { SIMULATED_APP_ID, SIMULATED_ROOT } from '../../../src/adapters/tee/simulatedRoot.ts';
import {
  simulatedEnclaveAddress,
  simulatedKey,
  simulatedRoot,
} from '../../../src/adapters/tee/simulator/simulatedKeys.ts';
import { startSimulator } from '../../../src/adapters/tee/simulator/simulator.ts';
import { TeeError } from '../../../src/adapters/tee/teeError.ts';
import type { Hex } from '../../../src/core/commands.ts';
import { atEnd, cleanUp, newDirectory, startAgent } from './support.ts';

const CHECKPOINTER = '0x00000000000000000000000000000000000000c0';
const DIGEST: Hex = `0x${'5a'.repeat(32)}`;

afterEach(cleanUp);

async function simulated(): Promise<KeyOptions> {
  const socketPath = join(newDirectory(), 'agent.sock');
  const simulator = await startSimulator({ socketPath, homeChainId: 31337 });
  atEnd(() => simulator.close());
  return {
    socketPath,
    homeChainId: 31337,
    checkpointer: CHECKPOINTER,
    keyEpoch: 1,
    dataDirectory: newDirectory(),
    createSigner,
  };
}

async function refusal(options: KeyOptions): Promise<string> {
  const error = await loadKeys(options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TeeError);
  return (error as TeeError).message;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** An agent that gives simulated keys, altered by the test. */
function alteredAgent(
  alter: (answer: { key: string; signature_chain: string[] }, path: string) => object,
): Promise<string> {
  return startAgent((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const info = {
        app_id: SIMULATED_APP_ID.slice(2),
        instance_id: '',
        compose_hash: '00'.repeat(32),
        device_id: '',
        app_name: '',
        key_provider_info: '',
        tcb_info: '',
      };
      if (request.url === '/Info') {
        response.end(JSON.stringify(info));
        return;
      }
      const { path, purpose } = JSON.parse(Buffer.concat(chunks).toString()) as { path: string; purpose: string };
      const { key, signatureChain } = simulatedKey(path, purpose);
      response.end(JSON.stringify(alter({ key: hex(key), signature_chain: signatureChain.map(hex) }, path)));
    });
  });
}

describe('keys', () => {
  it('derived from the KMS are the same on every instance, all different from each other', async () => {
    const options = await simulated();
    const first = await loadKeys(options);
    const second = await loadKeys({ ...options, dataDirectory: newDirectory() });
    expect(second.enclave.address).toBe(first.enclave.address);
    expect(second.journalKey).toEqual(first.journalKey);
    expect(second.stateRootKeys).toEqual(first.stateRootKeys);
    expect(second.exitSaltKey).toEqual(first.exitSaltKey);
    expect(new Set([first.journalKey, ...first.stateRootKeys, first.exitSaltKey].map(hex)).size).toBe(3);
    expect(first.mode).toBe('SIMULATED');
    expect(first.keyEpoch).toBe(1);
  });

  it('follow the paths of the design', async () => {
    const paths: string[] = [];
    const socketPath = await alteredAgent((answer, path) => {
      paths.push(path);
      return answer;
    });
    const options = { ...(await simulated()), socketPath, keyEpoch: 4 };
    const keys = await loadKeys(options);
    const place = `keeper/v1/31337/${CHECKPOINTER}`;
    const expected = [
      'enclave',
      ...['state/1', 'state/2', 'state/3', 'state/4'],
      ...['exit/4', 'journal/4', 'leaderfile/4'],
    ].map((name) => `${place}/${name}`);
    expect(paths.sort()).toEqual(expected.sort());
    expect(keys.stateRootKeys).toEqual([1, 2, 3, 4].map((epoch) => simulatedKey(`${place}/state/${epoch}`, 'any').key));
    expect(keys.journalKey).toEqual(simulatedKey(`${place}/journal/4`, 'any').key);
  });

  it('depend on chain, Checkpointer and key epoch; the enclave key not on the epoch', async () => {
    const options = await simulated();
    const first = await loadKeys(options);
    const other = await loadKeys({ ...options, homeChainId: 31338, dataDirectory: newDirectory() });
    const later = await loadKeys({ ...options, keyEpoch: 2, dataDirectory: newDirectory() });
    expect(other.enclave.address).not.toBe(first.enclave.address);
    expect(other.journalKey).not.toEqual(first.journalKey);
    expect(later.enclave.address).toBe(first.enclave.address);
    expect(later.stateRootKeys).toEqual([...first.stateRootKeys, expect.any(Uint8Array)]);
    expect(later.stateRootKeys[1]).not.toEqual(first.stateRootKeys[0]);
  });

  it('let the devnet know the enclave address before anything runs', async () => {
    const keys = await loadKeys(await simulated());
    expect(simulatedEnclaveAddress({ homeChainId: 31337, checkpointer: CHECKPOINTER })).toBe(keys.enclave.address);
    expect(recoverAddress(DIGEST, keys.enclave.sign(DIGEST))).toBe(keys.enclave.address);
  });
});

describe('the keys of an instance', () => {
  it('survive a restart, and differ from those of another instance', async () => {
    const options = await simulated();
    const first = await loadKeys(options);
    const again = await loadKeys(options);
    const other = await loadKeys({ ...options, dataDirectory: newDirectory() });
    expect(again.leader.address).toBe(first.leader.address);
    expect(again.gasPrivateKey).toBe(first.gasPrivateKey);
    expect(other.leader.address).not.toBe(first.leader.address);
    expect(other.gasPrivateKey).not.toBe(first.gasPrivateKey);
    expect(privateKeyToAccount(first.gasPrivateKey).address.toLowerCase()).not.toBe(first.leader.address);
  });

  it('are written encrypted, for the owner alone, without leaving drafts', async () => {
    const options = await simulated();
    const keys = await loadKeys(options);
    expect(readdirSync(options.dataDirectory).sort()).toEqual(['gas.key', 'leader.key']);
    for (const name of ['gas.key', 'leader.key']) {
      const path = join(options.dataDirectory, name);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path).includes(Buffer.from(keys.gasPrivateKey.slice(2), 'hex'))).toBe(false);
    }
  });

  it('are one even when two start at once', async () => {
    const options = await simulated();
    const started = await Promise.all(Array.from({ length: 8 }, () => loadKeys(options)));
    expect(new Set(started.map(({ leader }) => leader.address)).size).toBe(1);
    expect(new Set(started.map(({ gasPrivateKey }) => gasPrivateKey)).size).toBe(1);
  });

  it('are taken from the options when they are given', async () => {
    const gasPrivateKey: Hex = `0x${'42'.repeat(32)}`;
    const options = { ...(await simulated()), gasPrivateKey };
    expect((await loadKeys(options)).gasPrivateKey).toBe(gasPrivateKey);
    expect(readdirSync(options.dataDirectory)).toEqual(['leader.key']);
  });

  it('are forgotten when they are to be ephemeral', async () => {
    const options = { ...(await simulated()), ephemeralLeader: true };
    const first = await loadKeys(options);
    expect((await loadKeys(options)).leader.address).not.toBe(first.leader.address);
    expect(readdirSync(options.dataDirectory)).toEqual(['gas.key']);
  });

  it('are refused when a bit of the file is altered, and never replaced', async () => {
    const options = await simulated();
    await loadKeys(options);
    const path = join(options.dataDirectory, 'leader.key');
    const good = readFileSync(path);
    for (const at of [0, 4, 5, 36, 37, 68, 69, 84]) {
      const altered = Buffer.from(good);
      altered[at] = (altered[at] as number) ^ 0x10;
      writeFileSync(path, altered);
      expect(await refusal(options)).toMatch(
        /leader\.key is damaged, or belongs to another instance.*move the file away/,
      );
      expect(readFileSync(path)).toEqual(altered);
    }
    for (const size of [0, 10, good.length - 1]) {
      writeFileSync(path, good.subarray(0, size));
      expect(await refusal(options)).toMatch(/leader\.key is damaged/);
    }
  });

  it('are refused under another name, on another exchange and in another key epoch', async () => {
    const options = await simulated();
    await loadKeys(options);
    const [leader, gas] = ['leader.key', 'gas.key'].map((name) => readFileSync(join(options.dataDirectory, name)));
    expect(await refusal({ ...options, homeChainId: 31338 })).toMatch(/leader\.key is damaged, or belongs to another/);
    expect(await refusal({ ...options, keyEpoch: 2 })).toMatch(/key epoch/);
    writeFileSync(join(options.dataDirectory, 'leader.key'), gas as Buffer);
    expect(await refusal(options)).toMatch(/leader\.key is damaged/);
    writeFileSync(join(options.dataDirectory, 'leader.key'), leader as Buffer);
    await loadKeys(options);
  });

  it('are refused when there is no place for them', async () => {
    const options = await simulated();
    const file = join(options.dataDirectory, 'file');
    writeFileSync(file, '');
    expect(await refusal({ ...options, dataDirectory: file })).toMatch(/the leader key cannot be kept in/);
  });
});

describe('keys that cannot be trusted', () => {
  it('are simulated ones on any chain but the two of a development machine', async () => {
    const options = await simulated();
    for (const homeChainId of [1, 10, 8453, 31336, 31339]) {
      expect(await refusal({ ...options, homeChainId })).toBe(`pinnedRoot must be set on chain ${homeChainId}`);
      const pinned = { ...options, homeChainId, pinnedRoot: SIMULATED_ROOT, appId: SIMULATED_APP_ID };
      expect(await refusal(pinned)).toMatch(/simulated keys are known to everybody: they are refused on chain/);
    }
  });

  it('are those of another root', async () => {
    const options = await simulated();
    const pinnedRoot = createSigner(`0x${'01'.repeat(32)}`).publicKey;
    const message = await refusal({ ...options, homeChainId: 1, pinnedRoot, appId: SIMULATED_APP_ID });
    expect(message).toMatch(`the enclave key does not come from the pinned KMS root ${pinnedRoot}`);
    expect(message).toMatch(`its signatures lead to ${SIMULATED_ROOT}`);
    expect(await refusal({ ...options, pinnedRoot })).toMatch('appId must be set together with pinnedRoot');
  });

  it('are those of another application', async () => {
    const options = await simulated();
    const appId: Hex = `0x${'ab'.repeat(20)}`;
    expect(await refusal({ ...options, appId })).toBe(`the guest agent runs app ${SIMULATED_APP_ID}, not ${appId}`);
  });

  it.each([
    ['a key that nobody signed', (answer: { key: string }) => ({ ...answer, key: '11'.repeat(32) })],
    [
      'signatures in the wrong order',
      (answer: { signature_chain: string[] }) => ({
        ...answer,
        signature_chain: [...answer.signature_chain].reverse(),
      }),
    ],
    [
      'an altered signature of the app key',
      ({ key, signature_chain: [first, second] }: { key: string; signature_chain: string[] }) => ({
        key,
        signature_chain: [`00${first?.slice(2)}`, second],
      }),
    ],
    [
      'a recovery id of Ethereum',
      ({ key, signature_chain: [first, second] }: { key: string; signature_chain: string[] }) => ({
        key,
        signature_chain: [`${first?.slice(0, 128)}1b`, second],
      }),
    ],
    [
      'a signature of zeros',
      ({ key, signature_chain: [first] }: { key: string; signature_chain: string[] }) => ({
        key,
        signature_chain: [first, '00'.repeat(65)],
      }),
    ],
    [
      'the signature of another purpose',
      (answer: object, path = '') => ({
        ...answer,
        signature_chain: simulatedKey(path, 'other').signatureChain.map(hex),
      }),
    ],
  ])('come with %s', async (_, alter) => {
    const options = { ...(await simulated()), socketPath: await alteredAgent(alter) };
    expect(await refusal(options)).toMatch(/does not come from the pinned KMS root|cannot be read/);
    expect(readdirSync(options.dataDirectory)).toEqual([]);
  });
});

describe("the simulator's root", () => {
  it('is the one that production code recognises', () => {
    expect(simulatedRoot()).toBe(SIMULATED_ROOT);
  });
});
