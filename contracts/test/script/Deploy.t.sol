// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Deploy} from "../../script/Deploy.s.sol";
import {ISafe, ISafeProxyFactory} from "../../script/external/ISafe.sol";
import {AsConfigured} from "../../script/lib/AsConfigured.sol";
import {CouncilSafe} from "../../script/lib/CouncilSafe.sol";
import {SafeDeployment} from "../../script/lib/SafeDeployment.sol";
import {Authority} from "../../src/Authority.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DeterministicFactory} from "../../src/DeterministicFactory.sol";
import {Directory} from "../../src/Directory.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {DevnetToken} from "../support/DevnetToken.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Called by delegation it writes an owner and a module where a Safe keeps them, and into no list.
contract Trojan {
    function plant(address owner, address module) external {
        bytes32 ownerSlot = keccak256(abi.encode(owner, uint256(2)));
        bytes32 moduleSlot = keccak256(abi.encode(module, uint256(1)));
        assembly {
            sstore(ownerSlot, 2)
            sstore(moduleSlot, 1)
        }
    }
}

/// @dev Answers as a Safe does, and obeys `EVIL`, too.
contract BackdooredProxy {
    address private _singleton;
    address private immutable EVIL;

    constructor(address singleton, address evil) {
        (_singleton, EVIL) = (singleton, evil);
    }

    fallback() external payable {
        if (msg.sender == EVIL) {
            (address to, bytes memory data) = abi.decode(msg.data, (address, bytes));
            (bool done,) = to.call(data);
            require(done);
            return;
        }
        (bool ok, bytes memory answer) = _singleton.delegatecall(msg.data);
        assembly {
            if ok { return(add(answer, 0x20), mload(answer)) }
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev The script as others call it, from outside.
contract DeployHarness is Deploy {
    function deploy(string calldata json, address deployer) external returns (string memory) {
        return _deploy(json, deployer);
    }

    function addresses(address deployer) external pure returns (Contracts memory) {
        return _addresses(deployer);
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
        setToken(".directory.tokens[0]");
        setToken(".directory.tokens[1]");
    }

    function test_deploy_ofTheExampleOnItsHomeChain() public {
        string memory record = _script.deploy(_json, _deployer);
        assertTrue(vm.parseJsonBool(record, ".home"));
        Authority authority = Authority(vm.parseJsonAddress(record, ".contracts.authority"));
        assertEq(authority.council(), _council);
        assertEq(authority.leaderDelay(), 24 hours);
        assertEq(authority.slowGovernor(), vm.parseJsonAddress(record, ".contracts.slowTimelock"));
        assertEq(authority.governor(), vm.parseJsonAddress(record, ".contracts.timelock"));
        DepositRegistry registry = DepositRegistry(vm.parseJsonAddress(record, ".contracts.registry"));
        (uint256 cap, uint64 listedAt,) = registry.listing(vm.parseJsonAddress(_json, ".tokens[1].token"));
        assertGt(listedAt, 0);
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
        setToken(".directory.tokens[2]");
        setToken(".directory.tokens[3]");
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
        vm.expectRevert(abi.encodeWithSelector(Deploy.Deploy_WrongChain.selector, 10, 1));
        _script.deploy(_json, _deployer);
    }

    // ---------------------------------------------------------------- the council's Safe

    function test_deploy_revertsIfThereIsNoSafe() public {
        address nobody = makeAddr("nobody");
        expectRefused(withSafe(nobody), abi.encodeWithSelector(CouncilSafe.CouncilSafe_NotASafe.selector, nobody));
    }

    function test_deploy_revertsIfTheSafeWasSetUpOtherwise() public {
        address[] memory others = owners();
        others[4] = makeAddr("somebody else");
        expectWrongAddress(_deploySafe(_safe, others, 3));
        (others[4], others[0]) = (owners()[0], owners()[4]);
        expectWrongAddress(_deploySafe(_safe, others, 3));
        address[] memory few = new address[](3);
        (few[0], few[1], few[2]) = (owners()[0], owners()[1], owners()[2]);
        expectWrongAddress(_deploySafe(_safe, few, 3));
        expectWrongAddress(_deploySafe(_safe, owners(), 2));
        SafeContracts memory other = _safe;
        other.fallbackHandler = makeAddr("another handler");
        expectWrongAddress(_deploySafe(other, owners(), 3));
    }

    function test_deploy_revertsIfTheSafeRanSomethingAtItsSetup() public {
        Trojan trojan = new Trojan();
        bytes memory plant = abi.encodeCall(Trojan.plant, (makeAddr("owner"), makeAddr("module")));
        bytes memory initializer = abi.encodeCall(
            ISafe.setup, (owners(), 3, address(trojan), plant, _safe.fallbackHandler, address(0), 0, payable(0))
        );
        ISafeProxyFactory factory = ISafeProxyFactory(_safe.proxyFactory);
        expectWrongAddress(factory.createProxyWithNonce(_safe.singleton, initializer, 0));
    }

    /// @dev The right singleton behind a proxy that obeys somebody else as well.
    function test_deploy_revertsIfTheProxyHasABackDoor() public {
        address forged = address(new BackdooredProxy(_safe.singleton, makeAddr("evil")));
        ISafe(forged).setup(owners(), 3, address(0), "", _safe.fallbackHandler, address(0), 0, payable(0));
        bytes32 expected = _council.codehash;
        expectWrongCode(withSafe(forged), forged, expected);
        // Also where an upgrade of the chain could put it: at the right address.
        vm.etch(_council, forged.code);
        expectWrongCode(_json, _council, expected);
    }

    function test_deploy_revertsIfSafesOwnContractsHaveOtherCode() public {
        address[3] memory contracts = [_safe.singleton, _safe.proxyFactory, _safe.fallbackHandler];
        for (uint256 i = 0; i < contracts.length; i++) {
            uint256 before = vm.snapshotState();
            bytes32 expected = contracts[i].codehash;
            vm.etch(contracts[i], bytes.concat(contracts[i].code, hex"00"));
            expectWrongCode(_json, contracts[i], expected);
            assertTrue(vm.revertToState(before));
        }
    }

    /// @dev Owners and modules that no getter tells of, planted by the owners of old through a delegate call.
    function test_deploy_revertsIfTheSafeHasHiddenOwnersAndModules() public {
        address hidden = makeAddr("hidden");
        Trojan trojan = new Trojan();
        executeAsOwners(address(trojan), abi.encodeCall(Trojan.plant, (hidden, hidden)), 1);
        assertEq(ISafe(_council).getOwners(), owners());
        vm.prank(hidden);
        (bool ok,) = _council.call(
            abi.encodeWithSignature(
                "execTransactionFromModule(address,uint256,bytes,uint8)", makeAddr("anybody"), 0, "", 0
            )
        );
        assertTrue(ok, "the hidden module acts for the Safe");
        expectRefused(_json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_AlreadyUsed.selector, 1));
    }

    /// @dev With the Authority as fallback handler everybody would speak to it with the council's voice.
    function test_deploy_revertsIfTheSafeHasAnotherFallbackHandler() public {
        address authorityAt = _script.addresses(_deployer).authority;
        executeAsOwners(_council, abi.encodeWithSignature("setFallbackHandler(address)", authorityAt), 0);
        expectRefused(
            _json,
            abi.encodeWithSelector(
                CouncilSafe.CouncilSafe_WrongFallbackHandler.selector, authorityAt, _safe.fallbackHandler
            )
        );
    }

    function test_deploy_revertsIfTheSafeWasChangedSinceItsSetup() public {
        uint256 before = vm.snapshotState();
        address stranger = makeAddr("stranger");
        asCouncil(abi.encodeWithSignature("swapOwner(address,address,address)", address(1), owners()[0], stranger));
        expectRefused(
            _json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongOwners.selector, ISafe(_council).getOwners())
        );
        assertTrue(vm.revertToState(before));
        asCouncil(abi.encodeWithSignature("changeThreshold(uint256)", 2));
        expectRefused(_json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongThreshold.selector, 2, 3));
        assertTrue(vm.revertToState(before));
        asCouncil(abi.encodeWithSignature("enableModule(address)", stranger));
        expectRefused(_json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_HasModules.selector, stranger));
        assertTrue(vm.revertToState(before));
        vm.store(_council, keccak256("guard_manager.guard.address"), bytes32(uint256(uint160(stranger))));
        expectRefused(_json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_HasGuard.selector, stranger));
        assertTrue(vm.revertToState(before));
        vm.etch(stranger, _safe.singleton.code);
        vm.store(_council, 0, bytes32(uint256(uint160(stranger))));
        expectRefused(
            _json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongSingleton.selector, stranger, _safe.singleton)
        );
    }

    function test_deploy_isRepeatedAfterTheCouncilHasActed() public {
        string memory record = _script.deploy(_json, _deployer);
        address authority = vm.parseJsonAddress(record, ".contracts.authority");
        executeAsOwners(authority, abi.encodeCall(IAuthority.pause, ()), 0);
        assertTrue(IAuthority(authority).paused());
        assertEq(_script.deploy(_json, _deployer), record);
    }

    // ---------------------------------------------------------------- everything else

    function test_deploy_revertsIfTheTimelockIsShort() public {
        expectRefused(
            with('"timelockDelaySeconds": 259200', '"timelockDelaySeconds": 259199'),
            abi.encodeWithSelector(DeterministicFactory.DeploymentFailed.selector)
        );
    }

    /// @dev Otherwise the run would report success, and the contracts of the first configuration would rule.
    function test_deploy_revertsIfWhatStandsDiffersFromTheConfiguration() public {
        _script.deploy(_json, _deployer);
        string memory other = vm.toString(makeAddr("other"));
        expectDiffers(with("0x00000000000000000000000000000000000E4c1A", other), "enclave");
        expectDiffers(with("0x1CBd3b2770909D4e10f157cABC84C7264073C9Ec", other), "guardians");
        expectDiffers(with('"leaderDelaySeconds": 86400', '"leaderDelaySeconds": 86401'), "leaderDelaySeconds");
        expectDiffers(
            with('"slowTimelockDelaySeconds": 1209600', '"slowTimelockDelaySeconds": 1209601'), "delay of a timelock"
        );
        expectDiffers(with('"timelockDelaySeconds": 259200', '"timelockDelaySeconds": 259201'), "delay of a timelock");
        expectDiffers(with('"startCheckpoint": 0', '"startCheckpoint": 7'), "startCheckpoint");
        expectDiffers(with('"checkpointRing": 0', '"checkpointRing": 1'), "checkpointRing");
        expectDiffers(with('"depositCap": "1000000000000000"', '"depositCap": "1"'), "tokens");
        expectDiffers(with('"homeChainId": 1', '"homeChainId": 10'), "homeChainId");
        expectDiffers(with('"wrappedNative": "0xC02a', '"wrappedNative": "0xC02b'), "wrappedNative");
        expectDiffers(with("0x976EA74026E726554dB657fA54763abd0C3a0aa9", other), "directory.executor");
        expectDiffers(with("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955", other), "directory.settler");
        expectDiffers(with("0x2546BcD3c84621e976D8185a91A922aE77ECEc30", other), "directory.feeAccount");
        expectDiffers(with("0xbDA5747bFD65F08deb54cb465eB87D40e51B197E", other), "directory.insuranceAccount");
        expectDiffers(with("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", other), "directory.tokens");
        expectDiffers(with('"chainId": 8453, "finality"', '"chainId": 10, "finality"'), "directory.chains");
    }

    function test_deploy_revertsIfAnotherCouncilRulesWhatStands() public {
        _script.deploy(_json, _deployer);
        address[] memory others = owners();
        others[4] = makeAddr("replacement");
        address other = _deploySafe(_safe, others, 3);
        string memory json = vm.replace(withSafe(other), vm.toString(owners()[4]), vm.toString(others[4]));
        vm.expectRevert(abi.encodeWithSelector(AsConfigured.AsConfigured_Differs.selector, "council"));
        _script.deploy(json, _deployer);
    }

    function test_deploy_revertsIfTheDirectoryHasOtherDecimalsThanTheToken() public {
        address usdc = vm.parseJsonAddress(_json, ".tokens[1].token");
        string memory json = with('eB48", "decimals": 6', 'eB48", "decimals": 18');
        vm.expectRevert(abi.encodeWithSelector(AsConfigured.AsConfigured_WrongDecimals.selector, usdc, 6, 18));
        _script.deploy(json, _deployer);
    }

    function test_deploy_revertsIfAValueDoesNotFit() public {
        string memory json = with('"startCheckpoint": 0', '"startCheckpoint": "1099511627783"');
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 40, (1 << 40) + 7));
        _script.deploy(json, _deployer);
        json = with('"leaderDelaySeconds": 86400', '"leaderDelaySeconds": "18446744073709638016"');
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintDowncast.selector);
        _script.deploy(json, _deployer);
        json = with('"finality": 1', '"finality": 257');
        vm.expectRevert();
        _script.deploy(json, _deployer);
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
        // Where the script stops, its broadcast is still on.
        vm.stopBroadcast();
    }

    function expectDiffers(string memory json, string memory what) private {
        vm.expectRevert(abi.encodeWithSelector(AsConfigured.AsConfigured_Differs.selector, what));
        _script.deploy(json, _deployer);
    }

    function expectWrongAddress(address safe) private {
        expectRefused(
            withSafe(safe), abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongAddress.selector, safe, _council)
        );
    }

    function expectWrongCode(string memory json, address at, bytes32 expected) private {
        expectRefused(
            json, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongCode.selector, at, at.codehash, expected)
        );
    }

    function asCouncil(bytes memory data) private {
        vm.prank(_council);
        (bool ok,) = _council.call(data);
        assertTrue(ok);
    }

    /// @dev Three of the five, whose keys are anvil's.
    function executeAsOwners(address to, bytes memory data, uint8 operation) private {
        ISafe safe = ISafe(_council);
        bytes32 hash = safe.getTransactionHash(to, 0, data, operation, 0, 0, 0, address(0), address(0), safe.nonce());
        uint256[] memory signers = new uint256[](3);
        for (uint256 i = 0; i < 3; i++) {
            signers[i] = uint256(uint160(owners()[i]));
        }
        signers = vm.sort(signers);
        bytes memory signatures;
        for (uint256 i = 0; i < 3; i++) {
            // v = 1: approved beforehand.
            vm.prank(address(uint160(signers[i])));
            (bool ok,) = _council.call(abi.encodeWithSignature("approveHash(bytes32)", hash));
            assertTrue(ok);
            signatures = bytes.concat(signatures, abi.encodePacked(signers[i], uint256(0), uint8(1)));
        }
        safe.execTransaction(to, 0, data, operation, 0, 0, 0, address(0), payable(0), signatures);
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
        uint8 decimals = uint8(vm.parseJsonUint(_json, string.concat(key, ".decimals")));
        address token = vm.parseJsonAddress(_json, string.concat(key, ".token"));
        vm.etch(token, address(new DevnetToken("Token", "TOK", decimals)).code);
    }

    function owners() private view returns (address[] memory) {
        return vm.parseJsonAddressArray(_json, ".council.owners");
    }
}
