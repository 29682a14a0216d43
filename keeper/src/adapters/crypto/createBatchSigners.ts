import { Worker } from 'node:worker_threads';
import type { Domain } from '../../core/eip712.ts';
import type { BatchSigners, SignedBy } from '../../core/ports.ts';
import type { Answer, Question } from './signatureWorker.ts';

/** Batches in one message to a thread: messages cost time, and answers that wait for others do, too. */
const QUESTIONS_PER_MESSAGE = 4;

interface Waiting {
  readonly resolve: (value: SignedBy) => void;
  readonly reject: (error: unknown) => void;
  answer: Answer | undefined;
}

interface Thread {
  readonly worker: Worker;
  /** Oldest first. */
  readonly asked: Waiting[];
  /** The newest of them, which the thread does not have yet. */
  unsent: Question[];
}

/**
 * Finds the signers of batches in threads: hashing and recovering take longer than everything else that a batch needs. The
 * answers come in the order of the questions, whichever thread is quicker, because nonces must grow.
 * @param input.onFailure a thread ended: nothing is answered any more.
 */
export function createBatchSigners(input: {
  readonly domain: Domain;
  readonly threads: number;
  readonly onFailure: (error: Error) => void;
}): BatchSigners {
  const threads: Thread[] = Array.from({ length: input.threads }, () => {
    const worker = new Worker(new URL('./signatureWorker.ts', import.meta.url), { workerData: input.domain });
    return { worker, asked: [], unsent: [] };
  });
  /** Of all threads, oldest first. */
  const waiting: Waiting[] = [];
  let ended: Error | undefined;
  /** What requests that came together ask is sent together. */
  let sending: NodeJS.Immediate | undefined;

  for (const thread of threads) {
    thread.worker.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) {
        const asked = thread.asked.shift();
        if (asked !== undefined) asked.answer = answer;
      }
      while (waiting[0]?.answer !== undefined) {
        const first = waiting.shift() as Waiting;
        settle(first, first.answer as Answer);
      }
    });
    thread.worker.on('error', (cause) => fail(new Error('A thread that checks signatures failed.', { cause })));
    thread.worker.on('exit', () => fail(new Error('A thread that checks signatures ended.')));
  }

  function sendAll(): void {
    sending = undefined;
    for (const thread of threads) send(thread);
  }

  function fail(error: Error): void {
    if (ended !== undefined) return;
    end(error);
    input.onFailure(error);
  }

  function end(error: Error): void {
    ended = error;
    clearImmediate(sending);
    for (const { reject } of waiting.splice(0)) reject(error);
  }

  return {
    find: (batch, signature) =>
      new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended);
        const idlest = threads.reduce((best, thread) => (thread.asked.length < best.asked.length ? thread : best));
        const asked: Waiting = { resolve, reject, answer: undefined };
        waiting.push(asked);
        idlest.asked.push(asked);
        idlest.unsent.push({ batch, signature });
        if (idlest.unsent.length === QUESTIONS_PER_MESSAGE) send(idlest);
        else sending ??= setImmediate(sendAll);
      }),
    async close() {
      end(new Error('The threads that check signatures were ended.'));
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function send(thread: Thread): void {
  if (thread.unsent.length === 0) return;
  thread.worker.postMessage(thread.unsent);
  thread.unsent = [];
}

function settle({ resolve, reject }: Waiting, answer: Answer): void {
  if ('error' in answer) reject(new Error(answer.error));
  else resolve(answer);
}
