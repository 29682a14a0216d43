// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {V3RelayData} from "../../src/external/ISpokePool.sol";
import {IShuttles} from "../../src/interfaces/IShuttles.sol";
import {ShuttleRoute} from "../../src/types/Listings.sol";
import {Absorb, Shuttle} from "../../src/types/Messages.sol";
import {IAcrossPool} from "../support/Across.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {DevnetWeth} from "../support/DevnetWeth.sol";
import {BlocklistToken, CallbackToken} from "../support/OddTokens.sol";
import {ShuttleTest} from "../support/ShuttleTest.sol";

/// @dev Fills relays from its own money, when it is told to.
contract Filler {
    IAcrossPool private immutable POOL;

    constructor(IAcrossPool pool) {
        POOL = pool;
    }

    function fill(V3RelayData calldata relay) external {
        DevnetToken(address(uint160(uint256(relay.outputToken)))).approve(address(POOL), relay.outputAmount);
        POOL.fillRelay(relay, relay.originChainId, bytes32(uint256(uint160(address(this)))));
    }
}

/// @title Shuttles from vault to vault through the real pools of two chains
contract ShuttlesTest is ShuttleTest {
    uint8 private constant SHORT_FILL = 2;
    uint8 private constant SURPLUS = 3;

    // ---------------------------------------------------------------- two chains

    function test_twoChains_haveNothingInCommonButTheAddress() public {
        bytes32 head = registry.head();
        send(orderOf("1", 1_000));
        bytes32 headAfter = registry.head();
        visit(DESTINATION);
        assertTrue(registry.head() != head && registry.head() != headAfter);
        assertEq(registry.spokePool(), address(pools[DESTINATION]));
        assertEq(registry.accounted(address(dollars[ORIGIN])), 0);
        assertFalse(registry.isShuttleNonceUsed("1"));
        deposit(bob, 5e6);
        visit(ORIGIN);
        assertEq(registry.head(), headAfter);
        assertEq(registry.spokePool(), address(pools[ORIGIN]));
        assertEq(registry.accounted(address(dollars[DESTINATION])), 0);
        assertTrue(registry.isShuttleNonceUsed("1"));
    }

    // ---------------------------------------------------------------- filled

    function test_shuttle_filledByARelayer() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        assertBooks(HELD - 1_000e18, -1_000e18);
        visit(DESTINATION);
        fill(order);
        assertBooks(0, 0);
        confirm(order);
        assertBooks(999.5e6, 999.5e6);
        visit(ORIGIN);
        refund(pool(), address(token), relayer, 999.9e18);
        assertEq(token.balanceOf(relayer), 999.9e18);
        assertBooks(HELD - 1_000e18, -1_000e18);
    }

    function test_shuttle_thereAndBackWithTheSameNonce() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        visit(DESTINATION);
        fill(order);
        confirm(order);
        Shuttle memory back = orderOf("1", 0);
        (back.originChainId, back.destinationChainId) = (DESTINATION, ORIGIN);
        (back.inputToken, back.outputToken) = (back.outputToken, back.inputToken);
        (back.inputAmount, back.outputAmount) = (999.5e6, 999.5e18);
        send(back);
        assertBooks(0, 0);
        visit(ORIGIN);
        fill(back);
        confirm(back);
        assertBooks(HELD - 0.5e18, -0.5e18);
    }

    /// @dev The relayer bets that the order, of which he saw the signatures, will be sent.
    function test_shuttle_arrivesBeforeItIsSent() public {
        Shuttle memory order = orderOf("1", 1_000);
        visit(DESTINATION);
        fill(order);
        confirm(order);
        assertBooks(999.5e6, 999.5e6);
        visit(ORIGIN);
        assertBooks(HELD, 0);
        send(order);
        assertBooks(HELD - 1_000e18, -1_000e18);
    }

    /// @dev And loses it: nothing can be sent any more.
    function test_shuttle_arrivesAndIsNeverSent() public {
        Shuttle memory order = orderOf("1", 1_000);
        Pair memory pair = signBoth(order);
        visit(DESTINATION);
        fill(order);
        confirm(order);
        visit(ORIGIN);
        vm.prank(council);
        registry.revokeShuttle("1");
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NonceUsed.selector, bytes32("1")));
        submit(order, pair);
        assertBooks(HELD, 0);
    }

    /// @dev Two shuttles that differ in nothing but the nonce are two relays.
    function test_shuttle_twinsAreFilledAndCountedSeparately() public {
        Shuttle[2] memory twins = [orderOf("1", 1_000), orderOf("2", 1_000)];
        send(twins[0]);
        send(twins[1]);
        visit(DESTINATION);
        fill(twins[0]);
        confirm(twins[0]);
        vm.expectPartialRevert(IShuttles.Shuttles_NotFilled.selector);
        confirm(twins[1]);
        fill(twins[1]);
        confirm(twins[1]);
        assertBooks(2 * 999.5e6, 2 * 999.5e6);
    }

    /// @dev The pool unwraps it for whoever has no code, and would pay such a recipient in native coin.
    function test_shuttle_ofWrappedNativeCoinArrivesWrapped() public {
        visit(DESTINATION);
        list(address(weths[DESTINATION]));
        visit(ORIGIN);
        address weth = address(weths[ORIGIN]);
        list(weth);
        openRoute(weth, DESTINATION, ShuttleRoute(address(weths[DESTINATION]), 18, 18, MAX_FEE_PPM));
        giveWeth(alice, 2 ether, address(registry));
        vm.prank(alice);
        registry.deposit(weth, 2 ether, alice, 0);
        Shuttle memory order = orderOf("1", 1);
        (order.inputToken, order.outputToken, order.outputAmount) = (weth, address(weths[DESTINATION]), 0.9995 ether);
        send(order);

        visit(DESTINATION);
        giveWeth(relayer, order.outputAmount, address(pool()));
        V3RelayData memory relay = relayOf(order);
        vm.prank(relayer);
        pool().fillRelay(relay, ORIGIN, toBytes32(relayer));
        confirm(order);
        assertEq(registry.accounted(address(weths[DESTINATION])), order.outputAmount);
        assertEq(address(registry).balance, 0);
    }

    // ---------------------------------------------------------------- slow fills

    function test_shuttle_slowFilledExactly() public {
        confirm(slowFilled(999.5e6));
        assertBooks(999.5e6, 999.5e6);
    }

    function test_shuttle_slowFilledWithMoreLeavesASurplusToAbsorb() public {
        confirm(slowFilled(999.9e6));
        assertBooks(999.5e6, 999.5e6);
        Absorb memory surplus = absorptionOf("1", 0.4e6);
        surplus.reason = SURPLUS;
        absorb(surplus);
        assertBooks(999.9e6, 999.9e6);
    }

    function test_shuttle_slowFilledWithLessIsAbsorbedInsteadOfConfirmed() public {
        Shuttle memory order = slowFilled(999.4e6);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, 999.5e6, 999.4e6));
        confirm(order);
        Absorb memory short = absorptionOf("1", 999.4e6);
        short.reason = SHORT_FILL;
        absorb(short);
        assertBooks(999.4e6, 999.4e6);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, 999.5e6, 0));
        confirm(order);
    }

    // ---------------------------------------------------------------- expired

    function test_shuttle_expiresAndIsRefunded() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        vm.warp(order.fillDeadline + 1);
        visit(DESTINATION);
        token.mint(relayer, order.outputAmount);
        V3RelayData memory relay = relayOf(order);
        vm.prank(relayer);
        vm.expectRevert(IAcrossPool.ExpiredFillDeadline.selector);
        pool().fillRelay(relay, ORIGIN, toBytes32(relayer));

        visit(ORIGIN);
        refund(pool(), address(token), address(registry), 1_000e18);
        assertBooks(HELD - 1_000e18, -1_000e18);
        absorb(absorptionOf("1", 1_000e18));
        assertBooks(HELD, 0);
        assertEq(token.balanceOf(address(registry)), HELD);
    }

    /// @dev Three refunds and a stranger's in one leaf, ours in one transfer; a donation lies beside them.
    function test_shuttle_refundsComeSummedAndAreAbsorbedOneByOne() public {
        send(orderOf("1", 100));
        send(orderOf("2", 200));
        send(orderOf("3", 300));
        vm.warp(block.timestamp + 1 days);
        token.mint(address(pool()), 50e18);
        (address[] memory to, uint256[] memory amounts) = (new address[](2), new uint256[](2));
        (to[0], amounts[0]) = (bob, 50e18);
        (to[1], amounts[1]) = (address(registry), 600e18);
        refund(pool(), address(token), to, amounts);
        token.mint(address(registry), 7);

        absorb(absorptionOf("3", 300e18));
        assertBooks(HELD - 300e18, -300e18);
        absorb(absorptionOf("1", 100e18));
        absorb(absorptionOf("2", 200e18));
        assertBooks(HELD, 0);
        Absorb memory tooMuch = absorptionOf("4", 8);
        Pair memory pair = signBoth(tooMuch);
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, 8, 7));
        absorb(tooMuch, pair);
    }

    /// @dev A refund that pays for an arrival is not lost: the arrival pays for the refund.
    function test_shuttle_refundAndArrivalOfOneTokenMayBeTakenForEachOther() public {
        Shuttle memory back = orderOf("back", 0);
        (back.originChainId, back.destinationChainId) = (DESTINATION, ORIGIN);
        (back.inputToken, back.outputToken) = (back.outputToken, back.inputToken);
        (back.inputAmount, back.outputAmount) = (1_000e6, 1_000e18);
        send(orderOf("1", 1_000));
        fill(back);
        absorb(absorptionOf("1", 1_000e18));
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, 1_000e18, 0));
        confirm(back);
        refund(pool(), address(token), address(registry), 1_000e18);
        confirm(back);
        assertBooks(HELD + 1_000e18, 1_000e18);
    }

    /// @dev The token is down while somebody executes the refund, which does not revert.
    function test_claimRefund_fetchesWhatTheTokenRefused() public {
        (BlocklistToken odd, Shuttle memory order) = listBlocklistToken();
        send(order);
        odd.setBlocked(address(registry), true);
        refund(pool(), address(odd), address(registry), order.inputAmount);
        assertEq(odd.balanceOf(address(registry)), 0);
        vm.expectRevert();
        registry.claimRefund(address(odd));

        odd.setBlocked(address(registry), false);
        vm.prank(thief);
        registry.claimRefund(address(odd));
        assertEq(odd.balanceOf(address(registry)), order.inputAmount);
        vm.expectRevert(IAcrossPool.NoRelayerRefundToClaim.selector);
        registry.claimRefund(address(odd));
        Absorb memory absorption = absorptionOf("1", order.inputAmount);
        absorption.token = address(odd);
        absorb(absorption);
        assertEq(registry.accounted(address(odd)), order.inputAmount);
    }

    function test_claimRefund_revertsIfThereIsNoPool() public {
        spokePool = address(0);
        deployProtocol();
        vm.expectRevert(IShuttles.Shuttles_NoPool.selector);
        registry.claimRefund(address(token));
    }

    // ---------------------------------------------------------------- pause and upgrade of the pool

    function test_shuttle_waitsWhileFillsArePaused() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        visit(DESTINATION);
        pool().pauseFills(true);
        V3RelayData memory relay = relayOf(order);
        vm.expectRevert(IAcrossPool.FillsArePaused.selector);
        pool().fillRelay(relay, ORIGIN, toBytes32(relayer));
        pool().pauseFills(false);
        fill(order);
        confirm(order);
        assertBooks(999.5e6, 999.5e6);
    }

    function test_shuttle_survivesAnUpgradeOfBothPoolsInTransit() public {
        Shuttle memory order = orderOf("1", 1_000);
        send(order);
        upgradePool();
        visit(DESTINATION);
        fill(order);
        upgradePool();
        confirm(order);
        assertBooks(999.5e6, 999.5e6);
        visit(ORIGIN);
        send(orderOf("2", 1_000));
    }

    // ---------------------------------------------------------------- somebody else's money

    /// @dev The relayer deposits a token that calls him back, and fills a shuttle meanwhile. Counted by the balance alone,
    /// his deposit would hold the shuttle's money, and Across would pay him for it once more.
    function test_deposit_doesNotCountAShuttleThatArrivesMeanwhile() public {
        visit(DESTINATION);
        CallbackToken odd = new CallbackToken();
        list(address(odd));
        visit(ORIGIN);
        openRoute(address(token), DESTINATION, ShuttleRoute(address(odd), 18, 18, MAX_FEE_PPM));
        Shuttle memory order = orderOf("1", 1_000);
        (order.outputToken, order.outputAmount) = (address(odd), 1_000e18);
        send(order);

        visit(DESTINATION);
        Filler filler = new Filler(pool());
        odd.mint(address(filler), 1_000e18);
        fund(address(odd), thief, 1e18);
        odd.setCallback(address(filler), abi.encodeCall(Filler.fill, (relayOf(order))));
        vm.prank(thief);
        registry.deposit(address(odd), 1e18, thief, 0);
        assertTrue(odd.succeeded());

        (uint256 deposited,,) = registry.counters(keyOf(thief), address(odd));
        assertEq(deposited, 1e18);
        confirm(order);
        assertEq(registry.accounted(address(odd)), 1_001e18);
    }

    // ---------------------------------------------------------------- helpers

    function giveWeth(address to, uint256 amount, address spender) private {
        DevnetWeth weth = weths[block.chainid];
        deal(to, amount);
        vm.startPrank(to);
        weth.deposit{value: amount}();
        weth.approve(spender, amount);
        vm.stopPrank();
    }

    /// @dev As the destination finds it: paid from the pool's own money.
    function slowFilled(uint256 paid) private returns (Shuttle memory order) {
        order = orderOf("1", 1_000);
        send(order);
        visit(DESTINATION);
        V3RelayData memory relay = relayOf(order);
        pool().requestSlowFill(relay);
        token.mint(address(pool()), paid);
        slowFill(pool(), relay, paid);
    }

    /// @dev To another implementation of the same kind, as Across does it.
    function upgradePool() private {
        pool().upgradeTo(deployPoolImplementation(address(token)));
    }

    function listBlocklistToken() private returns (BlocklistToken odd, Shuttle memory order) {
        odd = new BlocklistToken();
        list(address(odd));
        fund(address(odd), alice, 1_000e6);
        vm.prank(alice);
        registry.deposit(address(odd), 1_000e6, alice, 0);
        openRoute(address(odd), DESTINATION, ShuttleRoute(address(dollars[DESTINATION]), 6, 6, MAX_FEE_PPM));
        order = orderOf("1", 1_000);
        (order.inputToken, order.inputAmount) = (address(odd), 1_000e6);
    }
}
