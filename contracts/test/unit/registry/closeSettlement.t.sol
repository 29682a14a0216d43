// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {TypedMessages} from "../../../src/libraries/TypedMessages.sol";
import {SettlementIntent} from "../../../src/types/Messages.sol";
import {SettlementStatus} from "../../../src/types/Settlement.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {
    BlocklistToken,
    CallbackToken,
    FalseReturnToken,
    FeeToken,
    GasBurningToken,
    MoodyToken,
    NoReturnToken,
    HungryToken,
    NoZeroToken,
    NonsenseToken,
    ReturnBombToken
} from "../../support/OddTokens.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

contract CloseSettlementTest is CowTest {
    SettlementIntent private _sell;
    SettlementIntent private _buy;

    function setUp() public override {
        super.setUp();
        _sell = sellIntent(10e18, 29_000e6);
        _buy = buyIntent(31_000e6, 10e18);
        open(_sell);
        open(_buy);
    }

    // ---------------------------------------------------------------- what it does

    function test_closeSettlement_bringsTheProceedsToTheCommitment() public {
        fill(_sell, 10e18, 30_000e6 + 1);
        expectClosed(_sell, 0, 30_000e6 + 1, true);
        close(_sell);

        assertSettled(_sell, 10e18, 30_000e6 + 1);
        assertEq(usdc.balanceOf(laneOf(_sell)), 0);
        assertEq(registry.accounted(address(usdc)), INITIAL - 31_000e6 + 30_000e6 + 1);
        assertEq(uint8(registry.settlementStatus(_sell.nonce)), uint8(SettlementStatus.Closed));
    }

    function test_closeSettlement_bringsBackWhatABuyOrderDidNotNeed() public {
        fill(_buy, 30_000e6 - 1, 10e18);
        expectClosed(_buy, 1_000e6 + 1, 10e18, true);
        close(_buy);
        assertSettled(_buy, 30_000e6 - 1, 10e18);
    }

    function test_closeSettlement_bringsEverythingBackWhenNothingWasSold() public {
        vm.warp(_sell.validTo + 1);
        expectClosed(_sell, 10e18, 0, true);
        close(_sell);
        assertSettled(_sell, 0, 0);
    }

    /// @dev A first entry would be what a claim without a leaf goes by.
    function test_closeSettlement_leavesATraceOfOneAtomAndNoneOfNothing() public {
        vm.warp(_sell.validTo + 1);
        close(_sell);
        assertBought(0, 0);
        usdc.mint(laneOf(_sell), 1);
        uint256 index = registry.count();
        close(_sell);
        assertBought(1, index + 1);
    }

    function test_closeSettlement_bringsAPartAndTheRestOfTheOther() public {
        fill(_sell, 3e18, 9_000e6);
        vm.warp(_sell.validTo + 1);
        close(_sell);
        assertSettled(_sell, 3e18, 9_000e6);
    }

    /// @dev It must never be held up: not by a pause, not by an exit, not for want of a leader, not by an empty bucket or a
    /// full cap.
    function test_closeSettlement_worksWhateverIsWrong() public {
        fill(_sell, 10e18, 29_000e6);
        pause();
        setPhase(ExitPhase.Final);
        vm.startPrank(council);
        authority.vacateLeader();
        registry.changeDepositCap(address(usdc), 0);
        registry.changeSettleable(address(usdc), false);
        vm.stopPrank();
        close(_sell);
        assertSettled(_sell, 10e18, 29_000e6);
    }

    function testFuzz_closeSettlement_isExact(uint96 sold, uint96 bought, uint96 gift) public {
        sold = uint96(bound(sold, 0, _sell.sellAmount));
        fill(_sell, sold, bought);
        give(_sell, address(weth), gift);
        vm.warp(_sell.validTo + 1);
        close(_sell);
        (uint256 deposited,,) = registry.counters(_sell.owner, address(weth));
        assertEq(deposited, _sell.sellAmount - sold + gift);
        (deposited,,) = registry.counters(_sell.owner, address(usdc));
        assertEq(deposited, bought);
    }

    // ---------------------------------------------------------------- when

    function test_closeSettlement_revertsWhileTheOrderCanBeFilled() public {
        expectStillOpen(_sell, 10e18, 0);
        fill(_sell, 10e18 - 1, 40_000e6);
        expectStillOpen(_sell, 1, 40_000e6);

        expectStillOpen(_buy, 31_000e6, 0);
        fill(_buy, 31_000e6, 10e18 - 1);
        expectStillOpen(_buy, 0, 10e18 - 1);
        vm.warp(_sell.validTo);
        expectStillOpen(_sell, 1, 40_000e6);
        vm.warp(_sell.validTo + 1);
        close(_sell);
        close(_buy);
    }

    /// @dev A batch has taken what is sold and not yet paid.
    function test_closeSettlement_revertsBetweenPullAndPayout() public {
        fill(_sell, 10e18, 29_000e6 - 1);
        expectStillOpen(_sell, 0, 29_000e6 - 1);
    }

    function test_closeSettlement_ofABuyOrderNeedsNothingUnsold() public {
        fill(_buy, 1, 10e18);
        close(_buy);
        assertSettled(_buy, 1, 10e18);
    }

    // ---------------------------------------------------------------- whose

    function test_closeSettlement_revertsIfNothingWasOpened() public {
        SettlementIntent memory other = sellIntent(1, 1);
        vm.warp(other.validTo + 1);
        expectNotOpened(other);
    }

    function test_closeSettlement_revertsIfRevoked() public {
        SettlementIntent memory other = sellIntent(1, 1);
        vm.prank(council);
        registry.revokeSettlement(other.nonce);
        vm.warp(other.validTo + 1);
        expectNotOpened(other);
    }

    /// @dev Otherwise anybody could say that he is the owner, or that it has expired.
    function test_closeSettlement_revertsWithAnotherIntentOfTheNonce() public {
        SettlementIntent memory forged = sellIntent(1, 1);
        forged.nonce = _sell.nonce;
        expectNotOpened(forged);
        forged = abi.decode(abi.encode(_sell), (SettlementIntent));
        forged.owner = bytes32(uint256(uint160(courier)));
        vm.warp(_sell.validTo + 1);
        expectNotOpened(forged);
        close(_sell);
        give(_sell, address(usdc), 5);
        expectNotOpened(forged);
    }

    // ---------------------------------------------------------------- again

    function test_closeSettlement_revertsIfClosedAndEmpty() public {
        fill(_sell, 10e18, 29_000e6);
        close(_sell);
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NothingToSweep.selector, _sell.nonce));
        registry.closeSettlement(_sell);
    }

    function test_closeSettlement_bringsInWhatCameLate() public {
        fill(_sell, 10e18, 29_000e6);
        close(_sell);
        give(_sell, address(usdc), 5);
        give(_sell, address(weth), 7);
        expectClosed(_sell, 7, 5, true);
        close(_sell);
        (uint256 deposited,,) = registry.counters(_sell.owner, address(usdc));
        assertEq(deposited, 29_000e6 + 5);
        (deposited,,) = registry.counters(_sell.owner, address(weth));
        assertEq(deposited, 7);
    }

    // ---------------------------------------------------------------- tokens that cannot be moved

    function test_closeSettlement_movesEachTokenOnItsOwn() public {
        BlocklistToken odd = new BlocklistToken();
        SettlementIntent memory sells = openedWith(address(odd), address(weth));
        SettlementIntent memory buys = intentOf(address(weth), 1000, address(odd), 50);
        open(buys);
        fill(sells, 400, 50);
        fill(buys, 400, 50);
        odd.setBlocked(address(registry), true);
        vm.warp(sells.validTo + 1);

        expectClosed(sells, 0, 50, false);
        close(sells);
        expectClosed(buys, 600, 0, false);
        close(buys);
        nothingMoreFor(sells);
        nothingMoreFor(buys);

        odd.setBlocked(address(registry), false);
        expectClosed(sells, 600, 0, true);
        close(sells);
        expectClosed(buys, 0, 50, true);
        close(buys);
        assertSettled(sells, 400, 50);
        assertSettled(buys, 400, 50);
    }

    function test_closeSettlement_isNotHeldUpByATokenThatFails() public {
        FalseReturnToken lies = new FalseReturnToken();
        holdsUpNobody(address(lies), abi.encodeCall(lies.setBroken, (true)));
        MoodyToken moody = new MoodyToken();
        holdsUpNobody(address(moody), abi.encodeCall(moody.setDown, ()));
        holdsUpNobody(address(new GasBurningToken()), "");
        holdsUpNobody(address(new ReturnBombToken()), "");
    }

    /// @dev What it says it has, and what it says has arrived, fits no counter.
    function test_closeSettlement_isNotHeldUpByATokenThatAnswersNonsense() public {
        NonsenseToken odd = new NonsenseToken();
        holdsUpNobody(address(odd), abi.encodeCall(odd.setNonsense, (type(uint256).max / 2)));
    }

    /// @dev Settleable tokens have no fee. If one takes it up, the books still say what is there.
    function test_closeSettlement_countsWhatArrives() public {
        FeeToken odd = new FeeToken();
        odd.setFeePpm(0);
        SettlementIntent memory intent = openedWith(address(weth), address(odd));
        fill(intent, 1000, 1_000_000);
        odd.setFeePpm(10_000);
        close(intent);
        assertSettled(intent, 1000, 990_000);
        assertEq(registry.accounted(address(odd)), odd.balanceOf(address(registry)));
    }

    function test_closeSettlement_worksForTokensThatReturnNothing() public {
        NoReturnToken usdt = new NoReturnToken();
        SettlementIntent memory intent = openedWith(address(usdt), address(weth));
        fill(intent, 400, 50);
        vm.warp(intent.validTo + 1);
        close(intent);
        assertSettled(intent, 400, 50);
    }

    function test_closeSettlement_worksForTokensThatRefuseToMoveNothing() public {
        NoZeroToken odd = new NoZeroToken();
        SettlementIntent memory intent = openedWith(address(odd), address(weth));
        fill(intent, 1000, 50);
        expectClosed(intent, 0, 50, true);
        close(intent);
        assertSettled(intent, 1000, 50);
    }

    function test_closeSettlement_cannotBeEnteredAgainByAToken() public {
        CallbackToken odd = new CallbackToken();
        SettlementIntent memory intent = openedWith(address(weth), address(odd));
        fill(intent, 1000, 50);
        odd.setCallback(address(registry), closeCall(intent));
        close(intent);
        assertTrue(odd.called());
        assertEq(odd.reason(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        assertSettled(intent, 1000, 50);
    }

    // ---------------------------------------------------------------- gas

    /// @dev Otherwise whoever closes could make the keeper believe that the proceeds are stuck.
    function testFuzz_closeSettlement_isWholeOrNothingWhateverGasItGets(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 30_000, 900_000);
        fill(_sell, 10e18, 30_000e6);
        (bool ok,) = address(registry).call{gas: gasLimit}(closeCall(_sell));
        if (!ok) close(_sell);
        assertSettled(_sell, 10e18, 30_000e6);
    }

    function test_closeSettlement_revertsIfATokenFailsWithTooLittleGas() public {
        BlocklistToken odd = new BlocklistToken();
        SettlementIntent memory intent = openedWith(address(weth), address(odd));
        fill(intent, 1000, 50);
        odd.setBlocked(address(registry), true);
        bytes memory data = closeCall(intent);
        (bool ok, bytes memory reason) = address(registry).call{gas: 350_000}(data);
        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TooLittleGas.selector));
        (ok,) = address(registry).call{gas: 550_000}(data);
        assertTrue(ok);
    }

    /// @dev A token that wants all the gas that a sweep may burn: it gets it, or the closing is not taken.
    function test_closeSettlement_failsNoTokenForLackOfGas() public {
        HungryToken odd = new HungryToken();
        SettlementIntent memory intent = openedWith(address(weth), address(odd));
        fill(intent, 1000, 50);
        bytes memory data = closeCall(intent);
        // What its transfer gets at best; for the second time, when all that it reads was read before.
        uint256 best;
        for (uint256 i = 0; i < 2; i++) {
            uint256 before = vm.snapshotState();
            close(intent);
            best = odd.got();
            assertTrue(vm.revertToState(before));
        }
        odd.setWants(best);
        uint256 closedTimes;
        for (uint256 gasLimit = 250_000; gasLimit <= 550_000; gasLimit += 3_000) {
            uint256 before = vm.snapshotState();
            (bool ok,) = address(registry).call{gas: gasLimit}(data);
            if (ok) {
                (uint256 deposited,,) = registry.counters(intent.owner, address(odd));
                assertEq(deposited, 50, vm.toString(gasLimit));
                closedTimes++;
            }
            assertTrue(vm.revertToState(before));
        }
        assertGt(closedTimes, 0);
        assertLt(closedTimes, 101);
    }

    function test_sweepLane_revertsIfCalledFromOutside() public {
        address lane = laneOf(_sell);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotSelf.selector, courier));
        vm.prank(courier);
        registry.sweepLane(lane, _sell.owner, address(weth));
    }

    // ---------------------------------------------------------------- helpers

    /// @dev Sells 1 000 for at least 50; one of the two tokens is `odd`.
    function openedWith(address sellToken, address buyToken) private returns (SettlementIntent memory intent) {
        makeSettleable(sellToken == address(weth) ? buyToken : sellToken);
        intent = intentOf(sellToken, 1000, buyToken, 50);
        open(intent);
    }

    function holdsUpNobody(address odd, bytes memory breakIt) private {
        SettlementIntent memory intent = openedWith(address(weth), odd);
        fill(intent, 400, 50);
        (bool ok,) = breakIt.length == 0 ? (true, bytes("")) : odd.call(breakIt);
        assertTrue(ok);
        vm.warp(intent.validTo + 1);
        expectClosed(intent, 600, 0, false);
        close(intent);
    }

    function assertBought(uint256 amount, uint256 firstIndex) private view {
        (uint256 deposited, uint256 withdrawn, uint256 first) = registry.counters(_sell.owner, address(usdc));
        assertEq(deposited, amount);
        assertEq(withdrawn, 0);
        assertEq(first, firstIndex);
    }

    function nothingMoreFor(SettlementIntent memory intent) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NothingToSweep.selector, intent.nonce));
        registry.closeSettlement(intent);
    }

    function expectClosed(SettlementIntent memory intent, uint256 returned, uint256 bought, bool complete) private {
        vm.expectEmit(address(registry));
        emit ISettlements.SettlementClosed(
            registry.count(), intent.nonce, intent.owner, intent.sellToken, returned, intent.buyToken, bought, complete
        );
    }

    function expectStillOpen(SettlementIntent memory intent, uint256 unsold, uint256 bought) private {
        vm.expectRevert(
            abi.encodeWithSelector(ISettlements.Settlements_StillOpen.selector, intent.nonce, unsold, bought)
        );
        registry.closeSettlement(intent);
    }

    function expectNotOpened(SettlementIntent memory intent) private {
        bytes32 hash = TypedMessages.hashStruct(intent);
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NotOpened.selector, intent.nonce, hash));
        registry.closeSettlement(intent);
    }
}
