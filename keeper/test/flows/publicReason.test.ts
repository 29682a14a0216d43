import { describe, expect, it } from 'vitest';
import { publicReason, publicRpcReason } from '../../src/flows/publicReason.ts';

const KEY = 'k3y0fth3operator';
const CONTRACT = `0x${'ab'.repeat(20)}`;
const UNKNOWN = 'an error that only the log names';

describe('what everybody is told of an RPC', () => {
  it.each([
    ['eth_getBlockByNumber: HTTP 429', 'HTTP 429'],
    [`eth_call: HTTP 401 for ${KEY}`, 'HTTP 401'],
    [`rpc.example: eth_getLogs: HTTP 503`, 'HTTP 503'],
    ['eth_chainId: ECONNREFUSED', 'ECONNREFUSED'],
    ['eth_call: The request took too long to respond.', 'timed out'],
    ['eth_call: The request timed out.', 'timed out'],
    ['answers for chain 1 instead of 31337', 'answers for chain 1 instead of 31337'],
    [`disagrees with the others on newestRoot() of ${CONTRACT}`, 'disagrees with the others'],
    [`its logs of ${CONTRACT} do not lead to the head`, `its logs of ${CONTRACT} do not lead to the head`],
    ['eth_getBlockByNumber: the answer is not a number', 'the answer is not a number'],
    [`eth_call: project ${KEY} is over its limit`, UNKNOWN],
    [`eth_call: see https://rpc.example/v3/${KEY}`, UNKNOWN],
    [`${KEY}: disagrees with the others`, UNKNOWN],
  ])('%s', (lastError, said) => {
    expect(publicRpcReason(lastError)).toBe(said);
  });
});

describe('what everybody is told of a problem', () => {
  it.each([
    [
      `Chain 5: no quorum on block 7: 1 of 3 RPCs answer, 2 must (rpc.example: eth_call: bad key ${KEY}). Check the RPCs.`,
      'no quorum on block 7: 1 of 3 RPCs answer, 2 must',
    ],
    [
      `Chain 5: no quorum on the newest block: 3 RPCs gave 3 different answers, 2 must agree (${KEY}). Check the RPCs.`,
      'no quorum on the newest block: 3 RPCs gave 3 different answers, 2 must agree',
    ],
    [
      `Chain 5: no RPC has logs of ${CONTRACT} that lead from entry 1 to the head at entry 9 (${KEY}). Nothing was taken in.`,
      `no RPC has logs of ${CONTRACT} that lead from entry 1 to the head at entry 9`,
    ],
    [`Chain 5: no RPC answers: invalid key ${KEY}.`, 'no RPC answers'],
    [
      `Chain 5: no RPC takes the transaction with nonce 3: ${KEY} is not allowed to send. Try again.`,
      'no RPC takes the transaction with nonce 3',
    ],
    [`Chain 5: ${CONTRACT} refuses: ${KEY}.`, `${CONTRACT} refuses`],
    [
      `Chain 5: the gas key ${CONTRACT} holds 0.1 ETH and needs up to 0.25. Send it some.`,
      `the gas key ${CONTRACT} holds 0.1 ETH and needs up to 0.25`,
    ],
    [`something else about ${KEY}`, UNKNOWN],
  ])('%s', (message, said) => {
    expect(publicReason(message)).toBe(said);
  });
});
