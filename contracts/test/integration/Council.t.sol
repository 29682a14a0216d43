// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {Authority} from "../../src/Authority.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {Directory} from "../../src/Directory.sol";
import {Governor, SlowGovernor} from "../../src/Governor.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {IDepositRegistry} from "../../src/interfaces/IDepositRegistry.sol";
import {IDirectory} from "../../src/interfaces/IDirectory.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {AcceptLeader, AcceptStandby, ExitRoots, Withdrawal} from "../../src/types/Messages.sol";
import {Limit, OutflowKind} from "../../src/types/VaultState.sol";
import {TokenListing} from "../../src/types/Listings.sol";
import {DevnetTest} from "../support/DevnetTest.sol";
import {DevnetToken} from "../support/DevnetToken.sol";

/// @dev What a thief lets the owners sign: as the Safe's own code it names another singleton.
contract SlotWriter {
    function write(address singleton) external {
        assembly {
            sstore(0, singleton)
        }
    }
}

/// @dev The real Safe 1.5.0, three of five, and the real timelock.
contract CouncilTest is DevnetTest {
    Authority private _authority;
    DepositRegistry private _registry;
    Directory private _directory;
    TimelockController private _timelock;
    address private _council;
    TimelockController private _slowTimelock;
    address private _usdc;
    address private _enclave;
    address private _leader;
    uint256 private _enclaveKey;
    uint256 private _leaderKey;

    function setUp() public {
        vm.warp(1_800_000_000);
        (_enclave, _enclaveKey) = makeAddrAndKey("enclave");
        (_leader, _leaderKey) = makeAddrAndKey("leader");
        Deployed memory deployed = deployChain(HOME, _enclave);
        _council = deployed.council;
        _authority = Authority(deployed.contracts.authority);
        _registry = DepositRegistry(deployed.contracts.registry);
        _directory = Directory(deployed.contracts.directory);
        _timelock = TimelockController(payable(deployed.contracts.timelock));
        _slowTimelock = TimelockController(payable(deployed.contracts.slowTimelock));
        _usdc = deployed.tokens.usdc;
    }

    function test_council_appointsALeaderWithThreeSignatures() public {
        appoint();
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

    // ---------------------------------------------------------------- standbys

    function test_council_listsAStandbyThatTakesOverWhenItVacates() public {
        appoint();
        (address standby, uint256 standbyKey) = listStandby();
        execute(_council, address(_authority), abi.encodeCall(IAuthority.vacateLeader, ()));
        assertEq(_authority.leader(), address(0));
        _authority.announceTakeOver(standby);
        vm.warp(block.timestamp + 5 minutes);
        AcceptLeader memory acceptance = AcceptLeader(standby, 2, _authority.tip());
        bytes32 digest = digestOf(authorityDomain(), acceptance);
        _authority.takeOver(acceptance, signed(_enclaveKey, digest), signed(standbyKey, digest));
        assertEq(_authority.leader(), standby);
    }

    function test_council_removesAStandbyAtOnce() public {
        appoint();
        (address standby,) = listStandby();
        execute(_council, address(_authority), abi.encodeCall(IAuthority.removeStandby, (standby)));
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotStandby.selector, standby));
        _authority.announceTakeOver(standby);
    }

    // ---------------------------------------------------------------- tightening and loosening

    function test_council_discardsARoot() public {
        appoint();
        vm.warp(block.timestamp + 100);
        postRoot(9);
        execute(_council, address(_registry), abi.encodeCall(IDepositRegistry.discardRoot, ()));
        (uint64 epoch, uint64 checkpoint,,) = _registry.newestRoot();
        assertEq(epoch, 0);
        assertEq(checkpoint, 0);
    }

    function test_council_revokesAWithdrawalAtOnce() public {
        address account = makeAddr("account");
        execute(_council, address(_registry), abi.encodeCall(IDepositRegistry.revokeWithdrawal, (account, 7)));
        assertTrue(_registry.isNonceUsed(account, 7));
    }

    function test_council_lowersALimitAtOnceAndRaisesItOnlyThroughTheTimelock() public {
        (Limit memory first,) = _registry.outflow(_usdc, OutflowKind.Withdrawal);
        execute(_council, address(_registry), limitChange(Limit(first.capacity / 2, first.refillSeconds)));
        (Limit memory lower,) = _registry.outflow(_usdc, OutflowKind.Withdrawal);
        assertEq(lower.capacity, first.capacity / 2);
        expectOnlyThroughTheTimelock(
            _timelock,
            address(_registry),
            limitChange(first),
            abi.encodeWithSelector(IDepositRegistry.DepositRegistry_LimitRaised.selector, _usdc, OutflowKind.Withdrawal)
        );
        (Limit memory again,) = _registry.outflow(_usdc, OutflowKind.Withdrawal);
        assertEq(again.capacity, first.capacity);
    }

    function test_council_changesTheEnclaveOnlyThroughTheSlowTimelock() public {
        address next = makeAddr("next enclave");
        bytes memory change = abi.encodeCall(IAuthority.changeEnclave, (next));
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotSlowGovernor.selector, address(_timelock)));
        vm.prank(address(_timelock));
        _authority.changeEnclave(next);
        expectOnlyThroughTheTimelock(
            _slowTimelock,
            address(_authority),
            change,
            abi.encodeWithSelector(IAuthority.Authority_NotSlowGovernor.selector, _council)
        );
        assertEq(_authority.enclave(), next);
    }

    function test_slowGovernor_revertsIfItsDelayIsShortOutsideDevelopmentChains() public {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(Governor.Governor_DelayTooShort.selector, 14 days - 1, 14 days));
        new SlowGovernor(14 days - 1, _council);
        assertEq(new SlowGovernor(14 days, _council).getMinDelay(), 14 days);
    }

    function test_council_cancelsWhatTheSlowTimelockHolds() public {
        bytes memory change = abi.encodeCall(IAuthority.changeEnclave, (makeAddr("next enclave")));
        execute(_council, address(_slowTimelock), scheduledIn(_slowTimelock, address(_authority), change));
        bytes32 id = _slowTimelock.hashOperation(address(_authority), 0, change, 0, 0);
        execute(_council, address(_slowTimelock), abi.encodeCall(_slowTimelock.cancel, (id)));
        vm.warp(block.timestamp + _slowTimelock.getMinDelay());
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(_council);
        _slowTimelock.execute(address(_authority), 0, change, 0, 0);
    }

    // ---------------------------------------------------------------- incidents of others

    /// @dev Bybit: the owners signed a delegatecall that they could not read, and the Safe became the thief's. A thief who
    /// is the council can stop this exchange; he cannot take its money.
    function test_bybit_aCouncilLostByABlindlySignedDelegatecallTakesNoMoney() public {
        appoint();
        DevnetToken(_usdc).mint(address(_registry), 1_000);
        executeDelegated(_council, address(new SlotWriter()), abi.encodeCall(SlotWriter.write, (makeAddr("thief"))));
        assertEq(vm.load(_council, 0), bytes32(uint256(uint160(makeAddr("thief")))));

        vm.startPrank(_council);
        vm.expectRevert(abi.encodeWithSelector(IAuthority.Authority_NotSlowGovernor.selector, _council));
        _authority.changeEnclave(makeAddr("thief"));
        vm.expectPartialRevert(IDepositRegistry.DepositRegistry_LimitRaised.selector);
        _registry.changeLimit(_usdc, OutflowKind.Withdrawal, Limit(type(uint104).max, 1));
        (address thiefs, uint256 thiefsKey) = makeAddrAndKey("thief's leader");
        _authority.proposeLeader(thiefs, 2, "evidence");
        vm.stopPrank();
        _authority.acceptLeader(signed(thiefsKey, digestOf(authorityDomain(), AcceptLeader(thiefs, 2, 0))));

        Withdrawal memory theft = Withdrawal(thiefs, _usdc, 1_000, thiefs, 0, 0, uint64(block.timestamp + 1 days));
        bytes memory signature = signed(thiefsKey, digestOf(registryDomain(), theft));
        vm.expectRevert();
        _registry.withdraw(theft, signature, signature);
        ExitRoots memory roots = rootsOf(2, 9);
        bytes memory rootSignature = signed(thiefsKey, digestOf(checkpointerDomain(), roots));
        vm.warp(block.timestamp + 100);
        vm.expectRevert(abi.encodeWithSelector(Signatures.Signatures_NotBoth.selector, thiefs, thiefs));
        _registry.postExitRoot(roots, 0, 0, new bytes32[](0), rootSignature, rootSignature);
        assertEq(DevnetToken(_usdc).balanceOf(address(_registry)), 1_000);
    }

    // ---------------------------------------------------------------- helpers

    function appoint() private {
        execute(_council, address(_authority), proposal(1));
        _authority.acceptLeader(signed(_leaderKey, digestOf(authorityDomain(), AcceptLeader(_leader, 1, 0))));
    }

    function listStandby() private returns (address standby, uint256 standbyKey) {
        (standby, standbyKey) = makeAddrAndKey("standby");
        bytes32 evidence = "evidence";
        execute(_council, address(_authority), abi.encodeCall(IAuthority.proposeStandby, (standby, evidence)));
        bytes32 digest = digestOf(authorityDomain(), AcceptStandby(standby, evidence));
        _authority.acceptStandby(standby, signed(standbyKey, digest));
    }

    function postRoot(uint64 checkpoint) private {
        ExitRoots memory roots = rootsOf(1, checkpoint);
        bytes32 digest = digestOf(checkpointerDomain(), roots);
        _registry.postExitRoot(roots, 0, 0, new bytes32[](0), signed(_enclaveKey, digest), signed(_leaderKey, digest));
    }

    function rootsOf(uint64 epoch, uint64 checkpoint) private view returns (ExitRoots memory) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(HOME, address(_registry), bytes32(0), 0))));
        return ExitRoots(epoch, checkpoint, uint64(block.timestamp), leaf);
    }

    function limitChange(Limit memory limit) private view returns (bytes memory) {
        return abi.encodeCall(IDepositRegistry.changeLimit, (_usdc, OutflowKind.Withdrawal, limit));
    }

    /// @dev Refused from the council itself, too early in the timelock, and done after its delay.
    function expectOnlyThroughTheTimelock(
        TimelockController timelock,
        address target,
        bytes memory change,
        bytes memory refusal
    ) private {
        vm.prank(_council);
        (bool done, bytes memory reason) = target.call(change);
        assertFalse(done);
        assertEq(reason, refusal);
        execute(_council, address(timelock), scheduledIn(timelock, target, change));
        vm.warp(block.timestamp + timelock.getMinDelay() - 1);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        vm.prank(_council);
        timelock.execute(target, 0, change, 0, 0);
        vm.warp(block.timestamp + 1);
        execute(_council, address(timelock), abi.encodeCall(timelock.execute, (target, 0, change, 0, 0)));
    }

    function authorityDomain() private view returns (Domain memory) {
        return Domain("MyrtleWyckoff Authority", "1", HOME, address(_authority));
    }

    function registryDomain() private view returns (Domain memory) {
        return Domain("MyrtleWyckoff DepositRegistry", "1", HOME, address(_registry));
    }

    function checkpointerDomain() private view returns (Domain memory) {
        return Domain("MyrtleWyckoff Checkpointer", "1", HOME, address(_authority.checkpointer()));
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
        return scheduledIn(_timelock, target, data);
    }

    function scheduledIn(TimelockController timelock, address target, bytes memory data)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(timelock.schedule, (target, 0, data, 0, 0, timelock.getMinDelay()));
    }
}
