// What viem must know of a chain that we write to.
import { type Chain, defineChain, type PrepareTransactionRequestParameters } from 'viem';

/** Added to every estimate: the block that takes a transaction is a later one than the one it was tried in. */
const GAS_MARGIN_PERCENT = 20n;

/** A chain on which a transaction gets a fifth more gas than its estimate, whether viem asks for that or the RPC fills it in. */
export function chainWithGasMargin(settings: Chain): Chain {
  return defineChain({ ...settings, prepareTransactionRequest: [addGasMargin, { runAt: ['afterFillParameters'] }] });
}

async function addGasMargin(request: PrepareTransactionRequestParameters) {
  if (request.gas === undefined) return request;
  return { ...request, gas: request.gas + (request.gas * GAS_MARGIN_PERCENT) / 100n };
}
