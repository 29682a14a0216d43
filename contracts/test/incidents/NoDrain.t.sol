// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {VaultTest} from "../support/VaultTest.sol";

/// @title No call of anybody takes tokens
/// @dev t+ had a function by which its owner could take any token. Here every function of the vault, its authority and its
/// checkpointer is called with arguments of the right types by everybody who has a role.
contract NoDrainTest is VaultTest {
    uint256 private constant DEPOSITED = 100e18;

    function setUp() public override {
        super.setUp();
        deposit(alice, DEPOSITED);
        reachRoot(1);
        address[9] memory roles =
            [council, governor, slowGovernor, guardian, enclave, leader, courier, alice, address(this)];
        for (uint256 i = 0; i < roles.length; i++) {
            targetSender(roles[i]);
        }
        targetContract(address(registry));
        targetContract(address(authority));
        targetContract(address(checkpointer));
    }

    /// @notice No role takes tokens out of the vault, whatever it calls.
    /// forge-config: default.invariant.fail-on-revert = false
    /// forge-config: ci.invariant.fail-on-revert = false
    /// forge-config: deep.invariant.fail-on-revert = false
    /// forge-config: quick.invariant.fail-on-revert = false
    function invariant_noRoleTakesTokensWhateverItCalls() public view {
        assertEq(token.balanceOf(address(registry)), DEPOSITED);
        assertEq(registry.accounted(address(token)), DEPOSITED);
    }
}
