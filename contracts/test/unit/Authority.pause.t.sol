// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {Withdrawal} from "../../src/types/Messages.sol";
import {VaultTest} from "../support/VaultTest.sol";

contract AuthorityPauseTest is VaultTest {
    uint256 private _start;

    function setUp() public override {
        super.setUp();
        _start = block.timestamp;
    }

    function test_pause_byTheCouncil() public {
        vm.expectEmit(address(authority));
        emit IAuthority.Paused(4, council, uint64(_start + 3 days));
        pause();
        assertTrue(authority.paused());
        (,,, bool paused) = authority.signers();
        assertTrue(paused);
    }

    function test_pause_endsByItself() public {
        pause();
        vm.warp(_start + 3 days - 1);
        assertTrue(authority.paused());
        vm.warp(_start + 3 days);
        assertFalse(authority.paused());
    }

    function test_pause_byAGuardianOnceUntilTheCouncilArmsHimAgain() public {
        vm.prank(guardian);
        authority.pause();
        vm.prank(council);
        authority.unpause();

        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_MayNotPause.selector, guardian));
        vm.prank(guardian);
        authority.pause();

        vm.prank(council);
        vm.expectEmit(address(authority));
        emit IAuthority.GuardianChanged(6, guardian, true);
        authority.armGuardian(guardian);
        vm.prank(guardian);
        authority.pause();
        assertTrue(authority.paused());
    }

    function test_pause_revertsIfNeitherCouncilNorGuardian() public {
        address[3] memory others = [governor, leader, alice];
        for (uint256 i = 0; i < others.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_MayNotPause.selector, others[i]));
            vm.prank(others[i]);
            authority.pause();
        }
    }

    function test_pause_revertsIfPausedSoThatAGuardianDoesNotWasteHis() public {
        pause();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_AlreadyPaused.selector, _start + 3 days));
        vm.prank(guardian);
        authority.pause();
        (, bool armed) = authority.guardian(guardian);
        assertTrue(armed);
    }

    function test_pause_isThreeDaysInAll() public {
        pause();
        vm.warp(_start + 1 days);
        vm.startPrank(council);
        authority.unpause();
        authority.pause();
        assertEq(authority.pausedUntil(), _start + 3 days);
        vm.warp(_start + 3 days);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_PauseUsedUp.selector, _start + 3 days + 10 hours));
        authority.pause();
    }

    /// @dev Or a guardian would spend his one pause on seconds.
    function test_pause_revertsIfLessThanAnHourIsLeftAndSaysWhenItIs() public {
        pause();
        uint256 ended = _start + 3 days;
        vm.warp(ended + 10 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_PauseUsedUp.selector, ended + 10 hours));
        vm.prank(guardian);
        authority.pause();
        (, bool armed) = authority.guardian(guardian);
        assertTrue(armed);
        vm.warp(ended + 10 hours);
        vm.prank(guardian);
        authority.pause();
        assertEq(authority.pausedUntil(), block.timestamp + 1 hours);
    }

    function test_pause_comesBackAtATenthOfTime() public {
        pause();
        vm.warp(_start + 3 days + 10 days);
        pause();
        assertEq(authority.pausedUntil(), block.timestamp + 1 days);
        vm.warp(block.timestamp + 1 days + 300 days);
        pause();
        assertEq(authority.pausedUntil(), block.timestamp + 3 days, "and never to more than 3 days");
    }

    function test_unpause_keepsWhatIsLeft() public {
        pause();
        vm.warp(_start + 1 hours);
        vm.startPrank(council);
        vm.expectEmit(address(authority));
        emit IAuthority.Unpaused(5, council);
        authority.unpause();
        assertFalse(authority.paused());
        authority.pause();
        assertEq(authority.pausedUntil(), _start + 3 days);
    }

    /// @dev The vault goes by a copy of its own.
    function test_pause_reachesTheVaultAndSoDoesItsEnd() public {
        deposit(alice, 10);
        reachRoot(1);
        Withdrawal memory withdrawal = withdrawalOf(alice, 10, 0);
        Pair memory pair = signBoth(withdrawal);
        pause();
        vm.expectRevert(IDepositRegistry.DepositRegistry_Paused.selector);
        submit(withdrawal, pair);
        vm.prank(council);
        authority.unpause();
        submit(withdrawal, pair);
        assertEq(token.balanceOf(alice), 10);
    }

    function test_unpause_revertsIfNotPausedOrNotCouncil() public {
        vm.expectRevert(IAuthority.Authority_NotPaused.selector);
        vm.prank(council);
        authority.unpause();
        pause();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, guardian));
        vm.prank(guardian);
        authority.unpause();
    }

    function test_changeGuardian_isTheGovernors() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotGovernor.selector, council));
        vm.prank(council);
        authority.changeGuardian(alice, true);

        vm.startPrank(governor);
        authority.changeGuardian(alice, true);
        authority.changeGuardian(guardian, false);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_MayNotPause.selector, guardian));
        vm.prank(guardian);
        authority.pause();
        vm.prank(alice);
        authority.pause();
        assertTrue(authority.paused());
    }

    function test_armGuardian_revertsIfNotListedOrNotCouncil() public {
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotGuardian.selector, alice));
        vm.prank(council);
        authority.armGuardian(alice);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, guardian));
        vm.prank(guardian);
        authority.armGuardian(guardian);
    }

    /// @dev Whoever pauses whenever he can, and lifts pauses as he likes: over any stretch of time pauses take at most
    /// 3 days and a tenth of the rest.
    function testFuzz_pause_takesAtMostThreeDaysAndATenth(uint32[24] memory waits) public {
        uint256 pausedFor;
        for (uint256 i = 0; i < waits.length; i++) {
            uint256 wait = waits[i] % 6 days;
            bool paused = authority.paused();
            if (paused) {
                uint256 left = authority.pausedUntil() - block.timestamp;
                pausedFor += wait < left ? wait : left;
            }
            vm.warp(block.timestamp + wait);
            if (authority.paused()) {
                vm.prank(council);
                authority.unpause();
            } else {
                vm.prank(council);
                try authority.pause() {} catch {}
            }
        }
        uint256 unpaused = block.timestamp - _start - pausedFor;
        assertLe(pausedFor, 3 days + unpaused / 10);
    }
}
