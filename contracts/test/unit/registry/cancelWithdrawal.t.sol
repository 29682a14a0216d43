// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Withdrawal} from "../../../src/types/Messages.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract CancelWithdrawalTest is VaultTest {
    Withdrawal private _withdrawal;

    function setUp() public override {
        super.setUp();
        deposit(alice, 100);
        reachRoot(1);
        _withdrawal = withdrawalOf(alice, 10, 7);
    }

    function test_cancelWithdrawal_makesTheNonceUsed() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.WithdrawalCancelled(3, alice, 7);
        vm.prank(alice);
        registry.cancelWithdrawal(7);
        assertTrue(registry.isNonceUsed(alice, 7));
        expectNonceUsed();
    }

    function test_cancelWithdrawal_isTheCallersOwn() public {
        vm.prank(bob);
        registry.cancelWithdrawal(7);
        assertFalse(registry.isNonceUsed(alice, 7));
        withdraw(_withdrawal);
    }

    function test_cancelWithdrawal_revertsIfPaidOrCancelled() public {
        withdraw(_withdrawal);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 7));
        vm.prank(alice);
        registry.cancelWithdrawal(7);

        vm.startPrank(alice);
        registry.cancelWithdrawal(8);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 8));
        registry.cancelWithdrawal(8);
    }

    function test_cancelWithdrawal_worksWhilePausedAndWithoutALeader() public {
        pause();
        vm.prank(council);
        authority.vacateLeader();
        vm.prank(alice);
        registry.cancelWithdrawal(7);
        assertTrue(registry.isNonceUsed(alice, 7));
    }

    function test_cancelWithdrawal_worksAfterExpiry() public {
        vm.warp(_withdrawal.deadline + 1);
        vm.prank(alice);
        registry.cancelWithdrawal(7);
        assertTrue(registry.isNonceUsed(alice, 7));
    }

    function expectNonceUsed() private {
        Pair memory pair = signBoth(_withdrawal);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 7));
        submit(_withdrawal, pair);
    }
}
