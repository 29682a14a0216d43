// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Withdrawal} from "../../../src/types/Messages.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract RevokeWithdrawalTest is VaultTest {
    function setUp() public override {
        super.setUp();
        deposit(alice, 100);
        reachRoot(1);
    }

    function test_revokeWithdrawal_makesTheNonceUsedForThatAccountAlone() public {
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 7);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.WithdrawalRevoked(uint64(registry.count()), alice, 7);
        vm.prank(council);
        registry.revokeWithdrawal(alice, 7);
        assertTrue(registry.isNonceUsed(alice, 7));
        assertFalse(registry.isNonceUsed(bob, 7));

        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 7));
        withdraw(withdrawal);
    }

    function test_revokeWithdrawal_isTheCouncils() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, alice));
        vm.prank(alice);
        registry.revokeWithdrawal(alice, 7);
    }

    function test_revokeWithdrawal_revertsIfPaid() public {
        withdraw(withdrawalOf(alice, 10, 7));
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 7));
        vm.prank(council);
        registry.revokeWithdrawal(alice, 7);
    }
}
