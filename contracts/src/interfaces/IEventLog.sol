// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title A contract whose whole history is one hash chain
/// @notice Every entry is a typed event whose only indexed argument is its `index`. With `topic0` the event's signature
/// hash and `data` the log's data:
///
/// - `head₀ = keccak256(abi.encode(block.chainid, address(this)))`
/// - `headₙ₊₁ = keccak256(abi.encode(headₙ, n, topic0, keccak256(data)))`
///
/// Who knows an authentic `(head, count)` can take the logs from anybody: they are replayed and must give the head.
/// Nothing can be invented, altered, reordered or left out. Entries of an unknown kind verify without an ABI.
///
/// Every log with exactly two topics that the contract emits is an entry. Logs that are no entries (reports that nothing
/// depends on) have another number of topics.
interface IEventLog {
    /// @notice Hash over all entries so far.
    function head() external view returns (bytes32);

    /// @notice Number of entries so far; the next entry has this index.
    function count() external view returns (uint64);
}
