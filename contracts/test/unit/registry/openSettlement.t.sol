// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {DepositRegistry} from "../../../src/DepositRegistry.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {ISettlements} from "../../../src/interfaces/ISettlements.sol";
import {Signatures} from "../../../src/libraries/Signatures.sol";
import {TokenListing} from "../../../src/types/Listings.sol";
import {SettlementIntent} from "../../../src/types/Messages.sol";
import {CowContracts, SettlementStatus} from "../../../src/types/Settlement.sol";
import {ExitPhase, Limit, OutflowKind} from "../../../src/types/VaultState.sol";
import {CallbackToken, FalseReturnToken, NoReturnToken} from "../../support/OddTokens.sol";
import {CowTest} from "../../support/cow/CowTest.sol";

contract OpenSettlementTest is CowTest {
    SettlementIntent private _intent;

    function setUp() public override {
        super.setUp();
        _intent = sellIntent(10e18, 29_000e6);
    }

    // ---------------------------------------------------------------- what it does

    function test_openSettlement_movesExactlyTheSellAmountIntoALaneOfItsOwn() public {
        vm.expectEmit(address(registry));
        emit ISettlements.SettlementOpened(
            registry.count(),
            _intent.nonce,
            address(weth),
            address(usdc),
            10e18,
            29_000e6,
            false,
            false,
            _intent.validTo,
            _intent.owner,
            1
        );
        open(_intent);

        address lane = laneOf(_intent);
        assertEq(weth.balanceOf(lane), 10e18);
        assertEq(weth.allowance(lane, gpv2.vaultRelayer()), 10e18, "exactly what is to be sold");
        assertEq(weth.balanceOf(address(registry)), INITIAL - 10e18);
        assertEq(registry.accounted(address(weth)), INITIAL - 10e18);
        assertEq(weth.allowance(address(registry), gpv2.vaultRelayer()), 0, "the vault approves nobody");
        assertEq(uint8(registry.settlementStatus(_intent.nonce)), uint8(SettlementStatus.Open));
    }

    function test_openSettlement_takesItFromTheBooksOfTheCommitment() public {
        uint64 index = registry.count();
        open(_intent);
        (uint256 deposited, uint256 withdrawn, uint256 firstIndex) = registry.counters(_intent.owner, address(weth));
        assertEq(deposited, 0);
        assertEq(withdrawn, 10e18);
        assertEq(firstIndex, index + 1);
        (, uint256 outflow) = registry.outflow(address(weth), OutflowKind.Settlement);
        assertEq(outflow, 10e18);
        (, outflow) = registry.outflow(address(weth), OutflowKind.Withdrawal);
        assertEq(outflow, 0, "each way out has its own bucket");
    }

    function test_openSettlement_namesTheLaneBeforeItIsOpened() public {
        address lane = laneOf(_intent);
        assertEq(lane.code.length, 0);
        open(_intent);
        assertEq(laneOf(_intent), lane);
        assertGt(lane.code.length, 0);
        assertTrue(laneOf(sellIntent(1, 1)) != lane);
    }

    function test_openSettlement_leavesGiftsToALaneOutOfTheBooks() public {
        give(_intent, address(weth), 7);
        open(_intent);
        assertEq(weth.balanceOf(laneOf(_intent)), 10e18 + 7);
        assertEq(weth.allowance(laneOf(_intent), gpv2.vaultRelayer()), 10e18);
        assertEq(registry.accounted(address(weth)), INITIAL - 10e18);
    }

    function test_openSettlement_worksForTokensThatReturnNothing() public {
        NoReturnToken usdt = new NoReturnToken();
        makeSettleable(address(usdt));
        _intent = intentOf(address(usdt), 5, address(weth), 1);
        open(_intent);
        assertEq(usdt.allowance(laneOf(_intent), gpv2.vaultRelayer()), 5);
    }

    function test_openSettlement_worksInTheFirst48HoursOfAnExit() public {
        setPhase(ExitPhase.Closing);
        open(_intent);
        assertEq(weth.balanceOf(laneOf(_intent)), 10e18);
    }

    function test_openSettlement_worksAtTheLastSecond() public {
        vm.warp(_intent.validTo);
        open(_intent);
    }

    // ---------------------------------------------------------------- once

    function test_openSettlement_revertsIfOpened() public {
        open(_intent);
        expectRefused(used(SettlementStatus.Open));
    }

    function test_openSettlement_revertsIfClosed() public {
        open(_intent);
        fill(_intent, 10e18, 29_000e6);
        close(_intent);
        expectRefused(used(SettlementStatus.Closed));
    }

    function test_openSettlement_revertsIfRevoked() public {
        vm.prank(council);
        registry.revokeSettlement(_intent.nonce);
        expectRefused(used(SettlementStatus.Revoked));
    }

    /// @dev A fresh quote reuses the nonce, so that at most one of them opens.
    function test_openSettlement_revertsIfAnotherQuoteOfTheNonceWasOpened() public {
        open(_intent);
        _intent.buyAmount = 28_500e6;
        _intent.validTo += 60;
        expectRefused(used(SettlementStatus.Open));
    }

    // ---------------------------------------------------------------- both signatures

    function test_openSettlement_revertsIfASignatureIsMissingOrOfSomebodyElse() public {
        (address stranger, uint256 strangerKey) = makeAddrAndKey("stranger");
        Pair memory pair = signBoth(_intent);
        bytes memory forged = signed(strangerKey, digestOf(registryDomain(), _intent));
        expectNotBoth(Pair(forged, pair.leader), stranger, leader);
        expectNotBoth(Pair(pair.enclave, forged), enclave, stranger);
        expectNotBoth(Pair(pair.leader, pair.enclave), leader, enclave);
        expectNotBoth(Pair("", pair.leader), address(0), leader);
        expectNotBoth(Pair(malleated(pair.enclave), pair.leader), address(0), leader);
        expectNotBoth(Pair(pair.enclave, compacted(pair.leader)), enclave, address(0));
    }

    /// @dev Whatever is changed, the keys have not signed it.
    function testFuzz_openSettlement_revertsIfAnythingWasChanged(uint8 field, uint256 change) public {
        vm.assume(change != 0);
        Pair memory pair = signBoth(_intent);
        bytes memory data = openCall(_intent);
        uint256 position = 0x24 + 32 * (uint256(field) % 10);
        assembly ("memory-safe") {
            let at := add(data, position)
            mstore(at, xor(mload(at), change))
        }
        (bool ok,) = address(registry).call(data);
        assertFalse(ok);
        registry.openSettlement(_intent, pair.enclave, pair.leader);
    }

    function test_openSettlement_revertsOnAnotherChain() public {
        Pair memory pair = signBoth(_intent);
        vm.chainId(8453);
        vm.expectPartialRevert(Signatures.Signatures_NotBoth.selector);
        registry.openSettlement(_intent, pair.enclave, pair.leader);
    }

    function test_openSettlement_revertsIfNobodyLeads() public {
        vm.prank(council);
        authority.vacateLeader();
        expectRefused(abi.encodeWithSelector(Signatures.Signatures_NoLeader.selector));
    }

    // ---------------------------------------------------------------- gates

    function test_openSettlement_revertsWhilePaused() public {
        pause();
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_Paused.selector));
    }

    function test_openSettlement_revertsIfTheExitIsFinal() public {
        setPhase(ExitPhase.Final);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_ExitIsFinal.selector));
    }

    function test_openSettlement_revertsIfItsCheckpointIsNotPosted() public {
        _intent.checkpoint = 2;
        expectRefused(
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_CheckpointNotPosted.selector, 2, EPOCH, 1)
        );
    }

    function test_openSettlement_revertsIfExpired() public {
        vm.warp(_intent.validTo + 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_Expired.selector, _intent.validTo));
    }

    function test_openSettlement_revertsIfItWouldHoldMoneyForLong() public {
        _intent.validTo = uint32(block.timestamp + 1 hours + 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_ValidToTooFar.selector, _intent.validTo));
        _intent.validTo--;
        open(_intent);
    }

    function test_openSettlement_revertsIfAnAmountIsZero() public {
        _intent.buyAmount = 0;
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_ZeroAmount.selector));
        (_intent.sellAmount, _intent.buyAmount) = (0, 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_ZeroAmount.selector));
    }

    function test_openSettlement_revertsIfATokenIsSoldForItself() public {
        _intent.buyToken = address(weth);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_SameToken.selector, weth));
    }

    function test_openSettlement_revertsIfATokenIsNotSettleable() public {
        _intent = intentOf(address(weth), 1, address(token), 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_NotSettleable.selector, token));
        _intent = intentOf(address(token), 1, address(weth), 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_NotSettleable.selector, token));
        vm.prank(council);
        registry.changeSettleable(address(usdc), false);
        _intent = sellIntent(1, 1);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_NotSettleable.selector, usdc));
    }

    function test_openSettlement_revertsIfTheBucketIsEmptyAndSaysWhenItFits() public {
        vm.prank(council);
        registry.changeLimit(address(weth), OutflowKind.Settlement, Limit(15e18, 1 days));
        open(_intent);
        _intent = sellIntent(10e18, 1);
        _intent.validTo = uint32(block.timestamp + 1 hours);
        uint64 fitsAt = uint64(block.timestamp + 8 hours);
        expectRefused(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_OverLimit.selector, weth, OutflowKind.Settlement, 10e18, fitsAt
            )
        );
        vm.warp(fitsAt);
        _intent.validTo = uint32(block.timestamp + 1 hours);
        open(_intent);
    }

    function test_openSettlement_revertsIfTheVaultHoldsTooLittle() public {
        weth.mint(address(registry), 1);
        _intent.sellAmount = INITIAL + 1;
        expectRefused(
            abi.encodeWithSelector(
                IDepositRegistry.DepositRegistry_VaultHoldsTooLittle.selector, weth, INITIAL + 1, INITIAL
            )
        );
    }

    function test_openSettlement_revertsWhereCowIsNot() public {
        CowContracts memory none;
        TokenListing[] memory tokens = new TokenListing[](1);
        tokens[0] = listingOf(address(weth), CAP);
        tokens[0].settleable = true;
        registry = new DepositRegistry(address(authority), HOME, address(checkpointer), 0, tokens, none, address(0), 0);
        expectRefused(abi.encodeWithSelector(ISettlements.Settlements_NotHere.selector));
        assertEq(registry.shed(), address(0));
    }

    // ---------------------------------------------------------------- tokens

    function test_openSettlement_revertsIfTheTransferFails() public {
        FalseReturnToken odd = new FalseReturnToken();
        makeSettleable(address(odd));
        odd.setBroken(true);
        _intent = intentOf(address(odd), 1, address(weth), 1);
        expectRefused(abi.encodeWithSelector(IDepositRegistry.TransferFailed.selector));
    }

    function test_openSettlement_cannotBeEnteredAgainByAToken() public {
        CallbackToken odd = new CallbackToken();
        makeSettleable(address(odd));
        SettlementIntent memory other = sellIntent(1, 1);
        odd.setCallback(address(registry), openCall(other));
        _intent = intentOf(address(odd), 1, address(weth), 1);
        open(_intent);
        assertTrue(odd.called());
        assertEq(odd.reason(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector));
        assertEq(uint8(registry.settlementStatus(other.nonce)), uint8(SettlementStatus.Unused));
    }

    // ---------------------------------------------------------------- helpers

    function used(SettlementStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(ISettlements.Settlements_NonceUsed.selector, _intent.nonce, status);
    }

    function expectNotBoth(Pair memory pair, address first, address second) private {
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, first, second));
        registry.openSettlement(_intent, pair.enclave, pair.leader);
    }

    function expectRefused(bytes memory reason) private {
        Pair memory pair = signBoth(_intent);
        vm.expectRevert(reason);
        registry.openSettlement(_intent, pair.enclave, pair.leader);
    }
}
