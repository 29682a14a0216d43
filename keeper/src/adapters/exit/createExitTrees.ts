import { Worker } from 'node:worker_threads';
import type { ExitTrees } from '../../core/ports.ts';
import type { ExitTreeStore } from './exitTreeStore.ts';
import type { Answer, Request, Setup } from './exitTreeWorker.ts';

/** Exit trees could not be built or asked. */
export class ExitTreeError extends Error {
  override name = 'ExitTreeError';
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Builds and keeps exit trees in a thread of its own: a million leaves take seconds, in which orders must not wait. When the
 * thread dies, everything that is asked from then on fails.
 */
export function createExitTrees(setup: Setup): ExitTrees {
  const worker = new Worker(new URL('./exitTreeWorker.ts', import.meta.url), { workerData: setup });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let dead: Error | undefined;

  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) asked?.reject(new ExitTreeError(answer.error));
    else asked?.resolve(answer.value);
  });
  worker.on('error', (cause) => die(new ExitTreeError('The thread of the exit trees failed.', { cause })));
  worker.on('exit', () => die(new ExitTreeError('The thread of the exit trees ended.')));

  function die(error: Error): void {
    dead ??= error;
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  }

  function ask<M extends keyof ExitTreeStore>(
    method: M,
    argument: Parameters<ExitTreeStore[M]>[0],
  ): Promise<ReturnType<ExitTreeStore[M]>> {
    return new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(dead);
      const id = ++lastId;
      waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ id, method, argument } as Request);
    });
  }

  return {
    build: (state) => ask('build', state),
    leavesOf: (query) => ask('leavesOf', query),
    keep: (checkpoints) => ask('keep', checkpoints),
    async close() {
      await worker.terminate();
    },
  };
}
