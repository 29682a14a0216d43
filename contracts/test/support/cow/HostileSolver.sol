// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {GPv2Interaction, GPv2Trade, IGPv2} from "./IGPv2.sol";

/// @notice Everything that `settle` takes.
struct Batch {
    address[] tokens;
    uint256[] prices;
    GPv2Trade[] trades;
    GPv2Interaction[][3] interactions;
}

/// @title An allowed solver that does whatever it likes, also in the middle of its own batches
contract HostileSolver {
    IGPv2 private immutable GPV2;

    /// @notice How the calls of `attempt` went, in their order.
    bool[] public succeeded;
    bytes[] public reasons;

    constructor(IGPv2 gpv2) {
        GPV2 = gpv2;
    }

    function settle(Batch calldata batch) external {
        GPV2.settle(batch.tokens, batch.prices, batch.trades, batch.interactions);
    }

    /// @dev For interactions: a failure is remembered and does not stop the batch.
    function attempt(address target, bytes calldata data) external {
        (bool ok, bytes memory reason) = target.call(data);
        succeeded.push(ok);
        reasons.push(ok ? bytes("") : reason);
    }

    function attempts() external view returns (uint256) {
        return succeeded.length;
    }
}
