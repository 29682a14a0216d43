// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Authority} from "../../src/Authority.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {Directory} from "../../src/Directory.sol";
import {Governor} from "../../src/Governor.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {IDirectory} from "../../src/interfaces/IDirectory.sol";
import {AcceptLeader} from "../../src/types/Messages.sol";
import {TokenListing} from "../../src/types/Listings.sol";
import {DevnetTest} from "../support/DevnetTest.sol";
import {DevnetToken} from "../support/DevnetToken.sol";

/// @dev The real Safe 1.5.0, three of five, and the real timelock.
contract CouncilTest is DevnetTest {
    Authority private _authority;
    DepositRegistry private _registry;
    Directory private _directory;
    TimelockController private _timelock;
    address private _council;
    address private _enclave;
    address private _leader;
    uint256 private _leaderKey;

    function setUp() public {
        vm.warp(1_800_000_000);
        _enclave = makeAddr("enclave");
        (_leader, _leaderKey) = makeAddrAndKey("leader");
        Deployed memory deployed = deployChain(HOME, _enclave);
        _council = deployed.council;
        _authority = Authority(deployed.contracts.authority);
        _registry = DepositRegistry(deployed.contracts.registry);
        _directory = Directory(deployed.contracts.directory);
        _timelock = TimelockController(payable(deployed.contracts.timelock));
    }

    function test_council_appointsALeaderWithThreeSignatures() public {
        execute(_council, address(_authority), proposal(1));
        bytes32 digest =
            digestOf(Domain("MyrtleWyckoff Authority", "1", HOME, address(_authority)), AcceptLeader(_leader, 1, 0));
        _authority.acceptLeader(signed(_leaderKey, digest));
        (address enclave, address leader, uint64 epoch, bool paused) = _authority.signers();
        assertEq(enclave, _enclave);
        assertEq(leader, _leader);
        assertEq(epoch, 1);
        assertFalse(paused);
    }

    function test_council_doesNothingWithTwoSignatures() public {
        uint32[] memory two = new uint32[](2);
        (two[0], two[1]) = (FIRST_OWNER, FIRST_OWNER + 1);
        vm.expectRevert(bytes("GS020"));
        this.executeBy(proposal(1), two);
    }

    function test_council_doesNothingWithTheSignatureOfAStranger() public {
        uint32[] memory three = threeOwners();
        three[2] = EXECUTOR;
        vm.expectRevert(bytes("GS026"));
        this.executeBy(proposal(1), three);
    }

    function test_owner_isNotTheCouncil() public {
        address owner = _account(FIRST_OWNER);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotCouncil.selector, owner));
        vm.prank(owner);
        _authority.proposeLeader(_leader, 1, "evidence");
    }

    function test_council_pausesAndUnpauses() public {
        execute(_council, address(_authority), abi.encodeCall(IAuthority.pause, ()));
        assertTrue(_authority.paused());
        execute(_council, address(_authority), abi.encodeCall(IAuthority.unpause, ()));
        assertFalse(_authority.paused());
    }

    function test_council_revokesTheExecutorAtOnce() public {
        execute(_council, address(_directory), abi.encodeCall(IDirectory.revokeExecutor, ()));
        assertEq(_directory.executor(), address(0));
    }

    function test_council_cannotLoosenWithoutTheTimelock() public {
        DevnetToken other = new DevnetToken("Other", "OTH", 18);
        TokenListing memory token = _listing(address(other), 1e24);
        token.settleable = false;
        bytes memory listing = abi.encodeCall(IDepositRegistry.listToken, (token));
        vm.expectRevert(abi.encodeWithSelector(IDepositRegistry.DepositRegistry_NotGovernor.selector, _council));
        vm.prank(_council);
        _registry.listToken(token);

        execute(_council, address(_timelock), scheduled(address(_registry), listing));
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(_council);
        _timelock.execute(address(_registry), 0, listing, 0, 0);

        vm.warp(block.timestamp + _timelock.getMinDelay());
        execute(_council, address(_timelock), abi.encodeCall(_timelock.execute, (address(_registry), 0, listing, 0, 0)));
        (uint256 cap, uint64 listedAt,) = _registry.listing(address(other));
        assertGt(listedAt, 0);
        assertEq(cap, 1e24);
    }

    function test_council_cancelsWhatTheTimelockHolds() public {
        bytes memory change = abi.encodeCall(IDirectory.changeExecutor, (makeAddr("new executor")));
        execute(_council, address(_timelock), scheduled(address(_directory), change));
        bytes32 id = _timelock.hashOperation(address(_directory), 0, change, 0, 0);
        assertTrue(_timelock.isOperationPending(id));
        execute(_council, address(_timelock), abi.encodeCall(_timelock.cancel, (id)));
        assertFalse(_timelock.isOperation(id));
    }

    function test_governor_lengthensItsDelayAndNeverShortensItBelowTheFirst() public {
        uint256 first = _timelock.getMinDelay();
        assertEq(Governor(payable(address(_timelock))).shortestDelay(), first);
        changeDelay(first + 10, first);
        assertEq(_timelock.getMinDelay(), first + 10);
        changeDelay(first, first + 10);
        assertEq(_timelock.getMinDelay(), first);

        bytes memory change = abi.encodeCall(_timelock.updateDelay, (first - 1));
        execute(_council, address(_timelock), scheduled(address(_timelock), change));
        vm.warp(block.timestamp + first);
        vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, first - 1, first));
        vm.prank(_council);
        _timelock.execute(address(_timelock), 0, change, 0, 0);
    }

    function test_governor_revertsIfItsDelayIsShortOutsideDevelopmentChains() public {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 72 hours - 1, 72 hours));
        new Governor(72 hours - 1, _council);
        assertEq(new Governor(72 hours, _council).getMinDelay(), 72 hours);
    }

    function test_timelock_hasNoAdministratorAndNoOpenDoor() public {
        bytes32 admin = _timelock.DEFAULT_ADMIN_ROLE();
        assertFalse(_timelock.hasRole(admin, _council));
        assertFalse(_timelock.hasRole(admin, _account(DEPLOYER)));
        assertTrue(_timelock.hasRole(admin, address(_timelock)), "only itself, after its own delay");
        assertFalse(_timelock.hasRole(_timelock.EXECUTOR_ROLE(), address(0)));
        bytes memory change = abi.encodeCall(IDirectory.changeExecutor, (makeAddr("new executor")));
        uint256 delay = _timelock.getMinDelay();
        vm.expectRevert();
        vm.prank(_account(DEPLOYER));
        _timelock.schedule(address(_directory), 0, change, 0, 0, delay);
    }

    /// @dev External, so that `vm.expectRevert` sees one call.
    function executeBy(bytes memory data, uint32[] memory owners) external {
        execute(_council, address(_authority), data, owners);
    }

    function proposal(uint64 epoch) private view returns (bytes memory) {
        return abi.encodeCall(IAuthority.proposeLeader, (_leader, epoch, "evidence"));
    }

    function changeDelay(uint256 to, uint256 wait) private {
        bytes memory change = abi.encodeCall(_timelock.updateDelay, (to));
        execute(_council, address(_timelock), scheduled(address(_timelock), change));
        vm.warp(block.timestamp + wait);
        vm.prank(_council);
        _timelock.execute(address(_timelock), 0, change, 0, 0);
    }

    function scheduled(address target, bytes memory data) private view returns (bytes memory) {
        return abi.encodeCall(_timelock.schedule, (target, 0, data, 0, 0, _timelock.getMinDelay()));
    }
}
