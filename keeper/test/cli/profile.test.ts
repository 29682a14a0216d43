import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Profile, readProfile, writeProfile } from '../../src/cli/support/profile.ts';

const REGISTRY = `0x${'11'.repeat(20)}` as const;
const ROUTER = `0x${'22'.repeat(20)}` as const;
const ALICE = `0x${'aa'.repeat(20)}` as const;

const PROFILE: Profile = {
  keeperUrl: 'http://127.0.0.1:8000',
  chains: [{ chainId: 31337, name: 'home', rpcUrl: 'http://127.0.0.1:8545', registry: REGISTRY, router: ROUTER }],
  accounts: { alice: { address: ALICE, developmentIndex: 10 }, treasury: { address: ROUTER } },
};

let currentDirectory: string;

beforeEach(() => {
  currentDirectory = mkdtempSync(join(tmpdir(), 'mw-profile-'));
});
afterEach(() => rmSync(currentDirectory, { recursive: true }));

function read(path?: string): Profile | undefined {
  return readProfile({ path, currentDirectory });
}

function put(name: string, text: string): string {
  const path = join(currentDirectory, name);
  writeFileSync(path, text);
  return path;
}

describe('the profile', () => {
  it('is found from the directory in which the devnet was started', () => {
    const path = writeProfile(PROFILE, { dataDirectory: 'elsewhere/run-1', currentDirectory });
    expect(path).toBe(join(currentDirectory, 'elsewhere/run-1/devnet.json'));
    expect(read()).toEqual(PROFILE);
    expect(read(path)).toEqual(PROFILE);
  });

  it('of a newer devnet is found instead of the one before', () => {
    writeProfile(PROFILE, { dataDirectory: 'run-1', currentDirectory });
    const newer = { ...PROFILE, keeperUrl: 'http://127.0.0.1:9000' };
    writeProfile(newer, { dataDirectory: 'run-2', currentDirectory });
    expect(read()?.keeperUrl).toBe('http://127.0.0.1:9000');
  });

  it('needs no pointer when the data directory is ./data', () => {
    const path = writeProfile(PROFILE, { dataDirectory: 'data', currentDirectory });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(PROFILE);
    expect(read()).toEqual(PROFILE);
  });

  it('may be absent when nobody asked for one', () => {
    expect(read()).toBeUndefined();
  });

  it('is missed when it was asked for, and the error says where and what to do', () => {
    expect(() => read('none.json')).toThrow(`There is no profile at ${join(currentDirectory, 'none.json')}.`);
    expect(() => read('none.json')).toThrow(expect.objectContaining({ hint: expect.stringContaining('npm start') }));
  });

  it('says that the devnet has ended when the pointer leads nowhere', () => {
    const path = writeProfile(PROFILE, { dataDirectory: 'run-1', currentDirectory });
    rmSync(path);
    expect(() => read()).toThrow(`${path}, which is gone: that devnet has ended.`);
    expect(readProfile({ path: undefined, currentDirectory, mayBeGone: true })).toBeUndefined();
  });

  it.each<[string, (profile: Record<string, unknown>) => unknown, string]>([
    ['no URL of a keeper', ({ keeperUrl, ...rest }) => rest, 'keeperUrl'],
    ['a URL that is none', (profile) => ({ ...profile, keeperUrl: 'localhost' }), '/keeperUrl must match pattern'],
    ['a short address', (profile) => ({ ...profile, accounts: { bob: { address: '0x12' } } }), '/accounts/bob/address'],
    ['a misspelt field', (profile) => ({ ...profile, acounts: {} }), '/acounts is not a known field'],
    ['a list instead', () => [], 'it must be object'],
  ])('with %s is refused, and the error says what is wrong', (_, change, problem) => {
    const path = put('bad.json', JSON.stringify(change({ ...PROFILE })));
    expect(() => read(path)).toThrow(`${path} is no profile: `);
    expect(() => read(path)).toThrow(problem);
  });

  it('that is no JSON is refused', () => {
    expect(() => read(put('bad.json', '{"keeperUrl":'))).toThrow('bad.json cannot be read as JSON');
  });

  it('that cannot be read is an error, not an absent profile', () => {
    mkdirSync(join(currentDirectory, 'data/devnet.json'), { recursive: true });
    expect(() => read()).toThrow('EISDIR');
  });
});
