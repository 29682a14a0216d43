// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice `Unused` → `Open` → `Closed`, or `Unused` → `Revoked`; there is no way back.
enum SettlementStatus {
    Unused,
    Open,
    Closed,
    Revoked
}

/// @notice What is remembered of a nonce. `intentHash` is the EIP-712 struct hash of the intent that was opened, less its
/// last byte; it stays, because later proceeds must find the same commitment.
struct Settlement {
    bytes31 intentHash;
    SettlementStatus status;
}

/// @notice CoW Protocol on this chain; both 0 where it is not, `shedFactory` alone where only cow-shed is missing.
struct CowContracts {
    address settlement;
    address shedFactory;
}

/// @notice The fixed points of settlements, from the vault's immutables. `relayer` is 0 where CoW is not.
/// @param registryDomain EIP-712 separator of the vault
/// @param orderDomain EIP-712 separator of CoW's settlement contract
/// @param laneImplementation what lanes are clones of
struct SettlementSetup {
    bytes32 registryDomain;
    bytes32 orderDomain;
    address relayer;
    address laneImplementation;
}
