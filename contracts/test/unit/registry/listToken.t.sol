// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DepositRegistry} from "../../../src/DepositRegistry.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {NoReturnToken} from "../../support/OddTokens.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract ListTokenTest is VaultTest {
    address private _other;

    function setUp() public override {
        super.setUp();
        _other = address(new NoReturnToken());
    }

    function test_constructor_listsAtGenesisAndLogsIt() public {
        vm.recordLogs();
        deployProtocol();
        assertReplays(address(registry), vm.getRecordedLogs());
        assertEq(registry.count(), 1);
        assertListing(address(token), 1, CAP);
        assertListing(_other, 0, 0);
        assertEq(registry.authority(), address(authority));
    }

    function test_constructor_keepsEveryTermOfAListing() public {
        TokenListing[] memory listings = new TokenListing[](1);
        listings[0] = TokenListing(_other, 7, Limit(1, 2), Limit(3, 4), Limit(5, 6), true);
        registry = newRegistry(address(checkpointer), 0, listings);
        (uint256 depositCap, uint64 listedAt, bool settleable) = registry.listing(_other);
        assertEq(depositCap, 7);
        assertEq(listedAt, 1);
        assertTrue(settleable);
        assertLimit(OutflowKind.Withdrawal, Limit(1, 2));
        assertLimit(OutflowKind.Settlement, Limit(3, 4));
        assertLimit(OutflowKind.Shuttle, Limit(5, 6));
    }

    function test_constructor_revertsIfATokenIsListedTwice() public {
        TokenListing[] memory twice = new TokenListing[](2);
        (twice[0], twice[1]) = (listingOf(_other, 1), listingOf(_other, 2));
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenAlreadyListed.selector, _other));
        newRegistry(address(checkpointer), 0, twice);
    }

    function test_listToken_isTheGovernors() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotGovernor.selector, council));
        vm.prank(council);
        registry.listToken(listingOf(_other, 1));

        Limit memory wide = listingOf(_other, 500).withdrawalLimit;
        vm.expectEmit(address(registry));
        emit IDepositRegistry.TokenListed(1, _other, 500, wide, wide, wide, false);
        vm.prank(governor);
        registry.listToken(listingOf(_other, 500));
        assertListing(_other, 2, 500);
    }

    function test_listToken_revertsIfListedEvenWithCapZero() public {
        vm.startPrank(governor);
        registry.changeDepositCap(address(token), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenAlreadyListed.selector, address(token))
        );
        registry.listToken(listingOf(address(token), 1));
    }

    function test_listToken_revertsIfThereIsNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotAToken.selector, alice));
        vm.prank(governor);
        registry.listToken(listingOf(alice, 1));
    }

    function test_listToken_revertsIfTheCapIsTooHigh() public {
        uint256 tooHigh = uint256(type(uint112).max) + 1;
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CapTooHigh.selector, tooHigh));
        vm.prank(governor);
        registry.listToken(listingOf(_other, tooHigh));
    }

    function test_changeDepositCap_upIsTheGovernorsAndDownTheCouncilsToo() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.DepositCapChanged(1, address(token), 10);
        vm.startPrank(council);
        registry.changeDepositCap(address(token), 10);
        registry.changeDepositCap(address(token), 10);
        vm.stopPrank();

        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CapTooHigh.selector, 11));
        vm.prank(council);
        registry.changeDepositCap(address(token), 11);

        vm.prank(governor);
        registry.changeDepositCap(address(token), 11);
        assertListing(address(token), 1, 11);

        vm.prank(governor);
        registry.changeDepositCap(address(token), type(uint112).max);
        assertListing(address(token), 1, type(uint112).max);
    }

    function test_changeDepositCap_toZeroStopsDepositsAndNotWithdrawals() public {
        deposit(alice, 100);
        vm.prank(council);
        registry.changeDepositCap(address(token), 0);
        fund(address(token), bob, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CapExceeded.selector, address(token), 0, 101)
        );
        vm.prank(bob);
        registry.deposit(address(token), 1, bob, 0);

        reachRoot(1);
        withdraw(withdrawalOf(alice, 100, 0));
        assertEq(token.balanceOf(alice), 100);
    }

    function test_changeDepositCap_revertsIfNotListedOrNeitherCouncilNorGovernor() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, _other));
        vm.prank(governor);
        registry.changeDepositCap(_other, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncilOrGovernor.selector, guardian)
        );
        vm.prank(guardian);
        registry.changeDepositCap(address(token), 1);
    }

    function assertListing(address token_, uint64 listedAt, uint256 cap) private view {
        (uint256 depositCap, uint64 at,) = registry.listing(token_);
        assertEq(at, listedAt);
        assertEq(depositCap, cap);
    }

    function assertLimit(OutflowKind kind, Limit memory expected) private view {
        (Limit memory limit,) = registry.outflow(_other, kind);
        assertEq(limit.capacity, expected.capacity);
        assertEq(limit.refillSeconds, expected.refillSeconds);
    }
}
