// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract ChangeLimitTest is VaultTest {
    uint112 private constant CAPACITY = 1_000;
    uint32 private constant REFILL_SECONDS = 100;

    uint256 private _nextNonce;

    function setUp() public override {
        super.setUp();
        deposit(alice, 100_000);
        reachRoot(1);
        change(governor, OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS);
    }

    // ---------------------------------------------------------------- who may change it

    function test_changeLimit_upIsTheGovernorsAndDownTheCouncilsToo() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.LimitChanged(
            uint64(registry.count()), address(token), OutflowKind.Withdrawal, CAPACITY - 1, REFILL_SECONDS
        );
        change(council, OutflowKind.Withdrawal, CAPACITY - 1, REFILL_SECONDS);
        change(council, OutflowKind.Withdrawal, CAPACITY - 1, REFILL_SECONDS + 1);

        expectRaised(OutflowKind.Withdrawal);
        change(council, OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS + 1);
        change(governor, OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS);
        assertLimit(OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS);
    }

    /// @dev Less at once, but more per second.
    function test_changeLimit_ofTheCouncilMakesNothingFlowFaster() public {
        expectRaised(OutflowKind.Withdrawal);
        change(council, OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS - 1);
        expectRaised(OutflowKind.Withdrawal);
        change(council, OutflowKind.Withdrawal, CAPACITY / 2, REFILL_SECONDS / 2 - 1);
        change(council, OutflowKind.Withdrawal, CAPACITY / 2, REFILL_SECONDS / 2);
        assertLimit(OutflowKind.Withdrawal, CAPACITY / 2, REFILL_SECONDS / 2);
    }

    function test_changeLimit_keepsTheKindsApart() public {
        (Limit memory wide,) = registry.outflow(address(token), OutflowKind.Settlement);
        change(council, OutflowKind.Settlement, 7, 70);
        change(council, OutflowKind.Shuttle, 8, 80);
        assertGt(wide.capacity, CAPACITY);
        assertLimit(OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS);
        assertLimit(OutflowKind.Settlement, 7, 70);
        assertLimit(OutflowKind.Shuttle, 8, 80);
    }

    function test_changeLimit_revertsIfNeitherCouncilNorGovernor() public {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncilOrGovernor.selector, guardian)
        );
        change(guardian, OutflowKind.Withdrawal, 1, 1);
    }

    function test_changeLimit_revertsIfTheTokenIsNotListed() public {
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, alice));
        vm.prank(governor);
        registry.changeLimit(alice, OutflowKind.Withdrawal, Limit(1, 1));
    }

    function test_changeLimit_revertsIfItDoesNotFitOrNeverRefills() public {
        uint112 tooMuch = uint112(type(uint104).max) + 1;
        expectBad(tooMuch, 1);
        change(governor, OutflowKind.Withdrawal, tooMuch, 1);
        expectBad(1, 0);
        change(governor, OutflowKind.Shuttle, 1, 0);
        change(governor, OutflowKind.Withdrawal, tooMuch - 1, 1);
        assertLimit(OutflowKind.Withdrawal, tooMuch - 1, 1);
    }

    function test_listToken_revertsIfALimitIsBad() public {
        DevnetToken other = new DevnetToken("Other", "OTH", 18);
        TokenListing memory listing = listingOf(address(other), 1);
        listing.shuttleLimit = Limit(1, 0);
        expectBad(1, 0);
        vm.prank(governor);
        registry.listToken(listing);
    }

    // ---------------------------------------------------------------- what it does

    function test_withdraw_emptiesTheBucketToTheLastAtom() public {
        pay(CAPACITY - 1);
        pay(1);
        assertUsed(CAPACITY);
        expectOverLimit(1, block.timestamp + 1);
        pay(1);
    }

    function test_withdraw_revertsAboveTheLimitAndSaysWhenItWillFit() public {
        pay(CAPACITY);
        // 55 refill in 5.5 s.
        uint256 fitsAt = block.timestamp + 6;
        expectOverLimit(55, fitsAt);
        pay(55);
        vm.warp(fitsAt - 1);
        expectOverLimit(55, fitsAt);
        pay(55);
        vm.warp(fitsAt);
        pay(55);
        assertUsed(CAPACITY - 5);
    }

    function test_withdraw_revertsForEverIfItExceedsTheWholeBucket() public {
        expectOverLimit(CAPACITY + 1, type(uint64).max);
        pay(CAPACITY + 1);
        change(council, OutflowKind.Withdrawal, 0, 0);
        expectOverLimit(1, type(uint64).max);
        pay(1);
    }

    function test_outflow_emptiesWithTimeAndNotBelowZero() public {
        pay(CAPACITY);
        vm.warp(block.timestamp + REFILL_SECONDS / 4);
        assertUsed(CAPACITY * 3 / 4);
        vm.warp(block.timestamp + REFILL_SECONDS);
        assertUsed(0);
        pay(CAPACITY);
    }

    function test_deposit_refillsTheBucketAndNotBelowZero() public {
        pay(CAPACITY);
        deposit(bob, 300);
        assertUsed(CAPACITY - 300);
        pay(300);
        expectOverLimit(1, block.timestamp + 1);
        pay(1);
        deposit(bob, CAPACITY * 5);
        assertUsed(0);
        pay(CAPACITY);
        expectOverLimit(1, block.timestamp + 1);
        pay(1);
    }

    /// @dev Otherwise a round trip of one's own money would keep everybody else from withdrawing.
    function test_withdraw_cannotBeStarvedByLoops() public {
        for (uint256 i = 0; i < 20; i++) {
            deposit(bob, CAPACITY);
            pay(CAPACITY);
        }
        assertUsed(CAPACITY);
        deposit(bob, CAPACITY);
        pay(CAPACITY);
    }

    function test_changeLimit_reckonsWithTheOldLimitUntilNow() public {
        pay(CAPACITY);
        vm.warp(block.timestamp + REFILL_SECONDS / 2);
        change(council, OutflowKind.Withdrawal, CAPACITY / 2, REFILL_SECONDS * 10);
        assertUsed(CAPACITY / 2);
        expectOverLimit(1, block.timestamp + 2);
        pay(1);
        change(governor, OutflowKind.Withdrawal, CAPACITY, REFILL_SECONDS);
        assertUsed(CAPACITY / 2);
        pay(CAPACITY / 2);
    }

    /// @dev More is used than fits: nothing leaves until time has refilled it.
    function test_changeLimit_belowWhatIsUsedWaits() public {
        pay(CAPACITY);
        change(council, OutflowKind.Withdrawal, 100, REFILL_SECONDS);
        expectOverLimit(1, block.timestamp + 901);
        pay(1);
        vm.warp(block.timestamp + 901);
        pay(1);
    }

    function testFuzz_outflow_neverLetsThroughMoreThanCapacityAndRefill(uint256 seed) public {
        uint256 start = block.timestamp;
        uint256 paid;
        for (uint256 i = 0; i < 20; i++) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 amount = seed % CAPACITY + 1;
            if (tryToPay(amount)) paid += amount;
            vm.warp(block.timestamp + (seed >> 128) % (REFILL_SECONDS / 2));
            assertLe(paid, CAPACITY + CAPACITY * (block.timestamp - start) / REFILL_SECONDS);
        }
        assertGt(paid, 0);
    }

    // ---------------------------------------------------------------- helpers

    function change(address by, OutflowKind kind, uint112 capacity, uint32 refillSeconds) private {
        vm.prank(by);
        registry.changeLimit(address(token), kind, Limit(capacity, refillSeconds));
    }

    function pay(uint256 amount) private {
        withdraw(withdrawalOf(alice, amount, _nextNonce++));
    }

    function tryToPay(uint256 amount) private returns (bool) {
        try this.payFromOutside(amount) {
            return true;
        } catch {
            return false;
        }
    }

    function payFromOutside(uint256 amount) external {
        pay(amount);
    }

    function expectRaised(OutflowKind kind) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_LimitRaised.selector, address(token), kind)
        );
    }

    function expectBad(uint112 capacity, uint32 refillSeconds) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_BadLimit.selector, capacity, refillSeconds)
        );
    }

    function expectOverLimit(uint256 amount, uint256 fitsAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                address(token),
                OutflowKind.Withdrawal,
                amount,
                uint64(fitsAt)
            )
        );
    }

    function assertLimit(OutflowKind kind, uint112 capacity, uint32 refillSeconds) private view {
        (Limit memory limit,) = registry.outflow(address(token), kind);
        assertEq(limit.capacity, capacity);
        assertEq(limit.refillSeconds, refillSeconds);
    }

    function assertUsed(uint256 expected) private view {
        (, uint256 used) = registry.outflow(address(token), OutflowKind.Withdrawal);
        assertEq(used, expected);
    }
}
