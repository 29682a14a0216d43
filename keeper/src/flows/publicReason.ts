// What health tells everybody about a failure: of which kind it is, in our own words. What an RPC said itself may hold the
// key that stands in its URL; only the log has that.

/** Our own sentences, as flows and chain adapters write them. None of them carries what an RPC said. */
const OWN_SENTENCES: readonly RegExp[] = [
  /no quorum on [^:]{1,160}: (?:\d+ of \d+ RPCs answer, \d+ must|\d+ RPCs gave \d+ different answers, \d+ must agree)/,
  /no RPC has logs of 0x[0-9a-f]{40} that lead from entry \d+ to the head at entry \d+/,
  /no RPC has checkpoint \d+ of 0x[0-9a-f]{40}/,
  /no RPC is configured for it/,
  /no RPC takes the transaction with nonce \d+/,
  /no RPC answers/,
  /block \d+ was final already, now the RPCs say \d+/,
  /final block \d+ was 0x[0-9a-f]{64}, now 0x[0-9a-f]{64}: a reorg beyond finality/,
  /0x[0-9a-f]{40} does not answer \w+\(\) at block \d+/,
  /0x[0-9a-f]{40} refuses/,
  /gas costs \d+(?:\.\d+)? gwei, the limit is \d+(?:\.\d+)?/,
  /the gas key 0x[0-9a-f]{40} holds \d+(?:\.\d+)? ETH and needs up to \d+(?:\.\d+)?/,
  /a transaction with nonce \d+ waits with higher fees/,
  /transaction 0x[0-9a-f]{64} (?:was mined and failed|is not mined after \d+ ms)/,
  /Checkpoint \d+, which an earlier keeper posted, was dropped by a reorganisation/,
  /Checkpoints have grown to \d+ bytes/,
  /The core refused to cut a checkpoint: [\w.]+/,
  /The leadership changed/,
];

/** What is known of one RPC. */
const OF_RPC: readonly RegExp[] = [
  /^answers for chain \d{1,16} instead of \d{1,16}$/,
  /^disagrees with the others/,
  /^its logs of 0x[0-9a-f]{40} do not lead to the head$/,
  /^it hides checkpoint \d+ of 0x[0-9a-f]{40}$/,
  /\bHTTP \d{3}\b/,
  /\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT)\b/,
  /timed out/i,
  /the answer is (?:too large|not [a-z ]{1,30})/,
  /it does not have the block/,
];

const UNKNOWN = 'an error that only the log names';

/** Why something is held up: our own sentence in an error's message, without what else the message holds. */
export function publicReason(message: string): string {
  return firstMatch(OWN_SENTENCES, message) ?? UNKNOWN;
}

/** What is wrong with an RPC, as a kind of failure. */
export function publicRpcReason(lastError: string): string {
  if (/timeout|took too long/i.test(lastError)) return 'timed out';
  return firstMatch(OF_RPC, lastError) ?? UNKNOWN;
}

function firstMatch(patterns: readonly RegExp[], text: string): string | undefined {
  for (const pattern of patterns) {
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return found;
  }
  return undefined;
}
