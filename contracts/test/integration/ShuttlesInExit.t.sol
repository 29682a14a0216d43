// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IShuttles} from "../../src/interfaces/IShuttles.sol";
import {Absorb, Shuttle} from "../../src/types/Messages.sol";
import {ExitTest} from "../support/ExitTest.sol";
import {ShuttleTest} from "../support/ShuttleTest.sol";

/// @title Shuttles that arrive, or come back, when claims have paid out what the vault held
/// @dev On the destination, where Bob has brought `BROUGHT` and owns all of the one shuttle that is on its way.
contract ShuttlesInExitTest is ShuttleTest, ExitTest {
    uint256 private constant BROUGHT = 500e6;

    Shuttle private _order;

    function setUp() public override(ShuttleTest, ExitTest) {
        super.setUp();
        _order = orderOf("1", 1_000);
        send(_order);
        visit(DESTINATION);
        deposit(bob, BROUGHT);
        leaves.push(accountLeaf(keyOf(bob), address(token), 0, _order.outputAmount));
        leaves.push(tokenLeaf(address(token), 0, _order.outputAmount));
        postTree();
    }

    function test_exit_aShuttleIsConfirmedAfterItWasClaimed() public {
        fill(_order);
        exitAndClaim();
        assertEq(token.balanceOf(bob), BROUGHT + _order.outputAmount);
        confirm(_order);
        assertBooks(_order.outputAmount);
    }

    function test_exit_whatComesBackIsAbsorbedOnceAfterEverythingWasClaimed() public {
        exitAndClaim();
        token.mint(address(registry), 7);
        Absorb memory tooMuch = Absorb("back", address(token), 8, REFUND, treeCheckpoint);
        Pair memory pair = signBoth(tooMuch);
        expectNotReceived(8, 7);
        absorb(tooMuch, pair);
        absorb(Absorb("back", address(token), 7, REFUND, treeCheckpoint));
        assertBooks(7);
        Absorb memory again = Absorb("again", address(token), 1, REFUND, treeCheckpoint);
        pair = signBoth(again);
        expectNotReceived(1, 0);
        absorb(again, pair);
    }

    function exitAndClaim() private {
        reachFinal();
        proveTotals(address(token), 0, _order.outputAmount);
        claim();
    }

    function claim() private {
        registry.claim(claimOf(bob, address(token), 0, _order.outputAmount));
    }

    function assertBooks(uint256 came) private view {
        assertEq(registry.accounted(address(token)), BROUGHT + came, "accounted");
        assertEq(registry.inventory(address(token)), int256(came), "inventory");
        (, uint256 claimed) = registry.claimed(0, address(token));
        assertGe(token.balanceOf(address(registry)) + claimed, registry.accounted(address(token)), "holdings");
    }

    function expectNotReceived(uint256 amount, uint256 unaccounted) private {
        vm.expectRevert(abi.encodeWithSelector(IShuttles.Shuttles_NotReceived.selector, token, amount, unaccounted));
    }
}
