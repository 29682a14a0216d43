// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ForcedAnswer} from "../../../src/types/Messages.sol";
import {ExitPhase, Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {ExitTest} from "../../support/ExitTest.sol";

/// @dev The numbers of docs/threat-model.md, to the second. What is possible is shown to be possible, good or bad.
contract WorstCaseTest is ExitTest {
    uint256 private constant BROUGHT = 1_000;

    function setUp() public override {
        super.setUp();
        deposit(alice, BROUGHT);
        reachRoot(1);
    }

    // ---------------------------------------------------------------- the keeper

    function test_worstCase_aKeeperThatIsGoneCostsNineDays() public {
        vm.warp(block.timestamp + 1 hours);
        takeInAlice();
        uint64 lastHeard = uint64(block.timestamp);
        reachFinal();
        assertEq(block.timestamp, lastHeard + 9 days);
        claimAlice();
    }

    /// @dev Three days, and a tenth of the nine that have to run.
    function test_worstCase_pausesAddThreeDaysAndATenth() public {
        vm.warp(block.timestamp + 1 hours);
        takeInAlice();
        uint64 lastHeard = uint64(block.timestamp);
        pause();
        runBetweenPauses(lastHeard, 7 days);
        registry.enterExitMode();
        runBetweenPauses(uint64(block.timestamp), 48 hours);
        registry.finalizeExit();
        assertLe(block.timestamp, lastHeard + 9 days + 3 days + 21.6 hours);
        assertGt(block.timestamp, lastHeard + 9 days + 3 days + 18 hours, "nearly");
        claimAlice();
    }

    /// @dev It posts roots until the last moment, and the council gets its time to look at the last one.
    function test_worstCase_aKeeperThatRefusesOneAccountCostsTwelveDays() public {
        uint64 asked = uint64(block.timestamp);
        uint256 id = ask(alice, BROUGHT);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        vm.warp(block.timestamp + 48 hours - 1);
        takeInAlice();
        vm.warp(block.timestamp + 72 hours);
        registry.finalizeExit();
        assertEq(block.timestamp, asked + 12 days - 1);
        claimAlice();
    }

    // ---------------------------------------------------------------- limits

    /// @dev Whoever lowers a limit to nothing for a week, for whatever reason, gives every holder the way out.
    function test_worstCase_aLimitOfNothingForSevenDaysLetsOneRequestForceTheExit() public {
        limitTo(Limit(0, 0));
        uint256 id = ask(alice, 1);
        stayAlive(7 days);
        registry.enterExitModeFor(id);
        assertPhase(ExitPhase.Closing);
    }

    /// @dev Whatever limit a stolen council sets, each seven days pay a sixteenth of what is open, or open the exit. With the
    /// lowest limits and the last moments that keep the exit shut, half is paid after eleven weeks, and 90 % after 36.
    function test_worstCase_aLimitOfAFewAtomsHoldsNobodyUp() public {
        limitTo(Limit(4, 1 days));
        uint256 id = ask(alice, BROUGHT);
        stayAlive(7 days);
        expectOverLimit(id, 63);
        registry.enterExitModeFor(id);
        assertPhase(ExitPhase.Closing);
    }

    function test_worstCase_aLimitThatHardlyRefillsHoldsNobodyUp() public {
        limitTo(Limit(63, type(uint32).max));
        uint256 id = ask(alice, BROUGHT);
        answer(id, 63, OVER_LIMIT);
        stayAlive(7 days);
        expectOverLimit(id, 59);
        registry.enterExitModeFor(id);
        assertPhase(ExitPhase.Closing);
    }

    function test_worstCase_theLowestLimitsThatKeepTheExitShutPayHalfInElevenWeeks() public {
        uint256 id = ask(alice, BROUGHT);
        for (uint256 week = 1; week <= 36; week++) {
            uint256 least = Math.ceilDiv(registry.forcedRequest(id).open, 16);
            limitTo(Limit(uint112(least), 1 days));
            stayAlive(7 days - 1);
            answer(id, least, OVER_LIMIT);
            vm.expectPartialRevert(IExitHatch.ExitHatch_NotLongEnough.selector);
            registry.enterExitModeFor(id);
            if (week == 11) assertGe(token.balanceOf(alice), BROUGHT / 2);
        }
        assertGe(token.balanceOf(alice), BROUGHT * 9 / 10);
    }

    /// @dev As configured, a limit is a tenth of what the vault takes: nobody owns so much that he could not be answered.
    function test_worstCase_aWhaleCannotForceTheExitWhileTheLimitIsATenthOfTheVault() public {
        deposit(bob, 9 * BROUGHT);
        limitTo(Limit(uint112(BROUGHT), 1 days));
        uint256 id = ask(bob, 9 * BROUGHT);
        for (uint256 day = 1; registry.forcedRequest(id).open > BROUGHT; day++) {
            answer(id, BROUGHT, OVER_LIMIT);
            stayAlive(1 days);
        }
        answer(id, BROUGHT, PAID);
        assertEq(token.balanceOf(bob), 9 * BROUGHT);
    }

    /// @dev Less than an atom a second flows back, and bob, who has money here, takes each as it comes: the least that alice
    /// could be paid never fits, and an honest keeper cannot answer her.
    function test_worstCase_aSmallBucketCanBeHeldEmptyUntilTheExit() public {
        deposit(bob, 100);
        limitTo(Limit(10, 1 days));
        withdraw(withdrawalOf(bob, 10, 0));
        uint256 id = ask(alice, 40);
        for (uint256 i = 1; i <= 70; i++) {
            vm.warp(block.timestamp + 2.4 hours);
            expectOverLimit(id, 3);
            withdraw(withdrawalOf(bob, 1, i));
        }
        registry.enterExitModeFor(id);
        assertPhase(ExitPhase.Closing);
    }

    // ---------------------------------------------------------------- the council

    /// @dev Deposits and withdrawals stand, trades do not: three owners undo up to six days of them.
    function test_worstCase_theCouncilMakesAnExitFallBackByNearlySixDays() public {
        uint64 first = uint64(block.timestamp);
        for (uint256 i = 0; i < 95; i++) {
            stayAlive(1 hours);
        }
        vm.prank(governor);
        registry.enterExitModeByGovernor();
        for (uint256 i = 0; i < 47; i++) {
            stayAlive(1 hours);
        }
        vm.warp(block.timestamp + 1 hours);
        vm.prank(council);
        registry.discardRoot();
        registry.finalizeExit();
        (,,, uint64 inForce) = registry.newestRoot();
        assertEq(inForce, first);
        assertEq(block.timestamp, first + 143 hours);
    }

    /// @dev Alice won 200 of bob's 500, and took them out under a root that is discarded afterwards. By the older root she has
    /// taken more than she had, and nobody is asked to give anything back.
    function test_worstCase_whatWasWithdrawnUnderADiscardedRootIsMissingForWhoClaimsLast() public {
        deposit(bob, 500);
        vm.warp(block.timestamp + 72 hours);
        leaves.push(accountLeaf(keyOf(alice), address(token), 0, 0));
        leaves.push(accountLeaf(keyOf(bob), address(token), 0, 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree(registry.count());
        vm.warp(block.timestamp + 72 hours);
        postRoot(6);
        withdraw(withdrawalOf(alice, 1_200, 0));
        vm.prank(council);
        registry.discardRoot();
        reachFinal();
        proveTotals(address(token), 0, 0);
        registry.claim(claimOf(bob, address(token), 0, 0));
        assertEq(token.balanceOf(bob), 300, "and nobody else has any");
        assertEq(token.balanceOf(alice), 1_200);
    }

    // ---------------------------------------------------------------- both keys

    /// @dev No bucket bounds this: what bounds it is that somebody looks within nine days.
    function test_worstCase_bothKeysAndACouncilThatSleepsForNineDaysCostEverything() public {
        postForged();
        uint64 posted = uint64(block.timestamp);
        reachFinal();
        assertEq(block.timestamp, posted + 9 days);
        proveTotals(address(token), 0, 0);
        registry.claim(claimOf(courier, address(token), int256(BROUGHT), 0));
        assertEq(token.balanceOf(courier), BROUGHT);
        assertEq(token.balanceOf(address(registry)), 0);
    }

    function test_worstCase_bothKeysAndACouncilThatLooksWithinThreeDaysLeaveTheRootBefore() public {
        stayAlive(72 hours);
        (,,, uint64 honest) = registry.newestRoot();
        postForged();
        vm.warp(block.timestamp + 72 hours - 1);
        vm.prank(council);
        registry.discardRoot();
        (,,, uint64 inForce) = registry.newestRoot();
        assertEq(inForce, honest);
    }

    // ---------------------------------------------------------------- helpers

    /// @dev A tree in which alice has what she brought.
    function takeInAlice() private {
        leaves.push(accountLeaf(keyOf(alice), address(token), 0, 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree(registry.count());
    }

    function claimAlice() private {
        proveTotals(address(token), 0, 0);
        registry.claim(claimOf(alice, address(token), 0, 0));
        assertEq(token.balanceOf(alice), BROUGHT);
    }

    /// @dev A tree in which everything is the courier's.
    function postForged() private {
        leaves.push(accountLeaf(keyOf(courier), address(token), int256(BROUGHT), 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree();
    }

    /// @dev Time passes, and a root is posted at its end.
    function stayAlive(uint256 time) private {
        vm.warp(block.timestamp + time);
        (, uint64 checkpoint,,) = registry.newestRoot();
        postRoot(checkpoint + 1);
    }

    /// @dev Until so many seconds since `from` ran, with a pause of an hour whenever there is one.
    function runBetweenPauses(uint64 from, uint64 needed) private {
        uint64 ran = 0;
        while (ran < needed) {
            if (authority.paused()) vm.warp(authority.pausedUntil());
            ran = authority.runningSeconds(from, uint64(block.timestamp));
            vm.warp(block.timestamp + (needed - ran < 10 hours ? needed - ran : 10 hours));
            ran = authority.runningSeconds(from, uint64(block.timestamp));
            vm.prank(council);
            try authority.pause() {} catch {}
        }
    }

    function limitTo(Limit memory limit) private {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, limit);
    }

    function expectOverLimit(uint256 id, uint256 paid) private {
        (, uint64 checkpoint,,) = registry.newestRoot();
        ForcedAnswer memory message = ForcedAnswer(id, paid, OVER_LIMIT, checkpoint);
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_OverLimit.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
    }
}
