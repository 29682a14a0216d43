// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {V3RelayData} from "../../../src/external/ISpokePool.sol";
import {IDepositRegistry} from "../../../src/interfaces/IDepositRegistry.sol";
import {IShuttles} from "../../../src/interfaces/IShuttles.sol";
import {Shuttle} from "../../../src/types/Messages.sol";
import {ExitPhase} from "../../../src/types/VaultState.sol";
import {IAcrossPool} from "../../support/Across.sol";
import {DevnetToken} from "../../support/DevnetToken.sol";
import {HostilePool} from "../../support/HostilePool.sol";
import {FeeToken} from "../../support/OddTokens.sol";
import {ShuttleTest} from "../../support/ShuttleTest.sol";

/// @dev On the destination; what happens on the way there is in integration/Shuttles.t.sol.
contract ConfirmArrivalTest is ShuttleTest {
    Shuttle private _order;

    function setUp() public override {
        super.setUp();
        _order = orderOf("1", 1_000);
        send(_order);
        visit(DESTINATION);
    }

    // ---------------------------------------------------------------- what it does

    function test_confirmArrival_bringsTheOutputIntoTheBooks() public {
        fill(_order);
        bytes32 digest = digestOfOrder(_order);
        vm.expectEmit(address(registry));
        emit IShuttles.ShuttleArrived(registry.count(), digest, _order);
        confirm(_order);
        assertBooks(_order.outputAmount, int256(_order.outputAmount));
        assertTrue(registry.hasArrived(digest));
    }

    function test_confirmArrival_canBeRepeatedUntilItSucceedsAndNoLonger() public {
        expectNotFilled(_order, 0);
        pool().requestSlowFill(relayOf(_order));
        expectNotFilled(_order, 1);
        fill(_order);
        confirm(_order);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_AlreadyArrived.selector, digestOfOrder(_order)));
        confirm(_order);
        token.mint(address(registry), _order.outputAmount);
        vm.expectPartialRevert(IShuttles.Shuttles_AlreadyArrived.selector);
        confirm(_order);
    }

    function test_confirmArrival_worksWhilePausedAndAfterTheExitAndAfterTheDeadline() public {
        fill(_order);
        vm.warp(_order.fillDeadline + 30 days);
        pause();
        setExitPhase(ExitPhase.Final);
        confirm(_order);
    }

    function test_confirmArrival_leavesWhatElseWasSent() public {
        token.mint(address(registry), 7);
        fill(_order);
        token.mint(address(registry), 8);
        confirm(_order);
        assertBooks(_order.outputAmount, int256(_order.outputAmount));
        assertEq(token.balanceOf(address(registry)), _order.outputAmount + 15);
    }

    function test_confirmArrival_goesBeyondTheDepositCap() public {
        vm.prank(council);
        registry.changeDepositCap(address(token), 0);
        fill(_order);
        confirm(_order);
        assertBooks(_order.outputAmount, int256(_order.outputAmount));
    }

    // ---------------------------------------------------------------- forged fills

    /// @dev The real order's nonce, tokens and all, but one atom comes out.
    function test_confirmArrival_ofAForgedOrderDoesNotUseUpTheRealOne() public {
        Shuttle memory forged = _order;
        forged.outputAmount = 1;
        fill(forged);
        confirm(forged);
        assertBooks(1, 1);
        expectNotFilled(_order, 0);
        fill(_order);
        confirm(_order);
        assertBooks(1 + _order.outputAmount, int256(1 + _order.outputAmount));
    }

    function test_confirmArrival_revertsIfTheFillDiffersInAnyField() public {
        for (uint256 i = 0; i < 9; i++) {
            V3RelayData memory relay = relayOf(_order);
            if (i == 0) relay.depositor = toBytes32(thief);
            if (i == 1) relay.recipient = toBytes32(thief);
            if (i == 2) relay.inputToken = toBytes32(thief);
            if (i == 3) relay.inputAmount++;
            if (i == 4) relay.outputAmount = 1;
            if (i == 5) relay.originChainId++;
            if (i == 6) relay.depositId++;
            if (i == 7) relay.fillDeadline++;
            if (i == 8) relay.exclusivityDeadline = 1;
            fill(relay);
        }
        expectNotFilled(_order, 0);
    }

    function test_confirmArrival_revertsIfItWasFilledWithAnotherToken() public {
        V3RelayData memory relay = relayOf(_order);
        relay.outputToken = toBytes32(address(new DevnetToken("Junk", "JUNK", 6)));
        fill(relay);
        expectNotFilled(_order, 0);
    }

    /// @dev Without code to receive it, a message makes the fill fail; the vault cannot be called back at all.
    function test_confirmArrival_knowsNoCallback() public {
        V3RelayData memory relay = relayOf(_order);
        relay.message = "anything";
        token.mint(relayer, relay.outputAmount);
        vm.startPrank(relayer);
        token.approve(address(pool()), relay.outputAmount);
        vm.expectRevert();
        pool().fillRelay(relay, ORIGIN, toBytes32(relayer));
        bytes memory callback = abi.encodeWithSignature(
            "handleV3AcrossMessage(address,uint256,address,bytes)", token, relay.outputAmount, relayer, ""
        );
        (bool ok,) = address(registry).call(callback);
        assertFalse(ok);
        assertBooks(0, 0);
    }

    /// @dev A vault that answered EIP-1271 to strangers would be "sped up" to the thief.
    function test_confirmArrival_cannotBeSpedUpToAnotherRecipient() public {
        V3RelayData memory relay = relayOf(_order);
        bytes memory signature = signed(0xbad, keccak256("anything"));
        vm.expectRevert(IAcrossPool.InvalidDepositorSignature.selector);
        pool().fillRelayWithUpdatedDeposit(relay, ORIGIN, toBytes32(thief), 1, toBytes32(thief), "", signature);
        visit(ORIGIN);
        vm.expectRevert(IAcrossPool.InvalidDepositorSignature.selector);
        pool().speedUpDeposit(relay.depositor, relay.depositId, 1, toBytes32(thief), "", signature);
    }

    function test_confirmArrival_ofAnotherShuttlesTokens() public {
        visit(ORIGIN);
        Shuttle memory second = orderOf("2", 1_000);
        send(second);
        visit(DESTINATION);
        fill(second);
        expectNotFilled(_order, 0);
        confirm(second);
        assertBooks(second.outputAmount, int256(second.outputAmount));
    }

    // ---------------------------------------------------------------- hostile pool, odd tokens

    function test_confirmArrival_revertsIfAnUpgradedPoolLies() public {
        upgradePool();
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, _order.outputAmount, 0));
        confirm(_order);
    }

    function test_confirmArrival_doesNotTakeWhatIsAccountedFor() public {
        deposit(bob, 5_000e6);
        token.mint(address(registry), _order.outputAmount - 1);
        upgradePool();
        vm.expectRevert(
            abi.encodeWithSelector(
                IShuttles.Shuttles_NotReceived.selector, token, _order.outputAmount, _order.outputAmount - 1
            )
        );
        confirm(_order);
    }

    function test_confirmArrival_revertsIfTheVaultIsShort() public {
        deposit(bob, 5_000e6);
        upgradePool();
        deal(address(token), address(registry), 4_000e6);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, _order.outputAmount, 0));
        confirm(_order);
    }

    function test_confirmArrival_waitsForWhatAFeeOnTransferTook() public {
        FeeToken odd = new FeeToken();
        list(address(odd));
        _order.outputToken = address(odd);
        fill(_order);
        vm.expectPartialRevert(IShuttles.Shuttles_NotReceived.selector);
        confirm(_order);
        odd.mint(address(registry), _order.outputAmount);
        confirm(_order);
        assertEq(registry.accounted(address(odd)), _order.outputAmount);
    }

    function test_confirmArrival_revertsIfTheAmountDoesNotFitTheBooks() public {
        _order.outputAmount = uint256(type(uint112).max) + 1;
        fill(_order);
        vm.expectRevert(
            abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 112, _order.outputAmount)
        );
        confirm(_order);
    }

    // ---------------------------------------------------------------- what is not asked

    function test_confirmArrival_revertsIfItIsForAnotherChain() public {
        fill(_order);
        visit(ORIGIN);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_WrongChain.selector, DESTINATION, ORIGIN));
        confirm(_order);
    }

    function test_confirmArrival_revertsIfNothingArrives() public {
        _order.outputAmount = 0;
        fill(_order);
        vm.expectRevert(IDepositRegistry.DepositRegistry_ZeroAmount.selector);
        confirm(_order);
    }

    function test_confirmArrival_revertsIfTheTokenIsNotListed() public {
        DevnetToken junk = new DevnetToken("Junk", "JUNK", 6);
        _order.outputToken = address(junk);
        fill(_order);
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_TokenNotListed.selector, junk));
        confirm(_order);
    }

    function test_confirmArrival_revertsIfThereIsNoPool() public {
        spokePool = address(0);
        deployProtocol();
        vm.expectRevert(IShuttles.Shuttles_NoPool.selector);
        confirm(_order);
    }

    function upgradePool() private {
        pool().upgradeTo(address(new HostilePool(0, address(0))));
    }

    function expectNotFilled(Shuttle memory order, uint256 status) private {
        bytes32 relayHash = pool().getV3RelayHash(relayOf(order));
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotFilled.selector, relayHash, status));
        confirm(order);
    }
}
