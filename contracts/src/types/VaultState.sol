// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// Everything that a vault remembers, in one struct, so that its external libraries can work on it.

/// @notice The exit without the keeper. `Running`: the keeper lives. `Closing`: exit mode was entered, 48 h in which
/// everything still works and newer roots may come. `Final`: nothing leaves any more but claims against the root in force.
enum ExitPhase {
    Running,
    Closing,
    Final
}

/// @notice Each kind of outflow has a bucket of its own, per token.
enum OutflowKind {
    Withdrawal,
    Settlement,
    Shuttle
}

/// @notice At most `capacity` atoms at once; an empty bucket is full again after `refillSeconds`, linearly.
struct Limit {
    uint112 capacity;
    uint32 refillSeconds;
}

/// @notice What has flowed out and not been refilled, in atoms, as of `at`.
struct Outflow {
    uint104 used;
    uint40 at;
}

/// @notice Cumulative, in atoms. `firstIndex` is the log index of the key's first movement of the token plus one.
struct Counters {
    uint112 deposited;
    uint112 withdrawn;
    uint32 firstIndex;
}

/// @notice One token. `accounted` is what the vault holds of it by its books; `inventory` is the part of it that came in
/// (or, negative, went out) for no key: sent, arrived and absorbed. `claimed` is what claims of the final exit paid out,
/// which is deducted nowhere else. `listedAt` is a log index plus one, 0 when unlisted.
struct TokenBooks {
    // Every deposit and every withdrawal writes this slot and no other of the token.
    uint112 accounted;
    uint104 withdrawalUsed;
    uint40 withdrawalAt;
    // Read by deposits.
    uint112 depositCap;
    uint40 listedAt;
    bool settleable;
    // Read by withdrawals.
    Limit withdrawalLimit;
    int128 inventory;
    uint128 claimed;
    // By `OutflowKind`; that of withdrawals is above.
    mapping(OutflowKind => Limit) limits;
    mapping(OutflowKind => Outflow) outflows;
}

/// @notice An exit root as it was posted.
struct RootRecord {
    bytes32 treeRoot;
    uint64 epoch;
    uint40 checkpoint;
    uint40 processedIndex;
    uint40 issuedAt;
    uint40 postedAt;
}

/// @notice Times are seconds, indices and checkpoints count: 40 bits hold them for ever.
struct VaultState {
    bytes32 head;
    // Everything that moves money reads or writes this slot.
    uint40 count;
    uint40 rootCheckpoint;
    uint40 rootIssuedAt;
    uint40 rootPostedAt;
    uint40 processedIndex;
    uint40 pausedUntil;
    bool rootIsOfEpoch;
    ExitPhase phase;
    // `Signatures.pairOf(enclave, leader)`; 0 while nobody leads. The Authority writes it.
    bytes32 signers;
    bytes32 treeRoot;
    // The Authority's epoch, and the newest root's.
    uint64 epoch;
    uint64 rootEpoch;
    // The heartbeat does not fall back when a root is discarded.
    uint40 heartbeatFloor;
    // Of `maturing`; 0 while there is none.
    uint40 maturingPostedAt;
    // Roots issued until then are void: otherwise a discarded one could be posted again.
    uint40 discardedAt;
    mapping(bytes32 key => mapping(address token => Counters)) counters;
    mapping(address token => TokenBooks) tokens;
    // What is left when younger roots are discarded: `matured` is at least 72 h old, or the state at the deployment.
    RootRecord maturing;
    RootRecord matured;
    // The first discard since which nothing has matured, if there is one.
    uint40 discardingSince;
}
