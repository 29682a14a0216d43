import { randomBytes } from 'node:crypto';
import secp256k1 from 'secp256k1';
import { toHex } from '../../core/bytes.ts';
import type { Address, Hex } from '../../core/commands.ts';
import type { KeeperKeys, Signer } from '../../core/ports.ts';
import type { AgentInfo, GuestAgent } from './guestAgent.ts';
import { createGuestAgent } from './guestAgent.ts';
import { loadOrCreateKey } from './keyFile.ts';
import type { DerivedKeyName } from './keyPaths.ts';
import { derivedKeyPath, enclaveKeyPath } from './keyPaths.ts';
import { SIMULATED_APP_ID, SIMULATED_CHAIN_IDS, SIMULATED_ROOT } from './simulatedRoot.ts';
import { TeeError } from './teeError.ts';
import { verifyKey } from './verifyKey.ts';

export interface KeyOptions {
  /** Of the guest agent. */
  readonly socketPath: string;
  readonly homeChainId: number;
  readonly checkpointer: Address;
  readonly keyEpoch: number;
  /** Where leader and gas key are kept, encrypted. */
  readonly dataDirectory: string;
  /** Compressed public key of the KMS root. Only on a development chain may it be left out: then it is the simulator's. */
  readonly pinnedRoot?: Hex;
  /** 20 bytes; the same rule. */
  readonly appId?: Hex;
  /** Instead of a random one that is kept beside the leader key. */
  readonly gasPrivateKey?: Hex;
  /** Makes a new leader key at every start and never writes it down. */
  readonly ephemeralLeader?: boolean;
  readonly createSigner: (privateKey: Hex) => Signer;
}

export interface LoadedKeys extends KeeperKeys {
  /** 32 bytes: salts of exit leaves. */
  readonly exitSaltKey: Uint8Array;
  /** What proves that the enclave key comes from the KMS root. */
  readonly enclaveSignatureChain: readonly [Hex, Hex];
  readonly info: AgentInfo;
}

/**
 * The keys of one keeper: those that the KMS derives for the application, each checked against the pinned root, and the
 * leader and gas keys of this instance. Throws `TeeError`; a keeper must not start without them.
 */
export async function loadKeys(options: KeyOptions): Promise<LoadedKeys> {
  const { homeChainId, checkpointer, keyEpoch, createSigner } = options;
  const trust = trustOf(options);
  const agent = createGuestAgent(options.socketPath);
  const info = await agent.info();
  if (info.appId !== trust.appId) throw new TeeError(`the guest agent runs app ${info.appId}, not ${trust.appId}`);

  const enclave = await derive(agent, { ...trust, path: enclaveKeyPath(options), purpose: 'enclave', createSigner });
  const keyFor = async (purpose: DerivedKeyName, ofEpoch = keyEpoch) =>
    (await derive(agent, { ...trust, path: derivedKeyPath(options, purpose, ofEpoch), purpose, createSigner })).key;
  const fileKey = await keyFor('leaderfile');
  const own = (name: string) =>
    loadOrCreateKey({
      directory: options.dataDirectory,
      name,
      fileKey,
      boundTo: `${homeChainId}|${checkpointer}|${info.instanceId}`,
      generate: randomPrivateKey,
    });
  return {
    enclave: createSigner(toHex(enclave.key)),
    leader: createSigner(options.ephemeralLeader ? toHex(randomPrivateKey()) : own('leader')),
    gasPrivateKey: options.gasPrivateKey ?? own('gas'),
    stateRootKeys: await Promise.all(Array.from({ length: keyEpoch }, (_, i) => keyFor('state', i + 1))),
    exitSaltKey: await keyFor('exit'),
    journalKey: await keyFor('journal'),
    keyEpoch,
    mode: trust.pinnedRoot === SIMULATED_ROOT ? 'SIMULATED' : 'TDX',
    enclaveSignatureChain: enclave.signatureChain,
    info,
  };
}

/** Whom to believe. Simulated keys are known to everybody, so they are refused wherever money could be real. */
function trustOf(options: KeyOptions): { readonly pinnedRoot: Hex; readonly appId: Hex } {
  const { homeChainId } = options;
  const isDevelopment = SIMULATED_CHAIN_IDS.includes(homeChainId);
  const pinnedRoot = options.pinnedRoot ?? (isDevelopment ? SIMULATED_ROOT : undefined);
  if (pinnedRoot === undefined) throw new TeeError(`pinnedRoot must be set on chain ${homeChainId}`);
  if (pinnedRoot === SIMULATED_ROOT && !isDevelopment) {
    const allowed = SIMULATED_CHAIN_IDS.join(' and ');
    throw new TeeError(
      `simulated keys are known to everybody: they are refused on chain ${homeChainId}, and allowed on ${allowed} only`,
    );
  }
  const appId = options.appId ?? (pinnedRoot === SIMULATED_ROOT ? SIMULATED_APP_ID : undefined);
  if (appId === undefined) throw new TeeError('appId must be set together with pinnedRoot');
  return { pinnedRoot, appId };
}

async function derive(
  agent: GuestAgent,
  input: {
    readonly path: string;
    readonly purpose: string;
    readonly pinnedRoot: Hex;
    readonly appId: Hex;
    readonly createSigner: KeyOptions['createSigner'];
  },
) {
  const { path, purpose, appId, pinnedRoot, createSigner } = input;
  const derived = await agent.getKey(path, purpose);
  const { publicKey } = createSigner(toHex(derived.key));
  verifyKey({ derived, publicKey, purpose, appId, pinnedRoot });
  return derived;
}

function randomPrivateKey(): Uint8Array {
  for (;;) {
    const key = randomBytes(32);
    // All but one in 2^128 are scalars.
    if (secp256k1.privateKeyVerify(key)) return key;
  }
}
