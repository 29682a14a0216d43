// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Deploy} from "../../script/Deploy.s.sol";
import {IAcrossPool, IShedImplementation} from "../../script/external/IContractsOfOthers.sol";
import {ISafe, ISafeProxyFactory} from "../../script/external/ISafe.sol";
import {AsConfigured} from "../../script/lib/AsConfigured.sol";
import {ConfigFile} from "../../script/lib/ConfigFile.sol";
import {ContractsOfOthers} from "../../script/lib/ContractsOfOthers.sol";
import {CouncilSafe} from "../../script/lib/CouncilSafe.sol";
import {Authority} from "../../src/Authority.sol";
import {DepositRegistry} from "../../src/DepositRegistry.sol";
import {DeterministicFactory} from "../../src/DeterministicFactory.sol";
import {Directory} from "../../src/Directory.sol";
import {IGPv2Settlement} from "../../src/external/IGPv2Settlement.sol";
import {IAuthority} from "../../src/interfaces/IAuthority.sol";
import {DeployTest} from "../support/DeployTest.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

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

contract DeployScriptTest is DeployTest {
    function test_deploy_onTheHomeChain() public {
        string memory record = _script.deploy(_config, _deployer);
        assertTrue(vm.parseJsonBool(record, ".home"));
        assertEq(vm.parseJsonUint(record, ".chainId"), 8453);
        assertEq(vm.parseJsonUint(record, ".sinceBlock"), _script.SINCE_BLOCK());
        assertEq(vm.parseJsonAddress(record, ".deployer"), _deployer);
        Authority authority = Authority(vm.parseJsonAddress(record, ".contracts.authority"));
        assertEq(authority.council(), _council);
        assertEq(authority.leaderDelay(), 24 hours);
        assertEq(authority.slowGovernor(), vm.parseJsonAddress(record, ".contracts.slowTimelock"));
        assertEq(authority.governor(), vm.parseJsonAddress(record, ".contracts.timelock"));
        DepositRegistry registry = DepositRegistry(vm.parseJsonAddress(record, ".contracts.registry"));
        (uint256 cap, uint64 listedAt,) = registry.listing(vm.parseJsonAddress(chain(8453), ".tokens[1].token"));
        assertGt(listedAt, 0);
        assertEq(cap, 50_000_000e6);
        Directory directory = Directory(vm.parseJsonAddress(record, ".contracts.directory"));
        assertEq(directory.newestAsset(), 3);
        assertEq(directory.newestBook(), 2);
        assertEq(directory.tokenOf(2, 1), 0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48);
        assertEq(directory.tokenOf(3, 137), vm.parseJsonAddress(chain(137), ".wrappedNative"));
        assertEq(directory.executor(), madeUp("the executor"));
        assertGt(vm.parseJsonAddress(record, ".contracts.checkpointer").code.length, 0);
    }

    function test_deploy_onEveryOtherChainHasTheSameAddressesAndNoCheckpointer() public {
        uint256 empty = vm.snapshotState();
        string memory home = _script.deploy(_config, _deployer);
        uint64[4] memory chainIds = [uint64(1), 10, 137, 42161];
        for (uint256 i = 0; i < 4; i++) {
            assertTrue(vm.revertToState(empty));
            enterChain(chainIds[i]);
            assertHasAddressesOf(home, _script.deploy(_config, _deployer));
        }
    }

    /// @dev As the explorers' input needs it.
    function test_deploy_recordsHowEachContractCameToBe() public {
        string memory record = _script.deploy(_config, _deployer);
        string[] memory names = vm.parseJsonKeys(record, ".code");
        assertEq(names.length, 14);
        for (uint256 i = 0; i < names.length; i++) {
            string memory key = string.concat(".code.", names[i]);
            address at = vm.parseJsonAddress(record, string.concat(key, ".address"));
            assertEq(vm.parseJsonBytes32(record, string.concat(key, ".codehash")), at.codehash);
            string memory source = vm.parseJsonString(record, string.concat(key, ".source"));
            assertTrue(vm.contains(source, string.concat(":", names[i])));
        }
        bytes memory arguments = vm.parseJsonBytes(record, ".code.DepositRouter.constructorArguments");
        address registry = vm.parseJsonAddress(record, ".contracts.registry");
        assertEq(arguments, abi.encode(registry, vm.parseJsonAddress(chain(8453), ".wrappedNative")));
    }

    function test_deploy_revertsOnAChainThatIsNotConfigured() public {
        vm.chainId(56);
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_NoSuchChain.selector, 56));
        _script.deploy(_config, _deployer);
    }

    function test_deploy_revertsByAnotherDeployer() public {
        address other = makeAddr("other");
        vm.expectRevert(abi.encodeWithSelector(Deploy.Deploy_WrongDeployer.selector, other, _deployer));
        _script.deploy(_config, other);
    }

    // ---------------------------------------------------------------- what is not decided, and what everybody knows

    function test_deploy_revertsAsLongAsSomethingIsUndecided() public {
        string memory config = _script.readConfig();
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_Undecided.selector, "the deployer"));
        _script.deploy(config, _deployer);
        config = with(vm.toString(madeUp("the enclave key")), "<the enclave key>");
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_Undecided.selector, "the enclave key"));
        _script.deploy(config, _deployer);
        config = with('"startCheckpoint": 0', '"startCheckpoint": "<the newest checkpoint>"');
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_Undecided.selector, "the newest checkpoint"));
        _script.deploy(config, _deployer);
    }

    /// @dev Anybody could take the same addresses on the next chain, or act for whoever it is.
    function test_deploy_revertsIfAKeyIsEverybodys() public {
        address known = vm.addr(vm.deriveKey("test test test test test test test test test test test junk", 7));
        string[8] memory keys = [
            "the deployer",
            "the council's third owner",
            "the enclave key",
            "the second guardian",
            "the executor",
            "the settler",
            "the fee account",
            "the insurance account"
        ];
        for (uint256 i = 0; i < keys.length; i++) {
            string memory config = with(vm.toString(madeUp(keys[i])), vm.toString(known));
            vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_DevelopmentKey.selector, known));
            _script.deploy(config, i == 0 ? known : _deployer);
        }
        vm.expectRevert(abi.encodeWithSelector(ConfigFile.ConfigFile_DevelopmentKey.selector, known));
        _script.deploy(with('"credits": []', creditOf(known)), _deployer);
    }

    // ---------------------------------------------------------------- other people's contracts

    function test_deploy_revertsIfAnotherContractIsNotThere() public {
        string[7] memory names = [
            "permit2",
            "wrappedNative",
            "spokePool",
            "cow.settlement",
            "cow.vaultRelayer",
            "cow.shedFactory",
            "cow.shedImplementation"
        ];
        for (uint256 i = 0; i < names.length; i++) {
            uint256 before = vm.snapshotState();
            string memory json = i == 0 ? shared() : chain(8453);
            address at = vm.parseJsonAddress(json, string.concat(".", names[i]));
            vm.etch(at, "");
            vm.expectRevert(abi.encodeWithSelector(ContractsOfOthers.ContractsOfOthers_NoCode.selector, names[i], at));
            _script.deploy(_config, _deployer);
            assertTrue(vm.revertToState(before));
        }
    }

    function test_deploy_revertsIfAnotherContractIsNotWhatItShouldBe() public {
        address pool = vm.parseJsonAddress(chain(8453), ".spokePool");
        address settlement = vm.parseJsonAddress(chain(8453), ".cow.settlement");
        address relayer = vm.parseJsonAddress(chain(8453), ".cow.vaultRelayer");
        address factory = vm.parseJsonAddress(chain(8453), ".cow.shedFactory");
        address implementation = vm.parseJsonAddress(chain(8453), ".cow.shedImplementation");
        bytes memory other = abi.encode(makeAddr("other"));
        expectUnexpected("spokePool", pool, pool, abi.encodeCall(IAcrossPool.chainId, ()), abi.encode(1));
        expectUnexpected("spokePool", pool, pool, abi.encodeCall(IAcrossPool.wrappedNativeToken, ()), other);
        bytes memory call = abi.encodeCall(IGPv2Settlement.domainSeparator, ());
        expectUnexpected("cow.settlement", settlement, settlement, call, other);
        expectUnexpected(
            "cow.vaultRelayer", relayer, settlement, abi.encodeCall(IGPv2Settlement.vaultRelayer, ()), other
        );
        call = abi.encodeCall(IShedImplementation.implementation, ());
        expectUnexpected("cow.shedImplementation", implementation, factory, call, other);

        address code = makeAddr("other code");
        vm.etch(code, hex"fe");
        string memory config = with(vm.toString(vm.parseJsonAddress(shared(), ".permit2")), vm.toString(code));
        expectUnexpected(config, "permit2", code);
        config = with(vm.toString(relayer), vm.toString(code));
        vm.mockCall(settlement, abi.encodeCall(IGPv2Settlement.vaultRelayer, ()), abi.encode(code));
        expectUnexpected(config, "cow.vaultRelayer", code);
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
        expectWrongCode(_config, _council, expected);
    }

    function test_deploy_revertsIfSafesOwnContractsHaveOtherCode() public {
        address[3] memory contracts = [_safe.singleton, _safe.proxyFactory, _safe.fallbackHandler];
        for (uint256 i = 0; i < contracts.length; i++) {
            uint256 before = vm.snapshotState();
            bytes32 expected = contracts[i].codehash;
            vm.etch(contracts[i], bytes.concat(contracts[i].code, hex"00"));
            expectWrongCode(_config, contracts[i], expected);
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
        expectRefused(_config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_AlreadyUsed.selector, 1));
    }

    /// @dev With the Authority as fallback handler everybody would speak to it with the council's voice.
    function test_deploy_revertsIfTheSafeHasAnotherFallbackHandler() public {
        address authorityAt = _script.addresses(_deployer).authority;
        executeAsOwners(_council, abi.encodeWithSignature("setFallbackHandler(address)", authorityAt), 0);
        expectRefused(
            _config,
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
            _config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongOwners.selector, ISafe(_council).getOwners())
        );
        assertTrue(vm.revertToState(before));
        asCouncil(abi.encodeWithSignature("changeThreshold(uint256)", 2));
        expectRefused(_config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongThreshold.selector, 2, 3));
        assertTrue(vm.revertToState(before));
        asCouncil(abi.encodeWithSignature("enableModule(address)", stranger));
        expectRefused(_config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_HasModules.selector, stranger));
        assertTrue(vm.revertToState(before));
        vm.store(_council, keccak256("guard_manager.guard.address"), bytes32(uint256(uint160(stranger))));
        expectRefused(_config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_HasGuard.selector, stranger));
        assertTrue(vm.revertToState(before));
        vm.etch(stranger, _safe.singleton.code);
        vm.store(_council, 0, bytes32(uint256(uint160(stranger))));
        expectRefused(
            _config, abi.encodeWithSelector(CouncilSafe.CouncilSafe_WrongSingleton.selector, stranger, _safe.singleton)
        );
    }

    function test_deploy_isRepeatedAfterTheCouncilHasActed() public {
        string memory record = _script.deploy(_config, _deployer);
        address authority = vm.parseJsonAddress(record, ".contracts.authority");
        executeAsOwners(authority, abi.encodeCall(IAuthority.pause, ()), 0);
        assertTrue(IAuthority(authority).paused());
        assertEq(_script.deploy(_config, _deployer), record);
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
        _script.deploy(_config, _deployer);
        expectDiffers(without("the enclave key"), "enclave");
        expectDiffers(without("the first guardian"), "guardians");
        expectDiffers(with('"leaderDelaySeconds": 86400', '"leaderDelaySeconds": 86401'), "leaderDelaySeconds");
        expectDiffers(with('"staleAfterSeconds": 1800', '"staleAfterSeconds": 1801'), "staleAfterSeconds");
        expectDiffers(
            with('"slowTimelockDelaySeconds": 1209600', '"slowTimelockDelaySeconds": 1209601'), "delay of a timelock"
        );
        expectDiffers(with('"timelockDelaySeconds": 259200', '"timelockDelaySeconds": 259201'), "delay of a timelock");
        expectDiffers(with('"startCheckpoint": 0', '"startCheckpoint": 7'), "startCheckpoint");
        expectDiffers(with('"forcedFee": "1000000000000000"', '"forcedFee": "1000000000000001"'), "forcedFee");
        expectDiffers(with('"checkpointRing": 0', '"checkpointRing": 1'), "checkpointRing");
        expectDiffers(with('"depositCap": "50000000000000"', '"depositCap": "1"'), "tokens");
        expectDiffers(with('"homeChainId": 8453', '"homeChainId": 10'), "homeChainId");
        expectDiffers(without("the executor"), "directory.executor");
        expectDiffers(without("the settler"), "directory.settler");
        expectDiffers(without("the fee account"), "directory.feeAccount");
        expectDiffers(without("the insurance account"), "directory.insuranceAccount");
        expectDiffers(
            with(vm.toString(vm.parseJsonAddress(chain(1), ".tokens[1].token")), vm.toString(makeAddr("other"))),
            "directory.tokens"
        );
        expectDiffers(with('"chainId": 137', '"chainId": 56'), "directory.chains");
        expectDiffers(
            with('"creditTiers": []', '"creditTiers": [{ "tier": 1, "debtLimit": 5 }]'), "directory.creditTiers"
        );
        expectDiffers(with('"credits": []', creditOf(makeAddr("margin trader"))), "directory.credits");
    }

    function creditOf(address account) private pure returns (string memory) {
        return string.concat('"credits": [{ "account": "', vm.toString(account), '", "subaccount": 2, "tier": 1 }]');
    }

    function test_deploy_revertsIfTheRouterWrapsAnotherCoin() public {
        _script.deploy(_config, _deployer);
        address wrapped = vm.parseJsonAddress(chain(8453), ".wrappedNative");
        address other = makeAddr("other");
        vm.etch(other, wrapped.code);
        address pool = vm.parseJsonAddress(chain(8453), ".spokePool");
        vm.mockCall(pool, abi.encodeCall(IAcrossPool.wrappedNativeToken, ()), abi.encode(other));
        string memory line = '"wrappedNative": "';
        expectDiffers(
            with(string.concat(line, vm.toString(wrapped)), string.concat(line, vm.toString(other))), "wrappedNative"
        );
    }

    function test_deploy_revertsIfAnotherCouncilRulesWhatStands() public {
        _script.deploy(_config, _deployer);
        address[] memory others = owners();
        others[4] = makeAddr("replacement");
        address other = _deploySafe(_safe, others, 3);
        string memory json = vm.replace(withSafe(other), vm.toString(owners()[4]), vm.toString(others[4]));
        vm.expectRevert(abi.encodeWithSelector(AsConfigured.AsConfigured_Differs.selector, "council"));
        _script.deploy(json, _deployer);
    }

    function test_deploy_revertsIfTheDirectoryHasOtherDecimalsThanTheToken() public {
        address usdc = vm.parseJsonAddress(chain(8453), ".tokens[1].token");
        string memory json = with('"decimals": 6', '"decimals": 18');
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
        json = with('"finality": 0', '"finality": 257');
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, 8, 257));
        _script.deploy(json, _deployer);
    }

    function test_deploy_isNotMovedBySquattersInTheFactory() public {
        uint256 empty = vm.snapshotState();
        string memory expected = _script.deploy(_config, _deployer);
        assertTrue(vm.revertToState(empty));
        address squatter = makeAddr("squatter");
        _script.deploy(with(vm.toString(_deployer), vm.toString(squatter)), squatter);
        assertEq(_script.deploy(_config, _deployer), expected);
    }

    function assertHasAddressesOf(string memory home, string memory record) private view {
        assertFalse(vm.parseJsonBool(record, ".home"));
        assertFalse(vm.keyExistsJson(record, ".contracts.checkpointer"));
        string[] memory keys = vm.parseJsonKeys(record, ".contracts");
        assertEq(keys.length, 7);
        for (uint256 i = 0; i < keys.length; i++) {
            string memory key = string.concat(".contracts.", keys[i]);
            assertEq(vm.parseJsonAddress(record, key), vm.parseJsonAddress(home, key), key);
        }
    }

    /// @dev `asked` gives another answer than it should.
    function expectUnexpected(string memory what, address at, address asked, bytes memory call, bytes memory answer)
        private
    {
        vm.mockCall(asked, call, answer);
        expectUnexpected(_config, what, at);
        enterChain(block.chainid);
    }

    function expectUnexpected(string memory config, string memory what, address at) private {
        vm.expectRevert(abi.encodeWithSelector(ContractsOfOthers.ContractsOfOthers_Unexpected.selector, what, at));
        _script.deploy(config, _deployer);
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

    /// @dev Three of the five.
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

    /// @dev The configuration with somebody else in that place.
    function without(string memory words) private returns (string memory) {
        return with(vm.toString(madeUp(words)), vm.toString(makeAddr("other")));
    }
}
