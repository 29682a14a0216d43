// The thread in which states are packed and hashed. Started by `createStatePacker`.
import { parentPort } from 'node:worker_threads';
import { createPackingStore, type PackingStore } from '../../core/packingStore.ts';

/** A method of the store and its argument. Requests are answered in their order. */
export type Request = {
  readonly [M in keyof PackingStore]: { readonly method: M; readonly argument: Parameters<PackingStore[M]>[0] };
}[keyof PackingStore];

export type Answer = { readonly value: unknown } | { readonly error: string };

const store = createPackingStore();

parentPort?.on('message', (request: Request) => {
  try {
    const value = answerTo(request);
    parentPort?.postMessage({ value } satisfies Answer, transferable(request, value));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ error: text } satisfies Answer);
  }
});

function answerTo(request: Request): unknown {
  switch (request.method) {
    case 'begin':
      return store.begin(request.argument);
    case 'packCut':
      return store.packCut(request.argument);
    case 'packEngine':
      return store.packEngine(request.argument);
  }
}

/** An engine's bytes are handed over: a copy of them would hold up the other thread. */
function transferable({ method }: Request, value: unknown): ArrayBuffer[] {
  return method === 'packEngine' ? [(value as Uint8Array<ArrayBuffer>).buffer] : [];
}
