import { Worker } from 'node:worker_threads';
import type { PackingStore, StatePacker } from '../../core/packingStore.ts';
import type { EngineRest } from '../../core/snapshot.ts';
import type { Answer, Request } from './packingWorker.ts';

/** A state could not be packed. */
export class PackingError extends Error {
  override name = 'PackingError';
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Packs states in a thread of its own: those of a hundred thousand accounts take a tenth of a second, in which orders must
 * not wait. When the thread dies, everything that is asked from then on fails.
 */
export function createStatePacker(): StatePacker {
  const worker = new Worker(new URL('./packingWorker.ts', import.meta.url));
  /** Answers come in the order of the questions. */
  const waiting: Waiting[] = [];
  let dead: Error | undefined;

  worker.on('message', (answer: Answer) => {
    const asked = waiting.shift();
    if ('error' in answer) asked?.reject(new PackingError(answer.error));
    else asked?.resolve(answer.value);
  });
  worker.on('error', (cause) => die(new PackingError('The thread that packs states failed.', { cause })));
  worker.on('exit', () => die(new PackingError('The thread that packs states ended.')));

  function die(error: Error): void {
    dead ??= error;
    for (const { reject } of waiting.splice(0)) reject(dead);
  }

  function ask<M extends keyof PackingStore>(
    method: M,
    argument: Parameters<PackingStore[M]>[0],
    handedOver: ArrayBuffer[] = [],
  ): Promise<ReturnType<PackingStore[M]>> {
    return new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(dead);
      waiting.push({ resolve: resolve as Waiting['resolve'], reject });
      worker.postMessage({ method, argument } as Request, handedOver);
    });
  }

  return {
    begin: (image) => ask('begin', image, [image.bytes, image.records, image.rowStarts].map(bufferOf)),
    packCut: (cut) => ask('packCut', cut),
    packEngine: (engine) => ask('packEngine', engine, buffersOf(engine.rest)),
    async close() {
      await worker.terminate();
    },
  };
}

/** The copied columns, which can be large: they are handed over instead of being copied again. */
function buffersOf({ orders: { records, switches } }: EngineRest): ArrayBuffer[] {
  const { numbers, clients, expiries } = records;
  const columns = [
    numbers,
    clients,
    ...[expiries, switches].flatMap(({ times, items, placeOf }) => [times, items, placeOf]),
  ];
  return columns.map(bufferOf);
}

function bufferOf({ buffer }: { readonly buffer: ArrayBufferLike }): ArrayBuffer {
  return buffer as ArrayBuffer;
}
