// A keeper that the council proposed as a standby accepts, watches every chain for the leader's silence, and takes over.
// It only signs: whatever has to be sent, anybody may send.
//
//   proposed → listed → announced → leads at home → leads elsewhere
//
// Home decides. Whether the leader is silent or a pause silences him shows only there, and only one standby can take over
// there. So nothing is signed for another chain before this keeper leads at home, in a block that is final.
import type { StandbyStepView, StandbyView } from '../core/api.ts';
import { type Hex, ZERO_ADDRESS } from '../core/commands.ts';
import type { AuthorityView, ChainReader, Clock, KeeperKeys, Logger, StandbyStanding } from '../core/ports.ts';
import type { Genesis } from '../core/state.ts';
import { digestOf } from '../core/typedMessages.ts';
import type { Leadership } from './leadership.ts';
import { repeat } from './repeat.ts';

/** As in the Authority: silence that follows an announcement, and how long a proposal can be accepted. */
const TAKE_OVER_WAIT_SECONDS = 5 * 60;
const PROPOSAL_LIFE_SECONDS = 7 * 24 * 3_600;

export interface StandBy {
  /** By chain, where this keeper is a standby or proposed as one. */
  readonly views: ReadonlyMap<number, StandbyView>;
  /** Why it could not take over now, although the time has come. */
  readonly problem: string | undefined;
  start(): void;
  stop(): void;
}

export function createStandBy(input: {
  readonly genesis: Pick<Genesis, 'homeChainId' | 'authority'>;
  readonly readers: ReadonlyMap<number, ChainReader>;
  readonly keys: Pick<KeeperKeys, 'enclave' | 'leader'>;
  readonly leadership: Leadership;
  /** What the Authority of each chain said last. */
  readonly authorities: ReadonlyMap<number, AuthorityView>;
  /** Digest of the newest checkpoint at home, once the state behind it has been put together from chain. */
  readonly recoverableTip: () => Promise<Hex>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}): StandBy {
  const { genesis, readers, keys, leadership } = input;
  const { authority } = genesis;
  const candidate = keys.leader.address;
  const views = new Map<number, StandbyView>();
  /** The tip whose state is known to be recoverable. */
  let provenTip: Hex | undefined;
  let problem: string | undefined;

  /** For home a new one, above those of all chains: it is to be the same everywhere. undefined: not now. */
  async function epochToLead(chainId: number, standing: StandbyStanding): Promise<number | undefined> {
    if (chainId !== genesis.homeChainId) {
      const leadsHome = leadership.role === 'leader' && leadership.problem === undefined && !leadership.paused;
      return leadsHome && leadership.epoch > standing.epoch ? leadership.epoch : undefined;
    }
    if (provenTip !== standing.tip) provenTip = await input.recoverableTip();
    // A checkpoint landed in between: the next look sees it.
    if (provenTip !== standing.tip) return undefined;
    return 1 + Math.max(standing.epoch, ...[...input.authorities.values()].map(({ epoch }) => epoch));
  }

  async function signedStep(chainId: number, standing: StandbyStanding): Promise<StandbyStepView | null> {
    const type = dueStep(standing);
    const domain = { chainId, verifyingContract: authority };
    if (type === 'accept') {
      const message = { candidate, evidenceDigest: standing.evidenceDigest };
      return { type, message, signature: keys.leader.sign(digestOf('AcceptStandby', domain, message)) };
    }
    if (type !== 'takeOver') return type === undefined ? null : { type };
    const epoch = await epochToLead(chainId, standing);
    if (epoch === undefined) return null;
    const message = { candidate, epoch, expectedTip: standing.tip };
    const digest = digestOf('AcceptLeader', domain, message);
    return {
      type,
      message,
      enclaveSignature: keys.enclave.sign(digest),
      candidateSignature: keys.leader.sign(digest),
    };
  }

  async function look(chainId: number, reader: ChainReader): Promise<void> {
    const standing = await reader.readStandby(authority, candidate, 'latest');
    if (standing === undefined) views.delete(chainId);
    else views.set(chainId, viewOf({ chainId, authority, candidate }, standing, await signedStep(chainId, standing)));
  }

  /** All chains at once; nothing is sent for one that cannot be read. */
  async function lookAtAll(): Promise<void> {
    const failures = await Promise.all(
      [...readers].map(async ([chainId, reader]) => {
        try {
          await look(chainId, reader);
          return undefined;
        } catch (error) {
          const before = views.get(chainId);
          if (before === undefined) return undefined;
          views.set(chainId, { ...before, step: null });
          return `Chain ${chainId}: ${error instanceof Error ? error.message : String(error)}`;
        }
      }),
    );
    const failure = failures.find((text) => text !== undefined);
    if (failure !== undefined && failure !== problem) input.logger.warn({ error: failure }, 'could not take over now');
    problem = failure;
  }

  const looking = repeat(lookAtAll, input);
  return {
    views,
    get problem() {
      return problem;
    },
    start: looking.start,
    stop: looking.stop,
  };
}

/** What the Authority would take next; whether this keeper should sign it is another question. */
export function dueStep(standing: StandbyStanding): StandbyStepView['type'] | undefined {
  const { listed, readyAt, leader, silenceSeconds, staleAfterSeconds, waitedSeconds } = standing;
  const now = standing.block.timestamp;
  if (!listed) return now >= readyAt && now <= readyAt + PROPOSAL_LIFE_SECONDS ? 'accept' : undefined;
  const isSilentFor = (seconds: number) => leader === ZERO_ADDRESS || silenceSeconds >= seconds;
  if (!isAnnounced(standing)) return isSilentFor(staleAfterSeconds) ? 'announce' : undefined;
  const isDue = waitedSeconds >= TAKE_OVER_WAIT_SECONDS && isSilentFor(staleAfterSeconds + TAKE_OVER_WAIT_SECONDS);
  return isDue && !standing.paused ? 'takeOver' : undefined;
}

/** Whatever was heard after an announcement makes it void. */
function isAnnounced({ announcedAt, heardAt }: StandbyStanding): boolean {
  return announcedAt >= heardAt;
}

function viewOf(
  place: Pick<StandbyView, 'chainId' | 'authority' | 'candidate'>,
  standing: StandbyStanding,
  step: StandbyStepView | null,
): StandbyView {
  const { readyAt, leader, epoch, paused, silenceSeconds, staleAfterSeconds } = standing;
  const announced = standing.listed && isAnnounced(standing);
  const waitedSeconds = announced ? standing.waitedSeconds : 0;
  const status = announced ? 'announced' : standing.listed ? 'listed' : 'proposed';
  const times = { readyAt, silenceSeconds, staleAfterSeconds, waitedSeconds };
  return { ...place, status, leader, epoch, paused, ...times, step };
}
