// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {ThiefHandler} from "./ThiefHandler.sol";

/// @dev The sentences are in docs/invariants.md.
contract TheftInvariants is Test {
    ThiefHandler private _thief;

    function setUp() public {
        _thief = new ThiefHandler();
        _thief.setUp();

        bytes4[] memory doors = new bytes4[](7);
        doors[0] = ThiefHandler.rob.selector;
        doors[1] = ThiefHandler.robWithOneKey.selector;
        doors[2] = ThiefHandler.forgeRoot.selector;
        doors[3] = ThiefHandler.depositMore.selector;
        doors[4] = ThiefHandler.letTimePass.selector;
        doors[5] = ThiefHandler.guardianPauses.selector;
        doors[6] = ThiefHandler.councilActs.selector;
        targetContract(address(_thief));
        targetSelector(FuzzSelector(address(_thief), doors));
    }

    /// @notice With one of the two keys stolen nothing is lost.
    function invariant_withOneKeyStolenNothingIsLost() public view {
        assertEq(_thief.robbedWithOneKey(), 0);
    }

    /// @notice With both keys stolen at most the buckets are lost, until the council acts: what was in them, what time
    /// has refilled and what deposits have.
    function invariant_withBothKeysStolenAtMostTheBucketsUntilTheCouncilActs() public view {
        uint256 until = _thief.actedAt() == 0 ? block.timestamp : _thief.actedAt();
        uint256 refilled = refillOf(until - _thief.stolenAt());
        assertLe(_thief.stolen(), _thief.CAPACITY() + refilled + _thief.depositedSince());
        assertEq(_thief.robbedAfterTheCouncilActed(), 0);
        assertEq(_thief.robbedWhilePaused(), 0);
    }

    /// @notice In any window of time what leaves, less what is deposited, is at most the capacity and what the window
    /// refills.
    /// @dev Windows that end with the last movement: the others were seen when theirs was the last.
    function invariant_outflowInAnyWindowIsAtMostCapacityAndRefill() public view {
        uint256 count = _thief.movementCount();
        if (count == 0) return;
        uint64 end = _thief.movementAt(count - 1).at;
        int256 net;
        for (uint256 i = count; i > 0; i--) {
            ThiefHandler.Movement memory movement = _thief.movementAt(i - 1);
            net += int256(movement.out) - int256(movement.back);
            assertLe(net, int256(_thief.CAPACITY() + refillOf(end - movement.at)));
        }
    }

    /// @dev A suite in which nothing happens proves nothing: the thief empties the bucket several times and meets its end.
    function test_handler_stealsAndIsRefused() public {
        for (uint256 i = 0; i < 100; i++) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            _thief.rob(seed, i % 2 == 0);
            if (i % 10 == 0) _thief.forgeRoot(uint16(seed), bytes32(seed));
            if (i % 10 == 0) _thief.letTimePass(uint24(seed));
        }
        assertGt(_thief.stolen(), _thief.CAPACITY());
        assertGt(_thief.robberies(), 5);
        assertGt(_thief.refusals(), 5);
    }

    function refillOf(uint256 time) private view returns (uint256) {
        return uint256(_thief.CAPACITY()) * time / _thief.REFILL_SECONDS();
    }
}
