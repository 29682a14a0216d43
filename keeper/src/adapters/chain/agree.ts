import { ChainError } from './chainError.ts';
import type { Rpc, Virtue } from './rpc.ts';

/** RPCs of one chain, and how many of them must say the same to be believed. */
export interface Quorum {
  readonly chainId: number;
  readonly rpcs: readonly Rpc[];
  readonly needed: number;
}

/**
 * Asks every RPC and gives what `needed` of them answer alike, as soon as they do: a slow one holds up nobody. Who
 * answers otherwise, then or later, is marked under `virtue`. Throws `ChainError`.
 */
export function agree(
  quorum: Quorum,
  question: {
    /** Completes "they do not agree on …". */
    readonly about: string;
    readonly virtue: Virtue;
    readonly ask: (rpc: Rpc) => Promise<string>;
  },
): Promise<string> {
  const { rpcs, needed } = quorum;
  const { about, virtue } = question;
  return new Promise((resolve, reject) => {
    const saying = new Map<string, Rpc[]>();
    const failures: Error[] = [];
    let agreed: string | undefined;
    let waitingFor = rpcs.length;

    const judge = (rpc: Rpc, answer: string) =>
      rpc.judge(virtue, answer === agreed ? undefined : `disagrees with the others on ${about}`);

    const onAnswer = (rpc: Rpc, answer: string) => {
      if (agreed !== undefined) return judge(rpc, answer);
      const supporters = [...(saying.get(answer) ?? []), rpc];
      saying.set(answer, supporters);
      if (supporters.length < needed) return;
      agreed = answer;
      for (const [said, by] of saying) for (const each of by) judge(each, said);
      resolve(answer);
    };

    const onEnd = () => {
      waitingFor--;
      if (waitingFor === 0 && agreed === undefined)
        reject(noQuorum(quorum, { about, failures, opinions: saying.size }));
    };

    if (rpcs.length === 0) reject(noQuorum(quorum, { about, failures, opinions: 0 }));
    for (const rpc of rpcs) {
      question
        .ask(rpc)
        .then((answer) => onAnswer(rpc, answer))
        .catch((error: Error) => failures.push(error))
        .then(onEnd);
    }
  });
}

/** Too few answers, or too many different ones. */
export function noQuorum(
  { chainId, rpcs, needed }: Quorum,
  { about, failures, opinions }: { about: string; failures: readonly Error[]; opinions: number },
): ChainError {
  const answered = rpcs.length - failures.length;
  const reasons = failures.map(({ message }) => message).join('; ');
  const said =
    answered < needed
      ? `${answered} of ${rpcs.length} RPCs answer, ${needed} must`
      : `${answered} RPCs gave ${opinions} different answers, ${needed} must agree`;
  return new ChainError({
    code: answered < needed ? 'unreachable' : 'noQuorum',
    chainId,
    message: `no quorum on ${about}: ${said}${reasons === '' ? '' : ` (${reasons})`}. Check the RPCs.`,
    retryable: true,
    cause: failures.length === 0 ? undefined : new AggregateError(failures),
  });
}
