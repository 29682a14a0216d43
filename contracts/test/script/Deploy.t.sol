// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Deploy} from "../../script/Deploy.s.sol";
import {ISafe} from "../../script/external/ISafe.sol";
import {SafeDeployment} from "../../script/lib/SafeDeployment.sol";
import {Authority} from "../../src/Authority.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {Directory} from "../../src/Directory.sol";
import {Protocol} from "../../script/lib/Protocol.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The script as others call it, from outside.
contract DeployHarness is Deploy {
    function deploy(string calldata json, address deployer) external returns (string memory) {
        return _deploy(json, deployer);
    }
}

/// @dev The example configuration, with a real Safe that was set up rightly or wrongly.
contract DeployTest is Test, SafeDeployment {
    address private _deployer = makeAddr("deployer");
    DeployHarness private _script = new DeployHarness();
    SafeContracts private _safe;
    string private _json;
    address private _council;

    function setUp() public {
        vm.warp(1_800_000_000);
        vm.chainId(1);
        _safe = _deploySafeContracts();
        _json = vm.readFile("contracts/script/config/example.json");
        _council = _deploySafe(_safe, owners(), 3);
        setToken(".tokens[0].token");
        setToken(".tokens[1].token");
    }

    function test_deploy_ofTheExampleOnItsHomeChain() public {
        string memory record = _script.deploy(_json, _deployer);
        assertTrue(vm.parseJsonBool(record, ".home"));
        Authority authority = Authority(vm.parseJsonAddress(record, ".contracts.authority"));
        assertEq(authority.council(), _council);
        assertEq(authority.leaderDelay(), 24 hours);
        assertEq(authority.enclaveDelay(), 11 days);
        assertEq(authority.governor(), vm.parseJsonAddress(record, ".contracts.timelock"));
        DepositRegistry registry = DepositRegistry(vm.parseJsonAddress(record, ".contracts.registry"));
        (bool listed, uint256 cap) = registry.listing(vm.parseJsonAddress(_json, ".tokens[1].token"));
        assertTrue(listed);
        assertEq(cap, 1e15);
        Directory directory = Directory(vm.parseJsonAddress(record, ".contracts.directory"));
        assertTrue(directory.isChainListed(1) && directory.isChainListed(8453));
        assertEq(directory.newestAsset(), 2);
        assertEq(directory.newestBook(), 1);
        assertEq(directory.tokenOf(2, 8453), 0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913);
        assertEq(directory.executor(), vm.parseJsonAddress(_json, ".directory.executor"));
        assertGt(vm.parseJsonAddress(record, ".contracts.checkpointer").code.length, 0);
    }

    function test_deploy_onAnotherChainHasTheSameAddressesAndNoCheckpointer() public {
        uint256 empty = vm.snapshotState();
        string memory home = _script.deploy(_json, _deployer);
        assertTrue(vm.revertToState(empty));
        vm.chainId(8453);
        string memory record =
            _script.deploy(with('"chainId": 1,\n  "homeChainId"', '"chainId": 8453,\n  "homeChainId"'), _deployer);
        assertFalse(vm.parseJsonBool(record, ".home"));
        assertFalse(vm.keyExistsJson(record, ".contracts.checkpointer"));
        string[4] memory keys =
            [".contracts.authority", ".contracts.registry", ".contracts.router", ".contracts.timelock"];
        for (uint256 i = 0; i < keys.length; i++) {
            assertEq(vm.parseJsonAddress(record, keys[i]), vm.parseJsonAddress(home, keys[i]));
        }
    }

    function test_deploy_revertsOnAnotherChainThanConfigured() public {
        vm.chainId(10);
        expectRefused(_json, abi.encodeWithSelector(Deploy.Deploy_WrongChain.selector, 10, 1));
    }

    function test_deploy_revertsIfThereIsNoSafe() public {
        address nobody = makeAddr("nobody");
        expectRefused(withSafe(nobody), abi.encodeWithSelector(Protocol.Protocol_NotASafe.selector, nobody));
    }

    function test_deploy_revertsIfTheSafeHasOtherOwners() public {
        address[] memory others = owners();
        others[4] = makeAddr("somebody else");
        address safe = _deploySafe(_safe, others, 3);
        expectRefused(withSafe(safe), abi.encodeWithSelector(Protocol.Protocol_WrongOwners.selector, others));
    }

    function test_deploy_revertsIfTheSafeHasFewerOwners() public {
        address[] memory few = new address[](3);
        (few[0], few[1], few[2]) = (owners()[0], owners()[1], owners()[2]);
        address safe = _deploySafe(_safe, few, 3);
        expectRefused(withSafe(safe), abi.encodeWithSelector(Protocol.Protocol_WrongOwners.selector, few));
    }

    function test_deploy_revertsIfTheSafeHasAnotherThreshold() public {
        address safe = _deploySafe(_safe, owners(), 2);
        expectRefused(withSafe(safe), abi.encodeWithSelector(Protocol.Protocol_WrongThreshold.selector, 2, 3));
    }

    function test_deploy_revertsIfTheSafeHasAnotherSingleton() public {
        address impostor = makeAddr("impostor");
        vm.etch(impostor, _safe.singleton.code);
        vm.store(_council, 0, bytes32(uint256(uint160(impostor))));
        expectRefused(
            _json, abi.encodeWithSelector(Protocol.Protocol_WrongSingleton.selector, impostor, impostor.codehash)
        );
    }

    function test_deploy_revertsIfTheSingletonHasOtherCode() public {
        vm.etch(_safe.singleton, bytes.concat(_safe.singleton.code, hex"00"));
        expectRefused(
            _json,
            abi.encodeWithSelector(Protocol.Protocol_WrongSingleton.selector, _safe.singleton, _safe.singleton.codehash)
        );
    }

    function test_deploy_revertsIfTheSafeHasAModule() public {
        address module = makeAddr("module");
        vm.prank(_council);
        (bool ok,) = _council.call(abi.encodeWithSignature("enableModule(address)", module));
        assertTrue(ok);
        expectRefused(_json, abi.encodeWithSelector(Protocol.Protocol_SafeHasModules.selector, module));
    }

    function test_deploy_revertsIfTheSafeHasAGuard() public {
        address guard = makeAddr("guard");
        vm.store(_council, keccak256("guard_manager.guard.address"), bytes32(uint256(uint160(guard))));
        expectRefused(_json, abi.encodeWithSelector(Protocol.Protocol_SafeHasGuard.selector, guard));
    }

    function test_deploy_revertsIfTheTimelockIsShort() public {
        expectRefused(
            with('"timelockDelaySeconds": 259200', '"timelockDelaySeconds": 259199'),
            abi.encodeWithSelector(Protocol.Protocol_TimelockTooShort.selector, 72 hours - 1, 72 hours)
        );
    }

    function test_deploy_isNotMovedBySquattersInTheFactory() public {
        uint256 empty = vm.snapshotState();
        string memory expected = _script.deploy(_json, _deployer);
        assertTrue(vm.revertToState(empty));
        _script.deploy(_json, makeAddr("squatter"));
        assertEq(_script.deploy(_json, _deployer), expected);
    }

    function expectRefused(string memory json, bytes memory reason) private {
        vm.expectRevert(reason);
        _script.deploy(json, _deployer);
    }

    /// @dev The configuration with another Safe as council.
    function withSafe(address safe) private view returns (string memory) {
        return with(vm.toString(_council), vm.toString(safe));
    }

    function with(string memory text, string memory other) private view returns (string memory changed) {
        changed = vm.replace(_json, text, other);
        assertNotEq(changed, _json);
    }

    function setToken(string memory key) private {
        vm.etch(vm.parseJsonAddress(_json, key), address(new DevnetToken("Token", "TOK", 18)).code);
    }

    function owners() private view returns (address[] memory) {
        return vm.parseJsonAddressArray(_json, ".council.owners");
    }
}
