// Leaves hashed by viem, as a second opinion.
import { encodeAbiParameters, keccak256, parseAbiParameters, stringToHex } from 'viem';
import type { Hex } from '../../src/core/commands.ts';
import type { ExitLeaf, ExitTokenLeaf } from '../../src/core/exitTree.ts';

const LEAF_TYPE =
  'ExitLeaf(uint256 chainId,address registry,uint64 checkpoint,bytes32 key,address token,int256 offset,uint256 transit,bytes32 salt)';
const TOKEN_LEAF_TYPE =
  'ExitTokenLeaf(uint256 chainId,address registry,uint64 checkpoint,address token,int256 offsetTotal,uint256 transitTotal)';

export interface Place {
  readonly chainId: number;
  readonly registry: Hex;
  readonly checkpoint: number;
}

export function hashLeaf(place: Place, { key, token, offset, transit, salt }: ExitLeaf): Hex {
  const types = parseAbiParameters('bytes32,uint256,address,uint64,bytes32,address,int256,uint256,bytes32');
  const values = [...headOf(LEAF_TYPE, place), key, token, offset, transit, salt] as const;
  return keccak256(keccak256(encodeAbiParameters(types, values)));
}

export function hashTokenLeaf(place: Place, { token, offsetTotal, transitTotal }: ExitTokenLeaf): Hex {
  const types = parseAbiParameters('bytes32,uint256,address,uint64,address,int256,uint256');
  const values = [...headOf(TOKEN_LEAF_TYPE, place), token, offsetTotal, transitTotal] as const;
  return keccak256(keccak256(encodeAbiParameters(types, values)));
}

function headOf(type: string, { chainId, registry, checkpoint }: Place) {
  return [keccak256(stringToHex(type)), BigInt(chainId), registry, BigInt(checkpoint)] as const;
}
