// The thread in which exit trees are built. Started by `createExitTrees`.
import { parentPort, workerData } from 'node:worker_threads';
import type { Genesis } from '../../core/state.ts';
import { createExitTreeStore, type ExitTreeStore } from './exitTreeStore.ts';

/** A method of the store, its argument, and a number that the answer carries, too. */
export type Request = {
  readonly [M in keyof ExitTreeStore]: {
    readonly id: number;
    readonly method: M;
    readonly argument: Parameters<ExitTreeStore[M]>[0];
  };
}[keyof ExitTreeStore];

export type Answer = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string };

export interface Setup {
  readonly genesis: Genesis;
  readonly saltKey: Uint8Array;
}

const store = createExitTreeStore(workerData as Setup);

parentPort?.on('message', (request: Request) => {
  let answer: Answer;
  try {
    answer = { id: request.id, value: answerTo(request) };
  } catch (error) {
    answer = { id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  parentPort?.postMessage(answer);
});

function answerTo(request: Request): unknown {
  switch (request.method) {
    case 'build':
      return store.build(request.argument);
    case 'leavesOf':
      return store.leavesOf(request.argument);
    case 'keep':
      return store.keep(request.argument);
  }
}
