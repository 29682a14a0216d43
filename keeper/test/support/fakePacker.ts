// The real packing, at once instead of in a thread.

import type { StatePacker } from '../../src/core/packingStore.ts';
import { createPackingStore } from '../../src/core/packingStore.ts';

export function createFakePacker(): StatePacker {
  const store = createPackingStore();
  return {
    begin: async (image) => store.begin(image),
    packCut: async (cut) => store.packCut(cut),
    packEngine: async (engine) => store.packEngine(engine),
    close: async () => {},
  };
}
