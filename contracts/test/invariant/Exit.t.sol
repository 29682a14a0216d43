// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ExitHandler} from "./ExitHandler.sol";

/// @dev The sentences are in docs/invariants.md.
contract ExitInvariants is Test {
    ExitHandler private _handler;

    function setUp() public {
        _handler = new ExitHandler();
        _handler.setUp();

        bytes4[] memory doors = new bytes4[](17);
        doors[0] = ExitHandler.depositAny.selector;
        doors[1] = ExitHandler.trade.selector;
        doors[2] = ExitHandler.reserve.selector;
        doors[3] = ExitHandler.execute.selector;
        doors[4] = ExitHandler.giveBack.selector;
        doors[5] = ExitHandler.fill.selector;
        doors[6] = ExitHandler.close.selector;
        doors[7] = ExitHandler.reserveShuttle.selector;
        doors[8] = ExitHandler.send.selector;
        doors[9] = ExitHandler.land.selector;
        doors[10] = ExitHandler.cut.selector;
        doors[11] = ExitHandler.post.selector;
        doors[12] = ExitHandler.letTimePass.selector;
        doors[13] = ExitHandler.lose.selector;
        doors[14] = ExitHandler.donate.selector;
        doors[15] = ExitHandler.claimAny.selector;
        doors[16] = ExitHandler.maybeEnd.selector;
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), doors));
    }

    /// @notice Σ claims ≤ G, no one above his entitlement, a later claimant's ratio is never smaller.
    function invariant_claimsAreBoundedByHoldingsAndEntitlementAndNeverRunDry() public view {
        assertEq(_handler.aboveHoldings(), 0);
        assertEq(_handler.aboveEntitlement(), 0);
        assertEq(_handler.smallerRatios(), 0);
    }

    /// @notice Every claim pays, to the atom, what happened to the key since the root says.
    function invariant_everyClaimIsExact() public view {
        assertEq(_handler.wrongShares(), 0);
        assertEq(_handler.wrongTransits(), 0);
    }

    /// @notice Whoever claims in whatever order: in the end at most an atom per key, and what is nobody's, stays.
    function afterInvariant() public {
        (uint256 left, uint256 nobodys) = _handler.settle();
        assertLe(left, nobodys + 2 * _handler.keyCount());
        invariant_claimsAreBoundedByHoldingsAndEntitlementAndNeverRunDry();
        invariant_everyClaimIsExact();
    }

    /// @dev A suite in which nothing happens proves nothing.
    function test_handler_reachesEverything() public {
        uint256[11] memory reached;
        for (uint256 run = 0; run < 30; run++) {
            uint256 fresh = vm.snapshotState();
            uint256[11] memory counts = play(run);
            vm.revertToState(fresh);
            for (uint256 i = 0; i < reached.length; i++) {
                reached[i] += counts[i];
            }
        }
        for (uint256 i = 0; i < reached.length; i++) {
            assertGt(reached[i], 3, vm.toString(i));
        }
    }

    function play(uint256 run) private returns (uint256[11] memory) {
        for (uint256 i = 0; i < 120; i++) {
            uint256 seed = uint256(keccak256(abi.encode(run, i)));
            step(seed % 17, seed >> 8);
        }
        _handler.settle();
        return [
            _handler.posted(),
            _handler.withdrawn(),
            _handler.cancelled(),
            _handler.opened(),
            _handler.closed(),
            _handler.sent(),
            _handler.arrived(),
            _handler.transitClaims(),
            _handler.shortClaims(),
            _handler.bareClaims(),
            _handler.commitmentClaims()
        ];
    }

    function step(uint256 door, uint256 seed) private {
        (uint16 amount, uint256 other) = (uint16(seed), seed >> 16);
        if (door == 0) _handler.depositAny(other, amount);
        if (door == 1) _handler.trade(other, other >> 8, amount);
        if (door == 2) _handler.reserve(other, amount, other % 2 == 0);
        if (door == 3) _handler.execute(other);
        if (door == 4) _handler.giveBack(other);
        if (door == 5) _handler.fill(other, amount);
        if (door == 6) _handler.close(other);
        if (door == 7) _handler.reserveShuttle(amount, other % 2 == 0);
        if (door == 8) _handler.send(other);
        if (door == 9) _handler.land(other, other % 3 == 0, other % 2 == 0);
        if (door == 10) _handler.cut(other);
        if (door == 11) _handler.post();
        if (door == 12) _handler.letTimePass(other);
        if (door == 13) _handler.lose(other, amount);
        if (door == 14) _handler.donate(other, uint8(amount));
        if (door == 15) _handler.claimAny(other);
        if (door == 16) _handler.maybeEnd(other);
    }
}
