// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./interfaces/IEventLog.sol";

/// @title The hash chain behind `IEventLog`
abstract contract EventLog is IEventLog {
    /// @inheritdoc IEventLog
    bytes32 public head;

    /// @inheritdoc IEventLog
    /// @dev Small state variables of the inheriting contract that come first share this slot, which saves it a slot.
    uint64 public count;

    constructor() {
        head = keccak256(abi.encode(block.chainid, address(this)));
    }

    /// @dev Appends one entry and emits it as the event that it is.
    /// @param kind `SomeEvent.selector`: the event's only indexed argument must be `uint64 index`
    /// @param data ABI encoding of the event's other arguments
    function _append(bytes32 kind, bytes memory data) internal {
        uint64 index = count;
        head = keccak256(abi.encode(head, index, kind, keccak256(data)));
        count = index + 1;
        assembly ("memory-safe") {
            log2(add(data, 0x20), mload(data), kind, index)
        }
    }
}
