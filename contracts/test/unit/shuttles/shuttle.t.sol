// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {ShuttleRoute} from "../../../src/types/Listings.sol";
import {Shuttle} from "../../../src/types/Messages.sol";
import {ExitPhase, Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {IAcrossPool} from "../../support/Across.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {HostilePool, IAccomplice} from "../../support/HostilePool.sol";
import {
    FalseReturnToken,
    FeeOnTopToken,
    FeeToken,
    NoReturnToken,
    StickyAllowanceToken
} from "../../support/OddTokens.sol";
import {ShuttleTest} from "../../support/ShuttleTest.sol";

/// @dev Across' event, from its ABI.
interface IAcrossEvents {
    event FundsDeposited(
        bytes32 inputToken,
        bytes32 outputToken,
        uint256 inputAmount,
        uint256 outputAmount,
        uint256 indexed destinationChainId,
        uint256 indexed depositId,
        uint32 quoteTimestamp,
        uint32 fillDeadline,
        uint32 exclusivityDeadline,
        bytes32 indexed depositor,
        bytes32 recipient,
        bytes32 exclusiveRelayer,
        bytes message
    );
}

contract ShuttleSendTest is ShuttleTest, IAccomplice {
    bytes[] private _calls;
    bytes4[] private _refusals;

    // ---------------------------------------------------------------- what it does

    function test_shuttle_movesExactlyTheInputOutOfTheBooksIntoThePool() public {
        Shuttle memory order = orderOf("1", 1_000);
        vm.expectEmit(address(registry));
        emit IShuttles.ShuttleSent(registry.count(), digestOfOrder(order), order);
        send(order);
        assertBooks(HELD - 1_000e18, -1_000e18);
        assertEq(token.balanceOf(address(registry)), HELD - 1_000e18);
        assertEq(token.balanceOf(address(pool())), 1_000e18);
        assertTrue(registry.isShuttleNonceUsed("1"));
    }

    function test_shuttle_isADepositOfTheVaultForTheVaultWithoutAMessage() public {
        Shuttle memory order = orderOf("1", 1_000);
        bytes32 vault = toBytes32(address(registry));
        vm.expectEmit(address(pool()));
        emit IAcrossEvents.FundsDeposited(
            toBytes32(order.inputToken),
            toBytes32(order.outputToken),
            order.inputAmount,
            order.outputAmount,
            DESTINATION,
            relayOf(order).depositId,
            uint32(block.timestamp),
            order.fillDeadline,
            0,
            vault,
            vault,
            0,
            ""
        );
        send(order);
    }

    function test_shuttle_touchesNoCounter() public {
        (uint256 deposited, uint256 withdrawn,) = registry.counters(keyOf(alice), address(token));
        send(orderOf("1", 1_000));
        (uint256 depositedAfter, uint256 withdrawnAfter,) = registry.counters(keyOf(alice), address(token));
        assertEq(depositedAfter, deposited);
        assertEq(withdrawnAfter, withdrawn);
    }

    function test_shuttle_hasABucketOfItsOwn() public {
        send(orderOf("1", 1_000));
        (, uint256 used) = registry.outflow(address(token), OutflowKind.Shuttle);
        assertEq(used, 1_000e18);
        (, used) = registry.outflow(address(token), OutflowKind.Withdrawal);
        assertEq(used, 0);
        deposit(alice, 500e18);
        (, used) = registry.outflow(address(token), OutflowKind.Shuttle);
        assertEq(used, 1_000e18, "deposits refill the bucket of withdrawals alone");
    }

    function test_shuttle_worksWhileExitModeIsClosing() public {
        setExitPhase(ExitPhase.Closing);
        send(orderOf("1", 1_000));
    }

    function test_shuttle_ofATokenThatReturnsNothing() public {
        address odd = address(new NoReturnToken());
        sendOdd(odd);
        assertEq(registry.accounted(odd), 0);
    }

    // ---------------------------------------------------------------- gates

    function test_shuttle_revertsIfPaused() public {
        Shuttle memory order = orderOf("1", 1_000);
        pause();
        expectRefusal(order, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Paused.selector));
    }

    function test_shuttle_revertsIfTheExitIsFinal() public {
        setExitPhase(ExitPhase.Final);
        expectRefusal(orderOf("1", 1), abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ExitIsFinal.selector));
    }

    function test_shuttle_revertsIfItsCheckpointIsNotPosted() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.checkpoint = 2;
        expectRefusal(
            order, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 2, EPOCH, 1)
        );
    }

    function test_shuttle_revertsIfOneKeySignsTwice() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        address stranger = vm.addr(0xbad);
        bytes memory stolen = signed(0xbad, digestOfOrder(order));
        expectNotBoth(order, Pair(pair.enclave, pair.enclave), enclave, enclave);
        expectNotBoth(order, Pair(pair.leader, pair.leader), leader, leader);
        expectNotBoth(order, Pair(pair.leader, pair.enclave), leader, enclave);
        expectNotBoth(order, Pair(pair.enclave, stolen), enclave, stranger);
        expectNotBoth(order, Pair(stolen, pair.leader), stranger, leader);
        expectNotBoth(order, Pair(malleated(pair.enclave), pair.leader), address(0), leader);
    }

    function test_shuttle_revertsIfAnyFieldIsChangedAfterSigning() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        order.outputAmount--;
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(order, pair);
    }

    function test_shuttle_revertsIfItIsAnotherChains() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        visit(DESTINATION);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_WrongChain.selector, ORIGIN, DESTINATION));
        submit(order, pair);
        order.originChainId = DESTINATION;
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(order, pair);
    }

    function test_shuttle_revertsIfItIsSignedInTheDomainOfAnotherContract() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(digestOf(checkpointerDomain(), order));
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        submit(order, pair);
    }

    function test_shuttle_revertsIfTheNonceWasUsedWhateverElseTheOrderSays() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        bytes memory reason = abi.encodeWithSelector(IShuttles.Shuttles_NonceUsed.selector, bytes32("1"));
        expectRefusal(order, reason);
        Shuttle memory requoted = orderOf("1", 1_000);
        requoted.outputAmount++;
        expectRefusal(requoted, reason);
    }

    function test_shuttle_revertsIfItWasRevoked() public {
        vm.expectEmit(address(registry));
        emit IShuttles.ShuttleRevoked(registry.count(), "1");
        vm.prank(council);
        registry.revokeShuttle("1");
        expectRefusal(orderOf("1", 1_000), abi.encodeWithSelector(IShuttles.Shuttles_NonceUsed.selector, bytes32("1")));
        send(orderOf("2", 1_000));
    }

    function test_revokeShuttle_revertsIfAnybodyElseAsks() public {
        address[3] memory callers = [governor, slowGovernor, alice];
        for (uint256 i = 0; i < callers.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotCouncil.selector, callers[i]));
            vm.prank(callers[i]);
            registry.revokeShuttle("1");
        }
    }

    function test_revokeShuttle_revertsIfItIsSentOrRevokedAlready() public {
        send(orderOf("1", 1_000));
        vm.startPrank(council);
        registry.revokeShuttle("2");
        for (uint256 i = 1; i <= 2; i++) {
            bytes32 nonce = i == 1 ? bytes32("1") : bytes32("2");
            vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NonceUsed.selector, nonce));
            registry.revokeShuttle(nonce);
        }
    }

    // ---------------------------------------------------------------- time

    function test_shuttle_revertsIfItIsNoLongerValid() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        vm.warp(order.validUntil + 1);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Expired.selector, order.validUntil));
        submit(order, pair);
        vm.warp(order.validUntil);
        submit(order, pair);
    }

    function test_shuttle_revertsIfThereIsNoTimeToFill() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.fillDeadline = uint32(block.timestamp + 10 minutes - 1);
        expectRefusal(order, abi.encodeWithSelector(IShuttles.Shuttles_BadFillDeadline.selector, order.fillDeadline));
        order.fillDeadline++;
        send(order);
    }

    function test_shuttle_revertsIfTheFillDeadlineIsBeyondSixHours() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.fillDeadline = uint32(block.timestamp + 6 hours + 1);
        expectRefusal(order, abi.encodeWithSelector(IShuttles.Shuttles_BadFillDeadline.selector, order.fillDeadline));
        order.fillDeadline--;
        send(order);
    }

    // ---------------------------------------------------------------- route

    function test_shuttle_revertsIfThereIsNoRoute() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.destinationChainId = 10;
        expectNoRoute(order);
        order = orderOf("1", 1_000);
        order.outputToken = address(token);
        expectNoRoute(order);
        order.outputToken = address(0);
        expectNoRoute(order);
    }

    /// @dev Attack: no token on the other side is what a route that was never opened says, too.
    function test_shuttle_revertsIfNoTokenShouldComeOutWhereThereIsNoRoute() public {
        Shuttle memory order = orderOf("1", 1_000);
        (order.destinationChainId, order.outputToken, order.outputAmount) = (10, address(0), order.inputAmount);
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_NoRoute.selector, order.inputToken, 10, address(0))
        );
    }

    function test_shuttle_revertsIfTheTokenHasNoRouteAndNoListing() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.inputToken = address(new DevnetToken("Other", "OTH", 18));
        expectRefusal(
            order,
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                order.inputToken,
                OutflowKind.Shuttle,
                order.inputAmount,
                type(uint64).max
            )
        );
    }

    function test_shuttle_revertsIfNothingIsSent() public {
        Shuttle memory order = orderOf("1", 0);
        expectRefusal(order, abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ZeroAmount.selector));
    }

    function test_shuttle_revertsIfTheFeeIsAboveTheRoutes() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.outputAmount = 999e6 - 1;
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_BadOutputAmount.selector, 999e6 - 1, 999e6, 1_000e6)
        );
        order.outputAmount = 999e6;
        send(order);
    }

    function test_shuttle_revertsIfMoreShouldComeOutThanGoesIn() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.outputAmount = 1_000e6 + 1;
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_BadOutputAmount.selector, 1_000e6 + 1, 999e6, 1_000e6)
        );
        order.outputAmount = 1_000e6;
        send(order);
    }

    /// @dev 1.000001 dollars less 0.1 % are 0.999000999 dollars.
    function test_shuttle_roundsTheLowestOutputUp() public {
        Shuttle memory order = orderOf("1", 1);
        (order.inputAmount, order.outputAmount) = (1_000_001e12, 999_000);
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_BadOutputAmount.selector, 999_000, 999_001, 1_000_001)
        );
        order.outputAmount = 999_001;
        send(order);
    }

    function test_shuttle_revertsIfTheInputIsNotExactInTheOutputsDecimals() public {
        Shuttle memory order = orderOf("1", 1_000);
        order.inputAmount += 1;
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_InexactAmount.selector, order.inputAmount, 18, 6)
        );
    }

    function test_shuttle_fromSixDecimalsToEighteen() public {
        visit(DESTINATION);
        deposit(bob, 10e6);
        Shuttle memory order = orderOf("1", 0);
        (order.originChainId, order.destinationChainId) = (DESTINATION, ORIGIN);
        (order.inputToken, order.outputToken) = (order.outputToken, order.inputToken);
        (order.inputAmount, order.outputAmount) = (1, 0.999e12 - 1);
        expectRefusal(
            order, abi.encodeWithSelector(IShuttles.Shuttles_BadOutputAmount.selector, 0.999e12 - 1, 0.999e12, 1e12)
        );
        order.outputAmount = 0.999e12;
        send(order);
        assertBooks(10e6 - 1, -1);
    }

    /// @dev Whatever the decimals and the fee: what is accepted is between what the fee leaves, rounded up, and all.
    function testFuzz_shuttle_acceptsExactlyWhatTheRouteAllows(
        uint8 inputDecimals,
        uint8 outputDecimals,
        uint32 maxFeePpm,
        uint256 amount,
        uint256 out
    ) public {
        (inputDecimals, outputDecimals) = (uint8(bound(inputDecimals, 0, 18)), uint8(bound(outputDecimals, 0, 18)));
        maxFeePpm = uint32(bound(maxFeePpm, 0, 100_000));
        amount = bound(amount, 1, HELD);
        openRoute(
            address(token),
            DESTINATION,
            ShuttleRoute(address(dollars[DESTINATION]), inputDecimals, outputDecimals, maxFeePpm)
        );
        uint256 input = 10 ** uint256(inputDecimals);
        uint256 output = 10 ** uint256(outputDecimals);
        if (out % 2 == 0) amount = amount / input * input + (amount < input ? input : 0);
        if (amount > HELD) amount = input;
        out = bound(out, 0, amount * output / input + 1);

        Shuttle memory order = orderOf("1", 1);
        (order.inputAmount, order.outputAmount) = (amount, out);
        bool isExact = amount * output % input == 0;
        bool isEnough = out * input * 1e6 >= amount * output * (1e6 - maxFeePpm);
        bool isTooMuch = out * input > amount * output;
        Pair memory pair = signBoth(order);
        if (!isExact) vm.expectPartialRevert(IShuttles.Shuttles_InexactAmount.selector);
        else if (!isEnough || isTooMuch) vm.expectPartialRevert(IShuttles.Shuttles_BadOutputAmount.selector);
        submit(order, pair);
    }

    // ---------------------------------------------------------------- amounts

    function test_shuttle_revertsIfTheBucketIsFull() public {
        vm.prank(governor);
        registry.changeLimit(address(token), OutflowKind.Shuttle, Limit(1_500e18, 1 days));
        send(orderOf("1", 1_000));
        expectRefusal(
            orderOf("2", 501),
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector,
                address(token),
                OutflowKind.Shuttle,
                501e18,
                block.timestamp + 58
            )
        );
        send(orderOf("2", 500));
    }

    function test_shuttle_revertsIfTheCouncilStoppedThem() public {
        vm.prank(council);
        registry.changeLimit(address(token), OutflowKind.Shuttle, Limit(0, 1 days));
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_OverLimit.selector);
        this.sendFromOutside(orderOf("1", 1));
    }

    function test_shuttle_revertsIfTheVaultHoldsTooLittle() public {
        token.mint(address(registry), 5e18);
        expectRefusal(
            orderOf("1", HELD / 1e18 + 1),
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_VaultHoldsTooLittle.selector, address(token), HELD + 1e18, HELD
            )
        );
    }

    function test_shuttle_revertsIfTheProductsWouldOverflow() public {
        Shuttle memory order = orderOf("1", 1);
        order.inputAmount = type(uint256).max;
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_OverLimit.selector);
        this.sendFromOutside(order);
    }

    // ---------------------------------------------------------------- the pool

    function test_shuttle_revertsWhileThePoolIsPausedAndGoesAfterwards() public {
        Shuttle memory order = orderOf("1", 1_000);
        pool().pauseDeposits(true);
        expectRefusal(
            order,
            abi.encodeWithSelector(
                IShuttles.Shuttles_PoolRefused.selector, abi.encodeWithSelector(IAcrossPool.DepositsArePaused.selector)
            )
        );
        assertFalse(registry.isShuttleNonceUsed("1"));
        pool().pauseDeposits(false);
        send(order);
    }

    function test_shuttle_revertsIfAnUpgradedPoolTakesNothing() public {
        expectNotTaken(0, 0, 1_000e18);
    }

    function test_shuttle_revertsIfAnUpgradedPoolTakesLess() public {
        expectNotTaken(999_999, 999.999e18, 0.001e18);
    }

    function test_shuttle_revertsIfAnUpgradedPoolWantsMore() public {
        upgradeTo(1_000_001, address(0));
        vm.expectPartialRevert(IShuttles.Shuttles_PoolRefused.selector);
        this.sendFromOutside(orderOf("1", 1_000));
    }

    function test_shuttle_revertsIfThereIsNoPoolLeft() public {
        vm.etch(address(pool()), "");
        vm.expectPartialRevert(IShuttles.Shuttles_NotTaken.selector);
        this.sendFromOutside(orderOf("1", 1_000));
    }

    function test_shuttle_cannotBeReenteredByThePool() public {
        Shuttle memory order = orderOf("1", 1_000);
        Shuttle memory second = orderOf("2", 1_000);
        Pair memory pair = signBoth(second);
        _calls.push(abi.encodeCall(registry.shuttle, (second, pair.enclave, pair.leader)));
        _calls.push(abi.encodeCall(registry.confirmArrival, (order)));
        _calls.push(abi.encodeCall(registry.deposit, (address(token), 1, thief, 0)));
        _calls.push(abi.encodeCall(registry.cancelWithdrawal, (1)));
        upgradeTo(1_000_000, address(this));
        send(order);
        assertEq(_refusals.length, _calls.length);
        for (uint256 i = 0; i < _refusals.length; i++) {
            assertEq(_refusals[i], ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        }
        assertBooks(HELD - 1_000e18, -1_000e18);
    }

    /// @dev While the pool has the allowance.
    function duringDeposit() external {
        for (uint256 i = 0; i < _calls.length; i++) {
            (bool ok, bytes memory reason) = address(registry).call(_calls[i]);
            assertFalse(ok);
            _refusals.push(bytes4(reason));
        }
    }

    // ---------------------------------------------------------------- odd tokens

    function test_shuttle_revertsIfTheTokenTakesAFeeOnTop() public {
        FeeOnTopToken odd = new FeeOnTopToken();
        bytes memory call = prepareOdd(address(odd));
        odd.switchOn();
        odd.mint(address(registry), 100e18);
        expectOddRefusal(call, IShuttles.Shuttles_NotTaken.selector);
    }

    function test_shuttle_revertsIfSomethingStaysApproved() public {
        expectOddRefusal(prepareOdd(address(new StickyAllowanceToken())), IShuttles.Shuttles_NotTaken.selector);
    }

    function test_shuttle_revertsIfTheTokenSaysFalse() public {
        FalseReturnToken odd = new FalseReturnToken();
        bytes memory call = prepareOdd(address(odd));
        odd.setBroken(true);
        expectOddRefusal(call, IShuttles.Shuttles_PoolRefused.selector);
    }

    /// @dev The pool gets less; the vault lost exactly what it sent.
    function test_shuttle_ofATokenWithAFeeOnTransfer() public {
        address odd = address(new FeeToken());
        sendOdd(odd);
        assertEq(registry.accounted(odd), DevnetToken(odd).balanceOf(address(registry)));
    }

    // ---------------------------------------------------------------- helpers

    function sendFromOutside(Shuttle memory order) external {
        Pair memory pair = signBoth(order);
        vm.prank(courier);
        registry.shuttle(order, pair.enclave, pair.leader);
    }

    function expectNoRoute(Shuttle memory order) private {
        expectRefusal(
            order,
            abi.encodeWithSelector(
                IShuttles.Shuttles_NoRoute.selector, order.inputToken, order.destinationChainId, order.outputToken
            )
        );
    }

    function expectNotBoth(Shuttle memory order, Pair memory pair, address first, address second) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, first, second));
        submit(order, pair);
    }

    function upgradeTo(uint256 takenPpm, address accomplice) private {
        pool().upgradeTo(address(new HostilePool(takenPpm, accomplice)));
    }

    function expectNotTaken(uint256 takenPpm, uint256 taken, uint256 left) private {
        upgradeTo(takenPpm, address(0));
        expectRefusal(
            orderOf("1", 1_000),
            abi.encodeWithSelector(IShuttles.Shuttles_NotTaken.selector, token, HELD, HELD - taken, left)
        );
        assertEq(token.allowance(address(registry), address(pool())), 0);
    }

    /// @dev Lists an odd token, deposits 1 000 of it, and gives the call that would send what arrived.
    function prepareOdd(address odd) private returns (bytes memory) {
        list(odd);
        fund(odd, alice, 1_000e18);
        vm.prank(alice);
        registry.deposit(odd, 1_000e18, alice, 0);
        openRoute(odd, DESTINATION, ShuttleRoute(address(dollars[DESTINATION]), 18, 18, 0));
        Shuttle memory order = orderOf("odd", 1);
        order.inputToken = odd;
        order.inputAmount = registry.accounted(odd);
        order.outputAmount = order.inputAmount;
        Pair memory pair = signBoth(order);
        return abi.encodeCall(registry.shuttle, (order, pair.enclave, pair.leader));
    }

    function sendOdd(address odd) private {
        (bool ok,) = address(registry).call(prepareOdd(odd));
        assertTrue(ok);
    }

    function expectOddRefusal(bytes memory call, bytes4 selector) private {
        (bool ok, bytes memory reason) = address(registry).call(call);
        assertFalse(ok);
        assertEq(bytes4(reason), selector);
    }
}
