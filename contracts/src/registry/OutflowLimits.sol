// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Limit} from "../types/VaultState.sol";

/// @title A bucket that outflows fill and time empties
/// @dev Kept as what is used, not as what is left: a deposit lowers it without knowing the capacity.
library OutflowLimits {
    /// @notice What is still used now of `used` at `since`, rounded up.
    function usedNow(Limit memory limit, uint256 used, uint256 since) internal view returns (uint256) {
        (uint256 capacity, uint256 refillSeconds) = (limit.capacity, limit.refillSeconds);
        if (refillSeconds == 0) return used;
        // A time that has passed, of 40 bits, and a capacity of 104.
        unchecked {
            uint256 refilledDown = (block.timestamp - since) * capacity / refillSeconds;
            return used > refilledDown ? used - refilledDown : 0;
        }
    }

    /// @notice From when on `amount` fits on top of what is left of `used` at `since`, to the second, when it does not yet;
    /// the end of time when it never will.
    function fitsAt(Limit memory limit, uint256 used, uint256 since, uint256 amount) internal pure returns (uint64) {
        if (amount > limit.capacity) return type(uint64).max;
        uint256 excess = used + amount - limit.capacity;
        uint256 waitUp = Math.mulDiv(excess, limit.refillSeconds, limit.capacity, Math.Rounding.Ceil);
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(Math.min(since + waitUp, type(uint64).max));
    }
}
