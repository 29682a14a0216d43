// Every message that somebody signs, as strict EIP-712. Contracts hash the same types; `mw digest` prints any of them.
import type { Action, Address, Hex } from './commands.ts';

export interface WithdrawalMessage {
  readonly account: Address;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  readonly checkpoint: number;
  /** Seconds. */
  readonly deadline: number;
}

export interface ExitRootsMessage {
  readonly epoch: number;
  readonly checkpoint: number;
  /** Seconds. */
  readonly issuedAt: number;
  readonly root: Hex;
}

export interface CheckpointMessage {
  readonly number: number;
  readonly epoch: number;
  readonly parent: Hex;
  readonly stateHash: Hex;
  readonly payloadHash: Hex;
  readonly withdrawalsHash: Hex;
  readonly settlementsHash: Hex;
  readonly journalIndex: number;
}

export interface AcceptLeaderMessage {
  readonly candidate: Address;
  readonly epoch: number;
  readonly expectedTip: Hex;
}

export interface BatchMessage {
  readonly executor: Address;
  readonly epoch: number;
  readonly nonce: number;
  readonly deadline: number;
  readonly makersFirst: boolean;
  readonly actions: readonly Action[];
}

export interface WithdrawalRequestMessage {
  readonly account: Address;
  readonly subaccount: number;
  readonly chainId: number;
  readonly token: Address;
  readonly amount: bigint;
  readonly recipient: Address;
  readonly nonce: bigint;
  readonly deadline: number;
}

export interface WithdrawalCancelMessage {
  readonly account: Address;
  readonly chainId: number;
  readonly nonce: bigint;
}
