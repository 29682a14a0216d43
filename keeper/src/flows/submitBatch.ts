// One signed batch of an executor: who signed it, may it be taken now, and what became of it.
import type { Answer, BatchAnswer, Refusal } from '../core/api.ts';
import { batchDigest } from '../core/batchDigest.ts';
import { encodeBatch } from '../core/commandCodec.ts';
import type { Address, Hex } from '../core/commands.ts';
import { ACTION_CANCEL, ACTION_CANCEL_ALL, BATCH_LIMIT } from '../core/commands.ts';
import type { BatchSigners, SignedBy } from '../core/ports.ts';
import type { BatchMessage } from '../core/typedMessages.ts';
import type { Applied, Sequencer } from './sequencer.ts';

/** Answers kept for repeats; an executor that never heard one asks again within seconds. */
export const REPEATS_LIMIT = 4_096;
/** Signatures that are checked at once: more than all connections can ask for. */
const CHECKING_LIMIT = 4_096;

const OVERLOADED: Refusal = {
  code: 'keeper.overloaded',
  message: 'Too many signatures wait to be checked; try again in a moment.',
  retryable: true,
};

export interface SubmitBatch {
  (input: { readonly message: BatchMessage; readonly signature: Hex }): Promise<Answer<BatchAnswer>>;
  /** Remembers the answer of a batch that was replayed from the journal. */
  remember(applied: Applied): void;
}

export function createSubmitBatch(input: {
  readonly sequencer: Sequencer;
  readonly domain: { readonly chainId: number; readonly verifyingContract: Address };
  readonly findSigner: BatchSigners['find'];
  /** Why no batch (or none that adds orders) may be taken now. */
  readonly gate: (adds: boolean) => Refusal | undefined;
}): SubmitBatch {
  const { sequencer, domain } = input;
  const answers = new Map<Hex, Promise<Answer<BatchAnswer>>>();
  let checking = 0;

  async function signedBy(encoded: Uint8Array, signature: Hex): Promise<SignedBy> {
    checking++;
    try {
      return await input.findSigner(encoded, signature);
    } finally {
      checking--;
    }
  }

  function keep(digest: Hex, answer: Promise<Answer<BatchAnswer>>): void {
    answers.set(digest, answer);
    const oldest = answers.keys().next();
    if (answers.size > REPEATS_LIMIT && !oldest.done) answers.delete(oldest.value);
  }

  /** A batch that was refused did nothing: the same one may be taken when it comes again, in the right epoch perhaps. */
  async function forgetRefusal(digest: Hex, answer: Promise<Answer<BatchAnswer>>): Promise<void> {
    const isStored = await answer.then(
      ({ ok }) => ok,
      () => false,
    );
    if (!isStored) answers.delete(digest);
  }

  async function apply(message: BatchMessage, encoded: Uint8Array): Promise<Answer<BatchAnswer>> {
    const { sequence, outcome } = await sequencer.submit({ type: 'batch', ...message, encoded });
    if (outcome.result.code !== 'ok') return { ok: false, refusal: refusalOf(outcome.result, message, sequencer) };
    return { ok: true, value: { sequence, result: outcome.result, repeated: false } };
  }

  const submit = async (request: { readonly message: BatchMessage; readonly signature: Hex }) => {
    const { message, signature } = request;
    if (checking >= CHECKING_LIMIT) return { ok: false, refusal: OVERLOADED } as const;
    const encoded = encodeBatch(message);
    const { digest, signer } = await signedBy(encoded, signature);
    const refusal = checkSigner({ signer, claimed: message.executor, executor: sequencer.state.executor });
    if (refusal !== undefined) return { ok: false, refusal } as const;

    const known = answers.get(digest);
    if (known !== undefined) {
      const answer = await known;
      return answer.ok ? { ok: true as const, value: { ...answer.value, repeated: true } } : answer;
    }
    const adds = message.actions.some(({ kind }) => kind !== ACTION_CANCEL && kind !== ACTION_CANCEL_ALL);
    const closed = input.gate(adds);
    if (closed !== undefined) return { ok: false, refusal: closed } as const;

    // Only a nonce that grows is remembered: anything else must not push a real answer out.
    const answer = apply(message, encoded);
    if (message.nonce > sequencer.state.batchNonce) {
      keep(digest, answer);
      void forgetRefusal(digest, answer);
    }
    return answer;
  };

  return Object.assign(submit, {
    remember({ sequence, command, outcome }: Applied) {
      if (command.type !== 'batch' || outcome.result.code !== 'ok') return;
      const value = { sequence, result: outcome.result, repeated: false };
      keep(batchDigest(domain, encodeBatch(command)), Promise.resolve({ ok: true, value }));
    },
  });
}

function checkSigner(input: {
  readonly signer: Address | undefined;
  readonly claimed: Address;
  readonly executor: Address;
}): Refusal | undefined {
  const { signer, claimed, executor } = input;
  if (signer === undefined || signer !== claimed) {
    const message = 'The signature does not belong to the executor that the batch names, or the batch was altered.';
    return { code: 'signature.invalid', message, retryable: false };
  }
  if (signer !== executor) {
    const message = `Only the executor ${executor} may submit trades; this batch is signed by ${signer}.`;
    return { code: 'signature.notExecutor', message, details: { executor, signer }, retryable: false };
  }
  return undefined;
}

function refusalOf(result: BatchAnswer['result'], message: BatchMessage, { state }: Sequencer): Refusal {
  const details = 'details' in result && result.details !== undefined ? { details: result.details } : {};
  const text: Partial<Record<string, string>> = {
    'batch.notExecutor': 'The executor changed while the batch was on its way.',
    'batch.wrongEpoch': `The batch is for epoch ${message.epoch}; the current epoch is ${state.epoch}.`,
    'batch.expired': `The batch's deadline ${message.deadline} has passed.`,
    'batch.nonceNotGrowing': `The nonce ${message.nonce} does not grow: the last one was ${state.batchNonce}.`,
    'batch.tooLarge': `A batch holds at most ${BATCH_LIMIT} actions.`,
  };
  if (result.code === 'ok') throw new Error('An accepted batch has no refusal.');
  return {
    code: result.code,
    message: text[result.code] ?? `The batch was refused: ${result.code}.`,
    ...details,
    retryable: false,
  };
}
