// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

/// @title One more entry of a log: the next head, and the event that the entry is
library LogChain {
    /// @notice `head₀` of `IEventLog`.
    function genesis() internal view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this)));
    }

    /// @dev Emits the entry; the caller keeps the head and counts.
    /// @param kind `SomeEvent.selector`: the event's only indexed argument must be `uint64 index`
    /// @param data ABI encoding of the event's other arguments
    function append(bytes32 head, uint64 index, bytes32 kind, bytes memory data) internal returns (bytes32 next) {
        next = EfficientHashLib.hash(head, bytes32(uint256(index)), kind, keccak256(data));
        assembly ("memory-safe") {
            log2(add(data, 0x20), mload(data), kind, index)
        }
    }
}
