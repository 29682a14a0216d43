// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ExitRoots, Withdrawal} from "../../../src/types/Messages.sol";
import {VaultTest} from "../../support/VaultTest.sol";

contract DiscardRootTest is VaultTest {
    function test_discardRoot_isTheCouncils() public {
        reachRoot(1);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, governor));
        vm.prank(governor);
        registry.discardRoot();
    }

    function test_discardRoot_closesTheGateThatTheRootHadOpened() public {
        deposit(alice, 100);
        reachRoot(1);
        discard();
        assertNewest(0, 0);
        Withdrawal memory withdrawal = withdrawalOf(alice, 1, 0);
        expectNotPosted(1, 0, 0);
        withdraw(withdrawal);

        reachRoot(1);
        withdraw(withdrawal);
    }

    function test_discardRoot_logsWhatIsNewestNow() public {
        reachRoot(5);
        vm.expectEmit(address(registry));
        emit IDepositRegistry.ExitRootDiscarded(uint64(registry.count()), EPOCH, 5, 0, 0);
        discard();
    }

    function test_discardRoot_revertsOnceTheRootIs72HoursOld() public {
        reachRoot(1);
        vm.warp(block.timestamp + 72 hours);
        (,,, uint64 postedAt) = registry.newestRoot();
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootIsMature.selector, postedAt));
        discard();
        vm.warp(block.timestamp - 1);
        discard();
        assertNewest(0, 0);
    }

    function test_discardRoot_keepsTheHeartbeat() public {
        reachRoot(1);
        uint64 heardAt = registry.heartbeatAt();
        vm.warp(block.timestamp + 1 hours);
        discard();
        assertEq(registry.heartbeatAt(), heardAt);
        reachRoot(1);
        assertEq(registry.heartbeatAt(), block.timestamp);
    }

    /// @dev Who holds both signatures of a discarded root could put it back otherwise.
    function test_discardRoot_makesItAndAllThatWereIssuedBeforeVoid() public {
        vm.warp(block.timestamp + 10);
        ExitRoots memory discarded = rootsOf(1);
        ExitRoots memory unused = rootsOf(2);
        uint64 processed = registry.count();
        post(discarded, processed);
        vm.warp(block.timestamp + 1 hours);
        discard();
        uint64 discardedAt = uint64(block.timestamp);
        for (uint256 i = 0; i < 2; i++) {
            expectBeforeDiscard(i == 0 ? discarded.issuedAt : unused.issuedAt, discardedAt);
            post(i == 0 ? discarded : unused, processed);
        }
        ExitRoots memory sameSecond = rootsOf(3);
        processed = registry.count();
        expectBeforeDiscard(discardedAt, discardedAt);
        post(sameSecond, processed);
        vm.warp(block.timestamp + 1);
        postRoot(1);
        assertNewest(EPOCH, 1);
    }

    // ---------------------------------------------------------------- what is left

    /// @dev The first root matures; what was posted after it and is younger than 72 h falls with the newest.
    function test_discardRoot_fallsBackToTheRootThatIs72HoursOld() public {
        reachRoot(1);
        (bytes32 tree,) = registry.newestTree();
        vm.warp(block.timestamp + 40 hours);
        postRoot(2);
        vm.warp(block.timestamp + 40 hours);
        post(ExitRoots(EPOCH, 3, uint64(block.timestamp), leafOf(0, 2)), 2);
        (, uint64 processed) = registry.newestTree();
        assertEq(processed, 2);
        discard();
        assertNewest(EPOCH, 1);
        (bytes32 treeNow, uint64 processedNow) = registry.newestTree();
        assertEq(treeNow, tree);
        assertEq(processedNow, 1);
    }

    /// @dev A forged root may be the one that takes the place of the maturing one.
    function test_discardRoot_fallsBackBeyondAForgedRootThatIsMaturing() public {
        reachRoot(1);
        vm.warp(block.timestamp + 72 hours);
        postRoot(2);
        vm.warp(block.timestamp + 71 hours);
        postRoot(3);
        discard();
        assertNewest(EPOCH, 1);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_RootIsMature.selector);
        discard();
    }

    function test_discardRoot_losesAtMostSixDaysOfRoots() public {
        for (uint64 day = 1; day <= 12; day++) {
            vm.warp(block.timestamp + 1 days);
            postRoot(day);
        }
        uint256 newestPostedAt = block.timestamp;
        discard();
        (,,, uint64 postedAt) = registry.newestRoot();
        assertLe(newestPostedAt - postedAt, 6 days);
        assertGe(newestPostedAt - postedAt, 3 days);
    }

    function test_discardRoot_leavesTheGateShutIfWhatIsLeftIsOfAnotherEpoch() public {
        deposit(alice, 100);
        reachRoot(1);
        vm.warp(block.timestamp + 73 hours);
        appointLeader(leaderKey, EPOCH + 1);
        ExitRoots memory roots = rootsOf(2);
        roots.epoch = EPOCH + 1;
        post(roots, registry.count());
        discard();
        assertNewest(EPOCH, 1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 1, 0);
        expectNotPosted(1, EPOCH, 1);
        withdraw(withdrawal);
    }

    // ---------------------------------------------------------------- helpers

    function discard() private {
        vm.prank(council);
        registry.discardRoot();
    }

    function expectBeforeDiscard(uint64 issuedAt, uint64 discardedAt) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_IssuedBeforeDiscard.selector, issuedAt, discardedAt)
        );
    }

    function expectNotPosted(uint64 checkpoint, uint64 epoch, uint64 newest) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, checkpoint, epoch, newest
            )
        );
    }

    function assertNewest(uint64 epoch, uint64 checkpoint) private view {
        (uint64 newestEpoch, uint64 newest,,) = registry.newestRoot();
        assertEq(newestEpoch, epoch);
        assertEq(newest, checkpoint);
    }
}
