// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IExitHatch} from "../../../src/interfaces/IExitHatch.sol";
import {ExitClaim} from "../../../src/types/Exit.sol";
import {ExitRoots, ForcedAnswer} from "../../../src/types/Messages.sol";
import {ExitPhase, Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {ExitTest} from "../../support/ExitTest.sol";

/// @dev Calls back when it is sent the native coin.
contract CallingBack {
    address private immutable TARGET;
    bytes private _call;
    bytes public answer;

    constructor(address target) {
        TARGET = target;
    }

    function run(uint256 value, bytes calldata data, bytes calldata callBack) external {
        _call = callBack;
        (bool ok,) = TARGET.call{value: value}(data);
        require(ok, "refused");
    }

    receive() external payable {
        if (_call.length != 0) (, answer) = TARGET.call(_call);
    }
}

/// @dev Attacks on the exit and on forced withdrawals, each as a whole story.
contract ExitAttacksTest is ExitTest {
    // ---------------------------------------------------------------- a debtor

    struct Balances {
        address account;
        int256 dollars;
        int256 coins;
    }

    DevnetToken private _coin;

    function setUp() public override {
        super.setUp();
        _coin = new DevnetToken("Coin", "COIN", 18);
        list(address(_coin));
    }

    /// @dev Alice brought 1 000 dollars, Carol 600 coins and Bob 1 000 coins, all worth the same. Bob sold Carol 600 dollars
    /// that he does not have for her coins: he owns 1 600 coins and owes 600 dollars.
    ///
    /// The close-out gives Alice and Carol 625 and 375 dollars in kind, and Bob pays what they miss with 600 of his coins.
    function test_attack_aDebtorInExitModePaysFirst() public {
        bringAll();
        leaveWith(Balances(alice, 625, 375), Balances(courier, 375, 225), Balances(bob, 0, 1_000));
        assertHas(alice, 625, 375);
        assertHas(courier, 375, 225);
        assertHas(bob, 0, 1_000);
    }

    /// @dev The same without a close-out: Bob walks away with all his coins, and the others share what he owes. So the vault
    /// cannot see that, and the keeper's trees must do it.
    function test_attack_aDebtorWouldWalkAwayWithoutTheCloseOut() public {
        bringAll();
        leaveWith(Balances(alice, 1_000, 0), Balances(courier, 600, 0), Balances(bob, -600, 1_600));
        assertHas(alice, 625, 0);
        assertHas(courier, 375, 0);
        assertHas(bob, 0, 1_600);
    }

    function bringAll() private {
        deposit(alice, 1_000);
        bringCoins(courier, 600);
        bringCoins(bob, 1_000);
    }

    function bringCoins(address account, uint256 amount) private {
        fund(address(_coin), account, amount);
        vm.prank(account);
        registry.deposit(address(_coin), amount, account, 0);
    }

    function leaveWith(Balances memory a, Balances memory b, Balances memory c) private {
        Balances[3] memory all = [a, b, c];
        address[2] memory tokens = [address(token), address(_coin)];
        int256[2] memory offsets;
        for (uint256 i = 0; i < all.length; i++) {
            for (uint256 which = 0; which < tokens.length; which++) {
                int256 offset = offsetOf(all[i], tokens[which]);
                offsets[which] += offset;
                leaves.push(accountLeaf(keyOf(all[i].account), tokens[which], offset, 0));
            }
        }
        // What is owed to somebody is owed to nobody by the vault: totals are of what could be taken.
        if (c.dollars < 0) offsets[0] -= c.dollars;
        for (uint256 which = 0; which < tokens.length; which++) {
            leaves.push(tokenLeaf(tokens[which], offsets[which], 0));
        }
        postTree();
        reachFinal();
        for (uint256 which = 0; which < tokens.length; which++) {
            proveTotals(tokens[which], offsets[which], 0);
            for (uint256 i = 0; i < all.length; i++) {
                ExitClaim memory claim = claimOf(all[i].account, tokens[which], offsetOf(all[i], tokens[which]), 0);
                try registry.claim(claim) {} catch {}
            }
        }
    }

    function offsetOf(Balances memory mine, address token_) private view returns (int256) {
        (uint256 deposited,,) = registry.counters(keyOf(mine.account), token_);
        return (token_ == address(token) ? mine.dollars : mine.coins) - int256(deposited);
    }

    function assertHas(address account, uint256 dollars, uint256 coins) private view {
        assertEq(token.balanceOf(account), dollars, "dollars");
        assertEq(_coin.balanceOf(account), coins, "coins");
    }

    // ---------------------------------------------------------------- a forged root

    /// @dev Both keys are stolen while the vault closes. A root of the far future is refused; one as far as time allows calls
    /// the exit off and gives everything to the thief, until the council discards it. It cannot be posted again, and after
    /// seven more days of silence the exit is by the honest root.
    function test_attack_forgedFarFutureRootInExitModeAndItsDiscard() public {
        deposit(alice, 1_000);
        bytes32[] memory honest = new bytes32[](2);
        (honest[0], honest[1]) = (accountLeaf(keyOf(alice), address(token), 0, 0), tokenLeaf(address(token), 0, 0));
        leaves = honest;
        postTree();
        enterExit();
        vm.warp(block.timestamp + 1 hours);
        leaves.push(accountLeaf(keyOf(courier), address(token), 1_000, 0));
        (,,, uint64 postedAt) = registry.newestRoot();
        uint64 furthest = treeCheckpoint + uint64(block.timestamp) - postedAt;
        ExitRoots memory roots = forgedRoots(furthest + 1);
        expectRefused(
            roots,
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointTooFar.selector, furthest + 1, furthest)
        );
        roots = forgedRoots(furthest);
        Pair memory pair = signBoth(roots);
        registry.postExitRoot(roots, treeRoot(), 0, new bytes32[](0), pair.enclave, pair.leader);
        assertPhase(ExitPhase.Running);

        vm.prank(council);
        registry.discardRoot();
        vm.warp(block.timestamp + 1 hours);
        expectRefused(
            roots,
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_IssuedBeforeDiscard.selector, roots.issuedAt, roots.issuedAt
            )
        );
        reachFinal();
        leaves = honest;
        proveTotals(address(token), 0, 0);
        registry.claim(claimOf(alice, address(token), 0, 0));
        assertEq(token.balanceOf(alice), 1_000);
    }

    function forgedRoots(uint64 checkpoint) private view returns (ExitRoots memory) {
        return ExitRoots(EPOCH, checkpoint, uint64(block.timestamp), leafOf(treeRoot(), 0));
    }

    function expectRefused(ExitRoots memory roots, bytes memory reason) private {
        Pair memory pair = signBoth(roots);
        bytes32 tree = treeRoot();
        vm.expectRevert(reason);
        registry.postExitRoot(roots, tree, 0, new bytes32[](0), pair.enclave, pair.leader);
    }

    // ---------------------------------------------------------------- a theft before the exit

    /// @dev Both keys were stolen, and an account that owned nothing was paid 500 of 1 500 within the limit. No formula knows
    /// whose money that was: what it took is missing for whoever claims last. Nobody gets more than he owned.
    function test_attack_whatAThiefTookIsMissingForWhoClaimsLast() public {
        deposit(alice, 1_000);
        deposit(bob, 500);
        leaves.push(accountLeaf(keyOf(alice), address(token), 0, 0));
        leaves.push(accountLeaf(keyOf(bob), address(token), 0, 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree();
        withdraw(withdrawalOf(courier, 500, 0));
        reachFinal();
        proveTotals(address(token), 0, 0);
        expectNothingDue(courier);
        registry.claim(bareClaimOf(courier, address(token)));
        registry.claim(claimOf(alice, address(token), 0, 0));
        assertEq(token.balanceOf(alice), 1_000);
        expectNothingDue(bob);
        registry.claim(claimOf(bob, address(token), 0, 0));

        token.mint(address(registry), 500);
        registry.claim(claimOf(bob, address(token), 0, 0));
        assertEq(token.balanceOf(bob), 500);
    }

    // ---------------------------------------------------------------- numbers at the edge

    /// @dev A tree of a keeper gone mad: the leaf of one key cannot be claimed, and those of others can.
    function test_attack_extremeOffsetsHurtNobodyElse() public {
        deposit(alice, 1_000);
        deposit(bob, 1_000);
        int256[3] memory extremes = [type(int256).min, type(int256).max, type(int256).min + 1_000];
        for (uint256 i = 0; i < extremes.length; i++) {
            leaves.push(accountLeaf(keyOf(bob), address(token), extremes[i], type(uint256).max));
        }
        leaves.push(accountLeaf(keyOf(alice), address(token), 0, 0));
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree();
        reachFinal();
        proveTotals(address(token), 0, 0);
        for (uint256 i = 0; i < extremes.length; i++) {
            ExitClaim memory claim = claimOf(bob, address(token), extremes[i], type(uint256).max);
            // The greatest overflows together with what was brought.
            if (extremes[i] == type(int256).max) vm.expectRevert(stdError());
            else expectNothingDue(bob);
            registry.claim(claim);
        }
        registry.claim(claimOf(alice, address(token), 0, 0));
        assertEq(token.balanceOf(alice), 1_000);
    }

    function test_attack_extremeTotalsAreRefused() public {
        int256[2] memory extremes = [type(int256).min, type(int256).max];
        for (uint256 i = 0; i < extremes.length; i++) {
            leaves.push(tokenLeaf(address(token), extremes[i], type(uint256).max));
        }
        leaves.push(tokenLeaf(address(token), 0, 0));
        postTree();
        reachFinal();
        for (uint256 i = 0; i < extremes.length; i++) {
            bytes32[] memory proof = proofOf(leaves[i]);
            vm.expectRevert();
            registry.proveTotals(address(token), extremes[i], type(uint256).max, proof);
        }
        proveTotals(address(token), 0, 0);
    }

    function stdError() private pure returns (bytes memory) {
        return abi.encodeWithSignature("Panic(uint256)", 0x11);
    }

    function expectNothingDue(address account) private {
        vm.expectRevert(
            abi.encodeWithSelector(IExitHatch.ExitHatch_NothingDue.selector, keyOf(account), address(token))
        );
    }

    // ---------------------------------------------------------------- calls back

    /// @dev Who carries an answer calls back when he gets the fee, and wants it again.
    function test_attack_theFeeOfAnAnswerCannotBeTakenTwice() public {
        deposit(alice, 1_000);
        reachRoot(1);
        uint256 id = ask(alice, 600);
        ask(bob, 1);
        CallingBack carrier = new CallingBack(address(registry));
        ForcedAnswer memory message = ForcedAnswer(id, 600, PAID, 1);
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        bytes memory call = abi.encodeCall(registry.answerForced, (message, pair.enclave, pair.leader));
        carrier.run(0, call, call);
        assertRefusedReentry(carrier);
        assertEq(address(carrier).balance, fee);
        assertEq(address(registry).balance, fee, "of the other request");
    }

    function test_attack_aReturnedFeeCannotBeTakenTwice() public {
        CallingBack account = new CallingBack(address(registry));
        vm.deal(address(account), fee);
        account.run(fee, abi.encodeCall(registry.requestForcedWithdrawal, (address(token), 1, address(account))), "");
        ask(bob, 1);
        reachFinal();
        bytes memory call = abi.encodeCall(registry.returnForcedFee, (1));
        account.run(0, call, call);
        assertRefusedReentry(account);
        assertEq(address(account).balance, fee);
        assertEq(address(registry).balance, fee, "of the other request");
    }

    function assertRefusedReentry(CallingBack caller) private view {
        bytes memory refusal = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        assertEq(caller.answer(), refusal);
    }

    // ---------------------------------------------------------------- forced withdrawals

    /// @dev Requests of others, however many, make nobody wait: each is answered on its own, and every one that is costs its
    /// sender the fee.
    function test_attack_spamOfRequestsHoldsUpNobody() public {
        deposit(alice, 1_000);
        reachRoot(1);
        for (uint256 i = 0; i < 20; i++) {
            ask(bob, type(uint112).max);
        }
        uint256 id = ask(alice, 600);
        answer(id, 600, PAID);
        assertEq(token.balanceOf(alice), 600);
        for (uint256 spam = 1; spam <= 20; spam++) {
            answer(spam, 0, NO_BALANCE);
        }
        assertEq(courier.balance, 21 * fee);
        assertEq(bob.balance, 0);
        vm.warp(block.timestamp + 7 days);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RequestNotOpen.selector, 1));
        registry.enterExitModeFor(1);
    }

    /// @dev A part is an answer, too: the exit that was entered for the request is off, and its rest waits 7 days anew. So a
    /// keeper that wants to stall must pay a quarter of the limit each time.
    function test_attack_answeringInPartsStallsOnlyAgainstPayment() public {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Withdrawal, Limit(400, 1 days));
        deposit(alice, 1_000);
        reachRoot(1);
        uint256 id = ask(alice, 1_000);
        for (uint64 part = 1; part <= 9; part++) {
            vm.warp(block.timestamp + 7 days);
            postRoot(part + 1);
            registry.enterExitModeFor(id);
            answer(id, 100, OVER_LIMIT);
            assertPhase(ExitPhase.Running);
            assertEq(token.balanceOf(alice), part * 100);
        }
        vm.warp(block.timestamp + 7 days);
        postRoot(11);
        registry.enterExitModeFor(id);
        (, uint64 newest,,) = registry.newestRoot();
        ForcedAnswer memory message = ForcedAnswer(id, 99, OVER_LIMIT, newest);
        Pair memory pair = signBoth(digestOf(registryDomain(), message));
        vm.expectRevert();
        registry.answerForced(message, pair.enclave, pair.leader);
        answer(id, 100, PAID);
        assertEq(token.balanceOf(alice), 1_000);
    }

    /// @dev Cured by its answer, the same request is no reason any more; another one still is.
    function test_attack_aCuredRequestServesNoSecondEntry() public {
        deposit(alice, 1_000);
        reachRoot(1);
        uint256 id = ask(alice, 600);
        uint256 other = ask(bob, 1);
        vm.warp(block.timestamp + 7 days);
        postRoot(2);
        registry.enterExitModeFor(id);
        answer(id, 600, PAID);
        vm.expectRevert(abi.encodeWithSelector(IExitHatch.ExitHatch_RequestNotOpen.selector, id));
        registry.enterExitModeFor(id);
        registry.enterExitModeFor(other);
        assertPhase(ExitPhase.Closing);
    }
}
