// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {Listings} from "../../../src/registry/Listings.sol";
import {VaultBooks} from "../../../src/registry/VaultBooks.sol";
import {Withdrawal} from "../../../src/types/Messages.sol";
import {Limit, OutflowKind, VaultState} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {VaultTest} from "../../support/VaultTest.sol";

/// @dev 86 400 atoms in a day: one in a second.
contract OutflowTest is VaultTest {
    uint112 private constant CAPACITY = 86_400;
    uint32 private constant REFILL = 1 days;

    uint256 private _nonce;

    function setUp() public override {
        super.setUp();
        deposit(alice, 100 * uint256(CAPACITY));
        limitTo(Limit(CAPACITY, REFILL));
        reachRoot(1);
    }

    // ---------------------------------------------------------------- withdrawals

    function test_withdraw_upToTheCapacityAtOnceAndThenAsTimeRefills() public {
        pay(CAPACITY - 1);
        pay(1);
        assertEq(used(), CAPACITY);
        expectOverLimit(1, uint64(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        assertEq(used(), CAPACITY - 1);
        pay(1);
        expectOverLimit(3_600, uint64(block.timestamp + 3_600));
        vm.warp(block.timestamp + 1 days);
        assertEq(used(), 0);
        pay(CAPACITY);
    }

    function test_withdraw_revertsForEverIfAboveTheWholeBucket() public {
        expectOverLimit(uint256(CAPACITY) + 1, type(uint64).max);
        pay(1);
        // On top of what is used it would be nothing, if it could overflow.
        expectOverLimit(type(uint256).max, type(uint64).max);
    }

    function test_withdraw_thatFailsUsesNothing() public {
        pay(100);
        expectOverLimit(CAPACITY, uint64(block.timestamp + 100));
        assertEq(used(), 100);
        Withdrawal memory again = withdrawalOf(alice, 50, 0);
        Pair memory pair = signBoth(again);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 0));
        submit(again, pair);
        assertEq(used(), 100);
    }

    /// @dev What fits at `fitsAt` fits then, and not a second earlier.
    function testFuzz_withdraw_fitsAtIsExact(
        uint112 capacity,
        uint32 refill,
        uint112 first,
        uint112 second,
        uint24 wait
    ) public {
        capacity = uint112(bound(capacity, 1, 50 * uint256(CAPACITY)));
        refill = uint32(bound(refill, 1, type(uint32).max));
        limitTo(Limit(capacity, refill));
        pay(bound(first, 1, capacity));
        vm.warp(block.timestamp + wait % 3 days);
        uint256 amount = bound(second, 1, capacity);
        Withdrawal memory withdrawal = withdrawalOf(alice, amount, _nonce++);
        Pair memory pair = signBoth(withdrawal);
        try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
            return;
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), IDepositRegistry.DepositRegistry_OverLimit.selector);
            uint64 fitsAt = fitsAtOf(reason);
            assertGt(fitsAt, block.timestamp);
            vm.warp(fitsAt - 1);
            expectOverLimit(amount, fitsAt);
            vm.warp(fitsAt);
            pay(amount);
        }
    }

    // ---------------------------------------------------------------- deposits

    function test_deposit_givesBackWhatItBrings() public {
        pay(CAPACITY);
        deposit(bob, 1_000);
        assertEq(used(), CAPACITY - 1_000);
        pay(1_000);
        expectOverLimit(1, uint64(block.timestamp + 1));
    }

    function test_deposit_neverGivesMoreThanTheCapacity() public {
        pay(10);
        deposit(bob, 1_000);
        assertEq(used(), 0);
        pay(CAPACITY);
        expectOverLimit(1, uint64(block.timestamp + 1));
    }

    /// @dev Round and round with the same money: whoever does it leaves the bucket as it was.
    function test_attack_depositAndWithdrawInALoopStarveNobody() public {
        pay(1_000);
        for (uint256 i = 0; i < 20; i++) {
            deposit(bob, CAPACITY);
            Withdrawal memory withdrawal = withdrawalOf(bob, CAPACITY, i);
            withdraw(withdrawal);
        }
        assertEq(used(), CAPACITY, "it lends what bob's own deposit brought, and no more");
        deposit(bob, CAPACITY);
        assertEq(used(), 0);
        pay(CAPACITY);
    }

    /// @dev In one second the sum of all that happened is what counts.
    function testFuzz_withdraw_netOfDepositsIsNeverAboveTheCapacity(uint32[16] memory amounts, bool[16] memory isIn)
        public
    {
        uint256 out;
        uint256 back;
        for (uint256 i = 0; i < amounts.length; i++) {
            uint256 amount = uint256(amounts[i]) % CAPACITY + 1;
            if (isIn[i]) {
                deposit(bob, amount);
                back += amount;
                continue;
            }
            Withdrawal memory withdrawal = withdrawalOf(alice, amount, _nonce++);
            Pair memory pair = signBoth(withdrawal);
            try registry.withdraw(withdrawal, pair.enclave, pair.leader) {
                out += amount;
            } catch {}
            assertLe(out, CAPACITY + back);
        }
    }

    // ---------------------------------------------------------------- changing the limit

    function test_changeLimit_takesWhatIsUsedAlong() public {
        pay(CAPACITY);
        vm.warp(block.timestamp + 6 hours);
        assertEq(used(), 64_800);
        limitTo(Limit(CAPACITY / 2, REFILL));
        assertEq(used(), 64_800, "what has been refilled at the old rate stays refilled");
        expectOverLimit(1, uint64(block.timestamp + 2 * (64_800 - 43_200) + 2));
        vm.warp(block.timestamp + 12 hours);
        assertEq(used(), 43_200);
        limitTo(Limit(CAPACITY, REFILL));
        assertEq(used(), 43_200);
        pay(43_200);
    }

    /// @dev Whoever changes it again and again gains not more than the second's fraction that each change rounds away.
    function test_changeLimit_toTheSameGivesNothing() public {
        pay(CAPACITY);
        for (uint256 i = 0; i < 50; i++) {
            limitTo(Limit(CAPACITY, REFILL));
        }
        assertEq(used(), CAPACITY);
    }

    function test_changeLimit_toNothingStopsWithdrawals() public {
        limitTo(Limit(0, 0));
        expectOverLimit(1, type(uint64).max);
        vm.warp(block.timestamp + 365 days);
        expectOverLimit(1, type(uint64).max);
    }

    function test_changeLimit_isInTheLog() public {
        vm.expectEmit(address(registry));
        emit IDepositRegistry.LimitChanged(registry.count(), address(token), OutflowKind.Shuttle, 7, 8);
        vm.prank(governor);
        registry.changeLimit(address(token), OutflowKind.Shuttle, Limit(7, 8));
        (Limit memory limit,) = registry.outflow(address(token), OutflowKind.Shuttle);
        assertEq(limit.capacity, 7);
        assertEq(limit.refillSeconds, 8);
        (limit,) = registry.outflow(address(token), OutflowKind.Withdrawal);
        assertEq(limit.capacity, CAPACITY, "each kind has its own");
    }

    function test_changeLimit_theCouncilOnlyLowers() public {
        Limit[4] memory lower =
            [Limit(CAPACITY, REFILL), Limit(CAPACITY - 1, REFILL), Limit(CAPACITY - 1, 2 * REFILL), Limit(0, 0)];
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < lower.length; i++) {
            vm.prank(council);
            registry.changeLimit(address(token), OutflowKind.Withdrawal, lower[i]);
            assertTrue(vm.revertToState(before));
        }
        Limit[3] memory higher =
            [Limit(CAPACITY + 1, REFILL), Limit(CAPACITY, REFILL - 1), Limit(CAPACITY / 2, REFILL / 2 - 1)];
        for (uint256 i = 0; i < higher.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IDepositRegistry.DepositRegistry_LimitRaised.selector, address(token), OutflowKind.Withdrawal
                )
            );
            vm.prank(council);
            registry.changeLimit(address(token), OutflowKind.Withdrawal, higher[i]);
        }
    }

    /// @dev A limit that the council stopped comes back only through the governor.
    function test_changeLimit_theCouncilCannotTakeAStopBack() public {
        vm.startPrank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(0, 0));
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_LimitRaised.selector);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(1, type(uint32).max));
        vm.stopPrank();
        limitTo(Limit(CAPACITY, REFILL));
        pay(1);
    }

    function test_changeLimit_revertsIfItCannotBeKept() public {
        Limit[2] memory bad = [Limit(uint112(type(uint104).max) + 1, 1 days), Limit(1, 0)];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IDepositRegistry.DepositRegistry_BadLimit.selector, bad[i].capacity, bad[i].refillSeconds
                )
            );
            vm.prank(governor);
            registry.changeLimit(address(token), OutflowKind.Withdrawal, bad[i]);
        }
    }

    function test_changeLimit_revertsIfStrangerOrUnlisted() public {
        address[3] memory others = [guardian, leader, slowGovernor];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncilOrGovernor.selector, others[i])
            );
            vm.prank(others[i]);
            registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(0, 0));
        }
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, alice));
        vm.prank(governor);
        registry.changeLimit(alice, OutflowKind.Withdrawal, Limit(0, 0));
    }

    // ---------------------------------------------------------------- helpers

    function limitTo(Limit memory limit) private {
        vm.prank(governor);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, limit);
    }

    function used() private view returns (uint256 used_) {
        (, used_) = registry.outflow(address(token), OutflowKind.Withdrawal);
    }

    function pay(uint256 amount) private {
        withdraw(withdrawalOf(alice, amount, _nonce++));
    }

    function expectOverLimit(uint256 amount, uint64 fitsAt) private {
        Withdrawal memory withdrawal = withdrawalOf(alice, amount, 1 << 200);
        Pair memory pair = signBoth(withdrawal);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                address(token),
                OutflowKind.Withdrawal,
                amount,
                fitsAt
            )
        );
        submit(withdrawal, pair);
    }
}

/// @dev Settlements and shuttles have buckets of their own, which deposits do not refill.
contract GrossOutflowTest is VaultTest {
    using Listings for VaultState;
    using VaultBooks for VaultState;

    VaultState private _vault;
    address private _odd;

    function setUp() public override {
        vm.warp(START);
        _odd = address(new DevnetToken("Odd", "ODD", 18));
        _vault.list(listingOf(_odd, CAP));
        _vault.changeLimit(_odd, OutflowKind.Settlement, Limit(100, 100), true);
        _vault.changeLimit(_odd, OutflowKind.Shuttle, Limit(10, 10), true);
    }

    function test_limitOutflow_countsEachKindByItself() public {
        _vault.limitOutflow(_odd, OutflowKind.Settlement, 100);
        _vault.limitOutflow(_odd, OutflowKind.Shuttle, 10);
        _vault.creditDeposit("", _odd, 1e18);
        _vault.debitWithdrawal("", _odd, 1e18);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Settlement), 100);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Shuttle), 10);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Withdrawal), 1e18);
    }

    function test_limitOutflow_isGross() public {
        _vault.limitOutflow(_odd, OutflowKind.Settlement, 60);
        _vault.creditDeposit("", _odd, 1e18);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Settlement), 60);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector, _odd, OutflowKind.Settlement, 41, START + 1
            )
        );
        this.limitSettlement(41);
        vm.warp(START + 1);
        this.limitSettlement(41);
    }

    function test_changeLimit_takesWhatIsUsedOfItsKindAlong() public {
        _vault.limitOutflow(_odd, OutflowKind.Settlement, 80);
        _vault.limitOutflow(_odd, OutflowKind.Shuttle, 10);
        vm.warp(START + 5);
        _vault.changeLimit(_odd, OutflowKind.Settlement, Limit(50, 500), true);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Settlement), 75);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Shuttle), 5);
        vm.warp(START + 15);
        assertEq(_vault.usedOutflow(_odd, OutflowKind.Settlement), 74, "at the new rate from then on");
    }

    /// @dev Against a bucket by hand, in which every second drips.
    function testFuzz_limitOutflow_isTheBucketByHand(uint8[20] memory amounts, uint8[20] memory waits) public {
        uint256 level;
        for (uint256 i = 0; i < amounts.length; i++) {
            vm.warp(block.timestamp + waits[i]);
            level = level > waits[i] ? level - waits[i] : 0;
            try this.limitSettlement(amounts[i]) {
                level += amounts[i];
            } catch {
                assertGt(level + amounts[i], 100);
            }
            assertLe(level, 100);
            assertEq(_vault.usedOutflow(_odd, OutflowKind.Settlement), level);
        }
    }

    /// @dev One atom every ten seconds: parts of an atom are never given, and nobody waits for longer than is said.
    function testFuzz_limitOutflow_slowerThanAnAtomASecondNeitherLeaksNorStarves(uint8[20] memory waits) public {
        _vault.changeLimit(_odd, OutflowKind.Settlement, Limit(100, 1_000), true);
        this.limitSettlement(100);
        uint256 out = 100;
        for (uint256 i = 0; i < waits.length; i++) {
            vm.warp(block.timestamp + waits[i] % 32);
            try this.limitSettlement(1) {}
            catch (bytes memory reason) {
                uint256 fitsAt = fitsAtOf(reason);
                assertLe(fitsAt, block.timestamp + 10, "starved");
                vm.warp(fitsAt - 1);
                vm.expectRevert(reason);
                this.limitSettlement(1);
                vm.warp(fitsAt);
                this.limitSettlement(1);
            }
            out++;
            assertLe(out, 100 + (block.timestamp - START) / 10, "leaked");
        }
    }

    function limitSettlement(uint256 amount) external {
        _vault.limitOutflow(_odd, OutflowKind.Settlement, amount);
    }
}

/// @dev Of `DepositRegistry_OverLimit`.
function fitsAtOf(bytes memory reason) pure returns (uint64 fitsAt) {
    assembly {
        fitsAt := mload(add(reason, 0x84))
    }
}
