// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title Every pause there was, so that time without pauses can be told exactly
/// @dev By the time a pause began: when it ends, and what all pauses up to that end have taken. Times are seconds.
library PauseHistory {
    using Checkpoints for Checkpoints.Trace208;

    struct Pauses {
        Checkpoints.Trace208 byStart;
    }

    /// @notice Begins a pause now. The one before must be over.
    function begin(Pauses storage pauses, uint64 until) internal {
        uint48 time = uint48(block.timestamp);
        uint64 pausedInAll = pausedBefore(pauses, time) + until - time;
        pauses.byStart.push(time, _pack(until, pausedInAll));
    }

    /// @notice Ends the running pause now.
    function end(Pauses storage pauses) internal {
        (, uint48 start, uint208 value) = pauses.byStart.latestCheckpoint();
        (uint64 until, uint64 pausedInAll) = _unpack(value);
        uint64 time = uint64(block.timestamp);
        pauses.byStart.push(start, _pack(time, pausedInAll - (until - time)));
    }

    /// @notice How many seconds before `time` were paused. A running pause counts as if it lasted to its end.
    function pausedBefore(Pauses storage pauses, uint64 time) internal view returns (uint64) {
        // 48 bits hold the seconds of nine million years.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint64 until, uint64 pausedInAll) = _unpack(pauses.byStart.upperLookupRecent(uint48(time)));
        return time < until ? pausedInAll - (until - time) : pausedInAll;
    }

    function _pack(uint64 until, uint64 pausedInAll) private pure returns (uint208) {
        return (uint208(until) << 64) | pausedInAll;
    }

    function _unpack(uint208 value) private pure returns (uint64 until, uint64 pausedInAll) {
        // The halves of what `_pack` put together.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint64(value >> 64), uint64(value));
    }
}
