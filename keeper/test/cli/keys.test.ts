import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALICE, developmentKey, EXECUTOR } from '../../src/cli/devnet/accounts.ts';
import { type KeyOptions, signingAccount } from '../../src/cli/support/keys.ts';
import type { Profile } from '../../src/cli/support/profile.ts';

const alice = developmentKey(ALICE);
const executor = developmentKey(EXECUTOR);
const registry = `0x${'11'.repeat(20)}` as const;

const DEVNET: Profile = {
  keeperUrl: 'http://127.0.0.1:8000',
  chains: [31337, 31338].map((chainId) => ({
    chainId,
    name: `chain${chainId}`,
    rpcUrl: 'http://127.0.0.1:8545',
    registry,
    router: registry,
  })),
  accounts: {
    alice: { address: alice.address, developmentIndex: ALICE },
    executor: { address: executor.address, developmentIndex: EXECUTOR },
    council: { address: registry },
  },
};

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mw-keys-'));
  vi.stubEnv('MW_PRIVATE_KEY', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

function signer(options: KeyOptions, profile: Profile | undefined = DEVNET, otherwise?: string): string {
  return signingAccount(options, { profile, ...(otherwise === undefined ? {} : { otherwise }) }).address.toLowerCase();
}

function keyFile(text: string): string {
  const path = join(directory, 'key');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe('the key that signs', () => {
  it('comes from a file, with or without 0x and a line end', () => {
    expect(signer({ keyFile: keyFile(`${alice.privateKey}\n`) })).toBe(alice.address);
    expect(signer({ keyFile: keyFile(alice.privateKey.slice(2).toUpperCase()) })).toBe(alice.address);
  });

  it('is not read from a file of ours that others may read', () => {
    const path = keyFile(alice.privateKey);
    chmodSync(path, 0o640);
    expect(() => signer({ keyFile: path })).toThrow(`Others than you may read or write ${path}, which holds a key.`);
    chmodSync(path, 0o400);
    expect(signer({ keyFile: path })).toBe(alice.address);
  });

  it('comes from MW_PRIVATE_KEY when no option names one', () => {
    vi.stubEnv('MW_PRIVATE_KEY', alice.privateKey);
    expect(signer({})).toBe(alice.address);
    expect(signer({ as: 'executor' })).toBe(executor.address);
  });

  it('is well known on a devnet', () => {
    expect(signer({ as: 'alice' })).toBe(alice.address);
  });

  it('is the named default where there is one, and nobody said otherwise', () => {
    expect(signer({}, DEVNET, 'executor')).toBe(executor.address);
    expect(signer({ as: 'alice' }, DEVNET, 'executor')).toBe(alice.address);
  });

  it('is asked for when nobody is named', () => {
    expect(() => signer({})).toThrow('Whose key shall sign? Give --key-file or MW_PRIVATE_KEY');
  });

  it.each(['', '0x', 'hello', `${alice.privateKey}00`, alice.privateKey.slice(0, -1)])(
    'is refused when it is none, and never shown: %j',
    (text) => {
      const path = keyFile(text);
      expect(() => signer({ keyFile: path })).toThrow(
        `${path} holds no private key: 64 hex digits are wanted, with or without 0x.`,
      );
    },
  );

  it('is refused when the curve has no such key', () => {
    expect(() => signer({ keyFile: keyFile('00'.repeat(32)) })).toThrow('no private key of secp256k1');
  });

  it('is refused on the command line, without repeating it', () => {
    const attempt = () => signer({ keyFile: alice.privateKey });
    expect(attempt).toThrow('--key-file wants the name of a file.');
    expect(attempt).not.toThrow(new RegExp(alice.privateKey.slice(2)));
  });

  it('is refused when its file is missing', () => {
    expect(() => signer({ keyFile: join(directory, 'none') })).toThrow('The key file cannot be read: ENOENT');
  });
});

describe('--as', () => {
  it('needs the profile of a devnet', () => {
    expect(() => signingAccount({ as: 'alice' }, { profile: undefined })).toThrow(
      '--as alice needs the profile of a devnet, and there is none.',
    );
  });

  it('works on development chains only', () => {
    const [first] = DEVNET.chains;
    const real = {
      ...DEVNET,
      chains: [...DEVNET.chains, { ...(first as (typeof DEVNET.chains)[number]), chainId: 1 }],
    };
    expect(() => signer({ as: 'alice' }, real)).toThrow('--as works on a devnet only, and the profile names chain 1.');
  });

  it.each(['mallory', 'council', '__proto__', 'constructor'])('knows no key of %s, and says whose it knows', (name) => {
    expect(() => signer({ as: name })).toThrow(
      `No account of the devnet is called "${name}". There are: alice, executor.`,
    );
  });

  it('is refused when the address of the profile is another', () => {
    const wrong = { ...DEVNET, accounts: { alice: { address: registry, developmentIndex: ALICE } } };
    expect(() => signer({ as: 'alice' }, wrong)).toThrow(
      `The profile says that alice is ${registry}, but its key belongs to ${alice.address}.`,
    );
  });
});
