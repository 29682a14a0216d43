// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IEventLog} from "./interfaces/IEventLog.sol";
import {LogChain} from "./libraries/LogChain.sol";

/// @title The hash chain behind `IEventLog`
abstract contract EventLog is IEventLog {
    /// @inheritdoc IEventLog
    bytes32 public head = LogChain.genesis();

    /// @inheritdoc IEventLog
    /// @dev Small state variables of the inheriting contract that come first share this slot, which saves it a slot.
    uint64 public count;

    /// @dev Appends one entry and emits it as the event that it is; see `LogChain`.
    function _append(bytes32 kind, bytes memory data) internal {
        uint64 index = count;
        head = LogChain.append(head, index, kind, data);
        count = index + 1;
    }
}
