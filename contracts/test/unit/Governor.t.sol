// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Governor, SlowGovernor} from "../../src/Governor.sol";

/// @dev What the delay protects: everybody can leave before a change that was announced takes hold.
contract GovernorTest is Test {
    uint256 private constant MAINNET = 1;
    uint256 private constant DELAY = 72 hours;

    address private _council = makeAddr("council");
    Governor private _governor;

    function setUp() public {
        vm.chainId(MAINNET);
        vm.warp(1_800_000_000);
        _governor = new Governor(DELAY, _council);
    }

    // ---------------------------------------------------------------- the delay at the deployment

    function test_constructor_revertsIfTheDelayLeavesNoTimeToReact() public {
        vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 72 hours - 1, 72 hours));
        this.deploy(72 hours - 1);
        assertEq(this.deploy(72 hours).getMinDelay(), 72 hours);
        assertEq(this.deploy(30 days).getMinDelay(), 30 days);
    }

    function test_constructor_revertsIfTheSlowDelayIsShorterThanAnExit() public {
        vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 14 days - 1, 14 days));
        this.deploySlow(14 days - 1);
        assertEq(this.deploySlow(14 days).getMinDelay(), 14 days);
    }

    function test_constructor_takesAShortDelayOnTheTwoDevelopmentChainsOnly() public {
        for (uint256 chainId = 31336; chainId <= 31339; chainId++) {
            vm.chainId(chainId);
            if (chainId == 31337 || chainId == 31338) {
                assertEq(this.deploy(1).shortestDelay(), 1);
            } else {
                vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 1, 72 hours));
                this.deploy(1);
            }
        }
    }

    // ---------------------------------------------------------------- the delay later

    function test_updateDelay_neverGoesBelowTheDelayAtTheDeployment() public {
        Governor governor = new Governor(100 hours, _council);
        assertEq(governor.shortestDelay(), 100 hours);
        vm.startPrank(address(governor));
        governor.updateDelay(101 hours);
        assertEq(governor.getMinDelay(), 101 hours);
        governor.updateDelay(100 hours);
        assertEq(governor.getMinDelay(), 100 hours);
        vm.expectRevert(
            abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 100 hours - 1, uint256(100 hours))
        );
        governor.updateDelay(100 hours - 1);
        assertEq(governor.getMinDelay(), 100 hours);
    }

    function test_updateDelay_revertsForEverybodyElse() public {
        vm.expectRevert(abi.encodeWithSelector(TimelockController.TimelockUnauthorizedCaller.selector, _council));
        vm.prank(_council);
        _governor.updateDelay(100 hours);
    }

    // ---------------------------------------------------------------- who may do what

    function test_roles_areTheCouncilsAlone() public view {
        bytes32[3] memory roles = [_governor.PROPOSER_ROLE(), _governor.EXECUTOR_ROLE(), _governor.CANCELLER_ROLE()];
        for (uint256 i = 0; i < roles.length; i++) {
            assertTrue(_governor.hasRole(roles[i], _council));
            // Which would let anybody.
            assertFalse(_governor.hasRole(roles[i], address(0)));
        }
    }

    function test_administrator_isItselfAlone() public view {
        bytes32 admin = _governor.DEFAULT_ADMIN_ROLE();
        assertTrue(_governor.hasRole(admin, address(_governor)));
        address[4] memory others = [_council, address(this), address(0), address(1)];
        for (uint256 i = 0; i < others.length; i++) {
            assertFalse(_governor.hasRole(admin, others[i]));
        }
    }

    function test_execute_waitsForTheWholeDelay() public {
        bytes memory change = abi.encodeCall(_governor.updateDelay, (100 hours));
        vm.startPrank(_council);
        _governor.schedule(address(_governor), 0, change, 0, 0, DELAY);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        _governor.execute(address(_governor), 0, change, 0, 0);
        vm.warp(block.timestamp + 1);
        _governor.execute(address(_governor), 0, change, 0, 0);
        assertEq(_governor.getMinDelay(), 100 hours);
    }

    /// @dev External, for an expected revert of a constructor.
    function deploy(uint256 delay) external returns (Governor) {
        return new Governor(delay, _council);
    }

    /// @dev External, for an expected revert of a constructor.
    function deploySlow(uint256 delay) external returns (Governor) {
        return new SlowGovernor(delay, _council);
    }
}
