// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ExitReason} from "../../../src/types/Exit.sol";
import {ExitRoots, ForcedAnswer, Withdrawal} from "../../../src/types/Messages.sol";
import {ExitPhase, Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {ExitTest} from "../../support/ExitTest.sol";

contract ExitModeTest is ExitTest {
    function setUp() public override {
        super.setUp();
        deposit(alice, 1_000);
        reachRoot(1);
    }

    // ---------------------------------------------------------------- entry

    function test_enterExitMode_afterSevenDaysOfSilence() public {
        vm.warp(block.timestamp + 7 days);
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeEntered(registry.count(), ExitReason.Stale, 0);
        vm.prank(alice);
        registry.enterExitMode();
        assertPhase(ExitPhase.Closing);
        (uint64 enteredAt, ExitReason reason, uint256 id) = registry.exitEntry();
        assertEq(enteredAt, block.timestamp);
        assertEq(uint256(reason), uint256(ExitReason.Stale));
        assertEq(id, 0);
    }

    function test_enterExitMode_revertsBeforeSevenDaysOfSilence() public {
        uint64 heard = uint64(block.timestamp);
        vm.warp(block.timestamp + 7 days - 1);
        expectNotLongEnough(heard, 7 days - 1, 7 days);
        registry.enterExitMode();
    }

    /// @dev The vault's own clock starts at its deployment: without any root everybody gets his deposits back.
    function test_enterExitMode_withoutAnyRoot() public {
        deployProtocol();
        enterExit();
        assertPhase(ExitPhase.Closing);
    }

    /// @dev A new leader is no sign of life of the old one's successor: only a root is.
    function test_enterExitMode_isNotHeldUpByANewLeader() public {
        vm.warp(block.timestamp + 7 days);
        (, leaderKey) = makeAddrAndKey("next leader");
        appointLeader(leaderKey, EPOCH + 1);
        registry.enterExitMode();
    }

    /// @dev Attack: a pause that feeds staleness.
    function test_enterExitMode_pausesDoNotCountAsSilence() public {
        uint64 heard = uint64(block.timestamp);
        vm.warp(block.timestamp + 6 days);
        pause();
        vm.warp(block.timestamp + 3 days + 1 days - 1);
        expectNotLongEnough(heard, 7 days - 1, 7 days);
        registry.enterExitMode();
        vm.warp(block.timestamp + 1);
        registry.enterExitMode();
    }

    /// @dev Attack: a forged root is discarded, but its time of signing counts.
    function test_enterExitMode_theHeartbeatDoesNotFallBackWithADiscardedRoot() public {
        vm.warp(block.timestamp + 5 days);
        postRoot(2);
        uint64 heard = uint64(block.timestamp);
        vm.prank(council);
        registry.discardRoot();
        vm.warp(block.timestamp + 2 days);
        expectNotLongEnough(heard, 2 days, 7 days);
        registry.enterExitMode();
    }

    function test_enterExitModeFor_aRequestThatWaitedSevenDays() public {
        uint256 id = ask(alice, 600);
        stayAlive(7 days);
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeEntered(registry.count(), ExitReason.Unanswered, id);
        registry.enterExitModeFor(id);
        assertPhase(ExitPhase.Closing);
    }

    function test_enterExitModeFor_revertsBeforeSevenDays() public {
        uint256 id = ask(alice, 600);
        uint64 asked = uint64(block.timestamp);
        stayAlive(7 days - 1);
        expectNotLongEnough(asked, 7 days - 1, 7 days);
        registry.enterExitModeFor(id);
    }

    function test_enterExitModeFor_pausesDoNotCount() public {
        uint256 id = ask(alice, 600);
        uint64 asked = uint64(block.timestamp);
        pause();
        vm.warp(block.timestamp + 7 days);
        expectNotLongEnough(asked, 4 days, 7 days);
        registry.enterExitModeFor(id);
    }

    function test_enterExitModeFor_theRestOfARequestWaitsAnew() public {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(400, 1 days));
        uint256 id = ask(alice, 1_000);
        stayAlive(6 days);
        answer(id, 100, OVER_LIMIT);
        uint64 answered = uint64(block.timestamp);
        stayAlive(2 days);
        expectNotLongEnough(answered, 2 days, 7 days);
        registry.enterExitModeFor(id);
    }

    function test_enterExitModeFor_revertsIfTheRequestIsNotOpen() public {
        uint256 id = ask(alice, 600);
        answer(id, 600, PAID);
        vm.warp(block.timestamp + 7 days);
        for (uint256 other = 0; other < 3; other++) {
            vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RequestNotOpen.selector, other));
            registry.enterExitModeFor(other);
        }
    }

    function test_enterExitModeByGovernor_atAnyTime() public {
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeEntered(registry.count(), ExitReason.Governor, 0);
        vm.prank(governor);
        registry.enterExitModeByGovernor();
        assertPhase(ExitPhase.Closing);
    }

    function test_enterExitModeByGovernor_revertsForAnybodyElse() public {
        address[3] memory others = [council, slowGovernor, alice];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotGovernor.selector, others[i]));
            vm.prank(others[i]);
            registry.enterExitModeByGovernor();
        }
    }

    function test_enterExitMode_revertsIfItIsEntered() public {
        uint256 id = ask(alice, 600);
        enterExit();
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(IExitHatch.ExitHatch_NotRunning.selector);
            registry.enterExitMode();
            vm.expectRevert(IExitHatch.ExitHatch_NotRunning.selector);
            registry.enterExitModeFor(id);
            vm.expectRevert(IExitHatch.ExitHatch_NotRunning.selector);
            vm.prank(governor);
            registry.enterExitModeByGovernor();
            if (i == 0) {
                vm.warp(block.timestamp + 48 hours);
                registry.finalizeExit();
            }
        }
    }

    // ---------------------------------------------------------------- the 48 hours

    function test_closing_everythingStillWorks() public {
        enterExit();
        deposit(bob, 5);
        withdraw(withdrawalOf(alice, 10, 0));
        vm.prank(alice);
        registry.cancelWithdrawal(1);
        uint256 id = ask(alice, 20);
        answer(id, 20, PAID);
        assertEq(token.balanceOf(alice), 30);
        assertPhase(ExitPhase.Closing);
    }

    function test_postExitRoot_issuedAfterTheEntryCuresStaleness() public {
        enterExit();
        vm.warp(block.timestamp + 48 hours - 1);
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeCured(registry.count());
        postRoot(2);
        assertPhase(ExitPhase.Running);
        deposit(bob, 5);
        vm.expectRevert(IExitHatch.ExitHatch_NotClosing.selector);
        registry.finalizeExit();
    }

    /// @dev Anybody can level all chains with the last root that the keeper signed; that is no sign of life.
    function test_postExitRoot_issuedBeforeTheEntryLevelsButDoesNotCure() public {
        vm.warp(block.timestamp + 1 hours);
        ExitRoots memory roots = rootsOf(2);
        uint64 processedIndex = registry.count();
        enterExit();
        roots.issuedAt = uint64(block.timestamp);
        post(roots, processedIndex);
        assertPhase(ExitPhase.Closing);
        (, uint64 checkpoint,,) = registry.newestRoot();
        assertEq(checkpoint, 2);
    }

    function test_postExitRoot_doesNotCureARequestNorTheGovernor() public {
        uint256 id = ask(alice, 600);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        vm.warp(block.timestamp + 1 hours);
        postNext();
        assertPhase(ExitPhase.Closing);

        deployProtocol();
        appointLeader(leaderKey, EPOCH);
        vm.prank(governor);
        registry.enterExitModeByGovernor();
        reachRoot(1);
        assertPhase(ExitPhase.Closing);
    }

    function test_postExitRoot_revertsAfterTheFortyEightHours() public {
        enterExit();
        uint64 entered = uint64(block.timestamp);
        vm.warp(block.timestamp + 48 hours);
        ExitRoots memory roots = rootsOf(2);
        Pair memory pair = signBoth(roots);
        uint64 processedIndex = registry.count();
        bytes32[] memory noProof = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_ClosingIsOver.selector, entered));
        registry.postExitRoot(roots, 0, processedIndex, noProof, pair.enclave, pair.leader);
        registry.finalizeExit();
        vm.expectRevert(IDepositRegistry.DepositRegistry_ExitIsFinal.selector);
        registry.postExitRoot(roots, 0, processedIndex, noProof, pair.enclave, pair.leader);
    }

    function test_closing_pausesDoNotCount() public {
        enterExit();
        uint64 entered = uint64(block.timestamp);
        vm.warp(block.timestamp + 1 days);
        pause();
        vm.warp(block.timestamp + 3 days + 1 days - 1);
        expectNotLongEnough(entered, 48 hours - 1, 48 hours);
        registry.finalizeExit();
        vm.warp(block.timestamp + 1);
        registry.finalizeExit();
    }

    function test_answerForced_curesTheRequestThatWasEnteredFor() public {
        uint256 id = ask(alice, 600);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeCured(registry.count() + 1);
        answer(id, 600, PAID);
        assertPhase(ExitPhase.Running);
    }

    /// @dev Nothing is left to cure: the log says once that it was.
    function test_answerForced_ofTheRestAfterTheCureIsNoSecondOne() public {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(400, 1 days));
        uint256 id = ask(alice, 500);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        answer(id, 400, OVER_LIMIT);
        assertPhase(ExitPhase.Running);
        stayAlive(1 days);
        uint64 count = registry.count();
        answer(id, 100, PAID);
        assertEq(registry.count(), count + 1);
        assertPhase(ExitPhase.Running);
    }

    function test_answerForced_ofAnotherRequestDoesNotCure() public {
        uint256 id = ask(alice, 600);
        uint256 other = ask(alice, 100);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        answer(other, 100, PAID);
        assertPhase(ExitPhase.Closing);
    }

    function test_answerForced_doesNotCureStaleness() public {
        uint256 id = ask(alice, 600);
        enterExit();
        answer(id, 600, PAID);
        assertPhase(ExitPhase.Closing);
    }

    /// @dev It is paid, but whoever relies on the exit may do so.
    function test_answerForced_doesNotCureAfterTheFortyEightHours() public {
        uint256 id = ask(alice, 600);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        vm.warp(block.timestamp + 48 hours);
        answer(id, 600, PAID);
        assertPhase(ExitPhase.Closing);
        assertEq(token.balanceOf(alice), 600);
    }

    function test_enterExitMode_againAfterACure() public {
        enterExit();
        vm.warp(block.timestamp + 1 hours);
        postRoot(2);
        enterExit();
        assertPhase(ExitPhase.Closing);
    }

    // ---------------------------------------------------------------- the end

    function test_finalizeExit_isAnEntry() public {
        enterExit();
        vm.warp(block.timestamp + 48 hours);
        (bytes32 treeRoot_, uint64 processedIndex) = registry.newestTree();
        vm.expectEmit(address(registry));
        emit IExitHatch.ExitModeFinal(registry.count(), 1, treeRoot_, processedIndex);
        vm.prank(alice);
        registry.finalizeExit();
        assertPhase(ExitPhase.Final);
    }

    function test_finalizeExit_revertsBeforeTheFortyEightHours() public {
        enterExit();
        uint64 entered = uint64(block.timestamp);
        vm.warp(block.timestamp + 48 hours - 1);
        expectNotLongEnough(entered, 48 hours - 1, 48 hours);
        registry.finalizeExit();
    }

    function test_finalizeExit_revertsUnlessClosing() public {
        vm.expectRevert(IExitHatch.ExitHatch_NotClosing.selector);
        registry.finalizeExit();
        reachFinal();
        vm.expectRevert(IExitHatch.ExitHatch_NotClosing.selector);
        registry.finalizeExit();
    }

    /// @dev Attack: both keys are stolen, and a forged root is posted in the last moment. The council has 72 h to discard
    /// it, and what was kept for that is in force.
    function test_finalizeExit_waitsUntilTheCouncilCouldDiscardTheRoot() public {
        uint256 id = ask(alice, 600);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        (bytes32 honestTree,) = registry.newestTree();
        vm.warp(block.timestamp + 48 hours - 1);
        leaves.push(accountLeaf(keyOf(courier), address(token), 1_000, 0));
        postTree(registry.count());
        uint64 posted = uint64(block.timestamp);
        vm.warp(posted + 72 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RootIsYoung.selector, posted + 72 hours));
        registry.finalizeExit();

        vm.prank(council);
        registry.discardRoot();
        registry.finalizeExit();
        (bytes32 inForce,) = registry.newestTree();
        assertEq(inForce, honestTree);
    }

    function test_finalizeExit_withARootOfExactlySeventyTwoHours() public {
        enterExit();
        vm.warp(block.timestamp + 47 hours);
        // Not cured: the root was issued before the entry.
        (, uint64 newest, uint64 issuedAt,) = registry.newestRoot();
        ExitRoots memory roots = ExitRoots(EPOCH, newest + 1, issuedAt + 1, leafOf(0, 1));
        post(roots, 1);
        vm.warp(block.timestamp + 72 hours);
        registry.finalizeExit();
    }

    /// @dev Nobody changes the root of a final exit.
    function test_discardRoot_revertsWhenFinal() public {
        reachFinal();
        (,,, uint64 postedAt) = registry.newestRoot();
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_RootIsMature.selector, postedAt));
        vm.prank(council);
        registry.discardRoot();
    }

    function test_final_depositsAndWithdrawalsRevert() public {
        reachFinal();
        fund(address(token), bob, 5);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ExitIsFinal.selector);
        vm.prank(bob);
        registry.deposit(address(token), 5, bob, 0);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 0);
        Pair memory pair = signBoth(withdrawal);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ExitIsFinal.selector);
        registry.withdraw(withdrawal, pair.enclave, pair.leader);
        vm.prank(alice);
        registry.cancelWithdrawal(0);
    }

    function test_final_theLogReplays() public {
        deployProtocolRecorded();
        uint256 id = ask(alice, 600);
        answer(id, 600, PAID);
        enterExit();
        vm.warp(block.timestamp + 1);
        postRoot(1_000);
        enterExit();
        vm.warp(block.timestamp + 48 hours);
        registry.finalizeExit();
        assertReplays(address(registry), vm.getRecordedLogs());
    }

    // ---------------------------------------------------------------- helpers

    function deployProtocolRecorded() private {
        vm.recordLogs();
        deployProtocol();
        appointLeader(leaderKey, EPOCH);
        deposit(alice, 1_000);
        reachRoot(1);
    }

    /// @dev Time passes, and a root is posted at its end.
    function stayAlive(uint256 time) private {
        vm.warp(block.timestamp + time);
        postNext();
    }

    function postNext() private {
        (, uint64 checkpoint,,) = registry.newestRoot();
        postRoot(checkpoint + 1);
    }

    function expectNotLongEnough(uint64 since, uint64 waited, uint64 needed) private {
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_NotLongEnough.selector, since, waited, needed));
    }
}
