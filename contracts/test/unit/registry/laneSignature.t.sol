// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {SettlementLane} from "../../../src/SettlementLane.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {TypedMessages} from "../../../src/libraries/TypedMessages.sol";
import {SettlementIntent, SettlementOrder} from "../../../src/types/Messages.sol";
import {SettlementStatus} from "../../../src/types/Settlement.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

/// @dev What a lane answers when GPv2, or anybody, asks for its signature.
contract LaneSignatureTest is CowTest {
    SettlementIntent private _intent;
    SettlementLane private _lane;
    bytes32 private _orderDigest;

    function setUp() public override {
        super.setUp();
        _intent = sellIntent(10e18, 29_000e6);
        _lane = SettlementLane(laneOf(_intent));
        _orderDigest = orderDigest(orderOf(_intent, appDataOf(_intent)));
    }

    // ---------------------------------------------------------------- the one order

    function test_isValidSignature_ofTheIntentsOrder() public {
        open(_intent);
        accepts(_intent);
        vm.prank(courier);
        assertEq(_lane.isValidSignature(_orderDigest, laneSignature(_intent)), IERC1271.isValidSignature.selector);
    }

    function test_isValidSignature_ofEveryFormOfOrder() public {
        SettlementIntent memory intent = buyIntent(31_000e6, 10e18);
        open(intent);
        accepts(intent);
        intent = sellIntent(1, 1);
        intent.partiallyFillable = true;
        open(intent);
        accepts(intent);
    }

    function testFuzz_isValidSignature_ofWhateverWasOpened(uint96 sellAmount, uint96 buyAmount, uint32 ahead, bool buy)
        public
    {
        _intent = sellIntent(bound(sellAmount, 1, INITIAL), bound(buyAmount, 1, type(uint96).max));
        _intent.validTo = uint32(block.timestamp + bound(ahead, 0, 1 hours));
        _intent.buyExact = buy;
        _intent.partiallyFillable = !buy;
        open(_intent);
        accepts(_intent);
    }

    function test_isValidSignature_revertsForAnyOtherOrder() public {
        open(_intent);
        Order memory order = orderOf(_intent, appDataOf(_intent));
        order.receiver = courier;
        refusesOrder(order);
        order = orderOf(_intent, appDataOf(_intent));
        order.buyAmount--;
        refusesOrder(order);
        order = orderOf(_intent, appDataOf(_intent));
        order.feeAmount = 1;
        refusesOrder(order);
        order = orderOf(_intent, appDataOf(_intent));
        order.sellTokenBalance = "internal";
        refusesOrder(order);
        order = orderOf(_intent, appDataOf(_intent));
        order.kind = "buy";
        refusesOrder(order);
        refusesOrder(orderOf(_intent, "another appData"));
        refuses(
            "anything else",
            laneSignature(_intent),
            abi.encodeWithSelector(ISettlements.Settlements_OtherOrder.selector, bytes32("anything else"), _orderDigest)
        );
    }

    /// @dev Without the second layer anybody could post the order again with a fee for himself in its appData.
    function test_isValidSignature_revertsIfTheKeysDidNotSignThisAppData() public {
        open(_intent);
        bytes32 appData = "partner fee";
        bytes32 digest = orderDigest(orderOf(_intent, appData));
        Pair memory pair = signBoth(SettlementOrder(_orderDigest));
        bytes memory signature = laneSignature(_intent, appData, pair);
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        _lane.isValidSignature(digest, signature);
    }

    function test_isValidSignature_revertsIfASignatureIsMissingOrOfSomebodyElse() public {
        open(_intent);
        (address stranger, uint256 strangerKey) = makeAddrAndKey("stranger");
        Pair memory pair = signBoth(SettlementOrder(_orderDigest));
        bytes memory forged = signed(strangerKey, digestOf(registryDomain(), SettlementOrder(_orderDigest)));
        refusesKeys(Pair(forged, pair.leader), stranger, leader);
        refusesKeys(Pair(pair.enclave, forged), enclave, stranger);
        refusesKeys(Pair(pair.leader, pair.enclave), leader, enclave);
        refusesKeys(Pair(malleated(pair.enclave), pair.leader), address(0), leader);
    }

    function test_isValidSignature_revertsIfTheLengthIsWrong() public {
        open(_intent);
        bytes memory signature = laneSignature(_intent);
        assertEq(signature.length, 482);
        refusesLength(bytes.concat(signature, hex"00"), 483);
        refusesLength("", 0);
        assembly ("memory-safe") {
            mstore(signature, 481)
        }
        refusesLength(signature, 481);
    }

    // ---------------------------------------------------------------- whose lane

    function test_isValidSignature_revertsForTheOrderOfAnotherLane() public {
        SettlementIntent memory other = sellIntent(10e18, 29_000e6);
        open(_intent);
        open(other);
        refuses(
            orderDigest(orderOf(other, appDataOf(other))),
            laneSignature(other),
            abi.encodeWithSelector(ISettlements.Settlements_NotLane.selector, _lane, laneOf(other))
        );
    }

    function test_checkLaneSignature_revertsForAnybodyElse() public {
        open(_intent);
        bytes memory signature = laneSignature(_intent);
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NotLane.selector, courier, _lane));
        vm.prank(courier);
        registry.checkLaneSignature(_orderDigest, signature);
        SettlementLane implementation = SettlementLane(registry.settlementSetup().laneImplementation);
        vm.expectRevert(abi.encodeWithSelector(ISettlements.Settlements_NotLane.selector, implementation, _lane));
        implementation.isValidSignature(_orderDigest, signature);
    }

    // ---------------------------------------------------------------- when

    function test_isValidSignature_hasNoOneToAskBeforeTheLaneIsOpened() public {
        assertEq(address(_lane).code.length, 0);
        bytes memory signature = laneSignature(_intent);
        vm.expectRevert(
            abi.encodeWithSelector(ISettlements.Settlements_NotOpen.selector, _intent.nonce, SettlementStatus.Unused)
        );
        vm.prank(address(_lane));
        registry.checkLaneSignature(_orderDigest, signature);
    }

    function test_isValidSignature_revertsOnceClosed() public {
        open(_intent);
        fill(_intent, 10e18, 29_000e6);
        close(_intent);
        refuses(
            _orderDigest,
            laneSignature(_intent),
            abi.encodeWithSelector(ISettlements.Settlements_NotOpen.selector, _intent.nonce, SettlementStatus.Closed)
        );
    }

    /// @dev Two quotes with one nonce have one lane, and both orders are signed. Only the opened one counts.
    function test_isValidSignature_revertsForAnotherQuoteOfTheNonce() public {
        SettlementIntent memory cheap = abi.decode(abi.encode(_intent), (SettlementIntent));
        cheap.buyAmount = 1;
        open(_intent);
        refuses(
            orderDigest(orderOf(cheap, appDataOf(cheap))),
            laneSignature(cheap),
            abi.encodeWithSelector(
                ISettlements.Settlements_NotOpened.selector, cheap.nonce, TypedMessages.hashStruct(cheap)
            )
        );
        accepts(_intent);
    }

    function test_isValidSignature_revertsWhilePaused() public {
        open(_intent);
        pause();
        refuses(
            _orderDigest,
            laneSignature(_intent),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Paused.selector)
        );
    }

    function test_isValidSignature_worksFromTheSecondInWhichThePauseEnds() public {
        open(_intent);
        pause();
        uint256 endsAt = authority.pausedUntil();
        vm.warp(endsAt - 1);
        refuses(
            _orderDigest,
            laneSignature(_intent),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Paused.selector)
        );
        vm.warp(endsAt);
        accepts(_intent);
    }

    function test_isValidSignature_revertsIfTheExitIsFinal() public {
        open(_intent);
        setPhase(ExitPhase.Closing);
        accepts(_intent);
        setPhase(ExitPhase.Final);
        refuses(
            _orderDigest,
            laneSignature(_intent),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ExitIsFinal.selector)
        );
    }

    /// @dev Whoever leads signs again, without changing a field; the old leader's signature is worth nothing.
    function test_isValidSignature_needsTheLeaderOfTheDay() public {
        open(_intent);
        bytes memory old = laneSignature(_intent);
        leaderKey = uint256(keccak256("the next leader"));
        appointLeader(leaderKey, EPOCH + 1);
        accepts(_intent);
        refuses(_orderDigest, old, notBoth(enclave, leader));

        vm.prank(council);
        authority.vacateLeader();
        refuses(_orderDigest, laneSignature(_intent), abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    // ---------------------------------------------------------------- the lane itself

    function test_lane_obeysTheVaultAlone() public {
        open(_intent);
        bytes memory refused = abi.encodeWithSelector(SettlementLane.SettlementLane_NotRegistry.selector, courier);
        vm.startPrank(courier);
        vm.expectRevert(refused);
        _lane.approve(address(weth), courier, 1);
        vm.expectRevert(refused);
        _lane.sweep(address(weth));
        SettlementLane implementation = SettlementLane(registry.settlementSetup().laneImplementation);
        vm.expectRevert(refused);
        implementation.approve(address(weth), courier, 1);
        vm.expectRevert(refused);
        implementation.sweep(address(weth));
    }

    // ---------------------------------------------------------------- helpers

    function accepts(SettlementIntent memory intent) private view {
        bytes32 digest = orderDigest(orderOf(intent, appDataOf(intent)));
        bytes4 answer = SettlementLane(laneOf(intent)).isValidSignature(digest, laneSignature(intent));
        assertEq(answer, IERC1271.isValidSignature.selector);
    }

    function refuses(bytes32 digest, bytes memory signature, bytes memory reason) private {
        vm.expectRevert(reason);
        _lane.isValidSignature(digest, signature);
    }

    /// @dev Even with both signatures under it.
    function refusesOrder(Order memory order) private {
        bytes32 digest = orderDigest(order);
        bytes memory signature = laneSignature(_intent, appDataOf(_intent), signBoth(SettlementOrder(digest)));
        refuses(
            digest,
            signature,
            abi.encodeWithSelector(ISettlements.Settlements_OtherOrder.selector, digest, _orderDigest)
        );
    }

    function refusesKeys(Pair memory pair, address first, address second) private {
        refuses(_orderDigest, laneSignature(_intent, appDataOf(_intent), pair), notBoth(first, second));
    }

    function notBoth(address first, address second) private pure returns (bytes memory) {
        return abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, first, second);
    }

    function refusesLength(bytes memory signature, uint256 length) private {
        refuses(
            _orderDigest,
            signature,
            abi.encodeWithSelector(ISettlements.Settlements_BadSignatureLength.selector, length, uint256(482))
        );
    }
}
