// libsecp256k1. The package falls back to a slow JavaScript curve without a word when its native part does not load;
// asking for the native part by its own name makes that an error at start.
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';

type Secp256k1 = typeof import('secp256k1');

function load(): Secp256k1 {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as Secp256k1;
  } catch (cause) {
    const platform = `${process.platform}-${process.arch}, Node ${process.version}`;
    throw new Error(`The native secp256k1 does not load on ${platform}: run npm ci on this machine.`, { cause });
  }
}

export const secp256k1: Secp256k1 = load();
// Blinds what signing leaks through timing and power.
secp256k1.contextRandomize(randomBytes(32));
