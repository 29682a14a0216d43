// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// What the exit without the keeper remembers, beside `VaultState`.

/// @notice Why exit mode was entered. `Stale`: no root for 7 days; a root issued after the entry cures it. `Unanswered`: a
/// forced withdrawal waited for 7 days; its answer cures it. `Governor`: nothing cures it.
enum ExitReason {
    Stale,
    Unanswered,
    Governor
}

/// @notice What became of a forced withdrawal. `Paid`: all that was open. `NoBalance`, `Debt`, `TransferFails`: nothing is
/// paid, and the request is closed. `OverLimit`: a part is paid, and the rest stays open.
enum ForcedReason {
    Paid,
    NoBalance,
    Debt,
    TransferFails,
    OverLimit
}

/// @notice A forced withdrawal that waits. `open` atoms are not answered yet; closed requests are all 0. `askedAt` is when
/// the last part was paid, if any was; `answeredBy` is the checkpoint of that answer.
/// @param askedAt in seconds
/// @param answeredBy 0 before the first part
/// @param open in atoms
struct ForcedRequest {
    address account;
    uint40 askedAt;
    uint40 answeredBy;
    address token;
    address recipient;
    uint112 open;
}

/// @notice The token leaf of the root in force, once somebody proved it. `offset` = what all keys could take out + withdrawn
/// − deposited, up to the processed index; `transit` = what shuttles may bring.
/// @param offset in atoms
/// @param transit in atoms
struct ExitTotals {
    int128 offset;
    uint120 transit;
    bool areProved;
}

/// @notice What a key was paid of one token by claims, apart for its share of the holdings and of what shuttles brought.
/// @param share in atoms
/// @param transit in atoms
struct ExitPaid {
    uint128 share;
    uint128 transit;
}

/// @notice What is claimed. `offset`, `transit` and `salt` are the leaf of the key and the token, which `proof` leads to the
/// root in force; with salt 0 the key has no leaf, and the other two count as 0.
/// @param account whose it is, and who is paid unless it says otherwise
/// @param recipient the account, or whom it names itself
/// @param offset in atoms
/// @param transit in atoms
/// @param proof from the leaf to the tree, pairs sorted
struct ExitClaim {
    address account;
    address token;
    address recipient;
    int256 offset;
    uint256 transit;
    bytes32 salt;
    bytes32[] proof;
}

/// @notice `enteredAt`, `reason` and `requestId` are of the last entry into exit mode; ids of requests start at 1.
/// @param enteredAt in seconds
struct ExitState {
    uint40 enteredAt;
    ExitReason reason;
    uint64 requestId;
    uint64 requestCount;
    mapping(uint256 id => ForcedRequest) requests;
    mapping(address token => ExitTotals) totals;
    mapping(bytes32 key => mapping(address token => ExitPaid)) paid;
}
