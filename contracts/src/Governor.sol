// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {DevelopmentChain} from "./libraries/DevelopmentChain.sol";

/// @title The council after a delay that never becomes shorter than it was at the deployment
/// @notice The council proposes, executes and cancels; nobody administers. Without the floor a timelock could shorten its
/// own delay, and nothing that comes after that would be announced any more.
contract Governor is TimelockController {
    /// @notice The delay at the deployment, in seconds.
    uint256 public immutable shortestDelay;

    /// @notice Below the shortest delay; or, at the deployment, below `minimumDelay` on a chain that is not 31337 or 31338.
    error Governor_DelayTooShort(uint256 delay, uint256 minimum);

    constructor(uint256 delay, address council) TimelockController(delay, _only(council), _only(council), address(0)) {
        if (delay < minimumDelay() && !DevelopmentChain.isHere()) revert Governor_DelayTooShort(delay, minimumDelay());
        shortestDelay = delay;
    }

    /// @notice What this tier needs at least, in seconds.
    function minimumDelay() public pure virtual returns (uint256) {
        return 72 hours;
    }

    /// @notice By itself alone, as everything that it does.
    function updateDelay(uint256 newDelay) public override {
        if (newDelay < shortestDelay) revert Governor_DelayTooShort(newDelay, shortestDelay);
        super.updateDelay(newDelay);
    }

    function _only(address account) private pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }
}

/// @title For what could take money: longer than an exit without the keeper takes
contract SlowGovernor is Governor {
    constructor(uint256 delay, address council) Governor(delay, council) {}

    /// @inheritdoc Governor
    function minimumDelay() public pure override returns (uint256) {
        return 14 days;
    }
}
