// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ExitRoots, Withdrawal} from "../../../src/types/Messages.sol";
import {RootRecord} from "../../../src/types/VaultState.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract DiscardRootTest is VaultTest {
    /// @notice A root by hand.
    struct Posted {
        uint64 checkpoint;
        uint64 at;
    }

    function setUp() public override {
        super.setUp();
        deposit(alice, 1_000);
    }

    function test_discardRoot_fallsBackToTheDeploymentWhileNothingHasMatured() public {
        reachRoot(1);
        reachRoot(2);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.ExitRootDiscarded(registry.count(), 1, 2, 0, 0);
        discard();
        assertNewest(0, 0);
    }

    function test_discardRoot_closesWhatTheRootOpened() public {
        reachRoot(1);
        discard();
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        Pair memory pair = signBoth(withdrawal);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 1, 0, 0));
        submit(withdrawal, pair);
        reachRoot(1);
        withdraw(withdrawal);
    }

    /// @dev Both keys sign a root of a checkpoint that the exchange reaches in years: nothing honest could follow it.
    function test_attack_forgedFarFutureRootAndItsDiscard() public {
        vm.warp(block.timestamp + 1 days);
        postRoot(10);
        vm.warp(block.timestamp + 4 days);
        postRoot(20);
        vm.warp(block.timestamp + 1 days);
        postRoot(20 + 1 days);
        expectRefused(rootsOf(21), IDepositRegistry.DepositRegistry_RootNotNewer.selector);
        discard();
        assertNewest(1, 10);
        vm.warp(block.timestamp + 1);
        postRoot(21);
        assertNewest(1, 21);
    }

    function test_discardRoot_itCannotBePostedAgain() public {
        vm.warp(block.timestamp + 100);
        ExitRoots memory forged = rootsOf(50);
        post(forged, registry.count());
        uint64 processed = registry.count() - 1;
        discard();
        vm.warp(block.timestamp + 1 days);
        Pair memory pair = signBoth(forged);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_IssuedBeforeDiscard.selector, forged.issuedAt, forged.issuedAt
            )
        );
        registry.postExitRoot(forged, 0, processed, new bytes32[](0), pair.enclave, pair.leader);
    }

    /// @dev Also one that was signed before the discard and never posted: the keys were out then.
    function test_discardRoot_whatWasIssuedUntilThenIsVoid() public {
        reachRoot(5);
        vm.warp(block.timestamp + 100);
        ExitRoots memory sameSecond = rootsOf(6);
        discard();
        expectRefused(sameSecond, IDepositRegistry.DepositRegistry_IssuedBeforeDiscard.selector);
        vm.warp(block.timestamp + 1);
        postRoot(6);
        assertNewest(1, 6);
    }

    function test_discardRoot_theHeartbeatDoesNotFallBack() public {
        reachRoot(1);
        vm.warp(block.timestamp + 4 days);
        postRoot(2);
        uint256 heardAt = block.timestamp;
        vm.warp(block.timestamp + 1 hours);
        discard();
        assertEq(registry.heartbeatAt(), heardAt);
        assertEq(authority.heartbeatAt(), heardAt);
        (,, uint64 issuedAt,) = registry.newestRoot();
        assertLt(issuedAt, heardAt);
        vm.warp(block.timestamp + 1);
        postRoot(3);
        assertEq(registry.heartbeatAt(), block.timestamp);
    }

    function test_discardRoot_revertsIfMature() public {
        reachRoot(1);
        uint64 postedAt = uint64(block.timestamp);
        vm.warp(postedAt + 72 hours);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootIsMature.selector, postedAt));
        vm.prank(council);
        registry.discardRoot();
        vm.warp(postedAt + 72 hours - 1);
        discard();
    }

    /// @dev What is left after a discard is mature, or the deployment: the council cannot go back further and further.
    function test_discardRoot_twiceGoesNoFurther() public {
        reachRoot(1);
        vm.warp(block.timestamp + 73 hours);
        postRoot(2);
        discard();
        assertNewest(1, 1);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_RootIsMature.selector);
        vm.prank(council);
        registry.discardRoot();
    }

    /// @dev What was about to mature is forgotten with its time: the next root begins anew, and is what is left later.
    function test_discardRoot_onceMoreFallsBackToWhatMaturedSince() public {
        reachRoot(1);
        vm.warp(block.timestamp + 1 hours);
        discard();
        vm.warp(block.timestamp + 1 hours);
        postRoot(2);
        vm.warp(block.timestamp + 72 hours);
        postRoot(3);
        discard();
        assertNewest(1, 2);
    }

    /// @dev An incident: what the keys sign until somebody takes them away is discarded as it comes, for a day.
    function test_discardRoot_againWithinADay() public {
        reachRoot(1);
        uint64 first = uint64(block.timestamp);
        discard();
        vm.warp(first + 12 hours);
        postRoot(2);
        discard();
        vm.warp(first + 24 hours - 1);
        postRoot(3);
        discard();
        assertNewest(0, 0);
        vm.warp(first + 24 hours);
        postRoot(4);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NothingMaturedSince.selector, first));
        vm.prank(council);
        registry.discardRoot();
        assertNewest(1, 4);

        vm.warp(first + 24 hours + 72 hours - 1);
        postRoot(5);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NothingMaturedSince.selector, first));
        vm.prank(council);
        registry.discardRoot();
        vm.warp(first + 24 hours + 72 hours);
        discard();
        assertNewest(1, 4);
    }

    /// @dev Three owners discard whenever they may, for two months, while the keeper posts every hour and everybody trades.
    /// Otherwise nothing would ever mature, and an exit could go by a root of months ago.
    function test_attack_discardingAgainAndAgainReachesBackAWeekAtMost() public {
        uint256 discards;
        for (uint64 hour = 1; hour <= 60 * 24; hour++) {
            vm.warp(START + hour * 1 hours);
            postRoot(hour);
            if (hour % 7 != 0) continue;
            vm.prank(council);
            try registry.discardRoot() {
                discards++;
                (,,, uint64 postedAt) = registry.newestRoot();
                assertLe(block.timestamp - postedAt, 7 days + 1 hours);
            } catch {}
        }
        assertGt(discards, 30);
    }

    /// @dev Without a root in between that makes it known: `maturing` counts from the second in which it is 72 h old.
    function test_discardRoot_fallsBackToWhatHasJustMatured() public {
        reachRoot(1);
        uint256 postedAt = block.timestamp;
        vm.warp(postedAt + 71 hours);
        postRoot(2);
        uint256 before = vm.snapshotState();
        vm.warp(postedAt + 72 hours - 1);
        discard();
        assertDeployment();
        assertTrue(vm.revertToState(before));
        vm.warp(postedAt + 72 hours);
        discard();
        assertNewest(1, 1);
    }

    function test_fallbackRoots_areWhatADiscardLeaves() public {
        reachRoot(1);
        uint40 postedAt = uint40(block.timestamp);
        RootRecord memory first = RootRecord(0, 1, 1, 2, postedAt, postedAt);
        RootRecord memory deployment = RootRecord(0, 0, 0, 0, uint40(START), uint40(START));
        assertFallback(first, deployment);
        vm.warp(postedAt + 71 hours);
        postRoot(2);
        assertFallback(first, deployment);
        vm.warp(postedAt + 72 hours);
        discard();
        assertFallback(RootRecord(0, 0, 0, 0, 0, 0), first);
    }

    function test_discardRoot_againAndAgainLeavesTheDeploymentWithItsTime() public {
        reachRoot(1);
        discard();
        assertDeployment();
        discard();
        assertDeployment();
        vm.warp(block.timestamp + 1);
        postRoot(1);
        discard();
        assertDeployment();
    }

    function test_discardRoot_revertsIfNotCouncil() public {
        reachRoot(1);
        address[3] memory others = [governor, guardian, leader];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, others[i]));
            vm.prank(others[i]);
            registry.discardRoot();
        }
    }

    function test_discardRoot_afterARotationOpensNothingOfTheEpochBefore() public {
        reachRoot(1);
        vm.warp(block.timestamp + 4 days);
        postRoot(2);
        appointLeader(leaderKey, 2);
        vm.warp(block.timestamp + 10);
        ExitRoots memory roots = rootsOf(3);
        roots.epoch = 2;
        post(roots, registry.count());
        discard();
        assertNewest(1, 1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        Pair memory pair = signBoth(withdrawal);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector);
        submit(withdrawal, pair);
    }

    /// @dev By hand: the fallback is a root that was posted, at least 72 h old (or the deployment), and no older than twice
    /// that and the longest silence.
    function testFuzz_discardRoot_fallsBackToAMaturedRoot(uint24[20] memory waits) public {
        Posted[] memory all = new Posted[](waits.length + 1);
        all[0] = Posted(0, START);
        uint256 longest;
        for (uint256 i = 0; i < waits.length; i++) {
            // Half of them short: 24 bits are 194 days.
            uint256 wait = uint256(waits[i]) % (i % 2 == 0 ? 1 hours : 7 days) + 1;
            if (wait > longest) longest = wait;
            vm.warp(block.timestamp + wait);
            postRoot(uint64(i + 1));
            all[i + 1] = Posted(uint64(i + 1), uint64(block.timestamp));
        }
        vm.warp(block.timestamp + uint256(waits[0]) % 72 hours);
        discard();
        (, uint64 checkpoint,, uint64 postedAt) = registry.newestRoot();
        assertEq(postedAt, all[checkpoint].at, "one that was posted");
        uint256 age = block.timestamp - postedAt;
        assertTrue(age >= 72 hours || checkpoint == 0, "matured");
        assertLe(age, 2 * 72 hours + longest, "and not older than it must be");
    }

    // ---------------------------------------------------------------- setAuthority, revokeWithdrawal

    function test_setAuthority_isTheAuthoritys() public {
        address[4] memory others = [council, governor, slowGovernor, leader];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotAuthority.selector, others[i]));
            vm.prank(others[i]);
            registry.setAuthority(keccak256("signers"), 2, 0);
        }
    }

    function test_setAuthority_followsLeaderAndPause() public {
        reachRoot(1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        Pair memory pair = signBoth(withdrawal);
        pause();
        expectUnpaid(withdrawal, pair, IDepositRegistry.DepositRegistry_Paused.selector);
        vm.prank(council);
        authority.unpause();
        uint256 running = vm.snapshotState();
        submit(withdrawal, pair);
        assertTrue(vm.revertToState(running));

        vm.prank(council);
        authority.vacateLeader();
        expectUnpaid(withdrawal, pair, bytes4(keccak256("Signatures_NoLeader()")));
        ExitRoots memory late = rootsOf(2);
        expectRefused(late, bytes4(keccak256("Signatures_NoLeader()")));
    }

    function test_revokeWithdrawal_usesTheNonceUp() public {
        reachRoot(1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 1);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.WithdrawalRevoked(registry.count(), alice, 1);
        vm.prank(council);
        registry.revokeWithdrawal(alice, 1);
        expectUnpaid(withdrawal, signBoth(withdrawal), IDepositRegistry.DepositRegistry_NonceUsed.selector);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 1));
        vm.prank(alice);
        registry.cancelWithdrawal(1);
    }

    function test_revokeWithdrawal_revertsIfUsedOrNotCouncil() public {
        reachRoot(1);
        withdraw(withdrawalOf(alice, 10, 1));
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NonceUsed.selector, alice, 1));
        vm.prank(council);
        registry.revokeWithdrawal(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, governor));
        vm.prank(governor);
        registry.revokeWithdrawal(alice, 2);
    }

    // ---------------------------------------------------------------- helpers

    function discard() private {
        vm.prank(council);
        registry.discardRoot();
    }

    function assertFallback(RootRecord memory maturing, RootRecord memory matured) private view {
        (RootRecord memory maturing_, RootRecord memory matured_) = registry.fallbackRoots();
        assertEq(abi.encode(maturing_), abi.encode(maturing), "maturing");
        assertEq(abi.encode(matured_), abi.encode(matured), "matured");
    }

    function assertDeployment() private view {
        (uint64 epoch, uint64 checkpoint, uint64 issuedAt, uint64 postedAt) = registry.newestRoot();
        assertEq(epoch, 0, "epoch");
        assertEq(checkpoint, 0, "checkpoint");
        assertEq(issuedAt, START, "issued at");
        assertEq(postedAt, START, "posted at");
    }

    function assertNewest(uint64 epoch, uint64 checkpoint) private view {
        (uint64 e, uint64 c,,) = registry.newestRoot();
        assertEq(e, epoch, "epoch");
        assertEq(c, checkpoint, "checkpoint");
    }

    function expectRefused(ExitRoots memory roots, bytes4 reason) private {
        Pair memory pair = signBoth(roots);
        uint64 processed = registry.count();
        vm.expectPartialRevert(reason);
        registry.postExitRoot(roots, 0, processed, new bytes32[](0), pair.enclave, pair.leader);
    }

    function expectUnpaid(Withdrawal memory withdrawal, Pair memory pair, bytes4 reason) private {
        vm.expectPartialRevert(reason);
        submit(withdrawal, pair);
    }
}
