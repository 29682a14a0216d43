// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

// The typed messages (strict EIP-712) that the enclave key and the leader key sign. Field order is part of the type hash:
// a change here changes every digest, and `keeper/src/core/typedMessages.ts` must follow.

/// @notice Pays out of the vault of the domain's chain.
/// @param account whose it is
/// @param amount in atoms of the token
/// @param recipient who is paid
/// @param nonce the account's own, once per account and chain
/// @param checkpoint that carries it: its root must be posted here
/// @param deadline last second in which it can be paid
struct Withdrawal {
    address account;
    address token;
    uint256 amount;
    address recipient;
    uint256 nonce;
    uint64 checkpoint;
    uint64 deadline;
}

/// @notice Sells `sellAmount` for at least `buyAmount`, or at most `sellAmount` for `buyAmount` when `buyExact`. `owner` is the
/// commitment `keccak256(account, subaccount, salt)` that pays and is paid, fresh per `nonce`. At most one of the intents
/// with one nonce opens a lane.
/// @param nonce of the settlement; the salt of its lane
/// @param sellAmount in atoms, exactly what the lane is given
/// @param buyAmount in atoms, at least, or exactly when `buyExact`
/// @param buyExact whether CoW calls it a buy order
/// @param partiallyFillable whether parts may be traded
/// @param validTo last second in which it can be opened and traded
/// @param owner a commitment
/// @param checkpoint that carries the request
struct SettlementIntent {
    bytes32 nonce;
    address sellToken;
    address buyToken;
    uint256 sellAmount;
    uint256 buyAmount;
    bool buyExact;
    bool partiallyFillable;
    uint32 validTo;
    bytes32 owner;
    uint64 checkpoint;
}

/// @notice Lets a lane sign one CoW order. `orderDigest` is the order's own EIP-712 digest, so that it binds the appData,
/// which the intent cannot: the appData contains the hook that contains the signed intent.
struct SettlementOrder {
    bytes32 orderDigest;
}

/// @notice Lets the vault's own cow-shed run calls. `hooksHash` is the EIP-712 digest of its `ExecuteHooks`.
struct ShedHooks {
    bytes32 hooksHash;
}

/// @notice Answers a forced withdrawal, or the rest of one.
/// @param id of the request
/// @param paid in atoms, now
/// @param reason a `ForcedReason`
/// @param checkpoint that carries the answer; it grows with each part
struct ForcedAnswer {
    uint256 id;
    uint256 paid;
    uint8 reason;
    uint64 checkpoint;
}

/// @notice Moves inventory from the vault of the origin, in whose domain it is signed, to the vault of the destination.
/// Whoever pays `outputAmount` there before `fillDeadline` gets `inputAmount` here, less Across' fee.
/// @param nonce the keeper's, once per origin
/// @param inputAmount in atoms of the origin
/// @param outputAmount in atoms of the destination
/// @param fillDeadline last second in which it can be filled
/// @param validUntil last second in which it can be sent
/// @param checkpoint that carries the request
struct Shuttle {
    bytes32 nonce;
    uint256 originChainId;
    uint256 destinationChainId;
    address inputToken;
    address outputToken;
    uint256 inputAmount;
    uint256 outputAmount;
    uint32 fillDeadline;
    uint64 validUntil;
    uint64 checkpoint;
}

/// @notice Brings tokens that lie in the vault into its books.
/// @param nonce of the shuttle that came back or short, or a new one
/// @param amount in atoms
/// @param reason for the keeper's books
/// @param checkpoint that carries it
struct Absorb {
    bytes32 nonce;
    address token;
    uint256 amount;
    uint8 reason;
    uint64 checkpoint;
}

/// @notice One Merkle root over (chainId, registry, treeRoot, processedIndex) of all chains. Signed in the domain of the
/// home chain's Checkpointer; posting it is each vault's heartbeat and opens what checkpoint `checkpoint` approved.
/// @param epoch the current one
/// @param checkpoint whose state the trees show
/// @param issuedAt time of signing, in seconds
/// @param root of the tree over all chains
struct ExitRoots {
    uint64 epoch;
    uint64 checkpoint;
    uint64 issuedAt;
    bytes32 root;
}

/// @notice A snapshot of the exchange.
/// @param number one more than the last
/// @param epoch the current one
/// @param parent digest of the checkpoint before it, 0 for number 1
/// @param stateHash of the whole state
/// @param payloadHash keccak256 of the encrypted payload
/// @param withdrawalsHash of the withdrawals that it approves
/// @param settlementsHash of the ciphertexts of settlement orders
/// @param journalIndex number of the keeper's journal entries that the state holds
struct Checkpoint {
    uint64 number;
    uint64 epoch;
    bytes32 parent;
    bytes32 stateHash;
    bytes32 payloadHash;
    bytes32 withdrawalsHash;
    bytes32 settlementsHash;
    uint64 journalIndex;
}

/// @notice Proof of possession of the leader key. `expectedTip` is 0 after a council proposal; in a takeover it is where the
/// candidate goes on from, and the enclave key signs too.
/// @param epoch that begins
struct AcceptLeader {
    address candidate;
    uint64 epoch;
    bytes32 expectedTip;
}

/// @notice Proof of possession of the key of a future standby, which stands by this evidence.
/// @param evidenceDigest hash of the evidence that the council looked at
struct AcceptStandby {
    address candidate;
    bytes32 evidenceDigest;
}
