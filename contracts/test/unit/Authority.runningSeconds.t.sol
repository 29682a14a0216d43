// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {VaultTest} from "../support/VaultTest.sol";

contract AuthorityRunningSecondsTest is VaultTest {
    uint64 private _start;

    function setUp() public override {
        super.setUp();
        _start = uint64(block.timestamp);
    }

    function test_runningSeconds_isAllOfTheTimeWithoutAPause() public {
        assertEq(authority.runningSeconds(_start, _start), 0);
        assertEq(authority.runningSeconds(_start, _start + 100), 100);
        assertEq(authority.runningSeconds(0, _start), _start);
        pauseBetween(10, 30);
        assertEq(authority.runningSeconds(_start, _start + 10), 10, "before it");
        assertEq(authority.runningSeconds(_start + 30, _start + 99), 69, "after it");
    }

    function test_runningSeconds_standsStillWhilePaused() public {
        pauseBetween(10, 30);
        assertEq(authority.runningSeconds(_start, _start + 9), 9);
        assertEq(authority.runningSeconds(_start, _start + 10), 10);
        assertEq(authority.runningSeconds(_start, _start + 11), 10);
        assertEq(authority.runningSeconds(_start, _start + 30), 10);
        assertEq(authority.runningSeconds(_start, _start + 31), 11);
        assertEq(authority.runningSeconds(_start + 15, _start + 20), 0, "within");
        assertEq(authority.runningSeconds(_start + 20, _start + 40), 10, "from within");
    }

    function test_runningSeconds_takesARunningPauseToLastToItsEnd() public {
        pause();
        vm.warp(_start + 1 hours);
        assertEq(authority.runningSeconds(_start, _start + 1 hours), 0);
        assertEq(authority.runningSeconds(_start, _start + 3 days), 0);
        assertEq(authority.runningSeconds(_start, _start + 3 days + 7), 7);
    }

    function test_runningSeconds_isZeroBackwards() public {
        pauseBetween(10, 30);
        assertEq(authority.runningSeconds(_start + 40, _start), 0);
        assertEq(authority.runningSeconds(type(uint64).max, _start), 0);
    }

    function test_runningSeconds_countsPausesThatEndInTheSecondInWhichTheyBegan() public {
        vm.startPrank(council);
        for (uint256 i = 0; i < 3; i++) {
            authority.pause();
            authority.unpause();
        }
        authority.pause();
        vm.stopPrank();
        vm.warp(_start + 5);
        vm.prank(council);
        authority.unpause();
        pauseBetween(5, 6);
        assertEq(authority.runningSeconds(_start, _start + 10), 4);
    }

    /// @dev Pauses of one second, as often as there are seconds, cost one second each and start no clock again.
    function test_runningSeconds_losesOnlyTheSecondsOfShortPauses() public {
        for (uint256 i = 0; i < 100; i++) {
            pauseBetween(2 * i, 2 * i + 1);
        }
        assertEq(authority.runningSeconds(_start, _start + 200), 100);
    }

    /// @dev Against a count by hand, second by second.
    function testFuzz_runningSeconds_isExact(uint8[24] memory waits, uint16 from, uint16 to) public {
        bool[] memory isPaused = new bool[](24 * 256 + 1);
        uint256 second;
        for (uint256 i = 0; i < waits.length; i++) {
            vm.prank(council);
            if (i % 2 == 0) authority.pause();
            else authority.unpause();
            for (uint256 end = second + waits[i]; second < end; second++) {
                isPaused[second] = i % 2 == 0;
            }
            vm.warp(_start + second);
        }
        (uint256 a, uint256 b) = (from % (second + 1), to % (second + 1));
        (a, b) = a < b ? (a, b) : (b, a);
        uint256 expected;
        for (uint256 i = a; i < b; i++) {
            if (!isPaused[i]) expected++;
        }
        assertEq(authority.runningSeconds(uint64(_start + a), uint64(_start + b)), expected);
    }

    function pauseBetween(uint256 from, uint256 to) private {
        vm.warp(_start + from);
        vm.startPrank(council);
        authority.pause();
        vm.warp(_start + to);
        authority.unpause();
        vm.stopPrank();
    }
}
