// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {ForcedReason, ForcedRequest} from "../../../src/types/Exit.sol";
import {ForcedAnswer} from "../../../src/types/Messages.sol";
import {Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {ExitTest} from "../../support/ExitTest.sol";
import {BlocklistToken} from "../../support/OddTokens.sol";

contract ForcedWithdrawalTest is ExitTest {
    function setUp() public override {
        super.setUp();
        deposit(alice, 1_000);
        reachRoot(1);
    }

    // ---------------------------------------------------------------- requests

    function test_requestForcedWithdrawal_isAnEntryAndKept() public {
        vm.deal(alice, fee);
        vm.expectEmit(address(registry));
        emit IExitHatch.ForcedRequested(registry.count(), 1, alice, address(token), 600, bob);
        vm.prank(alice);
        uint256 id = registry.requestForcedWithdrawal{value: fee}(address(token), 600, bob);

        assertEq(id, 1);
        ForcedRequest memory asked = registry.forcedRequest(1);
        assertEq(asked.account, alice);
        assertEq(asked.askedAt, block.timestamp);
        assertEq(asked.answeredBy, 0);
        assertEq(asked.token, address(token));
        assertEq(asked.recipient, bob);
        assertEq(asked.open, 600);
        assertEq(address(registry).balance, fee);
    }

    function test_requestForcedWithdrawal_numbersFromOne() public {
        assertEq(ask(alice, 1), 1);
        assertEq(ask(bob, 1), 2);
    }

    function test_requestForcedWithdrawal_revertsIfTheFeeIsNotExact() public {
        vm.deal(alice, 1 ether);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_WrongFee.selector, fee - 1, fee));
        registry.requestForcedWithdrawal{value: fee - 1}(address(token), 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_WrongFee.selector, fee + 1, fee));
        registry.requestForcedWithdrawal{value: fee + 1}(address(token), 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_WrongFee.selector, 0, fee));
        registry.requestForcedWithdrawal(address(token), 1, alice);
    }

    function test_requestForcedWithdrawal_revertsIfTheTokenIsNotListed() public {
        vm.deal(alice, fee);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, bob));
        vm.prank(alice);
        registry.requestForcedWithdrawal{value: fee}(bob, 1, alice);
    }

    function test_requestForcedWithdrawal_revertsForNothing() public {
        vm.deal(alice, fee);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAmount.selector);
        vm.prank(alice);
        registry.requestForcedWithdrawal{value: fee}(address(token), 0, alice);
    }

    function test_requestForcedWithdrawal_revertsForABadRecipient() public {
        address[2] memory bad = [address(0), address(registry)];
        vm.deal(alice, fee);
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_BadRecipient.selector, bad[i]));
            vm.prank(alice);
            registry.requestForcedWithdrawal{value: fee}(address(token), 1, bad[i]);
        }
    }

    function test_requestForcedWithdrawal_worksWhilePausedAndWhileClosing() public {
        pause();
        ask(alice, 1);
        vm.warp(block.timestamp + 11 days);
        registry.enterExitMode();
        ask(alice, 1);
    }

    function test_requestForcedWithdrawal_revertsWhenFinal() public {
        reachFinal();
        vm.deal(alice, fee);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ExitIsFinal.selector);
        vm.prank(alice);
        registry.requestForcedWithdrawal{value: fee}(address(token), 1, alice);
    }

    // ---------------------------------------------------------------- answers

    function test_answerForced_paysAllAndTheFee() public {
        uint256 id = ask(alice, address(token), 600, bob);
        vm.expectEmit(address(registry));
        emit IExitHatch.ForcedAnswered(registry.count(), id, alice, address(token), 600, bob, ForcedReason.Paid, 0);
        answer(id, 600, PAID);

        assertEq(token.balanceOf(bob), 600);
        assertEq(courier.balance, fee);
        assertEq(address(registry).balance, 0);
        assertEq(registry.forcedRequest(id).account, address(0), "forgotten");
        (uint256 deposited, uint256 withdrawn,) = registry.counters(keyOf(alice), address(token));
        assertEq(deposited - withdrawn, 400);
        assertEq(registry.accounted(address(token)), 400);
        (, uint256 used) = registry.outflow(address(token), OutflowKind.Withdrawal);
        assertEq(used, 600);
    }

    function test_answerForced_refusesForEachReasonAndPaysTheFee() public {
        for (uint8 reason = 1; reason < OVER_LIMIT; reason++) {
            uint256 id = ask(alice, 600);
            vm.expectEmit(address(registry));
            emit IExitHatch.ForcedAnswered(
                registry.count(), id, alice, address(token), 0, alice, ForcedReason(reason), 0
            );
            answer(id, 0, reason);
            assertEq(courier.balance, fee * reason);
            assertEq(registry.forcedRequest(id).open, 0);
        }
        assertEq(token.balanceOf(alice), 0);
    }

    /// @dev A first entry would be what a claim without a leaf goes by.
    function test_answerForced_aRefusalLeavesNoTraceInTheBooks() public {
        answer(ask(bob, 600), 0, NO_BALANCE);
        (uint256 deposited, uint256 withdrawn, uint256 firstIndex) = registry.counters(keyOf(bob), address(token));
        assertEq(deposited, 0);
        assertEq(withdrawn, 0);
        assertEq(firstIndex, 0);
    }

    function test_answerForced_paysAPartWhereTheLimitIsReached() public {
        limitTo(400);
        uint256 id = ask(alice, 1_000);
        vm.warp(block.timestamp + 1 days);
        answer(id, 100, OVER_LIMIT);

        ForcedRequest memory asked = registry.forcedRequest(id);
        assertEq(asked.open, 900);
        assertEq(asked.askedAt, block.timestamp, "the rest waits anew");
        assertEq(asked.answeredBy, 1);
        assertEq(token.balanceOf(alice), 100);
        assertEq(courier.balance, 0, "the fee is for the last answer");

        postRoot(2);
        answer(id, 300, OVER_LIMIT);
        vm.warp(block.timestamp + 1 days);
        postRoot(3);
        answer(id, 0, NO_BALANCE);
        assertEq(token.balanceOf(alice), 400);
        assertEq(courier.balance, fee);
    }

    function test_answerForced_revertsIfAPartIsLessThanAQuarterOfTheLimit() public {
        limitTo(401);
        uint256 id = ask(alice, 1_000);
        expectWrongPayment(id, OVER_LIMIT, 100, 101);
        expectWrongPayment(id, OVER_LIMIT, 1_000, 101);
        expectWrongPayment(id, OVER_LIMIT, 1_001, 101);
        answer(id, 101, OVER_LIMIT);
    }

    function test_answerForced_revertsIfAPartIsLessThanASixteenthOfWhatIsOpen() public {
        limitTo(63);
        uint256 id = ask(alice, 1_000);
        expectWrongPayment(id, OVER_LIMIT, 62, 63);
        answer(id, 63, OVER_LIMIT);
        vm.warp(block.timestamp + 1 days);
        postRoot(2);
        expectWrongPayment(id, OVER_LIMIT, 58, 59);
        answer(id, 59, OVER_LIMIT);
        assertEq(registry.forcedRequest(id).open, 878);
    }

    /// @dev What must be paid at least is more than the limit lets out at once: there is no answer.
    function test_answerForced_revertsIfTheLimitIsBelowASixteenthOfWhatIsOpen() public {
        limitTo(62);
        uint256 id = ask(alice, 1_000);
        expectWrongPayment(id, OVER_LIMIT, 62, 63);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 63, OVER_LIMIT);
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_OverLimit.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    /// @dev Nothing fits: no answer but an honest refusal, or the exit.
    function test_answerForced_revertsIfNothingIsPaidForALimitOfNothing() public {
        limitTo(0);
        expectWrongPayment(ask(alice, 1_000), OVER_LIMIT, 0, 63);
        expectWrongPayment(ask(alice, 1), OVER_LIMIT, 0, 1);
    }

    /// @dev What a lower limit let through is less than a quarter of a higher one. The council mends that at once.
    function test_answerForced_revertsIfTheLimitWasRaisedAboveFourTimesThePart() public {
        limitTo(100);
        uint256 id = ask(alice, 400);
        vm.prank(governor);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(101, 1 days));
        expectWrongPayment(id, OVER_LIMIT, 25, 26);
        limitTo(100);
        answer(id, 25, OVER_LIMIT);
        assertEq(registry.forcedRequest(id).open, 375);
    }

    function test_answerForced_revertsIfThePaymentDoesNotFitTheReason() public {
        uint256 id = ask(alice, 600);
        expectWrongPayment(id, PAID, 599, 0);
        expectWrongPayment(id, PAID, 601, 0);
        expectWrongPayment(id, PAID, 0, 0);
        for (uint8 reason = 1; reason < OVER_LIMIT; reason++) {
            expectWrongPayment(id, reason, 1, 0);
            expectWrongPayment(id, reason, 600, 0);
        }
    }

    function test_answerForced_revertsForAnUnknownReason() public {
        uint256 id = ask(alice, 600);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 0, 5);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_UnknownReason.selector, 5));
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    function test_answerForced_revertsIfTheRequestIsNotOpen() public {
        uint256 id = ask(alice, 600);
        expectNotOpen(0);
        expectNotOpen(id + 1);
        answer(id, 600, PAID);
        expectNotOpen(id);
    }

    /// @dev Attack: the same part is submitted again, and an older one after a newer.
    function test_answerForced_revertsForAReplayedPart() public {
        limitTo(400);
        uint256 id = ask(alice, 1_000);
        vm.warp(block.timestamp + 1 days);
        postRoot(2);
        answer(id, 100, OVER_LIMIT);
        for (uint64 checkpoint = 1; checkpoint <= 2; checkpoint++) {
            ForcedAnswer memory again = ForcedAnswer(id, 100, OVER_LIMIT, checkpoint);
            Pair memory pair = signBoth(digestOf(registryDomain(), again));
            vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_AlreadyAnswered.selector, id, checkpoint, 2));
            registry.answerForced(again, pair.enclave, pair.leader);
        }
    }

    function test_answerForced_revertsWithoutBothSignatures() public {
        uint256 id = ask(alice, 600);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 600, PAID);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, enclave, enclave));
        registry.answerForced(message, pair.enclave, pair.enclave);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, leader, enclave));
        registry.answerForced(message, pair.leader, pair.enclave);
    }

    function test_answerForced_revertsIfItsCheckpointIsNotPosted() public {
        uint256 id = ask(alice, 600);
        ForcedAnswer memory message = ForcedAnswer(id, 600, PAID, 2);
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        vm.expectRevert(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 2, EPOCH, 1)
        );
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    function test_answerForced_revertsWhilePausedAndWhenFinal() public {
        uint256 id = ask(alice, 600);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 600, PAID);
        pause();
        vm.expectRevert(IDepositRegistry.DepositRegistry_Paused.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
        vm.warp(block.timestamp + 3 days);
        reachFinal();
        vm.expectRevert(IDepositRegistry.DepositRegistry_ExitIsFinal.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    function test_answerForced_revertsOverTheLimit() public {
        limitTo(400);
        uint256 id = ask(alice, 600);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 600, PAID);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                address(token),
                OutflowKind.Withdrawal,
                600,
                type(uint64).max
            )
        );
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    /// @dev A blocked recipient can be refused, and somebody else's request is paid.
    function test_answerForced_ofABlockedRecipientStopsNobodyElse() public {
        BlocklistToken odd = new BlocklistToken();
        list(address(odd));
        fund(address(odd), alice, 10);
        vm.prank(alice);
        registry.deposit(address(odd), 10, alice, 0);
        uint256 blockedId = ask(alice, address(odd), 4, alice);
        uint256 otherId = ask(alice, address(odd), 4, bob);
        odd.setBlocked(alice, true);

        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(blockedId, 4, PAID);
        vm.expectRevert(IDepositRegistry.TransferFailed.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
        answer(otherId, 4, PAID);
        assertEq(odd.balanceOf(bob), 4);
        answer(blockedId, 0, 3);
    }

    function test_answerForced_revertsIfWhoCarriesItCannotBePaid() public {
        uint256 id = ask(alice, 600);
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 600, PAID);
        vm.prank(address(token));
        vm.expectRevert(IExitHatch.ETHTransferFailed.selector);
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    function testFuzz_answerForced_neverPaysMoreThanWasAskedFor(uint96 asked, uint96[3] calldata parts) public {
        asked = uint96(bound(asked, 1, type(uint96).max));
        deposit(alice, type(uint96).max);
        uint256 id = ask(alice, asked);
        uint256 paid;
        for (uint64 i = 0; i < parts.length; i++) {
            vm.warp(block.timestamp + 2 days);
            postRoot(i + 2);
            ForcedAnswer memory message = ForcedAnswer(id, parts[i], i == 2 ? PAID : OVER_LIMIT, i + 2);
            Pair memory pair = signBoth(digestOf(registryDomain(), message));
            try registry.answerForced(message, pair.enclave, pair.leader) {
                paid += parts[i];
            } catch {}
        }
        assertEq(token.balanceOf(alice), paid);
        assertLe(paid, asked);
    }

    // ---------------------------------------------------------------- fees

    function test_returnForcedFee_whenNobodyAnsweredAndTheExitIsFinal() public {
        uint256 id = ask(alice, 600);
        reachFinal();
        registry.returnForcedFee(id);
        assertEq(alice.balance, fee);
        assertEq(address(registry).balance, 0);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RequestNotOpen.selector, id));
        registry.returnForcedFee(id);
    }

    function test_returnForcedFee_revertsBeforeTheExitIsFinal() public {
        uint256 id = ask(alice, 600);
        vm.expectRevert(IExitHatch.ExitHatch_NotFinal.selector);
        registry.returnForcedFee(id);
        enterExit();
        vm.expectRevert(IExitHatch.ExitHatch_NotFinal.selector);
        registry.returnForcedFee(id);
    }

    // ---------------------------------------------------------------- helpers

    function limitTo(uint112 capacity) private {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(capacity, 1 days));
    }

    function signedAnswer(uint256 id, uint256 paid, uint8 reason)
        private
        view
        returns (ForcedAnswer memory message, Pair memory pair)
    {
        (, uint64 checkpoint,,) = registry.newestRoot();
        message = ForcedAnswer(id, paid, reason, checkpoint);
        pair = signBoth(digestOf(registryDomain(), message));
    }

    function expectWrongPayment(uint256 id, uint8 reason, uint256 paid, uint256 least) private {
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, paid, reason);
        uint256 open = registry.forcedRequest(id).open;
        vm.expectRevert(
            abi.encodeWithSelector(IExitHatch.ExitHatch_WrongPayment.selector, id, reason, paid, open, least)
        );
        registry.answerForced(message, pair.enclave, pair.leader);
    }

    function expectNotOpen(uint256 id) private {
        (ForcedAnswer memory message, Pair memory pair) = signedAnswer(id, 0, NO_BALANCE);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RequestNotOpen.selector, id));
        registry.answerForced(message, pair.enclave, pair.leader);
    }
}
