// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ExitHandler} from "./ExitHandler.sol";

/// @dev The sentences are in docs/invariants.md.
contract ExitInvariants is Test {
    uint256 private constant DOORS = 21;

    ExitHandler private _handler;

    function setUp() public {
        _handler = new ExitHandler();
        _handler.setUp();

        bytes4[] memory doors = new bytes4[](DOORS);
        doors[0] = ExitHandler.depositAny.selector;
        doors[1] = ExitHandler.trade.selector;
        doors[2] = ExitHandler.reserveWithdrawal.selector;
        doors[3] = ExitHandler.force.selector;
        doors[4] = ExitHandler.reserveSettlement.selector;
        doors[5] = ExitHandler.execute.selector;
        doors[6] = ExitHandler.giveBack.selector;
        doors[7] = ExitHandler.fill.selector;
        doors[8] = ExitHandler.close.selector;
        doors[9] = ExitHandler.reserveShuttle.selector;
        doors[10] = ExitHandler.send.selector;
        doors[11] = ExitHandler.land.selector;
        doors[12] = ExitHandler.book.selector;
        doors[13] = ExitHandler.cut.selector;
        doors[14] = ExitHandler.post.selector;
        doors[15] = ExitHandler.letTimePass.selector;
        doors[16] = ExitHandler.donate.selector;
        doors[17] = ExitHandler.blockOwner.selector;
        doors[18] = ExitHandler.claimAny.selector;
        doors[19] = ExitHandler.maybeEnd.selector;
        doors[20] = ExitHandler.blockLanes.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), doors));
    }

    /// @notice Σ claims ≤ G, no one above his entitlement, a later claimant's ratio never smaller.
    function invariant_claimsAreBoundedByHoldingsAndEntitlementAndNeverRunDry() public view {
        assertEq(_handler.aboveHoldings(), 0);
        assertEq(_handler.aboveEntitlement(), 0);
        assertEq(_handler.smallerRatios(), 0);
        assertEq(_handler.wrongProofs(), 0);
        assertEq(_handler.paidWhereBlocked(), 0);
    }

    /// @notice Every claim pays, to the atom, what happened to the key since the root says.
    function invariant_everyClaimIsExact() public view {
        assertEq(_handler.wrongShares(), 0);
        assertEq(_handler.wrongTransits(), 0);
    }

    /// @notice Whoever claims in whatever order: in the end at most an atom per key and tier, and what is nobody's, stays.
    function afterInvariant() public {
        uint256[2] memory left = _handler.settle();
        assertLe(left[0], 2 * _handler.keyCount());
        assertLe(left[1], 2 * _handler.keyCount());
        invariant_claimsAreBoundedByHoldingsAndEntitlementAndNeverRunDry();
        invariant_everyClaimIsExact();
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_handler_reachesEverything() public {
        uint256 events = uint256(type(ExitHandler.Reached).max) + 1;
        uint256[] memory reached = new uint256[](events);
        for (uint256 run = 0; run < 60; run++) {
            uint256 fresh = vm.snapshotState();
            uint256[] memory counts = play(run, events);
            vm.revertToState(fresh);
            for (uint256 i = 0; i < events; i++) {
                reached[i] += counts[i];
            }
        }
        for (uint256 i = 0; i < events; i++) {
            assertGt(reached[i], 2, vm.toString(i));
        }
    }

    function play(uint256 run, uint256 events) private returns (uint256[] memory counts) {
        for (uint256 i = 0; i < 120; i++) {
            uint256 seed = uint256(keccak256(abi.encode(run, i)));
            step(seed % DOORS, seed >> 8);
        }
        afterInvariant();
        counts = new uint256[](events);
        for (uint256 i = 0; i < events; i++) {
            counts[i] = _handler.reached(ExitHandler.Reached(i));
        }
    }

    function step(uint256 door, uint256 seed) private {
        (uint16 amount, uint256 a, uint256 b) = (uint16(seed), seed >> 16, seed >> 64);
        bool coin = seed >> 128 & 1 == 0;
        if (door == 0) _handler.depositAny(a, b, amount);
        if (door == 1) _handler.trade(a, b, seed >> 96, amount);
        if (door == 2) _handler.reserveWithdrawal(a, b, amount);
        if (door == 3) _handler.force(a, b, amount);
        if (door == 4) _handler.reserveSettlement(a, b, amount);
        if (door == 5) _handler.execute(a);
        if (door == 6) _handler.giveBack(a);
        if (door == 7) _handler.fill(a, amount);
        if (door == 8) _handler.close(a);
        if (door == 9) _handler.reserveShuttle(a, amount, coin);
        if (door == 10) _handler.send(a);
        if (door == 11) _handler.land(a, coin);
        if (door == 12) _handler.book(a);
        if (door == 13) _handler.cut(a);
        if (door == 14) _handler.post();
        if (door == 15) _handler.letTimePass(a);
        if (door == 16) _handler.donate(a, uint8(amount));
        if (door == 17) _handler.blockOwner(a, coin);
        if (door == 18) _handler.claimAny(a, b);
        if (door == 19) _handler.maybeEnd(a, b, amount);
        if (door == 20) _handler.blockLanes(coin);
    }
}
