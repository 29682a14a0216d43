// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Vm} from "forge-std/Vm.sol";

import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {ISettlements} from "../../src/interfaces/ISettlements.sol";
import {SettlementIntent, SettlementOrder} from "../../src/types/Messages.sol";
import {SettlementStatus} from "../../src/types/Settlement.sol";
import {ExitPhase} from "../../src/types/VaultState.sol";
import {BlocklistToken} from "../support/OddTokens.sol";
import {CowTest} from "../support/cow/CowTest.sol";
import {Batch} from "../support/cow/HostileSolver.sol";
import {GPv2Trade, IGPv2} from "../support/cow/IGPv2.sol";

/// @title Settlements against the real GPv2Settlement, with honest and with hostile solvers
contract SettlementTest is CowTest {
    // ---------------------------------------------------------------- honest batches

    function test_settle_oneOrderWithItsHooks() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
        assertClosedAndEmpty(intent);
    }

    function test_settle_oneOrderThroughTheShed() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addSettlementThroughShed(batch, intent);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
        assertClosedAndEmpty(intent);
    }

    /// @dev At 3 000.000 001 USDC. What does not divide is rounded for the order: up what it gets, down what it gives.
    function test_settle_threeOrdersOfOnePairInOneBatchExactToTheUnit() public {
        threeOrders(false);
    }

    function test_settle_threeOrdersOfOnePairInOneBatchThroughTheShedExactToTheUnit() public {
        threeOrders(true);
    }

    function testFuzz_settle_isExactAtAnyPrice(uint64 wethPrice, uint64 usdcPrice, uint64 amount, bool buy) public {
        wethPrice = uint64(bound(wethPrice, 1, type(uint64).max));
        usdcPrice = uint64(bound(usdcPrice, 1, type(uint64).max));
        amount = uint64(bound(amount, 1, 1e15));
        SettlementIntent memory intent = buy ? buyIntent(INITIAL, amount) : sellIntent(amount, 1);
        // As GPv2 computes it: an order that buys gives the floor, an order that sells gets the ceiling.
        uint256 other =
            buy ? uint256(amount) * wethPrice / usdcPrice : (uint256(amount) * wethPrice + usdcPrice - 1) / usdcPrice;
        vm.assume(other <= INITIAL / 2);
        // Within the limit: at most everything for it, at least one unit.
        vm.assume(buy || uint256(amount) * wethPrice >= usdcPrice);
        Batch memory batch = newBatch(wethPrice, usdcPrice);
        addSettlement(batch, intent);
        settle(batch);
        assertSettled(intent, buy ? other : amount, buy ? amount : other);
    }

    function test_settle_partsOfAnOrderInSeveralBatches() public {
        SettlementIntent memory intent = partialIntent();
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent, 4e18);
        addHook(batch, Stage.After, address(registry), closeCall(intent));
        settle(batch);
        assertEq(uint8(registry.settlementStatus(intent.nonce)), uint8(SettlementStatus.Open), "too early to close");
        batch = newBatch(3_100e6, 1e18);
        addTrade(batch, intent, 6e18);
        addHook(batch, Stage.After, address(registry), closeCall(intent));
        settle(batch);
        assertSettled(intent, 10e18, 4 * 3_000e6 + 6 * 3_100e6);
    }

    /// @dev Both sides are ours, and nobody else is needed.
    function test_settle_twoOrdersAgainstEachOther() public {
        SettlementIntent memory sells = sellIntent(1e18, 2_900e6);
        SettlementIntent memory buys = buyIntent(3_100e6, 1e18);
        Batch memory batch = newBatch();
        addSettlement(batch, sells);
        addSettlement(batch, buys);
        settle(batch);
        assertSettled(sells, 1e18, 3_000e6);
        assertSettled(buys, 3_000e6, 1e18);
        assertEq(registry.accounted(address(weth)), INITIAL);
        assertEq(registry.accounted(address(usdc)), INITIAL);
        assertEq(weth.balanceOf(address(gpv2)), INITIAL);
    }

    // ---------------------------------------------------------------- hooks skipped, repeated, reordered

    function test_attack_preHookSkipped() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addTrade(batch, intent);
        refused(batch);
        assertUntouched(intent);
    }

    function test_attack_postHookSkipped() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent);
        settle(batch);
        assertEq(usdc.balanceOf(laneOf(intent)), 3_000e6, "waits");
        close(intent);
        assertSettled(intent, 1e18, 3_000e6);
    }

    function test_attack_preHookAlone() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        settle(batch);
        vm.warp(intent.validTo + 1);
        close(intent);
        assertSettled(intent, 0, 0);
    }

    function test_attack_preHookInAnEarlierTransaction() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        open(intent);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
    }

    function test_attack_hooksRepeated() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        for (uint256 i = 0; i < 3; i++) {
            addHook(batch, Stage.Before, address(registry), openCall(intent));
            addHook(batch, Stage.After, address(registry), closeCall(intent));
        }
        addTrade(batch, intent);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
    }

    function test_attack_hooksReordered() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), closeCall(intent));
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addHook(batch, Stage.Before, address(registry), closeCall(intent));
        addTrade(batch, intent);
        addHook(batch, Stage.After, address(registry), openCall(intent));
        settle(batch);
        close(intent);
        assertSettled(intent, 1e18, 3_000e6);
    }

    function test_attack_hooksOfAnotherOrder() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        SettlementIntent memory other = sellIntent(2e18, 5_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(other));
        addTrade(batch, intent);
        addHook(batch, Stage.After, address(registry), closeCall(other));
        refused(batch);
        assertUntouched(intent);
        assertUntouched(other);
    }

    /// @dev The trampoline gives a hook its gas or fails the whole batch, and a hook that runs out undoes itself.
    function test_attack_tooLittleGas() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        (bool ok,) = address(solver).call{gas: HOOK_GAS}(abi.encodeCall(solver.settle, (batch)));
        assertFalse(ok);
        assertUntouched(intent);
    }

    /// @dev Their calldata is public, and anybody may run them.
    function test_attack_shedHooksRunEarlyAndRepeated() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        bytes memory opening = shedCall(openCall(intent));
        bytes memory closing = shedCall(closeCall(intent));
        vm.startPrank(courier);
        (bool ok,) = address(shedFactory).call(closing);
        assertFalse(ok, "nothing to close, and the shed's nonce is not used up");
        (ok,) = address(shedFactory).call(opening);
        assertTrue(ok);
        (ok,) = address(shedFactory).call(opening);
        assertFalse(ok);
        vm.stopPrank();
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(shedFactory), opening);
        addTrade(batch, intent);
        addHook(batch, Stage.After, address(shedFactory), closing);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
        assertClosedAndEmpty(intent);
    }

    // ---------------------------------------------------------------- closing in the middle

    function test_attack_closedBetweenPullAndPayout() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        addAttempt(batch, Stage.Between, address(registry), closeCall(intent));
        settle(batch);
        expectAttempt(
            0, abi.encodeWithSelector(ISettlements.Settlements_StillOpen.selector, intent.nonce, uint256(0), uint256(0))
        );
        assertSettled(intent, 1e18, 3_000e6);
    }

    /// @dev He can close it by giving what it costs, and the order's proceeds come in afterwards all the same.
    function test_attack_closedBetweenPullAndPayoutWithAGift() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        usdc.mint(address(solver), 2_900e6);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        addAttempt(batch, Stage.Between, address(usdc), abi.encodeCall(usdc.transfer, (laneOf(intent), 2_900e6)));
        addAttempt(batch, Stage.Between, address(registry), closeCall(intent));
        settle(batch);
        assertTrue(solver.succeeded(1));
        assertSettled(intent, 1e18, 2_900e6 + 3_000e6);
        assertClosedAndEmpty(intent);
    }

    function test_attack_closedBetweenPullAndPayoutWithAGiftAndThePostHookSkipped() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        usdc.mint(address(solver), 2_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent);
        addAttempt(batch, Stage.Between, address(usdc), abi.encodeCall(usdc.transfer, (laneOf(intent), 2_900e6)));
        addAttempt(batch, Stage.Between, address(registry), closeCall(intent));
        settle(batch);
        assertSettled(intent, 1e18, 2_900e6);
        assertEq(usdc.balanceOf(laneOf(intent)), 3_000e6, "came after the closing");
        close(intent);
        assertSettled(intent, 1e18, 2_900e6 + 3_000e6);
    }

    /// @dev A gift that completes a buy order closes it before it is filled: then it is refused.
    function test_attack_buyOrderClosedByAGiftBeforeItsTrade() public {
        SettlementIntent memory intent = buyIntent(3_100e6, 1e18);
        weth.mint(address(solver), 1e18);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addAttempt(batch, Stage.Before, address(weth), abi.encodeCall(weth.transfer, (laneOf(intent), 1e18)));
        addAttempt(batch, Stage.Before, address(registry), closeCall(intent));
        addTrade(batch, intent);
        refused(batch);
        batch.trades = new GPv2Trade[](0);
        settle(batch);
        assertSettled(intent, 0, 1e18);
    }

    // ---------------------------------------------------------------- gifts

    function test_attack_giftsBeforeDuringAndAfter() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        give(intent, address(weth), 1);
        give(intent, address(usdc), 10);
        usdc.mint(address(solver), 100);
        weth.mint(address(solver), 1_000);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        addAttempt(batch, Stage.Between, address(usdc), abi.encodeCall(usdc.transfer, (laneOf(intent), 100)));
        addAttempt(batch, Stage.Between, address(weth), abi.encodeCall(weth.transfer, (laneOf(intent), 1_000)));
        settle(batch);
        (uint256 returned,,) = registry.counters(intent.owner, address(weth));
        assertEq(returned, 1_001);
        (uint256 bought,,) = registry.counters(intent.owner, address(usdc));
        assertEq(bought, 3_000e6 + 110);
        give(intent, address(usdc), 1_000);
        close(intent);
        (bought,,) = registry.counters(intent.owner, address(usdc));
        assertEq(bought, 3_000e6 + 1_110);
    }

    // ---------------------------------------------------------------- partial fills, expiry, erased storage

    function test_attack_partialFillThenExpiryAndFilledAmountErased() public {
        SettlementIntent memory intent = partialIntent();
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent, 4e18);
        settle(batch);
        bytes memory uid = orderUid(intent);
        assertEq(gpv2.filledAmount(uid), 4e18);

        vm.warp(intent.validTo + 1);
        bytes[] memory uids = new bytes[](1);
        uids[0] = uid;
        batch = newBatch();
        addInteraction(batch, Stage.Before, address(gpv2), abi.encodeCall(IGPv2.freeFilledAmountStorage, (uids)));
        settle(batch);
        assertEq(gpv2.filledAmount(uid), 0, "GPv2 forgot");
        addTrade(batch, intent, 4e18);
        refused(batch);

        close(intent);
        assertSettled(intent, 4e18, 4 * 3_000e6);
    }

    function test_attack_filledTwice() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent);
        addTrade(batch, intent);
        refused(batch);
        batch.trades = new GPv2Trade[](0);
        addTrade(batch, intent);
        settle(batch);
        batch = newBatch();
        addTrade(batch, intent);
        refused(batch);
        close(intent);
        assertSettled(intent, 1e18, 3_000e6);
    }

    function test_attack_filledAtTheLastSecondAndClosedTooEarly() public {
        SettlementIntent memory intent = partialIntent();
        open(intent);
        vm.warp(intent.validTo);
        Batch memory batch = newBatch();
        addAttempt(batch, Stage.Before, address(registry), closeCall(intent));
        addTrade(batch, intent, 4e18);
        addAttempt(batch, Stage.Between, address(registry), closeCall(intent));
        addAttempt(batch, Stage.After, address(registry), closeCall(intent));
        settle(batch);
        for (uint256 i = 0; i < 3; i++) {
            assertFalse(solver.succeeded(i));
        }
        vm.warp(intent.validTo + 1);
        close(intent);
        assertSettled(intent, 4e18, 4 * 3_000e6);
    }

    // ---------------------------------------------------------------- another order than the signed one

    function test_attack_repostedWithAnotherAppData() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        open(intent);
        Batch memory batch = newBatch();
        GPv2Trade memory trade = tradeOf(batch, intent, 1e18);
        trade.appData = "a partner fee for the solver";
        bytes memory signature = laneSignature(intent, trade.appData, keysOf(intent));
        trade.signature = abi.encodePacked(laneOf(intent), signature);
        addTrade(batch, trade);
        refused(batch);
        assertEq(weth.balanceOf(laneOf(intent)), 1e18);
    }

    function test_attack_atAWorsePrice() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch(2_900e6 - 1, 1e18);
        addSettlement(batch, intent);
        refused(batch);
        assertUntouched(intent);
    }

    /// @dev Any change of the trade makes it another order.
    function testFuzz_attack_tradeWithAnythingChanged(uint8 field, uint256 change) public {
        vm.assume(change != 0);
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        open(intent);
        Batch memory batch = newBatch();
        addTrade(batch, intent);
        GPv2Trade memory trade = batch.trades[0];
        bytes32 unchanged = keccak256(abi.encode(trade));
        // Receiver, sell amount, buy amount, validTo, appData, fee, flags; not what is executed of an order that is filled
        // whole, nor the indices of the tokens.
        uint256 position = 32 * (2 + uint256(field) % 7);
        // GPv2 does not look at the third bit of the flags while the fourth is 0: both mean a balance in ERC-20.
        vm.assume(position != 32 * 8 || change != 4);
        assembly ("memory-safe") {
            let at := add(trade, position)
            mstore(at, xor(mload(at), change))
        }
        // Bits beyond a field's type are not encoded.
        vm.assume(keccak256(abi.encode(trade)) != unchanged);
        refused(batch);
        assertEq(weth.balanceOf(laneOf(intent)), 1e18);
        vm.warp(intent.validTo + 1);
        close(intent);
        assertSettled(intent, 0, 0);
    }

    function test_attack_signatureOfAnotherLane() public {
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        SettlementIntent memory other = sellIntent(1e18, 2_900e6);
        open(intent);
        open(other);
        Batch memory batch = newBatch();
        GPv2Trade memory trade = tradeOf(batch, intent, 1e18);
        trade.signature = abi.encodePacked(laneOf(other), laneSignature(intent));
        addTrade(batch, trade);
        refused(batch);
        trade.signature = abi.encodePacked(laneOf(intent), laneSignature(other));
        refused(batch);
        assertEq(weth.balanceOf(laneOf(intent)), 1e18);
        assertEq(weth.balanceOf(laneOf(other)), 1e18);
    }

    /// @dev Both quotes and both orders are signed. The solver may choose which one opens, but not both.
    function test_attack_twoQuotesWithOneNonce() public {
        SettlementIntent memory first = sellIntent(1e18, 2_900e6);
        SettlementIntent memory second = abi.decode(abi.encode(first), (SettlementIntent));
        (second.buyAmount, second.validTo) = (2_800e6, first.validTo + 60);
        Batch memory batch = newBatch(2_850e6, 1e18);
        addHook(batch, Stage.Before, address(registry), openCall(first));
        addHook(batch, Stage.Before, address(registry), openCall(second));
        addTrade(batch, second);
        refused(batch);

        batch = newBatch();
        addSettlement(batch, first);
        addHook(batch, Stage.After, address(registry), openCall(second));
        addHook(batch, Stage.After, address(registry), closeCall(second));
        settle(batch);
        assertSettled(first, 1e18, 3_000e6);
    }

    // ---------------------------------------------------------------- tokens

    /// @dev Blocked between the trade and the closing: what can be moved is moved, the rest waits for the commitment.
    function test_attack_buyTokenBlocksTheVault() public {
        BlocklistToken odd = new BlocklistToken();
        makeSettleable(address(odd));
        SettlementIntent memory intent = intentOf(address(weth), 10e18, address(odd), 1e6);
        intent.partiallyFillable = true;
        Batch memory batch = newBatch();
        (batch.tokens[1], batch.prices[0], batch.prices[1]) = (address(odd), 3, 1e12);
        addHook(batch, Stage.Before, address(registry), openCall(intent));
        addTrade(batch, intent, 4e18);
        settle(batch);
        odd.setBlocked(address(registry), true);
        vm.warp(intent.validTo + 1);
        close(intent);
        assertSettled(intent, 4e18, 0);
        odd.setBlocked(address(registry), false);
        close(intent);
        assertSettled(intent, 4e18, 12e6);
    }

    // ---------------------------------------------------------------- pause and exit

    function test_paused_nothingOpensAndNothingTrades() public {
        SettlementIntent memory opened = sellIntent(1e18, 2_900e6);
        SettlementIntent memory fresh = sellIntent(1e18, 2_900e6);
        open(opened);
        pause();
        Batch memory batch = newBatch();
        addSettlement(batch, fresh);
        refused(batch);
        batch = newBatch();
        addTrade(batch, opened);
        refused(batch);
        vm.warp(opened.validTo + 1);
        close(opened);
        assertSettled(opened, 0, 0);
        assertUntouched(fresh);
    }

    function test_finalExit_nothingOpensAndNothingTradesButLanesClose() public {
        SettlementIntent memory opened = sellIntent(1e18, 2_900e6);
        SettlementIntent memory fresh = sellIntent(1e18, 2_900e6);
        open(opened);
        setPhase(ExitPhase.Final);
        Batch memory batch = newBatch();
        addSettlement(batch, fresh);
        refused(batch);
        batch = newBatch();
        addTrade(batch, opened);
        refused(batch);
        vm.warp(opened.validTo + 1);
        close(opened);
        assertSettled(opened, 0, 0);
    }

    function test_closingExit_settlesAsEver() public {
        setPhase(ExitPhase.Closing);
        SettlementIntent memory intent = sellIntent(1e18, 2_900e6);
        Batch memory batch = newBatch();
        addSettlement(batch, intent);
        settle(batch);
        assertSettled(intent, 1e18, 3_000e6);
    }

    // ---------------------------------------------------------------- helpers

    function threeOrders(bool throughShed) private {
        SettlementIntent memory first = sellIntent(2e18 + 1, 5_800e6);
        SettlementIntent memory second = sellIntent(333_333_333_333_333_333, 900e6);
        SettlementIntent memory third = buyIntent(9_000e6, 2e18 + 7);
        Batch memory batch = newBatch(3_000e6 + 1, 1e18);
        SettlementIntent[3] memory intents = [first, second, third];
        for (uint256 i = 0; i < 3; i++) {
            if (throughShed) addSettlementThroughShed(batch, intents[i]);
            else addSettlement(batch, intents[i]);
        }
        settle(batch);
        assertSettled(first, 2e18 + 1, 6_000e6 + 3);
        assertSettled(second, 333_333_333_333_333_333, 1_000e6 + 1);
        assertSettled(third, 6_000e6 + 2, 2e18 + 7);
        for (uint256 i = 0; i < 3; i++) {
            assertClosedAndEmpty(intents[i]);
        }
    }

    function partialIntent() private returns (SettlementIntent memory intent) {
        intent = sellIntent(10e18, 29_000e6);
        intent.partiallyFillable = true;
    }

    /// @dev What the keys signed for the intent's own appData.
    function keysOf(SettlementIntent memory intent) private view returns (Pair memory) {
        return signBoth(SettlementOrder(orderDigest(orderOf(intent, appDataOf(intent)))));
    }

    function refused(Batch memory batch) private {
        (bool ok,) = address(solver).call(abi.encodeCall(solver.settle, (batch)));
        assertFalse(ok, "settled");
    }

    function expectAttempt(uint256 i, bytes memory reason) private view {
        assertFalse(solver.succeeded(i));
        assertEq(solver.reasons(i), reason);
    }

    function assertUntouched(SettlementIntent memory intent) private view {
        assertEq(uint8(registry.settlementStatus(intent.nonce)), uint8(SettlementStatus.Unused));
        (, uint256 withdrawn,) = registry.counters(intent.owner, intent.sellToken);
        assertEq(withdrawn, 0);
    }

    function assertClosedAndEmpty(SettlementIntent memory intent) private view {
        assertEq(uint8(registry.settlementStatus(intent.nonce)), uint8(SettlementStatus.Closed));
        assertEq(weth.balanceOf(laneOf(intent)), 0);
        assertEq(usdc.balanceOf(laneOf(intent)), 0);
    }
}
