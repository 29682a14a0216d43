// Who asks: Sign-In with Ethereum (EIP-4361) gives a token, the token gives an address.
import { randomBytes } from 'node:crypto';
import { getAddress, hashMessage, isAddress, recoverMessageAddress } from 'viem';
import { createSiweMessage, parseSiweMessage, type SiweMessage } from 'viem/siwe';
import type { KeeperApi } from '../../core/api.ts';
import type { Address, Hex } from '../../core/commands.ts';
import { createBoundedMap } from './boundedMap.ts';
import { HttpError, refused } from './errors.ts';
import { createNonces, NONCE_LIFE_MS } from './nonces.ts';

const SESSION_LIFE_MS = 12 * 3_600_000;
/** A wallet's clock may be ahead by this much. */
const CLOCK_SKEW_MS = 60_000;
/** Nonces used within their life; more sign-ins are refused. */
const MAX_USED_NONCES = 100_000;
/** The session that was not used for the longest time ends when one more begins. */
const MAX_SESSIONS = 50_000;

export interface Session {
  readonly address: Address;
  /** Milliseconds. */
  readonly expiresAt: number;
}

export interface Sessions {
  issueNonce(): string;
  /** Checks text and signature and opens a session. Throws `session.refused` with the reason. */
  signIn(input: { readonly message: string; readonly signature: Hex }): Promise<Session & { readonly token: string }>;
  /** undefined: no such session, or it ended. */
  find(token: string): Session | undefined;
  signOut(token: string): void;
}

/**
 * @param input.domain the RFC 3986 authority that texts must name, as `host` or `host:port`; their URI must be on it.
 * @param input.now milliseconds
 */
export function createSessions(input: {
  readonly domain: () => string;
  readonly chainId: number;
  readonly now: () => number;
  readonly checkContractSignature: KeeperApi['checkContractSignature'];
}): Sessions {
  const { now, chainId, checkContractSignature } = input;
  const sessions = createBoundedMap<string, Session>(MAX_SESSIONS);
  const nonces = createNonces({ now, maxUsed: MAX_USED_NONCES });

  /** An EOA signs in on the home chain; a contract account on a chain where it is one, and proves it by EIP-1271. */
  async function checkSigner(input: {
    readonly message: string;
    readonly signature: Hex;
    readonly address: Address;
    readonly chainId: number;
  }): Promise<void> {
    const { message, signature, address: account, chainId: onChain } = input;
    const signer = await recoverMessageAddress({ message, signature }).catch(() => undefined);
    if (signer?.toLowerCase() === account) {
      if (onChain === chainId) return;
      throw refuse(`The chain id must be ${chainId}.`);
    }
    const digest = hashMessage(message);
    const refusal = await checkContractSignature({ account, chainId: onChain, digest, signature });
    if (refusal?.code === 'signature.invalid') throw refuse(refusal.message);
    if (refusal !== undefined) throw refused(refusal);
  }

  return {
    issueNonce: nonces.issue,
    async signIn({ message, signature }) {
      const fields = parse(message);
      checkFields(fields, { domain: input.domain(), now: now() });
      if (!nonces.isGood(fields.nonce)) throw refuse('The nonce is not one of ours, too old, or was used before.');
      const address = fields.address.toLowerCase() as Address;
      await checkSigner({ message, signature, address, chainId: fields.chainId });
      if (!nonces.use(fields.nonce)) throw refuse('The nonce was used before.');

      const longest = now() + SESSION_LIFE_MS;
      const session = { address, expiresAt: Math.min(longest, fields.expirationTime?.getTime() ?? longest) };
      const token = randomBytes(32).toString('base64url');
      sessions.set(token, session);
      return { token, ...session };
    },
    find(token) {
      const session = sessions.get(token);
      if (session !== undefined && session.expiresAt > now()) return session;
      sessions.delete(token);
      return undefined;
    },
    signOut(token) {
      sessions.delete(token);
    },
  };
}

function refuse(reason: string): HttpError {
  return new HttpError({ code: 'session.refused', message: `Sign-in refused: ${reason}` });
}

/** The fields of an EIP-4361 text that is, character by character, what the standard makes of these fields. */
function parse(message: string): SiweMessage {
  const fields = parseSiweMessage(message) as SiweMessage;
  let canonical: string;
  try {
    canonical = createSiweMessage(fields);
  } catch {
    throw refuse('The message is not an EIP-4361 text.');
  }
  const written = message.replace(fields.address, getAddress(fields.address));
  if (withoutTimes(written) !== withoutTimes(canonical)) throw refuse('The message is not an EIP-4361 text.');
  return fields;
}

/** Times may be written in several ways; the parser has read them. */
function withoutTimes(message: string): string {
  return message.replace(/^(Issued At|Expiration Time|Not Before): .+$/gm, '$1');
}

function checkFields(fields: SiweMessage, expected: { readonly domain: string; readonly now: number }): void {
  const { domain, now } = expected;
  if (!isAddress(fields.address)) throw refuse('The address has a wrong checksum.');
  if (fields.domain !== domain) throw refuse(`The domain must be ${domain}.`);
  const uri = URL.parse(fields.uri);
  const web = uri?.protocol === 'https:' || uri?.protocol === 'http:';
  if (!web || uri.host !== domain) throw refuse(`The URI must be on ${domain}.`);
  if (fields.scheme !== undefined && `${fields.scheme}:` !== uri.protocol)
    throw refuse('The scheme is not that of the URI.');
  checkTimes(fields, now);
}

function checkTimes(fields: SiweMessage, now: number): void {
  const issuedAt = fields.issuedAt?.getTime() ?? Number.NaN;
  if (!(issuedAt <= now + CLOCK_SKEW_MS)) throw refuse('It was issued in the future; check the clock.');
  if (issuedAt < now - NONCE_LIFE_MS - CLOCK_SKEW_MS) throw refuse('It was issued too long ago.');
  if (fields.expirationTime !== undefined && fields.expirationTime.getTime() <= now) throw refuse('It has expired.');
  if (fields.notBefore !== undefined && fields.notBefore.getTime() > now) throw refuse('It is not valid yet.');
}
